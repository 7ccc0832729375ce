package fleet_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/evogame"
	"github.com/trigrid/trigrid/fleet"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/vpp"
	"github.com/trigrid/trigrid/weights"
)

// Replicator, Smith, BNN and logit from random starts against the joint
// program: each ends at its potential, and the bound of the dynamic holds for
// it. The smooth potential never falls along a path, except under logit, whose
// potential has the entropy of its noise in addition.
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

// Two classes of the same PV arrays: only their sum in each VPP is determined,
// so that the rest points are a continuum. Runs from all starts end in it, and
// the basins have one row.
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

// county is a region of VPPs with demands at different hours and of classes
// that all differ: PV, wind, batteries and engines, 1,000,000 DERs in all.
func county(t testing.TB, vpps, classes int) fleet.Problem {
	var (
		random   = rand.New(rand.NewPCG(5, 6))
		count    = 1_000_000 / classes
		set, err = scenario.New(scenario.Grid{Step: 4 * time.Hour, Steps: steps}, []float64{0.5, 0.3, 0.2})
		buy      = market.Series{470, 900, 893, 1000, 1243, 470}
		calendar = market.Calendar{Steps: steps, StepHours: 4}
		mw       = 10 * float64(vpps) / float64(classes) / float64(count) // of one DER
		p        fleet.Problem
	)
	require.NoError(t, err)
	add := func(name string, size float64, base []float64) {
		paths := make([][]float64, scenarios)
		for s := range paths {
			for _, x := range base {
				paths[s] = append(paths[s], size*x*(0.7+0.6*random.Float64()))
			}
		}
		require.NoError(t, set.Add(name, "MW", paths))
	}
	for v := range vpps {
		name := fmt.Sprintf("v%d", v)
		base := []float64{4, 5, 6, 7, 9, 8}
		add(name, 1, append(slices.Clone(base[v%6:]), base[:v%6]...))
		p.VPPs = append(p.VPPs, vpp.VPP{Name: name, Demand: name, RiskAversion: 0.1 + float64(v)/float64(vpps), PassThrough: 1})
	}
	for k := range classes {
		name, size := fmt.Sprintf("k%d", k), mw*(0.5+2*random.Float64())
		var unit der.DER
		switch k % 4 {
		case 0:
			add(name, size, []float64{0, 0.3, 0.8, 0.9, 0.4, 0})
			unit = &der.PV{ID: name, Available: name, Maintenance: 10 + 10*random.Float64()}
		case 1:
			add(name, size, []float64{0.6, 0.5, 0.3, 0.2, 0.4, 0.7})
			unit = &der.Wind{ID: name, Available: name, Maintenance: 10 + 10*random.Float64()}
		case 2:
			unit = &der.Storage{
				ID: name, Charge: size, Discharge: size, Energy: 4 * size, ChargeEfficiency: 0.9 + 0.08*random.Float64(),
				DischargeEfficiency: 0.94, Wear: 10 + 20*random.Float64(),
			}
		default:
			unit = &engine{id: name, most: size, price: 480 + 300*random.Float64(), emission: 0.5}
		}
		p.Fleets = append(p.Fleets, der.Fleet{Unit: unit, Count: count})
	}
	p.Setting = vpp.Setting{
		Set: set, Weights: weights.Vector{Economic: 0.4, Risk: 0.2, Environment: 0.4}, Risk: vpp.CVaR{Confidence: 0.8},
		Markets: vpp.Markets{
			Electricity: &market.Tariff{Calendar: calendar, Buy: buy, Sell: buy.Times(0.35)},
			Imbalance:   &market.Imbalance{Calendar: calendar, Price: buy, Short: buy.Times(0.3), Long: buy.Times(0.5)},
			Carbon:      market.Flat(market.Carbon, calendar, 70),
		},
	}
	return p
}

// A million DERs in many classes: the dynamic ends near the joint program from
// random starts.
func TestFleetDynamicsOfAMillionDERs(t *testing.T) {
	vpps, classes := 2, 6
	if os.Getenv("TRIGRID_SLOW") == "1" {
		vpps, classes = 4, 16
	}
	solver := testsolver.New(t)
	p := county(t, vpps, classes)
	e, c := solve(t, p)
	g, err := p.Game(t.Context(), solver, fleet.DynamicsOptions{})
	require.NoError(t, err)
	random := rand.NewPCG(8, 1)
	for range 2 {
		x, err := g.Evolve(t.Context(), nil, evogame.RandomState(g.Population(), random), fleet.DynamicsOptions{})
		require.NoError(t, err)
		t.Logf("%d classes, %d VPPs: %.4f %% of the gain below the program, gap %.4f %%; %v after %d rounds, %d programs, %d steps", classes, vpps,
			100*(e.Potential-x.Potential)/c.Gain, 100*x.Gap/c.Gain, x.Result.Verdict, x.Rounds, x.Programs, x.Result.Steps)
		assert.True(t, x.Settled)
		assert.InDelta(t, e.Potential, x.Potential, 0.01*c.Gain)
		assert.GreaterOrEqual(t, x.Bound, e.Potential-1e-6*c.Gain)
	}
}
