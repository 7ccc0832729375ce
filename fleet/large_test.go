package fleet_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/fleet"
	"github.com/trigrid/trigrid/internal/testsolver"
)

// The Nash states that the separate program found for one and two large DERs
// per class, and the welfare of the worst one below that of the continuum, in %
// of the gain: 21.24 and 5.73.
func TestFleetLargeDERsHaveSeveralEquilibria(t *testing.T) {
	solver := testsolver.New(t)
	for r, published := range map[int]struct{ states, nash, worst float64 }{1: {81, 2, 21.24}, 2: {1296, 2, 5.73}} {
		t.Run(fmt.Sprint(r), func(t *testing.T) {
			p := day(t, 2, 12, nil)
			_, c := solve(t, p)
			x, err := p.Large(t.Context(), solver, r, 2)
			require.NoError(t, err)
			assert.InDelta(t, published.states, x.States, 0, "two VPPs and the outside option")
			assert.InDelta(t, published.nash, x.Nash, 0)
			assert.InDelta(t, 0.139, 100*(c.Bound-x.BestNash)/541.06, 0.001)
			assert.InDelta(t, published.worst, 100*(c.Bound-x.WorstNash)/541.06, 0.006)
			assert.LessOrEqual(t, x.BestNash, x.Best+1e-9)
		})
	}
}

// One roof of 10 MW has its best place in the larger village, where it replaces
// 5 MWh. With two roofs of 5 MW, one fills the lower village and the other one
// the upper village. The large roof brings (5·200 + 5·80)/10 = 140 per MW, so
// that it stays outside for 150.
func TestFleetLargeDERsByHand(t *testing.T) {
	solver := testsolver.New(t)
	p := roofed(t, 10)
	x, err := p.Large(t.Context(), solver, 1, 1)
	require.NoError(t, err)
	assert.Equal(t, fleet.Large{Parts: 1, States: 3, Nash: 1, Best: -200, BestNash: -200, WorstNash: -200}, *x)
	x, err = p.Large(t.Context(), solver, 2, 1)
	require.NoError(t, err)
	assert.Equal(t, fleet.Large{Parts: 2, States: 6, Nash: 1, Best: 160, BestNash: 160, WorstNash: 160}, *x)
	p.Outside = []float64{150}
	x, err = p.Large(t.Context(), solver, 1, 1)
	require.NoError(t, err)
	assert.Equal(t, fleet.Large{Parts: 1, States: 3, Nash: 1, Best: -100, BestNash: -100, WorstNash: -100}, *x)
}

func TestFleetLargeDERsReportMistakes(t *testing.T) {
	p := roofed(t, 10)
	_, err := p.Large(t.Context(), testsolver.New(t), 0, 1)
	require.ErrorContains(t, err, "0 parts of a class")
	_, err = p.Large(t.Context(), testsolver.New(t), 20_000, 1)
	require.ErrorContains(t, err, "40002 programs")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = p.Large(ctx, testsolver.New(t), 1, 1)
	require.ErrorIs(t, err, context.Canceled)
}
