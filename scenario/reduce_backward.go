package scenario

import (
	"context"
	"math"
	"math/rand/v2"
)

// BackwardReduction reduces by deletion of points, one by one. Each deletion is
// the one that increases the Kantorovich distance between the sample and the
// kept points least. The weight of deleted points goes to their nearest kept
// point:
//
//	delete argmin_j Σ_{i: nearest is j} w_i (second_i − first_i),   ties to the lowest index
//
// with first_i and second_i the distances of point i from its nearest two kept
// points (simultaneous backward reduction: Heitsch and Römisch, Computational
// Optimization and Applications 24, 2003, algorithm 2.2).
//
// It suits reductions that keep a large part of the sample. For a few of many,
// [ForwardSelection] is faster and often better. Cost is the Kantorovich
// distance. The reducer draws no random numbers; src may be nil.
type BackwardReduction struct {
	Metric Metric // default Euclidean
}

var _ Reducer = BackwardReduction{}

// Reduce implements [Reducer]. Representatives keep the order of the sample.
func (r BackwardReduction) Reduce(ctx context.Context, points [][]float64, weights []float64, k int, _ rand.Source) (*Reduction, error) {
	d, k, err := newDistancesOf(ctx, points, weights, k, r.Metric)
	if err != nil {
		return nil, err
	}
	e, err := newElimination(ctx, d)
	if err != nil {
		return nil, err
	}
	for len(e.kept) > k {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		e.drop()
	}
	return d.nearest(e.kept, d.metric), nil
}

// elimination is the state of a backward reduction. The nearest kept point of a
// kept point is itself. The increase of the cost by a deletion follows from the
// second nearest points of the affected points. Only points that lose one of
// their two nearest are searched again, on average 2n/m of them if m are kept,
// so that all searches together cost a few times as much as the distances
// themselves.
type elimination struct {
	*distances
	kept    []int     // ascending
	near    []int     // nearest kept point of each point
	next    []int     // second nearest, -1 if only one is kept
	first   []float64 // distance from near
	second  []float64 // distance from next
	penalty []float64 // increase of the cost by the deletion of each kept point
}

// newElimination returns the state in which all points are kept. Finding the
// second nearest points takes O(n²) time, in parallel.
func newElimination(ctx context.Context, d *distances) (*elimination, error) {
	e := &elimination{
		distances: d, kept: make([]int, d.n), near: make([]int, d.n), next: make([]int, d.n),
		first: make([]float64, d.n), second: make([]float64, d.n), penalty: make([]float64, d.n),
	}
	for i := range e.kept {
		e.kept[i], e.near[i] = i, i
	}
	return e, each(ctx, d.n, func(i int) error {
		e.search(i)
		return nil
	})
}

// search finds the kept point nearest to point i other than near[i].
func (e *elimination) search(i int) {
	e.next[i], e.second[i] = -1, math.Inf(1)
	for _, j := range e.kept {
		if j == e.near[i] {
			continue
		}
		if d := e.between(i, j); d < e.second[i] {
			e.next[i], e.second[i] = j, d
		}
	}
}

// drop deletes the kept point with the lowest penalty.
func (e *elimination) drop() {
	clear(e.penalty)
	for i, j := range e.near {
		e.penalty[j] += e.w[i] * (e.second[i] - e.first[i])
	}
	lowest := 0
	for at, j := range e.kept {
		if e.penalty[j] < e.penalty[e.kept[lowest]] {
			lowest = at
		}
	}
	deleted := e.kept[lowest]
	e.kept = append(e.kept[:lowest], e.kept[lowest+1:]...)
	for i := range e.n {
		// A point that lost its nearest member moves to the second nearest and
		// needs a new second.
		switch deleted {
		case e.near[i]:
			e.near[i], e.first[i] = e.next[i], e.second[i]
			e.search(i)
		case e.next[i]:
			e.search(i)
		}
	}
}
