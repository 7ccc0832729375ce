package report

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/trigrid/trigrid/sweep"
	"github.com/trigrid/trigrid/weights"
)

//go:embed sweep.html
var sweepTemplate string

// sweepPage is the data of the template sweep.html.
type sweepPage struct {
	Name, Extent string
	Failed       []sweep.Outcome
	Maps         []weightMaps
	Tables       []sweepTable
}

// weightMaps are the ternary maps of one group of cases.
type weightMaps struct {
	Group, Text string
	Figures     []template.HTML
}

// sweepTable is a table of the page.
type sweepTable struct {
	Title, Text string
	Head        []string
	Rows        [][]string
}

// shownQuantities are the quantities of the tables of a sweep.
var shownQuantities = []string{"value_economic", "value_risk", "value_environment", "value_total", "emission_t"}

// SweepHTML returns the report of a sweep as one page: failed cases, ternary
// maps of each grid of weights with gain and loss by dimension against the
// reference and the balanced point, confidence intervals over seeds and days,
// sensitivities, and all cases. reference are the weights that gains refer to;
// the nearest vector of the grid stands for them.
func SweepHTML(t *sweep.Table, reference weights.Vector) ([]byte, error) {
	p := sweepPage{Name: t.Name}
	for _, o := range t.Outcomes {
		if o.Failed != "" {
			p.Failed = append(p.Failed, o)
		}
	}
	p.Extent = fmt.Sprintf("%d cases, of which %d failed. Amounts are in currency over the horizon, expected over the scenarios.",
		len(t.Outcomes), len(p.Failed))
	if t.Missing > 0 {
		p.Extent += fmt.Sprintf(" %d cases of other shards are missing.", t.Missing)
	}
	p.Maps = mapsOf(t, reference)
	intervals, err := intervalTable(t)
	if err != nil {
		return nil, err
	}
	sensitivities, err := sensitivityTable(t)
	if err != nil {
		return nil, err
	}
	for _, x := range []sweepTable{intervals, sensitivities, caseTable(t)} {
		if len(x.Rows) > 0 {
			p.Tables = append(p.Tables, x)
		}
	}
	parsed, err := template.New("sweep").Parse(sweepTemplate)
	if err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	var out bytes.Buffer
	if err := parsed.Execute(&out, p); err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	return out.Bytes(), nil
}

// mapsOf returns the maps of each group of cases that has a grid of weights
// with its corners.
func mapsOf(t *sweep.Table, reference weights.Vector) []weightMaps {
	var (
		groups []string
		out    []weightMaps
	)
	groupOf := func(o *sweep.Outcome) string {
		// A grid adds its vector to the end of the name. Values of settings can
		// have spaces.
		group := o.Case
		if i := strings.LastIndex(group, "weights="); i >= 0 {
			group = group[:i]
		}
		return strings.TrimSpace(group)
	}
	for i := range t.Outcomes {
		if g := groupOf(&t.Outcomes[i]); !slices.Contains(groups, g) {
			groups = append(groups, g)
		}
	}
	for _, g := range groups {
		// Without the three corners there is no ideal, and the cases are no
		// grid of weights.
		a, rows, err := t.Analysis(reference, func(o *sweep.Outcome) bool { return groupOf(o) == g })
		if err != nil || len(rows) < 4 {
			continue
		}
		w := func(i int) string {
			v := a.Rows[i].Weights
			return fmt.Sprintf("%.3g/%.3g/%.3g", v.Economic, v.Risk, v.Environment)
		}
		m := weightMaps{Group: g, Text: fmt.Sprintf("Weights are economic/risk/environment. The balanced point (ring) is %s, with the smallest "+
			"largest regret: %.1f %% of the span of a dimension. Gains refer to %s (square).", w(a.Compromise), 100*a.Rows[a.Compromise].WorstRegret(), w(a.Reference))}
		for _, d := range weights.Dimensions() {
			m.Figures = append(m.Figures, ternary("Gain, "+d.String()+", currency", a, func(r weights.Row) float64 { return r.Gain.At(d) }))
		}
		m.Figures = append(m.Figures, ternary("Largest regret, share of the span", a, weights.Row.WorstRegret))
		out = append(out, m)
	}
	return out
}

