package heatpump_test

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/examples/customder/heatpump"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/vpp"
	"github.com/trigrid/trigrid/weights"
)

// house is that of TestHeatPumpByHand with k = 1/2. 19 °C after the first hour
// need 18 ln 2 MW of heat, which is 6 ln 2 = 4.15888 MW of power. From 19 °C,
// 20 °C after the second hour need 7 ln 2 = 4.85203 MW of power.
func house() *heatpump.HeatPump {
	return &heatpump.HeatPump{
		ID: "house", Power: 10, COP: 3, Capacity: 1, Loss: math.Ln2,
		Outside: []float64{0, 0}, Start: 20, Min: 19, Max: 30, Maintenance: 6,
	}
}

func village(imports float64) vpp.Problem {
	set := scenario.Single(scenario.Grid{Step: time.Hour, Steps: 2})
	buy := market.Series{90, 30}
	return vpp.Problem{
		VPP:     vpp.VPP{Name: "village", ImportLimit: optional.Of(imports)},
		Members: []der.DER{house()},
		Setting: vpp.Setting{
			Set: set, Weights: weights.Vector{Economic: 1},
			Markets: vpp.Markets{Electricity: &market.Tariff{
				Calendar: market.Calendar{Steps: 2, StepHours: 1}, Buy: buy, Sell: buy,
			}},
		},
	}
}

// The columns of the pump allow 0 MW; its bounds do not. The diagnosis finds
// this without a solver.
func TestTheDiagnosisOfAVPPUsesTheBoundsOfAStranger(t *testing.T) {
	err := village(4).Diagnose()
	require.ErrorIs(t, err, milp.ErrInfeasible)
	assert.ErrorContains(t, err, "demand of 0 MW at step 0 of scenario 0 and the 4.15888 MW that its members withdraw at least "+
		"exceed the import limit of 4 MW by 0.158883 MW")
	require.NoError(t, village(4.86).Diagnose())
}

// Bounds hold for every schedule and are attained: the largest and the smallest
// power of each step.
func TestBoundsAreTheExtremesOfTheProgram(t *testing.T) {
	u := house()
	c := der.Context{Set: scenario.Single(scenario.Grid{Step: time.Hour, Steps: 2})}
	bounds := u.Bounds(c, 0)
	for step := range c.Steps() {
		for sign, want := range map[float64]float64{1: -bounds.Min[der.Electricity][step], -1: bounds.Max[der.Electricity][step]} {
			m := milp.New()
			terms := u.Model(m, milp.Const(1), c)
			m.Maximize(terms[0].Withdrawn[step].Times(sign))
			solution, err := testsolver.New(t).Solve(t.Context(), m)
			require.NoError(t, err)
			assert.InDelta(t, want, solution.Objective, 1e-6, "step %d, sign %v", step, sign)
		}
	}
}

func TestAPlanOfAStrangerRollsForward(t *testing.T) {
	problem := village(10)
	plan, err := problem.Solve(t.Context(), testsolver.New(t))
	require.NoError(t, err)
	next, err := vpp.RollForward(plan, 0, 1)
	require.NoError(t, err)
	pump := next[0].(*heatpump.HeatPump)
	assert.InDelta(t, 19, pump.Start, 1e-6, "the first hour is expensive, so that it ends at the lower limit")
	assert.Equal(t, []float64{0}, pump.Outside)
}

func TestAReportGetsClassAndLimitsOfAStranger(t *testing.T) {
	u := house()
	assert.Equal(t, der.ClassFlexibleLoad, u.Class())
	assert.Equal(t, der.StateRange{Initial: optional.Of(20), Min: optional.Of(19), Max: optional.Of(30)}, u.DescribeState("temperature"))
	assert.Equal(t, der.StateRange{}, u.DescribeState("colour"))
}

// By hand: (20 − 0) · 0.1 / 4 = 0.5 MW, none above 20 °C, and at most 0.6 MW in
// the cold.
func TestUsualLoad(t *testing.T) {
	u := &heatpump.HeatPump{Power: 0.6, COP: 4, Loss: 0.1, Min: 20, Outside: []float64{0, 25, -20}}
	assert.InDeltaSlice(t, []float64{0.5, 0, 0.6}, u.Project(nil, 0).Load, 1e-12)
}
