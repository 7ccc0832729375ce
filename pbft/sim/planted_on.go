//go:build planted

package sim

import (
	"github.com/trigrid/trigrid/internal/planted"
	"github.com/trigrid/trigrid/pbft"
)

// inject makes a replica commit a mistake.
func inject(c *pbft.Config, mistake planted.Switch) { c.Inject(mistake) }
