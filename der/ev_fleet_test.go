package der_test

import (
	"math"
	"math/rand/v2"
	"strconv"
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

// depot is a fleet with every feature on a grid of six hours: a car that
// discharges, one with a falling limit, one that comes late or not at all.
func depot() *der.EVFleet {
	return &der.EVFleet{ID: "depot", Efficiency: 0.9, Wear: 3, UnmetCost: 200, Stays: []der.EVStay{
		{Name: "van", Arrive: 0, Depart: 5, Capacity: 6, Has: 2, Wants: 5, Charge: 2, Discharge: 1.5},
		{Arrive: 1, Depart: 6, Capacity: 4, Has: 1, Wants: 4, Charge: 2, TaperFrom: optional.Of(2), TaperPower: 0.2},
		{Name: "guest", Arrive: 1, Depart: 4, Capacity: 5, Has: 0.5, Wants: 4.5, Charge: 3, Discharge: 1, Connected: "guest"},
	}}
}

// guests returns three futures of six hours: the guest comes in time, late and
// at half power, or never.
func guests(t testing.TB) *scenario.Set {
	t.Helper()
	set, err := scenario.New(scenario.Grid{Step: time.Hour, Steps: 6}, []float64{0.5, 0.3, 0.2})
	require.NoError(t, err)
	require.NoError(t, set.Add("guest", "1", [][]float64{{1, 1, 1, 1, 1, 1}, {0, 0, 0.5, 0.5, 0, 0}, {1, 0, 0, 0, 0, 0}}))
	return set
}

func TestEVFleetConforms(t *testing.T) {
	dertest.Run(t, testsolver.New(t), depot(), dertest.Config{Set: guests(t), Constraints: fleetConstraints(depot())})
	loading := depot()
	for i := range loading.Stays {
		loading.Stays[i].Discharge = 0
	}
	dertest.Run(t, testsolver.New(t), loading, dertest.Config{Set: guests(t), Constraints: fleetConstraints(loading)})
	dertest.Run(t, testsolver.New(t), &der.EVFleet{ID: "empty", Efficiency: 1}, dertest.Config{})
}

// fleetConstraints recomputes the comment of der.EVFleet from data, for hourly
// steps.
func fleetConstraints(u *der.EVFleet) func(dertest.TB, der.Schedule, der.Context) {
	return func(t dertest.TB, realised der.Schedule, c der.Context) {
		for s, p := range realised.Realised {
			in, out, unmet := make([]float64, c.Steps()), make([]float64, c.Steps()), make([]float64, c.Steps())
			for i, x := range u.Stays {
				n := "_" + strconv.Itoa(i+1)
				before, came := x.Has, false
				for k := int(x.Arrive); k < int(x.Depart); k++ {
					share := 1.0
					if x.Connected != "" {
						share = c.Set.At(x.Connected, s, k)
					}
					came = came || share > 0
					energy := p.Trace("energy" + n)[k]
					charge, discharge := max(0, energy-before)/u.Efficiency, 0.0
					if x.Discharge > 0 {
						charge, discharge = p.Trace("charge" + n)[k], p.Trace("discharge" + n)[k]
					}
					near(t, before+u.Efficiency*charge-discharge/u.Efficiency, energy, "energy"+n, s, k)
					within(t, 0, energy, x.Capacity, "energy"+n, s, k)
					within(t, 0, charge, share*x.Charge, "charge"+n, s, k)
					within(t, 0, discharge, share*x.Discharge, "discharge"+n, s, k)
					if from, ok := x.TaperFrom.Get(); ok {
						full := (energy - from) / (x.Capacity - from)
						within(t, 0, charge, share*((1-full)*x.Charge+full*x.TaperPower), "falling limit"+n, s, k)
					}
					in[k], out[k], before = in[k]+charge, out[k]+discharge, energy
				}
				if came {
					unmet[int(x.Depart)-1] += max(0, x.Wants-before)
				}
			}
			for k := range in {
				near(t, in[k], p.Withdrawn[k], "charge of the fleet", s, k)
				if p.Injected != nil {
					near(t, out[k], p.Injected[k], "discharge of the fleet", s, k)
				}
				within(t, unmet[k], p.Trace("unmet")[k], math.Inf(1), "unmet energy", s, k)
			}
		}
	}
}

// A car needs 4 MWh in four hours at 30, 50, 10 and 40 per MWh and stores all
// of 2 MW: 2 MWh at 10 and 2 at 30, 80. At 25 for a missing MWh, the 2 MWh of
// the first hour are left out for 50: 20 + 50. With 1 MW of discharge it buys 4
// MWh at 30 and 10 and 2 MWh more at 40 after it has sold 1 MWh at 50, less
// wear: 2·30 − 50 + 2·10 + 40 + 3.
func TestEVFleetByHand(t *testing.T) {
	c := der.Context{Set: steps(4, time.Hour), Tariff: onePrice(30, 50, 10, 40)}
	u := &der.EVFleet{ID: "cars", Efficiency: 1, Wear: 3, UnmetCost: 100, Stays: []der.EVStay{
		{Name: "van", Depart: 4, Capacity: 6, Has: 1, Wants: 5, Charge: 2},
	}}
	require.NoError(t, u.Validate(c.Set))
	r := alone(t, u, c)
	assert.InDelta(t, -80, r.profit, 1e-6)
	assert.InDeltaSlice(t, []float64{2, 0, 2, 0}, r.schedule.Realised[0].Withdrawn, 1e-6)
	assert.Empty(t, u.Misses(&r.schedule.Realised[0], c, 0))

	u.UnmetCost = 25
	r = alone(t, u, c)
	assert.InDelta(t, -70, r.profit, 1e-6)
	assert.InDelta(t, -50, u.Benefit(r.schedule, c, 0).Item("unmet energy"), 1e-6)
	missed := u.Misses(&r.schedule.Realised[0], c, 0)
	require.Len(t, missed, 1)
	assert.Equal(t, `stay "van" lacks 2 MWh after step 3`, missed[0].String())

	u.UnmetCost, u.Stays[0].Discharge = 100, 1
	assert.InDelta(t, -(2*30 - 50 + 2*10 + 40 + 3), alone(t, u, c).profit, 1e-6)
}

// From 2 MWh in a battery of 4 MWh, the limit of 2 MW falls to 0 in the full
// battery: κ = 1 per h. An hour that ends at e stores at most 2 − (e − 2), so
// that e_t = (e_{t−1} + 4) / 2: 3, 3.5, 3.75. The car lacks 0.25 MWh whatever
// it pays.
func TestEVFleetChargesLessInAFullBattery(t *testing.T) {
	c := der.Context{Set: steps(3, time.Hour), Tariff: onePrice(1, 1, 1)}
	u := &der.EVFleet{ID: "cars", Efficiency: 1, UnmetCost: 1000, Stays: []der.EVStay{
		{Depart: 3, Capacity: 4, Has: 2, Wants: 4, Charge: 2, TaperFrom: optional.Of(2)},
	}}
	r := alone(t, u, c)
	assert.InDeltaSlice(t, []float64{3, 3.5, 3.75}, r.schedule.Realised[0].Trace("energy_1"), 1e-6)
	assert.InDelta(t, -1.75-250, r.profit, 1e-5)
	assert.InDeltaSlice(t, []float64{1, 0.5, 0.25}, u.Project(c.Set, 0).Load, 1e-9, "charging at once")
	u.Stays[0].Wants = 3.25
	assert.InDeltaSlice(t, []float64{1, 0.25, 0}, u.Project(c.Set, 0).Load, 1e-9)
}

// A guest wants nothing if it does not come, and lacks energy if it comes late:
// 4 MWh less half of 3 MW for two hours.
func TestEVFleetArrivalsDifferByScenario(t *testing.T) {
	c := der.Context{Set: guests(t), Tariff: onePrice(10, 10, 10, 10, 10, 10)}
	u := &der.EVFleet{ID: "cars", Efficiency: 1, UnmetCost: 100, Stays: depot().Stays[2:]}
	u.Stays[0].Discharge = 0
	require.NoError(t, u.Validate(c.Set))
	r := alone(t, u, c)
	for s, want := range []float64{-40, -30 - 100, 0} {
		assert.InDelta(t, want, u.Benefit(r.schedule, c, s).Total(), 1e-6, "scenario %d", s)
		assert.Len(t, u.Misses(&r.schedule.Realised[s], c, s), []int{0, 1, 0}[s])
	}
	assert.InDelta(t, 0.5*-40+0.3*-130, r.profit, 1e-6)
}

// dumbFleet is a twin of one car on six hours that tries every path of energies
// in steps of 1/64 MWh. It reads the data only. All vertices of the instances
// of the test below are such paths: limits are whole numbers of MWh stored, and
// a falling limit halves them at most six times.
func dumbFleet(u *der.EVFleet, c der.Context) float64 {
	const parts = 64
	var (
		x      = u.Stays[0]
		levels = int(x.Capacity*parts) + 1
		best   = make([]float64, levels)
	)
	for e := range best {
		best[e] = math.Inf(-1)
	}
	best[int(x.Has*parts)] = 0
	for k := int(x.Arrive); k < int(x.Depart); k++ {
		next := make([]float64, levels)
		for to := range next {
			next[to] = math.Inf(-1)
			for from, money := range best {
				if math.IsInf(money, -1) {
					continue
				}
				stored, share := float64(to-from)/parts, c.Set.At("guest", 0, k)
				gain := 0.0
				switch {
				case stored > 0:
					limit := share * x.Charge
					if knee, ok := x.TaperFrom.Get(); ok {
						limit = min(limit, share*(x.Charge-(x.Charge-x.TaperPower)*(float64(to)/parts-knee)/(x.Capacity-knee)))
					}
					if stored/u.Efficiency > limit+1e-9 {
						continue
					}
					gain = -c.Tariff.Withdrawal[k] * stored / u.Efficiency
				case stored < 0:
					if -stored*u.Efficiency > share*x.Discharge+1e-9 {
						continue
					}
					gain = (c.Tariff.Injection[k] - u.Wear) * -stored * u.Efficiency
				}
				next[to] = max(next[to], money+gain)
			}
		}
		best = next
	}
	came := false
	for k := int(x.Arrive); k < int(x.Depart); k++ {
		came = came || c.Set.At("guest", 0, k) > 0
	}
	out := math.Inf(-1)
	for e, money := range best {
		if came {
			money -= u.UnmetCost * max(0, x.Wants-float64(e)/parts)
		}
		out = max(out, money)
	}
	return out
}

func TestEVFleetMatchesEnumeration(t *testing.T) {
	missed, tapered, sold := 0, 0, 0
	for seed := range uint64(120) {
		r := lot{rand.New(rand.NewPCG(seed, 71))}
		c := der.Context{Set: steps(6, time.Hour)}
		connected, in, out := make([]float64, 6), make([]float64, 6), make([]float64, 6)
		for k := range connected {
			connected[k] = float64(min(1, r.IntN(4)))
			in[k] = r.tenths(-30, 90)
			out[k] = in[k] + r.tenths(0, 20)
		}
		require.NoError(t, c.Set.AddForecast("guest", "1", connected))
		c.Tariff = der.Tariff{Injection: in, Withdrawal: out}
		u := &der.EVFleet{ID: "cars", Efficiency: []float64{1, 0.8, 0.5}[r.IntN(3)], Wear: r.tenths(0, 9), UnmetCost: r.tenths(5, 150)}
		x := der.EVStay{Arrive: float64(r.IntN(3)), Depart: float64(4 + r.IntN(3)), Capacity: 4, Has: float64(r.IntN(3)), Wants: float64(1 + r.IntN(4)), Connected: "guest"}
		x.Charge, x.Discharge = float64(1+r.IntN(2))/u.Efficiency, float64(r.IntN(3))*u.Efficiency
		if r.yes() {
			// κ η Δ = 1, so that the energy after an hour at the limit is
			// (e_{t−1} + 4) / 2.
			x.Charge, x.TaperFrom = 2/u.Efficiency, optional.Of(2)
			tapered++
		}
		u.Stays = []der.EVStay{x}
		require.NoError(t, u.Validate(c.Set))
		got := alone(t, u, c)
		assert.InDelta(t, dumbFleet(u, c), got.profit, 1e-6, "seed %d: %+v", seed, u)
		if len(u.Misses(&got.schedule.Realised[0], c, 0)) > 0 {
			missed++
		}
		for _, mw := range got.schedule.Realised[0].Injected {
			if mw > 1e-3 {
				sold++
				break
			}
		}
	}
	assert.Greater(t, missed, 10)
	assert.Greater(t, tapered, 30)
	assert.Greater(t, sold, 10)
}

// At negative prices burning energy pays, and only there the program has
// binaries.
func TestEVFleetNeedsBinariesWhereBurningEnergyPays(t *testing.T) {
	u := depot()
	c := der.Context{Set: guests(t), Tariff: onePrice(10, 10, 10, 10, 10, 10)}
	assert.Equal(t, 3*5+3+2, alone(t, u, c).integers, "one for each connected step of the cars that discharge")
	c.MinMarginalValues = []float64{1, -10, 1, 1, 1, -40}
	assert.Equal(t, 0, alone(t, u, c).integers, "wear of 3·0.81 covers a loss of 0.19·10")
	c.MinMarginalValues[1] = -13
	assert.Equal(t, 3+1, alone(t, u, c).integers)
}

func TestEVFleetValidateNamesEveryViolation(t *testing.T) {
	set := guests(t)
	require.NoError(t, depot().Validate(set))
	require.NoError(t, set.AddForecast("two", "1", []float64{0, 1, 2, 1, 1, 1}))
	complains(t, (&der.EVFleet{Wear: -1, UnmetCost: -2, Before: der.FleetState{Passed: -1}, Stays: []der.EVStay{
		{Arrive: -1, Depart: 2, Has: -1, Wants: 1, Charge: -1, Discharge: math.Inf(1), TaperPower: 1},
		{Arrive: 3, Depart: 3, Capacity: 1, TaperFrom: optional.Of(1), Connected: "x", Charge: 1, TaperPower: 2},
		{Arrive: 3, Depart: 7, Capacity: 1, Connected: "two"},
	}}).Validate(set),
		"ID is empty", "Efficiency is 0", "Wear is -1", "UnmetCost is -2", "Before.Passed is -1",
		"Stays[0].Capacity is 0", "Stays[0].Has is -1", "Stays[0].Wants is 1", "Stays[0].Charge is -1", "Stays[0].Discharge is +Inf",
		"Stays[0].TaperPower is 1 MW, want TaperFrom", "Stays[0].Arrive is -1",
		"Stays[1].TaperFrom is 1, want at least 0 MWh and less than Capacity", "Stays[1].TaperPower is 2", `Stays[1].Connected names series "x"`,
		"Stays[1].Depart is 3 h, want a time after Arrive", `Stays[2].Connected: series "two" is 2 in scenario 0, step 2`, "Stays[2].Depart is 7 h, after the end of the horizon")
	complains(t, (&der.EVFleet{ID: "u", Efficiency: 1, Stays: []der.EVStay{{Arrive: 1.2, Depart: 2.5, Capacity: 1}}}).Validate(set), "have no whole step")
	complains(t, (&der.EVFleet{ID: "u", Efficiency: 1, Stays: []der.EVStay{{Depart: 3, Capacity: 1}}, Before: der.FleetState{Passed: 1, Stays: []der.StayState{{Energy: 2}}}}).
		Validate(set), "Before.Stays[0].Energy is 2")
	complains(t, (&der.EVFleet{ID: "u", Efficiency: 1, Stays: []der.EVStay{{Depart: 3, Capacity: 1}}, Before: der.FleetState{Passed: 1, Stays: []der.StayState{}}}).
		Validate(set), "Before.Stays has 0 states")
}

// The van has 2 MWh more after two hours, the guest has come, and after all
// hours the stays begin anew.
func TestEVFleetRollsForward(t *testing.T) {
	u, c := depot(), der.Context{Set: guests(t)}
	p := &der.Ports{Traces: []der.Path{
		{Name: "energy_1", Values: []float64{3, 4, 0, 0, 0, 0}}, {Name: "energy_2", Values: []float64{0, 2, 0, 0, 0, 0}}, {Name: "energy_3", Values: []float64{0, 1, 0, 0, 0, 0}},
	}}
	next, err := u.RollForward(p, c, 0, 2)
	require.NoError(t, err)
	assert.Equal(t, der.FleetState{2, []der.StayState{{4, true}, {2, true}, {1, true}}}, next.(*der.EVFleet).Before)
	next, err = u.RollForward(p, c, 1, 2)
	require.NoError(t, err)
	assert.False(t, next.(*der.EVFleet).Before.Stays[2].Connected)
	next, err = u.RollForward(p, c, 0, 6)
	require.NoError(t, err)
	assert.Equal(t, u, next)
	p.Traces[0].Values[1] = 6.1
	_, err = u.RollForward(p, c, 0, 2)
	assert.ErrorContains(t, err, "energy of stay van is 6.1 MWh at the end of the window, want 0 to 6")
}
