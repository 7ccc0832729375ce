package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/trigrid/trigrid"
)

// coalitionsTable returns one row per solved coalition of each VPP:
//
//	vpp, member_<DER>              the coalition; one flag per DER
//	formed                         whether its members chose the VPP
//	economic … integrated          E, VaR, CVaR, worst case, N and V, currency
//	objective                      of the solved program, currency
//	trade, payments, cost          parts of E: markets, members, own costs, currency
//	imbalance                      expected imbalance cost, currency
//	renewable_utilisation          used / available renewable energy, 0 to 1
//	absolute_gap, nodes            of branch and bound: currency and a count
//	reserve                        income from offered reserve, currency; with a reserve market
func (x *run) coalitionsTable() *Table {
	t := &Table{Name: "coalitions", Title: "Value of every coalition of every VPP; one column per DER shows membership"}
	t.Columns = []Column{{Name: "vpp"}}
	for _, unit := range x.result.DERs {
		t.Columns = append(t.Columns, Column{Name: "member_" + unit.Name})
	}
	for _, name := range []string{
		"formed", "economic_currency", "var_currency", "cvar_currency", "worst_currency", "environment_currency", "integrated_currency",
		"objective_currency", "trade_currency", "payments_currency", "cost_currency", "imbalance_currency",
		"renewable_utilisation", "absolute_gap_currency", "nodes",
	} {
		t.Columns = append(t.Columns, Column{Name: name})
	}
	offers := x.region.Setting.Markets.Reserve != nil
	if offers {
		t.Columns = append(t.Columns, Column{Name: "reserve_currency"})
	}
	for _, c := range x.result.Coalitions {
		row := []any{c.VPP}
		for _, unit := range x.result.DERs {
			// One column per DER, so that a spreadsheet can filter all
			// coalitions with a battery.
			row = append(row, slices.Contains(c.Members, unit.Name))
		}
		v := c.Value
		row = append(row, x.chosen(c), v.Economic, v.VaR, v.Risk, v.Worst, v.Environment, v.Integrated,
			v.Objective, v.Trade, v.Payments, v.Cost, v.Imbalance, c.RenewableUtilisation, c.AbsoluteGap, c.Nodes)
		if offers {
			row = append(row, v.Reserve)
		}
		t.add(row...)
	}
	return t
}

// chosen reports whether a coalition formed, that is whether its members chose
// its VPP. Members are compared as lists, because both are in the order of the
// region.
func (x *run) chosen(c trigrid.Achievement) bool {
	return slices.ContainsFunc(x.result.VPPs, func(p trigrid.VPPResult) bool {
		return p.Name == c.VPP && slices.Equal(p.Members, c.Members)
	})
}

// maxRows is the number of coalitions in a figure.
const maxRows = 40

// ranked returns the coalitions of a VPP by value, the best first, and their
// number. If there are more than maxRows, the best ones and the formed one
// remain.
func (x *run) ranked(name string) (shown []trigrid.Achievement, all int) {
	for _, c := range x.result.Coalitions {
		if c.VPP == name {
			shown = append(shown, c)
		}
	}
	// Equal values are ordered by size: the smaller coalition first.
	all = len(shown)
	slices.SortStableFunc(shown, func(a, b trigrid.Achievement) int {
		if d := cmp.Compare(b.Value.Integrated, a.Value.Integrated); d != 0 {
			return d
		}
		return cmp.Compare(len(a.Members), len(b.Members))
	})
	if all <= maxRows {
		return shown, all
	}
	formed := slices.IndexFunc(shown, x.chosen)
	if formed < maxRows {
		return shown[:maxRows], all
	}
	return append(shown[:maxRows-1:maxRows-1], shown[formed]), all
}

