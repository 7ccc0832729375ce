package contracts_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/contracts"
	"github.com/trigrid/trigrid/ledger/internal/testnet"
)

func TestSignalsOfAPeriodAreStatedBeforeItsSchemes(t *testing.T) {
	n := testnet.Start(t, 1, 1)
	ctx, s := t.Context(), testnet.Sender{T: t, N: n}
	_, err := n.Signals(ctx, 1)
	require.ErrorContains(t, err, "no signals are published for period 1")

	measured := contracts.MeasuredCleanShare | contracts.MeasuredSupplyMargin
	first := contracts.Signals{Period: 1, Measured: measured, CleanShare: 400_000, SupplyMargin: -50_000}
	require.NoError(t, n.PublishSignals(ctx, first))
	corrected := first
	corrected.CleanShare = ledger.One
	require.NoError(t, n.PublishSignals(ctx, corrected))
	got, err := n.Signals(ctx, 1)
	require.NoError(t, err)
	require.Equal(t, corrected, got)

	s.Refused("weights.role", s.Send("vpp-1", &contracts.PublishSignals{Signals: first}))
	for _, wrong := range []contracts.Signals{
		{Period: 1, Measured: 1, CleanShare: ledger.One + 1},
		{Period: 1, Measured: 1, CleanShare: -1},
		{Period: 1, Measured: 2, Volatility: -1},
		{Period: 1, Measured: 2, SupplyMargin: 1}, // not measured
		{Period: 1, Measured: 8},
	} {
		s.Refused("weights.signals", n.PublishSignals(ctx, wrong))
	}
	require.NoError(t, n.PublishWeights(ctx, 1, [3]float64{1, 0, 0}))
	require.NoError(t, n.SubmitScheme(ctx, 1, "vpp-1", testnet.Scheme("W1")))
	s.Refused("weights.period", n.PublishSignals(ctx, first))
	require.NoError(t, n.PublishSignals(ctx, contracts.Signals{Period: 2}))
}
