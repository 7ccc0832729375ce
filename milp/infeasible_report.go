package milp

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Infeasibility is the diagnosis of a program without solution: the rows (or
// bounds) that miss a limit, with amounts, grouped by owner and quantity.
// Groups are sorted by the sum of relative amounts, the largest first.
type Infeasibility struct {
	// Summary describes the common property of the groups, for example
	// "constraints that cannot hold within the bounds of their variables".
	Summary string
	Groups  []Misses
	// Against are the rows and variables that prevent smaller amounts, in the
	// order of the model. It is nil if integers take part in the contradiction.
	Against []Name
}

// Misses are the rows of one family that miss a limit on the same side.
type Misses struct {
	Owner, Quantity string
	Fault           Fault
	List            []Violation // the largest amount first
	Total           float64     // sum of the amounts
	weight          float64     // sum of the relative amounts
}

// newInfeasibility groups and sorts the violations. The order is independent of
// the order of rows: equal sums are sorted by name.
func newInfeasibility(what string, list []Violation, against []Name) *Infeasibility {
	type key struct {
		unit, what string
		fault      Fault
	}
	out := &Infeasibility{Summary: what, Against: against}
	at := map[key]int{}
	for _, v := range list {
		k := key{v.Name.Owner, v.Name.Quantity, v.Fault}
		i, ok := at[k]
		if !ok {
			i = len(out.Groups)
			at[k] = i
			out.Groups = append(out.Groups, Misses{Owner: k.unit, Quantity: k.what, Fault: k.fault})
		}
		g := &out.Groups[i]
		g.List = append(g.List, v)
		g.Total += v.Amount
		g.weight += v.Relative
	}
	for _, g := range out.Groups {
		slices.SortStableFunc(g.List, func(a, b Violation) int {
			return cmp.Or(-cmp.Compare(a.Amount, b.Amount), slices.Compare(a.Name.Indices(), b.Name.Indices()))
		})
	}
	slices.SortStableFunc(out.Groups, func(a, b Misses) int {
		return cmp.Or(-cmp.Compare(a.weight, b.weight), cmp.Compare(a.Owner, b.Owner), cmp.Compare(a.Quantity, b.Quantity), cmp.Compare(a.Fault, b.Fault))
	})
	return out
}

// String returns a report of a few lines:
//
//	limits missed even if integers could be fractions (2):
//	  T1.ramp_up misses its upper limit by 2.5 at (0,7), 1.2 at (0,8)
//	against: balance(0,7), T2.max(0,7)
func (x *Infeasibility) String() string {
	const shown = 8
	n := 0
	for _, g := range x.Groups {
		n += len(g.List)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s (%d):", x.Summary, n)
	for _, g := range x.Groups {
		b.WriteString("\n  " + g.String())
	}
	for i, name := range x.Against {
		switch i {
		case 0:
			b.WriteString("\nagainst: " + name.String())
		case shown:
			fmt.Fprintf(&b, " and %d more", len(x.Against)-shown)
			return b.String()
		default:
			b.WriteString(", " + name.String())
		}
	}
	return b.String()
}

// String lists the four largest misses of the group in one line.
func (g Misses) String() string {
	const shown = 4
	var b strings.Builder
	b.WriteString(Name{Owner: g.Owner, Quantity: g.Quantity}.String())
	switch g.Fault {
	case RowTooLow:
		b.WriteString(" misses its lower limit by ")
	case RowTooHigh:
		b.WriteString(" misses its upper limit by ")
	case TooLow:
		b.WriteString(" misses its lower bound by ")
	case TooHigh:
		b.WriteString(" misses its upper bound by ")
	default:
		b.WriteString(" misses the next integer by ")
	}
	for i, v := range g.List {
		if i == shown {
			fmt.Fprintf(&b, " and %d more", len(g.List)-shown)
			break
		}
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%.6g", v.Amount)
		if indices := v.Name.appendIndices(nil); len(indices) > 0 {
			b.WriteString(" at " + string(indices))
		}
	}
	return b.String()
}
