package audit_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/vpp/audit"
)

// A fleet of three of each kind keeps the rules of one DER in its mean
// schedule. A power that three batteries cannot have, and a cost that they do
// not have, are found.
func TestFleetsKeepTheRulesOfTheirDERs(t *testing.T) {
	c := der.Context{Set: park(t), Tariff: tariffs()["ordinary"]}
	for name, d := range kinds() {
		t.Run(name, func(t *testing.T) {
			var x audit.Inspection
			fleet := &der.Fleet{Unit: d, Count: 3}
			known := audit.Inspect(&x, fleet, alone(t, fleet, c), c)
			require.NoError(t, x.Err())
			switch d.(type) {
			case *der.ShiftableLoad, *der.GridConnection:
				assert.False(t, known, "DERs that differ have no mean that keeps the rules")
			default:
				assert.True(t, known)
			}
		})
	}
	fleet := &der.Fleet{Unit: kinds()["battery"], Count: 3}
	for what, plant := range map[string]func(*der.Ports){
		"power": func(p *der.Ports) { p.Withdrawn[0] += 3 },
		"cost":  func(p *der.Ports) { p.Cost++ },
	} {
		schedule := alone(t, fleet, c)
		plant(&schedule.Realised[0])
		var x audit.Inspection
		audit.Inspect(&x, fleet, schedule, c)
		assert.Error(t, x.Err(), what)
	}
}

// Three engines of which two run are inspected one by one. A third one that
// runs below its minimum, and a start that the cost leaves out, are found.
func TestEnginesOfAFleetAreInspectedOneByOne(t *testing.T) {
	c := der.Context{Set: park(t), Tariff: tariffs()["ordinary"]}
	engine := &der.Thermal{ID: "engine", MinOutput: 2, MaxOutput: 6, NoLoad: 50, Linear: 10, MinUp: 2, StartUp: []der.StartCost{{Cost: 40}}}
	fleet := &der.Fleet{Unit: engine, Count: 3}
	require.False(t, fleet.Together(c))
	schedule := func() der.Schedule {
		var (
			out  der.Schedule
			n    = c.Steps()
			path = func(first, later float64) []float64 {
				x := make([]float64, n)
				for i := range x {
					x[i] = later
				}
				x[0] = first
				return x
			}
			hours = c.HoursAt(0)
		)
		for range c.Scenarios() {
			cost := 0.0
			for i := range n { // 7 MW from two engines, then 13 MW from three
				running, output := 3.0, 13.0
				if i == 0 {
					running, output = 2, 7
				}
				cost += (50*running + 10*output) * c.HoursAt(i)
			}
			out.Realised = append(out.Realised, der.Ports{
				Injected: path(7, 13), Conventional: path(7*hours, 13*hours), Cost: cost + 3*40,
				Emission: path(0, 0), Allowance: path(0, 0),
				Traces: []der.Path{{Name: "on", Values: path(2, 3)}, {Name: "start", Values: append([]float64{2, 1}, make([]float64, n-2)...)}, {Name: "stop", Values: path(0, 0)}},
			})
		}
		return out
	}
	inspect := func(x der.Schedule) (bool, error) {
		var found audit.Inspection
		known := audit.Inspect(&found, fleet, x, c)
		return known, found.Err()
	}
	known, err := inspect(schedule())
	require.NoError(t, err)
	assert.True(t, known)
	for what, plant := range map[string]func(*der.Ports){
		"too little for three": func(p *der.Ports) { p.Traces[0].Values[0] = 3; p.Injected[0], p.Conventional[0] = 5, 5*c.HoursAt(0) },
		"a start for nothing":  func(p *der.Ports) { p.Cost -= 40 },
		"too much for two":     func(p *der.Ports) { p.Injected[0], p.Conventional[0] = 12.5, 12.5*c.HoursAt(0) },
	} {
		wrong := schedule()
		for s := range wrong.Realised {
			plant(&wrong.Realised[s])
		}
		_, err := inspect(wrong)
		assert.Error(t, err, what)
	}
}
