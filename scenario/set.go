package scenario

import (
	"fmt"
	"math"
	"slices"

	"github.com/trigrid/trigrid/internal/faults"
)

// ProbabilityTolerance is the largest accepted difference between the sum of
// the probabilities of a [Set] and 1.
const ProbabilityTolerance = 1e-9

// Set is a collection of named series over a grid, with one path per scenario:
//
//	π_s          probability of scenario s, π_s > 0, Σ_s π_s = 1
//	x_n(s, t)    value of series n in scenario s at step t, in the unit of the series
//
// [New] or [Single] creates a set; [Set.Add] and [Set.AddForecast] add series.
// A complete set is read-only and safe for concurrent use. Names keep the order
// in which they were added. A nil set is empty. Methods that read a series
// panic on an unknown name, because names are checked when data enters.
//
// For example, two scenarios of wind over two hours and a certain load:
//
//	set, err := New(Grid{Step: time.Hour, Steps: 2}, []float64{0.75, 0.25})
//	err = set.Add("wind", "MW", [][]float64{{4, 5}, {1, 2}})
//	err = set.AddForecast("load", "MW", []float64{3, 3})
type Set struct {
	grid        Grid
	probability []float64
	names       []string
	series      map[string]track
	used        func(name string) // of [Set.Watched]; nil: none
}

// track is one series. A forecast has the same path in every scenario, stored
// once and shared.
type track struct {
	unit     string
	paths    [][]float64 // [scenario][step]
	forecast bool        // paths are equal in all scenarios
}

// New returns an empty set over grid with one scenario per probability. It
// returns an error if the grid is invalid, if a probability is not positive, or
// if their sum differs from 1 by more than [ProbabilityTolerance]. Risk
// measures give wrong results for other weights, without notice.
func New(grid Grid, probability []float64) (*Set, error) {
	bad := violations("scenario: ")
	bad.Add(grid.Validate())
	bad.Add(checkProbabilities(probability))
	if err := bad.Err(); err != nil {
		return nil, err
	}
	return &Set{grid: grid.normal(), probability: slices.Clone(probability), series: map[string]track{}}, nil
}

// Single returns an empty set with one scenario of probability 1. It panics on
// an invalid grid; call [Grid.Validate] first if the grid comes from data.
func Single(grid Grid) *Set {
	s, err := New(grid, []float64{1})
	if err != nil {
		panic(err)
	}
	return s
}

// Equal returns n equal probabilities, 1/n each.
func Equal(n int) []float64 {
	p := make([]float64, n)
	for i := range p {
		p[i] = 1 / float64(n)
	}
	return p
}

// checkProbabilities reports every probability that is not positive, and a sum
// other than 1.
func checkProbabilities(probability []float64) error {
	bad := violations("scenario: ")
	if len(probability) == 0 {
		bad.Addf("no probabilities given, want one per scenario")
		return bad.Err()
	}
	sum := 0.0
	for i, p := range probability {
		if !(p > 0) || math.IsInf(p, 1) {
			bad.Addf(
				"probability of scenario %d is %v, want a positive number; omit impossible ones",
				i, p)
		}
		sum += p
	}
	if !(math.Abs(sum-1) <= ProbabilityTolerance) {
		bad.Addf("probabilities sum to %v, want 1; divide each by the sum", sum)
	}
	return bad.Err()
}

// Grid returns the time steps of the set.
func (s *Set) Grid() Grid {
	if s == nil {
		return Grid{}
	}
	return s.grid
}

// Steps returns the number of time steps.
func (s *Set) Steps() int { return s.Grid().Steps }

// HoursAt returns the length of step t in hours.
func (s *Set) HoursAt(t int) float64 {
	if s == nil {
		return 0
	}
	return s.grid.HoursAt(t)
}

// Hours returns the length of every step in hours. It panics if the lengths
// differ, see [Grid.Hours].
func (s *Set) Hours() float64 { return s.Grid().Hours() }

// Len returns the number of scenarios.
func (s *Set) Len() int {
	if s == nil {
		return 0
	}
	return len(s.probability)
}

// Probability returns the probability of a scenario.
func (s *Set) Probability(scenario int) float64 { return s.probability[scenario] }

// Probabilities returns a copy of all probabilities.
func (s *Set) Probabilities() []float64 {
	if s == nil {
		return nil
	}
	return slices.Clone(s.probability)
}

// Add adds a series that differs between scenarios. paths is indexed
// [scenario][step] and is copied. Add returns an error that lists every
// violation: an empty or used name, a wrong shape, values that are not finite.
func (s *Set) Add(name, unit string, paths [][]float64) error {
	if err := s.checkPaths(name, paths); err != nil {
		return err
	}
	steps := s.Steps()
	// One allocation for all paths; capacities are cut, so that an append
	// cannot reach the next path.
	values := make([]float64, len(paths)*steps)
	own := make([][]float64, len(paths))
	for i, path := range paths {
		own[i] = values[i*steps : (i+1)*steps : (i+1)*steps]
		copy(own[i], path)
	}
	s.put(name, track{unit: unit, paths: own})
	return nil
}

