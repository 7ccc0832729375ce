package vpp

import (
	"errors"
	"fmt"
	"reflect"

	"github.com/trigrid/trigrid/der"
)

// Carry returns the members of a plan as they stand after some of its steps in one scenario: the units to
// plan the next window of a rolling horizon with. Commitment with the hours it has lasted, outputs that
// ramps start from, energy in stores and CO2 in tanks are carried; units without a memory are returned as
// they are.
//
// A store or tank that must end as it began would from then on end with what it holds now. Give a store
// [der.EndFree] with a value for what is left, or windows that end where it is full or empty. What cannot be carried is
// refused, for all units at once: energy that a demand response still owes, starts that a store has used up
// since midnight, a unit of a kind that is not [der.Stateful]. Units whose horizon repeats itself or is open
// at its beginning start from what they did.
func RollForward(p *Plan, scenario, steps int) ([]der.DER, error) {
	set := p.Setting.Set
	if scenario < 0 || scenario >= set.Len() || steps < 1 || steps > set.Steps() {
		return nil, fmt.Errorf("carry: scenario %d after %d steps of a plan with %d scenarios of %d steps", scenario, steps, set.Len(), set.Steps())
	}
	var (
		out     = make([]der.DER, len(p.Members))
		context = der.Context{Set: set, Tariff: p.Plant.Tariff}
		bad     []error
	)
	for i := range p.Members {
		m := &p.Members[i]
		unit, ok := m.Unit.(der.Stateful)
		if !ok {
			bad = append(bad, fmt.Errorf("carry: unit %q: a %T has no rule for what it carries over; implement der.Stateful", m.Unit.Name(), m.Unit))
			continue
		}
		next, err := unit.RollForward(&m.Schedule.Realised[scenario], context, scenario, steps)
		switch {
		case err != nil:
			bad = append(bad, fmt.Errorf("carry: unit %q after %d steps of scenario %d: %w", m.Unit.Name(), steps, scenario, err))
		case reflect.TypeOf(next) != reflect.TypeOf(m.Unit):
			bad = append(bad, fmt.Errorf("carry: unit %q is a %T and would be carried as a %T; a kind that embeds another needs a method Carry of its own", m.Unit.Name(), m.Unit, next))
		}
		out[i] = next
	}
	if bad != nil {
		return nil, errors.Join(bad...)
	}
	return out, nil
}
