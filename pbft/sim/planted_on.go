//go:build planted

package sim

import (
	"github.com/trigrid/trigrid/pbft"
	"github.com/trigrid/trigrid/pbft/internal/planted"
)

// plant makes a replica commit a mistake.
func plant(c *pbft.Config, mistake planted.Switch) { c.Plant(mistake) }
