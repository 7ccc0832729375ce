package evogame

// Payoffs implements [PopulationGame]: the expected payoff of every strategy against independently
// mixing opponents,
//
//	f_i(v; x) = Σ_{a: a_i = v} Π_{j≠i} x_{j,a_j} U_i(a)
//
// computed by contracting one opponent after another out of the payoff tensor. The first contraction
// visits every payoff once and each further one what is left, so that a player costs less than two
// multiplications per profile instead of one per profile and opponent.
//
// Strategies of a probability below 1e-40 are left out, which is far below rounding: close to a vertex,
// where trajectories of many players spend most of their time, few profiles are visited at all.
func (t *Table) Payoffs(dst, x State) {
	s, _ := t.scratch.Get().(*tableScratch)
	if s == nil {
		s = newTableScratch(t)
	}
	t.expected(dst, x, s)
	t.scratch.Put(s)
}

// negligible is the probability below which a strategy is left out of an expectation.
const negligible = 1e-40

// evaluator returns a function like Payoffs with memory of its own; it is not safe for concurrent use.
func (t *Table) evaluator() func(dst, x State) {
	s := newTableScratch(t)
	return func(dst, x State) { t.expected(dst, x, s) }
}

// tableScratch is the working memory of one evaluation.
type tableScratch struct {
	buffer []float64
	every  [][]int // all strategies of each player; this and what follows only once it is needed
	played [][]int // those in play
	weight State   // their probabilities
	axes   []axis
}

func newTableScratch(t *Table) *tableScratch {
	return &tableScratch{buffer: make([]float64, t.space.count)}
}

func (t *Table) expected(dst, x State, s *tableScratch) {
	lacking, last := 0, 0 // players with a strategy out of play, and one of them
	for j, row := range x {
		for _, p := range row {
			if p < negligible {
				lacking, last = lacking+1, j
				break
			}
		}
	}
	if lacking > 0 {
		s.note(x)
	}
	for i := range dst {
		from, weight := t.payoffs[i], x
		if lacking > 1 || lacking == 1 && last != i {
			from, weight = s.restrict(t, i), s.weight
		}
		expectation(dst[i], from, weight, i, s.buffer)
	}
}

// note writes down what is in play.
func (s *tableScratch) note(x State) {
	if s.every == nil {
		s.every, s.played, s.weight = make([][]int, len(x)), make([][]int, len(x)), make(State, len(x))
		for j, row := range x {
			for v := range row {
				s.every[j] = append(s.every[j], v)
			}
		}
	}
	for j, row := range x {
		s.played[j], s.weight[j] = s.played[j][:0], s.weight[j][:0]
		for v, p := range row {
			if !(p < negligible) { // NaN stays in, to be seen
				s.played[j], s.weight[j] = append(s.played[j], v), append(s.weight[j], p)
			}
		}
	}
}

// expectation contracts the opponents of player i out of its payoffs, which have an axis for each player.
func expectation(dst, payoffs []float64, x State, i int, buffer []float64) {
	// rest is what remains of the tensor, row by row: first the axes before i are contracted, each the
	// slowest one at its turn, then those behind i, within each row of i.
	rest := payoffs
	for j := range i {
		n := len(rest) / len(x[j])
		contract(buffer[:n], rest, x[j])
		rest = buffer[:n]
	}
	rows := len(dst)
	for j := i + 1; j < len(x); j++ {
		row := len(rest) / rows
		n := row / len(x[j])
		// In place is safe: a row is read before anything is written at or behind its start.
		for v := range rows {
			contract(buffer[v*n:(v+1)*n], rest[v*row:(v+1)*row], x[j])
		}
		rest = buffer[:rows*n]
	}
	copy(dst, rest)
}

// contract computes dst[k] = Σ_m x[m] src[m·len(dst)+k]. dst may overlap the start of src.
func contract(dst, src, x []float64) {
	n := len(dst)
	switch len(x) {
	case 2:
		a, b := x[0], x[1]
		first, second := src[:n], src[n:2*n]
		for k := range dst {
			dst[k] = a*first[k] + b*second[k]
		}
	case 3:
		a, b, c := x[0], x[1], x[2]
		first, second, third := src[:n], src[n:2*n], src[2*n:3*n]
		for k := range dst {
			dst[k] = a*first[k] + b*second[k] + c*third[k]
		}
	default:
		first := src[:n]
		for k := range dst {
			dst[k] = x[0] * first[k]
		}
		for m := 1; m < len(x); m++ {
			part := src[m*n : (m+1)*n]
			for k := range dst {
				dst[k] += x[m] * part[k]
			}
		}
	}
}

// axis is a part of the profiles to gather: the strategies of a player and how far apart they are.
type axis struct {
	strategies []int
	stride     int
}

// restrict copies the payoffs of player i at the profiles in which everybody else plays what is in play.
func (s *tableScratch) restrict(t *Table, i int) []float64 {
	s.axes = s.axes[:0]
	size, run := 1, 1 // numbers of profiles, and of neighbours behind the last axis that is cut
	for j, m := range t.space.sizes {
		kept := len(s.played[j])
		if j == i {
			kept = m
		}
		size *= kept
		if kept == m {
			continue
		}
		// Everything between this axis and the one before is visited whole.
		for at := len(s.axes); at < j; at++ {
			s.axes = append(s.axes, axis{s.every[at], t.space.strides[at]})
		}
		s.axes = append(s.axes, axis{s.played[j], t.space.strides[j]})
		run = t.space.strides[j]
	}
	gather(s.buffer, t.payoffs[i], s.axes, run)
	return s.buffer[:size]
}

// gather writes the chosen entries of src, in their order, and returns how many.
func gather(dst, src []float64, axes []axis, run int) int {
	if len(axes) == 0 {
		return copy(dst, src[:run])
	}
	n, a := 0, axes[0]
	for _, v := range a.strategies {
		n += gather(dst[n:], src[v*a.stride:], axes[1:], run)
	}
	return n
}
