package vpp

import (
	"fmt"
	"reflect"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/faults"
)

// RollForward returns the members of a plan in their state after some of its steps in one scenario.
// They are the members of the next window of a rolling horizon. A [der.Stateful] member returns its
// own state: commitment and its duration, output before a ramp, stored energy, CO2 in a tank.
// Members without a state are returned unchanged.
//
// A store that must end with its initial energy would have to end with its present energy in the
// next window. Give such a store [der.EndFree] and an EndValue, or choose windows that end with the
// desired energy.
//
// The error lists all members whose state cannot roll forward: a demand response with outstanding
// rebound, a store with starts since midnight, a kind that is not [der.Stateful]. Thermal units
// with a cyclic or free boundary start from their realised operation.
func RollForward(p *Plan, scenario, steps int) ([]der.DER, error) {
	set := p.Setting.Set
	if scenario < 0 || scenario >= set.Len() || steps < 1 || steps > set.Steps() {
		return nil, fmt.Errorf("vpp: roll forward: scenario %d after %d steps of a plan with %d scenarios of %d steps; "+
			"give a scenario and a number of steps of the plan", scenario, steps, set.Len(), set.Steps())
	}
	var (
		out     = make([]der.DER, len(p.Members))
		context = der.Context{Set: set, Tariff: p.VPP.Tariff}
		bad     = faults.List{Prefix: "vpp: roll forward: "}
	)
	for i := range p.Members {
		m := &p.Members[i]
		stateful, ok := m.DER.(der.Stateful)
		if !ok {
			bad.Addf("DER %q: %T has no rule for its state; implement der.Stateful", m.DER.Name(), m.DER)
			continue
		}
		next, err := stateful.RollForward(&m.Schedule.Realised[scenario], context, scenario, steps)
		switch {
		case err != nil:
			bad.Addf("DER %q after %d steps of scenario %d: %w", m.DER.Name(), steps, scenario, err)
		case reflect.TypeOf(next) != reflect.TypeOf(m.DER):
			// An embedded kind returns itself and would lose the fields of the outer kind.
			bad.Addf("DER %q is a %T and would become a %T; give a kind that embeds another its own RollForward",
				m.DER.Name(), m.DER, next)
		}
		out[i] = next
	}
	if err := bad.Err(); err != nil {
		return nil, err
	}
	return out, nil
}
