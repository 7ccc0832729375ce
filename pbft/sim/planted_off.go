//go:build !planted

package sim

import (
	"github.com/trigrid/trigrid/pbft"
	"github.com/trigrid/trigrid/pbft/internal/planted"
)

// inject does nothing in a build without the tag planted.
func inject(*pbft.Config, planted.Switch) {}
