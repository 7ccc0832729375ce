package microgrid

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// quick are options for tests that need seconds.
var quick = Options{Horizon: 24, Levels: 21, Classes: 3, Samples: 1}

// learners are the controllers that learn from earlier hours, with options for
// tests.
var learners = map[string]func(*Grid) (Controller, error){
	"recursion": func(g *Grid) (Controller, error) { return Learn(g, g.Hours[:Learned], quick) },
	"two stages": func(g *Grid) (Controller, error) {
		return LearnTwoStage(g, g.Hours[:Learned], 5, quick)
	},
}

// TestLaterHoursDoNotChangeADecision replaces all loads, PV and outages after a
// decision, and demands the identical decision. Microgrid 9 has outages, a
// genset and PV; 12 has neither outages nor a genset.
func TestLaterHoursDoNotChangeADecision(t *testing.T) {
	folder := published(t)
	for _, id := range []int{9, 12} {
		g, err := Read(folder, id)
		require.NoError(t, err)
		for name, learn := range learners {
			for _, now := range []int{Learned, 6000, 6789, 7403, 8000, 8735} {
				decide := func(g *Grid) Decision {
					c, err := learn(g)
					require.NoError(t, err)
					d, err := c.Decide(View{
						Now: now, Energy: (g.Battery.Min + g.Battery.Max) / 2, Past: g.Hours[:now+1],
						Tariffs: g.Tariffs[now:min(now+Ahead, len(g.Tariffs))],
					})
					require.NoError(t, err)
					return d
				}
				want := decide(g)
				other := *g
				other.Hours = append([]Hour{}, g.Hours...)
				for i := now + 1; i < len(other.Hours); i++ {
					h := &other.Hours[i]
					h.Load, h.PV, h.On = 2*h.Load+1, math.Mod(7919*float64(i), 1e5), !h.On
				}
				assert.Equal(t, want, decide(&other), "%s, microgrid %d, hour %d", name, id, now)

				// Decide reads the past only, so that a present hour without PV
				// changes the decision.
				if g.Hours[now].PV > 0 {
					other.Hours[now].PV = 0
					assert.NotEqual(t, want, decide(&other), "%s, microgrid %d, hour %d", name, id, now)
				}
			}
		}
	}
}

// The same seed gives the same decisions.
func TestSeedsRepeatDecisions(t *testing.T) {
	folder := published(t)
	g, err := Read(folder, 12)
	require.NoError(t, err)
	cost := func(seed uint64) float64 {
		o := quick
		o.Seed = seed
		c, err := Learn(g, g.Hours[:Learned], o)
		require.NoError(t, err)
		r, err := Roll(t.Context(), g, Season{Start: Learned, First: Learned, End: Learned + 48, Energy: g.Battery.Min}, c)
		require.NoError(t, err)
		return r.Cost
	}
	assert.Equal(t, cost(1), cost(1))
	assert.NotEqual(t, cost(1), cost(2))
}

// TestStochasticCostsAreBetweenRulesAndForesight runs two weeks of two
// microgrids.
func TestStochasticCostsAreBetweenRulesAndForesight(t *testing.T) {
	folder := published(t)
	for _, id := range []int{12, 24} {
		g, err := Read(folder, id)
		require.NoError(t, err)
		s := Season{Start: Learned - 48, First: Learned, End: Learned + 336, Energy: g.Battery.Min}
		cost := func(c Controller, err error) float64 {
			require.NoError(t, err)
			r, err := Roll(t.Context(), g, s, c)
			require.NoError(t, err)
			for _, a := range r.Accounts {
				require.InDelta(t, 0, a.Overgeneration, 1e-6)
			}
			return r.Cost
		}
		rules := cost(RuleBased{g}, nil)
		perfect := cost(&Perfect{Grid: g}, nil)
		learned, err := Learn(g, g.Hours[:Learned], quick)
		ours := cost(learned, err)
		assert.Less(t, perfect, ours, "microgrid %d", id)
		assert.Less(t, ours, rules, "microgrid %d", id)
	}
}

// A chain of outages of 2 hours that start in every tenth hour, counted by
// hand: 9 of 10 pairs after an hour with the grid on stay on, and no outage of
// 2 hours lasts longer.
func TestOutagesAreCounted(t *testing.T) {
	var hours []Hour
	for range 50 {
		for i := range 12 {
			hours = append(hours, Hour{On: i < 10})
		}
	}
	f := learnOutages(hours)
	assert.InDelta(t, 0.1, f.start, 1e-12)
	require.Len(t, f.stay, 2)
	assert.InDelta(t, 1, f.stay[0], 1e-12)
	assert.Equal(t, []step{{0, 0.9}, {1, 0.1}}, f.next(0))
	assert.Equal(t, 2, f.present(hours))
	assert.Equal(t, 0, f.present(hours[:600-2]))
	assert.Equal(t, 1, f.present(hours[:600-1]))
}

