package highs

import (
	"errors"
	"maps"
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
	cost    float64   // k
	rows    []float64 // r_i; nil if all are 1
	omitted []int32   // positions of coefficients that HiGHS does not receive, ascending
	strict  bool      // HiGHS needs its smallest tolerances; see [Solver.strict]
}

const (
	// tiny is the size from which coefficients are safe in HiGHS, about 1e-6. Below, its
	// tolerances decide. For example, presolve and branch and bound fix y in y = 1e-8 x with
	// x in [0, 2], because y has a range below 1e-7, and then they fix x.
	tiny = 1.0 / (1 << 20)
	// negligible is half of HiGHS's tolerance on rows. Terms that are smaller together cannot
	// make a row feasible or infeasible.
	negligible = 5e-8
	// noise is the size of rounding errors beside a coefficient of 1, for example
	// 0.1 + 0.2 − 0.3 = 5.6e-17.
	noise = 1.0 / (1 << 50)
	// dropped is the size up to which HiGHS ignores a coefficient, the smallest value of its
	// option small_matrix_value.
	dropped = 1e-12
)

// unitsOf returns the units in which HiGHS receives a program. They depend on costs,
// coefficients and bounds.
//
// A row whose coefficients are all tiny is scaled. In a row with ordinary coefficients too,
// tiny terms are omitted if they are negligible within the bounds of their variables, or
// noise. Otherwise the program is solved with strict tolerances.
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
		r := 1.0
		if largest < tiny {
			if u.rows == nil {
				u.rows = slices.Repeat([]float64{1}, len(d.RowLower))
			}
			_, exponent := math.Frexp(largest) // largest = f · 2^exponent with f in [1/2, 1)
			r = math.Ldexp(1, min(-exponent, 300))
			u.rows[i] = r
		}
		if smallest*r < tiny {
			u.omit(d, i, r, largest)
		}
	}
	return u
}

// omit decides about the tiny coefficients of row i, which is multiplied by r.
func (u *units) omit(d milp.Data, i int, r, largest float64) {
	var (
		sum   float64 // of the tiny terms that are not noise, at most
		terms []int32
	)
	for k := d.RowStart[i]; k < d.RowStart[i+1]; k++ {
		c, j := math.Abs(d.Coefficient[k]), d.Column[k]
		switch {
		case c == 0 || c*r >= tiny:
		case c <= noise*largest:
			u.omitted = append(u.omitted, k)
		default:
			sum += c * r * max(math.Abs(d.Lower[j]), math.Abs(d.Upper[j]))
			terms = append(terms, k)
		}
	}
	if sum <= negligible {
		u.omitted = append(u.omitted, terms...)
		slices.Sort(u.omitted) // terms and noise may alternate
		return
	}
	u.strict = true
}

// omits reports whether HiGHS does not receive coefficient k.
func (u units) omits(k int32) bool {
	_, found := slices.BinarySearch(u.omitted, k)
	return found
}

// strict sets HiGHS's smallest tolerances and turns presolve off for a program with tiny terms
// that count. It returns the solver with these settings, and a function that restores those of
// the caller, because a session uses the object again.
func (s Solver) strict(h object) (_ Solver, restore func() error, err error) {
	given := []option{
		{name: "presolve", value: s.presolve()},
		{name: "primal_feasibility_tolerance", value: "1e-7"},
		{name: "mip_feasibility_tolerance", value: "1e-6"},
	}
	for k, o := range given {
		if own, ok := s.Options[o.name]; ok {
			given[k].value = own
		}
	}
	s.Presolve, s.Options = PresolveOff, maps.Clone(s.Options)
	delete(s.Options, "presolve")
	restore = func() error {
		var err error
		for _, o := range given {
			err = errors.Join(err, h.set(o.name, o.value))
		}
		return err
	}
	const smallest = "1e-10"
	return s, restore, errors.Join(h.set("presolve", "off"),
		h.set("primal_feasibility_tolerance", smallest), h.set("mip_feasibility_tolerance", smallest))
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
	if u.rows != nil || u.omitted != nil {
		d.Coefficient = slices.Clone(d.Coefficient)
	}
	for _, k := range u.omitted {
		d.Coefficient[k] = 0
	}
	if u.rows != nil {
		d.RowLower, d.RowUpper = slices.Clone(d.RowLower), slices.Clone(d.RowUpper)
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
