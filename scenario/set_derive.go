package scenario

import (
	"fmt"
	"slices"
)

// derive returns a copy of the set in which scenario i has the paths of
// scenario sources[i], transformed by path.
func (s *Set) derive(grid Grid, probability []float64, sources []int, path func([]float64) []float64) *Set {
	out := &Set{grid: grid, probability: probability, names: slices.Clone(s.names), series: make(map[string]track, len(s.names)), used: s.used}
	for _, name := range s.names {
		old := s.series[name]
		paths := make([][]float64, len(sources))
		for i, from := range sources {
			paths[i] = path(old.paths[from])
		}
		out.series[name] = track{unit: old.unit, paths: paths, forecast: old.forecast}
	}
	return out
}

// Window returns the steps [from, to) of every series as a set of its own, for
// rolling horizons. Values are shared with s. Like a slice expression, Window
// panics if the range is empty or outside the set.
//
// For example, Window(24, 48) is the second day of an hourly set.
func (s *Set) Window(from, to int) *Set {
	if from < 0 || to > s.Steps() || from >= to {
		panic(fmt.Sprintf("scenario: window [%d, %d) of a set with %d steps", from, to, s.Steps()))
	}
	return s.derive(s.grid.Window(from, to), slices.Clone(s.probability), s.all(), func(p []float64) []float64 { return p[from:to:to] })
}

// Onto returns the set on the steps of another grid, as [Table.Onto] does for a
// table: power and prices are averaged over time, amounts per step are summed.
// For example, scenarios over quarters of an hour from 10:00 on become
// scenarios for a plan that begins at 10:08. Onto returns an error if the grid
// is invalid or not inside the set.
func (s *Set) Onto(grid Grid) (*Set, error) {
	parts, err := s.grid.partsOf(grid)
	if err != nil {
		return nil, err
	}
	out := &Set{
		grid: grid.normal(), probability: slices.Clone(s.probability), names: slices.Clone(s.names),
		series: make(map[string]track, len(s.names)), used: s.used,
	}
	for _, name := range s.names {
		old := s.series[name]
		paths := make([][]float64, len(old.paths))
		for i, path := range old.paths {
			if i > 0 && old.forecast {
				paths[i] = paths[0] // shared, as AddForecast does
				continue
			}
			paths[i] = onto(parts, s.grid, grid, path, amountPerStep(old.unit))
		}
		out.series[name] = track{unit: old.unit, paths: paths, forecast: old.forecast}
	}
	return out, nil
}

// Subset returns the given scenarios in the given order, with their
// probabilities scaled to a sum of 1. Values are shared with s. Subset panics
// if no scenario is given or an index is outside the set.
func (s *Set) Subset(scenarios ...int) *Set {
	probability := make([]float64, len(scenarios))
	sum := 0.0
	for i, from := range scenarios {
		probability[i] = s.probability[from]
		sum += probability[i]
	}
	if len(scenarios) == 0 {
		panic("scenario: subset of no scenarios")
	}
	for i := range probability {
		probability[i] /= sum
	}
	return s.derive(s.grid, probability, scenarios, same)
}

// Split replaces one scenario by copies that share its probability equally and
// stand in its place. Values are shared with s. A split does not change the
// optimum of a correct program, so tests of programs can use it as a
// metamorphic check. Split panics if parts is below 1.
func (s *Set) Split(scenario, parts int) *Set {
	if parts < 1 {
		panic(fmt.Sprintf("scenario: split into %d parts, want at least 1", parts))
	}
	var sources []int
	var probability []float64
	for i, p := range s.probability {
		n := 1
		if i == scenario {
			n = parts
		}
		for range n {
			sources = append(sources, i)
			probability = append(probability, p/float64(n))
		}
	}
	return s.derive(s.grid, probability, sources, same)
}

// Expected returns a set with a single scenario in which every series follows
// its probability-weighted mean. Its plan is the deterministic plan to which
// the value of the stochastic solution refers:
//
//	VSS = value of the stochastic plan − value of the plan for Expected, both on the full set
//
// (Birge and Louveaux, Introduction to Stochastic Programming, section 4.2).
// After a reduction by [KMeans] the means are still those of the full sample.
func (s *Set) Expected() *Set {
	out, unwatched := Single(s.grid), s.Watched(nil) // a copy of every series is no use
	for _, name := range s.names {
		out.put(name, track{unit: s.series[name].unit, paths: [][]float64{unwatched.Mean(name)}, forecast: true})
	}
	out.used = s.used
	return out
}

// all returns the indices of all scenarios.
func (s *Set) all() []int {
	index := make([]int, s.Len())
	for i := range index {
		index[i] = i
	}
	return index
}

// same returns a path unchanged, for derivations that keep values.
func same(path []float64) []float64 { return path }
