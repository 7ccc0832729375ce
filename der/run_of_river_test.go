package der_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/der/dertest"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
)

func TestRunOfRiverConforms(t *testing.T) {
	u := &der.RunOfRiver{ID: "mill", Inflow: "inflow", Turbine: []der.HydroPoint{{4, 8}, {6, 10}}, ResidualFlow: 1, Maintenance: 3}
	dertest.Run(t, testsolver.New(t), u, dertest.Config{Set: spring(t), Constraints: func(t dertest.TB, realised der.Schedule, c der.Context) {
		for s, p := range realised.Realised {
			for k, mw := range p.Injected {
				water := max(0, c.Set.At("inflow", s, k)-1)
				within(t, 0, mw, min(2*water, 4+water, 10), "power", s, k)
			}
		}
	}})
}

// At 50, −10, 2 and 50 per MWh with 3 of maintenance, of 9.5, 8, 8 and 0 MW
// only the first hour pays: 47·9.5.
func TestRunOfRiverByHand(t *testing.T) {
	set := steps(4, time.Hour)
	require.NoError(t, set.AddForecast("river", "m³/s", []float64{14.5, 12, 12, 1.5}))
	c := der.Context{Set: set, Tariff: onePrice(50, -10, 2, 50)}
	u := &der.RunOfRiver{ID: "mill", Inflow: "river", Turbine: []der.HydroPoint{{10, 8}, {15, 11}}, ResidualFlow: 2, Maintenance: 3}
	r := alone(t, u, c)
	assert.InDelta(t, 47*9.5, r.profit, 1e-6)
	assert.InDeltaSlice(t, []float64{9.5, 8, 8, 0}, r.schedule.Realised[0].Available, 1e-9)
	assert.InDelta(t, -28.5, u.Benefit(r.schedule, c, 0).Item("maintenance"), 1e-6)
}

// A reservoir that holds nothing is a river. Its permit is free.
func TestRunOfRiverIsAReservoirWithoutVolume(t *testing.T) {
	c := der.Context{Set: spring(t), Tariff: onePrice(20, 2, -30, 40, 9, 50)}
	turbine := []der.HydroPoint{{4, 8}, {6, 10}}
	river := alone(t, &der.RunOfRiver{ID: "u", Inflow: "inflow", Turbine: turbine, Maintenance: 3}, c)
	empty := alone(t, &der.Reservoir{ID: "u", Inflow: "inflow", Turbine: turbine, Maintenance: 3, ReleaseRamp: optional.Of(1)}, c)
	assert.InDelta(t, river.profit, empty.profit, 1e-6)
}

func TestRunOfRiverValidateNamesEveryViolation(t *testing.T) {
	set := spring(t)
	require.NoError(t, set.AddForecast("dry", "m³/s", []float64{1, 0, 0, -2, 0, 0}))
	complains(t, (&der.RunOfRiver{Inflow: "dry", Turbine: []der.HydroPoint{{0, 1}}, ResidualFlow: -1, Maintenance: math.Inf(1)}).Validate(set),
		"ID is empty", `Inflow: series "dry" is -2 in scenario 0, step 3`, "Turbine[0].Discharge is 0", "ResidualFlow is -1", "Maintenance is +Inf")
	complains(t, (&der.RunOfRiver{ID: "u", Inflow: "inflow", Turbine: []der.HydroPoint{{0, 0}, {4, 8}}}).Validate(set),
		"Turbine[0].Discharge is 0, want a finite number above 0 m³/s: every curve begins at 0, so leave this point out")
	complains(t, (&der.RunOfRiver{ID: "u", Inflow: "fog"}).Validate(set), `Inflow names series "fog"`, "Turbine has no point")
}

// Three hours of 5, 12.5 and 40 m³/s at a turbine of 8 MW from 10 m³/s, and 11
// MW from 15 m³/s.
func ExampleRunOfRiver() {
	set := scenario.Single(scenario.Grid{Step: time.Hour, Steps: 3})
	_ = set.AddForecast("river", "m³/s", []float64{5, 12.5, 40})
	mill := &der.RunOfRiver{ID: "mill", Inflow: "river", Turbine: []der.HydroPoint{{Discharge: 10, Power: 8}, {Discharge: 15, Power: 11}}}
	fmt.Println(mill.Validate(set))
	fmt.Printf("%.1f\n", mill.Project(set, 0).Clean)
	// Output:
	// <nil>
	// [4.0 9.5 11.0]
}
