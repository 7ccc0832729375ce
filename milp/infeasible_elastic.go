package milp

import (
	"context"
	"errors"
	"fmt"
	"math"
)

// ErrFeasible is returned by [Elastic] for a program that has a solution.
var ErrFeasible = errors.New("milp: the program has a solution")

// Elastic explains why a program has no solution, with the defaults of [Relaxation].
func Elastic(ctx context.Context, s Solver, m *Model) (*Infeasibility, error) {
	return Relaxation{}.Diagnose(ctx, s, m)
}

// Relaxation finds the least change that makes an infeasible program feasible:
//
//	min Σ_i w_i (s_i + t_i)    subject to    L ≤ A x + s − t ≤ U,    s, t ≥ 0
//
// and names the rows with s or t above 0. This "elastic" program is in four steps, each of which is
// taken only if the one before finds no explanation:
//
//  1. Rows that the bounds of their own variables make impossible, which needs no solver.
//  2. Rows with a continuous variable may be missed. Rows of integers only, which are mostly logic
//     ("not on and off at once"), and bounds hold.
//  3. All rows may be missed.
//  4. All rows and the bounds of variables may be missed.
//
// In each of the last three the program is tried without integrality first: what is impossible even
// then has the shorter explanation, with the rows that stand against each other.
//
// The weight w_i is one over the largest coefficient of a continuous variable, so that misses count in
// the units of the variables. It is halved step by step as the right-hand side grows from 0, where a row
// mostly links quantities, to more than its variables reach: such a row states a requirement, and "the
// demand is missed by 5" explains more than "the content of the battery is". Ties are broken by a
// thousandth according to the rows' names, so that the explanation does not depend on the order of rows.
// (The method is that of Chinneck, Feasibility and Infeasibility in Optimization, 2008, chapter 6.)
type Relaxation struct {
	// Hard, if not nil, reports whether a row must hold: physics that no contract can change, say.
	Hard func(Name) bool
	// Tolerance is the relative size of a miss that counts, as in [Check]. 0 stands for 1e-6.
	Tolerance float64
}

// Explain returns the explanation; [ErrFeasible] if there is nothing to explain; an error that wraps
// [ErrInfeasible] if the hard rows have no solution by themselves; the solver's error otherwise.
func (r Relaxation) Diagnose(ctx context.Context, s Solver, m *Model) (*Infeasibility, error) {
	if m.err != nil {
		return nil, m.err
	}
	if r.Tolerance == 0 {
		r.Tolerance = 1e-6
	}
	if alone := m.impossible(r.Tolerance); len(alone) > 0 {
		return newInfeasibility("constraints that cannot hold within the bounds of their variables", alone, nil), nil
	}
	logic := m.logicRows()
	for _, step := range []struct{ logic, bounds bool }{{false, false}, {true, false}, {true, true}} {
		soft := make([]bool, m.Rows())
		for i := range soft {
			soft[i] = (step.logic || !logic[i]) && (r.Hard == nil || !r.Hard(m.RowAt(i).Name()))
		}
		for _, integer := range []bool{false, true} {
			if integer && m.Integers() == 0 {
				return nil, ErrFeasible
			}
			solution, err := s.Solve(ctx, m.elastic(soft, step.bounds, integer))
			if err != nil {
				return nil, fmt.Errorf("elastic program: %w", err)
			}
			err = solution.Err()
			if errors.Is(err, ErrInfeasible) {
				break
			}
			if err != nil {
				return nil, fmt.Errorf("elastic program: %w", err)
			}
			misses := m.misses(solution.Values[:m.Vars()], r.Tolerance, integer)
			if len(misses) == 0 && !integer {
				continue
			}
			if len(misses) == 0 {
				return nil, ErrFeasible
			}
			if integer && solution.Status == Feasible {
				return newInfeasibility("limits missed in the nearest solvable program found before the search stopped", misses, nil), nil
			}
			if integer {
				return newInfeasibility("limits missed in the nearest program that has a solution", misses, nil), nil
			}
			against, err := m.against(ctx, s, solution, misses)
			if err != nil {
				return nil, fmt.Errorf("elastic program: %w", err)
			}
			return newInfeasibility("limits missed even if integers could be fractions", misses, against), nil
		}
	}
	return nil, fmt.Errorf("milp: the rows declared hard contradict each other: %w", ErrInfeasible)
}

