package vpp

import (
	"fmt"
	"reflect"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/faults"
)

// RollForward returns the members of a plan as they are after some of its steps in one scenario: the
// members of the plan for the next window of a rolling horizon. Each [der.Stateful] member returns its
// own state: commitment with the hours it has lasted, the output that ramps start from, energy in
// stores, CO2 in tanks. Members without a state are returned unchanged.
//
// A store or tank that must end as it began would then have to end with its present content. Give a
// store [der.EndFree] with an EndValue, or choose windows that end with the content that is wanted.
//
// A state that cannot be rolled forward is an error, for all members at once: energy that a demand
// response still owes, starts of a store since midnight, a member that is not [der.Stateful]. Units
// with a periodic or free boundary start from their realised operation.
func RollForward(p *Plan, scenario, steps int) ([]der.DER, error) {
	set := p.Setting.Set
	if scenario < 0 || scenario >= set.Len() || steps < 1 || steps > set.Steps() {
		return nil, fmt.Errorf("roll forward: scenario %d after %d steps of a plan with %d scenarios of %d steps",
			scenario, steps, set.Len(), set.Steps())
	}
	var (
		out     = make([]der.DER, len(p.Members))
		context = der.Context{Set: set, Tariff: p.VPP.Tariff}
		bad     = faults.List{Prefix: "roll forward: "}
	)
	for i := range p.Members {
		m := &p.Members[i]
		stateful, ok := m.DER.(der.Stateful)
		if !ok {
			bad.Addf("unit %q: a %T has no rule for its state; implement der.Stateful", m.DER.Name(), m.DER)
			continue
		}
		next, err := stateful.RollForward(&m.Schedule.Realised[scenario], context, scenario, steps)
		switch {
		case err != nil:
			bad.Addf("unit %q after %d steps of scenario %d: %w", m.DER.Name(), steps, scenario, err)
		case reflect.TypeOf(next) != reflect.TypeOf(m.DER):
			bad.Addf("unit %q is a %T and would become a %T; a kind that embeds another needs its own method RollForward",
				m.DER.Name(), m.DER, next)
		}
		out[i] = next
	}
	if err := bad.Err(); err != nil {
		return nil, err
	}
	return out, nil
}
