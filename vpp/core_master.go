package vpp

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// coreMaster solves the linear program of one level of a [coreSearch] by its
// dual,
//
//	min t     c_S − a_S·y ≤ t for all S          y free
//	max Σ_S λ_S c_S      Σ_S λ_S a_S = 0,  Σ_S λ_S = 1,  λ ≥ 0
//
// by the revised simplex method. Columns can be added between calls of solve,
// which then continues at the basis of the last one. The program is limited if
// 0 is in the convex hull of the a_S.
//
// Source: Chvátal, Linear Programming (1983), chapters 7 and 8.
type coreMaster struct {
	d     int         // free directions
	a     [][]float64 // per column
	cost  []float64
	sign  []float64 // of the artificial column of each direction
	basis []int     // per row: a column, or −1−j for the artificial one of direction j

	limited bool // a solution without artificial columns is known

	t      float64
	y      []float64
	lambda []float64 // per column
}

func newCoreMaster(directions int) *coreMaster {
	return &coreMaster{d: directions, y: make([]float64, directions)}
}

// add adds a column.
func (m *coreMaster) add(a []float64, cost float64) {
	m.a, m.cost = append(m.a, a), append(m.cost, cost)
}

// Tolerances of the simplex method: of pivots and of the sum of artificial
// columns. Entries of a are at most √64.
const (
	smallestPivot = 1e-9
	noArtificial  = 1e-9
)

// solve sets t, y and λ and reports whether the program is limited. If it is
// not, each a_S·y is positive, so that t falls without end along y.
func (m *coreMaster) solve() (limited bool, err error) {
	if len(m.a) == 0 {
		return false, nil
	}
	if m.basis == nil {
		// The first column has λ = 1, and the artificial ones cancel its a.
		m.sign, m.basis = make([]float64, m.d), make([]int, m.d+1)
		for j := range m.d {
			m.sign[j] = -1
			if m.a[0][j] < 0 {
				m.sign[j] = 1
			}
			m.basis[j] = -1 - j
		}
		m.basis[m.d] = 0
	}
	if !m.limited {
		if err := m.improve(true); err != nil {
			return false, err
		}
		if !m.limited {
			return false, nil
		}
	}
	return true, m.improve(false)
}

// improve makes steps of the simplex method until no column improves the
// objective: minus the sum of the artificial columns, or Σ λ c.
func (m *coreMaster) improve(artificial bool) error {
	cost := func(column int) float64 {
		switch {
		case artificial && column < 0:
			return -1
		case artificial || column < 0:
			return 0
		}
		return m.cost[column]
	}
	scale := 1.0
	if !artificial {
		for _, c := range m.cost {
			scale = max(scale, math.Abs(c))
		}
	}
	n := m.d + 1
	for step, idle := 0, 0; step < 200*(n+len(m.a)); step++ {
		b := mat.NewDense(n, n, nil)
		prices := mat.NewVecDense(n, nil)
		for k, column := range m.basis {
			b.SetCol(k, m.column(column))
			prices.SetVec(k, cost(column))
		}
		var (
			lu          mat.LU
			weight, pi  mat.VecDense
			enter, gain = -1, 1e-11 * scale
		)
		lu.Factorize(b)
		right := mat.NewVecDense(n, nil)
		right.SetVec(m.d, 1)
		if lu.SolveVecTo(&weight, false, right) != nil || lu.SolveVecTo(&pi, true, prices) != nil {
			if lu.Cond() > 1e14 {
				return errCore
			}
		}
		m.set(&weight, &pi)
		if artificial && m.artificials(&weight) <= noArtificial {
			m.limited = true
			return nil
		}
		for k := range m.a {
			reduced := cost(k) - dot(m.a[k], m.y) - m.t
			if reduced > gain {
				enter, gain = k, reduced
				if idle > 2*n {
					break // Bland's rule: the first column ends cycles
				}
			}
		}
		if enter < 0 {
			return nil
		}
		var change mat.VecDense
		if lu.SolveVecTo(&change, false, mat.NewVecDense(n, m.column(enter))) != nil && lu.Cond() > 1e14 {
			return errCore
		}
		leave, most := -1, math.Inf(1)
		for k, column := range m.basis {
			u, w := change.AtVec(k), max(0, weight.AtVec(k))
			if column < 0 && !artificial {
				// An artificial column must stay at 0 in both directions.
				u, w = math.Abs(u), 0
			}
			if u <= smallestPivot {
				continue
			}
			if ratio := w / u; leave < 0 || ratio < most || ratio == most && m.before(k, leave, &change, idle > 2*n) {
				leave, most = k, ratio
			}
		}
		if leave < 0 {
			return errCore // λ is bounded, so that only rounding can end here
		}
		if idle++; most > 0 {
			idle = 0
		}
		m.basis[leave] = enter
	}
	return errCore
}

// before reports whether row k leaves rather than row l: by the larger pivot,
// or by the lower column under Bland's rule.
func (m *coreMaster) before(k, l int, change *mat.VecDense, bland bool) bool {
	if bland {
		return m.basis[k] < m.basis[l]
	}
	return math.Abs(change.AtVec(k)) > math.Abs(change.AtVec(l))
}

// column returns a column with its entry of the row Σ λ = 1.
func (m *coreMaster) column(k int) []float64 {
	out := make([]float64, m.d+1)
	if k < 0 {
		out[-1-k] = m.sign[-1-k]
		return out
	}
	copy(out, m.a[k])
	out[m.d] = 1
	return out
}

// set stores a basic solution.
func (m *coreMaster) set(weight, pi *mat.VecDense) {
	m.t = pi.AtVec(m.d)
	for j := range m.d {
		m.y[j] = pi.AtVec(j)
	}
	m.lambda = make([]float64, len(m.a))
	for k, column := range m.basis {
		if column >= 0 {
			m.lambda[column] = weight.AtVec(k)
		}
	}
}

// artificials returns the sum of the artificial columns.
func (m *coreMaster) artificials(weight *mat.VecDense) float64 {
	sum := 0.0
	for k, column := range m.basis {
		if column < 0 {
			sum += math.Abs(weight.AtVec(k))
		}
	}
	return sum
}
