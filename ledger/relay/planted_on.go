//go:build planted

package relay

import "github.com/trigrid/trigrid/internal/planted"

// Inject returns the contract with one deliberate mistake, so that tests can
// show that they notice it. The method exists only in builds with the tag
// planted.
func (x Contract) Inject(mistake planted.Switch) Contract {
	x.mistake = mistake
	return x
}
