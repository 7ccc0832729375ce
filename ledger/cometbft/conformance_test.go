package cometbft_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/cometbft"
	"github.com/trigrid/trigrid/ledger/ledgertest"
)

func TestConformance(t *testing.T) {
	ledgertest.Run(t, func(t *testing.T, g ledger.Genesis, contracts []ledger.Contract) ledger.Engine {
		e, err := cometbft.StartNetwork(cometbft.NetworkConfig{Genesis: g, Contracts: contracts})
		require.NoError(t, err)
		return e
	})
}
