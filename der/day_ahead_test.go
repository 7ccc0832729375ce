package der_test

import (
	"context"
	"encoding/json"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
)

// The file states a day-ahead program of wind, PV, a battery, demand response
// and a thermal unit, row by row, and its optimum as CBC, GLPK and a second
// formulation agree on it. Case A without risk: the units of this package,
// joined by nothing but their power balance, must reach the same value.
func TestUnitsReachThePublishedDayAheadOptimum(t *testing.T) {
	raw, err := os.ReadFile("testdata/vpp_day_ahead.json")
	require.NoError(t, err)
	var file struct {
		Data struct {
			T                                              int
			Prob, LAM, LOAD                                []float64
			WIND, PV                                       [][]float64
			EMin                                           float64 `json:"e_min"`
			EMax                                           float64 `json:"e_max"`
			StoreMin                                       float64 `json:"Emin"`
			StoreMax                                       float64 `json:"Emax"`
			Pmin, Pmax, B1, RU, RD, SU, SD, UT, DT, NL, CS float64
			MC1, MC2, Pch, Pdis, E0, Etac, Etad, DEG, Cmax float64
			Rmax, Kmax, DRP, AB, PIL, PIS, GC, CP, EF, AL  float64
		}
		Results []struct{ Objective float64 }
	}
	require.NoError(t, json.Unmarshal(raw, &file))
	d := file.Data

	set, err := scenario.New(scenario.Grid{Step: time.Hour, Steps: d.T}, d.Prob)
	require.NoError(t, err)
	require.NoError(t, set.Add("wind", "MW", d.WIND))
	require.NoError(t, set.Add("sun", "MW", d.PV))
	floor := make([]float64, d.T) // sold, and at worst a surplus
	for k := range floor {
		floor[k] = d.LAM[k] - d.PIL
	}
	c := der.Context{Set: set, MinMarginalValues: floor}

	m := milp.New()
	var profit milp.Expr
	net := make([][]milp.Expr, set.Len())
	for s := range net {
		net[s] = make([]milp.Expr, d.T)
		for k := range net[s] {
			net[s][k] = milp.Const(-d.LOAD[k])
		}
	}
	for _, unit := range []der.DER{
		&der.Wind{ID: "wind", Available: "wind", CurtailmentPenalty: d.AB},
		&der.PV{ID: "pv", Available: "sun", CurtailmentPenalty: d.AB},
		&der.Storage{
			ID: "battery", Charge: d.Pch, Discharge: d.Pdis, MinEnergy: d.StoreMin, Energy: d.StoreMax, Initial: optional.Of(d.E0),
			ChargeEfficiency: d.Etac, DischargeEfficiency: d.Etad, Wear: d.DEG, WearRule: der.WearDischarge,
		},
		&der.DemandResponse{
			ID: "response", Served: true, MaxReduction: optional.Of(d.Cmax), MaxRebound: optional.Of(d.Rmax), Rebound: der.ReboundDeferred,
			DayAheadCalls: true, MaxHours: optional.Of(d.Kmax), ReductionCost: d.DRP,
		},
		&der.Thermal{
			ID: "thermal", MinOutput: d.Pmin, MaxOutput: d.Pmax, RampUp: optional.Of(d.RU), RampDown: optional.Of(d.RD), StartOutput: optional.Of(d.SU), StopOutput: optional.Of(d.SD),
			MinUp: d.UT, MinDown: d.DT, Before: der.ThermalState{Hours: optional.Of(2)},
			Curve:   der.CurveOf(d.Pmin, d.NL, der.Block{UpTo: d.B1, Price: d.MC1}, der.Block{UpTo: d.Pmax, Price: d.MC2}),
			StartUp: []der.StartCost{{Cost: d.CS}}, EmissionFactor: d.EF, Quota: d.AL,
		},
	} {
		require.NoError(t, unit.(der.Validator).Validate(set))
		for s, x := range unit.Model(m, milp.Const(1), c) {
			p := set.Probability(s)
			profit.Add(x.Cost.Times(-p))
			for k := range d.T {
				net[s][k].Add(x.Net(k))
				if x.Renewable != nil {
					profit.Add(x.Renewable[k].Times(p * d.GC))
				}
				if x.Emission != nil {
					profit.Add(x.Emission[k].Minus(x.Allowance[k]).Times(-p * d.CP))
				}
			}
		}
	}
	for k := range d.T {
		position := m.Var(milp.At("", "position", k), d.EMin, d.EMax).Expr()
		for s := range net {
			p := set.Probability(s)
			long := m.Var(milp.At("", "long", s, k), 0, milp.Inf).Expr()
			short := m.Var(milp.At("", "short", s, k), 0, milp.Inf).Expr()
			m.Equal(milp.At("", "imbalance", s, k), net[s][k].Minus(position), long.Minus(short))
			profit.Add(net[s][k].Times(p*d.LAM[k]), long.Times(-p*d.PIL), short.Times(-p*d.PIS))
		}
	}
	m.Maximize(profit)
	solution, err := testsolver.New(t).Solve(context.Background(), m)
	require.NoError(t, err)
	require.NoError(t, solution.Err())
	assert.InEpsilon(t, -file.Results[0].Objective, solution.Objective, 1e-9)
}
