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

// compared is one quantity of both runs. A value is a number or a text, nil if the run lacks it.
type compared struct {
	about       string // name of a VPP, DER or party; "" for the region
	quantity    string // with the unit at the end, as in names of columns
	this, other any
	decimals    int
}

// difference returns this − other for two numbers, otherwise nil.
func (c compared) difference() any {
	a, first := c.this.(float64)
	b, second := c.other.(float64)
	// Texts and missing values have no difference.
	if !first || !second {
		return nil
	}
	return a - b
}

// comparison returns all compared quantities: of the region, VPPs, DERs and the settlement.
// VPPs and DERs are compared by name, so that the other run may have others.
func (x *run) comparison() []compared {
	out := compareRegions(x.result, x.other.Result)
	out = append(out, compareVPPs(x.result, x.other.Result)...)
	out = append(out, compareDERs(x.result, x.other.Result)...)
	if x.other.planned() {
		out = append(out, compareEnergies(x.statistics(), statistics.DERs(*x.other.Region, x.other.Result))...)
	}
	return append(out, compareSettlements(x.result.Settlement, x.other.Result.Settlement)...)
}

// compareRegions compares verdicts and welfare.
func compareRegions(a, b *trigrid.Result) []compared {
	out := []compared{
		{"", "region", a.Region, b.Region, 0},
		{"", "verdict", a.Game.Verdict, b.Game.Verdict, 0},
		{"", "verdict_proven", a.Game.Proven, b.Game.Proven, 0},
		{"", "cut", a.Cut, b.Cut, 0},
		{"", "margin_currency", a.Game.Margin, b.Game.Margin, 2},
		{"", "welfare_currency", a.Game.Welfare, b.Game.Welfare, 2},
		{"", "best_welfare_currency", a.Game.BestWelfare, b.Game.BestWelfare, 2},
		{"", "equilibria", float64(len(a.Game.Nash)), float64(len(b.Game.Nash)), 0},
		{"", "open_programs", float64(len(a.OpenPrograms)), float64(len(b.OpenPrograms)), 0},
		{"", "scenarios", float64(a.Scenarios), float64(b.Scenarios), 0},
		{"", "weight_economic", a.Weights.Economic, b.Weights.Economic, 3},
		{"", "weight_risk", a.Weights.Risk, b.Weights.Risk, 3},
		{"", "weight_environment", a.Weights.Environment, b.Weights.Environment, 3},
	}
	// Results of older versions have no recommendation.
	if p, q := a.Recommendation, b.Recommendation; p != nil && q != nil {
		out = append(out,
			compared{"", "recommendation", ruleInWords(p.Reason), ruleInWords(q.Reason), 0},
			compared{"", "recommendation_proven", p.Proven, q.Proven, 0},
			compared{"", "recommended_welfare_currency", p.Welfare, q.Welfare, 2})
	}
	return out
}

// compareVPPs compares the VPPs of both runs by name.
func compareVPPs(a, b *trigrid.Result) []compared {
	// The order and the decimals are those of the table "vpps".
	numbers := []struct {
		quantity string
		decimals int
		of       func(trigrid.VPPResult) any
	}{
		{"members", 0, func(p trigrid.VPPResult) any { return strings.Join(p.Members, ", ") }},
		{"economic_currency", 2, func(p trigrid.VPPResult) any { return p.Economic }},
		{"cvar_currency", 2, func(p trigrid.VPPResult) any { return p.CVaR }},
		{"environment_currency", 2, func(p trigrid.VPPResult) any { return p.Environment }},
		{"integrated_currency", 2, func(p trigrid.VPPResult) any { return p.Integrated }},
		{"alone_currency", 2, func(p trigrid.VPPResult) any { return p.Alone }},
		{"imbalance_currency", 2, func(p trigrid.VPPResult) any { return p.Imbalance }},
		{"deviation_mwh", 2, func(p trigrid.VPPResult) any { return p.DeviationMWh }},
		{"renewable_utilisation", 3, func(p trigrid.VPPResult) any { return p.RenewableUtilisation }},
		{"emission_t", 2, func(p trigrid.VPPResult) any { return p.EmissionT }},
	}
	var out []compared
	for _, pair := range pairs(a.VPPs, b.VPPs, func(p trigrid.VPPResult) string { return p.Name }) {
		for _, n := range numbers {
			out = append(out, compared{pair.name, n.quantity, of(pair.this, n.of), of(pair.other, n.of), n.decimals})
		}
	}
	return out
}

