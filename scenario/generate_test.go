package scenario_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
)

// region has two wind farms that move together, two demands, and a known price.
func region(t *testing.T) scenario.Spec {
	t.Helper()
	grid := hours(24)
	spec := scenario.Spec{
		Grid: grid,
		Copula: scenario.AutoRegressive{Cross: mat.NewSymDense(4, []float64{
			1, 0.7, 0, 0, 0.7, 1, 0, 0, 0, 0, 1, 0.5, 0, 0, 0.5, 1,
		})},
		Scenarios: 12,
	}
	for i, size := range []float64{8, 6, 12, 900} {
		forecast := make([]float64, 24)
		for h := range forecast {
			forecast[h] = size * (0.5 + 0.3*math.Sin(float64(h+i)/4))
		}
		errors := scenario.NormalErrors{Sigma: scenario.DayAheadWind, Low: optional.Of(0), High: optional.Of(size)}
		s, err := scenario.Around([]string{"W1", "W2", "D1", "D2"}[i], "MW", grid, forecast, errors)
		require.NoError(t, err)
		spec.Series = append(spec.Series, s)
	}
	spec.Forecasts = []scenario.Known{{Name: "price", Unit: "EUR/MWh", Path: make([]float64, 24)}}
	return spec
}

func TestGenerateJoinsAllParts(t *testing.T) {
	spec := region(t)
	f, err := scenario.Generate(context.Background(), spec, rand.NewPCG(1, 2))
	require.NoError(t, err)
	assert.Equal(t, 12, f.Set.Len())
	assert.Equal(t, 1000, f.Sample.Len())
	assert.Equal(t, []string{"W1", "W2", "D1", "D2", "price"}, f.Set.Names())
	assert.Equal(t, "EUR/MWh", f.Set.Unit("price"))
	assert.False(t, f.Set.Varies("price"))
	assert.Len(t, f.Reduction.Assignment, 1000)

	// The correlation is that of the copula: the limits hardly bend the normal
	// errors.
	column := func(name string, t int) []float64 {
		values := make([]float64, f.Sample.Len())
		for i := range values {
			values[i] = f.Sample.At(name, i, t)
		}
		return values
	}
	assert.InDelta(t, 0.7, stat.Correlation(column("W1", 9), column("W2", 9), nil), 0.07)
	assert.InDelta(t, 0, stat.Correlation(column("W1", 9), column("D1", 9), nil), 0.1)
	assert.InDelta(t, 0.9, stat.Correlation(column("D2", 9), column("D2", 10), nil), 0.03)
	for i := range f.Sample.Len() {
		for _, v := range f.Sample.Path("W2", i) {
			require.True(t, v >= 0 && v <= 6)
		}
	}
	// A Latin hypercube's mean is the marginal's mean to about n^-1.5, and the
	// centroids keep it.
	for h, m := range spec.Series[2].Marginals {
		exact := 0.0
		for i := range 2000 {
			exact += m.Quantile((float64(i)+0.5)/2000) / 2000
		}
		assert.InEpsilon(t, exact, f.Sample.Mean("D1")[h], 1e-3)
		assert.InEpsilon(t, f.Sample.Mean("D1")[h], f.Set.Mean("D1")[h], 1e-12)
	}
}

func TestGenerateIsTheSameOnAnyNumberOfCores(t *testing.T) {
	spec := region(t)
	before := runtime.GOMAXPROCS(1)
	one, err := scenario.Generate(context.Background(), spec, rand.NewPCG(3, 4))
	runtime.GOMAXPROCS(5)
	require.NoError(t, err)
	many, err := scenario.Generate(context.Background(), spec, rand.NewPCG(3, 4))
	runtime.GOMAXPROCS(before)
	require.NoError(t, err)
	assert.Equal(t, one, many)
}

func TestGenerateKeepsTheWholeSampleWhereNothingIsToBeReduced(t *testing.T) {
	spec := region(t)
	spec.Scenarios, spec.Samples = 0, 50
	f, err := scenario.Generate(context.Background(), spec, rand.NewPCG(1, 2))
	require.NoError(t, err)
	assert.Same(t, f.Set, f.Sample)
	assert.Nil(t, f.Reduction)
	assert.Equal(t, 50, f.Set.Len())
}

