package fleet

import (
	"cmp"
	"context"
	"math"
	"slices"
)

// moves bounds the marginal values of single DERs in their places, and in other
// places. Marginal values differ from the answers to prices y by no more than
// the error ε of y in the VPP,
//
//	J_b(S ∪ i) − J_b(S) ≤ π_ib(y) + ε_b(y),   J_a(S) − J_a(S \ i) ≥ π_ia(y) − ε_a(y)
//	ε_v(y) = G_v(y) + Σ_{j in S} π_jv(y) − J_v(S) ≥ 0
//
// so that each system of prices can only tighten them. The values of VPPs have
// kinks, at which many prices have no error. The right side is equal to the
// left one for the prices of S ∪ i and S \ i: they are those of a program of
// its own, with one DER more or less.
type moves struct {
	place  []int
	values []float64   // J_v(S) at least, per VPP
	uppers []float64   // J_v(S) at most, per VPP
	brings []float64   // J_a(S) − J_a(S \ i) at least, per DER in its place a
	finds  [][]float64 // J_b(S ∪ i) − J_b(S) at most, per DER and VPP b

	supports [][][]float64          // prices so far, per VPP
	changed  map[[2]int]*dispatched // programs with one DER more or less, by DER and VPP
}

// newMoves returns moves without bounds.
func newMoves(place []int, reached []dispatched) *moves {
	m := &moves{place: place, changed: map[[2]int]*dispatched{}, supports: make([][][]float64, len(reached))}
	for v := range reached {
		m.values = append(m.values, reached[v].value)
		m.uppers = append(m.uppers, math.Inf(1))
	}
	for range place {
		m.brings = append(m.brings, math.Inf(-1))
		m.finds = append(m.finds, slices.Repeat([]float64{math.Inf(1)}, len(reached)))
	}
	return m
}

// tighten uses one more system of prices of VPP v. Sums are rounded outwards.
func (x *population) tighten(ctx context.Context, m *moves, v int, duals []float64) error {
	trade, err := x.venues[v].trading(ctx, x.linear, duals)
	if err != nil {
		return err
	}
	answers, err := x.answersIn(ctx, v, x.venues[v].tariff(duals))
	if err != nil {
		return err
	}
	upper, size := trade, math.Abs(trade)+math.Abs(m.values[v])
	for i, a := range m.place {
		if a == v {
			upper += answers[i]
			size += math.Abs(answers[i])
		}
	}
	upper += outwards * max(1, size)
	m.uppers[v] = min(m.uppers[v], upper)
	wrong := max(0, upper-m.values[v])
	for i, a := range m.place {
		if a == v {
			m.brings[i] = max(m.brings[i], answers[i]-wrong)
		} else {
			m.finds[i][v] = min(m.finds[i][v], answers[i]+wrong)
		}
	}
	m.supports[v] = append(m.supports[v], duals)
	return nil
}

// tightenAll uses several systems of prices per VPP.
func (x *population) tightenAll(ctx context.Context, m *moves, supports [][][]float64) error {
	return inParallel(len(supports), func(v int) error {
		for _, duals := range supports[v] {
			if err := x.tighten(ctx, m, v, duals); err != nil {
				return err
			}
		}
		return nil
	})
}

// supports returns prices of small error, per VPP: those of the bound, mixtures
// of those of the classes and of the VPP, and the best ones on the way to its
// value.
func supports(bound, classes [][]float64, reached []dispatched) [][][]float64 {
	const best = 8 // of each VPP, assumed
	out := make([][][]float64, len(reached))
	for v := range out {
		out[v] = append(out[v], bound[v])
		for _, duals := range systems(classes, reached) {
			if !slices.Equal(duals[v], bound[v]) {
				out[v] = append(out[v], duals[v])
			}
		}
		near := slices.Clone(reached[v].near)
		slices.SortStableFunc(near, func(a, b nearly) int { return cmp.Compare(a.upper, b.upper) })
		for _, n := range near[:min(best, len(near))] {
			if !slices.Equal(n.duals, reached[v].duals) {
				out[v] = append(out[v], n.duals)
			}
		}
	}
	return out
}

// regret returns the most that any DER gains by a move, at least 0.
func (x *population) regret(m *moves) float64 {
	worst := 0.0
	for i := range m.place {
		most, _ := x.gain(m, i)
		worst = max(worst, most)
	}
	return worst
}

// gain returns the most that DER i gains by a move, and the place to which it
// would move.
func (x *population) gain(m *moves, i int) (most float64, to int) {
	here := x.outside(i)
	if m.place[i] != Nowhere {
		here = m.brings[i]
	}
	most, to = x.outside(i)-here, Nowhere
	for v, there := range m.finds[i] {
		if v != m.place[i] && there-here > most {
			most, to = there-here, v
		}
	}
	return most, to
}

// largest returns the DERs in the order of the most that they gain by a move,
// the largest first.
func (x *population) largest(m *moves) (ders []int, most []float64) {
	most = make([]float64, len(m.place))
	for i := range m.place {
		ders = append(ders, i)
		most[i], _ = x.gain(m, i)
	}
	slices.SortStableFunc(ders, func(a, b int) int { return cmp.Compare(most[b], most[a]) })
	return ders, most
}

// reached returns the least that some DER gains by a move, at least 0: one
// whose both programs are solved.
func (x *population) reached(m *moves) float64 {
	out := 0.0
	for i, a := range m.place {
		here := x.outside(i) // at most
		if a != Nowhere {
			d := m.changed[[2]int{i, a}]
			if d == nil {
				continue
			}
			here = m.uppers[a] - d.value
			out = max(out, x.outside(i)-here)
		}
		for b := range m.finds[i] {
			if d := m.changed[[2]int{i, b}]; b != a && d != nil {
				out = max(out, d.value-m.uppers[b]-here)
			}
		}
	}
	return out
}

