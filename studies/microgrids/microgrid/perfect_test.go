package microgrid

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/internal/testsolver"
)

// enumerate returns the least cost of n hours by trying all changes of energy
// that are multiples of width, both states of the genset and all supplies in
// steps of their limits or of the rest. It uses the accounts only.
func enumerate(g *Grid, t, n int, energy, width float64) float64 {
	if n == 0 {
		return 0
	}
	least := math.Inf(1)
	for e := g.Battery.Min; e <= g.Battery.Max+1e-9; e += width {
		var d Decision
		if e > energy {
			d.Charge = (e - energy) / g.Battery.ChargeEfficiency
		} else {
			d.Discharge = (energy - e) * g.Battery.DischargeEfficiency
		}
		if d.Charge > g.Battery.MaxCharge+1e-9 || d.Discharge > g.Battery.MaxDischarge+1e-9 {
			continue
		}
		rest := math.Inf(1)
		h := g.Hours[t]
		net := h.Load - h.PV + d.Charge - d.Discharge
		for _, genset := range []float64{0, g.Genset.MinPower, min(max(net, g.Genset.MinPower), g.Genset.MaxPower)} {
			for _, grid := range []float64{0, net - genset} {
				for _, share := range []float64{0, 1} { // of a surplus that is exported
					try := d
					try.Genset = genset
					try.Import, try.Export = max(0, grid), share*max(0, -grid)
					a := g.Book(h, g.Tariffs[t], energy, try)
					// Plans do not foresee overgeneration.
					if a.Overgeneration < 1e-9 && a.Lost <= h.Load+1e-9 {
						rest = min(rest, a.Cost)
					}
				}
			}
		}
		if !math.IsInf(rest, 1) {
			least = min(least, rest+enumerate(g, t+1, n-1, e, width))
		}
	}
	return least
}

// Without wear and losses, and with all quantities multiples of 10, a plan on
// multiples of 10 kWh is optimal, so that enumeration finds the optimum.
func TestPlansAreTheBestOfAll(t *testing.T) {
	for seed := range uint64(40) {
		g := random(seed, 4, 0.5)
		g.Battery.ChargeEfficiency, g.Battery.DischargeEfficiency = 1, 1
		for i, h := range g.Hours {
			g.Hours[i].Load, g.Hours[i].PV = 10*math.Round(h.Load/10), 10*math.Round(h.PV/10)
		}
		c := &Perfect{Grid: g}
		for _, energy := range []float64{20, 60, 100} {
			assert.InDelta(t, enumerate(g, 0, 4, energy, 10), c.Optimum(0, 4, energy), 1e-9, "seed %d, energy %v", seed, energy)
		}
	}
}

func TestPlansAreThoseOfAMixedIntegerProgram(t *testing.T) {
	solver := testsolver.New(t)
	for seed := range uint64(30) {
		g := random(seed, Ahead, []float64{0, 0.7, 1}[seed%3])
		if seed%5 == 4 {
			g.Genset = Genset{}
		}
		energy := 20 + 80*float64(seed%7)/6
		solution, err := solver.Solve(t.Context(), g.Program(0, Ahead, energy))
		require.NoError(t, err)
		require.NoError(t, solution.Err())
		c := &Perfect{Grid: g}
		want := solution.Objective
		assert.InEpsilon(t, want, c.Optimum(0, Ahead, energy), 1e-7, "seed %d", seed)

		// The plan's own hours, one after another with windows that all end at
		// the same hour, cost the optimum whichever way ties are broken.
		for _, ties := range []Ties{Late, Early, Middle} {
			c := &Perfect{Grid: g, Ties: ties}
			r, err := Roll(t.Context(), g, Season{End: Ahead, Energy: energy}, c)
			require.NoError(t, err)
			assert.InEpsilon(t, want, r.Cost, 1e-7, "seed %d, ties %d", seed, ties)
		}
	}
}

// Two hours of equal price, load 40 each, and 36 kWh of bus energy in the
// battery: it can discharge 30 at most. Late waits with all it can (6 now, 30
// then), Early takes 30 now.
func TestTiesAreBrokenLateOrEarly(t *testing.T) {
	g := small()
	g.Hours = []Hour{{Load: 40, On: true}, {Load: 40, On: true}}
	g.Tariffs = []Tariff{{Import: 0.5}, {Import: 0.5}}
	for ties, want := range map[Ties]float64{Late: 6, Middle: 18, Early: 30} {
		c := &Perfect{Grid: g, Ties: ties}
		d, err := c.Decide(View{Energy: 60, Past: g.Hours[:1], Tariffs: g.Tariffs})
		require.NoError(t, err)
		assert.InDelta(t, want, d.Discharge, 1e-9)
		assert.InDelta(t, 40-want, d.Import, 1e-9)
	}
}

func TestSeasonsAreChecked(t *testing.T) {
	g := random(1, 5, 1)
	for want, s := range map[string]Season{
		"does not lie within 5 hours": {End: 6, Energy: 20},
		"season 3 ≤ 2 ≤ 5":            {Start: 3, First: 2, End: 5, Energy: 20},
		"Season.Energy is 101":        {End: 5, Energy: 101},
	} {
		_, err := Roll(t.Context(), g, s, RuleBased{g})
		require.ErrorContains(t, err, want)
	}
}

func TestGridsAreValidated(t *testing.T) {
	g := random(1, 2, 1)
	g.Battery.Min, g.Hours[1].PV, g.Tariffs[0].Export = 200, -1, 9
	err := g.Validate()
	for _, want := range []string{"Battery.Max is 100", "Hours[1].PV is -1", "Tariffs[0].Import"} {
		require.ErrorContains(t, err, want)
	}
	require.NoError(t, random(1, 2, 1).Validate())
}