// compareDERs compares choices and money of the DERs of both runs by name.
func compareDERs(a, b *trigrid.Result) []compared {
	var out []compared
	for _, pair := range pairs(a.DERs, b.DERs, func(u trigrid.DERResult) string { return u.Name }) {
		// Payoff = revenue + allocated gain, so that the parts of a difference follow it.
		for _, n := range []struct {
			quantity string
			of       func(trigrid.DERResult) any
		}{
			{"choice", func(u trigrid.DERResult) any { return u.Choice }},
			{"payoff_currency", func(u trigrid.DERResult) any { return u.Payoff }},
			{"revenue_currency", func(u trigrid.DERResult) any { return u.Revenue }},
			{"own_cost_currency", func(u trigrid.DERResult) any { return u.OwnCost }},
			{"allocated_gain_currency", func(u trigrid.DERResult) any { return u.AllocatedGain }},
		} {
			out = append(out, compared{pair.name, n.quantity, of(pair.this, n.of), of(pair.other, n.of), 2})
		}
	}
	return out
}

// compareEnergies compares the energies of the DERs of both runs by carrier.
func compareEnergies(a, b []statistics.DER) []compared {
	var out []compared
	for _, pair := range pairs(a, b, func(d statistics.DER) string { return d.Name }) {
		// A DER that one of the runs lacks has no ports there.
		ports := func(d *statistics.DER) []statistics.Port {
			if d == nil {
				return nil
			}
			return d.Ports
		}
		for _, port := range pairs(ports(pair.this), ports(pair.other), func(p statistics.Port) string { return p.Carrier }) {
			unit := "mwh"
			if port.name == "CO2" {
				unit = "t"
			}
			out = append(out,
				compared{pair.name, port.name + "_supplied_" + unit, of(port.this, func(p statistics.Port) any { return p.Supplied }), of(port.other, func(p statistics.Port) any { return p.Supplied }), 2},
				compared{pair.name, port.name + "_used_" + unit, of(port.this, func(p statistics.Port) any { return p.Used }), of(port.other, func(p statistics.Port) any { return p.Used }), 2})
		}
	}
	return out
}

// compareSettlements compares the payments to the parties by name.
func compareSettlements(a, b []trigrid.Line) []compared {
	var out []compared
	for _, pair := range pairs(a, b, func(l trigrid.Line) string { return l.Party }) {
		amount := func(l trigrid.Line) any { return float64(l.Minor) / 100 }
		out = append(out, compared{pair.name, "settlement_currency", of(pair.this, amount), of(pair.other, amount), 2})
	}
	return out
}

// pair is one thing in both runs; a pointer is nil if the run lacks it.
type pair[T any] struct {
	name        string
	this, other *T
}

// pairs matches two lists by name: first those of a in their order, then the rest of b.
func pairs[T any](a, b []T, name func(T) string) []pair[T] {
	var out []pair[T]
	for i := range a {
		out = append(out, pair[T]{name: name(a[i]), this: &a[i]})
	}
	for i := range b {
		// A thing that only b has gets a pair of its own.
		k := slices.IndexFunc(out, func(p pair[T]) bool { return p.name == name(b[i]) })
		if k < 0 {
			out = append(out, pair[T]{name: name(b[i])})
			k = len(out) - 1
		}
		out[k].other = &b[i]
	}
	return out
}

// of returns a value of a thing, nil without the thing.
func of[T any](thing *T, value func(T) any) any {
	if thing == nil {
		return nil
	}
	return value(*thing)
}

