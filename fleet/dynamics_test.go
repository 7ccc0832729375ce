package fleet_test

import (
	"context"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/evogame"
	"github.com/trigrid/trigrid/fleet"
	"github.com/trigrid/trigrid/internal/testsolver"
)

// Replicator, Smith, BNN and logit from random starts against the joint program: each ends at its
// potential, and the bound of the dynamic holds for it. The smooth potential never falls along a
// path, except under logit, whose potential has the entropy of its noise in addition.
func TestFleetDynamicsReachTheJointProgram(t *testing.T) {
	solver := testsolver.New(t)
	for _, rule := range []fleet.Rule{fleet.Marginal{}, fleet.AumannShapley{Count: 2}} {
		p := town(t, 100, rule)
		e, c := solve(t, p)
		g, err := p.Game(t.Context(), solver, fleet.DynamicsOptions{})
		require.NoError(t, err)
		random := rand.NewPCG(3, 1)
		for _, d := range []struct {
			name    string
			dynamic evogame.Dynamic
			rising  bool
		}{
			{"replicator", evogame.Replicator{}, true},
			{"replicator again", evogame.Replicator{}, true},
			{"imitation", evogame.Imitation{}, true},
			{"Smith", evogame.Smith{}, true},
			{"BNN", evogame.BrownVonNeumannNash{}, true},
			{"logit", evogame.Logit{Noise: 0.001 * c.Gain / 100}, false},
		} {
			start := evogame.RandomState(g.Population(), random)
			x, err := g.Evolve(t.Context(), d.dynamic, start, fleet.DynamicsOptions{})
			require.NoError(t, err, d.name)
			t.Logf("%s, %s: %.4f %% of the gain below the program, gap %.4f %%; %v after %d rounds, %d programs, %d steps", p.Rule.Name(), d.name,
				100*(e.Potential-x.Potential)/c.Gain, 100*x.Gap/c.Gain, x.Result.Verdict, x.Rounds, x.Programs, x.Result.Steps)
			assert.True(t, x.Settled, d.name)
			assert.InDelta(t, e.Potential, x.Potential, 0.002*c.Gain, d.name)
			assert.GreaterOrEqual(t, x.Bound, e.Potential-1e-6*c.Gain, "%s: the bound holds for the program", d.name)
			assert.LessOrEqual(t, x.Potential, e.Potential+1e-6*c.Gain, d.name)
			assert.True(t, x.Result.Verdict.Converged(), "%s: %s", d.name, x.Result.Reason)
			assert.Equal(t, evogame.ConvergedToRestPoint, x.Result.Verdict, "a class divides among VPPs")
			for k := 1; k < len(x.Path) && d.rising; k++ {
				require.GreaterOrEqual(t, x.Path[k], x.Path[k-1]-1e-7*c.Gain, "%s: the potential falls at step %d", d.name, k)
			}
		}
	}
}

// Two classes of the same PV arrays: only their sum in each VPP is determined, so that the rest
// points are a continuum. Runs from all starts end in it, and the basins have one row.
func TestFleetDynamicsHaveOneRowForAContinuum(t *testing.T) {
	p := town(t, 50, nil)
	twin := *p.Fleets[0].Unit.(*der.PV)
	twin.ID = "pv too"
	p.Fleets = append(p.Fleets, der.Fleet{Unit: &twin, Count: 50})
	g, err := p.Game(t.Context(), testsolver.New(t), fleet.DynamicsOptions{})
	require.NoError(t, err)
	x, err := g.Evolve(t.Context(), nil, nil, fleet.DynamicsOptions{})
	require.NoError(t, err)
	require.True(t, x.Settled)
	basins, err := evogame.BasinShares(t.Context(), g.Population(), nil, evogame.BasinOptions{
		Starts: 12, Source: rand.NewPCG(1, 2), Run: evogame.Options{Rest: 1e-6, MaxSteps: 100_000},
	})
	require.NoError(t, err)
	require.Len(t, basins.Attractors, 1)
	assert.Equal(t, evogame.ConvergedToRestPoint, basins.Attractors[0].Verdict)
	assert.InDelta(t, 1, basins.Attractors[0].Share, 0)
}

// Options that cannot work are reported, and so is a context that has ended.
func TestFleetDynamicsReportMistakes(t *testing.T) {
	p := town(t, 2, nil)
	_, err := p.Game(t.Context(), testsolver.New(t), fleet.DynamicsOptions{Smoothing: -1})
	assert.ErrorContains(t, err, "want values above 0")
	g, err := p.Game(t.Context(), testsolver.New(t), fleet.DynamicsOptions{})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = g.Evolve(ctx, nil, nil, fleet.DynamicsOptions{})
	assert.ErrorIs(t, err, context.Canceled)
}