// coalitions draws the coalitions of the v-th VPP: members on the left, gain on
// the right. It returns nil if none can run.
func (x *run) coalitions(v int) *Figure {
	var (
		name = x.region.VPPs[v].Name
		// Gains are relative to the VPP without members.
		shown, all = x.ranked(name)
		alone      = x.alone(v)
		gains      = make([][]float64, len(shown))
		blank      = make([]string, len(shown))
		who        = newRows("", blank)
		gain       = newRows("Gain over no members, currency", blank)
		formed     = -1
	)
	if len(shown) == 0 {
		return nil // no coalition of the VPP can run
	}
	for i, c := range shown {
		for _, p := range x.parts(v) {
			// Gain by dimension: the weighted value minus that of the VPP
			// without members.
			gains[i] = append(gains[i], p.weighted(c.Value)-p.weighted(alone))
		}
		if x.chosen(c) {
			formed = i
		}
	}
	// One column per DER or group at 0, 1, …, with room for half a dot on both
	// sides.
	columns := x.entries()
	who.X.Min, who.X.Max = -0.6, float64(len(columns))-0.4
	x.addParts(gain, gains, 0.34, func(i int) string {
		return fmt.Sprintf("%s with %s\n", name, cmp.Or(x.memberList(shown[i].Members), "no members"))
	})
	// The formed coalition stands between two lines across both panels.
	if formed >= 0 {
		for _, p := range []*panel{who, gain} {
			for _, y := range []float64{float64(formed) - 0.5, float64(formed) + 0.5} {
				p.Add(lines(pen(text, 1), xys{{X: p.X.Min, Y: y}, {X: p.X.Max, Y: y}}))
			}
		}
	}
	// The width of the left panel follows from the number of DERs, the right
	// panel takes the rest.
	pitch, below := x.addMembers(who, shown, columns)
	legend := append(x.partKeys(), keyLine("formed", pen(text, 1)))
	// Up to 12 columns fit into half of the page.
	width, of := pitch*float64(len(columns))+12, half // 12 for the margins of the axis
	if width > 0.45*float64(half) {
		of = full // many names leave no room for the gains
	}
	// Many DERs would leave no room for the bars of the gains.
	width = min(width, 0.6*float64(of))
	s := &sheet{legend: legend, panels: [][]*panel{{who, gain}}, cols: []float64{width, float64(of-gap) - width}}
	caption := fmt.Sprintf("Gain of the coalitions of %s over the VPP without members, by dimension, currency. "+
		"A dot in the column of a DER marks a member. ", name)
	if len(columns) < len(x.result.DERs) {
		caption += "Of a group the number of members is stated. "
	}
	switch {
	case len(shown) == all:
		caption += fmt.Sprintf("All %d, the best first.", all)
	case formed == maxRows-1:
		caption += fmt.Sprintf("The best %d of %d and, last, the formed one.", maxRows-1, all)
	default:
		caption += fmt.Sprintf("The best %d of %d.", maxRows, all)
	}
	// The text for readers without the picture names the best coalition and the
	// formed one only.
	best := shown[0]
	return &Figure{
		Name: fmt.Sprintf("coalitions-%d", v+1), Title: "Value of each coalition", Table: "coalitions", section: values, about: name, Caption: caption,
		Alt: fmt.Sprintf("Coalitions of %s by value. The best has the members %s and gains %s; the formed one is number %d of %d.",
			name, strings.Join(best.Members, ", "), number(best.Value.Integrated-alone.Integrated, 0), formed+1, all),
		width: of, height: 80 + below + 14*vg.Length(len(shown)), draw: s.draw,
	}
}

// memberList formats members for a hint, groups by number: "W1, T2, 14 × car".
func (x *run) memberList(names []string) string {
	var out []string
	// Entries are in the region's order, as members of a VPP are.
	for _, e := range x.entries() {
		if n := x.count(e, names); n > 1 {
			out = append(out, several(n, x.group[x.result.DERs[e.members[0]].Name]))
			continue
		}
		for _, i := range e.members {
			if name := x.result.DERs[i].Name; slices.Contains(names, name) {
				out = append(out, name)
			}
		}
	}
	return strings.Join(out, ", ")
}

// count returns the number of DERs of an entry among some names.
func (x *run) count(e entry, names []string) (n int) {
	for _, i := range e.members {
		if slices.Contains(names, x.result.DERs[i].Name) {
			n++
		}
	}
	return n
}

// addMembers draws one column of dots per DER, and of numbers per group. It
// returns the width of a column and the height of the names below. Names wider
// than 20 points are rotated.
func (x *run) addMembers(p *panel, shown []trigrid.Achievement, columns []entry) (pitch float64, below vg.Length) {
	var (
		ticks   plot.ConstantTicks
		absent  xys
		longest vg.Length
	)
	for j, e := range columns {
		var present xys
		for i, c := range shown {
			if n := x.count(e, c.Members); n > 0 && len(e.members) > 1 {
				label := note(text, xy{X: float64(j), Y: float64(i)}, number(float64(n), 0), 0)
				label.TextStyle[0].XAlign = draw.XCenter
				p.Add(label)
			} else if n > 0 {
				// Members are coloured dots, all others small grey ones.
				present = append(present, xy{X: float64(j), Y: float64(i)})
			} else {
				absent = append(absent, xy{X: float64(j), Y: float64(i)})
			}
		}
		p.Add(dots(dot(x.derInk[x.result.DERs[e.members[0]].Name], 3.6), present))
		label := short(e.name, 12)
		longest = max(longest, p.X.Tick.Label.Width(label))
		ticks = append(ticks, plot.Tick{Value: float64(j), Label: label})
	}
	p.Add(dots(dot(rule, 1.4), absent))
	p.X.Tick.Marker = ticks
	// Short names fit below their columns.
	if longest <= 20 {
		return float64(longest) + 5, 15
	}
	p.X.Tick.Label.Rotation = math.Pi / 2
	p.X.Tick.Label.XAlign, p.X.Tick.Label.YAlign = draw.XRight, draw.YCenter
	return 17, longest
}
