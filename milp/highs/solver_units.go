package highs

import (
	"errors"
	"maps"
	"slices"
	"strconv"

	"github.com/trigrid/trigrid/milp"
)

// units are the units in which HiGHS receives a program. Its tolerances are
// absolute, so that a program in other units could have another "optimum". In
// these units the tolerances are small:
//
//	x_j = q_j x'_j                                  q_j a power of two, 1 for ordinary columns
//	objective    k Σ_j c_j q_j x'_j + k c_0         k = ObjectiveScale, a power of two
//	row i        r_i L_i ≤ r_i Σ_j a_ij q_j x'_j ≤ r_i U_i      r_i a power of two, mostly 1
//
// and its results are converted back: values are multiplied by q_j, bounds are
// divided by k, the dual of row i is multiplied by r_i / k and the reduced cost
// of column j divided by k q_j. Powers of two round nothing.
//
// For example, 3e-9 x ≥ 6e-9 with r = 2²⁸ is 0.81 x ≥ 1.6. As it stands, x = 0
// violates it by less than the tolerance of 1e-7.
type units struct {
	cost    float64   // k
	rows    []float64 // r_i; nil if all are 1
	columns []float64 // q_j; nil if all are 1
	omitted []int32   // positions of coefficients that HiGHS does not receive, ascending
	strict  bool      // HiGHS needs its smallest tolerances; see [Solver.strict]
}

// sameMatrix reports whether HiGHS receives the same coefficients in two units.
func (u units) sameMatrix(v units) bool {
	return slices.Equal(u.rows, v.rows) && slices.Equal(u.columns, v.columns) && slices.Equal(u.omitted, v.omitted)
}

// omits reports whether HiGHS does not receive coefficient k.
func (u units) omits(k int32) bool {
	_, found := slices.BinarySearch(u.omitted, k)
	return found
}

// strict sets HiGHS's smallest tolerances and turns presolve off for a program
// with tiny terms that count. It returns the solver with these settings, and a
// function that restores those of the caller, because a session uses the object
// again.
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

// column returns q_j.
func (u units) column(j int) float64 {
	if u.columns == nil {
		return 1
	}
	return u.columns[j]
}

// priced returns the costs of all columns times k q_j.
func (u units) priced(cost []float64, k float64) []float64 {
	if k == 1 && u.columns == nil {
		return cost
	}
	out := make([]float64, len(cost))
	for j, c := range cost {
		out[j] = c * u.column(j) * k
	}
	return out
}

// values returns values or bounds of all columns in HiGHS's units, x / q.
func (u units) values(x []float64) []float64 {
	if u.columns == nil || x == nil {
		return x
	}
	out := make([]float64, len(x))
	for j, v := range x {
		out[j] = v / u.columns[j]
	}
	return out
}

// in returns the program in HiGHS's units. It shares the arrays that need no
// conversion.
func (u units) in(d milp.Data) milp.Data {
	d.Cost, d.Constant = u.priced(d.Cost, u.cost), u.cost*d.Constant
	d.Lower, d.Upper = u.values(d.Lower), u.values(d.Upper)
	if u.rows != nil || u.columns != nil || u.omitted != nil {
		d.Coefficient = slices.Clone(d.Coefficient)
	}
	for _, k := range u.omitted {
		d.Coefficient[k] = 0
	}
	if u.columns != nil {
		for k, j := range d.Column {
			d.Coefficient[k] *= u.columns[j]
		}
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

// out converts a solution's values, bound and prices from HiGHS's units, in
// place.
func (u units) out(s *milp.Solution) {
	if u.columns != nil {
		for j := range s.Values {
			s.Values[j] *= u.columns[j]
		}
		for j := range s.ReducedCosts {
			s.ReducedCosts[j] /= u.columns[j]
		}
	}
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

// objectiveOptions are HiGHS's options in units of the objective, which are set
// before each run, because the scale of a session's program changes with its
// costs.
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