// comparisonTable returns the numbers of both runs:
//
//	about                     a VPP, DER or party; empty for the region
//	quantity                  with its unit
//	this_run, other_run       empty if the run lacks the thing
//	difference                this run less the other one, of numbers
func (x *run) comparisonTable() *Table {
	t := &Table{Name: "comparison", Title: "Both runs side by side: this run, " + x.other.title() + ", and the difference"}
	t.Columns = []Column{{Name: "about"}, {Name: "quantity"}, {Name: "this_run"}, {Name: "other_run"}, {Name: "difference"}}
	for _, c := range x.comparison() {
		t.add(c.about, c.quantity, c.this, c.other, c.difference())
	}
	return t
}

// comparisonTables returns the tables of the page: the region, the VPPs and the DERs.
func (x *run) comparisonTables() []*shownTable {
	heads := []string{"this run", x.other.title(), "difference"}
	region := x.shownComparison("The region", append([]string{"quantity"}, heads...), compareRegions(x.result, x.other.Result))
	vppTable := x.shownComparison("VPPs", append([]string{"VPP", "quantity"}, heads...), compareVPPs(x.result, x.other.Result))
	out := []*shownTable{region, vppTable, x.comparedChoices()}
	if x.other.planned() {
		out = append(out, x.shownComparison("Energy of each DER by carrier", append([]string{"DER", "quantity"}, heads...),
			compareEnergies(x.statistics(), statistics.DERs(*x.other.Region, x.other.Result))))
	}
	// All rows of the settlement have one quantity, so that the name of the party stands in its place.
	payments := compareSettlements(x.result.Settlement, x.other.Result.Settlement)
	for i := range payments {
		payments[i].quantity = payments[i].about
	}
	return append(out, x.shownComparison("Settlement, currency; received is positive", append([]string{"party"}, heads...), payments))
}

// shownComparison formats compared quantities, each with its own decimals. With five heads the
// first column has the name of the VPP or DER.
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

// comparedChoices returns one row per DER with choice and payoff in both runs.
func (x *run) comparedChoices() *shownTable {
	out := &shownTable{Table: &Table{Name: "comparison", Title: "Choice and payoff of each DER in both runs, currency"}}
	for i, head := range []string{"DER", "this run", x.other.title(), "payoff, this run", "payoff, " + x.other.title(), "difference"} {
		out.Head = append(out.Head, shownCell{Text: head, Numeric: i >= 3})
	}
	for _, p := range pairs(x.result.DERs, x.other.Result.DERs, func(u trigrid.DERResult) string { return u.Name }) {
		choice := func(u trigrid.DERResult) any { return u.Choice }
		payoff := func(u trigrid.DERResult) any { return u.Payoff }
		c := compared{p.name, "payoff_currency", of(p.this, payoff), of(p.other, payoff), 2}
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

// shownDifference returns the difference of two numbers with its sign, "=" for equal texts, and
// "differs" for others.
func (x *run) shownDifference(c compared) shownCell {
	cell := shownCell{Text: "differs", Numeric: true}
	if d, ok := c.difference().(float64); ok {
		cell.Text = signed(d, c.decimals)
	} else if c.this == c.other {
		cell.Text = "="
	}
	return cell
}

// inWords returns the name of a quantity for the page: "cvar_currency" is "CVaR, currency".
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

// comparisonFigure draws payoffs of the DERs and values of the VPPs in both runs.
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
func comparedRows(title string, list []compared, width vg.Length) *panel {
	names := make([]string, len(list))
	for i, c := range list {
		names[i] = short(c.about, 20)
	}
	p := newRows(title, names)
	var this, other xys
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

// comparedDeliveries draws the expected delivery of each VPP in both runs, if both have plans with
// equally many steps of equal length.
func (x *run) comparedDeliveries() []*Figure {
	if !x.other.planned() {
		return nil
	}
	y, err := newRun(*x.other.Region, x.other.Result)
	if err != nil || y.set.Steps() != x.set.Steps() || y.hours != x.hours {
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
				number(sum(this)*x.hours, 1), number(sum(other)*x.hours, 1)),
			width: half, height: 250, draw: s.draw,
			chart: &chart{[]chartPanel{{Title: p.title, Unit: "MW", Height: 190, Series: []*series{
				x.lineOf("this run", fan, drawSteps, this, nil), dashed(x.lineOf(x.other.title(), vermilion, drawSteps, other, nil)),
			}}}},
		})
	}
	return out
}