// ternary draws the outcomes of a grid of weights in a triangle: a corner is
// the whole weight on one dimension. Blue is a gain and orange a loss, paler
// near 0.
//
//	x = w_risk + w_environment / 2,   y = w_environment √3/2
func ternary(title string, a *weights.Analysis, value func(weights.Row) float64) template.HTML {
	const side, left, top = 260.0, 40.0, 24.0
	height := side * math.Sqrt(3) / 2
	at := func(w weights.Vector) (x, y float64) {
		return left + side*(w.Risk+w.Environment/2), top + height - height*w.Environment
	}
	largest := 0.0
	for _, r := range a.Rows {
		largest = max(largest, math.Abs(value(r)))
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="%s" viewBox="0 0 340 280" width="340" height="280">`, template.HTMLEscapeString(title))
	fmt.Fprintf(&b, `<path d="M%.1f %.1fh%.1fl%.1f %.1fz" fill="none" stroke="#8c959f"/>`, left, top+height, side, -side/2, -height)
	fmt.Fprintf(&b, `<text x="%.1f" y="%.1f" text-anchor="middle">economic</text>`, left, top+height+22)
	fmt.Fprintf(&b, `<text x="%.1f" y="%.1f" text-anchor="middle">risk</text>`, left+side, top+height+22)
	fmt.Fprintf(&b, `<text x="%.1f" y="14" text-anchor="middle">environment</text>`, left+side/2)
	for i, r := range a.Rows {
		x, y := at(r.Weights)
		v := value(r)
		shade := 0.0
		if largest > 0 {
			shade = math.Abs(v) / largest
		}
		ink := "#0b6bcb"
		if v < 0 {
			ink = "#c4560b"
		}
		w := r.Weights
		fmt.Fprintf(&b, `<circle cx="%.1f" cy="%.1f" r="9" fill="%s" fill-opacity="%.3f" stroke="%s"><title>%.3g/%.3g/%.3g: %s</title></circle>`,
			x, y, ink, shade, ink, w.Economic, w.Risk, w.Environment, signed(v, 4))
		if i == a.Compromise {
			fmt.Fprintf(&b, `<circle cx="%.1f" cy="%.1f" r="13" fill="none" stroke="#1b1f24" stroke-width="2"/>`, x, y)
		}
		if i == a.Reference {
			fmt.Fprintf(&b, `<rect x="%.1f" y="%.1f" width="10" height="10" fill="none" stroke="#1b1f24" stroke-width="2"/>`, x-5, y-5)
		}
	}
	fmt.Fprintf(&b, `</svg><figcaption>%s; the deepest shade is %.4g</figcaption>`, template.HTMLEscapeString(title), largest)
	return template.HTML(b.String()) // all texts are escaped
}

// sixDigits returns a number with six digits, and a dash without a bound.
func sixDigits(x float64) string {
	if math.IsInf(x, 0) {
		return "–"
	}
	return strconv.FormatFloat(x, 'g', 6, 64)
}

// intervalTable returns the confidence intervals of groups with at least two
// cases.
func intervalTable(t *sweep.Table) (sweepTable, error) {
	x := sweepTable{
		Title: "Means over seeds and days", Head: []string{"cases", "quantity", "n", "mean", "low", "high"},
		Text: "Confidence intervals of 95 % by Student's t. They assume independent draws.",
	}
	all, err := t.Intervals(shownQuantities...)
	for _, i := range all {
		if i.N > 1 {
			x.Rows = append(x.Rows, []string{i.Group, i.Quantity, strconv.Itoa(i.N), sixDigits(i.Mean), sixDigits(i.Low), sixDigits(i.High)})
		}
	}
	return x, err
}

// sensitivityTable returns the slopes of numeric settings.
func sensitivityTable(t *sweep.Table) (sweepTable, error) {
	x := sweepTable{
		Title: "Sensitivities", Head: []string{"key", "quantity", "n", "change per unit", "low", "high"},
		Text: "Slopes of least squares over all cases, with confidence intervals of 95 %.",
	}
	all, err := t.Sensitivities(shownQuantities...)
	for _, s := range all {
		x.Rows = append(x.Rows, []string{s.Key, s.Quantity, strconv.Itoa(s.N), sixDigits(s.Slope), sixDigits(s.Low), sixDigits(s.High)})
	}
	return x, err
}

// caseTable returns all cases that did not fail.
func caseTable(t *sweep.Table) sweepTable {
	x := sweepTable{
		Title: "Cases", Text: "Weights are those of the case: a weight that is set scales the other two in proportion.",
		Head: append([]string{"case", "w economic", "w risk", "w environment"}, shownQuantities...),
	}
	for i := range t.Outcomes {
		o := &t.Outcomes[i]
		if o.Failed != "" {
			continue
		}
		row := []string{o.Case, sixDigits(o.Weights.Economic), sixDigits(o.Weights.Risk), sixDigits(o.Weights.Environment)}
		for _, q := range shownQuantities {
			v, err := o.Quantity(q)
			if err != nil {
				v = math.NaN() // not reached: each outcome has these
			}
			row = append(row, sixDigits(v))
		}
		x.Rows = append(x.Rows, row)
	}
	return x
}
