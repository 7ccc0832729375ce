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

func TestCallsConform(t *testing.T) {
	for name, u := range map[string]*der.DemandResponse{
		"each future":    {Load: "load", MaxReductionShare: optional.Of(0.5), Rebound: der.ReboundNone, ReductionCost: 30, Calls: der.Calls{MinHours: 2, MaxHours: optional.Of(3), MaxCalls: optional.Of(1), MinReduction: 0.5}},
		"the day before": {Load: "load", MaxReduction: optional.Of(2), DayAheadCalls: true, Calls: der.Calls{MinHours: 1.5, MaxCalls: optional.Of(2), MinReduction: 1}},
		"shifted":        {Load: "load", MaxReduction: optional.Of(2), Rebound: der.ReboundDeferred, Calls: der.Calls{MaxHours: optional.Of(2), MaxCalls: optional.Of(2)}},
	} {
		t.Run(name, func(t *testing.T) {
			u.ID = "cold store"
			dertest.Run(t, testsolver.New(t), u, dertest.Config{Set: day(t), Constraints: demandResponseConstraints(u)})
		})
	}
}

// Eight hours of which hours 1, 2 and 4 pay 60, 90 and 80 for a MW cut at a
// cost of 10, the others nothing: worth 50, 80 and 70, and −10 in every other
// hour that has to be called.
//
//	no limit                               50 + 80 + 70      = 200
//	one hour at most                       hours 2 and 4:      150, since 1 and 2 would be one call of two
//	two hours at least, or one call only   hours 1 to 4:       50 + 80 − 10 + 70 = 190
//	exactly two hours                      1 and 2, 4 and 5:   130 + 70 − 10 = 190
//	one call of two hours                  hours 1 and 2:      130
func TestCallsByHand(t *testing.T) {
	pay := []float64{0, 60, 90, 0, 80, 0, 0, 0}
	c := der.Context{Set: steps(8, time.Hour), Tariff: der.Tariff{LoadReduction: pay}}
	for want, calls := range map[float64][]der.Calls{
		200: {{}, {MinHours: 1}, {MaxHours: optional.Of(8), MaxCalls: optional.Of(8), MinReduction: 0.5}},
		150: {{MaxHours: optional.Of(1), MaxCalls: optional.Of(2)}, {MaxHours: optional.Of(1), MinReduction: 1}},
		190: {{MinHours: 2, MinReduction: 1}, {MinHours: 2, MaxHours: optional.Of(2), MinReduction: 1}, {MaxCalls: optional.Of(1), MinReduction: 1}},
		130: {{MinHours: 2, MaxHours: optional.Of(2), MaxCalls: optional.Of(1), MinReduction: 1}, {MaxHours: optional.Of(2), MaxCalls: optional.Of(1)}},
	} {
		for _, x := range calls {
			u := &der.DemandResponse{ID: "u", Served: true, MaxReduction: optional.Of(1), Rebound: der.ReboundNone, ReductionCost: 10, Calls: x}
			require.NoError(t, u.Validate(c.Set))
			assert.InDelta(t, want, alone(t, u, c).profit, 1e-6, "%+v", x)
		}
	}
}

// The dumb twin tries every set of called steps.
func TestCallsAgreeWithEnumeration(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 9))
	for range 60 {
		x := der.Calls{MinHours: float64(random.IntN(5)) / 2, MaxCalls: nonzero(float64(random.IntN(3))), MinReduction: 1}
		if random.IntN(2) == 0 {
			x.MaxHours = optional.Of(max(x.MinHours, 0.5) + float64(random.IntN(3))/2)
		}
		const n = 9
		pay := make([]float64, n)
		for k := range pay {
			pay[k] = math.Round(100*random.Float64() - 40)
		}
		best := 0.0
		for code := range 1 << n {
			earned, run, calls, lawful := 0.0, 0, 0, true
			for k := range n + 1 {
				if k < n && code>>k&1 == 1 {
					earned += pay[k] / 2
					run++
					continue
				}
				if run > 0 {
					hours := float64(run) / 2
					lawful = lawful && hours >= x.MinHours && hours <= x.MaxHours.Or(math.Inf(1))
					calls++
				}
				run = 0
			}
			if lawful && float64(calls) <= x.MaxCalls.Or(math.Inf(1)) {
				best = max(best, earned)
			}
		}
		u := &der.DemandResponse{ID: "u", Served: true, MaxReduction: optional.Of(1), Rebound: der.ReboundNone, Calls: x}
		c := der.Context{Set: steps(n, 30*time.Minute), Tariff: der.Tariff{LoadReduction: pay}}
		require.NoError(t, u.Validate(c.Set))
		assert.InDelta(t, best, alone(t, u, c).profit, 1e-6, "%+v %v", x, pay)
	}
}

