package scenario

import (
	"context"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
)

// ReduceOptions says how [Reduce] finds representatives.
type ReduceOptions struct {
	Reducer Reducer // default KMeans{}
	Scaling Scaling // how series of different size and unit share one distance, default EqualVariance

	// Emphasis multiplies the scaled values of the series it names: 2 makes a series count as if its
	// spread were twice as wide. Positive, default 1 for every series.
	Emphasis map[string]float64
}

// withDefaults returns o with defaults set.
func (o ReduceOptions) withDefaults() ReduceOptions {
	if o.Reducer == nil {
		o.Reducer = KMeans{}
	}
	return o
}

// Scaling is a rule that makes series of different units comparable.
type Scaling int

const (
	// EqualVariance divides each series by its root mean variance over the steps, so that all series
	// have the same share in the spread of the sample.
	EqualVariance Scaling = iota
	// AsGiven leaves values in their units: a MW is a MW, and prices must not be among them.
	AsGiven
)

// Reduce replaces the scenarios of a set by k representatives. All series that vary between scenarios
// are reduced together, as one vector over series and steps, so that a kept future is a joint one.
// Forecasts are carried over. Representatives that are members of the set keep their values to the last
// bit. The second result says which scenario went where; its Points are in scaled units.
func Reduce(ctx context.Context, full *Set, k int, o ReduceOptions, src rand.Source) (*Set, *Reduction, error) {
	o = o.withDefaults()
	factors, err := o.factors(full)
	if err != nil {
		return nil, nil, err
	}
	found, err := o.Reducer.Reduce(ctx, full.points(factors), full.probability, k, src)
	if err != nil {
		return nil, nil, err
	}
	if found.Members != nil {
		return full.derive(full.grid, slices.Clone(found.Probability), found.Members, same), found, nil
	}
	out, err := New(full.grid, found.Probability)
	if err != nil {
		return nil, nil, fmt.Errorf("scenario: result of %T: %w", o.Reducer, err)
	}
	at := 0 // where the series begins in a point
	for _, name := range full.names {
		s := full.series[name]
		if s.forecast {
			out.put(name, track{unit: s.unit, paths: slices.Repeat(s.paths[:1], out.Len()), forecast: true})
			continue
		}
		paths := make([][]float64, out.Len())
		for i, point := range found.Points {
			paths[i] = slices.Clone(point[at : at+full.Steps()])
			for t := range paths[i] {
				paths[i][t] /= factors[name]
			}
		}
		at += full.Steps()
		if err := out.Add(name, s.unit, paths); err != nil {
			return nil, nil, err
		}
	}
	return out, found, nil
}

// factors returns what the values of each varying series are multiplied with before distances are
// measured.
func (o ReduceOptions) factors(full *Set) (map[string]float64, error) {
	bad := violations("scenario: reduction: ")
	factors := full.equalVariance()
	switch o.Scaling {
	case EqualVariance:
	case AsGiven:
		for name := range factors {
			factors[name] = 1
		}
	default:
		bad.Addf("unknown scaling %d, want EqualVariance or AsGiven", int(o.Scaling))
	}
	if len(factors) == 0 {
		bad.Addf("no series differs between the scenarios, want at least one")
	}
	for _, name := range slices.Sorted(maps.Keys(o.Emphasis)) {
		weight := o.Emphasis[name]
		if _, ok := factors[name]; !ok {
			bad.Addf("emphasis on %q, which is not among the series that vary", name)
		}
		if !(weight > 0) || math.IsInf(weight, 1) {
			bad.Addf("emphasis on %q is %v, want a positive number", name, weight)
		}
		factors[name] *= weight
	}
	return factors, bad.Err()
}

// points returns one row per scenario: the scaled values of the varying series, one after the other.
func (s *Set) points(factors map[string]float64) [][]float64 { return s.pointsLike(s, factors) }

// pointsLike returns the rows of s with the choice and order of series that other has.
func (s *Set) pointsLike(other *Set, factors map[string]float64) [][]float64 {
	points := make([][]float64, s.Len())
	for i := range points {
		points[i] = make([]float64, 0, len(factors)*s.Steps())
		for _, name := range other.names {
			if !other.Varies(name) {
				continue
			}
			for _, v := range s.Path(name, i) {
				points[i] = append(points[i], v*factors[name])
			}
		}
	}
	return points
}

// equalVariance returns, for each series that varies, what divides it by its spread; 1 where it has none.
func (s *Set) equalVariance() map[string]float64 {
	factors := map[string]float64{}
	for _, name := range s.Names() {
		if !s.Varies(name) {
			continue
		}
		factors[name] = 1
		if spread := s.spread(name); spread > 0 {
			factors[name] = 1 / spread
		}
	}
	return factors
}

// spread returns the root of the mean over the steps of a series' variance, and zero where that is but
// the rounding of the mean: dividing by it would blow a constant up to noise.
func (s *Set) spread(name string) float64 {
	mean, sum, largest := s.Mean(name), 0.0, 0.0
	for i, p := range s.probability {
		for t, v := range s.Path(name, i) {
			sum += p * (v - mean[t]) * (v - mean[t])
			largest = max(largest, math.Abs(v))
		}
	}
	if spread := math.Sqrt(sum / float64(s.Steps())); spread > 1e-12*largest {
		return spread
	}
	return 0
}
