package report

import (
	"fmt"
	"slices"
	"strings"

	"gonum.org/v1/plot/vg"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/report/statistics"
	"github.com/trigrid/trigrid/vpp"
)

// comparisonTables returns the tables of the page: the region, the VPPs, the
// choices of the DERs, their energies if the other run has plans, and the
// settlement. All of them are parts of the one file comparison.csv.
func (x *run) comparisonTables() []*shownTable {
	heads := []string{"this run", x.other.title(), "difference"}
	region := x.shownComparison("The region", append([]string{"quantity"}, heads...), compareRegions(x.result, x.other.Result))
	vppTable := x.shownComparison("VPPs", append([]string{"VPP", "quantity"}, heads...), compareVPPs(x.result, x.other.Result))
	out := []*shownTable{region, vppTable, x.comparedChoices()}
	if x.other.planned() {
		out = append(out, x.shownComparison("Energy of each DER by carrier", append([]string{"DER", "quantity"}, heads...),
			compareEnergies(x.statistics(), statistics.DERs(*x.other.Region, x.other.Result))))
	}
	// All rows of the settlement have one quantity, so that the name of the
	// party stands in its place.
	payments := compareSettlements(x.result.Settlement, x.other.Result.Settlement)
	for i := range payments {
		payments[i].quantity = payments[i].about
	}
	return append(out, x.shownComparison("Settlement, currency; received is positive", append([]string{"party"}, heads...), payments))
}

// shownComparison formats compared quantities, each with its own decimals. With
// five heads the first column has the name of the VPP or DER.
//
//	quantity                 this run     last year    difference
//	margin, currency           328.62        168.05       +160.57
//	welfare, currency       −2,249.85     −2,494.42       +244.57
func (x *run) shownComparison(title string, heads []string, list []compared) *shownTable {
	out := &shownTable{Table: &Table{Name: "comparison", Title: title}}
	for i, head := range heads {
		out.Head = append(out.Head, shownCell{Text: head, Numeric: i >= len(heads)-3})
	}
	for _, c := range list {
		column := Column{Decimals: c.decimals}
		var cells []shownCell
		if len(heads) == 5 {
			cells = append(cells, x.shownName(c.about))
		}
		name := x.shownName(c.quantity)
		if c.quantity != c.about {
			name = shownCell{Text: inWords(c.quantity)}
		}
		cells = append(cells, name, shownCell{Text: column.shown(c.this), Numeric: true},
			shownCell{Text: column.shown(c.other), Numeric: true}, x.shownDifference(c))
		out.addRow(c.about, cells)
	}
	return out
}

// comparedChoices returns one row per DER with choice and payoff in both runs:
//
//	DER  this run  last year  payoff, this run  payoff, last year  difference
//	W1   VPP2      VPP1              80,843.25          82,944.33   −2,101.09
func (x *run) comparedChoices() *shownTable {
	out := &shownTable{Table: &Table{Name: "comparison", Title: "Choice and payoff of each DER in both runs, currency"}}
	for i, head := range []string{"DER", "this run", x.other.title(), "payoff, this run", "payoff, " + x.other.title(), "difference"} {
		out.Head = append(out.Head, shownCell{Text: head, Numeric: i >= 3})
	}
	for _, p := range pairs(x.result.DERs, x.other.Result.DERs, func(u trigrid.DERResult) string { return u.Name }) {
		choice := func(u trigrid.DERResult) any { return u.Choice }
		payoff := func(u trigrid.DERResult) any { return u.Payoff }
		c := compared{p.name, "payoff_currency", of(p.this, payoff), of(p.other, payoff), 2}
		// A DER that one run lacks has a dash, and no colour of a VPP.
		name := func(cell any) shownCell {
			if text, ok := cell.(string); ok {
				return x.shownName(text)
			}
			return shownCell{Text: "–"}
		}
		column := Column{Decimals: 2}
		out.addRow(p.name, []shownCell{
			{Text: p.name},
			name(of(p.this, choice)), name(of(p.other, choice)),
			{Text: column.shown(c.this), Numeric: true},
			{Text: column.shown(c.other), Numeric: true},
			x.shownDifference(c),
		})
	}
	return out
}

// shownName returns a cell with the colour of a VPP.
func (x *run) shownName(name string) shownCell {
	cell := shownCell{Text: name}
	if k, ok := x.vppInk[name]; ok {
		cell.own(k)
	}
	return cell
}

// shownDifference returns the difference of two numbers with its sign, "=" for
// equal texts, and "differs" for others.
//
// For example, +160.57 for margins of 328.62 and 168.05, and "differs" for the
// choices VPP1 and VPP2.
func (x *run) shownDifference(c compared) shownCell {
	cell := shownCell{Text: "differs", Numeric: true}
	if d, ok := c.difference().(float64); ok {
		cell.Text = signed(d, c.decimals)
	} else if c.this == c.other {
		cell.Text = "="
	}
	return cell
}

// inWords returns the name of a quantity for the page: "cvar_currency" is
// "CVaR, currency".
func inWords(quantity string) string {
	for _, unit := range []string{"currency", "mwh", "t"} {
		// Names of columns end with the unit.
		if name, found := strings.CutSuffix(quantity, "_"+unit); found {
			quantity = name + ", " + strings.Replace(unit, "mwh", "MWh", 1)
			break
		}
	}
	quantity = strings.ReplaceAll(quantity, "_", " ")
	return strings.NewReplacer("cvar", "CVaR", "alone", "V without members", "integrated", "integrated value V", "CO2", "CO₂").Replace(quantity)
}

