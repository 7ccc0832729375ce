package der_test

import (
	"context"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/der/dertest"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
)

// battery has numbers that differ from one another.
func battery() *der.Storage {
	return &der.Storage{
		ID: "battery", Charge: 2, Discharge: 3, MinEnergy: 1, Energy: 8, Initial: optional.Of(4),
		ChargeEfficiency: 0.95, DischargeEfficiency: 0.9, SelfDischarge: 0.01, Wear: 2,
	}
}

func TestStorageConforms(t *testing.T) {
	type variant struct {
		change func(*der.Storage)
		set    func(testing.TB) *scenario.Set
	}
	for name, x := range map[string]variant{
		"throughput": {func(*der.Storage) {}, day},
		"discharge":  {func(u *der.Storage) { u.WearRule = der.WearDischarge }, quarters},
		"heat":       {func(u *der.Storage) { u.Port = der.Heat }, quarters},
		"no wear":    {func(u *der.Storage) { u.Wear = 0 }, day},
		"lossless":   {func(u *der.Storage) { u.Wear, u.ChargeEfficiency, u.DischargeEfficiency = 0, 1, 1 }, day},
		"starts":     {func(u *der.Storage) { u.StartsPerDay = optional.Of(1) }, quarters},
		"daily":      {func(u *der.Storage) { u.End = der.EndDaily }, day},
		"free end":   {func(u *der.Storage) { u.End, u.EndValue = der.EndFree, 45 }, day},
		"depth":      {func(u *der.Storage) { u.Depths = []der.DepthBand{{2, 3}, {5, 10}, {8, 40}} }, day},
		"reserve":    {func(u *der.Storage) { u.Reserve, u.ReserveHours = milp.Inf, optional.Of(1.5) }, day},
		"quick":      {func(u *der.Storage) { u.Reserve = 2 }, quarters},
		"deep only":  {func(u *der.Storage) { u.SelfDischarge, u.Depths = 0, []der.DepthBand{{4, 0}, {8, 5}} }, quarters},
	} {
		t.Run(name, func(t *testing.T) {
			u := battery()
			x.change(u)
			dertest.Run(t, testsolver.New(t), u, dertest.Config{Set: x.set(t), Constraints: storageConstraints(u)})
		})
	}
}

// storageConstraints recomputes the comment of der.Storage from data.
func storageConstraints(u *der.Storage) func(dertest.TB, der.Schedule, der.Context) {
	return func(t dertest.TB, realised der.Schedule, c der.Context) {
		for s := range realised.Realised {
			p := &realised.Realised[s]
			e, starts, charging := u.Initial.Or(u.MinEnergy), 0, false
			for step := range c.Steps() {
				charge, discharge := storageFlows(u, p, step)
				e = e*math.Pow(1-u.SelfDischarge, c.Hours()) + charge*u.ChargeEfficiency*c.Hours() - discharge*c.Hours()/u.DischargeEfficiency
				near(t, e, p.Trace("energy")[step], "energy", s, step)
				within(t, u.MinEnergy, e, u.Energy, "energy", s, step)
				within(t, 0, charge, u.Charge, "charging", s, step)
				within(t, 0, discharge, u.Discharge, "discharging", s, step)
				within(t, 0, min(charge, discharge), 0, "charging and discharging at once", s, step)
				if u.Reserve > 0 {
					// What the meter would show if all were called, and what
					// would be left after H hours of it.
					called := discharge - charge + p.Reserve[step]
					within(t, -u.Charge, called, u.Discharge, "power with reserve called", s, step)
					within(t, 0, p.Reserve[step], u.Reserve, "reserve", s, step)
					lasting := u.ReserveHours.Or(c.Hours())
					within(t, u.MinEnergy, e-p.Reserve[step]*lasting/u.DischargeEfficiency, u.Energy, "energy after reserve", s, step)
				}
				if charge > 1e-5 && !charging {
					starts++
				}
				charging = charge > 1e-5 || charging && discharge < 1e-5 // idling does not end a run
			}
			if u.End != der.EndFree {
				near(t, u.Initial.Or(u.MinEnergy), e, "energy at the end", s, c.Steps())
			}
			if most := u.StartsPerDay.Or(math.Inf(1)); float64(starts) > most {
				t.Errorf("charging begins %d times in scenario %d, want at most %v", starts, s, most)
			}
		}
	}
}

func storageFlows(u *der.Storage, p *der.Ports, step int) (charge, discharge float64) {
	if u.Port == der.Heat {
		return max(-p.Heat[step], 0), max(p.Heat[step], 0)
	}
	return p.Withdrawn[step], p.Injected[step]
}

