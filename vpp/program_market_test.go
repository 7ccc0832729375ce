package vpp_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/market/published"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/vpp"
	"github.com/trigrid/trigrid/weights"
)

// The published tariff of Wei et al. sells at 500 all day and buys at 350 in
// the valley. A VPP with a demand of 2 and sun of 3 nets the two: it sells 1
// MWh for 500 and cannot buy 2 at 350 to sell 3 at 500. Behind a connection
// without limits such a market would have no end, and is refused.
func TestAMarketWithASalePriceAboveItsPurchasePriceIsNetted(t *testing.T) {
	tariff, err := published.TimeOfUseWei2022().Tariff(market.Calendar{Steps: 24})
	require.NoError(t, err)
	set := hourly(t, 24, []float64{1}, map[string][][]float64{"load": {flat(24, 2)}, "sun": {flat(24, 3)}})
	setting := vpp.Setting{Set: set, Weights: money, Markets: vpp.Markets{Electricity: tariff}}
	v := vpp.VPP{Name: "v", Demand: "load", ImportLimit: optional.Of(5), ExportLimit: optional.Of(5)}
	ders := []der.DER{&der.PV{ID: "sun", Available: "sun"}}
	assert.InDelta(t, 24*500, solve(t, v, ders, setting).Value.Objective, 1e-4)
	// Without the sun two are bought: seven hours at 350, six at 1090, eleven
	// at 680.
	assert.InDelta(t, -2*(7*350+6*1090+11*680), solve(t, v, nil, setting).Value.Objective, 1e-4)

	warnings := strings.Join(setting.Warnings(v), "\n")
	assert.Contains(t, warnings, "day-ahead electricity market: arbitrage in steps 0-6 (hour 0 to hour 6): selling earns more than buying costs")
	v.ImportLimit = optional.Float{}
	_, err = vpp.Problem{VPP: v, Members: ders, Setting: setting}.Formulate()
	assert.ErrorContains(t, err, `vpp: VPP "v": the day-ahead electricity market is not convex in step 0 (hour 0): the next MWh sold earns 500 and the next MWh bought costs 350`)
	assert.ErrorContains(t, err, "ImportLimit")
}

// A ladder whose rewards rise with what is sold: 100 per t for the first two,
// 150 for the next two, 200 beyond. Boilers of 1 MW earn 1 t of allowance for
// an hour's run, each running costs 130. One alone loses 30; five earn 100 +
// 100 + 150 + 150 + 200 = 700 for 650. All or nothing, which no convex market
// brings about: with four at most, 500 for 520, none runs.
func TestARewardThatRisesIsAllOrNothing(t *testing.T) {
	setting := priced(hourly(t, 1, []float64{1}, nil), 0, 0)
	setting.Weights = weights.Vector{Economic: 0.5, Environment: 0.5}
	setting.Markets.Carbon = &market.Ladder{
		Calendar: market.Calendar{Steps: 1}, Price: market.Series{100}, Band: market.Series{2}, Growth: 0.5, Bands: 3, Reward: market.SymmetricReward,
	}
	for n, gain := range map[int]float64{4: 0, 5: 50, 6: 120} {
		var ders []der.DER
		for k := range n {
			ders = append(ders, &der.Thermal{ID: fmt.Sprint("unit ", k), MaxOutput: 1, Linear: 130, Quota: 1})
		}
		plan := solve(t, vpp.VPP{Name: "v"}, ders, setting)
		assert.InDelta(t, gain, plan.Value.Environment-plan.Value.Cost, 1e-4, "%d units", n)
		assert.InDelta(t, gain/2, plan.Value.Objective, 1e-4, "%d units", n)
	}
}

// Where a curve happens to be convex both ways to state it have one optimum; a
// curve with a piece cut in two by a slope a hair lower is not convex any more,
// and costs the same.
func TestBothWaysToStateACurveAgree(t *testing.T) {
	testsolver.New(t)
	random := rand.New(rand.NewPCG(3, 5))
	for range 6 {
		v, ders, setting := leaky(t, random)
		tariff := *setting.Markets.Electricity.(*market.Tariff)
		want := solve(t, v, ders, setting).Value.Objective
		setting.Markets.Electricity = dented{&tariff}
		assert.InDelta(t, want, solve(t, v, ders, setting).Value.Objective, 1e-4)
	}
}

// dented is a tariff with a dent too small to matter.
type dented struct{ *market.Tariff }

func (x dented) Curve(period int) market.Curve {
	sell, buy := x.Sell.At(period), x.Buy.At(period)
	return market.Curve{Breaks: []float64{-20, -1, 0, 20}, Slopes: []float64{sell, sell - 1e-9, buy}}
}
