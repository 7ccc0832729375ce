package contracts_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
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

// 0.4000004 is 400 000 millionths. A signal that is not measured has neither a
// bit nor a value, and one above the range of the ledger is an error with its
// name.
func TestSignalsAreStatedInMillionths(t *testing.T) {
	x, err := contracts.NewSignals(3, 0.4000004, math.NaN(), -0.05)
	require.NoError(t, err)
	assert.Equal(t, contracts.Signals{
		Period: 3, Measured: contracts.MeasuredCleanShare | contracts.MeasuredSupplyMargin,
		CleanShare: 400_000, SupplyMargin: -50_000,
	}, x)
	clean, volatility, margin := x.Values()
	assert.Equal(t, [2]float64{0.4, -0.05}, [2]float64{clean, margin})
	assert.True(t, math.IsNaN(volatility))
	_, err = contracts.NewSignals(3, 0, 1e30, 0)
	require.ErrorContains(t, err, "signals: the volatility")
}