// A store of 4 MWh, 2 MW in and 4 MW out, 0.8 and 0.9, wear 1, empty at both
// ends, one price of 10, 20, 60, 5. It charges 2 MW twice, which stores 3.2
// MWh, and sells 3.2 · 0.9 = 2.88 MWh at 60:
//
//	2.88·60 − 2·10 − 2·20 − (4 + 2.88)·1 = 105.92
func TestStorageBuysCheapAndSellsDear(t *testing.T) {
	u := &der.Storage{ID: "b", Charge: 2, Discharge: 4, Energy: 4, ChargeEfficiency: 0.8, DischargeEfficiency: 0.9, Wear: 1}
	c := der.Context{Set: steps(4, time.Hour), Tariff: onePrice(10, 20, 60, 5)}
	r := alone(t, u, c)
	assert.InDelta(t, 105.92, r.profit, 1e-6)
	assert.InDeltaSlice(t, []float64{2, 2, 0, 0}, r.schedule.Realised[0].Withdrawn, 1e-6)
	assert.InDeltaSlice(t, []float64{0, 0, 2.88, 0}, r.schedule.Realised[0].Injected, 1e-6)
	assert.InDeltaSlice(t, []float64{1.6, 3.2, 0, 0}, r.schedule.Realised[0].Trace("energy"), 1e-6)

	u.WearRule = der.WearDischarge // 2.88·60 − 60 − 2.88 = 109.92
	assert.InDelta(t, 109.92, alone(t, u, c).profit, 1e-6)
}

// 1 MWh kept for a day at 1 % per hour is 0.99^24 MWh, whether the day is told
// in hours or in quarters.
func TestStorageLosesTheSameOnAnyGrid(t *testing.T) {
	u := &der.Storage{
		ID: "b", Charge: 1, Discharge: 1, Energy: 1, Initial: optional.Of(1), SelfDischarge: 0.01,
		ChargeEfficiency: 1, DischargeEfficiency: 1, End: der.EndFree,
	}
	for _, step := range []time.Duration{15 * time.Minute, time.Hour, 6 * time.Hour} {
		n := int(24 * time.Hour / step)
		r := alone(t, u, der.Context{Set: steps(n, step), Tariff: der.Tariff{Withdrawal: constant(n, 9), Injection: constant(n, -9)}})
		assert.InDelta(t, math.Pow(0.99, 24), r.schedule.Realised[0].Trace("energy")[n-1], 1e-7, "%v", step)
	}
}

func constant(n int, x float64) []float64 {
	out := make([]float64, n)
	for t := range out {
		out[t] = x
	}
	return out
}

// With 0.8 · 0.9 = 0.72 kept and wear 1 both ways, charging and discharging at
// once burns 0.28 MWh per MWh charged and costs 1.72. It pays below −1.72 /
// 0.28 = −6.142857 per MWh, and only there a binary is needed. A program
// without binaries, made by a Floor that is too high, is the judge.
func TestStorageNeedsBinariesExactlyWhereBurningEnergyPays(t *testing.T) {
	for name, x := range map[string]struct {
		price float64
		pays  bool
	}{"just below": {-6.15, true}, "far below": {-80, true}, "just above": {-6.13, false}, "zero": {0, false}, "positive": {30, false}} {
		t.Run(name, func(t *testing.T) {
			u := &der.Storage{
				ID: "b", Charge: 2, Discharge: 2, Energy: 4, Initial: optional.Of(2),
				ChargeEfficiency: 0.8, DischargeEfficiency: 0.9, Wear: 1,
			}
			c := der.Context{Set: steps(3, time.Hour), Tariff: onePrice(constant(3, x.price)...)}
			c.MinMarginalValues = constant(3, 1000)
			relaxed := alone(t, u, c)
			require.Zero(t, relaxed.integers)
			c.MinMarginalValues = constant(3, x.price)
			r := alone(t, u, c)

			p := &relaxed.schedule.Realised[0]
			assert.Equal(t, x.pays, min(p.Withdrawn[0], p.Injected[0]) > 1e-6, "the relaxation burns energy: %v, %v", p.Withdrawn, p.Injected)
			assert.Equal(t, x.pays, r.integers > 0, "binaries")
			for step := range 3 {
				assert.Less(t, min(r.schedule.Realised[0].Withdrawn[step], r.schedule.Realised[0].Injected[step]), 1e-6)
			}
			if x.pays {
				assert.Greater(t, relaxed.profit, r.profit+1e-6)
			} else {
				assert.InDelta(t, relaxed.profit, r.profit, 1e-6)
			}
		})
	}
}

// Where burning energy costs nothing, in a store without loss and wear, both
// could run for nothing; such a schedule is refused too.
func TestStorageWithoutLossAndWearKeepsItsBinaries(t *testing.T) {
	u := &der.Storage{ID: "b", Charge: 2, Discharge: 2, Energy: 4, ChargeEfficiency: 1, DischargeEfficiency: 1}
	c := der.Context{Set: steps(3, time.Hour), Tariff: onePrice(10, 20, 30), MinMarginalValues: []float64{10, 20, 30}}
	assert.Equal(t, 3, alone(t, u, c).integers)
}

