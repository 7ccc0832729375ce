package milp

import (
	"context"
	"errors"
	"fmt"
	"math"
)

// ErrFeasible is returned by [Elastic] for a program that has a solution.
var ErrFeasible = errors.New("milp: the program has a solution")

// Elastic diagnoses why a program has no solution, with the defaults of
// [Relaxation].
func Elastic(ctx context.Context, s Solver, m *Model) (*Infeasibility, error) {
	return Relaxation{}.Diagnose(ctx, s, m)
}

// Relaxation finds the smallest change of limits that makes an infeasible
// program feasible:
//
//	min Σ_i w_i (s_i + t_i)    subject to    L ≤ A x + s − t ≤ U,    s, t ≥ 0
//
// Rows with s_i or t_i above 0 are the diagnosis. This elastic program has four
// stages; a later stage is used only if the earlier ones find no explanation:
//
//  1. Rows that cannot hold within the bounds of their own variables. No solver
//     is needed.
//  2. Rows with a continuous variable are relaxed. Rows of integers only,
//     mostly logic such as "not on and off at once", and bounds must hold.
//  3. All rows are relaxed.
//  4. All rows and the bounds of variables are relaxed.
//
// Stages 2 to 4 first solve without integrality. A contradiction that exists
// even then has a shorter explanation, with the list of opposing rows.
//
// The weight w_i is 1 over the largest coefficient of a continuous variable, so
// that amounts are in the unit of the variables. The weight also falls, to half
// of that at most, as the right-hand side grows from 0 to beyond the reach of
// the row's variables. A zero right-hand side mostly links quantities, a large
// one states a requirement, and "the demand is missed by 5 MW" explains more
// than "the energy balance of the battery is missed". Ties are broken by a
// factor of up to 1.001 from the row's name, so that the diagnosis is
// independent of the order of rows.
//
// Source: Chinneck, Feasibility and Infeasibility in Optimization, Springer
// (2008), chapter 6.
type Relaxation struct {
	// Hard, if not nil, reports whether a row must hold, for example a physical
	// law that no contract can relax.
	Hard func(Name) bool
	// Tolerance is the smallest relative amount that counts, as in [Verify].
	// Default 0: 1e-6.
	Tolerance float64
}

// Diagnose returns the diagnosis. It returns [ErrFeasible] if the program has a
// solution, an error that wraps [ErrInfeasible] if the hard rows contradict
// each other, and otherwise the solver's error.
func (r Relaxation) Diagnose(ctx context.Context, s Solver, m *Model) (*Infeasibility, error) {
	if m.err != nil {
		return nil, m.err
	}
	r = r.withDefaults()
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
				return nil, fmt.Errorf("milp: elastic program: %w", err)
			}
			err = solution.Err()
			if errors.Is(err, ErrInfeasible) {
				break // the rows that must hold contradict each other; the next stage relaxes more
			}
			if err != nil {
				return nil, fmt.Errorf("milp: elastic program: %w", err)
			}
			misses := m.misses(solution.Values[:m.Vars()], r.Tolerance, integer)
			if len(misses) == 0 && !integer {
				continue // feasible with fractions; try again with integers
			}
			if len(misses) == 0 {
				return nil, ErrFeasible
			}
			if integer && solution.Status == Feasible {
				return newInfeasibility("limits missed in the nearest solvable program "+
					"found before the search stopped", misses, nil), nil
			}
			if integer {
				return newInfeasibility("limits missed in the nearest program that has a solution", misses, nil), nil
			}
			// Only a linear program has duals, from which the opposing rows
			// follow.
			against, err := m.against(ctx, s, solution, misses)
			if err != nil {
				return nil, fmt.Errorf("milp: elastic program: %w", err)
			}
			return newInfeasibility("limits missed even if integers could be fractions", misses, against), nil
		}
	}
	return nil, fmt.Errorf("milp: the rows declared hard contradict each other: %w", ErrInfeasible)
}

// withDefaults returns r with the default tolerance if none is set.
func (r Relaxation) withDefaults() Relaxation {
	if r.Tolerance == 0 {
		r.Tolerance = 1e-6
	}
	return r
}

// impossible returns the rows that no values within the bounds satisfy, and the
// integer variables without an integer between their bounds. It compares each
// limit with the range of Σ_j a_ij x_j.
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
		lower, upper, scale := 0.0, 0.0, 1.0
		for k := d.RowStart[i]; k < d.RowStart[i+1]; k++ {
			lo, hi := d.integral(int(d.Column[k]))
			lo, hi = lo*d.Coefficient[k], hi*d.Coefficient[k]
			lower, upper = lower+min(lo, hi), upper+max(lo, hi)
			if x := max(math.Abs(lo), math.Abs(hi)); x <= math.MaxFloat64 {
				scale = max(scale, x)
			}
		}
		name := m.RowAt(i).Name()
		if lo := d.RowLower[i]; lo-upper > tol*max(scale, math.Abs(lo)) {
			out = append(out, Violation{name, RowTooLow, upper, lo, lo - upper, (lo - upper) / max(scale, math.Abs(lo))})
		}
		if hi := d.RowUpper[i]; lower-hi > tol*max(scale, math.Abs(hi)) {
			out = append(out, Violation{name, RowTooHigh, lower, hi, lower - hi, (lower - hi) / max(scale, math.Abs(hi))})
		}
	}
	return out
}

// logicRows marks the rows that have variables, all of them integer.
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

// elastic returns the elastic program. Its first columns and rows are those of
// the model, so that values and duals keep their indices. Slack variables and,
// if bounds is true, one row per bounded variable follow. The arrays are
// written directly, because [Model.AtMost] would merge and check each row
// again.
func (m *Model) elastic(soft []bool, bounds, integer bool) *Model {
	e, d := m.Copy(), m.Data()
	if !integer {
		e.integer.clear()
	}
	e.cost.clear()
	e.constant, e.maximize, e.start = 0, false, nil
	e.rowCol, e.rowCoef = list[int32]{}, list[float64]{}
	// put appends a coefficient to the current row.
	put := func(col int, coef float64) {
		e.rowCol.push(int32(col))
		e.rowCoef.push(coef)
	}
	// slack adds a column s_i or t_i to the current row.
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

// missWeight returns w_i, the cost of missing a limit of row i by 1:
//
//	w_i = (1 + h_i/1000) / (max_j |a_ij| · (1 + side/(side + reach)))
//
// with j over continuous variables, side the largest |limit|, reach the largest
// |a_ij x_j| within the bounds, and h_i in [0, 1) from the row's name.
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

// misses returns the violations of the model itself by values of the elastic
// program.
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
