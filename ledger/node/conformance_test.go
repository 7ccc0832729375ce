//go:build !js

package node_test

import (
	"testing"

	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/ledgertest"
)

// The engine over TLS keeps every statement of the interface, also if one of
// four nodes is down.
func TestConformance(t *testing.T) {
	t.Run("four nodes", func(t *testing.T) {
		ledgertest.Run(t, func(t *testing.T, g ledger.Genesis, contracts []ledger.Contract) ledger.Engine {
			return startWhole(t, g, contracts)
		})
	})
	t.Run("without the first primary", func(t *testing.T) {
		ledgertest.Run(t, func(t *testing.T, g ledger.Genesis, contracts []ledger.Contract) ledger.Engine {
			w := startWhole(t, g, contracts)
			_ = w.nodes[0].Close()
			return w
		})
	})
}