// impossible returns the rows that no values within the bounds satisfy, and the integers without one.
func (m *Model) impossible(tol float64) []Violation {
	var out []Violation
	d := m.Data()
	for j := range m.Vars() {
		if lo, hi := math.Ceil(d.Lower[j]-tol), math.Floor(d.Upper[j]+tol); d.Integer[j] && lo > hi {
			x := d.Lower[j]
			out = append(out, Violation{m.VarAt(j).Name(), NotInteger, x, math.Round(x), math.Abs(x - math.Round(x)), 1})
		}
	}
	for i := range m.Rows() {
		least, most, scale := 0.0, 0.0, 1.0
		for k := d.RowStart[i]; k < d.RowStart[i+1]; k++ {
			lo, hi := d.integral(int(d.Column[k]))
			lo, hi = lo*d.Coefficient[k], hi*d.Coefficient[k]
			least, most = least+min(lo, hi), most+max(lo, hi)
			if x := max(math.Abs(lo), math.Abs(hi)); x <= math.MaxFloat64 {
				scale = max(scale, x)
			}
		}
		name := m.RowAt(i).Name()
		if lo := d.RowLower[i]; lo-most > tol*max(scale, math.Abs(lo)) {
			out = append(out, Violation{name, RowTooLow, most, lo, lo - most, (lo - most) / max(scale, math.Abs(lo))})
		}
		if hi := d.RowUpper[i]; least-hi > tol*max(scale, math.Abs(hi)) {
			out = append(out, Violation{name, RowTooHigh, least, hi, least - hi, (least - hi) / max(scale, math.Abs(hi))})
		}
	}
	return out
}

// logicRows marks the rows without continuous variables.
func (m *Model) logicRows() []bool {
	d := m.Data()
	out := make([]bool, m.Rows())
	for i := range out {
		out[i] = d.RowStart[i+1] > d.RowStart[i]
		for _, j := range d.Column[d.RowStart[i]:d.RowStart[i+1]] {
			out[i] = out[i] && d.Integer[j]
		}
	}
	return out
}

// elastic returns the elastic program. The model's own columns and rows come first.
func (m *Model) elastic(soft []bool, bounds, integer bool) *Model {
	e, d := m.Copy(), m.Data()
	if !integer {
		e.integer.clear()
	}
	e.cost.clear()
	e.constant, e.maximize, e.start = 0, false, nil
	e.rowCol, e.rowCoef = list[int32]{}, list[float64]{}
	put := func(col int, coef float64) {
		e.rowCol.push(int32(col))
		e.rowCoef.push(coef)
	}
	slack := func(name nameRef, coef, weight float64) {
		put(e.Vars(), coef)
		e.lower.push(0)
		e.upper.push(Inf)
		e.cost.push(weight)
		e.integer.push(false)
		e.colNames.push(name)
	}
	for i, s := range soft {
		begin, end := d.RowStart[i], d.RowStart[i+1]
		e.rowCol.pushAll(d.Column[begin:end])
		e.rowCoef.pushAll(d.Coefficient[begin:end])
		if s {
			name, weight := *m.rowNames.at(i), m.missWeight(&d, i)
			if d.RowLower[i] >= -math.MaxFloat64 {
				slack(name, 1, weight)
			}
			if d.RowUpper[i] <= math.MaxFloat64 {
				slack(name, -1, weight)
			}
		}
		*e.rowStart.at(i + 1) = int32(e.rowCol.len())
	}
	if bounds {
		for j := range m.Vars() {
			lo, hi := d.Lower[j], d.Upper[j]
			if lo < -math.MaxFloat64 && hi > math.MaxFloat64 {
				continue
			}
			*e.lower.at(j), *e.upper.at(j) = -Inf, Inf
			put(j, 1)
			name := *m.colNames.at(j)
			weight := 1 + m.names.preference(name)/1000
			slack(name, 1, weight)
			slack(name, -1, weight)
			if e.Rows() == 0 {
				e.rowStart.push(0)
			}
			e.rowStart.push(int32(e.rowCol.len()))
			e.rowLower.push(lo)
			e.rowUpper.push(hi)
			e.rowNames.push(name)
		}
	}
	e.structure++
	return e
}

// missWeight is what a miss of one costs in row i.
func (m *Model) missWeight(d *Data, i int) float64 {
	scale, reach, side := 0.0, 0.0, 0.0
	for k := d.RowStart[i]; k < d.RowStart[i+1]; k++ {
		j, c := d.Column[k], math.Abs(d.Coefficient[k])
		if !d.Integer[j] {
			scale = max(scale, c)
		}
		if x := c * max(math.Abs(d.Lower[j]), math.Abs(d.Upper[j])); x <= math.MaxFloat64 {
			reach = max(reach, x)
		}
	}
	if scale == 0 {
		scale = 1
	}
	for _, limit := range []float64{d.RowLower[i], d.RowUpper[i]} {
		if x := math.Abs(limit); x <= math.MaxFloat64 {
			side = max(side, x)
		}
	}
	if side > 0 {
		scale *= 1 + side/(side+reach)
	}
	return (1 + m.names.preference(*m.rowNames.at(i))/1000) / scale
}

// misses returns what the values of the elastic program break in the model itself.
func (m *Model) misses(values []float64, tol float64, integer bool) []Violation {
	broken := Verify(m, values, tol)
	if broken == nil {
		return nil
	}
	var out []Violation
	for _, v := range broken.List {
		if v.Fault != NotInteger || integer {
			out = append(out, v)
		}
	}
	return out
}
