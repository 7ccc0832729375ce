package audit_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/vpp/audit"
)

// A fleet of three of each kind keeps the rules of one DER in its mean schedule. A power that three
// batteries cannot have, and a cost that they do not have, are found.
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
