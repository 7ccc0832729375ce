package der_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/der/dertest"
	"github.com/trigrid/trigrid/optional"
)

// Whatever the data, if Validate accepts them there is a schedule, it keeps
// every rule of the comment, and in each scenario the benefits, weighted, are
// the optimum.
func TestRandomUnitsKeepTheirRules(t *testing.T) {
	random := rand.New(rand.NewPCG(11, 12))
	pick := func(n int) int { return random.IntN(n) }
	for i := range 40 {
		set := day(t)
		if pick(2) == 0 {
			set = quarters(t)
		}
		prices := make([]float64, set.Steps())
		for k := range prices {
			prices[k] = 200*random.Float64() - 60
		}
		c := der.Context{Set: set, Tariff: onePrice(prices...)}
		if pick(2) == 0 {
			c.MinMarginalValues = prices
		}

		var unit der.DER
		var rules func(dertest.TB, der.Schedule, der.Context)
		if i%2 == 0 {
			u := randomStorage(random)
			unit, rules = u, storageConstraints(u)
		} else {
			u := &der.DemandResponse{
				ID: "load", Load: "load", MaxReductionShare: optional.Of(0.05 + 0.6*random.Float64()), MaxRebound: nonzero(3 * float64(pick(2))),
				Rebound: []der.Rebound{der.ReboundFree, der.ReboundDeferred, der.ReboundNone}[pick(3)], MaxHours: nonzero(float64(pick(3))),
				DayAheadCalls: pick(2) == 0, ReductionCost: 20 * random.Float64(), ReboundCost: 9 * random.Float64(),
			}
			unit, rules = u, demandResponseConstraints(u)
		}
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			require.NoError(t, unit.(der.Validator).Validate(set))
			r := alone(t, unit, c)
			rules(t, r.schedule, c)
			sum := 0.0
			for s := range set.Len() {
				sum += set.Probability(s) * unit.Benefit(r.schedule, c, s).Total()
			}
			assert.InDelta(t, r.profit, sum, 1e-4, "%+v", unit)
		})
	}
}

func randomStorage(random *rand.Rand) *der.Storage {
	u := &der.Storage{
		ID: "battery", Charge: 5 * random.Float64(), Discharge: 5 * random.Float64(), MinEnergy: random.Float64(),
		ChargeEfficiency: 0.5 + 0.5*random.Float64(), DischargeEfficiency: 0.5 + 0.5*random.Float64(),
		Wear: 8 * random.Float64(), WearRule: der.WearRule(random.IntN(2)), StartsPerDay: nonzero(float64(random.IntN(3))),
	}
	u.Energy = u.MinEnergy + 6*random.Float64()
	u.Initial = optional.Of(u.MinEnergy + (u.Energy-u.MinEnergy)*random.Float64())
	if random.IntN(2) == 0 {
		u.End, u.EndValue = der.EndFree, 60*random.Float64()
	}
	if random.IntN(2) == 0 {
		u.Depths = []der.DepthBand{{u.Energy / 3, 3}, {u.Energy, 14}}
	}
	return u
}
