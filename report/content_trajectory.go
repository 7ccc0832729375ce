package report

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
)

// trajectoryTable returns the choice probabilities over the time of the
// dynamic, or over the moves of a search:
//
//	time_per_currency or moves    time of the dynamic, 1/currency, or number of moves
//	der                           name of the DER
//	probability_<choice>          of each VPP and of the outside option; they add up to 1
func (x *run) trajectoryTable() *Table {
	t := &Table{Name: "trajectory", Title: "Choice probabilities of each DER over the time of the dynamic, in 1/currency"}
	t.Columns = []Column{{Name: "time_per_currency"}, {Name: "der"}}
	if !x.result.Game.Exhaustive {
		// A search moves one DER at a time and has no time.
		t.Title, t.Columns[0].Name = "Choices of each DER over the moves of the search", "moves"
	}
	for _, name := range x.choices() {
		t.Columns = append(t.Columns, Column{Name: "probability_" + name})
	}
	for k, time := range x.result.Trajectory.Times {
		for i, unit := range x.result.DERs {
			t.add(append([]any{time, unit.Name}, floats(x.result.Trajectory.States[k][i])...)...)
		}
	}
	return t
}

// maxHints is the number of places of a path that have a hint.
const maxHints = 60

// groupNote explains the groups in a caption, "" without any.
func (x *run) groupNote() string {
	if len(x.group) == 0 {
		return ""
	}
	return " DERs of one kind are one panel, with the mean of their probabilities."
}

// logarithmic reports whether most of a trajectory happens so early that a
// linear axis hides it.
func logarithmic(times []float64) bool {
	n := len(times)
	// Half of the states within the first 2 % of the time.
	return n > 4 && times[n/2] > 0 && times[n/2] < 0.02*times[n-1]
}

// trajectory draws one panel per DER, or per group of DERs with the mean of
// their probabilities.
func (x *run) trajectory(width vg.Length) *Figure {
	var (
		times  = x.result.Trajectory.Times
		states = x.result.Trajectory.States
		log    = logarithmic(times)
		first  = 0
		all    = x.entries()
		cols   = min(len(all), 3)
		s      = &sheet{}
		row    []*panel
		alt    = "Choice probabilities over time."
	)
	if !x.result.Game.Exhaustive {
		alt = "Choices over the moves of the search."
	}
	// Narrower panels for many DERs.
	if len(all) > 6 {
		cols = 4
	}
	if width != full {
		cols = min(cols, 2)
	}
	if log {
		first = 1 // zero has no logarithm
	}
	for _, name := range x.choices() {
		s.legend = append(s.legend, keyLine(name, pen(x.vppInk[name], 2)))
	}
	for _, e := range all {
		p := newPanel(short(e.name, 24))
		// The mean of one DER is its own probability.
		mean := func(k, j int) float64 {
			sum := 0.0
			for _, i := range e.members {
				sum += states[k][i][j]
			}
			return sum / float64(len(e.members))
		}
		// One line per choice; state k gives the probability of choice j for
		// DER i.
		for j, name := range x.choices() {
			var path xys
			// Times are drawn as they were stored; the dynamic stores more
			// states if they change quickly.
			for k := first; k < len(times); k++ {
				path = append(path, xy{X: times[k], Y: mean(k, j)})
			}
			p.Add(lines(pen(x.vppInk[name], 2), path))
		}
		if unit := x.result.DERs[e.members[0]]; len(e.members) == 1 {
			alt += fmt.Sprintf(" %s ends at %s with probability %s.", unit.Name, unit.Choice, number(largest(unit.Final), 3))
		}
		// A long path has hints at some of its times only.
		for k := first; k < len(times); k += 1 + len(times)/maxHints {
			hint := fmt.Sprintf("%s, time %.4g:", e.name, times[k])
			for j, name := range x.choices() {
				hint += fmt.Sprintf("\n%s %s", name, number(mean(k, j), 3))
			}
			next := min(k+1+len(times)/maxHints, len(times)-1)
			p.annotate(box{times[k], times[next], 0, 1}, "%s", hint)
		}
		// Lines at 0 and 1 stay visible inside the axes.
		p.Y.Min, p.Y.Max = -0.03, 1.03
		p.Y.Tick.Marker = numeric([]float64{0, 0.5, 1}, 1)
		// A search that ends at once has a single time.
		p.X.Min, p.X.Max = times[first], max(times[len(times)-1], times[first])
		p.X.Tick.Marker = timeMarks(p.X.Min, p.X.Max, log)
		if log {
			p.X.Scale = plot.LogScale{}
		}
		row = append(row, p)
		if len(row) == cols {
			s.panels, row = append(s.panels, row), nil
		}
	}
	// The last row is filled with empty places, so that all panels have the
	// same width.
	if row != nil {
		s.panels = append(s.panels, append(row, make([]*panel, cols-len(row))...))
	}
	return &Figure{
		Name: "trajectory", Title: "Evolution of the choice", Table: "trajectory", section: choice, Alt: alt,
		Caption: "Probability with which each DER chooses each VPP, over the time of the dynamic in 1/currency. Only the order of events matters." + x.groupNote(),
		width:   width, height: 25 + 150*vg.Length(len(s.panels)), draw: s.draw,
	}
}

// timeMarks returns the ticks of the dynamic's time axis, on a logarithmic axis
// at powers of ten.
func timeMarks(from, to float64, log bool) plot.ConstantTicks {
	if !log {
		_, _, marks, decimals := round(from, to, 4)
		return numeric(marks, decimals)
	}
	var out plot.ConstantTicks
	low, high := int(math.Ceil(math.Log10(from))), int(math.Floor(math.Log10(to)))
	// At most about five labels.
	every := max(1, (high-low+3)/4)
	for k := low; k <= high; k += every {
		v := math.Pow10(k)
		out = append(out, plot.Tick{Value: v, Label: strconv.FormatFloat(v, 'g', -1, 64)})
	}
	return out
}

// largest returns the largest value.
func largest(values []float64) float64 {
	return slices.Max(values)
}
