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
)

func TestCallsConform(t *testing.T) {
	for name, u := range map[string]*der.DemandResponse{
		"each future":    {Load: "load", Share: 0.5, Rebound: der.ReboundNone, CurtailmentCost: 30, Calls: der.Calls{Min: 2, Max: 3, Most: 1, Least: 0.5}},
		"the day before": {Load: "load", MaxCurtailment: 2, DayAheadCalls: true, Calls: der.Calls{Min: 1.5, Most: 2, Least: 1}},
		"shifted":        {Load: "load", MaxCurtailment: 2, Rebound: der.ReboundDeferred, Calls: der.Calls{Max: 2, Most: 2}},
	} {
		t.Run(name, func(t *testing.T) {
			u.ID = "cold store"
			dertest.Run(t, testsolver.New(t), u, dertest.Config{Set: day(t), Constraints: demandResponseConstraints(u)})
		})
	}
}

// Eight hours of which hours 1, 2 and 4 pay 60, 90 and 80 for a MW cut at a cost of 10, the others nothing:
// worth 50, 80 and 70, and −10 in every other hour that has to be called.
//
//	no limit                               50 + 80 + 70      = 200
//	one hour at most                       hours 2 and 4:      150, since 1 and 2 would be one call of two
//	two hours at least, or one call only   hours 1 to 4:       50 + 80 − 10 + 70 = 190
//	exactly two hours                      1 and 2, 4 and 5:   130 + 70 − 10 = 190
//	one call of two hours                  hours 1 and 2:      130
func TestCallsByHand(t *testing.T) {
	pay := []float64{0, 60, 90, 0, 80, 0, 0, 0}
	c := der.Context{Set: steps(8, time.Hour), Tariff: der.Tariff{Curtailment: pay}}
	for want, calls := range map[float64][]der.Calls{
		200: {{}, {Min: 1}, {Max: 8, Most: 8, Least: 0.5}},
		150: {{Max: 1, Most: 2}, {Max: 1, Least: 1}},
		190: {{Min: 2, Least: 1}, {Min: 2, Max: 2, Least: 1}, {Most: 1, Least: 1}},
		130: {{Min: 2, Max: 2, Most: 1, Least: 1}, {Max: 2, Most: 1}},
	} {
		for _, x := range calls {
			u := &der.DemandResponse{ID: "u", Served: true, MaxCurtailment: 1, Rebound: der.ReboundNone, CurtailmentCost: 10, Calls: x}
			require.NoError(t, u.Validate(c.Set))
			assert.InDelta(t, want, alone(t, u, c).profit, 1e-6, "%+v", x)
		}
	}
}

// The dumb twin tries every set of called steps.
func TestCallsAgreeWithEnumeration(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 9))
	for range 60 {
		x := der.Calls{Min: float64(random.IntN(5)) / 2, Most: random.IntN(3), Least: 1}
		if random.IntN(2) == 0 {
			x.Max = max(x.Min, 0.5) + float64(random.IntN(3))/2
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
					lawful = lawful && hours >= x.Min && (x.Max == 0 || hours <= x.Max)
					calls++
				}
				run = 0
			}
			if lawful && (x.Most == 0 || calls <= x.Most) {
				best = max(best, earned)
			}
		}
		u := &der.DemandResponse{ID: "u", Served: true, MaxCurtailment: 1, Rebound: der.ReboundNone, Calls: x}
		c := der.Context{Set: steps(n, 30*time.Minute), Tariff: der.Tariff{Curtailment: pay}}
		require.NoError(t, u.Validate(c.Set))
		assert.InDelta(t, best, alone(t, u, c).profit, 1e-6, "%+v %v", x, pay)
	}
}

// Of two calls of at least 1 MW one has been used up in hours 1 and 2.
func TestCallsLeftAreCarried(t *testing.T) {
	c := der.Context{Set: steps(4, time.Hour)}
	u := &der.DemandResponse{ID: "u", Served: true, MaxCurtailment: 1, Rebound: der.ReboundNone, Calls: der.Calls{Most: 2, Least: 1}}
	p := &der.Ports{Curtailed: []float64{0, 1, 1, 0}, Withdrawn: constant(4, 0)}
	carried := func(steps int) (*der.DemandResponse, error) {
		next, err := u.Carry(p, c, 0, steps)
		if err != nil {
			return nil, err
		}
		return next.(*der.DemandResponse), nil
	}
	next, err := carried(4)
	require.NoError(t, err)
	assert.Equal(t, der.Calls{Most: 1, Least: 1}, next.Calls)
	_, err = carried(2)
	require.ErrorContains(t, err, "a call is under way")

	u.Calls.Most = 1 // none is left: nothing can be cut whatever it pays
	next, err = carried(4)
	require.NoError(t, err)
	require.NoError(t, next.Validate(c.Set))
	c.Tariff.Curtailment = constant(4, 99)
	assert.InDelta(t, 0, alone(t, next, c).profit, 1e-6)
	u.Calls.Least = 0
	_, err = carried(4)
	require.ErrorContains(t, err, "give Calls.Least")
}

func TestCallsValidate(t *testing.T) {
	u := &der.DemandResponse{ID: "u", Served: true, MaxCurtailment: 1, Rebound: der.ReboundNone}
	u.Calls = der.Calls{Min: -1, Max: math.NaN(), Most: -2, Least: math.Inf(1)}
	complains(t, u.Validate(steps(4, time.Hour)), "Calls.Min is -1", "Calls.Max is NaN", "Calls.Most is -2", "Calls.Least is +Inf, want a finite", "Calls.Least is +Inf MW, want at most")
	u.Calls = der.Calls{Min: 3, Max: 2}
	complains(t, u.Validate(steps(4, time.Hour)), "Calls.Max is 2 h, want at least Calls.Min, 3 h")
	u.Calls = der.Calls{Least: 2}
	complains(t, u.Validate(steps(4, time.Hour)), "Calls.Least is 2 MW, want at most MaxCurtailment, 1 MW")
	u.Calls = der.Calls{Max: 0.5}
	complains(t, u.Validate(steps(4, time.Hour)), "and one step of 1 h")
}
