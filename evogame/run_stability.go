package evogame

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// stability linearises the motion at the state it is at. Strategies in play are disturbed along the
// simplex, and the real parts of the eigenvalues of the Jacobian decide; under an imitative dynamic
// strategies out of play grow or shrink on their own, at their growth rates. Velocities of other dynamics
// have a corner where a strategy is out of play, and then the first order does not decide. Nor is it asked
// about maps, whose stability is another question.
func (j *judge) stability() Stability {
	m := j.motion
	if m.dynamic == nil {
		return Undecided
	}
	var (
		directions [][3]int // population, strategy, and the strategy that pays for it
		worst      = math.Inf(-1)
		unit       = 0.0 // the fastest rate there is to compare with
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

// abscissa returns the largest real part of the eigenvalues of the Jacobian along the directions, by
// central differences short enough to stay inside the simplex; NaN where they cannot be found.
func (j *judge) abscissa(x State, directions [][3]int) float64 {
	m, n := j.motion, len(directions)
	f := m.f.Clone()
	defer func() {
		for i := range f {
			copy(m.f[i], f[i])
		}
	}()
	jacobian := mat.NewDense(n, n, nil)
	ahead, behind := x.Clone(), x.Clone()
	for column, d := range directions {
		i, v, payer := d[0], d[1], d[2]
		h := 1e-4 * min(x[i][v], x[i][payer])
		at, from := x[i][v], x[i][payer]
		x[i][v], x[i][payer] = at+h, from-h
		m.velocity(ahead, x)
		x[i][v], x[i][payer] = at-h, from+h
		m.velocity(behind, x)
		x[i][v], x[i][payer] = at, from
		for row, r := range directions {
			jacobian.Set(row, column, (ahead[r[0]][r[1]]-behind[r[0]][r[1]])/(2*h))
		}
	}
	if !allFinite(jacobian.RawMatrix().Data) { // the eigenvalue routine would never return
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
