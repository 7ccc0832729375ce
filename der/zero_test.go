package der_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/optional"
)

// A limit of 0 is a limit, an absent one is none. Each DER earns want with the
// zero and more without it.
func TestZeroIsALimitAndAbsentIsNone(t *testing.T) {
	zero := optional.Of(0)
	for name, c := range map[string]struct {
		with, without der.DER
		prices        []float64
		want          float64
	}{
		// A ramp of 0 holds the boiler at 1 MW: 2 MWh at prices of 10 and 50.
		"ramp of a converter": {
			&der.ElectricBoiler{ID: "b", Efficiency: 1, Power: der.Operation{Max: 2, Before: 1, RampUp: zero, RampDown: zero}},
			&der.ElectricBoiler{ID: "b", Efficiency: 1, Power: der.Operation{Max: 2, Before: 1}},
			[]float64{10, 50},
			-60,
		},
		"load reduction": {
			&der.DemandResponse{ID: "d", Served: true, MaxReduction: zero, Rebound: der.ReboundNone},
			&der.DemandResponse{ID: "d", Served: true, MaxReduction: optional.Of(1), Rebound: der.ReboundNone},
			[]float64{10, 50},
			0,
		},
		"hours of reduction": {
			&der.DemandResponse{ID: "d", Served: true, MaxReduction: optional.Of(1), MaxHours: zero, Rebound: der.ReboundNone},
			&der.DemandResponse{ID: "d", Served: true, MaxReduction: optional.Of(1), Rebound: der.ReboundNone},
			[]float64{10, 50},
			0,
		},
		"calls": {
			&der.DemandResponse{ID: "d", Served: true, MaxReduction: optional.Of(1), Calls: der.Calls{MaxCalls: zero}, Rebound: der.ReboundNone},
			&der.DemandResponse{ID: "d", Served: true, MaxReduction: optional.Of(1), Rebound: der.ReboundNone},
			[]float64{10, 50},
			0,
		},
		// Without rebound 1 MW is cut in both hours, with a ratio of 1 the
		// energy of the second comes back in the first.
		"rebound": {
			&der.DemandResponse{ID: "d", Served: true, MaxReduction: optional.Of(1), MaxRebound: zero, Rebound: der.ReboundFree},
			&der.DemandResponse{ID: "d", Served: true, MaxReduction: optional.Of(1), Rebound: der.ReboundFree},
			[]float64{10, 50},
			0,
		},
		"starts per day": {
			&der.Storage{ID: "s", Charge: 1, Discharge: 1, Energy: 1, ChargeEfficiency: 1, DischargeEfficiency: 1, StartsPerDay: zero},
			&der.Storage{ID: "s", Charge: 1, Discharge: 1, Energy: 1, ChargeEfficiency: 1, DischargeEfficiency: 1},
			[]float64{10, 50},
			0,
		},
	} {
		t.Run(name, func(t *testing.T) {
			x := der.Context{Set: steps(len(c.prices), time.Hour), Tariff: onePrice(c.prices...)}
			for _, u := range []der.DER{c.with, c.without} {
				require.NoError(t, u.(der.Validator).Validate(x.Set))
			}
			assert.InDelta(t, c.want, alone(t, c.with, x).profit, 1e-6)
			assert.Greater(t, alone(t, c.without, x).profit, c.want+1)
		})
	}
}

func TestARatioOfZeroBringsNothingBack(t *testing.T) {
	u := &der.DemandResponse{ID: "d", Served: true, MaxReduction: optional.Of(1), ReboundRatio: optional.Of(0)}
	x := der.Context{Set: steps(4, time.Hour), Tariff: onePrice(10, 50, 20, 30)}
	require.NoError(t, u.Validate(x.Set))
	assert.InDelta(t, 110, alone(t, u, x).profit, 1e-6)
}

func TestAStoreWithoutInitialEnergyStartsEmpty(t *testing.T) {
	u := &der.Storage{ID: "s", Charge: 1, Discharge: 1, MinEnergy: 2, Energy: 3, ChargeEfficiency: 1, DischargeEfficiency: 1}
	x := der.Context{Set: steps(2, time.Hour), Tariff: onePrice(10, 50)}
	require.NoError(t, u.Validate(x.Set))
	r := alone(t, u, x)
	assert.InDelta(t, 40, r.profit, 1e-6)
	assert.InDeltaSlice(t, []float64{3, 2}, r.schedule.Realised[0].Trace("energy"), 1e-6)
}

func TestZerosWithoutAMeaningAreRejected(t *testing.T) {
	zero := optional.Of(0)
	set := steps(4, time.Hour)
	complains(t, (&der.DemandResponse{ID: "d", Served: true, MaxReduction: optional.Of(1), ReboundHours: zero}).Validate(set),
		"ReboundHours is 0, want a finite number above 0 h")
	complains(t, (&der.DemandResponse{ID: "d", Served: true, MaxReduction: optional.Of(1), Calls: der.Calls{MaxHours: zero}}).Validate(set),
		"Calls.MaxHours is 0 h, want at least Calls.MinHours, 0 h, and one step of 1 h")
	complains(t, (&der.Storage{
		ID: "s", Energy: 1, ChargeEfficiency: 1, DischargeEfficiency: 1, ReserveHours: zero, StartsPerDay: optional.Of(1.5),
	}).Validate(set), "ReserveHours is 0, want a finite number of at least 1 h", "StartsPerDay is 1.5, want a whole number")
	complains(t, (&der.Thermal{ID: "t", MinOutput: 1, MaxOutput: 2, StartOutput: zero, Before: der.ThermalState{Hours: zero}}).Validate(set),
		"StartOutput is 0", "Before.Hours is 0, want at least one step of 1 h, or absent")
}

// A thermal unit with ramps of 0 keeps its output while on. All formulations
// agree with enumeration.
func TestThermalRampsOfZero(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 2))
	for i := range 40 {
		u := randomThermal(r)
		if i%2 == 1 {
			u = slowThermal(r)
		}
		switch r.IntN(3) {
		case 0:
			u.RampUp = optional.Of(0)
		case 1:
			u.RampDown = optional.Of(0)
		default:
			u.RampUp, u.RampDown = optional.Of(0), optional.Of(0)
		}
		price := make([]float64, 7)
		for k := range price {
			price[k] = float64(r.IntN(40) - 5)
		}
		market := thermalMarket{reserve: 1.5, weight: []float64{1}, price: [][]float64{price}}
		want := bestSchedule(u, market)
		for _, u.Formulation = range []der.Formulation{der.Tight, der.Plain, der.PGLib, der.EgretTight} {
			m, _ := thermalProgram(t, u, market)
			solution := solveThermal(t, m)
			if math.IsInf(want, -1) {
				require.Equal(t, milp.Infeasible, solution.Status, "%v %+v", u.Formulation, u)
				continue
			}
			require.NoError(t, solution.Err(), "%v %+v", u.Formulation, u)
			require.InDelta(t, want, solution.Objective, 1e-9*max(1, math.Abs(want)), "%v %+v %v", u.Formulation, u, market)
		}
	}
}
