package ipm

import (
	"math"
)

// Assumed numbers of a step.
const (
	full       = 0.9  // a step from which on no further corrector is worth its system
	correctors = 3    // further correctors of a step
	longer     = 0.8  // by how much a corrector aims at longer steps
	worthwhile = 0.02 // growth of both steps together that is worth another corrector
	weights    = 5    // of a corrector that are compared
)

// step makes one iteration from the point of residuals. It returns false if the
// run ended.
//
// Each further corrector is a direction C of its own, added to the direction D
// so far with the weight ω that allows the longest step. Primal and dual
// weights differ:
//
//	D + ω C,   α_P α_D ≤ ω ≤ 1        α_P, α_D: longest steps along D
//
// After short steps a full correction can be far too large.
func (q *method) step() bool {
	q.distances()
	q.ridge = max(1, q.ridge/10)
	for {
		if !q.prepare() {
			return false
		}
		q.aim(func(product, _ float64) float64 { return -product })
		q.direction(true)
		// Rounding can make the system useless. A larger regularisation
		// shortens steps, but keeps them right.
		if !(q.miss > usable) || q.ridge > 1e5 {
			break
		}
		q.ridge *= 100
	}
	// The predictor aims at products of 0. The closer it comes, the less
	// centring is needed.
	primal, dual := q.longest()
	now, count := q.products(0, 0, false)
	predicted, _ := q.products(primal, dual, true)
	sigma := math.Pow(min(max(predicted/now, 0), 1), 3)
	if count == 0 {
		sigma = 0 // a program without bounds is a linear system
	}
	target := sigma * q.mu
	q.aim(func(_, second float64) float64 { return target - second })
	// The full second-order correction keeps the products near each other, so
	// that it is not shortened unless the method has stalled with it.
	least := 1.0
	if q.cautious {
		least = primal * dual
	}
	q.keep()
	q.direction(false)
	primal, dual = q.blend(least)
	for k := 0; k < correctors && min(primal, dual) < full && !q.run.ended(); k++ {
		p, d := q.correct(primal, dual, target)
		gained := p + d - primal - dual
		if !(gained > 0) {
			q.keep() // takes the direction before back
			break
		}
		primal, dual = p, d
		if gained < worthwhile {
			break
		}
	}
	if q.run.ended() {
		return false
	}
	q.move(primal, dual)
	return true
}

// distances sets the inverse distances from the bounds, and d, the diagonal D
// of the system. For example, a column at distance 0.5 from its only bound with
// z = 2 has D = 4.
func (q *method) distances() {
	const least = 1e-13 // of columns without bounds, and of bounds at a great distance
	for j := range q.l {
		v := 0.0
		if q.l[j] > -infinite {
			q.nearL[j], q.byL[j] = 1/(q.x[j]-q.l[j]), 1/q.zl[j]
			v += q.zl[j] * q.nearL[j]
		}
		if q.u[j] < infinite {
			q.nearU[j], q.byU[j] = 1/(q.u[j]-q.x[j]), 1/q.zu[j]
			v += q.zu[j] * q.nearU[j]
		}
		q.d[j] = max(v, least)
	}
}

// aim sets the changes of the products that a direction aims at, from each
// product and the product of the steps of its factors along the direction so
// far.
func (q *method) aim(change func(product, second float64) float64) {
	for j, dx := range q.dx {
		if q.nearL[j] > 0 {
			q.tl[j] = change((q.x[j]-q.l[j])*q.zl[j], dx*q.dzl[j])
		}
		if q.nearU[j] > 0 {
			q.tu[j] = change((q.u[j]-q.x[j])*q.zu[j], -dx*q.dzu[j])
		}
	}
}

// direction computes the step that changes the products by tl and tu to the
// first order:
//
//	z_l dx + (x − l) dz_l = t_l,   −z_u dx + (u − x) dz_u = t_u
//
// If newton is true, it also removes the residuals of rows and prices;
// otherwise it leaves them as they are. dw and dz follow from dx and dy without
// a further system.
func (q *method) direction(newton bool) {
	for j := range q.g {
		q.g[j] = q.tl[j]*q.nearL[j] - q.tu[j]*q.nearU[j]
	}
	clear(q.right[q.n:])
	if newton {
		for j, v := range q.rd {
			q.g[j] -= v
		}
		copy(q.right[q.n:], q.rp)
	}
	for j, v := range q.g[:q.n] {
		q.right[j] = -v
	}
	for k, i := range q.row {
		q.right[q.n+int(i)] += q.g[q.n+k] / q.d[q.n+k]
	}
	q.solveSystem()
	copy(q.dx, q.sol[:q.n])
	copy(q.dy, q.sol[q.n:])
	for k, i := range q.row {
		w := q.n + k
		q.dx[w] = (q.g[w] - q.dy[i]) / q.d[w]
	}
	for j, dx := range q.dx {
		q.dzl[j] = (q.tl[j] - q.zl[j]*dx) * q.nearL[j]
		q.dzu[j] = (q.tu[j] + q.zu[j]*dx) * q.nearU[j]
	}
}

