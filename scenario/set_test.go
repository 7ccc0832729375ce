package scenario_test

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/scenario"
)

var threeHours = scenario.Grid{Start: time.Date(2020, 7, 6, 0, 0, 0, 0, time.UTC), Step: time.Hour, Steps: 3}

// threeScenarios is a set of three scenarios with an uncertain wind farm and a
// known price.
func threeScenarios(t *testing.T) *scenario.Set {
	t.Helper()
	s, err := scenario.New(threeHours, []float64{0.5, 0.25, 0.25})
	require.NoError(t, err)
	require.NoError(t, s.Add("wind", "MW", [][]float64{{0, 1, 2}, {4, 4, 4}, {8, 0, 8}}))
	require.NoError(t, s.AddForecast("price", "EUR/MWh", []float64{0.1, -5, 30}))
	return s
}

func TestSetReturnsTheAddedSeries(t *testing.T) {
	s := threeScenarios(t)
	assert.Equal(t, threeHours, s.Grid())
	assert.Equal(t, 3, s.Steps())
	assert.Equal(t, 3, s.Len())
	assert.Equal(t, 1.0, s.Hours())
	assert.Equal(t, 0.25, s.Probability(2))
	assert.Equal(t, []float64{0.5, 0.25, 0.25}, s.Probabilities())
	assert.Equal(t, []string{"wind", "price"}, s.Names())
	assert.Equal(t, "MW", s.Unit("wind"))
	assert.True(t, s.Has("price"))
	assert.False(t, s.Has("load"))
	assert.True(t, s.Varies("wind"))
	assert.False(t, s.Varies("price"))
	assert.Equal(t, []float64{8, 0, 8}, s.Path("wind", 2))
	assert.Equal(t, -5.0, s.At("price", 1, 1))
	// 0.5·0 + 0.25·4 + 0.25·8 = 3, 0.5·1 + 0.25·4 = 1.5, 0.5·2 + 0.25·4 +
	// 0.25·8 = 4
	assert.Equal(t, []float64{3, 1.5, 4}, s.Mean("wind"))
	assert.Equal(t, []float64{0.1, -5, 30}, s.Mean("price"))
	assert.PanicsWithValue(t, `scenario: no series "load" in the set, it has ["wind" "price"]`, func() { s.Path("load", 0) })
}

func TestSetKeepsItsOwnCopy(t *testing.T) {
	probability, path := []float64{1}, []float64{1, 2, 3}
	s, err := scenario.New(threeHours, probability)
	require.NoError(t, err)
	require.NoError(t, s.Add("a", "", [][]float64{path}))
	require.NoError(t, s.AddForecast("b", "", path))
	probability[0], path[0] = 7, 7
	s.Probabilities()[0] = 7
	s.Names()[0] = "changed"
	s.Mean("b")[0] = 7
	assert.Equal(t, 1.0, s.Probability(0))
	assert.Equal(t, 1.0, s.At("a", 0, 0))
	assert.Equal(t, 1.0, s.At("b", 0, 0))
	assert.Equal(t, []string{"a", "b"}, s.Names())
}

func TestNewRefusesBadProbabilities(t *testing.T) {
	for name, p := range map[string][]float64{
		"none": nil, "sum of 100": {50, 50}, "short of one": {0.5, 0.4999999}, "zero": {1, 0},
		"negative": {1.5, -0.5}, "not a number": {math.NaN(), 1}, "infinite": {math.Inf(1), 1},
	} {
		_, err := scenario.New(threeHours, p)
		assert.Error(t, err, name)
	}
	_, err := scenario.New(threeHours, []float64{0.1, 0.2, 0.7 + 1e-10}) // rounding is no mistake
	assert.NoError(t, err)
}

func TestNewReportsAllMistakesAtOnce(t *testing.T) {
	_, err := scenario.New(scenario.Grid{}, []float64{-1, 0.5})
	for _, part := range []string{"step is 0s", "0 steps", "scenario 0 is -1", "sum to -0.5"} {
		assert.ErrorContains(t, err, part)
	}
}

