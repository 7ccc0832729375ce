package report

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"gonum.org/v1/plot/vg"

	"github.com/trigrid/trigrid/scenario"
)

// levels returns the quantiles of a fan: the median and the ranges of 50 and 90
// %.
func levels() []float64 { return []float64{0.05, 0.25, 0.5, 0.75, 0.95} }

// quantiles returns per level and step the smallest value v with P(X ≤ v) ≥
// level. For example, of the equally probable values 1, 2, 3 and 4 the median
// is 2.
func quantiles(set *scenario.Set, name string) [][]float64 {
	out := make([][]float64, len(levels()))
	for q := range out {
		out[q] = make([]float64, set.Steps())
	}
	for t := range set.Steps() {
		for q, v := range set.Quantiles(name, t, levels()...) {
			out[q][t] = v
		}
	}
	return out
}

// scenariosTable returns every series of the scenarios:
//
//	series, unit_of_measure, step, time
//	sample_q05 … sample_q95    quantiles of the sample before reduction; empty without a sample
//	mean, scenario_0, …        mean and path of each scenario, in the unit of measure
func (x *run) scenariosTable() *Table {
	t := &Table{Name: "scenarios", Title: "Scenarios of the plans, and quantiles of the unreduced sample"}
	t.Columns = []Column{{Name: "series"}, {Name: "unit_of_measure"}, {Name: "step"}, {Name: "time"}}
	for _, level := range levels() {
		t.Columns = append(t.Columns, Column{Name: fmt.Sprintf("sample_q%02.0f", 100*level)})
	}
	t.Columns = append(t.Columns, Column{Name: "mean"})
	t.Columns = append(t.Columns, x.scenarioColumns("")...)
	for _, name := range x.set.Names() {
		var sample [][]float64
		if x.region.Sample.Has(name) {
			sample = quantiles(x.region.Sample, name)
		}
		mean := x.set.Mean(name)
		for step := range x.set.Steps() {
			row := []any{name, x.set.Unit(name), step, stamp(x.set.Grid(), step)}
			for q := range levels() {
				// A series that the sample lacks has empty cells.
				if sample == nil {
					row = append(row, nil)
				} else {
					row = append(row, sample[q][step])
				}
			}
			row = append(row, mean[step])
			for s := range x.set.Len() {
				row = append(row, x.set.At(name, s, step))
			}
			t.add(row...)
		}
	}
	return t
}

// probabilitiesTable returns the probabilities of the scenarios.
func (x *run) probabilitiesTable() *Table {
	t := &Table{Name: "probabilities", Title: "Probabilities of the scenarios", Columns: []Column{{Name: "scenario"}, {Name: "probability"}}}
	for s := range x.set.Len() {
		t.add(s, x.set.Probability(s))
	}
	return t
}

// maxLines is the number of scenarios in a figure; with more scenarios the
// likeliest are drawn. More lines would cover each other.
const maxLines = 60

// shownScenarios returns the indices of the drawn scenarios, the likeliest last
// and therefore on top.
func (x *run) shownScenarios() []int {
	// A stable sort keeps equal probabilities in the order of the set.
	order := make([]int, x.set.Len())
	for s := range order {
		order[s] = s
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(x.set.Probability(a), x.set.Probability(b)) })
	return order[max(0, len(order)-maxLines):]
}

// addScenarios draws one line per scenario through its points. A likelier
// scenario has a wider and darker line.
func (x *run) addScenarios(p *panel, k ink, points func(s int) xys) {
	shown := x.shownScenarios()
	likeliest := x.set.Probability(shown[len(shown)-1])
	for _, s := range shown {
		share := x.set.Probability(s) / likeliest
		// Both width and opacity grow with the probability, relative to the
		// likeliest scenario.
		style := pen(k, vg.Length(0.5+1.5*share))
		style.Color = k.fade(0.3 + 0.6*share)
		p.Add(lines(style, points(s)))
	}
}

// seriesGroups returns the names of the series, with those that differ in a
// number only as one entry if there are more than maxSingle: "car 1 plugged"
// and "car 2 plugged". Series of one group have one unit.
func (x *run) seriesGroups() [][]string {
	// The key of an entry has # in place of each number, and the unit.
	var (
		names = x.set.Names()
		out   [][]string
		at    = map[string]int{}
	)
	for _, name := range names {
		key := digits.ReplaceAllString(name, "#") + "\x00" + x.set.Unit(name)
		if k, seen := at[key]; seen && len(names) > maxSingle {
			out[k] = append(out[k], name)
			continue
		}
		at[key] = len(out)
		out = append(out, []string{name})
	}
	return out
}

var digits = regexp.MustCompile(`[0-9]+`)

// fans draws one figure per series, or per group of series.
func (x *run) fans() []*Figure {
	var out []*Figure
	for _, names := range x.seriesGroups() {
		f := x.seriesFan(names[0])
		if len(names) >= minGroup {
			f = x.seriesGroup(names)
		} else if len(names) == 2 {
			out = append(out, f)
			f = x.seriesFan(names[1])
		}
		out = append(out, f)
	}
	// Names count the figures, because names of series are no names of files.
	for i, f := range out {
		f.Name = fmt.Sprintf("scenarios-%d", i+1)
	}
	return out
}

