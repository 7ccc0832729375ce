package der_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
)

// BenchmarkModel times how long a unit takes to add itself to a program of 24
// hours, per coefficient of its rows and per column. Nothing is solved.
func BenchmarkModel(b *testing.B) {
	for _, scenarios := range []int{10, 200} {
		set := randomDay(b, scenarios)
		known := make([]float64, set.Steps())
		for name, x := range map[string]struct {
			unit  der.DER
			floor []float64
		}{
			"wind":              {&der.Wind{ID: "u", Available: "wind", CurtailmentPenalty: 30}, known},
			"storage":           {battery(), known},
			"storage, binaries": {battery(), nil},
			"demand response":   {&der.DemandResponse{ID: "u", Load: "load", MaxReductionShare: optional.Of(0.1)}, known},
			"chp":               {&der.CHP{ID: "u", ElectricEfficiency: 0.35, HeatEfficiency: 0.4, Power: der.Operation{Max: 4, RampUp: optional.Of(1)}}, known},
		} {
			b.Run(fmt.Sprintf("%s/%d", name, scenarios), func(b *testing.B) {
				b.ReportAllocs()
				c := der.Context{Set: set, MinMarginalValues: x.floor}
				var columns, nonzeros int
				for b.Loop() {
					m := milp.New()
					x.unit.Model(m, milp.Const(1), c)
					columns, nonzeros = m.Vars(), m.Nonzeros()
				}
				perCall := float64(b.Elapsed().Nanoseconds()) / float64(b.N)
				b.ReportMetric(perCall/float64(columns), "ns/column")
				b.ReportMetric(float64(nonzeros), "nonzeros")
			})
		}
	}
}

func randomDay(tb testing.TB, scenarios int) *scenario.Set {
	tb.Helper()
	random := rand.New(rand.NewPCG(1, 1))
	set, err := scenario.New(scenario.Grid{Step: time.Hour, Steps: 24}, scenario.Equal(scenarios))
	require.NoError(tb, err)
	for _, name := range []string{"wind", "load"} {
		paths := make([][]float64, scenarios)
		for s := range paths {
			for range 24 {
				paths[s] = append(paths[s], 10*random.Float64())
			}
		}
		require.NoError(tb, set.Add(name, "MW", paths))
	}
	return set
}

// BenchmarkAnswer answers the prices of one scenario of 24 hours. Ten thousand
// DERs answer ten VPPs in ten scenarios by a million of these.
func BenchmarkAnswer(b *testing.B) {
	random := rand.New(rand.NewPCG(1, 2))
	set, err := scenario.New(scenario.Grid{Step: time.Hour, Steps: 24}, []float64{1})
	require.NoError(b, err)
	path, zero := make([]float64, 24), make([]float64, 24)
	sell, buy, bound := make([]float64, 24), make([]float64, 24), make([]float64, 24)
	for t := range path {
		path[t] = 5 * random.Float64()
		sell[t] = 40 + 60*random.Float64()
		buy[t] = -sell[t]
	}
	require.NoError(b, set.Add("series", "MW", [][]float64{path}))
	p := &der.Prices{
		Injected: sell, Withdrawn: buy, Reduced: sell, Heat: zero, Gas: zero, Reserve: zero,
		Emission: zero, Allowance: zero, CO2: zero, Renewable: zero, Available: zero, Conventional: zero, Cost: -1,
	}
	c := der.Context{Set: set, MinMarginalValues: bound}
	for _, unit := range []der.Responder{
		&der.PV{ID: "pv", Available: "series", Maintenance: 50},
		&der.Storage{ID: "storage", Charge: 2, Discharge: 2, Energy: 5, ChargeEfficiency: 0.95, DischargeEfficiency: 0.95, SelfDischarge: 0.001, Wear: 10},
		&der.DemandResponse{ID: "demand response", Load: "series", Served: true, ReductionCost: 20},
		&der.Thermal{
			ID: "thermal", MaxOutput: 5, Linear: 70, RampUp: optional.Of(1.0), RampDown: optional.Of(1.0), MustRun: true,
			Before: der.ThermalState{Boundary: der.BeforeFree},
		},
	} {
		require.True(b, unit.Responds(c))
		b.Run(unit.Name(), func(b *testing.B) {
			for b.Loop() {
				unit.Answer(p, c, 0, nil)
			}
		})
	}
}
