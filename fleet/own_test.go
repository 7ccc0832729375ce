package fleet_test

import (
	"context"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/fleet"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/vpp"
	"github.com/trigrid/trigrid/weights"
)

// paying returns a town whose VPPs pay their members half of the price for
// purchases, and pass 0.8 of the gain through.
func paying(t testing.TB, r int) fleet.Problem {
	p := town(t, r, nil)
	buy := market.Series{470, 900, 893, 1000, 1243, 470}
	for v := range p.VPPs {
		p.VPPs[v].PassThrough = 0.8
		p.VPPs[v].Tariff = der.Tariff{Injection: buy.Times(0.5), Withdrawal: buy.Times(0.5)}
	}
	return p
}

// single has the outcome of one VPP with r single DERs of each class, of
// different names.
type single struct {
	value   float64
	revenue []float64 // mean of the members, per class
}

// copied returns one of several equal DERs under a name of its own.
func copied(u der.DER, i int) der.DER {
	switch d := u.(type) {
	case *der.PV:
		c := *d
		c.ID = fmt.Sprintf("%s_%d", c.ID, i)
		return &c
	case *der.Wind:
		c := *d
		c.ID = fmt.Sprintf("%s_%d", c.ID, i)
		return &c
	case *der.Storage:
		c := *d
		c.ID = fmt.Sprintf("%s_%d", c.ID, i)
		return &c
	case *engine:
		c := *d
		c.id = fmt.Sprintf("%s_%d", c.id, i)
		return &c
	}
	panic("unknown kind")
}

// singles plans both VPPs with each number of single DERs, without a fleet.
func singles(t *testing.T, solver milp.Solver, p fleet.Problem, r int) [2]map[string]single {
	t.Helper()
	var out [2]map[string]single
	for v := range out {
		out[v] = map[string]single{}
		states(len(p.Fleets), r, func(n, _ []int) {
			var members []der.DER
			for k, count := range n {
				for i := range count {
					members = append(members, copied(p.Fleets[k].Unit, i))
				}
			}
			plan, err := vpp.Problem{VPP: p.VPPs[v], Members: members, Setting: p.Setting}.Solve(t.Context(), solver)
			require.NoError(t, err)
			x := single{plan.Value.Integrated, make([]float64, len(n))}
			for k, count := range n {
				for i := range plan.Members {
					if strings.HasPrefix(plan.Members[i].DER.Name(), p.Fleets[k].Name()+"_") {
						x.revenue[k] += plan.Members[i].Revenue / float64(count)
					}
				}
			}
			out[v][fmt.Sprint(n)] = x
		})
	}
	return out
}

// All 3^4 states of two single DERs per class, enumerated without fleets: own
// revenue, payoff and regret of a state are U = R + θ [V(n) − V(n − e)] / w_e,
// and the largest gain of a DER that moves.
func TestFleetOwnRevenuesAgainstEnumeration(t *testing.T) {
	const r = 2
	solver := testsolver.New(t)
	p := paying(t, r)
	all := singles(t, solver, p, r)
	payoff := func(v, k int, n []int) float64 {
		less := append([]int(nil), n...)
		less[k]--
		here, without := all[v][fmt.Sprint(n)], all[v][fmt.Sprint(less)]
		return here.revenue[k] + 0.8*(here.value-without.value)/p.Setting.Weights.Economic
	}
	nash, checked := 0, 0
	states(len(p.Fleets), r, func(first, second []int) {
		side := [2][]int{append([]int(nil), first...), append([]int(nil), second...)}
		worst, total := make([]float64, len(first)), 0.0
		for k := range first {
			for from := range 2 {
				if side[from][k] == 0 {
					continue
				}
				joined := append([]int(nil), side[1-from]...)
				joined[k]++
				here := payoff(from, k, side[from])
				gain := max(0, payoff(1-from, k, joined)-here, -here) // a DER can also leave
				worst[k] = max(worst[k], gain)
				total += float64(side[from][k]) * gain
			}
		}
		largest := 0.0
		for _, x := range worst {
			largest = max(largest, x)
		}
		if largest < 1e-6 {
			nash++
		}
		// Every eighth state is enough: each needs 18 plans.
		if checked++; checked%8 != 1 && largest >= 1e-6 {
			return
		}
		own, err := p.OwnRevenues(t.Context(), solver, side[:], fleet.OwnOptions{})
		require.NoError(t, err)
		assert.Equal(t, []int{1, 1, 1, 1}, own.Block)
		for v := range 2 {
			for k, n := range side[v] {
				if n > 0 {
					assert.InDelta(t, all[v][fmt.Sprint(side[v])].revenue[k], own.Revenue[v][k], 1e-4, "%v, VPP %d, class %d", side, v, k)
					assert.InDelta(t, payoff(v, k, side[v]), own.Payoff[v][k], 1e-4, "%v, VPP %d, class %d", side, v, k)
				}
			}
		}
		assert.InDeltaSlice(t, worst, own.Regret, 1e-4, "%v", side)
		assert.InDelta(t, largest, own.Largest, 1e-4)
		assert.InDelta(t, total/8, own.MeanRegret, 1e-4)
	})
	t.Logf("%d of %d states are Nash", nash, checked)
}

