package fleet_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/fleet"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/vpp"
	"github.com/trigrid/trigrid/weights"
)

// The planner's program of two VPPs, stated by hand for the solver, without the
// models of packages der and vpp: 1000 PV arrays of 4 kW and 400 batteries of 5
// kW and 10 kWh share two demands, with energy at 100 or 200 per MWh bought and
// 40 or 80 sold. Weights count money only.
func TestFleetPlannerMatchesADirectProgram(t *testing.T) {
	var (
		sun     = []float64{0, 0.004, 0.003, 0}
		demand  = [2][]float64{{1, 2, 1, 3}, {2, 1, 2, 1}}
		buy     = []float64{100, 100, 200, 200}
		sell    = []float64{40, 40, 80, 80}
		solver  = testsolver.New(t)
		hours   = 6.0
		set     = scenario.Single(scenario.Grid{Step: 6 * time.Hour, Steps: 4})
		pv, bat = 1000.0, 400.0
	)
	require.NoError(t, set.Add("sun", "MW", [][]float64{sun}))
	require.NoError(t, set.Add("d0", "MW", demand[:1]))
	require.NoError(t, set.Add("d1", "MW", demand[1:]))
	p := fleet.Problem{
		VPPs: []vpp.VPP{{Name: "v0", Demand: "d0"}, {Name: "v1", Demand: "d1"}},
		Fleets: []der.Fleet{
			{Unit: &der.PV{ID: "pv", Available: "sun", Maintenance: 3}, Count: int(pv)},
			{Unit: &der.Storage{ID: "battery", Charge: 0.005, Discharge: 0.005, Energy: 0.01, ChargeEfficiency: 0.9, DischargeEfficiency: 0.8, Wear: 2}, Count: int(bat)},
		},
		Setting: vpp.Setting{
			Set: set, Weights: weights.Vector{Economic: 1},
			Markets: vpp.Markets{Electricity: &market.Tariff{Calendar: market.Calendar{Steps: 4, StepHours: 6}, Buy: buy, Sell: sell}},
		},
	}
	m := milp.New()
	col := func(name string, v, t int, most float64) milp.Expr {
		return m.Var(milp.At("direct", name, v, t), 0, most).Expr()
	}
	var cost, arrays, batteries milp.Expr
	for v := range 2 {
		n, k := col("arrays", v, 0, pv), col("batteries", v, 0, bat)
		arrays.Add(n)
		batteries.Add(k)
		before := milp.Expr{}
		for t := range 4 {
			used, in, out, level := col("used", v, t, milp.Inf), col("in", v, t, milp.Inf), col("out", v, t, milp.Inf), col("level", v, t, milp.Inf)
			bought, sold := col("bought", v, t, milp.Inf), col("sold", v, t, milp.Inf)
			m.AtMost(milp.At("direct", "sun", v, t), used, n.Times(sun[t]))
			m.AtMost(milp.At("direct", "in", v, t), in, k.Times(0.005))
			m.AtMost(milp.At("direct", "out", v, t), out, k.Times(0.005))
			m.AtMost(milp.At("direct", "level", v, t), level, k.Times(0.01))
			m.Equal(milp.At("direct", "store", v, t), level, milp.Sum(before, in.Times(0.9*hours), out.Times(-hours/0.8)))
			m.Equal(milp.At("direct", "balance", v, t), milp.Sum(used, out, bought), milp.Sum(in, sold, milp.Const(demand[v][t])))
			cost.Add(bought.Times(buy[t]*hours), sold.Times(-sell[t]*hours), used.Times(3*hours), in.Times(2*hours), out.Times(2*hours))
			before = level
		}
		m.Equal(milp.At("direct", "end", v), before, milp.Const(0))
	}
	m.AtMost(milp.Named("arrays"), arrays, milp.Const(pv))
	m.AtMost(milp.Named("batteries"), batteries, milp.Const(bat))
	m.Minimize(cost)
	direct, err := solver.Solve(t.Context(), m)
	require.NoError(t, err)
	require.Equal(t, milp.Optimal, direct.Status)

	e, c := solve(t, p)
	assert.InDelta(t, -direct.Objective, e.Potential, 1e-6)
	assert.InDelta(t, -direct.Objective, c.Welfare, 1e-6)
	assert.InDelta(t, -direct.Objective, c.Bound, 1e-5)
	for v := range 2 { // a price inside a VPP lies between those of its market
		for step, price := range e.Prices[v][0] {
			assert.GreaterOrEqual(t, price, sell[step]-1e-6)
			assert.LessOrEqual(t, price, buy[step]+1e-6)
		}
	}
	x, err := p.Round(t.Context(), solver, e, fleet.RoundOptions{MaxMoves: 20})
	require.NoError(t, err)
	assert.InDelta(t, c.Bound, x.Welfare, 0.001*c.Gain, "one of 1400 DERs matters little")
	assert.LessOrEqual(t, x.Welfare, c.Bound)
}
