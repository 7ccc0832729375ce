package scenario

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
)

// ForwardSelection reduces to members of the sample chosen one after the other, each the one that most
// lowers the Kantorovich distance between the sample and the members chosen so far (fast forward
// selection: Heitsch, Römisch 2003, algorithm 2.4):
//
//	u_n = argmin_u Σ_i w_i min(d(x_i, u), min_{m<n} d(x_i, u_m)),   ties to the lowest index
//
// Representatives come in the order of their choice, so that the first n of them are the reduction to
// n. The improvement a candidate offers only shrinks as others are chosen; a candidate is looked at
// again only when its last known improvement could still win (Minoux 1978), which changes no result.
// Cost is the Kantorovich distance. No randomness is drawn; src may be nil.
type ForwardSelection struct {
	Metric Metric // default Euclidean
}

var _ Reducer = ForwardSelection{}

// Reduce implements [Reducer].
func (r ForwardSelection) Reduce(ctx context.Context, points [][]float64, weights []float64, k int, _ rand.Source) (*Reduction, error) {
	c, k, err := newCloud(points, weights, k)
	if err != nil {
		return nil, err
	}
	d, err := newDistances(ctx, c, r.Metric)
	if err != nil {
		return nil, err
	}
	s := newSelection(d)
	for range k {
		if err := s.choose(ctx); err != nil {
			return nil, err
		}
	}
	return c.nearest(s.rows, d.metric), nil
}

// selection is the state of a forward selection.
type selection struct {
	*distances
	rows  []int
	near  []float64 // distance of each point to the nearest member
	offer []float64 // improvement by each candidate, at least what it was when last computed
	fresh []int     // number of members at that time
}

func newSelection(d *distances) *selection {
	return &selection{distances: d, near: make([]float64, d.n), offer: make([]float64, d.n), fresh: make([]int, d.n)}
}

// choose makes the best candidate a member. The first two choices look at every candidate: there is no
// improvement before the first, so nothing is known for the second.
func (s *selection) choose(ctx context.Context) error {
	n := len(s.rows)
	if n < 2 {
		if err := s.all(ctx, n); err != nil {
			return err
		}
	}
	buffer := s.buffer()
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		u := s.best()
		if s.fresh[u] == n {
			s.take(u)
			return nil
		}
		s.compute(u, n, buffer)
	}
}

// all computes the offer of every candidate that is not a member.
func (s *selection) all(ctx context.Context, n int) error {
	const chunk = 64
	return each(ctx, (s.n+chunk-1)/chunk, func(b int) error {
		buffer := s.buffer()
		for u := b * chunk; u < min((b+1)*chunk, s.n); u++ {
			if !slices.Contains(s.rows, u) {
				s.compute(u, n, buffer)
			}
		}
		return nil
	})
}

// compute measures the improvement by candidate u. Before the first choice, when there is no distance
// to improve on, it is minus the distance itself.
func (s *selection) compute(u, n int, buffer []float64) {
	offer := 0.0
	row := s.from(u, buffer)
	if n == 0 {
		for i, d := range row {
			offer -= s.w[i] * d
		}
	} else {
		near, w := s.near[:len(row)], s.w[:len(row)]
		for i, d := range row {
			gain := near[i] - d
			offer += w[i] * (gain + math.Abs(gain)) // twice the positive part, without a branch to mispredict
		}
		offer /= 2
	}
	s.offer[u], s.fresh[u] = offer, n
}

// best returns the candidate with the largest offer, the lowest of equals.
func (s *selection) best() int {
	best, at := math.Inf(-1), 0
	for u, offer := range s.offer {
		if offer > best {
			best, at = offer, u
		}
	}
	return at
}

// take makes candidate u a member.
func (s *selection) take(u int) {
	row := s.from(u, s.buffer())
	for i, d := range row {
		if len(s.rows) == 0 || d < s.near[i] {
			s.near[i] = d
		}
	}
	s.rows = append(s.rows, u)
	s.offer[u] = math.Inf(-1)
}
