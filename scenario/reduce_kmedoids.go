package scenario

import (
	"cmp"
	"context"
	"math"
	"math/rand/v2"
	"slices"
)

// KMedoids reduces to k members of the sample, chosen so that the weighted distance of the points to
// the nearest of them is small:
//
//	min over M ⊂ sample, |M| = k, of  Σ_i w_i min_{m ∈ M} d(x_i, m)
//
// Each start draws k distinct members and swaps one of them for another point wherever that lowers the
// sum, the gain of all k swaps with a candidate being found in one sweep and taken at once (FasterPAM:
// Schubert, Rousseeuw, Information Systems 101, 2021). It ends where no single swap pays. The best
// start wins. Cost is the weighted mean distance, which is the Kantorovich distance between the sample
// and its reduction.
//
// Representatives are days that the sample holds, with their extremes; up to 4096 points distances are
// kept in memory, beyond that they are computed anew and time grows.
type KMedoids struct {
	Metric     Metric // default Euclidean
	Starts     int    // independent starts, default 10
	Iterations int    // limit on the sweeps over all candidates of one start, default 100
}

var _ Reducer = KMedoids{}

// withDefaults returns r with defaults set, or an error that lists every invalid option.
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
	if k == 1 { // one sweep over the candidates is exact, and there is no second nearest
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

// medoids is a set of members on its way to a local optimum. Every point knows the nearest member and
// the distance of the second nearest, which is what the loss of the nearest would cost it.
type medoids struct {
	*distances
	rows     []int // members
	near     []int32
	first    []float64 // distance to the nearest member
	second   []float64 // to the second nearest, infinite where there is one member only
	cost     float64
	finished bool
}

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

func (m *medoids) value() float64 { return m.cost }

// search finds the two nearest members of point i among all.
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

// swap exchanges members for other points while that lowers the sum of distances.
//
// With gain(c) = Σ w (d_c − first)⁻ of adding candidate c, and loss(j) = Σ_{near = j} w (second − first)
// of dropping member j, a swap changes the sum by gain + loss(j), corrected for the points for which
// the candidate is a better second than the one they have.
func (m *medoids) swap(ctx context.Context, sweeps int) error {
	loss, change := m.losses(), make([]float64, len(m.rows))
	buffer := m.buffer()
	quiet := 0 // candidates in a row that did not pay
	for at := 0; at < sweeps*m.n; at++ {
		c := at % m.n
		if c%64 == 0 && ctx.Err() != nil {
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

// losses returns what dropping each member would add to the sum of distances, and updates the sum.
func (m *medoids) losses() []float64 {
	loss := make([]float64, len(m.rows))
	m.cost = 0
	for i, j := range m.near {
		loss[j] += m.w[i] * (m.second[i] - m.first[i])
		m.cost += m.w[i] * m.first[i]
	}
	return loss
}

// replace puts point c, whose distances are given, in the place of member j.
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
			m.search(i) // the second nearest may have gone
		}
	}
}

// minIndex returns the index of the smallest value, the earliest of equals.
func minIndex(values []float64) int {
	at := 0
	for i, v := range values {
		if v < values[at] {
			at = i
		}
	}
	return at
}

// members describes a reduction to the given rows of the sample, the most probable first, then by row.
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