// 1 MWh, 1 MW, no loss, prices 10 and 50 in turn: each of three cycles earns
// 40, as many as may start.
func TestStorageCapsStartsPerDay(t *testing.T) {
	u := &der.Storage{ID: "b", Charge: 1, Discharge: 1, Energy: 1, ChargeEfficiency: 1, DischargeEfficiency: 1}
	c := der.Context{Set: steps(6, time.Hour), Tariff: onePrice(10, 50, 10, 50, 10, 50)}
	for most, want := range map[int]float64{0: 120, 1: 40, 2: 80, 3: 120} {
		u.StartsPerDay = nonzero(float64(most))
		assert.InDelta(t, want, alone(t, u, c).profit, 1e-6, "at most %d starts", most)
	}
	c.Set = steps(6, 12*time.Hour) // three days of two steps: the cap counts each day by itself
	u.StartsPerDay, u.Charge, u.Discharge = optional.Of(1), 1./12, 1./12
	assert.InDelta(t, 120, alone(t, u, c).profit, 1e-6, "one start on each of three days")
}

// Two days of two steps of 12 h at 10 and 50 per MWh, 12 MWh, 1 MW, no loss.
// Carried into the dear day, 12 MWh earn 12·40; a store that returns every
// evening earns nothing. A free end worth 30 beyond e_0 buys 12 MWh on the
// first day, sells them for 50 and keeps nothing for 30.
func TestStorageEndOfDay(t *testing.T) {
	c := der.Context{Set: steps(4, 12*time.Hour), Tariff: onePrice(10, 10, 50, 50)}
	u := &der.Storage{ID: "b", Charge: 1, Discharge: 1, Energy: 12, ChargeEfficiency: 1, DischargeEfficiency: 1}
	assert.InDelta(t, 480, alone(t, u, c).profit, 1e-6)
	u.End = der.EndDaily
	assert.InDelta(t, 0, alone(t, u, c).profit, 1e-6)

	u.End, u.EndValue = der.EndFree, 30
	assert.InDelta(t, 480, alone(t, u, c).profit, 1e-6)
	u.EndValue = 65 // better than selling for 50: 12·(65 − 10)
	r := alone(t, u, c)
	assert.InDelta(t, 660, r.profit, 1e-6)
	assert.InDelta(t, 12*65, u.Benefit(r.schedule, c, 0).Item("energy left"), 1e-6)
}

// 4 MWh of which 1 must stay, 2 MW both ways, 0.5 out of the store and 1 into
// it, full. Energy is worth 10, reserve 3 per MW and hour. Idle it could
// deliver 2 MW, for an hour from 3 MWh: 3·0.5 = 1.5 MW. Discharging x MW earns
// 10 x and leaves (3 − 2x)·0.5 = 1.5 − x MW, each worth 3: 7 more per MW, up to
// 1.5 MW with no reserve left: 15. Where reserve is worth 12 it stays idle: 18.
// For two hours it can promise half as much, 9 at that price, and sells its
// energy instead; at 25 it promises 0.75 MW: 18.75.
func TestStorageHoldsReserveForAsLongAsAsked(t *testing.T) {
	u := &der.Storage{
		ID: "b", Charge: 2, Discharge: 2, MinEnergy: 1, Energy: 4, Initial: optional.Of(4), ChargeEfficiency: 1, DischargeEfficiency: 0.5,
		End: der.EndFree, Reserve: milp.Inf,
	}
	c := der.Context{Set: steps(1, time.Hour), Tariff: der.Tariff{Injection: []float64{10}, Withdrawal: []float64{10}}}
	for _, x := range []struct{ price, hours, value, reserve float64 }{
		{3, 0, 15, 0}, {12, 0, 18, 1.5}, {12, 2, 15, 0}, {25, 2, 18.75, 0.75},
	} {
		u.ReserveHours = nonzero(x.hours)
		require.NoError(t, u.Validate(c.Set))
		m := milp.New()
		terms := u.Model(m, milp.Const(1), c)
		m.Maximize(c.PaymentTerms(m, u.ID, terms)[0].Plus(terms[0].Reserve[0].Times(x.price)))
		solution, err := testsolver.New(t).Solve(context.Background(), m)
		require.NoError(t, err)
		require.NoError(t, solution.Err())
		assert.InDelta(t, x.value, solution.Objective, 1e-6, "%+v", x)
		assert.InDelta(t, x.reserve, terms[0].Reserve[0].Value(solution.Values), 1e-6, "%+v", x)
	}
}

