package report

import (
	"fmt"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/trigrid/trigrid/vpp"
)

// part is one dimension of a VPP's integrated value
//
//	V = w_e E − w_r β CVaR + w_n N
type part struct {
	dimension string
	ink       ink
	factor    float64                 // w_e, −w_r β or w_n
	amount    func(vpp.Value) float64 // E, CVaR or N, currency
}

// weighted returns the dimension's contribution to V, currency.
func (p part) weighted(v vpp.Value) float64 { return p.factor * p.amount(v) }

// parts returns the dimensions with their factors for the v-th VPP.
func (x *run) parts(v int) []part {
	w := x.result.Weights
	return []part{
		{"economic", economic, w.Economic, func(v vpp.Value) float64 { return v.Economic }},
		{"risk", risk, -w.Risk * x.region.VPPs[v].RiskAversion, func(v vpp.Value) float64 { return v.Risk }},
		{"environment", environment, w.Environment, func(v vpp.Value) float64 { return v.Environment }},
	}
}

// alone returns the value of the v-th VPP without members, or zeros if the
// coalition was not solved. Without members a VPP still serves its own demand
// and trades.
func (x *run) alone(v int) vpp.Value {
	for _, c := range x.result.Coalitions {
		own := x.result.VPPs[v]
		// The empty coalition is the VPP alone. If that cannot run, the
		// coalition that stands for it has its integrated value.
		if c.VPP == own.Name && (len(c.Members) == 0 || own.AloneInfeasible && c.Value.Integrated == own.Alone) {
			return c.Value
		}
	}
	return vpp.Value{}
}

// valuesTable returns the value of each VPP by dimension, currency:
//
//	vpp, dimension                 economic, risk or environment
//	amount, factor, weighted       E, CVaR or N; its factor in V; their product
//	weighted_without_members       the product for the VPP without members
//	gain                           weighted − weighted_without_members
//
// The weighted amounts of a VPP add up to its value V, the gains to the gain by
// its members.
func (x *run) valuesTable() *Table {
	t := &Table{Name: "values", Title: "Value of each VPP by dimension: amount, its factor from the grid's weights and the VPP's risk aversion, and the gain by the members; currency"}
	t.Columns = []Column{
		{Name: "vpp", Title: "VPP"},
		{Name: "dimension", Title: "dimension"},
		{Name: "amount_currency", Title: "amount"},
		{Name: "factor", Title: "factor", Decimals: 3},
		{Name: "weighted_currency", Title: "weighted"},
		{Name: "weighted_without_members_currency", Title: "without members"},
		{Name: "gain_currency", Title: "gain"},
	}
	for v, plan := range x.result.Plans {
		alone := x.alone(v)
		for _, p := range x.parts(v) {
			t.add(plan.VPP.Name, p.dimension, p.amount(plan.Value), p.factor, p.weighted(plan.Value), p.weighted(alone), p.weighted(plan.Value)-p.weighted(alone))
		}
	}
	return t
}

// dimensions draws value and gain of every VPP, dimension by dimension.
func (x *run) dimensions(width vg.Length) *Figure {
	var (
		names        []string
		worth, gains [][]float64 // per VPP and dimension
		alt          = "Bars of the integrated value of each VPP."
	)
	for v, plan := range x.result.Plans {
		var of, by []float64
		alone := x.alone(v)
		for _, p := range x.parts(v) {
			of = append(of, p.weighted(plan.Value))
			by = append(by, p.weighted(plan.Value)-p.weighted(alone))
		}
		names = append(names, short(plan.VPP.Name, 20))
		worth, gains = append(worth, of), append(gains, by)
		alt += fmt.Sprintf(" %s: %s, of which economic %s, risk %s, environment %s; %s more than without members.", plan.VPP.Name,
			number(plan.Value.Integrated, 0), number(of[0], 0), number(of[1], 0), number(of[2], 0), number(plan.Value.Integrated-alone.Integrated, 0))
	}
	second := names
	if width == full {
		second = make([]string, len(names)) // beside the first panel
	}
	// Two panels with the same rows: value on the left, gain on the right,
	// names on the left only.
	s := &sheet{legend: x.partKeys(), panels: [][]*panel{{}}}
	for _, of := range []struct {
		title string
		names []string
		rows  [][]float64
	}{{"Value, currency", names, worth}, {"Gain over the VPP without members, currency", second, gains}} {
		p := newRows(of.title, of.names)
		for _, at := range x.addParts(p, of.rows, 0.28, func(i int) string { return x.result.Plans[i].VPP.Name + ", " + of.title + "\n" }) {
			// The sum is written above the bar, centred on the dot.
			label := note(text, xy{X: at.X, Y: at.Y - 0.41}, number(at.X, 0), 0)
			label.TextStyle[0].XAlign = draw.XCenter
			p.Add(label)
		}
		if width == full {
			s.panels[0] = append(s.panels[0], p)
		} else {
			s.panels = append(s.panels, []*panel{p})
		}
	}
	height := 86 + 42*vg.Length(len(names))
	if width != full {
		s.panels = s.panels[1:] // one panel per line
		height = 110 + 84*vg.Length(len(names))
	}
	return &Figure{
		Name: "values", Title: "Value by dimension", Table: "values", section: values, Alt: alt,
		Caption: "Each dimension as the grid weighs it, wₑ E, −wᵣ β CVaR and wₙ N, currency in expectation over the horizon; the dot is their sum V.",
		width:   width, height: height, draw: s.draw,
	}
}

// partKeys returns the legend of bars by dimension.
func (x *run) partKeys() []key {
	var out []key
	for _, p := range x.parts(0) {
		out = append(out, keyBox(p.dimension, p.ink, 1))
	}
	return append(out, keyGlyph("sum", dot(text, 3.5)))
}

// addParts draws one stack per row, negative parts to the left of zero, and a
// dot at the sum. It returns the dots. title gives the first line of the hint
// of each row.
func (x *run) addParts(p *panel, rows [][]float64, thickness float64, title func(row int) string) (sums xys) {
	var hints []string
	// One plotter per dimension, so that each has one colour.
	for k, dimension := range x.parts(0) {
		var bars []box
		for i, parts := range rows {
			// A part starts at the end of the earlier parts with the same sign.
			from := 0.0
			for _, before := range parts[:k] {
				if before*parts[k] > 0 { // same side of zero
					from += before
				}
			}
			bars = append(bars, box{from, from + parts[k], float64(i) - thickness, float64(i) + thickness})
		}
		p.Add(filled(dimension.ink, 1, bars...))
	}
	for i, parts := range rows {
		// The hint of a row lists its parts and their sum, also those too thin
		// to see.
		hint := ""
		for k, dimension := range x.parts(0) {
			hint += fmt.Sprintf("%s %s\n", dimension.dimension, number(parts[k], 2))
		}
		hints = append(hints, hint+"sum "+number(sum(parts), 2))
		sums = append(sums, xy{X: sum(parts), Y: float64(i)})
	}
	p.scaleX(4)
	for i, hint := range hints {
		p.annotate(box{p.X.Min, p.X.Max, float64(i) - 0.45, float64(i) + 0.45}, "%s%s", title(i), hint)
	}
	p.Add(dots(dot(paper, 4.5), sums), dots(dot(text, 3.5), sums))
	return sums
}