// seriesGroup draws the expectation of each series of a group, and their mean.
// A mean is meaningful for powers and for shares alike; a sum of shares is not.
func (x *run) seriesGroup(names []string) *Figure {
	var (
		unit  = x.set.Unit(names[0])
		title = several(len(names), strings.TrimSpace(digits.ReplaceAllString(names[0], "…")))
		p     = newPanel(unit)
		mean  = make([]float64, x.set.Steps())
		data  = &series{Name: digits.ReplaceAllString(names[0], "…"), Ink: fan.variable(), Draw: drawMids, Fan: true, Mean: true}
	)
	// Thin pale lines, because there can be many.
	style := pen(fan, 0.9)
	style.Color = fan.fade(0.5)
	for _, name := range names {
		own := x.set.Mean(name)
		p.Add(lines(style, middles(own, x.hours)))
		for t, v := range own {
			mean[t] += v / float64(len(names))
		}
		data.Parts = append(data.Parts, partData{Mean: own, Paths: pathsOf(x.paths(name))})
	}
	p.Add(lines(pen(text, 1.5, 5, 3), middles(mean, x.hours)))
	x.timeAxis(p)
	p.fromZero()
	p.scaleY(5)
	s := &sheet{legend: []key{keyLine("one series, expected", style), keyLine("mean of all", pen(text, 1.5, 5, 3))}, panels: [][]*panel{{p}}}
	return &Figure{
		Title: title, Table: "scenarios", section: scenarios,
		Caption: fmt.Sprintf("%s to %s, %s: the expectation of each series, and their mean.", names[0], names[len(names)-1], unit),
		Alt: fmt.Sprintf("Lines of %d series over %d steps. Their mean runs from %s to %s %s.", len(names), x.set.Steps(),
			number(slices.Min(mean), 2), number(slices.Max(mean), 2), unit),
		width: half, height: 250, draw: s.draw, chart: &chart{Panels: []chartPanel{{Title: unit, Unit: unit, Height: 190, Series: []*series{data}}}},
	}
}

// seriesFan draws one series.
func (x *run) seriesFan(name string) *Figure {
	p := newPanel(x.set.Unit(name))
	var legend []key
	caption := fmt.Sprintf("%s, %s. ", name, x.set.Unit(name))
	data := x.fan(name, fan, drawMids, x.paths(name))
	// A forecast that is equal in all scenarios is one line.
	if !x.set.Varies(name) {
		p.Add(lines(pen(fan, 1.5), middles(x.set.Path(name, 0), x.hours)))
		caption += "Known in advance: the same in every scenario."
	} else {
		if x.region.Sample.Has(name) {
			q := quantiles(x.region.Sample, name)
			at := func(i int) xys { return middles(q[i], x.hours) }
			// The 25–75 % band lies on the 5–95 % band, so its legend has the
			// sum of both opacities. The reduced scenarios show single courses;
			// the bands show the sample that they stand for.
			p.Add(band(fan, 0.16, at(0), at(4)), band(fan, 0.22, at(1), at(3)))
			data.Bands = []rangeData{{"5–95 % of the sample", q[0], q[4]}, {"25–75 % of the sample", q[1], q[3]}}
			legend = append(legend, keyBox("5–95 %", fan, 0.16), keyBox("25–75 % of the sample", fan, 0.38))
			caption += fmt.Sprintf("Bands: quantiles of %s sampled scenarios. ", number(float64(x.region.Sample.Len()), 0))
		}
		x.addScenarios(p, fan, func(s int) xys { return middles(x.set.Path(name, s), x.hours) })
		p.Add(lines(pen(text, 1.5, 5, 3), middles(x.set.Mean(name), x.hours)))
		legend = append(legend, keyLine("scenario", pen(fan, 1.2)), keyLine("expected", pen(text, 1.5, 5, 3)))
		caption += fmt.Sprintf("Lines: %s, wider and darker the likelier they are.", x.linesDrawn())
	}
	x.timeAxis(p)
	p.fromZero()
	p.scaleY(5)
	s := &sheet{legend: legend, panels: [][]*panel{{p}}}
	mean := x.set.Mean(name)
	low, high := extremes(x.paths(name))
	return &Figure{
		Title: name, Caption: caption, Table: "scenarios", section: scenarios,
		Alt: fmt.Sprintf("Fan of %s over %d steps. Expected values run from %s to %s %s; scenarios reach from %s to %s.", name, x.set.Steps(),
			number(slices.Min(mean), 2), number(slices.Max(mean), 2), x.set.Unit(name), number(slices.Min(low), 2), number(slices.Max(high), 2)),
		width: half, height: 250, draw: s.draw,
		chart: &chart{Panels: []chartPanel{{Title: x.set.Unit(name), Unit: x.set.Unit(name), Height: 190, Series: []*series{data}}}},
	}
}

// linesDrawn describes the drawn scenarios for a caption.
func (x *run) linesDrawn() string {
	if n := x.set.Len(); n > maxLines {
		return fmt.Sprintf("the %d likeliest of %d scenarios", maxLines, n)
	}
	return fmt.Sprintf("the %d scenarios of the plans", x.set.Len())
}

// paths returns a series per scenario and step.
func (x *run) paths(name string) [][]float64 {
	out := make([][]float64, x.set.Len())
	for s := range out {
		out[s] = x.set.Path(name, s)
	}
	return out
}

// timeAxis gives a panel the grid's time axis, in hours from its start.
func (x *run) timeAxis(p *panel) {
	p.X.Min, p.X.Max = 0, x.hours(float64(x.set.Steps()))
	p.X.Tick.Marker, p.X.Label.Text = clock(x.set.Grid())
}
