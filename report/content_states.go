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

	parts []state // the members of a group, see groupedStates
}

// states returns the traces of the members of a plan.
//
// For example, a battery has "energy" in MWh, and a thermal unit "on" without a
// unit. Members come in the order of the page, and the states of one in the
// order of its kind.
func (x *run) states(plan *vpp.Plan) []state {
	var out []state
	for _, m := range x.members(plan) {
		// The traces of scenario 0 name the states; all scenarios have the same
		// ones.
		for k, trace := range m.Schedule.Realised[0].Traces {
			var about der.StateRange
			if describer, ok := m.DER.(der.StateDescriber); ok {
				about = describer.DescribeState(trace.Name)
			}
			if about.Detail {
				continue
			}
			// The traces of all scenarios become the paths of one state.
			own := state{der: m.DER.Name(), name: trace.Name, measure: trace.Unit}
			for s := range m.Schedule.Realised {
				own.paths = append(own.paths, m.Schedule.Realised[s].Traces[k].Values)
			}
			own.describe(about)
			out = append(out, own)
		}
	}
	return out
}

// groupedStates returns the states of the members of a plan with those of each
// group as one: sums of quantities such as MWh, and means of flags.
func (x *run) groupedStates(plan *vpp.Plan) []state {
	var out []state
	at := map[string]int{}
	for _, own := range x.states(plan) {
		g := x.group[own.der]
		key := g + "\x00" + own.name + "\x00" + own.measure
		k, seen := at[key]
		if g == "" || !seen {
			at[key] = len(out)
			out = append(out, own)
			if g != "" {
				out[len(out)-1].parts = []state{own}
			}
			continue
		}
		out[k].parts = append(out[k].parts, own)
	}
	// A group with one member in this VPP stays a state of that member.
	for k := range out {
		if n := len(out[k].parts); n > 1 {
			out[k] = sumOf(several(n, x.group[out[k].der]), out[k].parts)
		}
	}
	return out
}

// sumOf returns several states as one. Initial values and limits remain if all
// parts have them. For example, the energies of 22 batteries of 1 MWh each are
// one energy with the limits 0 and 22 MWh.
func sumOf(name string, parts []state) state {
	out := state{der: name, name: parts[0].name, measure: parts[0].measure, parts: parts}
	// 3 of 4 units that run are 0.75, not 3.
	weight := 1.0
	if out.flag() {
		weight = 1 / float64(len(parts))
	}
	// Sums start at zero, in the shape of the first part.
	out.start, out.limits = make([]float64, len(parts[0].start)), make([]float64, len(parts[0].limits))
	out.paths = make([][]float64, len(parts[0].paths))
	for s := range out.paths {
		out.paths[s] = make([]float64, len(parts[0].paths[s]))
	}
	for _, p := range parts {
		// A sum is shown only if each member of the group has the number.
		if len(p.start) != len(out.start) {
			out.start = nil
		}
		if len(p.limits) != len(out.limits) {
			out.limits = nil
		}
		for i := range out.start {
			out.start[i] += p.start[i]
		}
		for i := range out.limits {
			out.limits[i] += p.limits[i]
		}
		for s, path := range p.paths {
			for t, v := range path {
				out.paths[s][t] += weight * v
			}
		}
	}
	return out
}

// stateSeries returns the state as a series of the script, with one part per
// member of a group.
//
// The script of the page adds the parts that are shown, so that hiding one
// battery of a group lowers the line of the group.
func (x *run) stateSeries(of state, draw drawing) *series {
	parts := of.parts
	if parts == nil {
		parts = []state{of}
	}
	first := parts[0]
	s := &series{Name: first.der, Ink: x.derInk[first.der].variable(), Draw: draw, Fan: draw != drawStrip, Mean: of.flag()}
	if len(parts) > 1 {
		s.Name = x.group[first.der]
	}
	for _, p := range parts {
		// Only lines through the ends of steps begin at time 0.
		part := partData{DER: p.der, Mean: x.expected(p.paths), Paths: pathsOf(p.paths)}
		if len(p.start) == 1 && draw == drawEnds {
			part.Start = &p.start[0]
		}
		s.Parts = append(s.Parts, part)
	}
	return s
}

// describe sets the initial value and the limits of the state, as far as they
// are given.
//
// For example, a battery of 4 MWh that starts half full has the start 2 and the
// limits 0 and 4.
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

// stateFans draws one figure per state with a unit of measure, for the members
// of the v-th VPP. MW are drawn at the middle of a step, stocks such as MWh at
// its end.
//
// For example, the energy of a battery of 4 MWh: limits at 0 and 4, a line per
// scenario from 2 MWh at time 0 on, and the expectation dashed.
func (x *run) stateFans(v int) []*Figure {
	var out []*Figure
	plan := x.result.Plans[v]
	for _, state := range x.groupedStates(plan) {
		// Flags are drawn by commitment.
		if state.flag() {
			continue
		}
		p := newPanel(state.measure)
		k := x.inkOf(state)
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
		draw := drawEnds
		legend := []key{keyLine("scenario", pen(k, 1.2)), keyLine("expected", pen(text, 1.5, 5, 3))}
		if state.measure == "MW" {
			when, draw = "during each step", drawMids
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
			chart: &chart{Panels: []chartPanel{{Title: state.measure, Unit: state.measure, Height: 190, Limits: state.limits, Series: []*series{x.stateSeries(state, draw)}}}},
		})
	}
	return out
}

// inkOf returns the colour of a state, for a group that of its members.
func (x *run) inkOf(s state) ink {
	if s.parts != nil {
		return x.derInk[s.parts[0].der]
	}
	return x.derInk[s.der]
}

// commitment draws the steps in which the switched members of the v-th VPP run,
// one row per member. It returns nil if there are none.
func (x *run) commitment(v int) *Figure {
	var (
		plan   = x.result.Plans[v]
		names  []string
		inks   []ink
		paths  [][]float64
		strips []*series
		alt    = "Strips of the steps in which units run."
	)
	for _, state := range x.groupedStates(plan) {
		// Other flags, such as "start", follow from "on".
		if state.flag() && state.name == "on" {
			expected := x.expected(state.paths)
			names, inks, paths = append(names, short(state.der, 20)), append(inks, x.inkOf(state)), append(paths, expected)
			strips = append(strips, x.stateSeries(state, drawStrip))
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
		chart: &chart{Panels: []chartPanel{{Unit: "", Height: 22 * len(names), Series: strips}}},
	}
}