func TestAddReportsAllMistakesAtOnce(t *testing.T) {
	s := threeScenarios(t)
	err := s.Add("wind", "MW", [][]float64{{1, math.NaN(), 3}, {1, 2}})
	for _, part := range []string{"already there", "2 paths, want one for each of 3", "scenario 0, step 1 is NaN", "scenario 1 has 2 values"} {
		assert.ErrorContains(t, err, part)
	}
	assert.ErrorContains(t, s.AddForecast("", "", []float64{1, 2, math.Inf(-1)}), "no name")
	assert.ErrorContains(t, s.AddForecast("load", "", []float64{1, 2, math.Inf(-1)}), "step 2 is -Inf")
	assert.Equal(t, []string{"wind", "price"}, s.Names(), "a refused series must leave no trace")
}

func TestErrorsStayReadableWhenEverythingIsWrong(t *testing.T) {
	grid := scenario.Grid{Step: time.Hour, Steps: 8760}
	path := make([]float64, 8760)
	for i := range path {
		path[i] = math.NaN()
	}
	err := scenario.Single(grid).AddForecast("load", "MW", path)
	require.Error(t, err)
	assert.Less(t, len(err.Error()), 3000)
	assert.ErrorContains(t, err, "8740 more")
}

func TestNilSetIsEmpty(t *testing.T) {
	var s *scenario.Set
	assert.Zero(t, s.Len())
	assert.Zero(t, s.Steps())
	assert.Empty(t, s.Names())
	assert.Empty(t, s.Probabilities())
	assert.False(t, s.Has("wind"))
}

func TestSingleHasProbabilityOne(t *testing.T) {
	assert.Equal(t, []float64{1}, scenario.Single(threeHours).Probabilities())
	assert.Panics(t, func() { scenario.Single(scenario.Grid{}) })
}

func TestGridKeepsTime(t *testing.T) {
	g := scenario.Grid{Start: threeHours.Start, Step: 15 * time.Minute, Steps: 96}
	assert.Equal(t, 0.25, g.Hours())
	assert.Equal(t, time.Date(2020, 7, 6, 23, 45, 0, 0, time.UTC), g.Time(95))
	assert.NoError(t, g.Validate())
}

func TestWindowCutsTimeOnly(t *testing.T) {
	w := threeScenarios(t).Window(1, 3)
	assert.Equal(t, scenario.Grid{Start: threeHours.Time(1), Step: time.Hour, Steps: 2}, w.Grid())
	assert.Equal(t, []float64{0, 8}, w.Path("wind", 2))
	assert.Equal(t, []float64{-5, 30}, w.Path("price", 0))
	assert.Equal(t, []float64{0.5, 0.25, 0.25}, w.Probabilities())
	assert.Panics(t, func() { threeScenarios(t).Window(2, 2) })
	assert.Panics(t, func() { threeScenarios(t).Window(0, 4) })
}

func TestSubsetScalesProbabilities(t *testing.T) {
	s := threeScenarios(t).Subset(2, 0)
	assert.InDeltaSlice(t, []float64{1. / 3, 2. / 3}, s.Probabilities(), 1e-15)
	assert.Equal(t, []float64{8, 0, 8}, s.Path("wind", 0))
	assert.Equal(t, []float64{0, 1, 2}, s.Path("wind", 1))
	assert.Panics(t, func() { threeScenarios(t).Subset() })
}

func TestSplitLeavesTheDistributionAlone(t *testing.T) {
	s := threeScenarios(t).Split(1, 5)
	assert.Equal(t, 7, s.Len())
	assert.InDelta(t, 0.05, s.Probability(3), 1e-15)
	assert.Equal(t, []float64{4, 4, 4}, s.Path("wind", 5))
	assert.Equal(t, []float64{8, 0, 8}, s.Path("wind", 6))
	assert.InDeltaSlice(t, threeScenarios(t).Mean("wind"), s.Mean("wind"), 1e-15)
}

func TestExpectedIsTheMeanFuture(t *testing.T) {
	e := threeScenarios(t).Expected()
	assert.Equal(t, 1, e.Len())
	assert.Equal(t, []float64{3, 1.5, 4}, e.Path("wind", 0))
	assert.Equal(t, []string{"wind", "price"}, e.Names())
	assert.Equal(t, "EUR/MWh", e.Unit("price"))
}