func TestGenerateReportsAllMistakesAtOnce(t *testing.T) {
	_, err := scenario.Generate(context.Background(), scenario.Spec{
		Grid: hours(0), Samples: 5, Scenarios: 6, Series: []scenario.Series{{Name: "W1", Marginals: []scenario.Marginal{nil}}},
	}, rand.NewPCG(1, 2))
	for _, part := range []string{"0 steps", "6 scenarios of 5 samples", `"W1" has 1 marginals`, `"W1" has no marginal at step 0`} {
		assert.ErrorContains(t, err, part)
	}
	_, err = scenario.Generate(context.Background(), scenario.Spec{Grid: hours(2)}, rand.NewPCG(1, 2))
	assert.ErrorContains(t, err, "no uncertain series")

	spec := region(t)
	spec.Forecasts = append(spec.Forecasts, scenario.Known{Name: "W1", Path: make([]float64, 24)}, scenario.Known{Name: "pv", Path: make([]float64, 3)})
	_, err = scenario.Generate(context.Background(), spec, rand.NewPCG(1, 2))
	assert.ErrorContains(t, err, `"W1": is already there`)
	assert.ErrorContains(t, err, `"pv": forecast has 3 values`)

	spec = region(t)
	spec.Series[0].Marginals[3] = scenario.WindPower{CutIn: 5, Rated: 4, CutOut: 25, Capacity: -1, Exponent: optional.Of(math.NaN())}
	_, err = scenario.Generate(context.Background(), spec, rand.NewPCG(1, 2))
	for _, part := range []string{`series "W1", step 3`, "no distribution of the speed", "want 0 <= CutIn < Rated < CutOut", "capacity is -1", "exponent is NaN"} {
		assert.ErrorContains(t, err, part)
	}

	spec = region(t)
	spec.Series[1].Marginals[7] = distuv.Normal{Mu: math.NaN(), Sigma: 1}
	_, err = scenario.Generate(context.Background(), spec, rand.NewPCG(1, 2))
	assert.ErrorContains(t, err, `series "W2", step 7: quantile`)
}

// stages records the calls of an observer, and cancels at the last stage.
type stages struct {
	seen   []string
	cancel func()
}

func (s *stages) Began(stage scenario.Stage, number, of int) {
	s.seen = append(s.seen, fmt.Sprintf("%d/%d %s", number, of, stage))
	if number == of && s.cancel != nil {
		s.cancel()
	}
}

func TestGenerateReportsProgressAndStopsWhenCancelled(t *testing.T) {
	spec := region(t)
	ctx, cancel := context.WithCancel(context.Background())
	o := &stages{cancel: cancel}
	spec.Observe = o
	f, err := scenario.Generate(ctx, spec, rand.NewPCG(1, 2))
	assert.ErrorIs(t, err, context.Canceled)
	assert.Nil(t, f)
	assert.Equal(t, []string{"1/4 sampling", "2/4 joining", "3/4 shaping", "4/4 reducing"}, o.seen)
}

// TestIndependentHoursHideTheRisk measures what five centroids keep of 1000
// days of Beta(2, 3) hours. With independent hours they keep about a third of
// the hourly spread, whatever the seed; with hours that follow a common factor
// almost all of it. The published measurement has 32 % and 96 %.
func TestIndependentHoursHideTheRisk(t *testing.T) {
	common := mat.NewSymDense(24, nil)
	for i := range 24 {
		for j := range i {
			common.SetSym(i, j, 0.97)
		}
		common.SetSym(i, i, 1)
	}
	kept := func(c scenario.Copula, seed uint64) scenario.SeriesQuality {
		f, err := scenario.Generate(context.Background(), scenario.Spec{
			Grid: hours(24), Copula: c, Scenarios: 5,
			Series: []scenario.Series{{Name: "x", Marginals: scenario.Same(distuv.Beta{Alpha: 2, Beta: 3}, 24)}},
		}, rand.NewPCG(seed, 2))
		require.NoError(t, err)
		q, err := scenario.Compare(f.Sample, f.Set)
		require.NoError(t, err)
		return q.Series[0]
	}
	for seed := range uint64(2) {
		independent, factor := kept(scenario.Independent{}, seed), kept(scenario.Gaussian{Correlation: common}, seed)
		assert.InDelta(t, 0.32, independent.StepSpread, 0.02)
		assert.Less(t, independent.EnergySpread, 0.6)
		assert.InDelta(t, 0.96, factor.StepSpread, 0.01)
		assert.InDelta(t, 0.97, factor.EnergySpread, 0.01)
	}
}