// comparisonFigure draws payoffs of the DERs and values of the VPPs in both
// runs.
//
// Each row has two marks on one axis, so that a small difference of large
// payoffs is small in the figure, too. Names that only one run has get one
// mark.
func (x *run) comparisonFigure(width vg.Length) *Figure {
	s := &sheet{legend: []key{keyGlyph("this run", dot(fan, 4)), keyGlyph(x.other.title(), ring(vermilion, 5))}}
	payoff := func(u trigrid.DERResult) any { return u.Payoff }
	value := func(p trigrid.VPPResult) any { return p.Integrated }
	var ders, plans []compared
	for _, p := range pairs(x.result.DERs, x.other.Result.DERs, func(u trigrid.DERResult) string { return u.Name }) {
		ders = append(ders, compared{p.name, "payoff", of(p.this, payoff), of(p.other, payoff), 2})
	}
	for _, p := range pairs(x.result.VPPs, x.other.Result.VPPs, func(p trigrid.VPPResult) string { return p.Name }) {
		plans = append(plans, compared{p.name, "V", of(p.this, value), of(p.other, value), 2})
	}
	s.panels = [][]*panel{{comparedRows("Payoff of each DER, currency", ders, width)}, {comparedRows("Integrated value V of each VPP, currency", plans, width)}}
	// A panel is as high as its rows, with two more for title and axis.
	s.rows = []float64{float64(len(ders)) + 2, float64(len(plans)) + 2}
	alt := "Both runs by DER and VPP."
	for _, c := range append(ders, plans...) {
		column := Column{Decimals: 2}
		alt += fmt.Sprintf(" %s: %s and %s.", c.about, column.shown(c.this), column.shown(c.other))
	}
	return &Figure{
		Name: "comparison", Title: "Both runs", Table: "comparison", section: comparisons, Alt: alt,
		Caption: "Filled: this run; hollow: " + x.other.title() + ". The line between both is the difference.",
		width:   width, height: 120 + 24*vg.Length(len(ders)+len(plans)), draw: s.draw,
	}
}

// comparedRows draws one row per quantity with a mark for each run.
//
// The hint of a row is the text under the pointer, such as "W1: 80,843.25 and
// 82,944.33, difference −2,101.09".
func comparedRows(title string, list []compared, width vg.Length) *panel {
	names := make([]string, len(list))
	for i, c := range list {
		names[i] = short(c.about, 20)
	}
	p := newRows(title, names)
	var this, other xys
	// The distance of both marks in a row is the difference.
	for i, c := range list {
		a, first := c.this.(float64)
		b, second := c.other.(float64)
		if first {
			this = append(this, xy{X: a, Y: float64(i)})
		}
		if second {
			other = append(other, xy{X: b, Y: float64(i)})
		}
		// The line between both marks is the difference, which its hint states.
		hint := fmt.Sprintf("%s: %s and %s", c.about, Column{Decimals: 2}.shown(c.this), Column{Decimals: 2}.shown(c.other))
		if first && second {
			p.Add(lines(pen(trade, 1.5), xys{{X: a, Y: float64(i)}, {X: b, Y: float64(i)}}))
			p.annotate(box{min(a, b), max(a, b), float64(i) - 0.4, float64(i) + 0.4}, "%s, difference %s", hint, signed(a-b, 2))
		} else if first || second {
			p.annotateAt(max(a, b), i, "%s", hint)
		}
	}
	p.Add(dots(ring(vermilion, 5), other), dots(dot(fan, 4), this))
	p.scaleX(marksOf(width))
	return p
}

// comparedDeliveries draws the expected delivery of each VPP in both runs, if
// both have plans with the same steps.
func (x *run) comparedDeliveries() []*Figure {
	if !x.other.planned() {
		return nil
	}
	y, err := newRun(*x.other.Region, x.other.Result)
	if err != nil || !y.set.Grid().SameSteps(x.set.Grid()) {
		return nil
	}
	var out []*Figure
	for v, plan := range x.result.Plans {
		// The other region can have its VPPs in another order.
		k := slices.IndexFunc(y.result.Plans, func(p *vpp.Plan) bool { return p.VPP.Name == plan.VPP.Name })
		if k < 0 {
			continue
		}
		this, other := x.expected(plan.Net), y.expected(y.result.Plans[k].Net)
		p := newPanel("Expected delivery, MW")
		p.Add(lines(pen(fan, 2), stairs(this, x.hours)), lines(pen(vermilion, 1.5, 4, 2.5), stairs(other, x.hours)))
		x.timeAxis(p)
		p.scaleY(5)
		s := &sheet{legend: []key{keyLine("this run", pen(fan, 2)), keyLine(x.other.title(), pen(vermilion, 1.5, 4, 2.5))}, panels: [][]*panel{{p}}}
		out = append(out, &Figure{
			Name: fmt.Sprintf("comparison-%d", v+1), Title: "Delivery of " + plan.VPP.Name + " in both runs", Table: "delivery", section: comparisons,
			Caption: "Expected delivery to the grid, MW; negative: taken from it.",
			Alt: fmt.Sprintf("Lines of the expected delivery of %s: %s MWh in this run, %s MWh in the other.", plan.VPP.Name,
				number(total(this, x.set.HoursAt), 1), number(total(other, x.set.HoursAt), 1)),
			width: half, height: 250, draw: s.draw,
			chart: &chart{Panels: []chartPanel{{Title: p.title, Unit: "MW", Height: 190, Series: []*series{
				x.lineOf("this run", fan, drawSteps, this, nil), dashed(x.lineOf(x.other.title(), vermilion, drawSteps, other, nil)),
			}}}},
		})
	}
	return out
}
