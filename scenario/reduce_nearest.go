package scenario

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
)

// NearestMember replaces each representative of another reducer by the nearest
// member of its group, so that plans meet days that can happen instead of
// averages. Groups, probabilities and Cost are those of the other reducer.
type NearestMember struct {
	Of     Reducer // other reducer, default KMeans{}
	Metric Metric  // distance to the representative, default Euclidean
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
	lowest := slices.Repeat([]float64{math.Inf(1)}, len(found.Points))
	// Only members of the group qualify, so that groups and probabilities
	// remain valid.
	for i, j := range found.Assignment {
		if d := r.Metric.of(points[i], found.Points[j]); d < lowest[j] {
			lowest[j], out.Members[j] = d, i
			out.Points[j] = slices.Clone(points[i])
		}
	}
	return &out, nil
}
