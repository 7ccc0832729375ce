package scenario

import (
	"cmp"
	"context"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/floats"
)

// ForwardSelection reduces to members of the sample that are selected one by
// one. Each selection minimises the Kantorovich distance between the sample and
// the members selected so far:
//
//	u_n = argmin_u Σ_i w_i min( d(x_i, u), min_{m<n} d(x_i, u_m) ),   ties to the lowest index
//
// (Heitsch and Römisch, Computational Optimization and Applications 24, 2003,
// algorithm 2.4, fast forward selection). Representatives keep the order of
// selection, so the first n of them are the reduction to n.
//
// The improvement by a candidate decreases as others are selected. A candidate
// is therefore evaluated again only if its last known improvement could still
// be the largest (Minoux 1978). This does not change the result. Cost is the
// Kantorovich distance. The reducer draws no random numbers; src may be nil.
type ForwardSelection struct {
	Metric Metric // default Euclidean
}

var _ Reducer = ForwardSelection{}

// Reduce implements [Reducer].
func (r ForwardSelection) Reduce(ctx context.Context, points [][]float64, weights []float64, k int, _ rand.Source) (*Reduction, error) {
	d, k, err := newDistancesOf(ctx, points, weights, k, r.Metric)
	if err != nil {
		return nil, err
	}
	s := newSelection(d)
	for range k {
		if err := s.choose(ctx); err != nil {
			return nil, err
		}
	}
	return d.nearest(s.rows, d.metric), nil
}

// selection is the state of a forward selection.
type selection struct {
	*distances
	rows  []int     // members, in the order of selection
	near  []float64 // distance of each point to the nearest member
	offer []float64 // upper bound of the improvement by each candidate, -Inf for members
	queue []int     // candidates, the largest offer first
}

// newSelection returns the state before the first selection.
func newSelection(d *distances) *selection {
	return &selection{distances: d, near: make([]float64, d.n), offer: make([]float64, d.n), queue: make([]int, 0, d.n)}
}

// choose makes the best candidate a member, the lowest of equals. Candidates
// are evaluated in batches, those with the largest offer first, until the next
// offer is below the best improvement found. The first two selections evaluate
// every candidate: no improvement exists before the first, so no bounds exist
// for the second.
func (s *selection) choose(ctx context.Context) error {
	const batch, share = 64, 8 // candidates between two comparisons with the best, and per job
	s.queue = s.queue[:0]
	for u, offer := range s.offer {
		if math.IsInf(offer, -1) {
			continue
		}
		if len(s.rows) < 2 {
			s.offer[u] = math.Inf(1) // no bound yet
		}
		s.queue = append(s.queue, u)
	}
	slices.SortFunc(s.queue, s.before)
	best := s.queue[0] // its offer is at least that of all others
	for from := 0; from < len(s.queue); {
		// The queue is sorted by upper bounds, so no later candidate can be
		// better than best.
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

// before orders candidates by offer, the largest first and the lowest index of
// equals first.
func (s *selection) before(u, v int) int {
	return cmp.Or(cmp.Compare(s.offer[v], s.offer[u]), cmp.Compare(u, v))
}

// compute sets the offer of candidate u to its improvement. For the first
// selection it is minus the weighted sum of distances, because no distance
// exists that u could improve.
func (s *selection) compute(u int, buffer []float64) {
	offer := 0.0
	row := s.from(u, buffer)
	if len(s.rows) == 0 {
		offer = -floats.Dot(s.w, row)
	} else {
		near, w := s.near[:len(row)], s.w[:len(row)]
		for i, d := range row {
			gain := near[i] - d
			offer += w[i] * (gain + math.Abs(gain)) // twice the positive part, without a branch
		}
		offer /= 2
	}
	s.offer[u] = offer
}

// take makes candidate u a member and updates the distances to the nearest
// member.
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
