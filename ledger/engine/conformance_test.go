package engine_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/engine"
	"github.com/trigrid/trigrid/ledger/ledgertest"
	"github.com/trigrid/trigrid/pbft"
)

func TestConformance(t *testing.T) {
	chain := func(replicas int) ledgertest.Factory {
		return func(t *testing.T, g ledger.Genesis, contracts []ledger.Contract) ledger.Engine {
			e, err := engine.NewChain(engine.ChainConfig{Genesis: g, Contracts: contracts, Replicas: replicas})
			require.NoError(t, err)
			return e
		}
	}
	cluster := func(rule pbft.Rule, prepare func(*testing.T, *engine.Cluster)) ledgertest.Factory {
		return func(t *testing.T, g ledger.Genesis, contracts []ledger.Contract) ledger.Engine {
			e, err := engine.NewCluster(engine.ClusterConfig{Genesis: g, Contracts: contracts, Rule: rule, Tick: 2 * time.Millisecond, Retry: 100 * time.Millisecond})
			require.NoError(t, err)
			if prepare != nil {
				prepare(t, e)
			}
			return e
		}
	}
	t.Run("chain of 1", func(t *testing.T) { ledgertest.Run(t, chain(1)) })
	t.Run("chain of 4", func(t *testing.T) { ledgertest.Run(t, chain(4)) })
	t.Run("cluster", func(t *testing.T) { ledgertest.Run(t, cluster(pbft.StandardRule, nil)) })
	t.Run("cluster under the batch rule", func(t *testing.T) { ledgertest.Run(t, cluster(pbft.BatchRule, nil)) })
	t.Run("cluster that loses its primary on the way", func(t *testing.T) {
		ledgertest.Run(t, cluster(pbft.StandardRule, func(t *testing.T, c *engine.Cluster) {
			timer := time.AfterFunc(20*time.Millisecond, func() { _ = c.StopReplica(0) })
			t.Cleanup(func() { timer.Stop() })
		}))
	})
	t.Run("cluster without its first primary", func(t *testing.T) {
		ledgertest.Run(t, cluster(pbft.StandardRule, func(t *testing.T, c *engine.Cluster) {
			require.NoError(t, c.StopReplica(0))
		}))
	})
}