// Ten roofs of 1 MW sell 2 of 10 MWh: a roof of the tariff 60 brings its VPP 80
// − 60 if it sells, and 200 − 60 if it replaces a purchase. The three roofs of
// the first village replace, those of the second are one too many: it loses 120
// by the last one.
func TestFleetOwnRevenuesByHand(t *testing.T) {
	p := roofed(t, 10)
	own, err := p.OwnRevenues(t.Context(), testsolver.New(t), [][]int{{3}, {6}}, fleet.OwnOptions{Outside: []float64{30}})
	require.NoError(t, err)
	assert.InDelta(t, 60, own.Revenue[0][0], 1e-6)
	assert.InDelta(t, 60+140, own.Payoff[0][0], 1e-6)
	assert.InDelta(t, 60+20, own.Payoff[1][0], 1e-6)
	assert.InDelta(t, 60+20, own.Reach[0][0], 1e-6, "a fourth one sells")
	assert.InDelta(t, 60+20, own.Reach[1][0], 1e-6)
	assert.InDelta(t, 50, own.Regret[0], 1e-6, "the roof outside has 30 and could have 80")
	assert.InDelta(t, 5, own.MeanRegret, 1e-6)

	// Blocks of two roofs have mean effects: the third and the fourth one.
	own, err = p.OwnRevenues(t.Context(), testsolver.New(t), [][]int{{2}, {6}}, fleet.OwnOptions{Blocks: 5})
	require.NoError(t, err)
	assert.Equal(t, []int{2}, own.Block)
	assert.InDelta(t, 60+(140+20)/2, own.Reach[0][0], 1e-6)

	// Both villages need a roof to run, and the one of the upper village is no
	// loss to it.
	for v := range p.VPPs {
		p.VPPs[v].ImportLimit = optional.Of(0)
		p.VPPs[v].ExportLimit = optional.Of(0)
	}
	own, err = p.OwnRevenues(t.Context(), testsolver.New(t), [][]int{{3}, {5}}, fleet.OwnOptions{})
	require.NoError(t, err)
	assert.InDelta(t, 60, own.Payoff[0][0], 1e-6)
	assert.False(t, math.IsNaN(own.MeanRegret))
}

func TestFleetOwnRevenuesReportMistakes(t *testing.T) {
	p, solver := roofed(t, 10), testsolver.New(t)
	for want, members := range map[string][][]int{
		"other dimensions than 2 VPPs": {{3}},
		"want from 0 to the 7":         {{3}, {8}},
		"has -1 DERs":                  {{-1}, {3}},
	} {
		_, err := p.OwnRevenues(t.Context(), solver, members, fleet.OwnOptions{})
		require.ErrorContains(t, err, want)
	}
	_, err := p.OwnRevenues(t.Context(), solver, [][]int{{3}, {5}}, fleet.OwnOptions{Blocks: -1, Outside: []float64{1, 2}})
	require.ErrorContains(t, err, "Blocks is -1")
	require.ErrorContains(t, err, "Outside has 2 payoffs")
	for _, x := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		_, err = p.OwnRevenues(t.Context(), solver, [][]int{{3}, {5}}, fleet.OwnOptions{Outside: []float64{x}})
		require.ErrorContains(t, err, "want a finite payoff")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = p.OwnRevenues(ctx, solver, [][]int{{3}, {5}}, fleet.OwnOptions{})
	require.ErrorIs(t, err, context.Canceled)
}

// roofed is a region of two villages of 3 and 5 MW and roofs of 1 MW with a
// tariff of 60, in one hour. Energy costs 200 per MWh and sells at 80.
func roofed(t *testing.T, count int) fleet.Problem {
	t.Helper()
	set := scenario.Single(scenario.Grid{Step: time.Hour, Steps: 1})
	for name, mw := range map[string]float64{"roof": 1, "upper": 3, "lower": 5} {
		require.NoError(t, set.AddForecast(name, "MW", []float64{mw}))
	}
	tariff := der.Tariff{Injection: market.Series{60}}
	return fleet.Problem{
		VPPs: []vpp.VPP{
			{Name: "upper village", Demand: "upper", PassThrough: 1, Tariff: tariff},
			{Name: "lower village", Demand: "lower", PassThrough: 1, Tariff: tariff},
		},
		Fleets: []der.Fleet{{Unit: &der.PV{ID: "roofs", Available: "roof"}, Count: count}},
		Setting: vpp.Setting{Set: set, Weights: weights.Vector{Economic: 1}, Markets: vpp.Markets{Electricity: &market.Tariff{
			Calendar: market.Calendar{Steps: 1}, Buy: market.Series{200}, Sell: market.Series{80},
		}}},
	}
}