// Loads that repeat every week are forecast exactly, and a day that repeats the
// one before it is found by its first hours.
func TestLoadsAreForecast(t *testing.T) {
	load := func(t int) float64 { return float64(50 + t%24 + 10*(t/24%7)) }
	hours := make([]Hour, 4*week)
	for i := range hours {
		hours[i].Load = load(i)
	}
	f := learnLoad(hours[:3*week], 24, 0.5)
	for k, x := range f.predict(hours[:3*week+5], 24) {
		assert.InDelta(t, load(3*week+5+k), x, 0.5)
	}
	// Monday has the loads of a Sunday, which is the day before it.
	for i := range 24 {
		hours[3*week+i].Load = load(3*week - 24 + i)
	}
	for k, x := range f.predict(hours[:3*week+8], 16) {
		assert.InDelta(t, load(3*week-24+8+k), x, 1)
	}
}

// Days alternate between clear ones and ones with half the PV. The envelope is
// that of clear days, and after a clear day comes a dark one.
func TestSkiesAreLearned(t *testing.T) {
	hours := make([]Hour, 60*24)
	for i := range hours {
		if h := i % 24; h >= 8 && h < 16 {
			hours[i].PV = 100
			if i/24%2 == 1 {
				hours[i].PV = 50
			}
		}
	}
	f := learnPV(hours, 2, 0.5, Scaled)
	assert.InDelta(t, 100, f.envelope(hours, len(hours)+12), 1e-12)
	assert.Equal(t, []float64{0.5}, f.draw(12, 0, 1, testRandom()))
	assert.Equal(t, []float64{1}, f.draw(12, 1, 1, testRandom()))
	assert.Greater(t, f.within[12][0][0], 0.9)
	assert.Greater(t, f.night[1][0], 0.9)
	assert.Greater(t, f.night[0][1], 0.9)
	assert.Equal(t, 0, f.present(hours)) // day 59 is dark
	assert.Equal(t, 1, f.present(hours[:59*24]))
}

// A battery without energy, loads of 30 and a grid that fails with probability
// p in the next hour. A stored kWh costs (0.2 + 0.02)/0.9 = 0.244 now and saves
// 0.9·(10 − 0.02) = 8.98 of lost load with probability p: 0.90 at p = 0.1,
// which fills the battery at 30 kW, and 0.18 at p = 0.02, which does not. With
// the grid on, energy of 0.02 per kWh is worth its wear only.
//
// With two stages, p is the frequency among 200 scenarios. The battery fills
// above 5 outages, and p = 0.002 gives 0.4 on average.
func TestEnergyIsHeldAgainstLikelyOutages(t *testing.T) {
	for _, test := range []struct {
		on, scenarios int // without scenarios, the recursion
		want          float64
	}{{10, 0, 30}, {50, 0, 0}, {10, 200, 30}, {500, 200, 0}} {
		g := small()
		g.Genset = Genset{}
		var hours []Hour
		for len(hours) < max(4*week, 40*(test.on+2)) {
			for i := range test.on + 2 {
				hours = append(hours, Hour{Load: 30, On: i < test.on})
			}
		}
		var c Controller
		c, err := Learn(g, hours, Options{Horizon: 1})
		if test.scenarios > 0 {
			c, err = LearnTwoStage(g, hours, test.scenarios, Options{Horizon: 1})
		}
		require.NoError(t, err)
		past := hours[:len(hours)-2] // the grid is on
		d, err := c.Decide(View{
			Now: len(past) - 1, Energy: 20, Past: past, Tariffs: []Tariff{{Import: 0.2}, {Import: 0.02}},
		})
		require.NoError(t, err)
		assert.InDelta(t, test.want, d.Charge, 1e-9, "%+v", test)
		assert.InDelta(t, 30+test.want, d.Import, 1e-9, "%+v", test)
	}
}

// Loads that repeat every week, without PV and outages, leave nothing to
// chance, so that both learning controllers have the cost of a perfect
// forecast. Tariffs have a cheap and a dear half day, and a battery full or
// empty at each change is on a level.
func TestWithoutChanceBothLearnersHaveThePerfectCost(t *testing.T) {
	g := small()
	g.Genset, g.Battery.Wear = Genset{}, 0
	for i := range 6 * week {
		g.Hours = append(g.Hours, Hour{Load: 40 + float64(i%24), On: true})
		g.Tariffs = append(g.Tariffs, Tariff{Import: 0.1 + 0.4*float64(i/12%2)})
	}
	s := Season{Start: 5 * week, First: 5 * week, End: 5*week + 72, Energy: g.Battery.Min}
	cost := func(c Controller, err error) float64 {
		require.NoError(t, err)
		r, err := Roll(t.Context(), g, s, c)
		require.NoError(t, err)
		return r.Cost
	}
	want := cost(&Perfect{Grid: g}, nil)
	o := Options{Horizon: 23, Levels: 41, Samples: 1}
	recursion, err := Learn(g, g.Hours[:s.Start], o)
	assert.InEpsilon(t, want, cost(recursion, err), 1e-3)
	stages, err := LearnTwoStage(g, g.Hours[:s.Start], 3, o)
	assert.InEpsilon(t, want, cost(stages, err), 1e-3)
}

