package evogame

// Payoffs implements [PopulationGame]. It writes the expected payoff of every
// strategy against opponents that mix independently:
//
//	f_i(v; x) = Σ_{a: a_i = v} Π_{j≠i} x_{j,a_j} U_i(a)
//
// The sum is computed by contracting the axes of the payoff tensor, one
// opponent after another. The first contraction reads every payoff once, and
// each later one reads the remaining tensor. With n profiles and m strategies
// per player this costs n (1 + 1/m + 1/m² + …) < 2n multiplications per player,
// instead of n per opponent.
//
// Strategies with a probability below 1e-40 are omitted, far below rounding.
// Trajectories of many players spend most of their time close to a vertex, and
// few profiles remain there.
func (t *Table) Payoffs(dst, x State) {
	s, _ := t.scratch.Get().(*tableScratch)
	if s == nil {
		s = newTableScratch(t)
	}
	t.expected(dst, x, s)
	t.scratch.Put(s)
}

// negligible is the probability below which an expectation omits a strategy.
const negligible = 1e-40

// evaluator returns a function like Payoffs that owns its working memory. It is
// not safe for concurrent use.
func (t *Table) evaluator() func(dst, x State) {
	s := newTableScratch(t)
	return func(dst, x State) { t.expected(dst, x, s) }
}

// tableScratch is the working memory of one evaluation.
type tableScratch struct {
	buffer []float64
	// The fields below are allocated at the first state with a negligible
	// probability.
	every  [][]int // all strategies of each player: 0, 1, …
	played [][]int // strategies of each player that are not negligible
	weight State   // probabilities of the played strategies
	axes   []axis  // of the profiles that restrict copies
}

func newTableScratch(t *Table) *tableScratch {
	return &tableScratch{buffer: make([]float64, t.space.count)}
}

// expected writes f(x) into dst. Each player uses the full payoff tensor, or a
// copy of the part that its opponents play if one of them has a negligible
// strategy.
func (t *Table) expected(dst, x State, s *tableScratch) {
	lacking, last := 0, 0 // number of players with a negligible strategy, and the last of them
	for j, row := range x {
		for _, p := range row {
			if p < negligible {
				lacking, last = lacking+1, j
				break
			}
		}
	}
	if lacking > 0 {
		s.collect(x)
	}
	for i := range dst {
		from, weight := t.payoffs[i], x
		// A negligible strategy of i itself is no reason to copy: f_i covers
		// all strategies of i.
		if lacking > 1 || lacking == 1 && last != i {
			from, weight = s.restrict(t, i), s.weight
		}
		expectation(dst[i], from, weight, i, s.buffer)
	}
}

// collect lists the strategies in play and their probabilities.
func (s *tableScratch) collect(x State) {
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
			if !(p < negligible) { // keep NaN, so that it reaches the result
				s.played[j], s.weight[j] = append(s.played[j], v), append(s.weight[j], p)
			}
		}
	}
}

// expectation writes the expected payoffs of player i into dst. payoffs is a
// tensor with one axis per player, and x holds the probabilities along the
// axes. For example, with three players and i = 1, the tensor [a0 a1 a2] is
// reduced to [a1 a2] by x_0, then to [a1] by x_2.
func expectation(dst, payoffs []float64, x State, i int, buffer []float64) {
	// rest is the remaining tensor in row-major order. The axes before i are
	// contracted first, each the slowest at its turn. The axes after i follow,
	// within each row of i.
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
		// Reading and writing one buffer is safe: row v is written to v*n, at
		// or before its start v*row, after all earlier rows have been read.
		for v := range rows {
			contract(buffer[v*n:(v+1)*n], rest[v*row:(v+1)*row], x[j])
		}
		rest = buffer[:rows*n]
	}
	copy(dst, rest)
}

// contract computes dst[k] = Σ_m x[m] src[m·len(dst)+k], the product of a
// vector and a matrix with len(x) rows. dst may overlap the start of src. The
// cases of two and three strategies are unrolled, because they are the
// innermost loop of every run.
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

// axis holds the strategies of one player to gather, and the distance between
// neighbours in the tensor.
type axis struct {
	strategies []int
	stride     int
}

// restrict copies the payoffs of player i at the profiles in which every
// opponent plays a strategy listed in played. All strategies of i itself stay.
func (s *tableScratch) restrict(t *Table, i int) []float64 {
	s.axes = s.axes[:0]
	size, run := 1, 1 // number of profiles copied; length of the blocks behind the last cut axis
	for j, m := range t.space.sizes {
		kept := len(s.played[j])
		if j == i {
			kept = m
		}
		size *= kept
		if kept == m {
			continue
		}
		// The axes between the previous cut axis and this one are copied whole.
		for at := len(s.axes); at < j; at++ {
			s.axes = append(s.axes, axis{s.every[at], t.space.strides[at]})
		}
		s.axes = append(s.axes, axis{s.played[j], t.space.strides[j]})
		run = t.space.strides[j]
	}
	gather(s.buffer, t.payoffs[i], s.axes, run)
	return s.buffer[:size]
}

// gather copies the entries of src selected by axes into dst, in order, in
// blocks of length run. It returns the number of entries copied.
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
