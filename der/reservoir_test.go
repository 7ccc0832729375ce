package der_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/der/dertest"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
)

// hour is the water of 1 m³/s in an hour, hm³.
const hour = 0.0036

// dam is a reservoir of ten hours of 1 m³/s with every feature, on the inflows
// of spring.
func dam() *der.Reservoir {
	return &der.Reservoir{
		ID: "dam", Inflow: "inflow", Turbine: []der.HydroPoint{{4, 8}, {6, 10}}, MinVolume: 2 * hour, MaxVolume: 12 * hour, Initial: 7 * hour,
		MinRelease: 2, ReleaseRamp: optional.Of(3), Released: optional.Of(3), EndVolume: optional.Of(8 * hour), UnmetCost: 20 / hour,
		EndValue: 30 / hour, Maintenance: 3,
	}
}

// spring returns two futures of six hours: a dry one, and one with a flood.
func spring(t testing.TB) *scenario.Set {
	t.Helper()
	set, err := scenario.New(scenario.Grid{Step: time.Hour, Steps: 6}, []float64{0.6, 0.4})
	require.NoError(t, err)
	require.NoError(t, set.Add("inflow", "m³/s", [][]float64{{1, 0, 1, 2, 3, 0}, {2, 9, 20, 14, 3, 1}}))
	return set
}

func TestReservoirConforms(t *testing.T) {
	river := &der.Reservoir{ID: "river", Inflow: "inflow", Turbine: []der.HydroPoint{{5, 6}}, MinRelease: 1, UnmetCost: 900, Maintenance: 2} // no volume
	for _, u := range []*der.Reservoir{dam(), river} {
		dertest.Run(t, testsolver.New(t), u, dertest.Config{Set: spring(t), Constraints: func(t dertest.TB, realised der.Schedule, c der.Context) {
			for s, p := range realised.Realised {
				held := u.Initial
				for k, mw := range p.Injected {
					release := p.Trace("release")[k]
					within(t, 0, release, math.Inf(1), "release", s, k)
					held += hour * (c.Set.At("inflow", s, k) - release)
					near(t, held, p.Trace("volume")[k], "volume", s, k)
					within(t, u.MinVolume, held, u.MaxVolume, "volume", s, k)
					most := 1.2 * min(release, 5) // of the river
					if u.ID == "dam" {
						most = min(2*release, 8+(min(release, 6)-4), 10)
					}
					within(t, 0, mw, most, "power", s, k)
				}
			}
		}})
	}
}

// A reservoir that holds two hours of 1 m³/s and gets one in each of three
// hours generates 2 MWh from each of up to 2 m³/s: at 10, 40 and 30 per MWh, 2
// m³/s go to each of the last two hours and 1 m³/s to the first, 2·10 + 4·40 +
// 4·30. An hour of water left is worth 50: then nothing runs in the first and
// in the last hour, and the turbine takes 2 m³/s at 40, 4·40 + 50·(3 − 2), if
// the reservoir can hold 3.
func TestReservoirByHand(t *testing.T) {
	set := steps(3, time.Hour)
	require.NoError(t, set.AddForecast("inflow", "m³/s", []float64{1, 1, 1}))
	c := der.Context{Set: set, Tariff: onePrice(10, 40, 30)}
	u := &der.Reservoir{ID: "dam", Inflow: "inflow", Turbine: []der.HydroPoint{{2, 4}}, MaxVolume: 3 * hour, Initial: 2 * hour}
	require.NoError(t, u.Validate(set))
	r := alone(t, u, c)
	assert.InDelta(t, 300, r.profit, 1e-6)
	assert.InDeltaSlice(t, []float64{2, 4, 4}, r.schedule.Realised[0].Injected, 1e-6)
	assert.InDeltaSlice(t, []float64{2 * hour, hour, 0}, r.schedule.Realised[0].Trace("volume"), 1e-8)

	u.EndValue = 65 / hour
	r = alone(t, u, c)
	assert.InDelta(t, 4*40+65, r.profit, 1e-6)
	assert.InDeltaSlice(t, []float64{0, 4, 0}, r.schedule.Realised[0].Injected, 1e-6)
	assert.InDelta(t, 65, u.Benefit(r.schedule, c, 0).Item("water left"), 1e-6)
}

