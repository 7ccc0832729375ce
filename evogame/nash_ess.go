package evogame

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// ESS lists the evolutionarily stable strategies of a symmetric game, pure and mixed: states p that no
// small group of mutants y can invade,
//
//	p·A y > y·A y     for all y ≠ p close to p
//
// Each is asymptotically stable under the replicator. (Between different populations the condition
// reduces to strictness: see [StrictNash].) The order is that of supports read as binary numbers, strategy
// 0 being the lowest bit; no support contains another's.
//
// Supports are enumerated, at most 2¹⁶ of them. For a support S the candidate solves A p = c on S; it is a
// Nash state when no strategy pays more than c, and with B the strategies that pay c the condition is that
// the form z ↦ −z·A z is positive for z ≠ 0 with sum zero on B and z >= 0 on B∖S. Differences below 1e-9
// of the largest payoff difference count as ties.
//
// Source: J. Haigh, Game theory and evolution, Advances in Applied Probability 7 (1975); A. Abakuks,
// Conditions for evolutionarily stable strategies, Journal of Applied Probability 17 (1980); for the test
// of positivity on the orthant K. P. Hadeler, On copositive matrices, Linear Algebra and its Applications
// 49 (1983).
func (a Matrix) ESS() ([]State, error) {
	const limit = 16
	n := len(a)
	if n < 1 || n > limit {
		return nil, fmt.Errorf("evogame: the matrix has %d strategies, want 1 to %d to enumerate supports", n, limit)
	}
	if err := a.Validate(); err != nil {
		return nil, err
	}
	low, high := a[0][0], a[0][0]
	for _, row := range a {
		for _, v := range row {
			low, high = min(low, v), max(high, v)
		}
	}
	tie := 1e-9 * (high - low)

	var (
		list     []State
		supports []int
	)
	for s := 1; s < 1<<n; s++ {
		// Two of these states never have nested supports, and their supports are found smaller first.
		nested := false
		for _, found := range supports {
			nested = nested || s&found == found
		}
		if nested {
			continue
		}
		if p, ok := a.stableOn(s, tie); ok {
			list = append(list, State{p})
			supports = append(supports, s)
		}
	}
	return list, nil
}

// stableOn finds the evolutionarily stable state whose support is s, a set of strategies as bits.
func (a Matrix) stableOn(s int, tie float64) (p []float64, ok bool) {
	var support, ties []int // S, and B∖S
	for v := range a {
		if s>>v&1 == 1 {
			support = append(support, v)
		}
	}
	p, c, ok := a.equalise(support)
	if !ok {
		return nil, false
	}
	for v, row := range a {
		payoff := 0.0
		for _, u := range support {
			payoff += row[u] * p[u]
		}
		if s>>v&1 == 1 {
			continue
		}
		if payoff > c+tie {
			return nil, false
		}
		if payoff >= c-tie {
			ties = append(ties, v)
		}
	}

	// z is written by its components on B without one strategy i of S, z_i = −Σ z_k:
	// −z·A z = Σ_kl z_k z_l (a_ki + a_il − a_kl − a_ii).
	i := support[0]
	order := append(append([]int(nil), support[1:]...), ties...)
	form := mat.NewSymDense(max(1, len(order)), nil)
	entry := func(k, l int) float64 { return a[k][i] + a[i][l] - a[k][l] - a[i][i] }
	for r, k := range order {
		for q := r; q < len(order); q++ {
			l := order[q]
			form.SetSym(r, q, (entry(k, l)+entry(l, k))/2)
		}
	}
	return p, positiveForm(form, len(support)-1, len(ties), tie)
}

// equalise solves A p = c, Σ p = 1 on a support; ok is false where there is no unique, positive solution.
func (a Matrix) equalise(support []int) (p []float64, c float64, ok bool) {
	m := len(support)
	lhs, rhs := mat.NewDense(m+1, m+1, nil), mat.NewVecDense(m+1, nil)
	for r, v := range support {
		for q, u := range support {
			lhs.Set(r, q, a[v][u])
		}
		lhs.Set(r, m, -1)
		lhs.Set(m, r, 1)
	}
	rhs.SetVec(m, 1)
	var solution mat.VecDense
	if err := solution.SolveVec(lhs, rhs); err != nil {
		return nil, 0, false // singular: then no state on this support is isolated
	}
	p = make([]float64, len(a))
	for r, v := range support {
		if p[v] = solution.AtVec(r); p[v] <= 1e-12 {
			return nil, 0, false
		}
	}
	return p, solution.AtVec(m), true
}

// positiveForm reports whether a quadratic form is positive for all nonzero arguments whose last few
// components are not negative; the first ones are free. The free ones must form a positive definite
// block; minimising over them leaves the Schur complement, which must be strictly copositive.
func positiveForm(form *mat.SymDense, free, signed int, tie float64) bool {
	var rest *mat.Dense
	switch {
	case free == 0 && signed == 0:
		return true
	case free == 0:
		rest = mat.DenseCopyOf(form)
	default:
		var cholesky mat.Cholesky
		block := form.SliceSym(0, free)
		if !cholesky.Factorize(block) || smallest(block) <= tie {
			return false
		}
		if signed == 0 {
			return true
		}
		cross := mat.DenseCopyOf(form).Slice(0, free, free, free+signed)
		var solved, reduced mat.Dense
		if err := cholesky.SolveTo(&solved, cross); err != nil {
			return false
		}
		reduced.Mul(cross.T(), &solved)
		rest = mat.DenseCopyOf(mat.DenseCopyOf(form).Slice(free, free+signed, free, free+signed))
		rest.Sub(rest, &reduced)
	}
	return strictlyCopositive(rest, tie)
}

func smallest(m mat.Symmetric) float64 {
	var eigen mat.EigenSym
	if !eigen.Factorize(m, false) {
		return math.Inf(-1)
	}
	return eigen.Values(nil)[0]
}

// strictlyCopositive reports whether x·M x > 0 for all x >= 0, x ≠ 0, by Hadeler's criterion: a matrix
// whose principal submatrices all pass fails exactly when its determinant is not positive and its adjugate
// is positive throughout.
func strictlyCopositive(m *mat.Dense, tie float64) bool {
	n, _ := m.Dims()
	for set := 1; set < 1<<n; set++ { // every subset comes after its own subsets
		var index []int
		for k := range n {
			if set>>k&1 == 1 {
				index = append(index, k)
			}
		}
		if len(index) == 1 {
			if m.At(index[0], index[0]) <= tie {
				return false
			}
			continue
		}
		if mat.Det(minor(m, index, -1, -1)) > 0 {
			continue
		}
		positive := true
		for r := range index {
			for c := range index {
				cofactor := mat.Det(minor(m, index, r, c))
				if (r+c)%2 == 1 {
					cofactor = -cofactor
				}
				positive = positive && cofactor > 0
			}
		}
		if positive {
			return false
		}
	}
	return true
}

// minor picks the rows and columns of an index list, without the r-th row and the c-th column of the list.
func minor(m *mat.Dense, index []int, r, c int) *mat.Dense {
	pick := func(skip int) (kept []int) {
		for k, v := range index {
			if k != skip {
				kept = append(kept, v)
			}
		}
		return kept
	}
	rows, columns := pick(r), pick(c)
	out := mat.NewDense(len(rows), len(columns), nil)
	for i, row := range rows {
		for j, column := range columns {
			out.Set(i, j, m.At(row, column))
		}
	}
	return out
}
