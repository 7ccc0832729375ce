package ipm

import (
	"math"
)

// method is Mehrotra's predictor-corrector method with bounds on both sides. Every row i that is
// not an equation has a variable w_i of its own:
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
// which is quasi-definite after a small regularisation. The predictor aims at μ = 0, the corrector
// adds its second-order error and a centring of σ = (μ_predicted/μ)³, and one more corrector
// returns products that are far from their target.
//
// Sources: Mehrotra, On the implementation of a primal-dual interior point method, SIAM Journal on
// Optimization 2 (1992) 575–601; Wright, Primal-Dual Interior-Point Methods, SIAM (1997), chapters
// 10 and 11; Gondzio, Multiple centrality correctors in a primal-dual method for linear
// programming, Computational Optimization and Applications 6 (1996) 137–156; Altman and Gondzio,
// Regularized symmetric indefinite systems in interior point methods, Optimization Methods and
// Software 11 (1999) 275–302.
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
	y, dy, rp, ax                                   []float64
	right, sol, left, work                          []float64 // of the linear system, x before y
	diagonal, entry                                 []int64   // positions in the factor's values
	saved                                           [4][]float64

	// cautious selects the second variant of the method, for programs on which the first stalls: a
	// start near the bounds, and a corrector that is weighted by the steps of the predictor, as in
	// Colombo and Gondzio, Computational Optimization and Applications 41 (2008) 277–305.
	cautious bool

	enough float64 // relative residual at which refinement ends, see refined
	ridge  float64 // multiple of the regularisation
	miss   float64 // relative residual of the last linear system
	mu     float64
	primal float64 // largest residual of a row, relative to the largest limit
	dual   float64 // largest residual of a price, relative to the largest cost
	gap    float64 // Σ of products, relative to the objective
}

// Regularisation of the system, in units of its scaled entries; all are assumed.
const (
	ridgeColumn = 1e-10
	ridgeFree   = 1e-8 // columns without bounds, whose D is 0
	ridgeRow    = 1e-10

	usable = 1e-3 // largest relative residual of a linear system
)

// newMethod allocates the method for a program with an analysed pattern. For example, a program of
// 3 columns, one equation and one row 2 ≤ aᵀx ≤ 5 has 4 variables: the columns, and the w of the
// second row with bounds 2 and 5.
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
	for _, v := range []*[]float64{&q.x, &q.zl, &q.zu, &q.dx, &q.dzl, &q.dzu, &q.tl, &q.tu, &q.d, &q.rd, &q.g, &q.saved[0], &q.saved[1], &q.saved[2]} {
		*v = make([]float64, len(q.l))
	}
	for _, v := range []*[]float64{&q.y, &q.dy, &q.rp, &q.ax, &q.saved[3]} {
		*v = make([]float64, q.m)
	}
	for _, v := range []*[]float64{&q.right, &q.sol, &q.left, &q.work} {
		*v = make([]float64, q.n+q.m)
	}
	// Pivots of columns are negative and those of rows positive, in every order.
	sign := make([]int8, q.n+q.m)
	for k := range sign {
		sign[k] = 1
		if k < q.n {
			sign[k] = -1
		}
	}
	q.kkt = newFactor(analysed, sign, r.threads)
	// Positions are found once, because the pattern is that of all iterations.
	of := analysed.panelOf()
	q.diagonal, q.entry = make([]int64, q.n+q.m), make([]int64, len(p.value))
	for k := range q.diagonal {
		q.diagonal[k] = q.kkt.index(int32(k), int32(k), of)
	}
	for i := range q.m {
		for k := p.start[i]; k < p.start[i+1]; k++ {
			q.entry[k] = q.kkt.index(p.column[k], int32(q.n+i), of)
		}
	}
	return q
}

// pattern returns the graph of the system: columns first, then rows. A column and a row are
// neighbours if the matrix has an entry there; the diagonal blocks add no neighbours.
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

// prepare factors the system for the current d. It returns false if the run ended.
func (q *method) prepare() bool {
	clear(q.kkt.values)
	for k, at := range q.entry {
		q.kkt.values[at] = q.value[k]
	}
	for j := range q.n {
		ridge := ridgeColumn * q.ridge
		// A column without bounds has no D of its own, and its pivot would be 0.
		if q.d[j] < ridgeFree {
			ridge = ridgeFree * q.ridge
		}
		q.kkt.values[q.diagonal[j]] = -(q.d[j] + ridge)
	}
	for i, w := range q.slot {
		v := ridgeRow * q.ridge
		if w >= 0 {
			v += 1 / q.d[w]
		}
		q.kkt.values[q.diagonal[q.n+i]] = v
	}
	return q.kkt.refactor(q.run.ended)
}

