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
)

func TestShiftableLoadConforms(t *testing.T) {
	u := &der.ShiftableLoad{ID: "batch", Profile: []float64{2, 0, 1}, Window: der.Window{From: 0.5, To: optional.Of(7)}, Usual: 3, ShiftCost: 4}
	dertest.Run(t, testsolver.New(t), u, dertest.Config{Set: day(t), Constraints: func(t dertest.TB, realised der.Schedule, c der.Context) {
		for s, p := range realised.Realised {
			begin := 0
			for begin < len(p.Withdrawn)-1 && p.Withdrawn[begin] < 1 {
				begin++
			}
			within(t, 1, float64(begin), 4, "first step", s, begin)
			for k, mw := range p.Withdrawn {
				want := 0.0
				if k >= begin && k < begin+3 {
					want = []float64{2, 0, 1}[k-begin]
				}
				near(t, want, mw, "power", s, k)
				near(t, realised.Realised[0].Withdrawn[k], mw, "power of the first scenario", s, k)
			}
		}
	}})
}

// 3 MW and then 1 MW in half-hours at 50, 10, 30, 20 and 5 per MWh: ½·(3·p +
// q). From the beginnings
//
//	0: 80   1: 30   2: 55   3: 32.5
//
// the usual one, 2, is left for 1 where moving 2 MWh costs less than 25.
func TestShiftableLoadByHand(t *testing.T) {
	u := &der.ShiftableLoad{ID: "wash", Profile: []float64{3, 1}, Usual: 1, ShiftCost: 12}
	c := der.Context{Set: steps(5, 30*time.Minute), Tariff: onePrice(50, 10, 30, 20, 5)}
	require.NoError(t, u.Validate(c.Set))
	r := alone(t, u, c)
	assert.InDelta(t, -30-24, r.profit, 1e-6)
	assert.InDeltaSlice(t, []float64{0, 3, 1, 0, 0}, r.schedule.Realised[0].Withdrawn, 1e-6)
	assert.InDelta(t, -24, u.Benefit(r.schedule, c, 0).Item("shifting"), 1e-6)

	u.ShiftCost = 13
	r = alone(t, u, c)
	assert.InDelta(t, -55, r.profit, 1e-6)
	assert.Zero(t, u.Benefit(r.schedule, c, 0).Item("shifting"))

	u.ShiftCost, u.Window = 0, der.Window{From: 1.4} // the whole run after 1.4 h: from step 3
	assert.InDelta(t, -32.5, alone(t, u, c).profit, 1e-6)
	u.Window = der.Window{To: optional.Of(1.2)} // before 1.2 h: in steps 0 and 1
	assert.InDelta(t, -80, alone(t, u, c).profit, 1e-6)
}

func TestTransferableLoadConforms(t *testing.T) {
	for name, u := range map[string]*der.TransferableLoad{
		"band and runs": {Min: 6, Max: 12, Window: der.Window{From: 1, To: optional.Of(7)}, MinRun: 2, TransferCost: 3},
		"runs":          {Max: 20, MinRun: 1.5},
		"free":          {Max: 9, TransferCost: 5},
	} {
		t.Run(name, func(t *testing.T) {
			u.ID, u.Load = "pump", "load"
			dertest.Run(t, testsolver.New(t), u, dertest.Config{Set: day(t), Constraints: transferConstraints(u)})
		})
	}
}

// transferConstraints recomputes the comment of der.TransferableLoad from data,
// for hourly steps.
func transferConstraints(u *der.TransferableLoad) func(dertest.TB, der.Schedule, der.Context) {
	return func(t dertest.TB, realised der.Schedule, c der.Context) {
		n := c.Steps()
		runs := make([]bool, n)
		to := u.Window.To.Or(float64(n))
		for s, p := range realised.Realised {
			taken, needed := 0.0, 0.0
			for k, mw := range p.Withdrawn {
				taken, needed = taken+mw, needed+c.Set.At(u.Load, s, k)
				if mw > 1e-5 {
					runs[k] = true
					within(t, u.Min, mw, u.Max, "power", s, k)
					within(t, u.Window.From, float64(k), to-1, "step in the window", s, k)
				}
			}
			near(t, needed, taken, "energy", s, n)
		}
		if u.Min == 0 {
			return // a run may pause
		}
		for k, length := 0, 0; k <= n; k++ {
			if k < n && runs[k] {
				length++
				continue
			}
			if length > 0 {
				within(t, u.MinRun, float64(length), math.Inf(1), "length of a run", 0, k)
			}
			length = 0
		}
	}
}

