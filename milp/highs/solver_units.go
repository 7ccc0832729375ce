package highs

import (
	"math"
	"slices"
	"strconv"

	"github.com/trigrid/trigrid/milp"
)

// HiGHS's tolerances are absolute, so that a program in other units could have another
// "optimum". HiGHS therefore receives every program in units in which its tolerances are
// small:
//
//	objective    k c·x + k c_0                     k = ObjectiveScale, a power of two
//	row i        r_i L_i ≤ r_i A_i x ≤ r_i U_i      r_i a power of two, 1 for ordinary rows
//
// and its results are converted back: bounds and reduced costs are divided by k, the dual of
// row i is multiplied by r_i / k. Values need no conversion. Powers of two round nothing.
//
// For example, 3e-9 x ≥ 6e-9 with r = 2²⁸ is 0.81 x ≥ 1.6. As it stands, x = 0 violates it by
// less than the tolerance of 1e-7.
type units struct {
	cost  float64   // k
	rows  []float64 // r_i; nil if all are 1
	mixed bool      // a row has a tiny coefficient beside an ordinary one; see [Solver.run]
}

// tiny is the size from which coefficients are safe in HiGHS, about 1e-6. Presolve fixes a
// variable if its bounds come closer than the tolerance of 1e-7, for example y = 1e-8 x with
// x in [0, 2] at 0, and then x at 0 as well.
const tiny = 1.0 / (1 << 20)

// dropped is the size up to which HiGHS ignores a coefficient, the smallest value of its
// option small_matrix_value.
const dropped = 1e-12

// unitsOf returns the units in which HiGHS receives a program. They depend on costs and
// coefficients only.
func unitsOf(d milp.Data) units {
	u := units{cost: d.ObjectiveScale()}
	for i := range d.RowLower {
		smallest, largest := math.Inf(1), 0.0
		for _, c := range d.Coefficient[d.RowStart[i]:d.RowStart[i+1]] {
			if c = math.Abs(c); c != 0 {
				smallest, largest = min(smallest, c), max(largest, c)
			}
		}
		if smallest >= tiny { // also of an empty row
			continue
		}
		if largest >= tiny {
			u.mixed = true
			continue
		}
		if u.rows == nil {
			u.rows = slices.Repeat([]float64{1}, len(d.RowLower))
		}
		_, exponent := math.Frexp(largest) // largest = f · 2^exponent with f in [1/2, 1)
		u.rows[i] = math.Ldexp(1, min(-exponent, 300))
		u.mixed = u.mixed || smallest*u.rows[i] < tiny
	}
	return u
}

// row returns r_i.
func (u units) row(i int) float64 {
	if u.rows == nil {
		return 1
	}
	return u.rows[i]
}

// in returns the program in HiGHS's units. It shares the arrays that need no conversion.
func (u units) in(d milp.Data) milp.Data {
	if u.cost != 1 {
		d.Cost, d.Constant = scaled(d.Cost, u.cost), u.cost*d.Constant
	}
	if u.rows != nil {
		d.RowLower, d.RowUpper = slices.Clone(d.RowLower), slices.Clone(d.RowUpper)
		d.Coefficient = slices.Clone(d.Coefficient)
		for i, r := range u.rows {
			d.RowLower[i] *= r
			d.RowUpper[i] *= r
			for k := d.RowStart[i]; k < d.RowStart[i+1]; k++ {
				d.Coefficient[k] *= r
			}
		}
	}
	return d
}

// out converts a solution's bound and prices from HiGHS's units, in place.
func (u units) out(s *milp.Solution) {
	if u.cost != 1 {
		s.Bound /= u.cost
		for j := range s.ReducedCosts {
			s.ReducedCosts[j] /= u.cost
		}
		for i := range s.Duals {
			s.Duals[i] /= u.cost
		}
	}
	if u.rows != nil {
		for i := range s.Duals {
			s.Duals[i] *= u.rows[i]
		}
	}
}

// scaled returns k x.
func scaled(x []float64, k float64) []float64 {
	if k == 1 {
		return x
	}
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = k * v
	}
	return out
}

// objectiveOptions are HiGHS's options in units of the objective, which are set before each
// run, because the scale of a session's program changes with its costs.
var objectiveOptions = [...]string{"mip_abs_gap", "objective_bound", "objective_target"}

// inUnits sets the options that the caller states in units of the objective.
func (h object) inUnits(s Solver, u units) error {
	for _, name := range objectiveOptions {
		text, own := s.Options[name]
		value, err := strconv.ParseFloat(text, 64)
		switch {
		case own && err == nil:
		case name == "mip_abs_gap" && s.AbsoluteGap > 0 && !own:
			value = s.AbsoluteGap
		default:
			continue
		}
		if err := h.set(name, float(value*u.cost)); err != nil {
			return err
		}
	}
	return nil
}
