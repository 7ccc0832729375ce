//go:build planted

package planted

// Switch selects the mistake that one replica makes. The zero value selects
// none.
type Switch struct{ bug Bug }

// Select returns the switch that selects b.
func Select(b Bug) Switch { return Switch{b} }

// On reports whether b is selected.
func (s Switch) On(b Bug) bool { return s.bug == b }