// 6 MWh of the hours 0 and 1, between 2 and 4 MW, prices 50, 40, 10, 30, 20,
// 60. Free runs take 4 MW in hour 2 and 2 MW in hour 4: 80. Runs of two hours:
// hours 3 and 4, 2·30 + 4·20 = 140; hours 2 and 3, 4·10 + 2·30 = 100, the best;
// hours 1 and 2, 2·40 + 4·10 = 120.
//
// Where moving costs 5 per MWh above the usual, hours 2 and 3 move 6 MWh for
// 100 + 30, hours 1 and 2 move 4 MWh for 120 + 20. At 20 it is 220 against 200.
// Held in hours 0 and 1 the load stays as it is for 150 + 120; taking 1 MW over
// into hour 1 would save 10 and cost 20.
func TestTransferableLoadByHand(t *testing.T) {
	set := series(t, "load", 3, 3, 0, 0, 0, 0)
	c := der.Context{Set: set, Tariff: onePrice(50, 40, 10, 30, 20, 60)}
	u := &der.TransferableLoad{ID: "pump", Load: "load", Min: 2, Max: 4}
	require.NoError(t, u.Validate(set))
	r := alone(t, u, c)
	assert.InDelta(t, -80, r.profit, 1e-6)
	assert.InDeltaSlice(t, []float64{0, 0, 4, 0, 2, 0}, r.schedule.Realised[0].Withdrawn, 1e-6)

	u.MinRun = 2
	assert.InDelta(t, -100, alone(t, u, c).profit, 1e-6)
	u.TransferCost = 5
	r = alone(t, u, c)
	assert.InDelta(t, -130, r.profit, 1e-6)
	assert.InDelta(t, -30, u.Benefit(r.schedule, c, 0).Item("transfer"), 1e-6)
	u.TransferCost = 20
	assert.InDelta(t, -200, alone(t, u, c).profit, 1e-6)
	u.Window = der.Window{To: optional.Of(2)}
	assert.InDelta(t, -270, alone(t, u, c).profit, 1e-6)
}

// Whatever Validate accepts has a schedule.
func TestTransferableLoadThatIsAcceptedCanBeServed(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	accepted := 0
	for range 200 {
		u := &der.TransferableLoad{
			ID: "pump", Load: "load", Min: float64(random.IntN(12)), Window: der.Window{From: float64(random.IntN(4)), To: nonzero(float64(random.IntN(9)))},
			MinRun: float64(random.IntN(5)), TransferCost: float64(random.IntN(3)),
		}
		u.Max = u.Min + float64(random.IntN(20))
		if u.Validate(day(t)) == nil {
			accepted++
			alone(t, u, der.Context{Set: day(t), Tariff: onePrice(10, 60, -20, 35, 90, 5, 40, 70)})
		}
	}
	assert.Greater(t, accepted, 20, "the draw says something")
}

func TestBlockLoadsValidateNameEveryViolation(t *testing.T) {
	set := series(t, "load", 4, 5, 6)
	complains(t, (&der.ShiftableLoad{Profile: []float64{0, -1}, Window: der.Window{From: 2}, Usual: 0.5, ShiftCost: -1}).Validate(set),
		"ID is empty", "Profile is [0 -1], want one value per step", "Profile[1] is -1", "Window has 1 of the 3 steps of 1 h, want at least the 2",
		"Usual is 0.5 h, want the beginning of a step of 1 h", "ShiftCost is -1")
	complains(t, (&der.ShiftableLoad{ID: "x", Window: der.Window{From: -1, To: optional.Of(math.NaN())}, Usual: math.NaN()}).Validate(set),
		"Profile is []", "Window.From is -1", "Window.To is NaN", "Usual is NaN, want", "Usual is NaN h, want")
	complains(t, (&der.TransferableLoad{ID: "x", Load: "fog", Min: 3, Max: 2, MinRun: -1, TransferCost: -1}).Validate(set),
		`Load names series "fog"`, "Max is 2, want a finite number of at least 3 MW", "MinRun is -1", "TransferCost is -1")
	complains(t, (&der.TransferableLoad{ID: "x", Load: "load", Max: 7, Window: der.Window{From: 1}}).Validate(set), // 15 MWh at 7 MW: 3 h
		"Window has 2 of the 3 steps of 1 h, want at least the 3 that the load needs")
	complains(t, (&der.TransferableLoad{ID: "x", Load: "load", Min: 6, Max: 9, MinRun: 3}).Validate(set),
		"3 steps at Min take 18 MWh, more than the 15 MWh that Load needs in some scenario")
	complains(t, (&der.TransferableLoad{ID: "x", Load: "load"}).Validate(set), "Window has 3 of the 3 steps")
}

// nonzero returns an absent number for 0.
func nonzero(x float64) optional.Float {
	if x == 0 {
		return optional.Float{}
	}
	return optional.Of(x)
}
