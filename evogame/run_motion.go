package evogame

import (
	"fmt"
	"math"
)

// motion is a dynamic on a game as an ordinary differential equation dy/dt = F(y) in coordinates chosen
// so that its solution cannot leave the simplex.
//
// For an imitative dynamic y is log x of the strategies played at the start,
//
//	dy/dt = g(x, f(x)),   x = softmax(y)
//
// which has no boundary: x stays positive and sums to one whatever the error of a step, and an absolute
// error of y is a relative error of x, so that nearly extinct strategies keep their digits. Strategies
// unplayed at the start stay out of y.
//
// For other dynamics y is x itself. Runge-Kutta steps keep the sum; a component that a step carries below
// zero, by no more than the tolerance, is put back to zero and the sum to one, both for the state and
// wherever the velocity is evaluated.
type motion struct {
	game      PopulationGame
	rule      string    // type of the dynamic or map, for errors
	dynamic   Dynamic   // nil for a map
	imitative Imitative // dynamic, where it is one
	payoffs   func(dst, x State)
	// change writes how fast population i moves at state x with payoffs f; for a map, how far in a period.
	change func(dx []float64, i int, x, f []float64)
	speed  []float64 // per population, nil: 1
	parts  []part    // of the populations that move
	size   int       // length of y

	x, f   State     // state and payoffs at the last y looked at
	growth []float64 // working memory, as long as the largest population

	// The first state with a slope that is not finite, and its payoffs; nil before.
	badX, badF State
}

// part is the place of one moving population in y.
type part struct {
	population int
	strategies []int // represented in y, ascending
	from       int   // place of the first of them in y
}

func newMotion(g PopulationGame, d Dynamic, start State, o Options) *motion {
	m := &motion{game: g, rule: fmt.Sprintf("%T", d), dynamic: d, payoffs: evaluatorOf(g), speed: o.Speed, x: start.Clone()}
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

// slope writes dy/dt at y, and leaves the state and its payoffs in m.x and m.f.
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

// settle returns what puts y back on the simplex after a step. Logarithms need none of it: their common
// drift, which is rounding, drops out of the softmax.
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

// velocity writes dx/dt at the state x into dx; rows of populations that do not move are zero. Payoffs
// are left in m.f.
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