// A river of 3, 1 and 6 m³/s must release 2 m³/s, and change by at most 2 m³/s
// per hour from 3 m³/s. It can only release its inflow: 1 m³/s is missing in
// the second hour, and the third one rises by 3 m³/s too much. Its turbine
// takes 4 m³/s at 2 MW per m³/s.
func TestReservoirMissesTargetsAtTheirPrice(t *testing.T) {
	set := steps(3, time.Hour)
	require.NoError(t, set.AddForecast("inflow", "m³/s", []float64{3, 1, 6}))
	c := der.Context{Set: set, Tariff: onePrice(10, 10, 10)}
	u := &der.Reservoir{
		ID: "river", Inflow: "inflow", Turbine: []der.HydroPoint{{4, 8}}, MinRelease: 2, ReleaseRamp: optional.Of(2), Released: optional.Of(3), UnmetCost: 100 / hour,
	}
	r := alone(t, u, c)
	p := &r.schedule.Realised[0]
	assert.InDeltaSlice(t, []float64{6, 2, 8}, p.Injected, 1e-6)
	assert.InDelta(t, 160-400, r.profit, 1e-5)
	assert.InDelta(t, -400, u.Benefit(r.schedule, c, 0).Item("missed targets"), 1e-5)
	missed := u.Misses(p, c)
	require.Len(t, missed, 2)
	assert.Equal(t, "release misses its target by 0.0036 hm³ in step 1", missed[0].String())
	assert.Equal(t, "ramp misses its target by 0.0108 hm³ in step 2", missed[1].String())

	// With a reservoir that starts with two hours, all targets can be met but
	// that of the end.
	u.MaxVolume, u.Initial, u.EndVolume = 9*hour, 2*hour, optional.Of(9*hour)
	r = alone(t, u, c)
	missed = u.Misses(&r.schedule.Realised[0], c)
	require.Len(t, missed, 1)
	assert.Equal(t, der.EndTarget, missed[0].Target)
	// 12 m³/s·h, of which at least 2 in each hour leave.
	assert.InDelta(t, 3*hour, missed[0].Volume, 1e-6)
	// 7 of 9 were missing before, and 3 are at the end.
	assert.InDelta(t, 400, u.Benefit(r.schedule, c, 0).Item("water left"), 1e-5)
}

// dumbReservoir tries every path of whole volumes and releases on six hours,
// without ramps. All vertices are such paths, because bounds, inflows and
// points are whole numbers of m³/s·h and the balance of water is that of a flow
// in a network.
func dumbReservoir(u *der.Reservoir, c der.Context) float64 {
	whole := func(hm3 float64) int { return int(math.Round(hm3 / hour)) }
	powerOf := func(release int) float64 {
		before := der.HydroPoint{}
		for _, x := range u.Turbine {
			if float64(release) <= x.Discharge {
				return before.Power + (x.Power-before.Power)*(float64(release)-before.Discharge)/(x.Discharge-before.Discharge)
			}
			before = x
		}
		return before.Power
	}
	var after func(k, held int) float64
	after = func(k, held int) float64 {
		if k == 6 {
			lack := 0 // more than before the first hour
			if end, ok := u.EndVolume.Get(); ok {
				lack = max(0, whole(end)-held) - max(0, whole(end)-whole(u.Initial))
			}
			return u.EndValue*hour*float64(held-whole(u.Initial)) - u.UnmetCost*hour*float64(lack)
		}
		best := math.Inf(-1)
		held += int(c.Set.At("inflow", 0, k))
		for release := range held + 1 {
			if left := held - release; left >= whole(u.MinVolume) && left <= whole(u.MaxVolume) {
				gain := max(0, c.Tariff.Injection[k]-u.Maintenance) * powerOf(release)
				lack := max(0, u.MinRelease-float64(release))
				best = max(best, gain-u.UnmetCost*hour*lack+after(k+1, left))
			}
		}
		return best
	}
	return after(0, whole(u.Initial))
}

func TestReservoirMatchesEnumeration(t *testing.T) {
	missed, spilled := 0, 0
	for seed := range uint64(60) {
		r := lot{rand.New(rand.NewPCG(seed, 74))}
		set := steps(6, time.Hour)
		inflow, price := make([]float64, 6), make([]float64, 6)
		for k := range inflow {
			inflow[k], price[k] = float64(max(0, r.IntN(10)-3)), r.tenths(-20, 90)
		}
		require.NoError(t, set.AddForecast("inflow", "m³/s", inflow))
		c := der.Context{Set: set, Tariff: onePrice(price...)}
		u := &der.Reservoir{
			ID: "dam", Inflow: "inflow", Turbine: []der.HydroPoint{{1, 3}, {3, 7}, {4, 8}}, MinRelease: float64(r.IntN(3)),
			UnmetCost: r.tenths(0, 100) / hour, EndValue: r.tenths(0, 150) / hour, Maintenance: r.tenths(0, 9),
		}
		if r.IntN(4) > 0 {
			u.MinVolume = hour * float64(r.IntN(2))
			u.MaxVolume = u.MinVolume + hour*float64(1+r.IntN(5))
			u.Initial = u.MinVolume + hour
		}
		if r.yes() {
			u.EndVolume = optional.Of(u.MaxVolume)
		}
		require.NoError(t, u.Validate(set))
		got := alone(t, u, c)
		assert.InDelta(t, dumbReservoir(u, c), got.profit, 1e-5, "seed %d: %+v", seed, u)
		p := &got.schedule.Realised[0]
		if len(u.Misses(p, c)) > 0 {
			missed++
		}
		for _, x := range p.Trace("release") {
			if x > 4.001 {
				spilled++
			}
		}
	}
	assert.Greater(t, missed, 10)
	assert.Greater(t, spilled, 5)
}

