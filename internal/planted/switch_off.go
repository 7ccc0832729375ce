//go:build !planted

package planted

// Switch selects no mistake: it has no state in a build without the tag
// planted.
type Switch struct{}

// On returns false. The compiler inlines it and removes the branches behind it.
func (Switch) On(Bug) bool { return false }
