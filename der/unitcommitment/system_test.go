package unitcommitment_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/der/dertest"
	"github.com/trigrid/trigrid/der/unitcommitment"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/milp/highs"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
)

// hours returns one future with the given series of two hours.
func hours(t *testing.T, series map[string][]float64) *scenario.Set {
	t.Helper()
	set := scenario.Single(scenario.Grid{Step: time.Hour, Steps: 2})
	for name, path := range series {
		require.NoError(t, set.AddForecast(name, "MW", path))
	}
	return set
}

func TestSystemValidateNamesEveryViolation(t *testing.T) {
	require.ErrorContains(t, (&unitcommitment.System{}).Validate(), "Set is nil")
	err := (&unitcommitment.System{
		Set: hours(t, map[string][]float64{"high": {1, 2}, "low": {2, 3}}), Demand: "demand", Reserve: "spare", MismatchPrice: optional.Of(-1),
		Units: []der.DER{
			&unitcommitment.Band{ID: "a", Max: "high"}, &unitcommitment.Band{ID: "a", Max: "gale", Min: "calm"}, nil,
			&unitcommitment.Band{ID: "system", Max: "high", Min: "low"}, &unitcommitment.Band{Max: "high"},
		},
	}).Validate()
	for _, want := range []string{
		`Demand names series "demand"`, `Reserve names series "spare"`, "MismatchPrice is -1", `two units are called "a"`, "Units[2] is nil",
		`unit "a": Max names series "gale"`, `unit "a": Min names series "calm"`, `a unit is called "system"`,
		`unit "system": scenario 0, step 0: from 2 to 1 MW`, `unit "": ID is empty`,
	} {
		assert.ErrorContains(t, err, want)
	}
}

func TestBandConforms(t *testing.T) {
	set, err := scenario.New(scenario.Grid{Step: 30 * time.Minute, Steps: 4}, []float64{0.6, 0.4})
	require.NoError(t, err)
	require.NoError(t, set.Add("high", "MW", [][]float64{{3, 4, 5, 6}, {2, 2, 6, 8}}))
	require.NoError(t, set.Add("low", "MW", [][]float64{{1, 1, 2, 6}, {0, 2, 0, 3}}))
	for _, u := range []*unitcommitment.Band{{ID: "river", Min: "low", Max: "high"}, {ID: "farm", Max: "high"}} {
		dertest.Run(t, testsolver.New(t), u, dertest.Config{Set: set, Constraints: func(t dertest.TB, realised der.Schedule, c der.Context) {
			for s, p := range realised.Realised {
				for k, mw := range p.Injected {
					low, high := 0.0, set.At("high", s, k)
					if u.Min != "" {
						low = set.At(u.Min, s, k)
					}
					if mw < low-1e-6 || mw > high+1e-6 {
						t.Errorf("%g MW in scenario %d, step %d, want %g to %g", mw, s, k, low, high)
					}
				}
			}
		}})
	}
}

// A farm of 30 and 50 MW meets 40 MW: 10 MW are missing in the first hour at
// 1000, the second has 10 to spare and curtails them. 5 MW of reserve are asked
// for and nobody holds any: 2·5·200.
func TestSlackIsPaidAtItsPrice(t *testing.T) {
	s := &unitcommitment.System{
		Set:    hours(t, map[string][]float64{"wind": {30, 50}, "demand": {40, 40}, "spare": {5, 5}}),
		Demand: "demand", Reserve: "spare", MismatchPrice: optional.Of(1000), ShortfallPrice: optional.Of(200),
		Units: []der.DER{&unitcommitment.Band{ID: "farm", Max: "wind"}},
	}
	assert.InDelta(t, 10*1000+2*5*200, solve(t, highs.Solver{}, formulate(t, s).Model).Objective, 1e-6)
}

// The farm can hold no reserve; a battery of 3 MW with 4 MWh inside can, for
// two hours, 2 MW of the 5 MW asked for: 2·3·200 remain.
func TestStorageMeetsReserve(t *testing.T) {
	s := &unitcommitment.System{
		Set:    hours(t, map[string][]float64{"wind": {40, 40}, "demand": {40, 40}, "spare": {5, 5}}),
		Demand: "demand", Reserve: "spare", MismatchPrice: optional.Of(1000), ShortfallPrice: optional.Of(200),
		Units: []der.DER{
			&unitcommitment.Band{ID: "farm", Min: "wind", Max: "wind"},
			&der.Storage{
				ID: "battery", Charge: 3, Discharge: 3, Energy: 4, Initial: optional.Of(4), ChargeEfficiency: 1, DischargeEfficiency: 1,
				Reserve: milp.Inf, ReserveHours: optional.Of(2),
			},
		},
	}
	assert.InDelta(t, 2*3*200, solve(t, highs.Solver{}, formulate(t, s).Model).Objective, 1e-6)
}
