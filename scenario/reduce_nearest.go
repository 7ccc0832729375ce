package scenario

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
)

// NearestMember replaces each representative that another reducer found by the member of its group
// that is closest to it, so that plans face days that can happen instead of averages. Groups,
// probabilities and Cost stay those of the other reducer.
type NearestMember struct {
	Of     Reducer // default KMeans{}
	Metric Metric  // default Euclidean
}

var _ Reducer = NearestMember{}

// withDefaults returns r with defaults set, or an error for an unknown metric.
func (r NearestMember) withDefaults() (NearestMember, error) {
	if r.Of == nil {
		r.Of = KMeans{}
	}
	return r, r.Metric.validate()
}

// Reduce implements [Reducer].
func (r NearestMember) Reduce(ctx context.Context, points [][]float64, weights []float64, k int, src rand.Source) (*Reduction, error) {
	r, err := r.withDefaults()
	if err != nil {
		return nil, err
	}
	found, err := r.Of.Reduce(ctx, points, weights, k, src)
	if err != nil {
		return nil, err
	}
	out := *found
	out.Points = make([][]float64, len(found.Points))
	out.Members = make([]int, len(found.Points))
	least := slices.Repeat([]float64{math.Inf(1)}, len(found.Points))
	for i, j := range found.Assignment {
		if d := r.Metric.of(points[i], found.Points[j]); d < least[j] {
			least[j], out.Members[j] = d, i
			out.Points[j] = slices.Clone(points[i])
		}
	}
	return &out, nil
}