// Charging 2 MW it can leave that and discharge 2 MW: 4 MW of reserve, if the
// energy lasts.
func TestStorageThatChargesHoldsMoreReserve(t *testing.T) {
	u := &der.Storage{
		ID: "b", Charge: 2, Discharge: 2, Energy: 9, Initial: optional.Of(5), ChargeEfficiency: 1, DischargeEfficiency: 1, End: der.EndFree, Reserve: milp.Inf,
	}
	m := milp.New()
	terms := u.Model(m, milp.Const(1), der.Context{Set: steps(1, time.Hour)})
	m.Maximize(terms[0].Reserve[0])
	solution, err := testsolver.New(t).Solve(context.Background(), m)
	require.NoError(t, err)
	assert.InDelta(t, 4, solution.Objective, 1e-6)
}

// Where reserve is dear, wasting energy to charge more would pay even though
// energy is worth something: a known floor leaves out no binary.
func TestStorageWithReserveKeepsItsBinaries(t *testing.T) {
	u := battery()
	u.Reserve = 1
	c := der.Context{Set: steps(3, time.Hour), Tariff: onePrice(30, 30, 30), MinMarginalValues: constant(3, 30)}
	assert.Equal(t, 3, alone(t, u, c).integers)
	c.MinMarginalValues = constant(3, math.Inf(1))
	assert.Zero(t, alone(t, u, c).integers, "unless it is promised that the rule is watched")
}

// Twice the store earns twice the money: the program is homogeneous in MW and
// MWh.
func TestStorageScalesWithItsSize(t *testing.T) {
	u := battery()
	u.Depths = []der.DepthBand{{2, 1}, {7, 9}}
	c := der.Context{Set: day(t), Tariff: onePrice(10, 60, -20, 35, 90, 5, 40, 70)}
	single := alone(t, u, c)
	u.Charge, u.Discharge, u.MinEnergy, u.Energy, u.Initial = 2*u.Charge, 2*u.Discharge, 2*u.MinEnergy, 2*u.Energy, optional.Of(2*u.Initial.Or(0))
	u.Depths = []der.DepthBand{{4, 1}, {14, 9}}
	assert.InDelta(t, 2*single.profit, alone(t, u, c).profit, 1e-5)
}

func TestStorageValidateNamesEveryViolation(t *testing.T) {
	require.NoError(t, battery().Validate(nil))
	complains(t, (&der.Storage{
		ID: "b", Port: 7, Charge: -1, Discharge: math.Inf(1), MinEnergy: 5, Energy: 4, Initial: optional.Of(9),
		ChargeEfficiency: 1.05, DischargeEfficiency: 0, SelfDischarge: 1, Wear: -1, WearRule: 9, StartsPerDay: optional.Of(-1),
		End: 5, EndValue: math.NaN(), Depths: []der.DepthBand{{2, 5}, {1, 3}},
	}).Validate(nil),
		"Port is 7", "Charge is -1", "Discharge is +Inf", "MinEnergy is 5, want a number in [0, 4] MWh", "Initial is 9, want a number in [5, 4]",
		"ChargeEfficiency is 1.05, want a fraction in (0, 1]", "DischargeEfficiency is 0", "SelfDischarge is 1",
		"storage b: Wear is -1", "WearRule is 9", "StartsPerDay is -1", "End is 5", "EndValue is NaN, want a finite number",
		"EndValue is NaN but the energy at the end is fixed",
		"Depths[1].Depth is 1, want a finite number above 2", "Depths[1].Wear is 3, want a finite number of at least 5")
	u := battery()
	u.Port, u.Reserve, u.ReserveHours = der.Heat, 1, optional.Of(0.5)
	complains(t, u.Validate(steps(2, time.Hour)), "Reserve is 1 MW on a store of heat", "ReserveHours is 0.5, want a finite number of at least 1 h, one step")
	u = battery()
	u.Reserve = math.NaN()
	complains(t, u.Validate(nil), "Reserve is NaN")
	u = battery()
	u.Depths = []der.DepthBand{{2, 1}, {6, 2}}
	complains(t, u.Validate(nil), "Depths ends at 6 MWh, want the last band to reach the window of 7 MWh")
	u.Depths = []der.DepthBand{}
	complains(t, u.Validate(nil), "Depths is an empty list")
}

// Left out by a free binary, a store may not keep its initial energy.
func TestStorageLeavesWithItsInitialEnergy(t *testing.T) {
	m := milp.New()
	on := m.Bin(milp.Named("on"))
	c := der.Context{Set: steps(2, time.Hour)}
	u := battery()
	u.End = der.EndFree
	terms := u.Model(m, on.Expr(), c)
	m.Maximize(terms[0].Traces[0].Values[1].Plus(on.Times(-100)))
	solution, err := testsolver.New(t).Solve(context.Background(), m)
	require.NoError(t, err)
	assert.InDelta(t, 0, solution.Objective, 1e-6)
}
