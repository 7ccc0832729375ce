package evogame

// Payoffs implements [PopulationGame]: the expected payoff of every strategy against independently
// mixing opponents,
//
//	f_i(v; x) = Σ_{a: a_i = v} Π_{j≠i} x_{j,a_j} U_i(a)
//
// computed exactly by contracting one opponent after another out of the payoff tensor. The first
// contraction visits every payoff once and each further one what is left, so that a player costs less
// than two multiplications per profile instead of one per profile and opponent.
func (t *Table) Payoffs(dst, x State) {
	buffer, _ := t.scratch.Get().(*[]float64)
	if buffer == nil {
		b := make([]float64, t.space.count)
		buffer = &b
	}
	t.expected(dst, x, *buffer)
	t.scratch.Put(buffer)
}

// evaluator returns a function like Payoffs with memory of its own; it is not safe for concurrent use.
func (t *Table) evaluator() func(dst, x State) {
	buffer := make([]float64, t.space.count)
	return func(dst, x State) { t.expected(dst, x, buffer) }
}

func (t *Table) expected(dst, x State, buffer []float64) {
	for i := range dst {
		// rest is what remains of the tensor of player i, row by row: first the axes before i are
		// contracted, each the slowest one at its turn, then those behind i, within each row of i.
		rest := t.payoffs[i]
		for j := range i {
			n := len(rest) / len(x[j])
			contract(buffer[:n], rest, x[j])
			rest = buffer[:n]
		}
		rows := len(x[i])
		for j := i + 1; j < len(x); j++ {
			row := len(rest) / rows
			n := row / len(x[j])
			// In place is safe: a row is read before anything is written at or behind its start.
			for v := range rows {
				contract(buffer[v*n:(v+1)*n], rest[v*row:(v+1)*row], x[j])
			}
			rest = buffer[:rows*n]
		}
		copy(dst[i], rest)
	}
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
