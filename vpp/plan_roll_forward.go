package vpp

import (
	"fmt"
	"reflect"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/faults"
)

// RollForward returns the members of a plan in their state after some of its
// steps in one scenario. They are the members of the next window of a rolling
// horizon. A [der.Stateful] member returns its own state: commitment and its
// duration, output before a ramp, stored energy, CO2 in a tank, rebound that is
// outstanding, a run in progress, energy that is left to take, calls and starts
// that are used up. Members without a state are returned unchanged.
//
// Two windows equal one: the rest of an optimal plan is an optimal plan of the
// rest, on the same data. A store that must end with its initial energy must
// end the rest with the initial energy of the first window, not with its
// present one; see [der.Storage.EndEnergy].
//
// After all steps of the plan a new horizon begins. Levels, budgets and
// commitments go on. A load that runs once, makes up for its energy by the end,
// or wraps its rebound begins anew.
//
// The error lists all members whose state cannot roll forward: a kind that is
// not [der.Stateful], or a state outside its limits beyond the tolerance of a
// solver, 1e-5. Thermal units and converters with a cyclic or free boundary
// start from their realised operation; the period ends there.
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
			// An embedded kind returns itself and would lose the fields of the
			// outer kind.
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
