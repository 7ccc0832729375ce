package report

import (
	"fmt"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/trigrid/trigrid/vpp"
)

// part is one dimension of a plant's integrated value V = w_e E − w_r β CVaR + w_n N.
type part struct {
	dimension string
	ink       ink
	factor    float64                 // w_e, −w_r β or w_n
	amount    func(vpp.Value) float64 // E, CVaR or N, currency
}

// weighted returns the dimension's part of a value, currency.
func (p part) weighted(v vpp.Value) float64 { return p.factor * p.amount(v) }

// parts returns the dimensions as the grid weighs them for the v-th plant.
func (x *run) parts(v int) []part {
	w := x.result.Weights
	return []part{
		{"economic", economic, w.Economic, func(v vpp.Value) float64 { return v.Economic }},
		{"risk", risk, -w.Risk * x.region.Plants[v].RiskAversion, func(v vpp.Value) float64 { return v.Risk }},
		{"environment", environment, w.Environment, func(v vpp.Value) float64 { return v.Environment }},
	}
}

// alone returns what the v-th plant achieves without members.
func (x *run) alone(v int) vpp.Value {
	for _, c := range x.result.Coalitions {
		if c.Plant == x.region.Plants[v].Name && len(c.Members) == 0 {
			return c.Value
		}
	}
	return vpp.Value{}
}

// valuesTable holds the value of each plant by dimension.
func (x *run) valuesTable() *Table {
	t := &Table{Name: "values", Title: "Value of each plant by dimension: amount, the factor that the grid and its own aversion to risk put on it, and what members add to it; currency"}
	t.Columns = []Column{
		{Name: "plant", Title: "plant"},
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
			t.add(plan.Plant.Name, p.dimension, p.amount(plan.Value), p.factor, p.weighted(plan.Value), p.weighted(alone), p.weighted(plan.Value)-p.weighted(alone))
		}
	}
	return t
}

// dimensions draws value and gain of every plant, part by part.
func (x *run) dimensions() *Figure {
	var (
		names        []string
		worth, gains [][]float64 // per plant and dimension
		alt          = "Bars of the integrated value of each plant."
	)
	for v, plan := range x.result.Plans {
		var of, by []float64
		alone := x.alone(v)
		for _, p := range x.parts(v) {
			of = append(of, p.weighted(plan.Value))
			by = append(by, p.weighted(plan.Value)-p.weighted(alone))
		}
		names = append(names, short(plan.Plant.Name, 20))
		worth, gains = append(worth, of), append(gains, by)
		alt += fmt.Sprintf(" %s: %s, of which economic %s, risk %s, environment %s; %s more than without members.", plan.Plant.Name,
			number(plan.Value.Integrated, 0), number(of[0], 0), number(of[1], 0), number(of[2], 0), number(plan.Value.Integrated-alone.Integrated, 0))
	}
	s := &sheet{legend: x.partKeys(), panels: [][]*panel{{}}}
	for _, of := range []struct {
		title string
		names []string
		rows  [][]float64
	}{{"Value, currency", names, worth}, {"Gain over the plant without members, currency", make([]string, len(names)), gains}} {
		p := newRows(of.title, of.names)
		for _, at := range x.addParts(p, of.rows, 0.28) {
			label := note(text, xy{X: at.X, Y: at.Y - 0.41}, number(at.X, 0), 0)
			label.TextStyle[0].XAlign = draw.XCenter
			p.Add(label)
		}
		s.panels[0] = append(s.panels[0], p)
	}
	return &Figure{
		Name: "values", Title: "Value by dimension", Table: "values", section: values, Alt: alt,
		Caption: "Each dimension as the grid weighs it, wₑ E, −wᵣ β CVaR and wₙ N, currency in expectation over the horizon; the dot is their sum V.",
		width:   full, height: 86 + 42*vg.Length(len(names)), draw: s.draw,
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

// addParts draws one stack of parts per row, negative ones to the left of zero, and a dot at their sum. It
// returns where the dots are.
func (x *run) addParts(p *panel, rows [][]float64, thickness float64) (sums xys) {
	for k, dimension := range x.parts(0) {
		var bars []box
		for i, parts := range rows {
			from := 0.0
			for _, before := range parts[:k] {
				if before*parts[k] > 0 {
					from += before
				}
			}
			bars = append(bars, box{from, from + parts[k], float64(i) - thickness, float64(i) + thickness})
		}
		p.Add(filled(dimension.ink, 1, bars...))
	}
	for i, parts := range rows {
		sums = append(sums, xy{X: sum(parts), Y: float64(i)})
	}
	p.scaleX(4)
	p.Add(dots(dot(paper, 4.5), sums), dots(dot(text, 3.5), sums))
	return sums
}
