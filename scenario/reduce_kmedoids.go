package scenario

import (
	"cmp"
	"context"
	"math"
	"math/rand/v2"
	"slices"
)

// KMedoids reduces to k members M of the sample with a small weighted distance:
//
//	min over M ⊂ sample, |M| = k, of  Σ_i w_i min_{m ∈ M} d(x_i, m)
//
// Each start draws k distinct members and swaps a member for another point
// while that lowers the sum. One sweep over a candidate gives the gains of its
// swaps with all k members, and the best swap is made at once (FasterPAM:
// Schubert and Rousseeuw, Information Systems 101, 2021). The search ends at a
// set that no single swap improves. The start with the lowest cost wins. Cost
// is the weighted mean distance, which is the Kantorovich distance between the
// sample and its reduction.
//
// Representatives are days of the sample with their extremes. Distances of up
// to 4096 points stay in memory; for more points they are computed again, which
// takes longer.
type KMedoids struct {
	Metric     Metric // default Euclidean
	Starts     int    // number of independent starts, default 10
	Iterations int    // largest number of sweeps over all candidates per start, default 100
}

var _ Reducer = KMedoids{}

// withDefaults returns r with defaults set, or an error that lists every
// invalid option.
func (r KMedoids) withDefaults() (KMedoids, error) {
	bad := violations("scenario: KMedoids: ")
	r.Starts = countOr(&bad, "Starts", r.Starts, 10)
	r.Iterations = countOr(&bad, "Iterations", r.Iterations, 100)
	return r, bad.Err()
}

// Reduce implements [Reducer].
func (r KMedoids) Reduce(ctx context.Context, points [][]float64, weights []float64, k int, src rand.Source) (*Reduction, error) {
	r, err := r.withDefaults()
	if err != nil {
		return nil, err
	}
	c, k, err := newCloud(points, weights, k)
	if err != nil {
		return nil, err
	}
	if k == 1 { // one sweep over the candidates is exact; a second nearest member does not exist
		return ForwardSelection{Metric: r.Metric}.Reduce(ctx, points, weights, k, src)
	}
	d, err := newDistances(ctx, c, r.Metric)
	if err != nil {
		return nil, err
	}
	best, err := bestOf(ctx, r.Starts, src, func(ctx context.Context, src rand.Source) (*medoids, error) {
		m := newMedoids(d, c.pick(rand.New(src), k))
		return m, m.swap(ctx, r.Iterations)
	})
	if err != nil {
		return nil, err
	}
	return c.members(best.rows, d.metric, best.finished), nil
}

// medoids is the state of one start: a set of members that moves to a local
// optimum. For every point it stores the nearest member and the distances of
// the nearest and the second nearest one. The difference of the two is the
// increase of the cost if the nearest member is removed.
type medoids struct {
	*distances
	rows     []int     // members, as rows of the sample
	near     []int32   // index into rows of the nearest member of each point
	first    []float64 // distance to the nearest member
	second   []float64 // to the second nearest, infinite with a single member
	cost     float64   // Σ_i w_i first_i
	finished bool      // no swap lowers the cost
}

// newMedoids returns the state for the given members.
func newMedoids(d *distances, rows []int) *medoids {
	m := &medoids{
		distances: d, rows: rows,
		near: make([]int32, d.n), first: make([]float64, d.n), second: make([]float64, d.n),
	}
	for i := range d.n {
		m.search(i)
	}
	return m
}

// value returns the cost, for bestOf.
func (m *medoids) value() float64 { return m.cost }

// search finds the two nearest members of point i among all members.
func (m *medoids) search(i int) {
	near, first, second := 0, math.Inf(1), math.Inf(1)
	for j, row := range m.rows {
		if d := m.between(i, row); d < first {
			near, first, second = j, d, first
		} else if d < second {
			second = d
		}
	}
	m.near[i], m.first[i], m.second[i] = int32(near), first, second
}

// swap exchanges members for other points while that lowers the sum of
// distances. With d_c the distances from candidate c
//
//	gain(c) = Σ_i w_i min(d_c,i − first_i, 0)              c is added
//	loss(j) = Σ_{near_i = j} w_i (second_i − first_i)      member j is removed
//
// a swap changes the sum by gain(c) + loss(j), corrected for the points whose
// second nearest member is farther away than c.
func (m *medoids) swap(ctx context.Context, sweeps int) error {
	loss, change := m.losses(), make([]float64, len(m.rows))
	buffer := m.buffer()
	quiet := 0 // number of consecutive candidates without a swap
	for at := 0; at < sweeps*m.n; at++ {
		c := at % m.n
		if c%4 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if quiet == m.n {
			m.finished = true
			break
		}
		quiet++
		if slices.Contains(m.rows, c) {
			continue
		}
		row := m.from(c, buffer)
		copy(change, loss)
		gain := 0.0
		for i, d := range row {
			// A point that is nearer to its two nearest members than to c is
			// unaffected by every swap.
			second := m.second[i]
			if d >= second {
				continue
			}
			if first := m.first[i]; d < first {
				gain += m.w[i] * (d - first)
				d = first
			}
			change[m.near[i]] += m.w[i] * (d - second)
		}
		// The best swap removes member j. Gains within rounding do not count.
		j := minIndex(change)
		if !(gain+change[j] < -improvement*m.cost) {
			continue
		}
		m.replace(j, c, row)
		loss = m.losses()
		quiet = 0
	}
	return nil
}

// losses returns the increase of the sum of distances by the removal of each
// member, and updates the sum.
func (m *medoids) losses() []float64 {
	loss := make([]float64, len(m.rows))
	m.cost = 0
	for i, j := range m.near {
		loss[j] += m.w[i] * (m.second[i] - m.first[i])
		m.cost += m.w[i] * m.first[i]
	}
	return loss
}

// replace puts point c in the place of member j. row contains the distances
// from c.
func (m *medoids) replace(j, c int, row []float64) {
	old := m.rows[j]
	m.rows[j] = c
	for i, d := range row {
		switch {
		case int(m.near[i]) == j:
			if d < m.second[i] {
				m.first[i] = d // still the nearest
			} else {
				m.search(i)
			}
		case d < m.first[i]:
			m.near[i], m.first[i], m.second[i] = int32(j), d, m.first[i]
		case d < m.second[i]:
			m.second[i] = d
		case m.between(i, old) <= m.second[i]:
			m.search(i) // the removed member may have been the second nearest
		}
	}
}

// minIndex returns the index of the smallest value, the lowest index if several
// are equal.
func minIndex(values []float64) int {
	at := 0
	for i, v := range values {
		if v < values[at] {
			at = i
		}
	}
	return at
}

// members returns the reduction to the given rows of the sample, sorted by
// probability from the largest, then by row.
func (c *cloud) members(rows []int, metric Metric, converged bool) *Reduction {
	r := c.nearest(rows, metric)
	order := make([]int, len(rows))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(r.Probability[b], r.Probability[a]), cmp.Compare(rows[a], rows[b]))
	})
	sorted := make([]int, len(rows))
	for at, j := range order {
		sorted[at] = rows[j]
	}
	r = c.nearest(sorted, metric)
	r.Converged = converged
	return r
}
