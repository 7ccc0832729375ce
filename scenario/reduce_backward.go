package scenario

import (
	"context"
	"math"
	"math/rand/v2"
)

// BackwardReduction reduces by deleting points one after the other, each the one whose loss adds least
// to the Kantorovich distance between the sample and what is left, with the weight of all deleted
// points going to their nearest kept one (simultaneous backward reduction: Heitsch, Römisch 2003,
// algorithm 2.2; ties to the lowest index). It suits reductions that keep a large part of the sample;
// for a few of many, [ForwardSelection] is faster and often better. Cost is the Kantorovich distance.
// No randomness is drawn; src may be nil.
type BackwardReduction struct {
	Metric Metric // default Euclidean
}

var _ Reducer = BackwardReduction{}

// Reduce implements [Reducer]. Representatives come in the order of the sample.
func (r BackwardReduction) Reduce(ctx context.Context, points [][]float64, weights []float64, k int, _ rand.Source) (*Reduction, error) {
	c, k, err := newCloud(points, weights, k)
	if err != nil {
		return nil, err
	}
	d, err := newDistances(ctx, c, r.Metric)
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
	return c.nearest(e.kept, d.metric), nil
}

// elimination is the state of a backward reduction. A kept point is its own nearest; what its loss
// would cost is read from the second nearest of the points that lean on it. Only points that lose one
// of their two are searched again, about 2n/m of them when m are kept, so that all the searches
// together cost no more than a few times the distances themselves.
type elimination struct {
	*distances
	kept    []int // ascending
	near    []int // nearest kept point of each point
	next    []int // second nearest, -1 where only one is kept
	first   []float64
	second  []float64
	penalty []float64
}

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

// search finds the nearest kept point of point i other than near[i].
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

// drop deletes the point whose loss costs least.
func (e *elimination) drop() {
	clear(e.penalty)
	for i, j := range e.near {
		e.penalty[j] += e.w[i] * (e.second[i] - e.first[i])
	}
	least := 0
	for at, j := range e.kept {
		if e.penalty[j] < e.penalty[e.kept[least]] {
			least = at
		}
	}
	gone := e.kept[least]
	e.kept = append(e.kept[:least], e.kept[least+1:]...)
	for i := range e.n {
		switch gone {
		case e.near[i]:
			e.near[i], e.first[i] = e.next[i], e.second[i]
			e.search(i)
		case e.next[i]:
			e.search(i)
		}
	}
}
