package trigrid_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/evogame"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/vpp"
)

// A search finds nothing that planning every coalition does not find, and says
// the same of it.
func TestSearchAgreesWithEnumeration(t *testing.T) {
	for _, rule := range []vpp.Sharing{nil, vpp.Marginal{}, vpp.ByService{}} {
		r := small(t)
		r.Sharing = rule
		// With a budget a search and an enumeration need other programs to
		// their full precision.
		full := coordinate(t, r, trigrid.Options{Budget: -1})
		found := coordinate(t, r, trigrid.Options{Search: true, Budget: -1})
		assert.True(t, full.Game.Exhaustive)
		// A search that met all coalitions knows the whole game.
		assert.Equal(t, len(found.Coalitions) == len(full.Coalitions), found.Game.Exhaustive)
		for _, e := range found.Game.Nash {
			require.Contains(t, full.Game.Nash, e)
		}
		assert.LessOrEqual(t, found.Game.BestWelfare, full.Game.BestWelfare)
		for _, c := range found.Coalitions {
			require.Contains(t, full.Coalitions, c)
		}
		for v, p := range found.VPPs {
			assert.InDelta(t, objective(t, full, p.Name, full.VPPs[v].Scheme), objective(t, found, p.Name, p.Scheme), 1e-4,
				"the VPP's own choice is worth the best of all coalitions")
		}
	}
}

// objective returns the objective of a VPP with members, as the result lists
// it.
func objective(t *testing.T, res *trigrid.Result, name string, members []string) float64 {
	t.Helper()
	i := slices.IndexFunc(res.Coalitions, func(c trigrid.Achievement) bool { return c.VPP == name && slices.Equal(c.Members, members) })
	require.GreaterOrEqual(t, i, 0, "%s with %v is not listed", name, members)
	return res.Coalitions[i].Value.Objective
}

// large returns the small region with n DERs: farms, turbines and batteries in
// turn, each of its own size.
func large(t *testing.T, n int) trigrid.Region {
	r := small(t)
	r.DERs = nil
	for i := range n {
		size := 1 + 0.1*float64(i)
		switch i % 3 {
		case 0:
			series := fmt.Sprintf("wind%d", i)
			var rows [][]float64
			for s := range r.Setting.Set.Len() {
				var row []float64
				for step := range r.Setting.Set.Steps() {
					row = append(row, size/4*r.Setting.Set.At("wind", s, step))
				}
				rows = append(rows, row)
			}
			require.NoError(t, r.Setting.Set.Add(series, "MW", rows))
			r.DERs = append(r.DERs, &der.Wind{ID: fmt.Sprintf("W%d", i), Capacity: optional.Of(2 * size), Available: series, Maintenance: 18, CurtailmentPenalty: 500})
		case 1:
			r.DERs = append(r.DERs, &der.Thermal{
				ID: fmt.Sprintf("T%d", i), MinOutput: 0.2, MaxOutput: 0.5 * size, NoLoad: 20, Linear: 300 + 10*float64(i),
				StartUp: []der.StartCost{{Cost: 30}}, EmissionFactor: 0.42, Quota: 0.3,
			})
		case 2:
			r.DERs = append(r.DERs, &der.Storage{
				ID: fmt.Sprintf("S%d", i), Charge: 0.4 * size, Discharge: 0.4 * size, Energy: size, Initial: optional.Of(0.5 * size),
				ChargeEfficiency: 0.95, DischargeEfficiency: 0.95, Wear: 24,
			})
		}
	}
	return r
}

// Regions beyond enumeration: nobody gains by leaving where the run ends, as
// the payoffs listed say.
func TestLargeRegionIsSearched(t *testing.T) {
	if testing.Short() {
		t.Skip("some hundred programs")
	}
	r := large(t, 13)
	r.Sharing = vpp.Marginal{}
	var counts []int
	res := coordinate(t, r, trigrid.Options{Starts: 1, Observe: func(p trigrid.Progress) {
		if p.Total == 0 && p.Done > 0 {
			counts = append(counts, p.Done)
		}
	}})
	require.True(t, res.Game.Settled, res.Game.Reason)
	for _, u := range res.DERs {
		for name, payoff := range u.Otherwise {
			assert.LessOrEqual(t, payoff, u.Payoff, "%s in %s", u.Name, name)
		}
	}
	require.True(t, slices.IsSorted(counts))
	require.Len(t, slices.Compact(counts), len(res.Coalitions), "every program is reported")
	assert.Less(t, len(res.Coalitions), 1000, "of 16,384")
	t.Logf("%d programs in %v; %d moves; welfare %.2f, best met %.2f", len(res.Coalitions), res.Timing.Coalitions, res.Trajectory.Steps, res.Game.Welfare, res.Game.BestWelfare)
}

func TestSearchGivesTheSameBytesOnAnyNumberOfCores(t *testing.T) {
	first := encode(t, coordinate(t, large(t, 5), trigrid.Options{Search: true, Workers: 1}))
	assert.Equal(t, first, encode(t, coordinate(t, large(t, 5), trigrid.Options{Search: true, Workers: 3})))
}

func TestSearchRefusesWhatItCannotFollow(t *testing.T) {
	r := large(t, 15)
	_, err := trigrid.Run(t.Context(), r, trigrid.Options{Dynamic: evogame.Smith{}, Start: evogame.State{{1}}})
	require.ErrorContains(t, err, "Dynamic")
	require.ErrorContains(t, err, "population")
	r.Sharing = vpp.Shapley{}
	_, err = trigrid.Run(t.Context(), r, trigrid.Options{})
	require.ErrorContains(t, err, "vpp.SampledShapley")
	r.Sharing = vpp.SampledShapley{Orders: 1}
	_, err = trigrid.Run(t.Context(), r, trigrid.Options{})
	require.ErrorContains(t, err, "1 orders of arrival; give at least 2")
}
