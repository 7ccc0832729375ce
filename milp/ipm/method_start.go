package ipm

import "math"

// begin sets the starting point: the x next to the bounds that satisfies the
// rows, and the y that makes z = c − Aᵀ y smallest, in the least-squares sense.
// Both are then moved into the interior.
//
// Source: Mehrotra (1992), section 7, with two bounds as in Andersen, Gondzio,
// Mészáros and Xu, Implementation of interior-point methods for large scale
// linear programming, in: Terlaky (ed.), Interior Point Methods of Mathematical
// Programming, Kluwer (1996).
func (q *method) begin() bool {
	// With D = 1 the system is that of least squares.
	for j := range q.d {
		q.d[j] = 1
	}
	if !q.prepare() {
		return false
	}
	for j := range q.l {
		lower, upper := q.l[j] > -infinite, q.u[j] < infinite
		switch {
		case lower && upper:
			q.x[j] = min((q.l[j]+q.u[j])/2, q.l[j]+1)
		case lower:
			q.x[j] = q.l[j]
		case upper:
			q.x[j] = q.u[j]
		default:
			q.x[j] = 0
		}
	}
	// First system: the smallest change of x and w that satisfies the rows.
	q.multiply(q.x[:q.n], q.ax)
	clear(q.right)
	for i, w := range q.slot {
		q.right[q.n+i] = q.b[i] - q.ax[i]
		if w >= 0 {
			q.right[q.n+i] += q.x[w]
		}
	}
	q.solveSystem()
	for j := range q.n {
		q.x[j] += q.sol[j]
	}
	for k, i := range q.row {
		q.x[q.n+k] -= q.sol[q.n+int(i)]
	}
	// Second system: the y with the smallest c − Aᵀ y.
	clear(q.right)
	copy(q.right, q.cost)
	q.solveSystem()
	copy(q.y, q.sol[q.n:])
	clear(q.zl)
	clear(q.zu)
	q.residuals()
	outside := 0.0
	for j := range q.l {
		outside = max(outside, q.l[j]-q.x[j], q.x[j]-q.u[j])
	}
	// Distances from the bounds as large as limits and costs keep the first
	// steps long.
	size, cost := max(1, norm(q.b)), norm(q.cost)
	if q.cautious {
		size, cost = 0.1, 0.1
	}
	inner := min(max(1.5*outside, size), 1e3)
	price := min(max(0.5*norm(q.rd), cost, 0.1), 1e3)
	// Both points move into the interior, and z takes the sign of the reduced
	// cost.
	for j := range q.l {
		lower, upper := q.l[j] > -infinite, q.u[j] < infinite
		z := q.rd[j]
		switch {
		case lower && upper:
			h := min(inner, 0.45*(q.u[j]-q.l[j]))
			q.x[j] = min(max(q.x[j], q.l[j]+h), q.u[j]-h)
			q.zl[j], q.zu[j] = price+math.Max(z, 0), price+math.Max(-z, 0)
			// A bound far away has a small price, as if it were absent.
			if far := q.u[j] - q.x[j]; far > remote {
				q.zu[j] *= inner / far
			}
			if far := q.x[j] - q.l[j]; far > remote {
				q.zl[j] *= inner / far
			}
		case lower:
			q.x[j] = max(q.x[j], q.l[j]) + inner
			q.zl[j] = max(z, 0) + price
		case upper:
			q.x[j] = min(q.x[j], q.u[j]) - inner
			q.zu[j] = max(-z, 0) + price
		}
	}
	return true
}