func TestReduceKeepsMembersToTheLastBit(t *testing.T) {
	spec := region(t)
	spec.Reduction.Reducer = scenario.KMedoids{}
	f, err := scenario.Generate(context.Background(), spec, rand.NewPCG(1, 2))
	require.NoError(t, err)
	for j, i := range f.Reduction.Members {
		for _, name := range f.Set.Names() {
			assert.Equal(t, f.Sample.Path(name, i), f.Set.Path(name, j))
		}
	}
	q, err := scenario.Compare(f.Sample, f.Set)
	require.NoError(t, err)
	assert.InDelta(t, f.Reduction.Cost, q.Kantorovich, 1e-12) // the same distance, computed twice
	assert.InDelta(t, 0, q.Misplaced, 1e-12)
}

// TestReduceScalesSeriesByTheirSpread: b is a in other units, so groups must
// not change with the unit; as given, they follow the series with the large
// numbers.
func TestReduceScalesSeriesByTheirSpread(t *testing.T) {
	a := [][]float64{{0}, {0.1}, {1}, {1.1}}
	b := func(factor float64) [][]float64 {
		return [][]float64{{0}, {1 * factor}, {0.1 * factor}, {1.1 * factor}}
	}
	groups := func(factor float64, o scenario.ReduceOptions) []int {
		s, err := scenario.New(hours(1), scenario.Equal(4))
		require.NoError(t, err)
		require.NoError(t, s.Add("a", "MW", a))
		require.NoError(t, s.Add("b", "kW", b(factor)))
		reduced, r, err := scenario.Reduce(context.Background(), s, 2, o, rand.NewPCG(1, 2))
		require.NoError(t, err)
		assert.Equal(t, 2, reduced.Len())
		return []int{r.Assignment[0], r.Assignment[1], r.Assignment[2], r.Assignment[3]}
	}
	byA, byB := []int{0, 0, 1, 1}, []int{0, 1, 0, 1}
	for _, factor := range []float64{1e-3, 1, 1e3} {
		assert.Equal(t, byA, groups(factor, scenario.ReduceOptions{Emphasis: map[string]float64{"a": 2}}))
		assert.Equal(t, byB, groups(factor, scenario.ReduceOptions{Emphasis: map[string]float64{"b": 2}}))
	}
	assert.Equal(t, byA, groups(0.5, scenario.ReduceOptions{Scaling: scenario.AsGiven}))
	assert.Equal(t, byB, groups(2, scenario.ReduceOptions{Scaling: scenario.AsGiven}))
}

func TestReduceReportsAllMistakesAtOnce(t *testing.T) {
	s := threeScenarios(t)
	_, _, err := scenario.Reduce(context.Background(), s, 2, scenario.ReduceOptions{
		Scaling: 7, Emphasis: map[string]float64{"price": 2, "wind": 0},
	}, rand.NewPCG(1, 2))
	for _, part := range []string{"unknown scaling 7", `emphasis on "price", want the name of a series that varies`, `emphasis on "wind" is 0`} {
		assert.ErrorContains(t, err, part)
	}
	_, _, err = scenario.Reduce(context.Background(), scenario.Single(threeHours), 1, scenario.ReduceOptions{}, rand.NewPCG(1, 2))
	assert.ErrorContains(t, err, "no series differs")
	_, _, err = scenario.Reduce(context.Background(), s, 4, scenario.ReduceOptions{}, rand.NewPCG(1, 2))
	assert.ErrorContains(t, err, "reduction to 4 of 3 points")
}

func TestReduceKeepsTheWeightsOfTheSet(t *testing.T) {
	// Joining two points costs W W'/(W+W') times their squared distance: 29/6
	// for the first two, 101/6 for the first and last, 48/8 for the last two.
	// The first two are the cheapest pair.
	reduced, _, err := scenario.Reduce(context.Background(), threeScenarios(t), 2, scenario.ReduceOptions{}, rand.NewPCG(1, 2))
	require.NoError(t, err)
	assert.InDeltaSlice(t, []float64{0.75, 0.25}, reduced.Probabilities(), 1e-15)
	assert.InDeltaSlice(t, threeScenarios(t).Mean("wind"), reduced.Mean("wind"), 1e-12)
	assert.Equal(t, []float64{0.1, -5, 30}, reduced.Path("price", 1))
	assert.Equal(t, time.Hour, reduced.Grid().Step)
}
