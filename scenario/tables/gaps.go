package tables

import (
	"fmt"
	"math"
	"time"

	"github.com/trigrid/trigrid/scenario"
)

// absentSteps records runs of steps that no line of a group has, if the policy
// refuses gaps.
//
// For example, quarter-hours at 00:00, 00:15 and 01:00 give one violation at
// the line of 01:00: 2 steps from 00:30 are missing.
func (f *reader) absentSteps(columns []chosen, grid scenario.Grid) {
	if f.layout.Gaps.Fill != Refuse {
		return
	}
	// Series of one group have the same rows, so that each group is checked
	// once.
	done := map[*group]bool{}
	for _, c := range columns {
		g := c.group
		if done[g] || len(g.at) == 0 {
			continue
		}
		done[g] = true
		// One violation per run of steps and group, not per series: a missing
		// line lacks all of them.
		absent := func(line int, from, to int64) {
			if n := (to - from) / f.step; n > 0 {
				f.bad.line(line, "%d steps of %v from %s are missing before this line; fill gaps by hold or interpolate",
					n, grid.Step, shown(from, f.loc))
			}
		}
		// f.from and f.to are those of all groups, so that a group that begins
		// late or ends early lacks steps as well.
		absent(g.lines[0].line, f.from, g.at[0])
		for i := 1; i < len(g.at); i++ {
			absent(g.lines[i].line, g.at[i-1]+f.step, g.at[i])
		}
		last := len(g.at) - 1
		if n := (f.to - g.at[last] - f.step) / f.step; n > 0 {
			f.bad.line(g.lines[last].line, "%d steps of %v from %s are missing after this line; other series of the file have them",
				n, grid.Step, shown(g.at[last]+f.step, f.loc))
		}
	}
}

// gaps fills the missing values of a series and records each of them.
//
// values has one element per step of the file; NaN is a missing value. For
// example, 2, NaN, NaN, 8 becomes 2, 2, 2, 8 with Hold and 2, 4, 6, 8 with
// Interpolate. With Gaps.Max = 1, both are violations.
func (f *reader) gaps(out *Reading, c *chosen, values []float64) {
	policy := f.layout.Gaps
	if policy.Fill == Refuse {
		return
	}
	// A filled value is computed from values of the file only, never from
	// another filled one.
	place := func(t int) Place {
		return Place{Series: c.Name, Step: t, Time: out.Grid.Time(t), Line: c.lines[t]}
	}
	for t := 0; t < len(values); t++ {
		if !math.IsNaN(values[t]) {
			continue
		}
		end := t
		for end < len(values) && math.IsNaN(values[end]) {
			end++
		}
		n := end - t
		refuse := func(why string) {
			// A run of steps without lines has the place of the next line.
			line := c.lines[t]
			for k := t; line == 0 && k < len(values); k++ {
				line = c.lines[k]
			}
			f.bad.at(line, c.at, c.group.section.header[c.at], "a gap of %d steps from %s to %s%s", n,
				out.Grid.Time(t).Format(time.RFC3339), out.Grid.Time(end).Format(time.RFC3339), why)
		}
		before, after := t > 0, end < len(values)
		switch {
		case policy.Fill == Leave:
			for k := t; k < end; k++ {
				out.Missing = append(out.Missing, place(k))
			}
		case policy.Max > 0 && n > policy.Max:
			refuse(", longer than the limit; raise the limit or read another period")
		case !before:
			refuse(" has no value before it; read a later period or other columns")
		case policy.Fill == Interpolate && !after:
			refuse(" has no value behind it; hold the last value or read an earlier period")
		default:
			for k := t; k < end; k++ {
				v := values[t-1]
				if policy.Fill == Interpolate {
					// n missing values divide the difference of their
					// neighbours into n+1 equal parts.
					v += (values[end] - values[t-1]) * float64(k-t+1) / float64(n+1)
				}
				out.Filled = append(out.Filled, Filled{place(k), v})
			}
			for k := range n { // after the loop above, which reads values[t-1]
				values[t+k] = out.Filled[len(out.Filled)-n+k].Value
			}
		}
		t = end
	}
}

// Notes returns one sentence per run of filled values, such as "wind: 4 values
// filled by hold from 2024-10-27T02:00:00Z to 2024-10-27T03:00:00Z, line 18.".
//
// Steps and times are those of the file, also after resampling. A run ends at a
// step that has a value of its own, and at the end of the series.
func (r *Reading) Notes() []string {
	var out []string
	for i := 0; i < len(r.Filled); {
		first, end := r.Filled[i], i+1
		for end < len(r.Filled) && r.Filled[end].Series == first.Series && r.Filled[end].Step == r.Filled[end-1].Step+1 {
			end++
		}
		where := "without a line in the file"
		if first.Line > 0 {
			where = fmt.Sprintf("line %d", first.Line)
		}
		last := r.Filled[end-1].Time.Add(r.Layout.Step)
		out = append(out, fmt.Sprintf("%s: %d values filled by %s from %s to %s, %s.", first.Series, end-i, r.Layout.Gaps.Fill,
			first.Time.UTC().Format(time.RFC3339), last.UTC().Format(time.RFC3339), where))
		i = end
	}
	return out
}

