package vpp

import (
	"fmt"
	"maps"
	"math"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/milp"
)

// Metered returns the plan of given schedules, without a program: that of a day
// which was metered, for example. It has deviations from VPP.DayAhead, which is
// required, energies, amounts, payments and values; Solution and Prices are
// empty. With a reserve market VPP.Offered is required, too. [Plan.Verify]
// checks it against the rules of each kind.
//
// The schedules are by name of the member, with one realised path per scenario
// of Setting.Set. DayAhead of a schedule is the member's own; nil stands for
// that of [der.Context.DayAheadSchedule]. inside has the prices of goods for
// which the tariff states none. Cost of the ports is set.
//
// Metered returns an error that lists all violations of the data, and members
// whose schedule is absent or has another number of scenarios or steps.
func (p Problem) Metered(schedules map[string]der.Schedule, inside der.InsidePrices) (*Plan, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	set := p.Setting.Set
	bad := faults.List{Prefix: p.VPP.prefix() + "metered: "}
	bad.Require(p.Setting.Markets.Reserve == nil || p.VPP.Offered != nil,
		"VPP.Offered is nil, want the reserve sold of each step beside Markets.Reserve, or zeros")
	bad.Require(p.VPP.DayAhead != nil, "VPP.DayAhead is nil, want the day-ahead schedule")
	plan := &Plan{VPP: p.VPP, Setting: p.Setting, DayAhead: p.VPP.DayAhead, Offered: p.VPP.Offered}
	plan.Heat.Prices, plan.Gas.Prices, plan.CO2.Prices = inside.Heat, inside.Gas, inside.CO2
	for _, d := range p.byName() {
		schedule, ok := schedules[d.Name()]
		if !bad.Require(ok, "no schedule of member %q", d.Name()) {
			continue
		}
		schedule.Realised = append([]der.Ports(nil), schedule.Realised...)
		bad.Require(len(schedule.Realised) == set.Len(), "the schedule of member %q has %d scenarios, want %d", d.Name(), len(schedule.Realised), set.Len())
		for s := range schedule.Realised {
			validatePorts(&bad, d.Name(), &schedule.Realised[s], set.Steps())
		}
		plan.Members = append(plan.Members, Member{DER: d, Schedule: schedule})
	}
	if err := bad.Err(); err != nil {
		return nil, err
	}
	context := plan.settlement()
	for i := range plan.Members {
		m := &plan.Members[i]
		if m.Schedule.DayAhead == nil {
			m.Schedule.DayAhead = context.DayAheadSchedule(m.Schedule.Realised)
		}
		for s := range m.Schedule.Realised {
			paid, benefit := context.Payment(m.Schedule, s), m.DER.Benefit(m.Schedule, context, s)
			m.Schedule.Realised[s].Cost = paid.Total() - benefit.Total()
		}
	}
	return plan, plan.evaluate(context)
}

// validatePorts reports ports with a wrong number of steps, or with values that
// are not finite.
func validatePorts(bad *faults.List, name string, p *der.Ports, steps int) {
	check := func(port string, path []float64) {
		if path == nil {
			return
		}
		if !bad.Require(len(path) == steps, "%s of member %q has %d values, want one for each of %d steps", port, name, len(path), steps) {
			return
		}
		for t, v := range path {
			bad.Require(!math.IsNaN(v) && !math.IsInf(v, 0), "%s of member %q is %v in step %d, want a finite number", port, name, v, t)
		}
	}
	for _, x := range []struct {
		port string
		path []float64
	}{
		{"injection", p.Injected},
		{"withdrawal", p.Withdrawn},
		{"load reduction", p.Reduced},
		{"heat", p.Heat},
		{"gas", p.Gas},
		{"reserve", p.Reserve},
		{"emission", p.Emission},
		{"allowance", p.Allowance},
		{"CO2", p.CO2},
		{"renewable energy", p.Renewable},
		{"available energy", p.Available},
		{"conventional energy", p.Conventional},
	} {
		check(x.port, x.path)
	}
	for _, trace := range p.Traces {
		check(fmt.Sprintf("state %q", trace.Name), trace.Values)
	}
}

// FirstStage returns the values of the first-stage columns of the plan by name:
// the day-ahead schedule, commitments and calls. A metered plan has none.
func (p *Plan) FirstStage() map[milp.Name]float64 { return maps.Clone(p.decided) }

// Certificates returns the net purchase of green certificates in a step of
// scenario s, in certificates of one MWh: those that are owed less those that
// are earned.
func (p *Plan) Certificates(s, t int) float64 { return p.certificates(s, t) }
