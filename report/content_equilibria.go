package report

import (
	"fmt"

	"gonum.org/v1/plot/vg"

	"github.com/trigrid/trigrid"
)

// equilibriaTable returns the Nash profiles, in which no DER gains by switching
// alone:
//
//	choice_<DER>           name of the VPP, or the outside option
//	kind                   strict, weak or undetermined
//	margin, tolerance      loss of the cheapest switch and its numerical error, currency
//	welfare, gap_to_best   of the region and its distance to the best profile, currency
//	basin_share            share of the random starts that end here, 0 to 1
//	proven                 whether kind holds for all values within the gaps of the programs
//	reached                whether this run ended here
func (x *run) equilibriaTable() *Table {
	t := &Table{Name: "equilibria", Title: "Profiles in which no DER gains by switching alone; margins and welfare in currency"}
	t.Columns = x.profileColumns()
	t.Columns = append(t.Columns,
		Column{Name: "kind", Title: "kind"},
		Column{Name: "margin_currency", Title: "margin"},
		Column{Name: "tolerance_currency", Title: "tolerance", Decimals: 3},
		Column{Name: "welfare_currency", Title: "welfare"},
		Column{Name: "gap_to_best_currency", Title: "gap to best"},
		Column{Name: "basin_share", Title: "share of starts", Decimals: 2},
		Column{Name: "proven", Title: "proven"},
		Column{Name: "reached", Title: "reached"},
	)
	for _, e := range x.result.Game.Nash {
		// A gap of 0 marks the profile of highest welfare.
		row := append(x.profileCells(e.Profile), e.Kind, e.Margin, e.Tolerance, e.Welfare, x.result.Game.BestWelfare-e.Welfare,
			x.basinOf(e.Profile), e.Proven, equal(e.Profile, x.result.Game.Profile))
		t.add(row...)
	}
	return t
}

// basinsTable returns the end points of the random starts:
//
//	verdict                       of the dynamic
//	choice_<DER>                  of the profile, empty if the dynamic did not settle
//	share, share_low, share_high  of all starts, with a 95 % confidence interval, 0 to 1
func (x *run) basinsTable() *Table {
	t := &Table{Name: "basins", Title: "End points of random starts of the choice: share of all starts, with 95 % confidence bounds"}
	t.Columns = append([]Column{{Name: "verdict"}}, x.profileColumns()...)
	t.Columns = append(t.Columns, Column{Name: "share"}, Column{Name: "share_low"}, Column{Name: "share_high"})
	for _, b := range x.result.Game.Basins {
		t.add(append(append([]any{b.Verdict}, x.profileCells(b.Profile)...), b.Share, b.Low, b.High)...)
	}
	return t
}

// profileColumns returns one column per DER, for the name of its VPP.
func (x *run) profileColumns() []Column {
	var out []Column
	for _, unit := range x.result.DERs {
		out = append(out, Column{Name: "choice_" + unit.Name, Title: unit.Name})
	}
	return out
}

// profileCells returns the cells of profileColumns, empty for a DER without a
// choice.
func (x *run) profileCells(p trigrid.Profile) []any {
	var out []any
	for _, unit := range x.result.DERs {
		if name, ok := p[unit.Name]; ok {
			out = append(out, name)
		} else {
			out = append(out, nil)
		}
	}
	return out
}

// basinOf returns the share of random starts that ended at a profile.
func (x *run) basinOf(p trigrid.Profile) float64 {
	for _, b := range x.result.Game.Basins {
		// Starts that did not settle have no profile.
		if b.Profile != nil && equal(b.Profile, p) {
			return b.Share
		}
	}
	return 0
}

// equal reports whether two profiles have the same choices.
func equal(a, b trigrid.Profile) bool {
	for unit, name := range a {
		if b[unit] != name {
			return false
		}
	}
	return len(a) == len(b)
}

// maxBasins is the number of end points in a figure.
const maxBasins = 20

// basins draws the shares of random starts by end point.
func (x *run) basins(width vg.Length) *Figure {
	list := x.result.Game.Basins
	caption := "End points of the choice from random starts, with 95 % confidence intervals. Starts that did not settle are counted by verdict."
	if len(list) > maxBasins {
		caption += fmt.Sprintf(" The first %d of %d are shown.", maxBasins, len(list))
		list = list[:maxBasins]
	}
	p := newRows("Share of random starts, %", make([]string, len(list)))
	alt := "Shares of random starts by end point:"
	for i, b := range list {
		// The label stands above its bar in the same row.
		y := float64(i) + 0.16
		// Grey for starts that did not settle, blue for profiles, darker for
		// the profile of this run.
		k, opacity, label := trade, 0.8, b.Verdict
		// Starts that end at no profile, such as in a cycle, are grey and have
		// a verdict.
		if b.Profile != nil {
			k, opacity, label = fan, 0.45, x.groups(b.Profile)
			if equal(b.Profile, x.result.Game.Profile) {
				opacity, label = 0.85, label+" (this run)"
			}
		}
		p.Add(filled(k, opacity, box{0, 100 * b.Share, y - 0.15, y + 0.15}))
		// The line is the confidence interval of a share that few starts
		// estimate.
		p.Add(lines(pen(text, 1.25), xys{{X: 100 * b.Low, Y: y}, {X: 100 * b.High, Y: y}}))
		p.Add(note(text, xy{X: 100 * max(b.High, b.Share), Y: y}, number(100*b.Share, 0)+" %", 6))
		p.Add(note(text, xy{X: 0, Y: y - 0.42}, short(label, int(width/8.5)), 1))
		p.annotate(box{0, 100 * max(b.High, b.Share), y - 0.6, y + 0.3}, "%s: %s %% of the starts (%s to %s %%)", label, number(100*b.Share, 1), number(100*b.Low, 1), number(100*b.High, 1))
		alt += fmt.Sprintf(" %s %% at %s;", number(100*b.Share, 0), label)
	}
	p.X.Min, p.X.Max = 0, max(p.X.Max, 1)
	p.scaleX(marksOf(width))
	s := &sheet{panels: [][]*panel{{p}}}
	return &Figure{
		Name: "basins", Title: "Basins of attraction", Table: "basins", section: choice, Alt: alt[:len(alt)-1] + ".",
		Caption: caption, width: width, height: 45 + 42*vg.Length(len(list)), draw: s.draw,
	}
}