// apply sets left to the system without regularisation times sol, for refinement: the solution is
// that of the exact system, and the regularisation only affects the factor.
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

// solveSystem solves the system for right, with refinement until the residual is small or no
// longer shrinks.
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

// refined returns the relative residual of a linear system that a tolerance of the solution needs:
// a hundredth of it, and no less than 1e-10. The factor and the limits are assumed.
func refined(tolerance float64) float64 { return min(max(tolerance/100, 1e-10), 1e-7) }

// norm returns the largest magnitude.
func norm(x []float64) float64 {
	largest := 0.0
	for _, v := range x {
		largest = max(largest, math.Abs(v))
	}
	return largest
}

// residuals recomputes rp, rd, μ and the measures of progress. All are relative: primal to the
// largest limit, dual to the largest cost, and gap to the objective.
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

// products returns Σ (x−l) z_l + (u−x) z_u after a step, and the number of products.
func (q *method) products(primal, dual float64, step bool) (sum float64, count int) {
	for j := range q.l {
		dx, dl, du := 0.0, 0.0, 0.0
		if step {
			dx, dl, du = primal*q.dx[j], dual*q.dzl[j], dual*q.dzu[j]
		}
		if q.l[j] > -infinite {
			sum += (q.x[j] + dx - q.l[j]) * (q.zl[j] + dl)
			count++
		}
		if q.u[j] < infinite {
			sum += (q.u[j] - q.x[j] - dx) * (q.zu[j] + du)
			count++
		}
	}
	return sum, count
}

// direction computes the step towards the targets tl and tu of the products:
//
//	(x − l + dx)(z_l + dz_l) ≈ t_l   without the product dx dz_l, which the targets contain
//
// and likewise for upper bounds. dw and dz follow from dx and dy without a further system.
func (q *method) direction() {
	for j := range q.l {
		v := -q.rd[j]
		if q.l[j] > -infinite {
			v += q.tl[j]/(q.x[j]-q.l[j]) - q.zl[j]
		}
		if q.u[j] < infinite {
			v -= q.tu[j]/(q.u[j]-q.x[j]) - q.zu[j]
		}
		q.g[j] = v
	}
	for j := range q.n {
		q.right[j] = -q.g[j]
	}
	for i, w := range q.slot {
		q.right[q.n+i] = q.rp[i]
		if w >= 0 {
			q.right[q.n+i] += q.g[w] / q.d[w]
		}
	}
	q.solveSystem()
	copy(q.dx, q.sol[:q.n])
	copy(q.dy, q.sol[q.n:])
	for k, i := range q.row {
		w := q.n + k
		q.dx[w] = (q.g[w] - q.dy[i]) / q.d[w]
	}
	for j := range q.l {
		if q.l[j] > -infinite {
			gap := q.x[j] - q.l[j]
			q.dzl[j] = (q.tl[j]-q.zl[j]*q.dx[j])/gap - q.zl[j]
		}
		if q.u[j] < infinite {
			gap := q.u[j] - q.x[j]
			q.dzu[j] = (q.tu[j]+q.zu[j]*q.dx[j])/gap - q.zu[j]
		}
	}
}

// longest returns the longest primal and dual steps that keep all bounds, without a limit of 1.
func (q *method) longest() (primal, dual float64) {
	primal, dual = math.Inf(1), math.Inf(1)
	for j := range q.l {
		if q.l[j] > -infinite {
			// Only a variable that moves towards its bound limits the step.
			if q.dx[j] < 0 {
				primal = min(primal, (q.l[j]-q.x[j])/q.dx[j])
			}
			if q.dzl[j] < 0 {
				dual = min(dual, -q.zl[j]/q.dzl[j])
			}
		}
		if q.u[j] < infinite {
			if q.dx[j] > 0 {
				primal = min(primal, (q.u[j]-q.x[j])/q.dx[j])
			}
			if q.dzu[j] < 0 {
				dual = min(dual, -q.zu[j]/q.dzu[j])
			}
		}
	}
	return primal, dual
}

