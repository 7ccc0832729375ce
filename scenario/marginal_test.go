package scenario_test

import (
	"math"
	"testing"
	"testing/quick"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
)

// TestTruncatedNormalAgreesWithSciPy compares with scipy.stats.truncnorm.ppf of
// SciPy 1.10 at 0.05, 0.5 and 0.95.
func TestTruncatedNormalAgreesWithSciPy(t *testing.T) {
	for _, c := range []struct {
		mean, std float64
		want      [3]float64
	}{
		{5, 1, [3]float64{3.3544942352674543, 4.998308512170897, 6.632544758646418}},
		{1, 2, [3]float64{0.191960132109108, 1.7931114961067873, 4.62916308143608}},
		{-3, 1, [3]float64{0.015589034785826072, 0.20515492059893337, 0.8171724833936995}},
	} {
		m := scenario.Truncated{Of: distuv.Normal{Mu: c.mean, Sigma: c.std}, Low: 0, High: 8}
		for i, u := range []float64{0.05, 0.5, 0.95} {
			assert.InEpsilon(t, c.want[i], m.Quantile(u), 1e-9)
		}
	}
}

func TestTruncatedBeyondAllProbabilitySitsOnTheNearerLimit(t *testing.T) {
	far := distuv.Normal{Mu: 1000, Sigma: 1}
	assert.Equal(t, 8.0, scenario.Truncated{Of: far, Low: 0, High: 8}.Quantile(0.3))
	assert.Equal(t, 2000.0, scenario.Truncated{Of: far, Low: 2000, High: 3000}.Quantile(0.3))
}

func TestClampedAndScaledByHand(t *testing.T) {
	unit := distuv.Uniform{Min: 0, Max: 1}
	assert.Equal(t, 7.0, scenario.Scaled{Of: unit, Offset: 3, Factor: 8}.Quantile(0.5))
	clamped := scenario.Clamped{Of: scenario.Scaled{Of: unit, Offset: -1, Factor: 4}, Low: 0, High: 2}
	assert.Equal(t, []float64{0, 1, 2}, []float64{clamped.Quantile(0.1), clamped.Quantile(0.5), clamped.Quantile(0.9)})
	assert.Equal(t, 4.5, scenario.Fixed(4.5).Quantile(0.9))
}

// TestEmpiricalByHand: four values stand at u = 1/8, 3/8, 5/8 and 7/8.
func TestEmpiricalByHand(t *testing.T) {
	m, err := scenario.NewEmpirical([]float64{30, 10, 20, 60})
	require.NoError(t, err)
	for u, want := range map[float64]float64{
		0.01: 10, 0.125: 10, 0.25: 15, 0.375: 20, 0.5: 25, 0.625: 30, 0.75: 45, 0.875: 60, 0.99: 60,
	} {
		assert.InDelta(t, want, m.Quantile(u), 1e-12, "u = %v", u)
	}
	_, err = scenario.NewEmpirical(nil)
	assert.ErrorContains(t, err, "no values")
	_, err = scenario.NewEmpirical([]float64{1, math.NaN()})
	assert.ErrorContains(t, err, "value 1 is NaN")
}

func TestQuantilesNeverFall(t *testing.T) {
	empirical, err := scenario.NewEmpirical([]float64{3, 1, 1, 2, -5, 8})
	require.NoError(t, err)
	for _, m := range []scenario.Marginal{
		empirical,
		scenario.Truncated{Of: distuv.Normal{Mu: 3, Sigma: 2}, Low: 0, High: 5},
		scenario.Clamped{Of: distuv.Weibull{K: 2, Lambda: 8}, Low: 0, High: 9},
		scenario.Scaled{Of: distuv.Beta{Alpha: 2, Beta: 3}, Factor: 25},
		scenario.WindPower{Speed: distuv.Weibull{K: 2, Lambda: 8}, CutIn: 3, Rated: 12, CutOut: 25, Capacity: 8, Exponent: optional.Of(3)},
	} {
		assert.NoError(t, quick.Check(func(a, b uint32) bool {
			u, v := (float64(min(a, b))+0.5)/(1<<32), (float64(max(a, b))+0.5)/(1<<32)
			return m.Quantile(u) <= m.Quantile(v)
		}, nil), "%T", m)
	}
}

// TestWindPowerAtAMeasuredSpeed has a machine of 300 kW with 4, 8 and 15 m/s
// (Shui et al.). At 6 m/s it is halfway up the line; the cubic curve gives (216
// − 64) / (512 − 64) = 152/448 there.
func TestWindPowerAtAMeasuredSpeed(t *testing.T) {
	linear := scenario.WindPower{Capacity: 0.3, CutIn: 4, Rated: 8, CutOut: 15}
	cubic := linear
	cubic.Exponent = optional.Of(3)
	for speed, want := range map[float64][2]float64{
		0: {0, 0}, 3.99: {0, 0}, 4: {0, 0},
		6: {0.15, 0.3 * 152 / 448},
		8: {0.3, 0.3}, 14.99: {0.3, 0.3}, 15: {0, 0}, 40: {0, 0},
	} {
		assert.InDelta(t, want[0], linear.At(speed), 1e-12, "%v m/s", speed)
		assert.InDelta(t, want[1], cubic.At(speed), 1e-12, "%v m/s", speed)
	}
}

