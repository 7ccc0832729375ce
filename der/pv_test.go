package der_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/der/dertest"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/optional"
)

func TestPVConforms(t *testing.T) {
	u := &der.PV{ID: "S1", Capacity: optional.Of(6), Available: "sun", Subsidy: 12, Maintenance: 3, CurtailmentPenalty: 7}
	dertest.Run(t, testsolver.New(t), u, dertest.Config{Set: day(t), Constraints: func(t dertest.TB, realised der.Schedule, c der.Context) {
		for s, p := range realised.Realised {
			for step, power := range p.Injected {
				within(t, 0, power, c.Set.At("sun", s, step), "power", s, step)
				near(t, power*c.Hours(), p.Renewable[step], "certified energy", s, step)
			}
		}
	}})
}

// With a compensation of 12 and maintenance of 1, a MWh is worth 51, 1 and −4
// at prices 40, −10 and −15: the plant runs through the second hour, which it
// would not do without the compensation. 2·51 + 3·1 = 105.
func TestPVRunsAtPricesThatItsCompensationCovers(t *testing.T) {
	u := &der.PV{ID: "S1", Available: "sun", Subsidy: 12, Maintenance: 1}
	c := der.Context{Set: series(t, "sun", 2, 3, 4), Tariff: onePrice(40, -10, -15)}
	r := alone(t, u, c)
	assert.InDelta(t, 105, r.profit, 1e-6)
	assert.InDeltaSlice(t, []float64{2, 3, 0}, r.schedule.Realised[0].Injected, 1e-6)
	assert.InDelta(t, 60, u.Benefit(r.schedule, c, 0).Item("subsidy"), 1e-6)

	u.Subsidy = 0
	assert.InDeltaSlice(t, []float64{2, 0, 0}, alone(t, u, c).schedule.Realised[0].Injected, 1e-6)
}

func TestPVValidateNamesEveryViolation(t *testing.T) {
	set := series(t, "sun", 1, -2)
	complains(t, (&der.PV{ID: "S1", Available: "sun", Subsidy: -1, Maintenance: -1}).Validate(set),
		`pv S1: Available: series "sun" is -2 in scenario 0, step 1, want at least 0 MW`, "Subsidy is -1", "Maintenance is -1")
	require.NoError(t, (&der.PV{ID: "S1", Available: "sun"}).Validate(series(t, "sun", 1, 2)))
}