// own adds paths without copying them: the caller gives them away.
func (s *Set) own(name, unit string, paths [][]float64) error {
	if err := s.checkPaths(name, paths); err != nil {
		return err
	}
	s.put(name, track{unit: unit, paths: paths})
	return nil
}

// checkPaths returns an error that lists every violation of a series.
func (s *Set) checkPaths(name string, paths [][]float64) error {
	bad := violations(fmt.Sprintf("scenario: series %q: ", name))
	s.checkName(&bad, name)
	if len(paths) != s.Len() {
		bad.Addf("has %d paths, want one for each of %d scenarios", len(paths), s.Len())
	}
	for i, path := range paths {
		s.checkPath(&bad, fmt.Sprintf("scenario %d", i), path)
	}
	return bad.Err()
}

// AddForecast adds a series that is certain: the same path in every scenario,
// one value per step. The path is copied. Errors are those of [Set.Add].
func (s *Set) AddForecast(name, unit string, path []float64) error {
	bad := violations(fmt.Sprintf("scenario: series %q: ", name))
	s.checkName(&bad, name)
	s.checkPath(&bad, "forecast", path)
	if err := bad.Err(); err != nil {
		return err
	}
	own := slices.Clone(path)
	paths := make([][]float64, s.Len())
	for i := range paths {
		paths[i] = own
	}
	s.put(name, track{unit: unit, paths: paths, forecast: true})
	return nil
}

func (s *Set) put(name string, sr track) {
	s.names = append(s.names, name)
	s.series[name] = sr
}

// checkName adds a violation for an empty name and for a name in use.
func (s *Set) checkName(bad *faults.List, name string) {
	if name == "" {
		bad.Addf("has no name, want one by which programs find it")
	}
	if s.Has(name) {
		bad.Addf("is already there; remove one of the two or rename it")
	}
}

// checkPath adds a violation for a wrong length and for every value that is not
// finite.
func (s *Set) checkPath(bad *faults.List, what string, path []float64) {
	if len(path) != s.Steps() {
		bad.Addf("%s has %d values, want one for each of %d steps", what, len(path), s.Steps())
	}
	for t, v := range path {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			bad.Addf("%s, step %d is %v, want a finite number", what, t, v)
		}
	}
}

// Has reports whether the set contains a series of that name.
func (s *Set) Has(name string) bool {
	if s == nil {
		return false
	}
	_, ok := s.series[name]
	if ok && s.used != nil {
		s.used(name)
	}
	return ok
}

// Watched returns a view of the set that calls used with the name of each
// series that is read or looked up, also in sets that are made from the view.
// The calls happen on the goroutine of the reader. For example, a caller finds
// series that no program needs:
//
//	read := map[string]bool{}
//	view := set.Watched(func(name string) { read[name] = true })
func (s *Set) Watched(used func(name string)) *Set {
	if s == nil {
		return nil
	}
	view := *s
	view.used = used
	return &view
}

// Names returns the names of the series in the order in which they were added.
func (s *Set) Names() []string {
	if s == nil {
		return nil
	}
	return slices.Clone(s.names)
}

// Unit returns the unit of a series. It panics on an unknown name.
func (s *Set) Unit(name string) string { return s.mustHave(name).unit }

// Varies reports whether the series can differ between scenarios: true after
// [Set.Add], false after [Set.AddForecast]. It panics on an unknown name.
func (s *Set) Varies(name string) bool { return !s.mustHave(name).forecast }

// Path returns the values of a series in one scenario, one per step. The set
// owns the slice; the caller must not change it. Path panics on an unknown
// name.
func (s *Set) Path(name string, scenario int) []float64 { return s.mustHave(name).paths[scenario] }

// At returns one value of a series. It panics on an unknown name.
func (s *Set) At(name string, scenario, step int) float64 {
	return s.mustHave(name).paths[scenario][step]
}

// Mean returns the probability-weighted mean path of a series, one value per
// step:
//
//	m(t) = Σ_s π_s x(s, t)
//
// For a forecast it returns the forecast itself, without rounding. It panics on
// an unknown name.
func (s *Set) Mean(name string) []float64 {
	sr := s.mustHave(name)
	if sr.forecast {
		return slices.Clone(sr.paths[0])
	}
	mean := make([]float64, s.Steps())
	for i, path := range sr.paths {
		p := s.probability[i]
		for t, v := range path {
			mean[t] += p * v
		}
	}
	return mean
}

func (s *Set) mustHave(name string) track {
	if s != nil {
		if sr, ok := s.series[name]; ok {
			if s.used != nil {
				s.used(name)
			}
			return sr
		}
	}
	panic(fmt.Sprintf("scenario: no series %q in the set, it has %q", name, s.Names()))
}
