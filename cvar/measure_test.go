package cvar_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/quick"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/stat"

	"github.com/trigrid/trigrid/cvar"
)

// anchor reports a value of ours beside the published one and demands that they
// agree.
func anchor(t *testing.T, name string, found, published, tolerance float64) {
	t.Helper()
	relative := math.Abs(found-published) / math.Abs(published)
	t.Logf("anchor %s: found %.10g, published %.10g, relative difference %.2g", name, found, published, relative)
	assert.LessOrEqual(t, relative, tolerance, name)
}

func equal(n int) []float64 { return slices.Repeat([]float64{1 / float64(n)}, n) }

func upTo(n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = float64(i + 1)
	}
	return out
}

// 10, 20, 30, 40 equally likely at 0.6: the worst 0.4 of losses is 40 with 0.25
// and 30 with 0.15, so (0.25·40 + 0.15·30)/0.4 = 36.25; of profits 10 and 20,
// (0.25·10 + 0.15·20)/0.4 = 13.75.
func TestAnchorSmallBothSigns(t *testing.T) {
	m := cvar.Measure{Confidence: 0.6}
	loss, err := m.OfLosses([]float64{40, 10, 30, 20}, equal(4))
	require.NoError(t, err)
	profit, err := m.OfProfits([]float64{40, 10, 30, 20}, equal(4))
	require.NoError(t, err)
	anchor(t, "CVaR small, loss, E", loss.Expectation, 25, 1e-15)
	anchor(t, "CVaR small, loss, VaR", loss.VaR, 30, 0)
	anchor(t, "CVaR small, loss, CVaR", loss.CVaR, 36.25, 1e-15)
	anchor(t, "CVaR small, profit, VaR", profit.VaR, 20, 0)
	anchor(t, "CVaR small, profit, CVaR", profit.CVaR, 13.75, 1e-15)
	assert.Equal(t, 40.0, loss.Worst)
	assert.Equal(t, 10.0, profit.Worst)
	assert.Equal(t, 25.0, profit.Expectation)
}

// Uniform on 1 … 100. At 0.95 the worst five are whole: (96 + … + 100)/5 = 98.
// At 0.955 the worst 4.5 are 97 … 100 and half of 96: (394 + 48)/4.5 =
// 98.2222….
func TestAnchorSplitAtom(t *testing.T) {
	at95, err := cvar.Measure{Confidence: 0.95}.OfLosses(upTo(100), equal(100))
	require.NoError(t, err)
	anchor(t, "CVaR atoms 0.95, VaR", at95.VaR, 95, 0)
	anchor(t, "CVaR atoms 0.95, CVaR", at95.CVaR, 98, 1e-14)
	at955, err := cvar.Measure{Confidence: 0.955}.OfLosses(upTo(100), equal(100))
	require.NoError(t, err)
	anchor(t, "CVaR atoms 0.955, CVaR", at955.CVaR, 442/4.5, 1e-14)
	assert.Equal(t, 96.0, at955.VaR)
}

// At confidence k/100 exactly k of a hundred equal losses are not exceeded, so
// VaR is k for every k. It takes care, since neither k/100 nor sums of 1/100
// are exact: gonum's weighted quantile, for one, is off at some of these atoms.
func TestQuantileAtAtoms(t *testing.T) {
	off := 0
	for k := 1; k < 100; k++ {
		risk, err := cvar.Measure{Confidence: float64(k) / 100}.OfLosses(upTo(100), equal(100))
		require.NoError(t, err)
		require.Equal(t, float64(k), risk.VaR, "confidence %d/100", k)
		mean := float64(k+1+100) / 2 // of k+1 … 100
		require.InDelta(t, mean, risk.CVaR, 1e-10, "confidence %d/100", k)
		if stat.Quantile(float64(k)/100, stat.Empirical, upTo(100), slices.Repeat([]float64{1}, 100)) != float64(k) {
			off++
		}
	}
	t.Logf("gonum's weighted quantile is off at %d of 99 atoms", off)
}

func TestLimitsAreExpectationAndWorstCase(t *testing.T) {
	values, probability := []float64{3, -1, 8, 9}, []float64{0.5, 0.2, 0.3, 0}
	mean, err := cvar.Measure{}.OfLosses(values, probability)
	require.NoError(t, err)
	assert.Equal(t, cvar.Risk{Expectation: 3.7, VaR: -1, CVaR: 3.7, Worst: 8}, mean, "9 has no probability")
	worst, err := cvar.Measure{Confidence: 1}.OfLosses(values, probability)
	require.NoError(t, err)
	assert.Equal(t, cvar.Risk{Expectation: 3.7, VaR: 8, CVaR: 8, Worst: 8}, worst)
	profit, err := cvar.Measure{Confidence: 1}.OfProfits(values, probability)
	require.NoError(t, err)
	assert.Equal(t, cvar.Risk{Expectation: 3.7, VaR: -1, CVaR: -1, Worst: -1}, profit)
	one, err := cvar.Measure{Confidence: 0.9}.OfLosses([]float64{7}, []float64{1})
	require.NoError(t, err)
	assert.Equal(t, cvar.Risk{Expectation: 7, VaR: 7, CVaR: 7, Worst: 7}, one)
}

