package scenario

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// A Reducer replaces a weighted sample by a few weighted representatives.
//
// points are rows of equal length and are not changed. weights are positive, in
// any scale; nil means equal weights. The result has k representatives, or
// fewer if the sample has fewer distinct points. Every point is assigned to
// exactly one representative, and the probability of a representative is the
// share of the weight assigned to it. Implementations take all random numbers
// from src, return equal bytes for equal states of src on any number of cores,
// and return the error of ctx when it is done.
//
// The reducers of this package are [KMeans], [SwarmMeans], [KMedoids],
// [AlternatingMedoids], [ForwardSelection] and [BackwardReduction].
// [NearestMember] wraps any of them. [ReducerByName] returns them by the names
// of case files.
type Reducer interface {
	Reduce(ctx context.Context, points [][]float64, weights []float64, k int, src rand.Source) (*Reduction, error)
}

// Reduction is the result of a [Reducer] that reduced n points to k.
type Reduction struct {
	Points      [][]float64 // k representatives
	Members     []int       // k rows of the sample, nil if representatives are not members of it
	Assignment  []int       // n indices of representatives, one per point of the sample
	Probability []float64   // k probabilities, sum 1
	Cost        float64     // weighted mean of the objective of the reducer
	Converged   bool        // false if a limit on iterations ended the search
}

// Metric is a distance between two points.
type Metric int

const (
	Euclidean Metric = iota // square root of the sum of squared differences, the default
	Manhattan               // sum of absolute differences
)

// of returns the distance of two points.
func (m Metric) of(a, b []float64) float64 {
	if m == Manhattan {
		return absolute(a, b)
	}
	return math.Sqrt(squared(a, b))
}

// validate rejects unknown metrics.
func (m Metric) validate() error {
	if m != Euclidean && m != Manhattan {
		return fmt.Errorf("scenario: unknown metric %d, want Euclidean or Manhattan", int(m))
	}
	return nil
}

// farthest is the largest absolute value of a coordinate. Sums of squares up to
// it stay finite.
const farthest = 1e140

// cloud is a weighted sample in a form for fast loops over distances: n rows of
// dim values in one slice, with weights scaled to a sum of 1.
type cloud struct {
	n, dim int
	x      []float64 // n rows of dim values
	w      []float64 // n weights, sum 1
}

// newCloud checks and copies a sample. It also returns the possible number of
// representatives: k, or the number of distinct points if that is smaller.
func newCloud(points [][]float64, weights []float64, k int) (*cloud, int, error) {
	bad := violations("scenario: ")
	n := len(points)
	if n == 0 {
		bad.Addf("no points to reduce, want at least one")
		return nil, 0, bad.Err()
	}
	if k < 1 || k > n {
		bad.Addf("reduction to %d of %d points, want between 1 and %d", k, n, n)
	}
	dim := len(points[0])
	if dim == 0 {
		bad.Addf("points have no coordinates, want at least one")
	}
	if weights != nil && len(weights) != n {
		bad.Addf("%d weights for %d points, want one each or none", len(weights), n)
	}
	sum := 0.0
	for i, w := range weights {
		if !(w > 0) || math.IsInf(w, 1) {
			bad.Addf("weight of point %d is %v, want a positive number", i, w)
		}
		sum += w
	}
	c := &cloud{n: n, dim: dim, x: make([]float64, n*dim), w: make([]float64, n)}
	for i, p := range points {
		if len(p) != dim {
			bad.Addf("point %d has %d coordinates, want %d as point 0", i, len(p), dim)
			continue
		}
		row := c.row(i)
		copy(row, p)
		for j, v := range row {
			if !(math.Abs(v) <= farthest) {
				bad.Addf("point %d, coordinate %d is %v, want a finite number, at most %g",
					i, j, v, farthest)
			}
		}
	}
	if err := bad.Err(); err != nil {
		return nil, 0, err
	}
	for i := range c.w {
		if weights == nil {
			c.w[i] = 1 / float64(n)
		} else {
			c.w[i] = weights[i] / sum
		}
	}
	return c, c.distinct(k), nil
}

// distinct returns the number of distinct points, or k if there are at least k.
func (c *cloud) distinct(k int) int {
	var found []int
	for i := 0; i < c.n && len(found) < k; i++ {
		if !c.among(i, found) {
			found = append(found, i)
		}
	}
	return len(found)
}

// among reports whether point i equals one of the given points.
func (c *cloud) among(i int, points []int) bool {
	return slices.ContainsFunc(points, func(j int) bool { return slices.Equal(c.row(i), c.row(j)) })
}

// pick returns k distinct points in random order. The cloud must have that
// many.
func (c *cloud) pick(rng *rand.Rand, k int) []int {
	picked := make([]int, 0, k)
	for _, i := range rng.Perm(c.n) {
		if len(picked) == k {
			break
		}
		if !c.among(i, picked) {
			picked = append(picked, i)
		}
	}
	return picked
}

// row returns point i.
func (c *cloud) row(i int) []float64 { return c.x[i*c.dim : (i+1)*c.dim : (i+1)*c.dim] }

// squared returns the squared Euclidean distance. It adds up four sums side by
// side, because in a single sum every addition would wait for the previous one.
func squared(a, b []float64) float64 {
	var s0, s1, s2, s3 float64
	b = b[:len(a)]
	for len(a) >= 8 && len(b) >= 8 {
		p, q := (*[8]float64)(a), (*[8]float64)(b)
		d0, d1, d2, d3 := p[0]-q[0], p[1]-q[1], p[2]-q[2], p[3]-q[3]
		s0 += d0 * d0
		s1 += d1 * d1
		s2 += d2 * d2
		s3 += d3 * d3
		d0, d1, d2, d3 = p[4]-q[4], p[5]-q[5], p[6]-q[6], p[7]-q[7]
		s0 += d0 * d0
		s1 += d1 * d1
		s2 += d2 * d2
		s3 += d3 * d3
		a, b = a[8:], b[8:]
	}
	for i, v := range a {
		d := v - b[i]
		s0 += d * d
	}
	return (s0 + s1) + (s2 + s3)
}

// absolute returns the Manhattan distance.
func absolute(a, b []float64) float64 {
	var s0, s1 float64
	b = b[:len(a)]
	for len(a) >= 2 && len(b) >= 2 {
		s0 += math.Abs(a[0] - b[0])
		s1 += math.Abs(a[1] - b[1])
		a, b = a[2:], b[2:]
	}
	for i, v := range a {
		s0 += math.Abs(v - b[i])
	}
	return s0 + s1
}

// nearest returns the reduction whose representatives are the given rows of the
// sample, in that order. Each point belongs to the nearest representative, or
// to the earliest of equally near ones.
func (c *cloud) nearest(rows []int, metric Metric) *Reduction {
	r := &Reduction{
		Points: make([][]float64, len(rows)), Members: rows,
		Assignment: make([]int, c.n), Probability: make([]float64, len(rows)), Converged: true,
	}
	for j, i := range rows {
		r.Points[j] = append([]float64(nil), c.row(i)...)
	}
	for i := range c.n {
		best, at := math.Inf(1), 0
		for j, row := range rows {
			if d := metric.of(c.row(i), c.row(row)); d < best {
				best, at = d, j
			}
		}
		r.Assignment[i] = at
		r.Probability[at] += c.w[i]
		r.Cost += c.w[i] * best
	}
	return r
}
