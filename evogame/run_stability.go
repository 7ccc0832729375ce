package evogame

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// stability classifies a rest point by the largest real part of the eigenvalues
// of the linearised motion. Strategies in play contribute the Jacobian along
// the simplex. Under an imitative dynamic, a strategy v out of play contributes
// its growth rate g[v], because dx[v]/dt = x[v] g[v].
//
// The result is Undecided for other dynamics with a strategy out of play,
// because their velocity is not differentiable there, and for maps, whose
// stability depends on the modulus of eigenvalues.
func (j *judge) stability() Stability {
	m := j.motion
	if m.dynamic == nil {
		return Undecided
	}
	var (
		directions [][3]int // population, strategy that gains, strategy that loses
		worst      = math.Inf(-1)
		unit       = 0.0 // largest speed of a moving population, the unit of rates
	)
	x := m.x.Clone()
	for _, p := range m.parts {
		i := p.population
		unit = max(unit, j.scale.speed[i])
		largest := 0
		for v := range x[i] {
			if x[i][v] > x[i][largest] {
				largest = v
			}
		}
		for v := range x[i] {
			switch {
			case v == largest:
			case x[i][v] >= supportCut:
				directions = append(directions, [3]int{i, v, largest})
			case m.imitative == nil:
				return Undecided
			}
		}
	}
	if m.imitative != nil {
		for i := range x {
			if !j.free[i] {
				continue
			}
			m.imitative.Growth(m.growth[:len(x[i])], x[i], m.f[i])
			for v := range x[i] {
				if x[i][v] < supportCut {
					worst = max(worst, m.speedOf(i)*m.growth[v])
				}
			}
		}
	}
	if n := len(directions); n > 0 {
		worst = max(worst, j.abscissa(x, directions))
	}
	switch threshold := 1e-6 * unit; {
	case worst > threshold:
		return Unstable
	case worst < -threshold:
		return Stable
	}
	return Undecided
}

// abscissa returns the largest real part of the eigenvalues of the Jacobian
// along the directions,
//
//	J_rd = ( ẋ_r(x + h e_d) − ẋ_r(x − h e_d) ) / 2h
//
// where e_d is 1 in the gaining strategy of direction d and −1 in the losing
// one, and h is short enough to stay inside the simplex. It returns NaN if the
// eigenvalues cannot be computed.
func (j *judge) abscissa(x State, directions [][3]int) float64 {
	m, n := j.motion, len(directions)
	f := m.f.Clone() // velocity overwrites the payoffs in the motion; restore them on return
	defer func() {
		for i := range f {
			copy(m.f[i], f[i])
		}
	}()
	jacobian := mat.NewDense(n, n, nil)
	ahead, behind := x.Clone(), x.Clone()
	for column, d := range directions {
		i, v, loser := d[0], d[1], d[2]
		h := 1e-4 * min(x[i][v], x[i][loser])
		at, from := x[i][v], x[i][loser]
		x[i][v], x[i][loser] = at+h, from-h
		m.velocity(ahead, x)
		x[i][v], x[i][loser] = at-h, from+h
		m.velocity(behind, x)
		x[i][v], x[i][loser] = at, from
		for row, r := range directions {
			jacobian.Set(row, column, (ahead[r[0]][r[1]]-behind[r[0]][r[1]])/(2*h))
		}
	}
	if !allFinite(jacobian.RawMatrix().Data) { // Factorize does not terminate on NaN
		return math.NaN()
	}
	var eigen mat.Eigen
	if !eigen.Factorize(jacobian, mat.EigenNone) {
		return math.NaN()
	}
	largest := math.Inf(-1)
	for _, value := range eigen.Values(nil) {
		largest = max(largest, real(value))
	}
	return largest
}
