package operate_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/operate"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
)

// A fleet of one DER is that DER, also on the second day: its hours of load
// reduction begin again, a unit keeps its commitment, and a bound is known. The
// template has the data of the second day.
func TestAFleetOfOneHasTheDaysOfItsDER(t *testing.T) {
	for _, d := range []der.DER{
		&der.DemandResponse{
			ID: "X", Load: "load1", MaxReductionShare: optional.Of(0.5), Rebound: der.ReboundNone, Close: der.CloseByBan, ReductionCost: 1, MaxHours: optional.Of(6.),
		},
		&der.Thermal{ID: "X", MinOutput: 1, MaxOutput: 4, MinUp: 9, MinDown: 9, Linear: 60, StartUp: []der.StartCost{{Cost: 40}}},
		&der.EVFleet{ID: "X", Efficiency: 0.9, UnmetCost: 500, Stays: []der.EVStay{
			{Arrive: 3, Depart: 18, Capacity: 6, Has: 1, Wants: 5, Charge: 1},
		}},
	} {
		var results []*operate.Result
		for _, member := range []der.DER{d, &der.Fleet{Unit: d, Count: 1}} {
			season := randomSeason(t, 5, 3)
			template := season.Region
			season.Region = func(set *scenario.Set) (trigrid.Region, error) {
				r, err := template(set)
				r.VPPs, r.DERs = r.VPPs[:1], []der.DER{member, &der.Wind{ID: "wind", Available: "wind"}}
				return r, err
			}
			res, err := operate.Run(t.Context(), season, operate.Options{
				Strategy: operate.Rolling(1), Solver: testsolver.New(t), NoLedger: true, Bounds: true,
				Choices: trigrid.Profile{"X": "V0", "wind": "V0"},
			})
			require.NoError(t, err, "%T", d)
			results = append(results, res)
		}
		for day := range results[0].Days {
			one, fleet := results[0].Days[day], results[1].Days[day]
			require.Equal(t, one.Payments, fleet.Payments, "%T on day %d", d, one.Number)
			require.NotNil(t, fleet.Bound, "%T", d)
			require.InDelta(t, *one.Bound, *fleet.Bound, 1e-6, "%T on day %d", d, one.Number)
		}
	}
}

// Days with a store that ends with free energy cannot be compared, also if it
// is one of many.
func TestAFleetIsCheckedAsItsDER(t *testing.T) {
	season := windy(&der.Fleet{Count: 3, Unit: &der.Storage{
		ID: "S", Charge: 1, Discharge: 1, Energy: 4, ChargeEfficiency: 1, DischargeEfficiency: 1, End: der.EndFree,
	}})
	_, err := operate.Run(t.Context(), season, operate.Options{Choices: trigrid.Profile{"W": "village", "S": "village"}, Solver: testsolver.New(t), NoLedger: true})
	require.ErrorContains(t, err, `store "S" ends with free energy (EndFree)`)

	// A fleet inside a fleet of sites is checked, too.
	season = windy(&der.Fleet{Count: 2, Unit: &der.Site{ID: "S", Parts: []der.DER{&der.Fleet{Count: 3, Unit: &der.Storage{
		ID: "B", Charge: 1, Discharge: 1, Energy: 4, ChargeEfficiency: 1, DischargeEfficiency: 1, End: der.EndFree,
	}}}}})
	_, err = operate.Run(t.Context(), season, operate.Options{Choices: trigrid.Profile{"W": "village", "S": "village"}, Solver: testsolver.New(t), NoLedger: true})
	require.ErrorContains(t, err, `store "B" ends with free energy (EndFree)`)
}

// Two engines without ramps could run in different steps. A season keeps them
// on one schedule, as if they were one engine of twice the size.
func TestAFleetOfEnginesHasOneScheduleInASeason(t *testing.T) {
	var (
		half    = &der.Thermal{ID: "X", MinOutput: 1, MaxOutput: 4, MinUp: 2, MinDown: 2, NoLoad: 10, Linear: 60, StartUp: []der.StartCost{{Cost: 40}}}
		whole   = &der.Thermal{ID: "X", MinOutput: 2, MaxOutput: 8, MinUp: 2, MinDown: 2, NoLoad: 20, Linear: 60, StartUp: []der.StartCost{{Cost: 80}}}
		results []*operate.Result
	)
	for _, member := range []der.DER{whole, &der.Fleet{Unit: half, Count: 2}} {
		season := randomSeason(t, 5, 3)
		template := season.Region
		season.Region = func(set *scenario.Set) (trigrid.Region, error) {
			r, err := template(set)
			r.VPPs, r.DERs = r.VPPs[:1], []der.DER{member, &der.Wind{ID: "wind", Available: "wind"}}
			return r, err
		}
		res, err := operate.Run(t.Context(), season, operate.Options{
			Strategy: operate.Rolling(1), Solver: testsolver.New(t), NoLedger: true,
			Choices: trigrid.Profile{"X": "V0", "wind": "V0"},
		})
		require.NoError(t, err)
		results = append(results, res)
	}
	ran := false
	for day := range results[0].Days {
		require.Equal(t, results[0].Days[day].Payments, results[1].Days[day].Payments, "day %d", day)
		require.InDelta(t, results[0].Days[day].Totals.Cost, results[1].Days[day].Totals.Cost, 1e-6)
	}
	for _, row := range results[0].Rows() {
		ran = ran || row.Party == "X" && row.Delivered > 0
	}
	require.True(t, ran, "the engine never ran")
}
