package report

import (
	"slices"
	"strings"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/report/statistics"
)

// compared is one quantity of both runs. A value is a number or a text, nil if
// the run lacks it.
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

// The quantities have names like the columns of the other tables, with the unit
// at the end, so that a program can select them. The page shows them by
// inWords.

// comparison returns all compared quantities: of the region, VPPs, DERs and the
// settlement. VPPs and DERs are compared by name, so that the other run may
// have others.
func (x *run) comparison() []compared {
	out := compareRegions(x.result, x.other.Result)
	out = append(out, compareVPPs(x.result, x.other.Result)...)
	out = append(out, compareDERs(x.result, x.other.Result)...)
	if x.other.planned() {
		out = append(out, compareEnergies(x.statistics(), statistics.DERs(*x.other.Region, x.other.Result))...)
	}
	return append(out, compareSettlements(x.result.Settlement, x.other.Result.Settlement)...)
}

// compareRegions compares verdicts, welfare, settings and the recommendation. A
// difference of welfare is meaningful only with equal weights, which therefore
// stand beside it.
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

// compareVPPs compares the VPPs of both runs by name, in the numbers of
// [trigrid.VPPResult].
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
	// A VPP of one run only has cells without a value in the other.
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
		// Payoff = revenue + allocated gain, so that the parts of a difference
		// follow it.
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

// compareEnergies compares the energies of the DERs of both runs by carrier,
// expected MWh, for CO2 t: "electricity_supplied_mwh" of a battery is the
// energy that it discharges.
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

// pairs matches two lists by name: first those of a in their order, then the
// rest of b. For example, of W1, W2 and W2, W3 it returns (W1, none), (W2, W2),
// (none, W3).
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
