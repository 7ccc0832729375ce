package scenario

import (
	"fmt"
	"slices"
)

// derive copies the set with each path replaced; sources[i] is the old scenario behind the new i.
func (s *Set) derive(grid Grid, probability []float64, sources []int, path func([]float64) []float64) *Set {
	out := &Set{grid: grid, probability: probability, names: slices.Clone(s.names), series: make(map[string]track, len(s.names))}
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

// Window returns the steps [from, to) of every series as a set of its own, as a rolling horizon needs
// it. Values are shared with s. Like a slice expression it panics where the range is empty or outside.
func (s *Set) Window(from, to int) *Set {
	if from < 0 || to > s.Steps() || from >= to {
		panic(fmt.Sprintf("scenario: window [%d, %d) of a set with %d steps", from, to, s.Steps()))
	}
	grid := Grid{Start: s.grid.Time(from), Step: s.grid.Step, Steps: to - from}
	return s.derive(grid, slices.Clone(s.probability), s.all(), func(p []float64) []float64 { return p[from:to:to] })
}

// Subset returns the given scenarios, in that order, with their probabilities scaled to a sum of one.
// Values are shared with s. It panics where no scenario is given or an index is outside the set.
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

// Split replaces one scenario by parts copies that share its probability equally; the copies stand in
// its place. No correct program changes its optimum when a future is split, which is what tests use it
// for. Values are shared with s.
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

// Expected returns the single future in which every series follows its probability-weighted mean: the
// deterministic program whose plan the value of the stochastic solution is measured against. Of a set
// reduced by [KMeans] it is the plain mean of the sample, however the clustering went; some papers
// present it as a forecast.
func (s *Set) Expected() *Set {
	out := Single(s.grid)
	for _, name := range s.names {
		out.put(name, track{unit: s.series[name].unit, paths: [][]float64{s.Mean(name)}, forecast: true})
	}
	return out
}

// all returns the indexes of all scenarios.
func (s *Set) all() []int {
	index := make([]int, s.Len())
	for i := range index {
		index[i] = i
	}
	return index
}

func same(path []float64) []float64 { return path }
