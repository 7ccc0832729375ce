package evogame

import (
	"fmt"
	"math"
)

// motion is a dynamic on a game as an ordinary differential equation dy/dt =
// F(y), in coordinates y whose solution stays in the simplex.
//
// For an imitative dynamic, y = log x for the strategies with players at the
// start:
//
//	dy/dt = g(x, f(x))        x[v] = e^{y[v]} / Σ_u e^{y[u]}
//
// These coordinates have no boundary: x stays positive with sum 1 for every
// error of a step. An absolute error of y is a relative error of x, so that
// small probabilities keep their digits. Strategies without players at the
// start are not part of y.
//
// For other dynamics, y = x. Runge-Kutta steps keep the sum. A step may make a
// component negative, by at most the tolerance. Before each evaluation of the
// velocity and after each step, negative components are set to 0 and the sum to
// 1.
type motion struct {
	game      PopulationGame
	rule      string    // type of the dynamic or map, for errors
	dynamic   Dynamic   // nil for a map
	imitative Imitative // the dynamic if it is imitative, else nil
	payoffs   func(dst, x State)
	// change writes the velocity of population i at state x with payoffs f; for
	// a map, its change in one period.
	change func(dx []float64, i int, x, f []float64)
	speed  []float64 // per population; nil: 1
	parts  []part    // of the populations that move
	size   int       // length of y

	x, f   State     // state and payoffs of the last evaluation
	growth []float64 // working memory with one entry per strategy of the largest population

	// badX and badF are the first state with a slope that is not finite, and
	// its payoffs.
	badX, badF State
}

// part is the range of one moving population in y.
type part struct {
	population int
	strategies []int // in y, ascending
	from       int   // index of the first of them in y
}

// newMotion returns the motion of d from start. Held populations and
// populations with one strategy in play do not move and have no part in y.
func newMotion(g PopulationGame, d Dynamic, start State, o Options) *motion {
	m := &motion{
		game: g, rule: fmt.Sprintf("%T", d), dynamic: d,
		payoffs: evaluatorOf(g), speed: o.Speed, x: start.Clone(),
	}
	m.imitative, _ = d.(Imitative)
	m.change = func(dx []float64, i int, x, f []float64) {
		d.Velocity(dx, x, f)
		for v := range dx {
			dx[v] *= m.speedOf(i)
		}
	}
	m.f = start.Clone()
	held := make([]bool, len(start))
	for _, i := range o.Held {
		held[i] = true
	}
	largest := 0
	for i, row := range start {
		largest = max(largest, len(row))
		if held[i] {
			continue
		}
		p := part{population: i, from: m.size}
		for v := range row {
			if m.imitative == nil || row[v] > 0 {
				p.strategies = append(p.strategies, v)
			}
		}
		if len(p.strategies) > 1 {
			m.parts = append(m.parts, p)
			m.size += len(p.strategies)
		}
	}
	m.growth = make([]float64, largest)
	return m
}

// encode returns the coordinates of a state.
func (m *motion) encode(x State) []float64 {
	y := make([]float64, m.size)
	for _, p := range m.parts {
		for k, v := range p.strategies {
			y[p.from+k] = x[p.population][v]
			if m.imitative != nil {
				y[p.from+k] = math.Log(x[p.population][v])
			}
		}
	}
	return y
}

// decode writes the state at y into m.x.
func (m *motion) decode(y []float64) {
	for _, p := range m.parts {
		row, at := m.x[p.population], y[p.from:p.from+len(p.strategies)]
		if m.imitative == nil {
			for v, value := range at {
				row[v] = max(0, value)
			}
			normalise(row)
			continue
		}
		// Subtracting the largest coordinate keeps every exponential at most 1.
		top := at[0]
		for _, value := range at[1:] {
			top = max(top, value)
		}
		sum := 0.0
		for k, v := range p.strategies {
			row[v] = math.Exp(at[k] - top)
			sum += row[v]
		}
		for _, v := range p.strategies {
			row[v] /= sum
		}
	}
}

// slope writes dy/dt at y into dy. It leaves the state and its payoffs in m.x
// and m.f.
func (m *motion) slope(dy, y []float64) {
	m.decode(y)
	m.payoffs(m.f, m.x)
	sum := 0.0
	for _, p := range m.parts {
		x, f := m.x[p.population], m.f[p.population]
		g := m.growth[:len(x)]
		if m.imitative != nil {
			m.imitative.Growth(g, x, f)
		} else {
			m.dynamic.Velocity(g, x, f)
		}
		speed := m.speedOf(p.population)
		for k, v := range p.strategies {
			dy[p.from+k] = speed * g[v]
			sum += g[v]
		}
	}
	if m.badX == nil && !finite(sum) {
		m.badX, m.badF = m.x.Clone(), m.f.Clone()
	}
}

// settle returns the projection of y to the simplex after a step. It is nil for
// logarithms: a common drift of all logarithms, due to rounding, cancels in
// decode.
func (m *motion) settle() func(y []float64) {
	if m.imitative != nil {
		return nil
	}
	return func(y []float64) {
		m.decode(y)
		for _, p := range m.parts {
			copy(y[p.from:p.from+len(p.strategies)], m.x[p.population])
		}
	}
}

// velocity writes dx/dt at state x into dx, with zero rows for populations that
// do not move. It leaves the payoffs in m.f.
func (m *motion) velocity(dx, x State) {
	m.payoffs(m.f, x)
	for i := range dx {
		for v := range dx[i] {
			dx[i][v] = 0
		}
	}
	for _, p := range m.parts {
		i := p.population
		m.change(dx[i], i, x[i], m.f[i])
	}
}

func (m *motion) speedOf(population int) float64 {
	if m.speed == nil {
		return 1
	}
	return m.speed[population]
}
