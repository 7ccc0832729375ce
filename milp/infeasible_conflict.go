package milp

import (
	"context"
	"errors"
	"math"
)

// maxConflict is the largest number of rows and bounds that the deletion filter
// tests. Each test solves one linear program.
const maxConflict = 64

// infeasibleSubset is a set of rows and of variable bounds without a common
// solution.
type infeasibleSubset struct {
	rows, cols []int
}

// against returns the rows, then the variables, whose limits oppose the missed
// ones. Candidates have a nonzero price in the elastic program. If duals are
// not unique, some candidates are not needed. The deletion filter therefore
// removes one candidate at a time and puts it back only if the rest becomes
// feasible. Lower bounds of 0 are not candidates: a variable that cannot be
// negative needs no mention.
//
// Source: Chinneck and Dravnieks, ORSA Journal on Computing 3 (1991) 157–168,
// for the filter.
func (m *Model) against(ctx context.Context, s Solver, solution *Solution, misses []Violation) ([]Name, error) {
	if len(solution.Duals) < m.Rows() || len(solution.ReducedCosts) < m.Vars() {
		return nil, nil
	}
	missed := make(map[Name]bool, len(misses))
	for _, v := range misses {
		missed[v.Name] = true
	}
	const price = 1e-7 // smallest dual that counts, the tolerance of HiGHS
	d := m.Data()
	var priced infeasibleSubset
	for i, dual := range solution.Duals[:m.Rows()] {
		if math.Abs(dual) > price || missed[m.RowAt(i).Name()] {
			priced.rows = append(priced.rows, i)
		}
	}
	for j, reduced := range solution.ReducedCosts[:m.Vars()] {
		atZero := d.Lower[j] == 0 && d.Upper[j] > 0 && math.Abs(solution.Values[j]) <= price
		if math.Abs(reduced) > price && !atZero || missed[m.VarAt(j).Name()] {
			priced.cols = append(priced.cols, j)
		}
	}
	needed, err := m.needed(ctx, s, priced)
	if err != nil {
		return nil, err
	}
	var out []Name
	for _, i := range needed.rows {
		if name := m.RowAt(i).Name(); !missed[name] {
			out = append(out, name)
		}
	}
	for _, j := range needed.cols {
		if name := m.VarAt(j).Name(); !missed[name] {
			out = append(out, name)
		}
	}
	return out, nil
}

// needed returns an irreducible infeasible subset: without any one of its rows
// or bounds it has a solution. It returns all if that is larger than
// maxConflict, or if all is feasible by itself because limits of other
// variables take part in the contradiction.
func (m *Model) needed(ctx context.Context, s Solver, all infeasibleSubset) (infeasibleSubset, error) {
	if len(all.rows)+len(all.cols) > maxConflict {
		return all, nil
	}
	part, column := m.part(all)
	contradictory := func() (bool, error) {
		solution, err := s.Solve(ctx, part)
		if err != nil {
			return false, err
		}
		return errors.Is(solution.Err(), ErrInfeasible), nil
	}
	if yes, err := contradictory(); err != nil || !yes {
		return all, err
	}
	var out infeasibleSubset
	// try removes a limit, solves, and restores the limit if it was needed.
	try := func(lo, hi *float64) (needed bool, err error) {
		l, h := *lo, *hi
		*lo, *hi = -Inf, Inf
		yes, err := contradictory()
		if !yes {
			*lo, *hi = l, h
		}
		return !yes, err
	}
	for _, j := range all.cols {
		k := column[j]
		needed, err := try(part.lower.at(k), part.upper.at(k))
		if err != nil {
			return infeasibleSubset{}, err
		}
		if needed {
			out.cols = append(out.cols, j)
		}
	}
	for k, i := range all.rows {
		needed, err := try(part.rowLower.at(k), part.rowUpper.at(k))
		if err != nil {
			return infeasibleSubset{}, err
		}
		if needed {
			out.rows = append(out.rows, i)
		}
	}
	return out, nil
}

// part returns the subset as a linear program without objective, and the column
// of the part for each column of the model. A variable whose bounds are not in
// the subset is only kept from being negative, if it was.
func (m *Model) part(c infeasibleSubset) (*Model, map[int]int) {
	p, d := New(), m.Data()
	column := map[int]int{}
	for _, i := range c.rows {
		for _, col := range d.Column[d.RowStart[i]:d.RowStart[i+1]] {
			j := int(col)
			if _, ok := column[j]; !ok {
				column[j] = p.Vars()
				lo := -Inf
				if d.Lower[j] >= 0 {
					lo = 0
				}
				p.Var(m.VarAt(j).Name(), lo, Inf)
			}
		}
	}
	for _, j := range c.cols {
		if k, ok := column[j]; ok {
			p.SetBounds(p.VarAt(k), d.Lower[j], d.Upper[j])
		} else {
			column[j] = p.Vars()
			p.Var(m.VarAt(j).Name(), d.Lower[j], d.Upper[j])
		}
	}
	for _, i := range c.rows {
		var sum Expr
		for k := d.RowStart[i]; k < d.RowStart[i+1]; k++ {
			sum.Add(p.VarAt(column[int(d.Column[k])]).Times(d.Coefficient[k]))
		}
		name := m.RowAt(i).Name()
		p.row(p.names.ref(&name), &sum, &Expr{}, d.RowLower[i], d.RowUpper[i])
	}
	return p, column
}
