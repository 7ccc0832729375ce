package audit

import "math"

// point is power, heat and gas of one way to operate, MW.
type point [3]float64

func (a point) minus(b point) point { return point{a[0] - b[0], a[1] - b[1], a[2] - b[2]} }

func (a point) dot(b point) float64 { return a[0]*b[0] + a[1]*b[1] + a[2]*b[2] }

// fromMix returns the distance of x from the convex hull of some points, MW. By
// the theorem of Carathéodory the nearest point of the hull is in a simplex of
// at most four points, so that the function tries all simplices. For n points
// these are O(n⁴), which suits the few operating points of a CHP.
func fromMix(x point, points []point) float64 {
	nearest := math.Inf(1)
	var try func(chosen []point, from int)
	try = func(chosen []point, from int) {
		if len(chosen) > 0 {
			nearest = min(nearest, fromSimplex(x, chosen))
		}
		if len(chosen) == len(x)+1 {
			return
		}
		for i := from; i < len(points); i++ {
			try(append(chosen[:len(chosen):len(chosen)], points[i]), i+1)
		}
	}
	try(nil, 0)
	return nearest
}

// fromSimplex returns the distance of x from its projection onto the affine
// hull of some corners. It returns +Inf if the projection is outside the
// simplex or if the corners are affinely dependent. With the edges d_i =
// corner_i − corner_0, the projection corner_0 + Σ_i λ_i d_i solves the normal
// equations
//
//	Σ_j (d_i · d_j) λ_j = d_i · (x − corner_0)    for each i
//
// and is inside the simplex if λ_i ≥ 0 and Σ_i λ_i ≤ 1.
func fromSimplex(x point, corners []point) float64 {
	var (
		n      = len(corners) - 1
		target = x.minus(corners[0])
		system = make([][]float64, n) // normal equations with the right-hand side
	)
	for i := range system {
		system[i] = make([]float64, n+1)
		edge := corners[i+1].minus(corners[0])
		for j := range n {
			system[i][j] = edge.dot(corners[j+1].minus(corners[0]))
		}
		system[i][n] = edge.dot(target)
	}
	lambdas, ok := eliminate(system)
	if !ok {
		return math.Inf(1)
	}
	const inside = -1e-9
	rest := 1.0
	for i, lambda := range lambdas {
		if lambda < inside {
			return math.Inf(1)
		}
		rest -= lambda
		edge := corners[i+1].minus(corners[0])
		for k := range target { // ends as x minus the projection
			target[k] -= lambda * edge[k]
		}
	}
	if rest < inside {
		return math.Inf(1)
	}
	return math.Sqrt(target.dot(target))
}

// eliminate solves a small linear system by Gauss-Jordan elimination with row
// pivots. A row holds the coefficients and the right-hand side. ok is false if
// the system is singular.
func eliminate(rows [][]float64) (solution []float64, ok bool) {
	n := len(rows)
	for k := range n {
		pivot := k
		for i := k + 1; i < n; i++ {
			if math.Abs(rows[i][k]) > math.Abs(rows[pivot][k]) {
				pivot = i
			}
		}
		if math.Abs(rows[pivot][k]) < 1e-9 {
			return nil, false
		}
		rows[k], rows[pivot] = rows[pivot], rows[k]
		for i := range rows {
			if i == k {
				continue
			}
			factor := rows[i][k] / rows[k][k]
			for j := k; j <= n; j++ {
				rows[i][j] -= factor * rows[k][j]
			}
		}
	}
	solution = make([]float64, n)
	for k := range solution {
		solution[k] = rows[k][n] / rows[k][k]
	}
	return solution, true
}
