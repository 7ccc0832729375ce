//go:build planted

package sim

import (
	"github.com/trigrid/trigrid/pbft"
	"github.com/trigrid/trigrid/pbft/internal/planted"
)

// inject makes a replica commit a mistake.
func inject(c *pbft.Config, mistake planted.Switch) { c.Inject(mistake) }
