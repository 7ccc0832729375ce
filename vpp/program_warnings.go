package vpp

import (
	"fmt"

	"github.com/trigrid/trigrid/milp"
)

// MaxRange is the ratio of two coefficients, or of two costs, from which
// [Program.Warnings] warns, and the size of a limit. A solver has about 16
// digits and tolerances of 1e-7, so that it cannot distinguish the smaller
// number from rounding.
const MaxRange = 1e9

// Warnings returns the numbers of the program that are likely to cost accuracy,
// in words of the data and with a remedy: a range of coefficients or costs
// above [MaxRange], and limits above it. It formulates nothing and needs no
// solver. [Program.Statistics] has the numbers themselves.
func (x *Program) Warnings() []string {
	var out []string
	s := x.Statistics()
	spread := func(what string, e milp.Extent, advice string) {
		if e.Ratio() > MaxRange {
			out = append(out, fmt.Sprintf("%s of the program differ by a factor of %.1e: %.3g for the %s and %.3g for the %s; %s",
				what, e.Ratio(), e.Max, x.placeWords(e.MaxAt), e.Min, x.placeWords(e.MinAt), advice))
		}
	}
	spread("coefficients", s.Coefficients, "a solver cannot tell the smaller one from rounding; "+
		"check the units of both, or leave out the negligible one")
	spread("costs", s.Costs, "a solver cannot tell the smaller one from rounding; "+
		"check the units of both, or leave out the negligible one")
	for _, e := range [...]milp.Extent{s.Bounds, s.RightHandSides} {
		if e.Max > MaxRange {
			out = append(out, fmt.Sprintf("the limit %.3g for the %s is too large for the tolerances of a solver; "+
				"check the unit, give the largest plausible value, or no limit", e.Max, x.placeWords(e.MaxAt)))
		}
	}
	return out
}

// placeWords names the place of a number: the column, with the row if there are
// both.
func (x *Program) placeWords(p milp.Place) string {
	switch {
	case p.Row == milp.Name{}:
		return x.describe(p.Column)
	case p.Column == milp.Name{}:
		return x.describe(p.Row)
	}
	return x.quantity(p.Column) + " in the " + x.describe(p.Row)
}