// scenario draws outages as often as the chain has them: 9 of 10 hours after an
// hour with the grid on, and each outage of the learned hours lasts 2.
func TestScenariosFollowTheChain(t *testing.T) {
	g := small()
	var hours []Hour
	for range 100 {
		for i := range 12 {
			hours = append(hours, Hour{Load: 30, On: i < 10})
		}
	}
	c, err := Learn(g, hours, Options{Horizon: 2, Seed: 1})
	require.NoError(t, err)
	past := hours[:len(hours)-2]
	v := View{Now: len(past) - 1, Past: past, Tariffs: []Tariff{{}}}
	off := 0
	for range 5000 {
		s := c.scenario(v, c.prepare(v))
		require.Len(t, s, 2)
		assert.InDelta(t, 30, s[0].Load, 1e-9)
		if !s[0].On {
			off++
			assert.False(t, s[1].On, "an outage lasts 2 hours")
		}
	}
	// The probability is 0.1, with a standard error of 0.1·0.9/5000 to the
	// half, 0.0042.
	assert.InDelta(t, 0.1, float64(off)/5000, 0.017)
}

// One step of the recursion against all changes of energy in steps of a
// thousandth of a level.
func TestARecursionTakesTheCheapestChange(t *testing.T) {
	g := random(5, 4, 0.5)
	c := &Stochastic{grid: g, options: Options{Levels: 9}}
	after := []float64{50, 42, 33, 30, 22, 21, 12, 11, 10}
	width := (g.Battery.Max - g.Battery.Min) / 8
	for i, h := range g.Hours {
		out := make([]float64, 9)
		c.add(out, after, c.tabulate(h, g.Tariffs[i]), 1)
		s := g.stage(h, g.Tariffs[i])
		for level, got := range out {
			want := math.Inf(1)
			for k := range 8001 {
				x := float64(k) / 1000
				j := min(int(x), 7)
				y := after[j] + (after[j+1]-after[j])*(x-float64(j))
				u := (x - float64(level)) * width
				want = min(want, y+s[0].at(u), y+s[1].at(u))
			}
			assert.InDelta(t, want, got, 0.02, "hour %d, level %d", i, level)
			assert.LessOrEqual(t, got, want+1e-9)
		}
	}
}

// PV of 100 at noon on 60 days. Clear skies of 80 on the next day scale it to
// 100·80/100 = 80, and those of 50 to 100/1.5, the largest ratio. A recent
// envelope stays at 100.
func TestEnvelopesAreScaledByTheSeason(t *testing.T) {
	hours := make([]Hour, 60*24)
	for i := range hours {
		if i%24 == 12 {
			hours[i].PV = 100
		}
	}
	for e, want := range map[Envelope]float64{Scaled: 100 / maxScale, Recent: 100} {
		f := learnPV(hours, 2, 0.5, e)
		f.clear[60][12] = 50
		assert.InDelta(t, want, f.envelope(hours, len(hours)+12), 1e-9)
		f.clear[60][12] = 80
		assert.InDelta(t, map[Envelope]float64{Scaled: 80, Recent: 100}[e], f.envelope(hours, len(hours)+12), 1e-9)
	}
}

func TestQuantilesCountWeights(t *testing.T) {
	var d distribution
	for i, x := range []float64{3, 1, 2} {
		d.observe(x, i)
	}
	d.finish()
	d.reweigh([]float64{2, 1, 1}) // day 0 has the value 3
	assert.Equal(t, 1.0, d.quantile(0.2, 0))
	assert.Equal(t, 2.0, d.quantile(0.4, 0))
	assert.Equal(t, 3.0, d.quantile(0.6, 0))
	var none distribution
	none.reweigh(nil)
	assert.Equal(t, 7.0, none.quantile(0.5, 7))
}

// 10 April and 1 September have nearly the same declination, so that days of
// April count in September as much as those of the day itself.
func TestSeasonsAreMirroredAtTheSolstice(t *testing.T) {
	w := seasonWeights(243, 243, 0.5)
	assert.InDelta(t, 1.1, w[99], 0.01)
	assert.InDelta(t, 0.1, w[0], 0.01)
	assert.Less(t, declination(354), -0.9999)
}

func TestOptionsAreChecked(t *testing.T) {
	g := random(1, 4*week, 1)
	for want, o := range map[string]Options{
		"Options.Horizon is -1": {Horizon: -1},
		"Options.Levels is 1":   {Levels: 1},
		"Options.Classes is -2": {Classes: -2},
		"Options.Samples is -3": {Samples: -3},
		"Options.Season is -1":  {Season: -1},
		"Options.Ties is 4":     {Ties: 4},
		"Options.Envelope is 3": {Envelope: 3},
		"Options.Errors is -1":  {Errors: -1},
	} {
		_, err := Learn(g, g.Hours, o)
		require.ErrorContains(t, err, want)
	}
	_, err := Learn(g, g.Hours[:week], Options{})
	require.ErrorContains(t, err, "want at least 672")
	_, err = LearnTwoStage(g, g.Hours, 0, Options{})
	require.ErrorContains(t, err, "0 scenarios, want at least 1")
}