// The energy in wind grows with the cube of its speed, which is convex: between
// its ends the cubic curve lies below the straight line, and both rise.
func TestWindPowerCurvesRiseAndTheCubicOneLiesBelow(t *testing.T) {
	linear := scenario.WindPower{Capacity: 2, CutIn: 3, Rated: 13, CutOut: 25}
	cubic := linear
	cubic.Exponent = optional.Of(3)
	before := [2]float64{}
	for w := 3.0; w < 13; w += 0.25 {
		a, b := linear.At(w), cubic.At(w)
		assert.LessOrEqual(t, b, a)
		assert.GreaterOrEqual(t, a, before[0])
		assert.GreaterOrEqual(t, b, before[1])
		before = [2]float64{a, b}
	}
}

// TestWindPowerByHand has speeds uniform on [0, 30]: 4/30 calm and 5/30 storm
// give no output, 16/30 lie on the slope from 4 to 20, the last 5/30 of rated
// speeds above it give all.
func TestWindPowerByHand(t *testing.T) {
	m := scenario.WindPower{Speed: distuv.Uniform{Min: 0, Max: 30}, CutIn: 4, Rated: 20, CutOut: 25, Capacity: 8}
	require.NoError(t, m.Validate())
	for thirtieths, want := range map[float64]float64{1: 0, 8.9: 0, 13: 2, 17: 4, 21: 6, 25: 8, 29.9: 8} {
		assert.InDelta(t, want, m.Quantile(thirtieths/30), 1e-12, "%v/30", thirtieths)
	}
	for speed, want := range map[float64]float64{0: 0, 3.9: 0, 4: 0, 12: 4, 20: 8, 24.9: 8, 25: 0, 40: 0} {
		assert.InDelta(t, want, m.At(speed), 1e-12, "%v m/s", speed)
	}
	m.Exponent = optional.Of(3) // (12³ − 4³) / (20³ − 4³) = 1664/7936
	assert.InDelta(t, 8*1664./7936, m.At(12), 1e-12)
}

// TestWindPowerHasTheMeanOfItsCurve integrates curve times Weibull density by
// the midpoint rule, another way to the mean than through quantiles.
func TestWindPowerHasTheMeanOfItsCurve(t *testing.T) {
	speed := distuv.Weibull{K: 2, Lambda: 9}
	for _, exponent := range []optional.Float{{}, optional.Of(3)} {
		m := scenario.WindPower{Speed: speed, CutIn: 3, Rated: 12, CutOut: 25, Capacity: 100, Exponent: exponent}
		byDensity, byQuantile := 0.0, 0.0
		const n = 100_000
		for i := range n {
			v := (float64(i) + 0.5) * 40 / n
			byDensity += m.At(v) * speed.Prob(v) * 40 / n
			byQuantile += m.Quantile((float64(i)+0.5)/n) / n
		}
		assert.InEpsilon(t, byDensity, byQuantile, 1e-4)
	}
}

func TestNormalErrorsFollowTheForecast(t *testing.T) {
	m, err := scenario.NormalErrors{Sigma: scenario.DayAheadWind}.Marginals(threeHours, []float64{10, 0, 5})
	require.NoError(t, err)
	assert.InDelta(t, 12, m[0].Quantile(0.841344746068543), 1e-9) // one standard deviation, 20 % of 10, above
	assert.InDelta(t, 10, m[0].Quantile(0.5), 1e-9)
	assert.Equal(t, 0.0, m[1].Quantile(0.99))

	m, err = scenario.NormalErrors{Sigma: 1, Low: optional.Of(0), High: optional.Of(10)}.Marginals(threeHours, []float64{10, 0, 5})
	require.NoError(t, err)
	assert.Less(t, m[0].Quantile(0.999999), 10.0000001)
	assert.GreaterOrEqual(t, m[2].Quantile(1e-9), 0.0)
}

func TestNormalErrorsReportAllMistakesAtOnce(t *testing.T) {
	_, err := scenario.NormalErrors{Sigma: -1, Low: optional.Of(0), High: optional.Of(8)}.Marginals(threeHours, []float64{9, math.NaN()})
	for _, part := range []string{"sigma is -1", "2 values, want one for each of 3", "step 1 is NaN", "step 0 is 9, want a value in the range [0, 8]"} {
		assert.ErrorContains(t, err, part)
	}
	_, err = scenario.Around("wind", "MW", threeHours, []float64{1, 2, 3}, scenario.NormalErrors{Low: optional.Of(5), High: optional.Of(4)})
	assert.ErrorContains(t, err, `series "wind"`)
	assert.ErrorContains(t, err, "want Low ≤ High")
}
