package ipm

import (
	"math"
)

// method is Mehrotra's predictor-corrector method with bounds on both sides.
// Every row i that is not an equation has a variable w_i of its own:
//
//	A x − w = b,   l ≤ (x, w) ≤ u,   z_l, z_u ≥ 0      w_i = 0 for equations, b_i = 0 for others
//	c − Aᵀ y = z_l − z_u for x,   y = z_l − z_u for w
//	(x − l) z_l = μ,   (u − x) z_u = μ                  driven to 0
//
// With D = z_l/(x − l) + z_u/(u − x), a Newton step solves
//
//	[ −D_x   Aᵀ     ] [ dx ]   [ −g                 ]
//	[  A     D_w⁻¹  ] [ dy ] = [ b − A x + w + g_w/D_w ]
//
// which is quasi-definite after a small regularisation. The predictor aims at μ
// = 0. The corrector adds its second-order error and a centring of σ =
// (μ_predicted/μ)³, and up to three further correctors return products that are
// far from their target. method_step.go has the details.
//
// Sources: Mehrotra, On the implementation of a primal-dual interior point
// method, SIAM Journal on Optimization 2 (1992) 575–601; Wright, Primal-Dual
// Interior-Point Methods, SIAM (1997), chapters 10 and 11; Gondzio, Multiple
// centrality correctors in a primal-dual method for linear programming,
// Computational Optimization and Applications 6 (1996) 137–156; Colombo and
// Gondzio, Further development of multiple centrality correctors for interior
// point methods, ibid. 41 (2008) 277–305; Altman and Gondzio, Regularized
// symmetric indefinite systems in interior point methods, Optimization Methods
// and Software 11 (1999) 275–302.
type method struct {
	*program
	kkt *factor
	run *run

	n, m int       // columns and rows of the program
	slot []int32   // by row: its variable w, or -1 for an equation
	row  []int32   // by w: its row; variable n+k is that of row[k]
	b    []float64 // by row: the limit of an equation, 0 otherwise

	// One entry per variable, x before w.
	l, u, x, zl, zu, dx, dzl, dzu, tl, tu, d, rd, g []float64
	nearL, nearU, byL, byU                          []float64 // 1/(x − l), 1/(u − x), 1/z_l, 1/z_u; 0 for absent bounds
	y, dy, rp, ax                                   []float64
	right, sol, left, work                          []float64                            // of the linear system, x before y
	diagonal                                        []float64                            // of the system, columns before rows
	kept                                            struct{ dx, dy, dzl, dzu []float64 } // a direction, see blend

	// cautious selects the second variant of the method, for programs on which
	// the first stalls: a start near the bounds, and a first corrector that is
	// weighted as the further ones.
	cautious bool

	enough float64 // relative residual at which refinement ends, see refined
	ridge  float64 // multiple of the regularisation
	miss   float64 // relative residual of the last linear system
	mu     float64
	primal float64 // largest residual of a row, relative to the largest limit
	dual   float64 // largest residual of a price, relative to the largest cost
	gap    float64 // Σ of products, relative to the objective
}

// Regularisation of the system, in units of its scaled entries; all are
// assumed.
const (
	ridgeColumn = 1e-10
	ridgeFree   = 1e-8 // columns without bounds, whose D is 0
	ridgeRow    = 1e-10

	usable = 1e-3 // largest relative residual of a linear system
)

// newMethod allocates the method for a program with an analysed pattern. For
// example, a program of 3 columns, one equation and one row 2 ≤ aᵀx ≤ 5 has 4
// variables: the columns, and the w of the second row with bounds 2 and 5.
func newMethod(p *program, analysed *plan, r *run) *method {
	q := &method{program: p, run: r, ridge: 1, enough: refined(0), n: p.columns(), m: p.rows()}
	q.slot, q.b = make([]int32, q.m), make([]float64, q.m)
	q.l, q.u = append([]float64(nil), p.lower...), append([]float64(nil), p.upper...)
	for i := range q.m {
		if p.low[i] == p.high[i] {
			q.slot[i], q.b[i] = -1, p.low[i]
			continue
		}
		q.slot[i] = int32(len(q.l))
		q.row = append(q.row, int32(i))
		q.l, q.u = append(q.l, p.low[i]), append(q.u, p.high[i])
	}
	for _, v := range []*[]float64{&q.x, &q.zl, &q.zu, &q.dx, &q.dzl, &q.dzu, &q.tl, &q.tu, &q.d, &q.rd, &q.g, &q.nearL, &q.nearU, &q.byL, &q.byU, &q.kept.dx, &q.kept.dzl, &q.kept.dzu} {
		*v = make([]float64, len(q.l))
	}
	for _, v := range []*[]float64{&q.y, &q.dy, &q.rp, &q.ax, &q.kept.dy} {
		*v = make([]float64, q.m)
	}
	for _, v := range []*[]float64{&q.right, &q.sol, &q.left, &q.work} {
		*v = make([]float64, q.n+q.m)
	}
	// Pivots of columns are negative and those of rows positive, in every
	// order.
	sign := make([]int8, q.n+q.m)
	for k := range sign {
		sign[k] = 1
		if k < q.n {
			sign[k] = -1
		}
	}
	// Entries of the matrix are in the order of its rows, and so is the list of
	// their rows.
	rowOf := make([]int32, len(p.value))
	for i := range q.m {
		for k := p.start[i]; k < p.start[i+1]; k++ {
			rowOf[k] = int32(q.n + i)
		}
	}
	q.kkt = newFactor(analysed, sign, r.threads, len(p.value), func(e int) (i, j int32) { return p.column[e], rowOf[e] })
	q.diagonal = make([]float64, q.n+q.m)
	return q
}

