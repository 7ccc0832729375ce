package audit

import "math"

// point is power, heat and gas of one way to run, MW.
type point [3]float64

func (a point) minus(b point) point { return point{a[0] - b[0], a[1] - b[1], a[2] - b[2]} }

func (a point) dot(b point) float64 { return a[0]*b[0] + a[1]*b[1] + a[2]*b[2] }

// fromMix returns how far x is from the nearest mix of points, MW. The nearest one lies in a simplex of at
// most four of them (Carathéodory), so that all simplices are tried.
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

// fromSimplex returns the distance of x from its projection onto the flat through some corners where that
// lies between them, and +Inf where not or where the corners do not span one.
func fromSimplex(x point, corners []point) float64 {
	var (
		n      = len(corners) - 1
		target = x.minus(corners[0])
		system = make([][]float64, n) // of the normal equations, with the right-hand side
	)
	for i := range system {
		system[i] = make([]float64, n+1)
		edge := corners[i+1].minus(corners[0])
		for j := range n {
			system[i][j] = edge.dot(corners[j+1].minus(corners[0]))
		}
		system[i][n] = edge.dot(target)
	}
	shares, ok := eliminate(system)
	if !ok {
		return math.Inf(1)
	}
	const inside = -1e-9
	rest := 1.0
	for i, share := range shares {
		if share < inside {
			return math.Inf(1)
		}
		rest -= share
		edge := corners[i+1].minus(corners[0])
		for k := range target {
			target[k] -= share * edge[k]
		}
	}
	if rest < inside {
		return math.Inf(1)
	}
	return math.Sqrt(target.dot(target))
}

// eliminate solves a small linear system by Gauss's method with row pivots; ok is false where it is
// singular.
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
