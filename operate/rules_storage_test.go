package operate_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/operate"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
)

// By hand, for four steps of six hours and a store of 12 MWh and 1 MW without
// losses. MW before the store, starts per day and MWh at the end of each step:
//
//	 1   −1    1   −1     1    from 0:  6   0   0  0    each run begins once
//	 1   −1    1   −1     2             6   0   6  0
//	 0.5  0    0.5 −1     1             3   3   6  0    a pause ends no run
//	 1   −1   −1    1     1    from 6: 12   6   6  6    below 6 it could not come back
//	 1   −1   −1    1     2            12   6   0  6
//	−1    1    1   −1     1             0   6   6  6    nor above
//	 1   −1    1   −1     0             6   6   6  6    at rest
func TestTheRuleOfAStoreKeepsItsStartsPerDay(t *testing.T) {
	for _, x := range []struct {
		net          []float64
		starts, from float64
		energy       []float64
	}{
		{[]float64{1, -1, 1, -1}, 1, 0, []float64{6, 0, 0, 0}},
		{[]float64{1, -1, 1, -1}, 2, 0, []float64{6, 0, 6, 0}},
		{[]float64{0.5, 0, 0.5, -1}, 1, 0, []float64{3, 3, 6, 0}},
		{[]float64{1, -1, -1, 1}, 1, 6, []float64{12, 6, 6, 6}},
		{[]float64{1, -1, -1, 1}, 2, 6, []float64{12, 6, 0, 6}},
		{[]float64{-1, 1, 1, -1}, 1, 6, []float64{0, 6, 6, 6}},
		{[]float64{1, -1, 1, -1}, 0, 6, []float64{6, 6, 6, 6}},
	} {
		load, price := make([]float64, 4), []float64{60, 60, 60, 60}
		for step, mw := range x.net {
			load[step] = 2 - mw
		}
		series := map[string][]float64{"wind": {2, 2, 2, 2}, "load": load, "buy": price, "sell": price}
		season := operate.Season{Name: "starts", Start: monday, Days: 1, Step: 6 * time.Hour, Source: &stated{
			start: monday, step: 6 * time.Hour, names: []string{"wind", "load", "buy", "sell"},
			unit:     map[string]string{"wind": "MW", "load": "MW", "buy": "CNY/MWh", "sell": "CNY/MWh"},
			forecast: series, actual: series,
		}, Region: priced(&der.Wind{ID: "W", Available: "wind"}, &der.Storage{
			ID: "B", Charge: 1, Discharge: 1, Energy: 12, Initial: optional.Of(x.from), ChargeEfficiency: 1, DischargeEfficiency: 1,
			StartsPerDay: optional.Of(x.starts),
		})}
		res, err := operate.Run(t.Context(), season, operate.Options{
			Strategy: operate.Rules(), Choices: trigrid.Profile{"W": "village", "B": "village"}, Solver: testsolver.New(t), NoLedger: true,
		})
		require.NoError(t, err, "%+v", x)
		require.NoError(t, res.Days[0].Plans[0].Verify(1e-9), "%+v", x)
		for _, m := range res.Days[0].Plans[0].Members {
			if m.DER.Name() == "B" {
				assert.InDeltaSlice(t, x.energy, m.Schedule.Realised[0].Trace("energy"), 1e-9, "%+v", x)
			}
		}
	}
}

// Stores with starts per day and with bands of depth, with losses, keep all of
// their own limits by the rule, and end each of five days with their stated
// energy: operate.Run verifies the limits.
func TestTheRuleKeepsTheLimitsOfStoresInRandomSeasons(t *testing.T) {
	moved := map[int]float64{}
	for seed := range uint64(12) {
		d := draws{rand.New(rand.NewPCG(seed, 4))}
		for _, kind := range []int{16, 17} {
			member := randomDER(d, kind, "X").(*der.Storage)
			member.SelfDischarge = d.number(0, 0.01)
			member.Charge, member.Discharge = d.number(0.5, 3), d.number(0.5, 3)
			season := randomSeason(t, seed, 5)
			template := season.Region
			season.Region = func(set *scenario.Set) (trigrid.Region, error) {
				r, err := template(set)
				r.VPPs, r.DERs = r.VPPs[:1], []der.DER{member, &der.Wind{ID: "wind", Available: "wind"}}
				return r, err
			}
			res, err := operate.Run(t.Context(), season, operate.Options{
				Strategy: operate.Rules(), Solver: testsolver.New(t), NoLedger: true, Choices: trigrid.Profile{"X": "V0", "wind": "V0"},
			})
			require.NoError(t, err, "kind %d, seed %d", kind, seed)
			conserves(t, season, res)
			for _, row := range res.Rows() {
				if row.Party == "X" {
					moved[kind] += max(0, row.Delivered)
				}
			}
		}
	}
	for kind, mwh := range moved {
		assert.Positive(t, mwh, fmt.Sprintf("kind %d discharges in no season", kind))
	}
}
