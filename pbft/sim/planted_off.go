//go:build !planted

package sim

import (
	"github.com/trigrid/trigrid/internal/planted"
	"github.com/trigrid/trigrid/pbft"
)

// inject does nothing in a build without the tag planted.
func inject(*pbft.Config, planted.Switch) {}