// Releases in quarters of m³/s are a subset of all releases, so that the best
// path of them is a lower bound with ramps, and no more than a quarter of a
// m³/s in each hour below the optimum.
func TestReservoirWithRampsIsNoWorseThanAGrid(t *testing.T) {
	const parts = 4
	for seed := range uint64(15) {
		r := lot{rand.New(rand.NewPCG(seed, 75))}
		set := steps(6, time.Hour)
		inflow, price := make([]float64, 6), make([]float64, 6)
		for k := range inflow {
			inflow[k], price[k] = float64(r.IntN(4)), r.tenths(5, 90)
		}
		require.NoError(t, set.AddForecast("inflow", "m³/s", inflow))
		c := der.Context{Set: set, Tariff: onePrice(price...)}
		u := &der.Reservoir{
			ID: "dam", Inflow: "inflow", Turbine: []der.HydroPoint{{4, 8}}, MaxVolume: 6 * hour, Initial: 3 * hour, ReleaseRamp: optional.Of(1), Released: optional.Of(2),
			UnmetCost: 60 / hour, EndValue: 40 / hour,
		}
		best := map[[2]int]float64{{3 * parts, 2 * parts}: 0}
		for k := range 6 {
			next := map[[2]int]float64{}
			for state, money := range best {
				held := state[0] + int(inflow[k])*parts
				for release := max(0, held-6*parts); release <= held; release++ {
					beyond := max(0, math.Abs(float64(release-state[1]))/parts-1)
					money := money + price[k]*2*min(4, float64(release)/parts) - 60*beyond
					to := [2]int{held - release, release}
					if old, ok := next[to]; !ok || money > old {
						next[to] = money
					}
				}
			}
			best = next
		}
		lower := math.Inf(-1)
		for state, money := range best {
			lower = max(lower, money+40*(float64(state[0])/parts-3))
		}
		got := alone(t, u, c)
		assert.GreaterOrEqual(t, got.profit, lower-1e-6, "seed %d", seed)
		assert.Less(t, got.profit, lower+6*0.25*2*90, "seed %d", seed)
		missed := 0.0
		for _, x := range u.Misses(&got.schedule.Realised[0], c) {
			missed += x.Volume
		}
		assert.InDelta(t, -60/hour*missed, u.Benefit(got.schedule, c, 0).Item("missed targets"), 0.05)
	}
}

func TestReservoirValidateNamesEveryViolation(t *testing.T) {
	set := spring(t)
	require.NoError(t, dam().Validate(set))
	require.NoError(t, set.AddForecast("dry", "m³/s", []float64{1, -1, 0, 0, 0, 0}))
	complains(t, (&der.Reservoir{
		Inflow: "dry", Turbine: []der.HydroPoint{{1, 1}, {2, 3}, {2, 4}, {5, 3}}, MinVolume: 3, MaxVolume: 2, Initial: 4, MinRelease: -1,
		ReleaseRamp: optional.Of(-1), Released: optional.Of(-1), EndVolume: optional.Of(9), UnmetCost: -1, EndValue: math.NaN(), Maintenance: -1,
	}).Validate(set), "ID is empty", `Inflow: series "dry" is -1 in scenario 0, step 1`, "Turbine[1] gains 2 MW per m³/s", "Turbine[2].Discharge is 2",
		"Turbine[3].Power is 3", "MinVolume is 3", "Initial is 4", "MinRelease is -1", "ReleaseRamp is -1", "Released is -1", "EndVolume is 9",
		"UnmetCost is -1", "EndValue is NaN", "Maintenance is -1")
	complains(t, (&der.Reservoir{ID: "u", Inflow: "fog", MaxVolume: -1}).Validate(set), `Inflow names series "fog"`, "Turbine has no point", "MinVolume is 0",
		"MaxVolume is -1", "Initial is 0")
}