// step makes one iteration from the point of residuals. It returns false if the run ended.
func (q *method) step() bool {
	q.weights()
	q.ridge = max(1, q.ridge/10)
	for {
		if !q.prepare() {
			return false
		}
		clear(q.tl)
		clear(q.tu)
		q.direction()
		// Rounding can make the system useless. A larger regularisation shortens steps, but keeps
		// them right.
		if !(q.miss > usable) || q.ridge > 1e5 {
			break
		}
		q.ridge *= 100
	}
	// The predictor aims at products of 0. The closer it comes, the less centring is needed.
	primal, dual := q.longest()
	now, count := q.products(0, 0, false)
	predicted, _ := q.products(min(1, primal), min(1, dual), true)
	sigma := math.Pow(min(max(predicted/now, 0), 1), 3)
	if count == 0 {
		sigma = 0 // a program without bounds is a linear system
	}
	target := sigma * q.mu
	share := 1.0
	if q.cautious {
		// After a short predictor its full second-order error can be far too large.
		share = min(1, primal) * min(1, dual)
	}
	for j := range q.l {
		q.tl[j] = target - share*q.dx[j]*q.dzl[j]
		q.tu[j] = target + share*q.dx[j]*q.dzu[j]
	}
	q.direction()
	primal, dual = q.longest()
	primal, dual = min(1, primal), min(1, dual)
	if min(primal, dual) < 0.9 && !q.run.ended() {
		primal, dual = q.correct(primal, dual, target)
	}
	if q.run.ended() {
		return false
	}
	q.move(primal, dual)
	return true
}

// weights sets d, the diagonal D of the system. For example, a column at distance 0.5 from its only
// bound with z = 2 has D = 4.
func (q *method) weights() {
	const least = 1e-13 // of columns without bounds, and of bounds at a great distance
	for j := range q.l {
		v := 0.0
		if q.l[j] > -infinite {
			v += q.zl[j] / (q.x[j] - q.l[j])
		}
		if q.u[j] < infinite {
			v += q.zu[j] / (q.u[j] - q.x[j])
		}
		q.d[j] = max(v, least)
	}
}

// correct is Gondzio's corrector: products outside [0.1, 10] target after a longer step are
// returned there. It keeps the earlier direction if the steps do not become longer.
func (q *method) correct(primal, dual, target float64) (float64, float64) {
	copy(q.saved[0], q.dx)
	copy(q.saved[1], q.dzl)
	copy(q.saved[2], q.dzu)
	copy(q.saved[3], q.dy)
	longP, longD := min(1, 1.08*primal+0.08), min(1, 1.08*dual+0.08)
	pull := func(v float64) float64 { return max(min(max(v, 0.1*target), 10*target)-v, -10*target) }
	for j := range q.l {
		x := q.x[j] + longP*q.dx[j]
		q.tl[j] += pull((x - q.l[j]) * (q.zl[j] + longD*q.dzl[j]))
		q.tu[j] += pull((q.u[j] - x) * (q.zu[j] + longD*q.dzu[j]))
		if q.l[j] <= -infinite {
			q.tl[j] = 0
		}
		if q.u[j] >= infinite {
			q.tu[j] = 0
		}
	}
	q.direction()
	p, d := q.longest()
	p, d = min(1, p), min(1, d)
	if p+d >= primal+dual+0.02 {
		return p, d
	}
	copy(q.dx, q.saved[0])
	copy(q.dzl, q.saved[1])
	copy(q.dzu, q.saved[2])
	copy(q.dy, q.saved[3])
	return primal, dual
}

// move takes a step that stays inside the bounds: 0.9995 of the longest one. Products stay positive
// even if rounding would make a distance or a price 0.
func (q *method) move(primal, dual float64) {
	const inside = 0.9995
	primal, dual = inside*primal, inside*dual
	const least = 1e-15
	for j := range q.l {
		q.x[j] += primal * q.dx[j]
		if q.l[j] > -infinite {
			q.zl[j] = max(q.zl[j]+dual*q.dzl[j], 1e-300)
			q.x[j] = max(q.x[j], q.l[j]+least*max(1, math.Abs(q.l[j])))
		}
		if q.u[j] < infinite {
			q.zu[j] = max(q.zu[j]+dual*q.dzu[j], 1e-300)
			q.x[j] = min(q.x[j], q.u[j]-least*max(1, math.Abs(q.u[j])))
		}
	}
	for i := range q.y {
		q.y[i] += dual * q.dy[i]
	}
}
