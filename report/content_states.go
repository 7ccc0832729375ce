package report

import (
	"fmt"
	"slices"

	"gonum.org/v1/plot/vg"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/vpp"
)

// state is one inner state of a member, such as the energy of a store.
type state struct {
	der, name, measure string
	paths              [][]float64 // per scenario and step
	start              []float64   // one value at the start of the grid, or nil
	limits             []float64   // lowest and highest value, or nil
}

// states returns the traces of the members of a plan.
func (x *run) states(plan *vpp.Plan) []state {
	var out []state
	for _, m := range x.members(plan) {
		// The traces of scenario 0 name the states; all scenarios have the same ones.
		for k, trace := range m.Schedule.Realised[0].Traces {
			// The traces of all scenarios become the paths of one state.
			own := state{der: m.DER.Name(), name: trace.Name, measure: trace.Unit}
			for s := range m.Schedule.Realised {
				own.paths = append(own.paths, m.Schedule.Realised[s].Traces[k].Values)
			}
			if describer, ok := m.DER.(der.StateDescriber); ok {
				own.describe(describer.DescribeState(trace.Name))
			}
			out = append(out, own)
		}
	}
	return out
}

// describe sets the initial value and the limits of the state, as far as they are given.
func (x *state) describe(of der.StateRange) {
	if initial, ok := of.Initial.Get(); ok {
		x.start = []float64{initial}
	}
	for _, limit := range []optional.Float{of.Min, of.Max} {
		if value, ok := limit.Get(); ok {
			x.limits = append(x.limits, value)
		}
	}
}

// flag reports whether the state is 0 or 1, for example whether a unit runs.
func (x *state) flag() bool { return x.measure == "" }

// statesTable returns the inner states of all members:
//
//	vpp, der, state            for example "energy" of a battery or "on" of a thermal unit
//	unit_of_measure            empty for states that are 0 or 1
//	step, time                 stocks are stated for the end of the step
//	expected, scenario_0, …    mean and value in each scenario
func (x *run) statesTable() *Table {
	t := &Table{Name: "states", Title: "Inner states of the members in each scenario, such as the energy in a store at the end of a step"}
	t.Columns = append([]Column{
		{Name: "vpp"}, {Name: "der"}, {Name: "state"}, {Name: "unit_of_measure"}, {Name: "step"}, {Name: "time"}, {Name: "expected"},
	}, x.scenarioColumns("")...)
	for _, plan := range x.result.Plans {
		for _, state := range x.states(plan) {
			expected := x.expected(state.paths)
			for step := range expected {
				row := []any{plan.VPP.Name, state.der, state.name, state.measure, step, stamp(x.set.Grid(), step), expected[step]}
				for s := range state.paths {
					row = append(row, state.paths[s][step])
				}
				t.add(row...)
			}
		}
	}
	return t
}

// stateFans draws one figure per state with a unit of measure, for the members of the v-th
// VPP. MW are drawn at the middle of a step, stocks such as MWh at its end.
func (x *run) stateFans(v int) []*Figure {
	var out []*Figure
	plan := x.result.Plans[v]
	for _, state := range x.states(plan) {
		// Flags are drawn by commitment.
		if state.flag() {
			continue
		}
		p := newPanel(state.measure)
		k := x.derInk[state.der]
		when := "at the end of each step"
		// A stock starts with its initial value at time 0, if it is known.
		points := func(values []float64) xys {
			if state.measure == "MW" {
				return middles(values, x.hours)
			}
			at := ends(values, x.hours)
			for _, start := range state.start {
				at = append(xys{{X: 0, Y: start}}, at...)
			}
			return at
		}
		// Limits are dashed lines over the whole horizon.
		horizon := x.hours(float64(x.set.Steps()))
		for _, limit := range state.limits {
			p.Add(lines(pen(muted, 0.75, 2, 2), xys{{X: 0, Y: limit}, {X: horizon, Y: limit}}))
		}
		expected := x.expected(state.paths)
		low, high := extremes(state.paths)
		// From back to front: the range, the scenarios, the expectation.
		p.Add(band(k, 0.15, points(low), points(high)))
		x.addScenarios(p, k, func(s int) xys { return points(state.paths[s]) })
		p.Add(lines(pen(text, 1.5, 5, 3), points(expected)))
		x.timeAxis(p)
		p.fromZero()
		p.scaleY(5)
		legend := []key{keyLine("scenario", pen(k, 1.2)), keyLine("expected", pen(text, 1.5, 5, 3))}
		if state.measure == "MW" {
			when = "during each step"
		}
		caption := fmt.Sprintf("%s of %s, %s %s: %s, likelier ones wider and darker, and the range of all.", state.name, state.der, state.measure, when, x.linesDrawn())
		if state.limits != nil {
			legend = append(legend, keyLine("limits", pen(muted, 0.75, 2, 2)))
		}
		s := &sheet{legend: legend, panels: [][]*panel{{p}}}
		out = append(out, &Figure{
			Name: fmt.Sprintf("state-%d-%d", v+1, len(out)+1), Title: state.der + ": " + state.name, Caption: caption, Table: "states", section: vpps, about: plan.VPP.Name,
			Alt: fmt.Sprintf("Fan of %s of %s. Expected values run from %s to %s %s; scenarios reach from %s to %s.", state.name, state.der,
				number(slices.Min(expected), 2), number(slices.Max(expected), 2), state.measure, number(slices.Min(low), 2), number(slices.Max(high), 2)),
			width: half, height: 250, draw: s.draw,
		})
	}
	return out
}

// commitment draws the steps in which the switched members of the v-th VPP run, one row per
// member. It returns nil if there are none.
func (x *run) commitment(v int) *Figure {
	var (
		plan  = x.result.Plans[v]
		names []string
		inks  []ink
		paths [][]float64
		alt   = "Strips of the steps in which units run."
	)
	for _, state := range x.states(plan) {
		// Other flags, such as "start", follow from "on".
		if state.flag() && state.name == "on" {
			expected := x.expected(state.paths)
			names, inks, paths = append(names, short(state.der, 20)), append(inks, x.derInk[state.der]), append(paths, expected)
			alt += fmt.Sprintf(" %s runs %s of %d steps in expectation.", state.der, number(sum(expected), 1), x.set.Steps())
		}
	}
	if names == nil {
		return nil
	}
	p := newRows("", names)
	for i, path := range paths {
		for t, share := range path {
			// The opacity of a bar is the probability that the unit runs.
			if share > 0.005 {
				left, right := x.hours.bar(t, 1)
				p.Add(filled(inks[i], share, box{left, right, float64(i) - 0.3, float64(i) + 0.3}))
			}
		}
	}
	x.timeAxis(p)
	s := &sheet{panels: [][]*panel{{p}}}
	return &Figure{
		Name: fmt.Sprintf("running-%d", v+1), Title: "Commitment", Table: "states", section: vpps, about: plan.VPP.Name,
		Caption: "Steps in which a unit runs; a fainter colour means fewer scenarios.",
		Alt:     alt, width: full, height: 50 + 22*vg.Length(len(names)), draw: s.draw,
	}
}