// proveMoves bounds the largest gain of a single DER that moves. It uses the
// best prices of each VPP, and then programs with one DER more or less, for the
// DERs with the largest bounds. It ends if the bound is proven to be within the
// tolerance of the largest gain, or after a number of programs.
func (x *population) proveMoves(ctx context.Context, m *moves, reached []dispatched, tolerance float64, programs int) error {
	const batch = 4 // DERs at a time, of which each has two programs
	for programs > 0 {
		ders, most := x.largest(m)
		if len(ders) == 0 || most[ders[0]] <= x.reached(m)+tolerance {
			return nil
		}
		var jobs [][2]int
		for rank, i := range ders[:min(batch, len(ders))] {
			_, to := x.gain(m, i)
			for _, v := range []int{m.place[i], to} {
				if job := [2]int{i, v}; v != Nowhere && m.changed[job] == nil {
					jobs = append(jobs, job)
				}
			}
			if rank == 0 && len(jobs) == 0 {
				return nil // both programs of the largest one are solved
			}
		}
		jobs = jobs[:min(len(jobs), programs)]
		programs -= len(jobs)
		done := make([]*dispatched, len(jobs))
		err := inParallel(len(jobs), func(k int) (err error) {
			i, v := jobs[k][0], jobs[k][1]
			done[k], err = x.change(ctx, &reached[v], i, m.place[i] != v, tolerance/4)
			return err
		})
		if err != nil {
			return err
		}
		for k, job := range jobs {
			m.changed[job] = done[k]
			if err := x.tighten(ctx, m, job[1], done[k].duals); err != nil {
				return err
			}
		}
	}
	return nil
}

// change solves the program of a VPP again with DER i more, or without it, up
// to a tolerance.
func (x *population) change(ctx context.Context, from *dispatched, i int, joins bool, tolerance float64) (*dispatched, error) {
	const rounds = 8 // assumed: one DER of many changes prices a little
	change := from.master.without
	if joins {
		change = from.master.with
	}
	m, err := change(ctx, x, i)
	if err != nil {
		return nil, err
	}
	out := &dispatched{master: m, value: math.Inf(-1), upper: math.Inf(1), duals: from.duals}
	if err := x.improve(ctx, out, tolerance, rounds); err != nil {
		return nil, err
	}
	out.master, out.near = nil, nil // hundreds of them would be large
	return out, nil
}

// with returns the master with DER i as a scope of its own.
func (m *master) with(ctx context.Context, x *population, i int) (*master, error) {
	out := m.copied()
	of := make([]int, x.problem.Setting.Set.Len())
	for s := range of {
		of[s] = out.scopes
		if x.all[i].program[m.v] == nil {
			of[s] += s
		}
	}
	out.scopes = of[len(of)-1] + 1
	out.members, out.scope = append(out.members, i), append(out.scope, of)
	prices := map[int]bool{len(out.asked) - 1: true} // a VPP without members has no columns
	for price := range out.inUse() {
		prices[price] = true
	}
	for price := range out.asked {
		if !prices[price] {
			continue
		}
		columns, _, err := x.columnsOf(ctx, out, []int{i}, [][]int{of}, out.asked[price])
		if err != nil {
			return nil, err
		}
		for k := range columns {
			columns[k].price = price
		}
		out.columns = append(out.columns, columns...)
	}
	return out, nil
}

// without returns the master without DER i, whose answers leave the columns of
// its pool.
func (m *master) without(ctx context.Context, x *population, i int) (*master, error) {
	out := m.copied()
	at := slices.Index(out.members, i)
	of := out.scope[at]
	out.members, out.scope = slices.Delete(out.members, at, at+1), slices.Delete(out.scope, at, at+1)
	for price, columns := range out.inUse() {
		own, _, err := x.columnsOf(ctx, out, []int{i}, [][]int{of}, out.asked[price])
		if err != nil {
			return nil, err
		}
		for _, j := range columns {
			for k := range own {
				if own[k].scope == out.columns[j].scope {
					out.columns[j] = out.less(out.columns[j], own[k])
				}
			}
		}
	}
	return out, nil
}

// copied returns a master that changes alone.
func (m *master) copied() *master {
	out := *m
	out.members, out.scope = slices.Clone(m.members), slices.Clone(m.scope)
	out.columns, out.asked = slices.Clone(m.columns), slices.Clone(m.asked)
	out.dense = make([]float64, len(m.dense))
	return &out
}

// inUse yields the number of each system of prices that has columns, and these.
func (m *master) inUse() func(yield func(price int, columns []int) bool) {
	of := make([][]int, len(m.asked))
	for j := range m.columns {
		of[m.columns[j].price] = append(of[m.columns[j].price], j)
	}
	return func(yield func(price int, columns []int) bool) {
		for price, columns := range of {
			if len(columns) > 0 && !yield(price, columns) {
				return
			}
		}
	}
}

// less returns a column without another one of its scope.
func (m *master) less(a, b mixed) mixed {
	out := mixed{scope: a.scope, price: a.price, cost: a.cost - b.cost, idle: a.idle}
	for _, e := range b.entries {
		m.dense[e.row] = e.value
	}
	for _, e := range a.entries {
		out.entries = append(out.entries, entry{e.row, e.value - m.dense[e.row]})
		m.dense[e.row] = 0
	}
	// The sum over a pool can be 0 where one of its DERs has an entry.
	for _, e := range b.entries {
		if m.dense[e.row] != 0 {
			out.entries = append(out.entries, entry{e.row, -e.value})
			m.dense[e.row] = 0
		}
	}
	return out
}