// pattern returns the graph of the system: columns first, then rows. A column
// and a row are neighbours if the matrix has an entry there; the diagonal
// blocks add no neighbours.
func (p *program) pattern() graph {
	n := p.columns()
	g := graph{make([]int32, n+p.rows()+1), make([]int32, 2*len(p.value))}
	for i := range p.rows() {
		for k := p.start[i]; k < p.start[i+1]; k++ {
			g.start[p.column[k]+1]++
			g.start[n+i+1]++
		}
	}
	for k := range n + p.rows() {
		g.start[k+1] += g.start[k]
	}
	// next[k] is the place of the next neighbour of node k in the list.
	next := append([]int32(nil), g.start...)
	for i := range p.rows() {
		for k := p.start[i]; k < p.start[i+1]; k++ {
			j := p.column[k]
			g.list[next[j]] = int32(n + i)
			g.list[next[n+i]] = j
			next[j]++
			next[n+i]++
		}
	}
	return g
}

// prepare factors the system for the current d. It returns false if the run
// ended.
func (q *method) prepare() bool {
	for j := range q.n {
		ridge := ridgeColumn * q.ridge
		// A column without bounds has no D of its own, and its pivot would be
		// 0.
		if q.d[j] < ridgeFree {
			ridge = ridgeFree * q.ridge
		}
		q.diagonal[j] = -(q.d[j] + ridge)
	}
	for i, w := range q.slot {
		v := ridgeRow * q.ridge
		if w >= 0 {
			v += 1 / q.d[w]
		}
		q.diagonal[q.n+i] = v
	}
	return q.kkt.refactor(q.value, q.diagonal, q.run.ended)
}

// apply sets left to the system without regularisation times sol, for
// refinement: the solution is that of the exact system, and the regularisation
// only affects the factor.
func (q *method) apply() {
	for j := range q.n {
		q.left[j] = -q.d[j] * q.sol[j]
	}
	for i := range q.m {
		sum, yi := 0.0, q.sol[q.n+i]
		for k := q.start[i]; k < q.start[i+1]; k++ {
			j := q.column[k]
			sum += q.value[k] * q.sol[j]
			q.left[j] += q.value[k] * yi
		}
		if w := q.slot[i]; w >= 0 {
			sum += yi / q.d[w]
		}
		q.left[q.n+i] = sum
	}
}

// solveSystem solves the system for right, with refinement until the residual
// is small or no longer shrinks.
func (q *method) solveSystem() {
	const rounds = 5
	enough := q.enough
	size := norm(q.right)
	for k, i := range q.kkt.order {
		q.work[k] = q.right[i]
	}
	q.kkt.solve(q.work)
	for k, i := range q.kkt.order {
		q.sol[i] = q.work[k]
	}
	before := math.Inf(1)
	for range rounds {
		q.apply()
		for k := range q.left {
			q.left[k] = q.right[k] - q.left[k]
		}
		miss := norm(q.left)
		if size > 0 {
			q.miss = min(miss, before) / size
		}
		if !(miss > enough*size) || q.run.ended() {
			return
		}
		if miss > before {
			// The last refinement made it worse: undo it.
			for k, i := range q.kkt.order {
				q.sol[i] -= q.work[k]
			}
			return
		}
		before = miss
		for k, i := range q.kkt.order {
			q.work[k] = q.left[i]
		}
		q.kkt.solve(q.work)
		for k, i := range q.kkt.order {
			q.sol[i] += q.work[k]
		}
	}
}

// refined returns the relative residual of a linear system that a tolerance of
// the solution needs: a hundredth of it, and no less than 1e-10. The factor and
// the limits are assumed.
func refined(tolerance float64) float64 { return min(max(tolerance/100, 1e-10), 1e-7) }

// norm returns the largest magnitude.
func norm(x []float64) float64 {
	// Comparisons are faster than max, which distinguishes zeros. NaN shows in
	// the products.
	largest := 0.0
	for _, v := range x {
		if v = math.Abs(v); v > largest {
			largest = v
		}
	}
	return largest
}

// residuals recomputes rp, rd, μ and the measures of progress. All are
// relative: primal to the largest limit, dual to the largest cost, and gap to
// the objective.
func (q *method) residuals() {
	q.multiply(q.x[:q.n], q.ax)
	size := 1.0
	q.primal, q.dual = 0, 0
	for i := range q.m {
		q.rp[i] = q.b[i] - q.ax[i]
		size = max(size, math.Abs(q.b[i]))
		if w := q.slot[i]; w >= 0 {
			q.rp[i] += q.x[w]
		}
		q.primal = max(q.primal, math.Abs(q.rp[i]))
	}
	q.primal /= size
	size = 1.0
	for j := range q.n {
		size = max(size, math.Abs(q.cost[j]))
		q.rd[j] = q.cost[j] - q.zl[j] + q.zu[j]
	}
	q.subtractTransposed(q.y, q.rd[:q.n])
	// A w has no cost, and its column of the matrix is that of −1 in its row.
	for k, i := range q.row {
		q.rd[q.n+k] = q.y[i] - q.zl[q.n+k] + q.zu[q.n+k]
	}
	q.dual = norm(q.rd) / size
	sum, count := q.products(0, 0, false)
	q.mu = sum / float64(max(1, count))
	objective := 0.0
	for j, c := range q.cost {
		objective += c * q.x[j]
	}
	q.gap = sum / (1 + math.Abs(objective))
}
