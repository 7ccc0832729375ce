package report

import (
	"fmt"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"

	"github.com/trigrid/trigrid"
)

// dersTable returns the choice of each DER with its best alternative, expected
// currency over the horizon:
//
//	der, choice                             choice is a VPP or the outside option
//	payoff                                  revenue + allocated_gain
//	payoff_low, payoff_high                 ends of the range of payoff; empty without a bound
//	revenue, allocated_gain                 tariff minus own costs; from the sharing rule
//	best_alternative, alternative_payoff    the best other choice, all others unchanged
//	margin, tolerance                       payoff − alternative_payoff and its numerical error
func (x *run) dersTable() *Table {
	t := &Table{Name: "ders", Title: "Choice of each DER, its payoff there, and the payoff of its best alternative; expected currency over the horizon. " +
		"payoff ± is half the width of the range that contains the payoff of every plan within the gap"}
	t.Columns = []Column{
		{Name: "der", Title: "DER"},
		{Name: "choice", Title: "choice"},
		{Name: "payoff_currency", Title: "payoff"},
		{Name: "payoff_low_currency", Title: "payoff at least", Decimals: 2},
		{Name: "payoff_high_currency", Title: "payoff at most", Decimals: 2},
		{Name: "revenue_currency", Title: "revenue"},
		{Name: "allocated_gain_currency", Title: "allocated gain"},
		{Name: "best_alternative", Title: "best alternative"},
		{Name: "alternative_payoff_currency", Title: "payoff there"},
		{Name: "margin_currency", Title: "margin"},
		{Name: "tolerance_currency", Title: "payoff ±", Decimals: 3},
	}
	for _, u := range x.result.DERs {
		other, payoff := x.alternative(u)
		t.add(u.Name, u.Choice, u.Payoff, end(u.PayoffLow), end(u.PayoffHigh), u.Revenue, u.AllocatedGain, other, payoff, u.Payoff-payoff, u.Tolerance)
	}
	return t
}

// alternative returns the best other choice of a DER; among equals the first in
// the order of the VPPs. The name is empty if there is no other choice.
func (x *run) alternative(u trigrid.DERResult) (name string, payoff float64) {
	for _, other := range x.choices() {
		// Otherwise has no entry for the DER's own choice.
		if value, ok := u.Otherwise[other]; ok && (name == "" || value > payoff) {
			name, payoff = other, value
		}
	}
	return name, payoff
}

// payoffsTable returns the payoff of every choice of every DER, currency, given
// the choices of the others. chosen marks the choice of the run.
func (x *run) payoffsTable() *Table {
	t := &Table{Name: "payoffs", Title: "Payoff of each DER under each choice, given the choices of the others; currency"}
	t.Columns = []Column{{Name: "der"}, {Name: "choice"}, {Name: "chosen"}, {Name: "payoff_currency"}}
	for _, u := range x.result.DERs {
		for _, name := range x.choices() {
			if name == u.Choice {
				t.add(u.Name, name, true, u.Payoff)
			} else if value, ok := u.Otherwise[name]; ok {
				t.add(u.Name, name, false, value)
			}
		}
	}
	return t
}

// payoffs draws the payoff of each DER and the payoffs of its alternatives. The
// distance between a filled and a hollow mark is the loss by switching.
func (x *run) payoffs(width vg.Length) *Figure {
	var (
		names  = make([]string, len(x.result.DERs))
		legend []key
		alt    = "Payoffs of each DER under each choice."
	)
	title, letters := "Payoff, currency", 20
	if width != full {
		title, letters = "Payoff", 12
	}
	for i, u := range x.result.DERs {
		names[i] = short(u.Name, letters)
	}
	p := newRows("", names)
	for i, u := range x.result.DERs {
		other, payoff := x.alternative(u)
		alt += fmt.Sprintf(" %s: %s at %s, %s at %s.", u.Name, number(u.Payoff, 0), u.Choice, number(payoff, 0), other)
		// A line connects the payoff with the best alternative; its length is
		// the margin.
		p.Add(lines(pen(trade, 1.25), xys{{X: payoff, Y: float64(i)}, {X: u.Payoff, Y: float64(i)}}))
	}
	var chosen []plot.Plotter // drawn last, above the alternatives, which are wider
	for _, name := range x.choices() {
		var here, elsewhere xys
		for i, u := range x.result.DERs {
			if u.Choice == name {
				here = append(here, xy{X: u.Payoff, Y: float64(i)})
				p.annotateAt(u.Payoff, i, "%s at %s: %s", u.Name, name, number(u.Payoff, 2))
			} else if value, ok := u.Otherwise[name]; ok {
				elsewhere = append(elsewhere, xy{X: value, Y: float64(i)})
				p.annotateAt(value, i, "%s would have %s at %s, %s", u.Name, number(value, 2), name, signed(value-u.Payoff, 2))
			}
		}
		p.Add(dots(ring(x.vppInk[name], 5), elsewhere))
		chosen = append(chosen, dots(dot(x.vppInk[name], 4), here))
		legend = append(legend, keyGlyph(name, dot(x.vppInk[name], 4)))
	}
	p.Add(chosen...)
	legend = append(legend, keyGlyph("chosen", dot(muted, 4)), keyGlyph("alternative", ring(muted, 5)))
	// A label of the axis needs about 110 points; 235 are for the column of
	// numbers.
	p.scaleX(int(width-235) / 110)
	// The numbers stand in a column of their own, so that they never cover a
	// mark.
	labels := newRows("Payoff and margin", make([]string, len(names)))
	labels.X.Min, labels.X.Max = 0, 1
	labels.X.Tick.Marker = plot.ConstantTicks{}
	for i, u := range x.result.DERs {
		other, payoff := x.alternative(u)
		label := number(u.Payoff, 0)
		if other != "" {
			label += fmt.Sprintf(" (%s over %s)", signed(u.Payoff-payoff, 0), short(other, 16))
		}
		labels.Add(note(text, xy{X: 0, Y: float64(i)}, label, 1))
	}
	p.title = title
	s := &sheet{legend: legend, panels: [][]*panel{{p, labels}}, cols: []float64{float64(width - 235), 235}}
	return &Figure{
		Name: "payoffs", Title: "Payoffs and alternatives", Table: "payoffs", section: choice, Alt: alt,
		Caption: "Filled: payoff of each DER at its choice; hollow: its payoff if it alone chose differently. " +
			"Expected currency over the horizon.",
		width: width, height: 85 + 27*vg.Length(len(names)), draw: s.draw,
	}
}
