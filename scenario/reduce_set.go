package scenario

import (
	"context"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
)

// ReduceOptions controls [Reduce]. The zero value works.
type ReduceOptions struct {
	Reducer Reducer // algorithm, default KMeans{}
	Scaling Scaling // common scale of series with different units, default EqualVariance

	// Emphasis multiplies the scaled values of the named series. With 2 a
	// series counts as if its spread were twice as wide. Values are positive;
	// the default is 1 for every series.
	Emphasis map[string]float64
}

// withDefaults returns o with defaults set.
func (o ReduceOptions) withDefaults() ReduceOptions {
	if o.Reducer == nil {
		o.Reducer = KMeans{}
	}
	return o
}

// Scaling is the rule that makes series with different units comparable.
type Scaling int

const (
	// EqualVariance divides each series by its root mean variance over the
	// steps:
	//
	//	spread_n = √( Σ_t Var x_n(t) / T )
	//
	// All series then contribute equally to the distances.
	EqualVariance Scaling = iota
	// AsGiven uses values in their units. It suits sets in which all series
	// have the same unit.
	AsGiven
)

// Reduce replaces the scenarios of a set by k representatives. All varying
// series are reduced together, as one vector over series and steps, so that a
// representative is a joint path of all series. Forecasts are copied.
// Representatives that are members of the set keep their values exactly. The
// second result contains the assignment of the scenarios; its Points are in
// scaled units.
//
// Errors come from invalid options, from a set without varying series, and from
// the reducer.
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
	// Members are copied from the set, so that scaling and its inverse do not
	// change their values.
	if found.Members != nil {
		return full.derive(full.grid, slices.Clone(found.Probability), found.Members, same), found, nil
	}
	out, err := New(full.grid, found.Probability)
	if err != nil {
		return nil, nil, fmt.Errorf("scenario: result of %T: %w", o.Reducer, err)
	}
	at := 0 // first coordinate of the series in a point
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

// factors returns the factor of each varying series that is applied before
// distances are measured.
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
			bad.Addf("emphasis on %q, want the name of a series that varies", name)
		}
		if !(weight > 0) || math.IsInf(weight, 1) {
			bad.Addf("emphasis on %q is %v, want a positive number", name, weight)
		}
		factors[name] *= weight
	}
	return factors, bad.Err()
}

// points returns one row per scenario: the scaled values of the varying series,
// one series after the other. Coordinate k·Steps + t is step t of the k-th
// varying series.
func (s *Set) points(factors map[string]float64) [][]float64 { return s.pointsLike(s, factors) }

// pointsLike returns the rows of s with the choice and the order of series of
// another set.
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

// equalVariance returns 1/spread for each varying series, or 1 for a series
// without spread.
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

// spread returns the root mean variance of a series over its steps. It returns
// 0 if that is only the rounding of the mean; a division by it would enlarge
// rounding errors to noise.
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
