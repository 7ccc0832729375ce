package fleet_test

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/der/dertest"
	"github.com/trigrid/trigrid/examples/evfleet/fleet"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/scenario"
)

func TestMain(m *testing.M) { testsolver.Main(m, "") }

// The energy of each car follows from the flows of the site only if one car is
// there at a time.
func TestFleetKeepsItsRules(t *testing.T) {
	f := &fleet.Fleet{ID: "cars", Efficiency: 0.9, Wear: 20, UnmetCost: 900, Stays: []fleet.Stay{
		{Arrive: 0, Depart: 3, Capacity: 0.06, Has: 0.02, Wants: 0.05, Charge: 0.012, Discharge: 0.012},
		{Arrive: 3, Depart: 6, Capacity: 0.04, Has: 0.01, Wants: 0.03, Charge: 0.009},
	}}
	dertest.Run(t, testsolver.New(t), f, dertest.Config{Constraints: func(t dertest.TB, realised der.Schedule, c der.Context) {
		for s := range realised.Realised {
			p := &realised.Realised[s]
			for _, v := range f.Stays {
				energy := v.Has
				for step := v.Arrive; step < v.Depart; step++ {
					charge, feed := p.Withdrawn[step], p.Injected[step]
					energy += c.Hours() * (f.Efficiency*charge - feed/f.Efficiency)
					if charge > v.Charge+1e-6 || feed > v.Discharge+1e-6 || math.Min(charge, feed) > 1e-6 {
						t.Errorf("step %d: charges %v and feeds in %v MW", step, charge, feed)
					}
					if energy < -1e-6 || energy > v.Capacity+1e-6 {
						t.Errorf("step %d: %v MWh in the battery", step, energy)
					}
				}
				if missing := p.Trace("unmet")[v.Depart-1]; energy+missing < v.Wants-1e-6 {
					t.Errorf("leaves with %v MWh and %v unmet, wants %v", energy, missing, v.Wants)
				}
			}
		}
	}})
}

func TestFleetRejectsStaysThatDoNotFit(t *testing.T) {
	f := &fleet.Fleet{ID: "cars", Efficiency: 2, Stays: []fleet.Stay{{Arrive: 5, Depart: 4, Capacity: 0.04, Has: 0.05, Charge: -1}}}
	set, err := scenario.New(scenario.Grid{Start: time.Date(2031, 3, 10, 0, 0, 0, 0, time.UTC), Step: time.Hour, Steps: 6}, []float64{1})
	require.NoError(t, err)
	err = f.Validate(set)
	for _, want := range []string{"Efficiency is 2", "from step 5 to 4", "Stays[0].Has", "Stays[0].Charge"} {
		assert.ErrorContains(t, err, want)
	}
}
