package scenario

import (
	"cmp"
	"context"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/floats"
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
	offer []float64 // improvement by each candidate, at least what it was when last computed; -Inf: a member
	queue []int     // working memory: candidates, the most promising first
}

func newSelection(d *distances) *selection {
	return &selection{distances: d, near: make([]float64, d.n), offer: make([]float64, d.n), queue: make([]int, 0, d.n)}
}

// choose makes the best candidate a member, the lowest of equals. Candidates are looked at in batches,
// those first that offered most, until what the next one offered is not enough. The first two choices look
// at every candidate: there is no improvement before the first, so nothing is known for the second.
func (s *selection) choose(ctx context.Context) error {
	const batch, share = 64, 8 // candidates between two looks at the best so far, and per job
	s.queue = s.queue[:0]
	for u, offer := range s.offer {
		if math.IsInf(offer, -1) {
			continue
		}
		if len(s.rows) < 2 {
			s.offer[u] = math.Inf(1)
		}
		s.queue = append(s.queue, u)
	}
	slices.SortFunc(s.queue, s.before)
	best := s.queue[0]
	for from := 0; from < len(s.queue); {
		if from > 0 && !(s.before(s.queue[from], best) < 0) {
			break
		}
		part := s.queue[from:min(from+batch, len(s.queue))]
		if len(s.rows) < 2 {
			part = s.queue
		}
		from += len(part)
		err := each(ctx, (len(part)+share-1)/share, func(b int) error {
			buffer := s.buffer()
			for _, u := range part[b*share : min((b+1)*share, len(part))] {
				s.compute(u, buffer)
			}
			return nil
		})
		if err != nil {
			return err
		}
		for _, u := range part {
			if s.before(u, best) < 0 {
				best = u
			}
		}
	}
	s.take(best)
	return nil
}

// before orders candidates by what they offer, the lowest of equals first.
func (s *selection) before(u, v int) int {
	return cmp.Or(cmp.Compare(s.offer[v], s.offer[u]), cmp.Compare(u, v))
}

// compute measures the improvement by candidate u. Before the first choice, when there is no distance
// to improve on, it is minus the distance itself.
func (s *selection) compute(u int, buffer []float64) {
	offer := 0.0
	row := s.from(u, buffer)
	if len(s.rows) == 0 {
		offer = -floats.Dot(s.w, row)
	} else {
		near, w := s.near[:len(row)], s.w[:len(row)]
		for i, d := range row {
			gain := near[i] - d
			offer += w[i] * (gain + math.Abs(gain)) // twice the positive part, without a branch to mispredict
		}
		offer /= 2
	}
	s.offer[u] = offer
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