// Of two calls of at least 1 MW one has been used up in hours 1 and 2.
func TestCallsLeftAreRolledForward(t *testing.T) {
	c := der.Context{Set: steps(4, time.Hour)}
	u := &der.DemandResponse{ID: "u", Served: true, MaxReduction: optional.Of(1), Rebound: der.ReboundNone, Calls: der.Calls{MaxCalls: optional.Of(2), MinReduction: 1}}
	p := &der.Ports{Reduced: []float64{0, 1, 1, 0}, Withdrawn: constant(4, 0)}
	carried := func(steps int) (*der.DemandResponse, error) {
		next, err := u.RollForward(p, c, 0, steps)
		if err != nil {
			return nil, err
		}
		return next.(*der.DemandResponse), nil
	}
	next, err := carried(4)
	require.NoError(t, err)
	assert.Equal(t, der.Calls{MaxCalls: optional.Of(1), MinReduction: 1}, next.Calls)
	next, err = carried(2) // the call in progress has lasted one hour
	require.NoError(t, err)
	assert.Equal(t, der.Calls{MaxCalls: optional.Of(1), MinReduction: 1, Before: 1}, next.Calls)
	c.Tariff.LoadReduction = []float64{99, -50, 99, -50}
	assert.InDelta(t, 198, alone(t, next, c).profit, 1e-6, "it goes on in hour 0, and one more is left for hour 2")
	c.Tariff.LoadReduction = []float64{-50, 99, -50, 99}
	assert.InDelta(t, 148, alone(t, next, c).profit, 1e-6, "two new calls would have 198; one has 99 − 50 + 99")
	c.Tariff.LoadReduction = nil

	u.Calls.MaxCalls = optional.Of(1) // none is left: nothing can be cut whatever it pays
	next, err = carried(4)
	require.NoError(t, err)
	require.NoError(t, next.Validate(c.Set))
	c.Tariff.LoadReduction = constant(4, 99)
	assert.InDelta(t, 0, alone(t, next, c).profit, 1e-6)
	u.Calls.MinReduction = 0
	_, err = carried(4)
	require.ErrorContains(t, err, "give Calls.MinReduction")
}

func TestCallsValidate(t *testing.T) {
	u := &der.DemandResponse{ID: "u", Served: true, MaxReduction: optional.Of(1), Rebound: der.ReboundNone}
	u.Calls = der.Calls{MinHours: -1, MaxHours: optional.Of(math.NaN()), MaxCalls: optional.Of(-2), MinReduction: math.Inf(1)}
	complains(t, u.Validate(steps(4, time.Hour)), "Calls.MinHours is -1", "Calls.MaxHours is NaN", "Calls.MaxCalls is -2", "Calls.MinReduction is +Inf, want a finite", "Calls.MinReduction is +Inf MW, want at most")
	u.Calls = der.Calls{MinHours: 3, MaxHours: optional.Of(2)}
	complains(t, u.Validate(steps(4, time.Hour)), "Calls.MaxHours is 2 h, want at least Calls.MinHours, 3 h")
	u.Calls = der.Calls{MinReduction: 2}
	complains(t, u.Validate(steps(4, time.Hour)), "Calls.MinReduction is 2 MW, want at most MaxReduction, 1 MW")
	u.Calls = der.Calls{MaxHours: optional.Of(0.5)}
	complains(t, u.Validate(steps(4, time.Hour)), "and one step of 1 h")
}
