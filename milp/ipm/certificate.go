package ipm

import "math"

// farAway is the size in units of the scaled program up to which a certificate
// holds. Rounding leaves small entries where a certificate needs zeros. They
// are allowed if they cannot make up for the certificate's value at points, or
// prices, of this size, which is assumed.
const farAway = 1e7

// provesInfeasible reports whether prices y prove that the program has no
// solution: every point within the bounds has
//
//	Σ_i (y_i L_i or y_i U_i) > max_{l ≤ x ≤ u} Σ_j (Aᵀ y)_j x_j
//
// while rows within their limits would have at least the left side. For columns
// without the bound at which the maximum is taken, x is limited by farAway.
//
// Source: Farkas; Andersen and Andersen, The MOSEK interior point optimizer for
// linear programming, in: High Performance Optimization, Kluwer (2000) 197–232,
// for certificates from the iterates.
func (p *program) provesInfeasible(y []float64) bool {
	least, free := p.farkas(y)
	return least > free*farAway
}

// farkas returns the left side less the maximum over the columns with bounds, 0
// if the difference is an error of rounding, and the sum of the slopes |Aᵀ y|
// of the others.
func (p *program) farkas(y []float64) (least, free float64) {
	clean := append([]float64(nil), y...)
	size := 0.0
	for i, v := range clean {
		lim := p.low[i]
		if v < 0 {
			lim = p.high[i]
		}
		if math.IsInf(lim, 0) {
			clean[i] = 0
			continue
		}
		least += v * lim
		size += math.Abs(v * lim)
	}
	slope := make([]float64, p.columns())
	p.subtractTransposed(clean, slope)
	for j, v := range slope {
		lim := p.lower[j]
		if v < 0 {
			lim = p.upper[j]
		}
		if math.IsInf(lim, 0) {
			free += math.Abs(v)
			continue
		}
		least += v * lim
		size += math.Abs(v * lim)
	}
	// Written so that NaN proves nothing either.
	if !(least > 1e-9*size) {
		return 0, free
	}
	return least, free
}

// provesUnbounded reports whether moving along x improves the objective for
// ever: x is a ray of the rows and bounds with c·x < 0. It does not prove that
// the program has a solution.
func (p *program) provesUnbounded(x []float64) bool {
	clean := append([]float64(nil), x...)
	gain, size, miss := 0.0, 0.0, 0.0
	for j, v := range clean {
		if v < 0 && !math.IsInf(p.lower[j], 0) || v > 0 && !math.IsInf(p.upper[j], 0) {
			clean[j] = 0
			continue
		}
		// A ray may only move a column away from bounds that it lacks.
		gain -= p.cost[j] * v
		size += math.Abs(p.cost[j] * v)
	}
	// The gain must exceed the rounding errors of its sum.
	if gain <= 1e-9*size {
		return false
	}
	moves := make([]float64, p.rows())
	p.multiply(clean, moves)
	for i, v := range moves {
		if v < 0 && !math.IsInf(p.low[i], 0) || v > 0 && !math.IsInf(p.high[i], 0) {
			miss += math.Abs(v)
		}
	}
	// A small step against a row counts as if it went on to farAway, so that
	// rounding proves nothing.
	return gain > miss*farAway
}

// elastic returns the program that minimises the violation of the rows:
//
//	min Σ_i (s_i + t_i)    subject to    L ≤ A x + s − t ≤ U,    l ≤ x ≤ u,    s, t ≥ 0
//
// It has a solution. Its optimum is 0 if and only if the program has one too.
// Otherwise its prices prove that the program has none.
func (p *program) elastic() *program {
	n, m := p.columns(), p.rows()
	inf := math.Inf(1)
	e := &program{
		cost: make([]float64, n), lower: append([]float64(nil), p.lower...), upper: append([]float64(nil), p.upper...),
		start: make([]int32, 1, m+1), low: p.low, high: p.high,
	}
	add := func(value float64) {
		e.column = append(e.column, int32(len(e.cost)))
		e.value = append(e.value, value)
		// Each violation costs 1 per unit, so that the optimum is their sum.
		e.cost, e.lower, e.upper = append(e.cost, 1), append(e.lower, 0), append(e.upper, inf)
	}
	for i := range m {
		e.column = append(e.column, p.column[p.start[i]:p.start[i+1]]...)
		e.value = append(e.value, p.value[p.start[i]:p.start[i+1]]...)
		if !math.IsInf(p.low[i], 0) {
			add(1)
		}
		if !math.IsInf(p.high[i], 0) {
			add(-1)
		}
		e.start = append(e.start, int32(len(e.column)))
	}
	return e
}

// cone returns the program of the steepest ray: min c·d over the directions in
// which all rows and bounds stay satisfied, with |d_j| ≤ 1.
func (p *program) cone() *program {
	c := &program{cost: p.cost, start: p.start, column: p.column, value: p.value}
	side := func(x, to float64) float64 {
		if math.IsInf(x, 0) {
			return to
		}
		return 0
	}
	for j := range p.cost {
		c.lower, c.upper = append(c.lower, side(p.lower[j], -1)), append(c.upper, side(p.upper[j], 1))
		if c.lower[j] == c.upper[j] {
			c.upper[j] = 1e-12 // a fixed column has no interior
		}
	}
	for i := range p.low {
		c.low, c.high = append(c.low, side(p.low[i], math.Inf(-1))), append(c.high, side(p.high[i], math.Inf(1)))
	}
	return c
}
