//go:build !planted

package sim

import (
	"github.com/trigrid/trigrid/pbft"
	"github.com/trigrid/trigrid/pbft/internal/planted"
)

// plant does nothing in a build without the tag planted.
func plant(*pbft.Config, planted.Switch) {}
