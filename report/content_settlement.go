package report

import (
	"fmt"

	"gonum.org/v1/plot/vg"
)

// settlementTable returns the payment of every party. minor_units is the
// integer on the ledger, amount_currency the same amount divided by 100.
// Positive: the party receives.
func (x *run) settlementTable() *Table {
	t := &Table{Name: "settlement", Title: "Payment to every party in the settlement; the lines add up to zero"}
	t.Columns = []Column{{Name: "party", Title: "party"}, {Name: "minor_units", Title: "minor units"}, {Name: "amount_currency", Title: "amount", Decimals: 2}}
	for _, line := range x.result.Settlement {
		t.add(line.Party, line.Minor, float64(line.Minor)/100) // 100 minor units per currency unit
	}
	return t
}

// settlement draws one bar per party, to the right if it receives and to the
// left if it pays.
func (x *run) settlement(width vg.Length) *Figure {
	var (
		names []string
		alt   = "Settlement, currency:"
	)
	for _, line := range x.result.Settlement {
		names = append(names, short(line.Party, 20))
		alt += fmt.Sprintf(" %s %s;", line.Party, signed(float64(line.Minor)/100, 2))
	}
	p := newRows("Receives (negative: pays), currency", names)
	for i, line := range x.result.Settlement {
		amount, y := float64(line.Minor)/100, float64(i)
		// Parties that are neither DERs nor VPPs, such as markets, have the
		// colour of trade.
		k := trade
		if own, ok := x.derInk[line.Party]; ok {
			k = own
		}
		if own, ok := x.vppInk[line.Party]; ok {
			k = own
		}
		p.Add(filled(k, 1, box{min(0, amount), max(0, amount), y - 0.32, y + 0.32}))
		p.annotate(box{min(0, amount), max(0, amount), y - 0.4, y + 0.4}, "%s: %s currency", line.Party, signed(amount, 2))
		// The number stands outside the bar, at its end.
		side := vg.Length(5)
		if amount < 0 {
			side = -5
		}
		p.Add(note(text, xy{X: amount, Y: y}, signed(amount, 2), side))
	}
	p.scaleX(marksOf(width))
	s := &sheet{panels: [][]*panel{{p}}}
	return &Figure{
		Name: "settlement", Title: "Payments to the parties", Table: "settlement", section: settlement, Alt: alt[:len(alt)-1] + ".",
		Caption: "Expected payments in whole minor units. A DER receives its payments and its allocated gain, " +
			"a VPP the payments of the markets minus its payments to members; the markets are the other side. " +
			"The bars add up to zero exactly. A DER's own costs are not payments.",
		width: width, height: 45 + 24*vg.Length(len(names)), draw: s.draw,
	}
}