func TestUnfitDataAreRefused(t *testing.T) {
	nan, half := math.NaN(), cvar.Measure{Confidence: 0.5}
	cases := map[string]struct {
		measure             cvar.Measure
		values, probability []float64
	}{
		"confidence is 1.1":                 {cvar.Measure{Confidence: 1.1}, []float64{1}, []float64{1}},
		"confidence is 95":                  {cvar.Measure{Confidence: 95}, []float64{1}, []float64{1}},
		"confidence is NaN":                 {cvar.Measure{Confidence: nan}, []float64{1}, []float64{1}},
		"2 probabilities for 1":             {half, []float64{1}, []float64{0.5, 0.5}},
		"no scenarios":                      {half, nil, nil},
		"probabilities sum to 2":            {half, []float64{1, 2}, []float64{1, 1}},
		"probabilities sum to 0.999999":     {half, []float64{1, 2}, []float64{0.5, 0.499999}},
		"probability of scenario 1 is -0.5": {half, []float64{1, 2}, []float64{1.5, -0.5}},
		"probability of scenario 0 is NaN":  {half, []float64{1, 2}, []float64{nan, 1}},
		"value of scenario 1 is +Inf":       {half, []float64{1, math.Inf(1)}, []float64{0.5, 0.5}},
		"value of scenario 0 is NaN":        {half, []float64{nan, 1}, []float64{0.5, 0.5}},
	}
	for want, c := range cases {
		_, err := c.measure.OfLosses(c.values, c.probability)
		assert.ErrorContains(t, err, want)
		_, err = c.measure.OfProfits(c.values, c.probability)
		assert.ErrorContains(t, err, want)
	}
	_, err := half.OfLosses([]float64{nan, 1, nan}, []float64{0.5, 0.5, -1})
	assert.ErrorContains(t, err, "scenario 0 is NaN")
	assert.ErrorContains(t, err, "scenario 2 is NaN")
	assert.ErrorContains(t, err, "scenario 2 is -1", "all at once")
}

// distribution is a random case: few or many scenarios, some values repeated,
// some probabilities 0.
type distribution struct {
	values, other, probability []float64
	measure                    cvar.Measure
}

func random(seed uint64) distribution {
	r := rand.New(rand.NewPCG(seed, 11))
	n := 1 + r.IntN([]int{3, 12, 300, 5000}[seed%4])
	d := distribution{measure: cvar.Measure{Confidence: []float64{0, 0.3, 0.5, 0.8, 0.95, 0.999, 1, r.Float64()}[r.IntN(8)]}}
	total := 0.0
	for range n {
		x, y, p := r.NormFloat64()*10, r.NormFloat64()*10, r.ExpFloat64()
		if r.IntN(3) == 0 {
			x = math.Round(x) // atoms of several scenarios
		}
		if r.IntN(10) == 0 && total > 0 {
			p = 0
		}
		d.values, d.other, d.probability = append(d.values, x), append(d.other, y), append(d.probability, p)
		total += p
	}
	for s := range d.probability {
		d.probability[s] /= total
	}
	return d
}

func (d distribution) risk(t *testing.T, values []float64) cvar.Risk {
	t.Helper()
	risk, err := d.measure.OfLosses(values, d.probability)
	require.NoError(t, err)
	return risk
}

// each runs a property on many random distributions.
func each(t *testing.T, property func(d distribution)) {
	t.Helper()
	require.NoError(t, quick.Check(func(seed uint64) bool {
		property(random(seed))
		return true
	}, &quick.Config{MaxCount: 400}))
}

// By the definition: the smallest z + E(L − z)⁺/(1−c) over all z, which is
// attained at one of the values.
func TestCVaRIsTheMinimumOfItsDefinition(t *testing.T) {
	each(t, func(d distribution) {
		if d.measure.Confidence == 1 || len(d.values) > 400 {
			return
		}
		least := math.Inf(1)
		for _, z := range d.values {
			sum := 0.0
			for s, x := range d.values {
				sum += d.probability[s] * max(x-z, 0)
			}
			least = min(least, z+sum/(1-d.measure.Confidence))
		}
		// The split of mass 1−c is only as exact as 1−c itself: 1e-16 in 1e-3.
		require.InDelta(t, least, d.risk(t, d.values).CVaR, 1e-9, "%+v", d)
	})
}

// By the dumb twin: sort, and walk from the best value upwards until the
// confidence is reached.
func TestVaRIsTheSortedQuantile(t *testing.T) {
	each(t, func(d distribution) {
		order := make([]int, len(d.values))
		for i := range order {
			order[i] = i
		}
		slices.SortFunc(order, func(a, b int) int { return int(math.Copysign(1, d.values[a]-d.values[b])) })
		reached := 0.0
		for i, s := range order {
			if d.probability[s] == 0 {
				continue
			}
			reached += d.probability[s]
			if reached >= d.measure.Confidence-1e-12 || i == len(order)-1 {
				require.Equal(t, d.values[s], d.risk(t, d.values).VaR, "%+v", d)
				return
			}
		}
	})
}