// resample changes the step of all series, each by its rule. Longer steps begin
// at whole multiples of their length since midnight; values of a part of such a
// step at either end are left out.
//
// For example, quarter-hours of 1, 2, 3 and 6 MW become an hour of 3 MW by
// Average. The same numbers in MWh become 12 MWh by Sum, and 12 MWh become
// quarter-hours of 3 MWh each.
func (f *reader) resample(out *Reading, columns []chosen) {
	want := f.layout.Resample
	if want == 0 || want == out.Grid.Step || len(f.bad.found) > 0 {
		return
	}
	longer := want > out.Grid.Step
	// Other ratios, such as 15 to 20 minutes, need a model of the values within
	// a step.
	if longer && want%out.Grid.Step != 0 || !longer && out.Grid.Step%want != 0 {
		f.bad.file("steps of %v cannot become steps of %v, want a multiple or a divisor", out.Grid.Step, want)
		return
	}
	rules := make([]Rule, len(columns))
	for i, c := range columns {
		if rules[i] = f.rule(c); rules[i] == ByQuantity {
			f.bad.at(c.group.section.headerLine, c.at, c.group.section.header[c.at],
				"the unit %q leaves open how values combine; state a unit such as MW, or how to resample: average, sum or first", c.unit.name)
		}
	}
	if len(f.bad.found) > 0 {
		return
	}
	if !longer {
		n := int(out.Grid.Step / want)
		for i := range out.Series {
			fine := make([]float64, 0, n*out.Grid.Steps)
			for _, v := range out.Series[i].Values {
				if rules[i] == Sum {
					v /= float64(n)
				}
				for range n {
					fine = append(fine, v)
				}
			}
			out.Series[i].Values = fine
		}
		out.Grid.Step, out.Grid.Steps = want, n*out.Grid.Steps
		return
	}
	// A longer step begins on the clock, so that hours of a file that begins at
	// 00:45 are those of the day and not 00:45 to 01:45.
	n := int(want / out.Grid.Step)
	seconds := int64(want / time.Second)
	// into is the number of steps of the file since the last clock time at
	// which a longer step begins: 3 for quarter-hours from 00:45 that become
	// hours.
	into := int(mod(wallOf(f.from, f.loc), seconds) / f.step)
	if mod(wallOf(f.from, f.loc), seconds)%f.step != 0 {
		f.bad.file("steps of %v from %s do not fill steps of %v that begin on the clock", out.Grid.Step, shown(f.from, f.loc), want)
		return
	}
	// The first steps of the file, up to the next such clock time, are left
	// out.
	first := (n - into) % n
	count := (out.Grid.Steps - first) / n
	if count < 1 {
		f.bad.file("the file covers %v from %s, less than one step of %v", time.Duration(out.Grid.Steps)*out.Grid.Step, shown(f.from, f.loc), want)
		return
	}
	if first > 0 {
		f.skipped = append(f.skipped, Skipped{Reason: "the part of a step at the start"})
	}
	if first+count*n < out.Grid.Steps {
		f.skipped = append(f.skipped, Skipped{Reason: "the part of a step at the end"})
	}
	for i := range out.Series {
		coarse := make([]float64, count)
		for t := range coarse {
			part := out.Series[i].Values[first+t*n : first+(t+1)*n]
			switch rules[i] { // a missing value of a part makes the whole missing
			case First:
				coarse[t] = part[0]
			default:
				for _, v := range part {
					coarse[t] += v
				}
				if rules[i] == Average {
					coarse[t] /= float64(n)
				}
			}
		}
		out.Series[i].Values = coarse
	}
	out.Grid = scenario.Grid{Start: out.Grid.Time(first), Step: want, Steps: count}
}

// rule returns the rule of a series: its own, or the one of its quantity.
//
// Energy that becomes MW is averaged as power. For example, a column in kWh per
// step is summed only with As: "MWh". ByQuantity as a result means that the
// quantity decides nothing.
func (f *reader) rule(c chosen) Rule {
	switch {
	case c.Resample != ByQuantity:
		return c.Resample
	case c.unit.quantity == energy && c.As == "MWh":
		return Sum
	case c.unit.quantity == other:
		return ByQuantity
	}
	return Average
}