// longest returns the longest primal and dual steps up to 1 that keep all
// bounds. Only a variable that moves towards its bound limits a step.
func (q *method) longest() (primal, dual float64) {
	p, d := 1.0, 1.0
	for j, dx := range q.dx {
		p, d = larger(p, -dx*q.nearL[j]), larger(d, -q.dzl[j]*q.byL[j])
		p, d = larger(p, dx*q.nearU[j]), larger(d, -q.dzu[j]*q.byU[j])
	}
	return 1 / p, 1 / d
}

// larger returns the larger of two numbers that are not NaN. It is faster than
// max, which distinguishes zeros.
func larger(a, b float64) float64 {
	if b > a {
		return b
	}
	return a
}

// keep exchanges the direction and the one kept before.
func (q *method) keep() {
	q.dx, q.kept.dx = q.kept.dx, q.dx
	q.dy, q.kept.dy = q.kept.dy, q.dy
	q.dzl, q.kept.dzl = q.kept.dzl, q.dzl
	q.dzu, q.kept.dzu = q.kept.dzu, q.dzu
}

// blend adds the direction, which is a corrector, to the kept one with weights
// of at least least, and returns the longest steps along the sum.
func (q *method) blend(least float64) (primal, dual float64) {
	var weight, p, d [weights]float64 // p and d: inverse steps
	for k := range weight {
		weight[k] = least + (1-least)*float64(k)/(weights-1)
		p[k], d[k] = 1, 1
	}
	for j, c := range q.dx {
		near, far := -q.nearL[j], q.nearU[j]
		kept := q.kept.dx[j]
		keptL, cl := -q.kept.dzl[j]*q.byL[j], -q.dzl[j]*q.byL[j]
		keptU, cu := -q.kept.dzu[j]*q.byU[j], -q.dzu[j]*q.byU[j]
		for k, w := range weight {
			dx := kept + w*c
			p[k] = larger(larger(p[k], dx*near), dx*far)
			d[k] = larger(larger(d[k], keptL+w*cl), keptU+w*cu)
		}
	}
	// Of equal steps, the largest correction centres best.
	bestP, bestD := weights-1, weights-1
	for k := weights - 2; k >= 0; k-- {
		if p[k] < p[bestP] {
			bestP = k
		}
		if d[k] < d[bestD] {
			bestD = k
		}
	}
	wp, wd := weight[bestP], weight[bestD]
	for j := range q.dx {
		q.dx[j] = q.kept.dx[j] + wp*q.dx[j]
		q.dzl[j] = q.kept.dzl[j] + wd*q.dzl[j]
		q.dzu[j] = q.kept.dzu[j] + wd*q.dzu[j]
	}
	for i := range q.dy {
		q.dy[i] = q.kept.dy[i] + wd*q.dy[i]
	}
	return 1 / p[bestP], 1 / d[bestD]
}

// correct is Gondzio's corrector: products outside [0.1, 10] target after a
// longer step are returned there. It keeps the earlier direction.
func (q *method) correct(primal, dual, target float64) (longerPrimal, longerDual float64) {
	p, d := min(1, 1.08*primal+longer), min(1, 1.08*dual+longer)
	low, high := 0.1*target, 10*target
	// Products far above their target return by a part, so that they do not
	// rule the direction.
	pull := func(v float64) float64 {
		switch {
		case v < low:
			return low - v
		case v > 2*high:
			return -high
		case v > high:
			return high - v
		}
		return 0
	}
	for j, dx := range q.dx {
		x := q.x[j] + p*dx
		if q.nearL[j] > 0 {
			q.tl[j] = pull((x - q.l[j]) * (q.zl[j] + d*q.dzl[j]))
		}
		if q.nearU[j] > 0 {
			q.tu[j] = pull((q.u[j] - x) * (q.zu[j] + d*q.dzu[j]))
		}
	}
	q.keep()
	q.direction(false)
	return q.blend(primal * dual)
}

// products returns Σ (x−l) z_l + (u−x) z_u after a step, and the number of
// products.
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

// move takes a step that stays inside the bounds: 0.99 of the longest one, or
// 0.9995 if it is nearly complete, so that the last steps converge fast. Closer
// to a bound, the next step would be short. Products stay positive even if
// rounding would make a distance or a price 0.
func (q *method) move(primal, dual float64) {
	inside := 0.99
	if min(primal, dual) > full {
		inside = 0.9995
	}
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