func mapped(values []float64, f func(int, float64) float64) []float64 {
	out := make([]float64, len(values))
	for s, x := range values {
		out[s] = f(s, x)
	}
	return out
}

// The four axioms of a coherent measure (Artzner, Delbaen, Eber and Heath,
// Mathematical Finance 9, 1999).
func TestCoherence(t *testing.T) {
	each(t, func(d distribution) {
		risk := d.risk(t, d.values)
		shifted := d.risk(t, mapped(d.values, func(_ int, x float64) float64 { return x + 3.5 }))
		require.InDelta(t, risk.CVaR+3.5, shifted.CVaR, 1e-9, "translation")
		require.InDelta(t, risk.VaR+3.5, shifted.VaR, 1e-9, "translation")

		scaled := d.risk(t, mapped(d.values, func(_ int, x float64) float64 { return 2.5 * x }))
		require.InDelta(t, 2.5*risk.CVaR, scaled.CVaR, 1e-9, "homogeneity")

		larger := d.risk(t, mapped(d.values, func(s int, x float64) float64 { return x + math.Abs(d.other[s]) }))
		require.GreaterOrEqual(t, larger.CVaR, risk.CVaR-1e-9, "monotonicity")

		other := d.risk(t, d.other)
		sum := d.risk(t, mapped(d.values, func(s int, x float64) float64 { return x + d.other[s] }))
		require.LessOrEqual(t, sum.CVaR, risk.CVaR+other.CVaR+1e-9, "subadditivity")

		require.LessOrEqual(t, risk.VaR, risk.CVaR+1e-9)
		require.LessOrEqual(t, risk.Expectation, risk.CVaR+1e-9)
		require.LessOrEqual(t, risk.CVaR, risk.Worst)
	})
}

func TestSplittingAndReorderingScenariosChangesNothing(t *testing.T) {
	each(t, func(d distribution) {
		risk := d.risk(t, d.values)
		split := d
		split.values, split.probability = nil, nil
		for s := len(d.values) - 1; s >= 0; s-- { // backwards, each in two parts
			split.values = append(split.values, d.values[s], d.values[s])
			split.probability = append(split.probability, 0.25*d.probability[s], 0.75*d.probability[s])
		}
		again := split.risk(t, split.values)
		require.InDelta(t, risk.CVaR, again.CVaR, 1e-9)
		require.Equal(t, risk.VaR, again.VaR)
		require.Equal(t, risk.Worst, again.Worst)
		require.InDelta(t, risk.Expectation, again.Expectation, 1e-12*(1+math.Abs(risk.Expectation)))
	})
}

func TestProfitsMirrorLosses(t *testing.T) {
	each(t, func(d distribution) {
		loss := d.risk(t, d.values)
		profit, err := d.measure.OfProfits(mapped(d.values, func(_ int, x float64) float64 { return -x }), d.probability)
		require.NoError(t, err)
		require.Equal(t, cvar.Risk{Expectation: -loss.Expectation, VaR: -loss.VaR, CVaR: -loss.CVaR, Worst: -loss.Worst}, profit)
	})
}

func TestInputsAreLeftAlone(t *testing.T) {
	d := random(7)
	values, probability := slices.Clone(d.values), slices.Clone(d.probability)
	d.risk(t, d.values)
	assert.Equal(t, values, d.values)
	assert.Equal(t, probability, d.probability)
}

// Sorted, constant and organ-pipe inputs are where selection by pivots goes
// wrong if it does.
func TestSelectionOnRegularInput(t *testing.T) {
	const n = 100000
	shapes := map[string]func(i int) float64{
		"ascending":  func(i int) float64 { return float64(i) },
		"descending": func(i int) float64 { return float64(n - i) },
		"constant":   func(int) float64 { return 4 },
		"two values": func(i int) float64 { return float64(i % 2) },
		"organ pipe": func(i int) float64 { return float64(min(i, n-i)) },
		"saw":        func(i int) float64 { return float64(i % 316) },
	}
	for name, shape := range shapes {
		values := make([]float64, n)
		for i := range values {
			values[i] = shape(i)
		}
		ordered := slices.Sorted(slices.Values(values))
		for _, confidence := range []float64{0.05, 0.5, 0.95, 0.9999} {
			risk, err := cvar.Measure{Confidence: confidence}.OfLosses(values, equal(n))
			require.NoError(t, err)
			cut := int(math.Round(confidence * n))
			mean := 0.0
			for _, x := range ordered[cut:] {
				mean += x / float64(n-cut)
			}
			assert.InDelta(t, mean, risk.CVaR, 1e-6*(1+mean), "%s at %g", name, confidence)
			assert.Equal(t, ordered[cut-1], risk.VaR, "%s at %g", name, confidence)
		}
	}
}
