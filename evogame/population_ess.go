package evogame

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// ESS returns all evolutionarily stable strategies of a symmetric game, pure
// and mixed. A state p is evolutionarily stable if a small population share of
// mutants y cannot invade it:
//
//	p·A y > y·A y     for all y ≠ p close to p
//
// Every such state is asymptotically stable under the replicator. Between
// several populations the condition is equivalent to strictness; see
// [StrictNash]. For hawks and doves with value 2 and cost 4, A = {{-1, 2}, {0,
// 1}}, the only state is (1/2, 1/2).
//
// ESS enumerates the supports S, at most 2¹⁶, as binary numbers with strategy 0
// as the lowest bit, and returns states in this order. It tests three
// conditions:
//
//	A p = c on S, p > 0 on S, Σ p = 1                    equal payoffs in the support
//	(A p)_v ≤ c for v ∉ S                                Nash; B is the set of v with (A p)_v = c
//	−z·A z > 0 for z ≠ 0, Σ z = 0, z ≥ 0 on B∖S          stability
//
// Differences below 1e-9 of the largest payoff difference count as ties. No
// support of an ESS contains the support of another one. ESS rejects matrices
// with more than 16 strategies.
//
// Sources: Haigh (1975), Advances in Applied Probability 7, 8; Abakuks (1980),
// Journal of Applied Probability 17, 559; Hadeler (1983), Linear Algebra and
// its Applications 49, 79, for copositivity.
func (a Matrix) ESS() ([]State, error) {
	const limit = 16
	n := len(a)
	if n < 1 || n > limit {
		return nil, fmt.Errorf("evogame: the matrix has %d strategies, "+
			"want 1 to %d to enumerate supports", n, limit)
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
		all      []State
		supports []int
	)
	for s := 1; s < 1<<n; s++ {
		// The supports of two ESS are never nested. As binary numbers, subsets
		// precede supersets.
		nested := false
		for _, found := range supports {
			nested = nested || s&found == found
		}
		if nested {
			continue
		}
		if p, ok := a.stableOn(s, tie); ok {
			all = append(all, State{p})
			supports = append(supports, s)
		}
	}
	return all, nil
}

// stableOn returns the evolutionarily stable state with support s, a set of
// strategies as bits. Payoff differences up to tie count as ties. ok is false
// if there is no such state.
func (a Matrix) stableOn(s int, tie float64) (p []float64, ok bool) {
	var support, ties []int // S and B∖S
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

	// Substituting z_i = −Σ_{k≠i} z_k for one strategy i of S removes the
	// condition Σ z = 0: −z·A z = Σ_kl z_k z_l (a_ki + a_il − a_kl − a_ii).
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

// equalise solves the linear system A p = c, Σ p = 1 on a support of m
// strategies, with m + 1 unknowns:
//
//	⎡ A_SS  −1 ⎤ ⎡ p ⎤   ⎡ 0 ⎤
//	⎣ 1ᵀ     0 ⎦ ⎣ c ⎦ = ⎣ 1 ⎦
//
// p has an entry for every strategy, 0 outside the support. ok is false if
// there is no unique solution with p > 0.
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
		return nil, 0, false // singular: no state on this support is isolated, as an ESS is
	}
	p = make([]float64, len(a))
	for r, v := range support {
		if p[v] = solution.AtVec(r); p[v] <= 1e-12 {
			return nil, 0, false
		}
	}
	return p, solution.AtVec(m), true
}

// positiveForm reports whether z·M z > 0 for all z ≠ 0 whose first components
// (free) have any sign and whose last components (signed) are not negative.
// With the blocks F, C, G of M, this holds if F is positive definite and the
// minimum over the free components, the Schur complement G − Cᵀ F⁻¹ C, is
// strictly copositive.
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

// smallest returns the smallest eigenvalue of m, or −Inf if the factorisation
// fails.
func smallest(m mat.Symmetric) float64 {
	var eigen mat.EigenSym
	if !eigen.Factorize(m, false) {
		return math.Inf(-1)
	}
	return eigen.Values(nil)[0]
}

// strictlyCopositive reports whether x·M x > 0 for all x ≥ 0, x ≠ 0. It uses
// Hadeler's criterion: if all proper principal submatrices of a matrix are
// strictly copositive, the matrix itself is not exactly if its determinant is
// at most 0 and all entries of its adjugate are positive.
func strictlyCopositive(m *mat.Dense, tie float64) bool {
	n, _ := m.Dims()
	for set := 1; set < 1<<n; set++ { // subsets precede supersets
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

// minor returns the submatrix of m with the rows and columns in index, except
// its r-th row and its c-th column; -1 keeps all.
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
