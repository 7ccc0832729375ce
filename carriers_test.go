package trigrid_test

import (
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/vpp"
	"github.com/trigrid/trigrid/weights"
)

// heatChain is a region of four hours in which a boiler, a gas supply and a
// district of 3 MW of heat need each other. Heat costs 36 / 0.9 = 40 per MWh
// and replaces unserved heat at 500.
func heatChain(t *testing.T) trigrid.Region {
	t.Helper()
	r := hill(t,
		&der.Load{ID: "district", Port: der.Heat, Demand: "cold", Sheddable: 1, ShedCost: 500},
		&der.GasBoiler{ID: "boiler", Efficiency: 0.9, Heat: der.Operation{Max: 6}},
		&der.GasSupply{ID: "gas", Max: 20, Price: "price"})
	require.NoError(t, r.Setting.Set.AddForecast("price", "currency/MWh", []float64{36, 36, 36, 36}))
	r.Outside = map[string]float64{"district": -7000}
	r.VPPs[0].PassThrough = 0.6
	return r
}

// By hand: unserved heat costs 3·4·500 = 6000, served heat 3·4·40 = 480. Each
// of the three is needed, so that each has a third of 0.6·5520: 1104. The
// district alone would have −6000.
func TestHeatIsServedAndPaid(t *testing.T) {
	res := coordinate(t, heatChain(t), trigrid.Options{})
	require.Equal(t, trigrid.Profile{"district": "Hill", "boiler": "Hill", "gas": "Hill"}, res.Recommendation.Profile)
	assert.Equal(t, trigrid.DynamicEnd, res.Recommendation.Reason)
	for name, payoff := range map[string]float64{"district": -6000 + 1104, "boiler": 1104, "gas": 1104} {
		assert.InDelta(t, payoff, res.Recommendation.Payoffs[name], 1e-4, name)
	}
	// In cash the gas supply also receives its cost of 480. Hill has its
	// demand, 2·4·90 = 720, and two fifths of the gain: 2208.
	for _, line := range res.Settlement {
		want := map[string]int64{"district": -489600, "boiler": 110400, "gas": 158400, "Hill": -72000 + 220800, "grid": 72000}[line.Party]
		assert.InDelta(t, want, line.Minor, 1, line.Party)
	}
	plan := res.Plans[0]
	require.NoError(t, plan.Verify(0))
	items := itemsOf(plan)
	assert.InDelta(t, -480, items["district"]["heat exchange"], 1e-4)
	assert.InDelta(t, 480, items["boiler"]["heat exchange"], 1e-4)
	assert.InDelta(t, -480, items["boiler"]["gas exchange"], 1e-4)
	assert.InDelta(t, 480, items["gas"]["gas exchange"], 1e-4)
	checkSettled(t, res)
}

// itemsOf returns the payment items of a plan by member.
func itemsOf(plan *vpp.Plan) map[string]map[string]float64 {
	out := map[string]map[string]float64{}
	for i := range plan.Members {
		m := &plan.Members[i]
		out[m.DER.Name()] = map[string]float64{}
		for _, item := range m.Items {
			out[m.DER.Name()][item.What] += item.Amount
		}
	}
	return out
}

// With heat at 60 and gas at 40 per MWh, members keep what these prices leave:
// the boiler 12·60 − 12/0.9·40, the gas supply 12/0.9·4. The value of the VPP
// does not change, so that there is no gain to share.
func TestStatedPricesOfGoods(t *testing.T) {
	r := heatChain(t)
	r.VPPs[0].Tariff.Heat, r.VPPs[0].Tariff.Gas = market.Series{60, 60, 60, 60}, market.Series{40, 40, 40, 40}
	res := coordinate(t, r, trigrid.Options{})
	for name, payoff := range map[string]float64{"district": -720, "boiler": 720 - 480/0.9, "gas": 48 / 0.9} {
		assert.InDelta(t, payoff, res.Recommendation.Payoffs[name], 1e-4, name)
	}
	require.NoError(t, res.Plans[0].Verify(0))
	// A price of 0 is a price: heat and gas are free, and the gas supply would
	// lose 480 by itself. It stays because the district, which saves 6000, pays
	// that amount by a transfer.
	r.VPPs[0].Tariff.Heat, r.VPPs[0].Tariff.Gas = make([]float64, 4), make([]float64, 4)
	res = coordinate(t, r, trigrid.Options{})
	assert.Equal(t, trigrid.WithTransfers, res.Recommendation.Reason)
	for name, payoff := range map[string]float64{"district": -480, "boiler": 0, "gas": 0} {
		assert.InDelta(t, payoff, res.Recommendation.Payoffs[name], 0.01, name)
	}
}

// A gas unit at 45 per MWh replaces purchases at 120, but the tariff pays 20.
// By hand, per MWh: the unit loses 25, and the VPP gains 100. The literal
// reading shares 0.4·100·0.5 = 20 with it, too little. In money the share is
// 50. If costs are covered, it has half of 75 for any tariff.
func TestUnitBelowItsTariffReplacesPurchases(t *testing.T) {
	region := func(m vpp.Modelling, passThrough float64) trigrid.Region {
		r := hill(t, &der.Thermal{ID: "unit", MaxOutput: 2, Linear: 45})
		buy := market.Series{120, 120, 120, 120}
		r.Setting.Markets.Electricity = &market.Tariff{Calendar: market.Calendar{Steps: 4}, Good: market.Electricity, Buy: buy, Sell: buy.Times(0.1)}
		r.Setting.Weights = weights.Vector{Economic: 0.4, Environment: 0.6}
		r.Setting.Modelling = m
		r.VPPs[0].PassThrough = passThrough
		r.VPPs[0].Tariff.Injection = market.Series{20, 20, 20, 20}
		return r
	}
	const energy = 2 * 4
	for _, c := range []struct {
		m      vpp.Modelling
		pass   float64
		choice string
		payoff float64
	}{
		{literal, 0.5, trigrid.Outside, 0},
		{vpp.Modelling{OwnRevenue: vpp.TariffOnly}, 0.5, "Hill", energy * (50 - 25)},
		{vpp.Modelling{OwnRevenue: vpp.TariffOnly}, 0.2, trigrid.Outside, 0},
		{vpp.Modelling{}, 0.5, "Hill", energy * 37.5},
		{vpp.Modelling{}, 0.2, "Hill", energy * 15},
		{vpp.Modelling{SharedValue: vpp.WeightedValue}, 0.5, "Hill", energy * 0.4 * 37.5},
	} {
		res := coordinate(t, region(c.m, c.pass), trigrid.Options{})
		assert.Equal(t, trigrid.Profile{"unit": c.choice}, res.Recommendation.Profile, "%+v", c)
		assert.InDelta(t, c.payoff, res.Recommendation.Payoffs["unit"], 1e-4, "%+v", c)
		checkSettled(t, res)
	}
}

// Without an economic weight there is no money equivalent: V is shared as it
// is, and there are no prices inside and no reservation payoffs.
func TestWithoutEconomicWeight(t *testing.T) {
	r := heatChain(t)
	r.Setting.Weights = weights.Vector{Environment: 1}
	require.False(t, r.Setting.CoversCosts())
	res := coordinate(t, r, trigrid.Options{})
	for _, plan := range res.Plans {
		assert.Nil(t, plan.Heat.Prices)
		require.NoError(t, plan.Verify(0))
	}
	checkSettled(t, res)
}

// park returns a random region of two hours, two scenarios and two VPPs with n
// DERs of all kinds and carriers.
func park(t *testing.T, n int, source *rand.Rand) trigrid.Region {
	t.Helper()
	draw := func(low, high float64) float64 { return low + (high-low)*source.Float64() }
	set, err := scenario.New(scenario.Grid{Start: time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC), Step: 30 * time.Minute, Steps: 2}, []float64{0.6, 0.4})
	require.NoError(t, err)
	for name, high := range map[string]float64{"A": 6, "B": 4, "heat": 4, "wind": 5, "load": 2, "fuel": 2} {
		require.NoError(t, set.Add(name, "MW", [][]float64{{draw(0.1, high), draw(0.1, high)}, {draw(0.1, high), draw(0.1, high)}}))
	}
	require.NoError(t, set.AddForecast("price", "currency/MWh", []float64{draw(20, 60), draw(20, 60)}))
	calendar := market.Calendar{Steps: 2, StepHours: 0.5}
	buy := market.Series{draw(40, 200), draw(40, 200)}
	a, b := draw(0.2, 0.7), draw(0, 0.3)
	r := trigrid.Region{Name: "park", Outside: map[string]float64{}, Setting: vpp.Setting{
		Set: set, Weights: weights.Vector{Economic: a, Risk: b, Environment: 1 - a - b}, Risk: vpp.CVaR{Confidence: 0.5},
		Markets: vpp.Markets{
			Electricity:  &market.Tariff{Calendar: calendar, Good: market.Electricity, Buy: buy, Sell: buy.Times(0.4)},
			Imbalance:    &market.Imbalance{Calendar: calendar, Price: market.Series{0}, Short: market.Series{40}, Long: market.Series{20}},
			Carbon:       market.Flat(market.Carbon, calendar, draw(0, 100)),
			GridEmission: market.Series{0.5},
		},
	}}
	for _, name := range []string{"A", "B"} {
		p := vpp.VPP{Name: name, Demand: name, RiskAversion: draw(0, 1), PassThrough: draw(0.1, 1)}
		p.Tariff = der.Tariff{Injection: buy.Times(draw(0.2, 0.9)), Withdrawal: buy.Times(draw(0.6, 1))}
		if source.IntN(3) == 0 { // some VPPs state prices of goods
			p.Tariff.Heat, p.Tariff.Gas = market.Series{draw(20, 120), draw(20, 120)}, market.Series{draw(20, 60), draw(20, 60)}
		}
		r.VPPs = append(r.VPPs, p)
	}
	coal := der.Thermal{ID: "capture", MaxOutput: 5, Linear: draw(20, 60), EmissionFactor: 0.9, Quota: 0.5}
	all := []der.DER{
		&der.Load{ID: "district", Port: der.Heat, Demand: "heat", Sheddable: 1, ShedCost: draw(50, 600)},
		&der.GasSupply{ID: "gas", Max: 20, Price: "price"},
		&der.GasBoiler{ID: "boiler", Efficiency: 0.9, Heat: der.Operation{Max: 5}, EmissionFactor: optional.Of(der.NaturalGasCO2), Maintenance: 1},
		&der.CHP{ID: "chp", ElectricEfficiency: 0.38, HeatEfficiency: 0.45, Power: der.Operation{Max: 4, Switchable: true, StartCost: 10}, EmissionFactor: optional.Of(der.NaturalGasCO2)},
		&der.ElectricBoiler{ID: "electrode", Efficiency: 0.98, Power: der.Operation{Max: 3}},
		&der.HeatDump{ID: "chimney", Max: 20, Cost: draw(0, 2)},
		&der.Storage{ID: "tank", Port: der.Heat, Charge: 2, Discharge: 2, Energy: 3, Initial: optional.Of(1), ChargeEfficiency: 0.95, DischargeEfficiency: 0.95, End: der.EndFree},
		&der.CarbonCapture{Unit: coal, Efficiency: 0.9, AbsorbEnergy: 0.1, ReleaseEnergy: 0.15, SolventCost: 2},
		&der.PowerToGas{ID: "methane", Efficiency: 0.6, Power: der.Operation{Max: 3}, Maintenance: 1},
		&der.Sequestration{ID: "cavern", Max: 9, Cost: draw(0, 30)},
		&der.Load{ID: "kiln", Port: der.Gas, Demand: "fuel", Sheddable: 1, ShedCost: draw(30, 200), EmissionFactor: optional.Of(der.NaturalGasCO2)},
		&der.Thermal{ID: "turbine", MinOutput: 0.5, MaxOutput: 3, NoLoad: 10, Linear: draw(30, 120), EmissionFactor: 0.4, StartUp: []der.StartCost{{Cost: 20}}},
		&der.Wind{ID: "farm", Capacity: optional.Of(6), Available: "wind", Maintenance: 3},
		&der.Storage{ID: "battery", Charge: 1, Discharge: 1, Energy: 2, Initial: optional.Of(1), ChargeEfficiency: 0.9, DischargeEfficiency: 0.9, Wear: 2},
		&der.DemandResponse{ID: "shops", Load: "load", MaxReductionShare: optional.Of(0.3), Rebound: der.ReboundFree, ReductionCost: draw(0, 30)},
		&der.Load{ID: "works", Demand: "load", Sheddable: 1, ShedCost: draw(50, 400)},
	}
	source.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	r.DERs = all[:n]
	for _, d := range r.DERs {
		if source.IntN(3) == 0 {
			r.Outside[d.Name()] = draw(-300, 50)
		}
	}
	r.Sharing = []vpp.Sharing{vpp.Shapley{}, vpp.Shapley{}, vpp.Marginal{}, vpp.ByService{}}[source.IntN(4)]
	return r
}

// At the recommended allocation each DER of a VPP has, with its own costs
// counted, at least its outside payoff, payments for goods sum to zero, and the
// budget of each VPP closes to the cent.
func TestMembersArePaidAtLeastTheirCosts(t *testing.T) {
	source := rand.New(rand.NewPCG(6, 10))
	regions := 12
	if os.Getenv("TRIGRID_SLOW") == "1" {
		regions = 200
	}
	exchanged, joined := 0, 0
	reasons := map[trigrid.Reason]int{}
	for k := range regions {
		r := park(t, 3+k%3, source)
		res := coordinate(t, r, trigrid.Options{Starts: 5})
		rec := res.Recommendation
		reasons[rec.Reason]++
		checkSettled(t, res)
		if rec.Reason == trigrid.Lottery {
			for _, d := range r.DERs { // in expectation over its profiles
				assert.GreaterOrEqual(t, rec.Payoffs[d.Name()], r.Outside[d.Name()]-rec.Regret-0.1, "region %d: %s", k, d.Name())
			}
			continue
		}
		own, paid := map[string]float64{}, map[string]float64{}
		for v, plan := range res.Plans {
			require.NoError(t, plan.Verify(0), "region %d", k)
			sums := map[string]float64{}
			for i := range plan.Members {
				m := &plan.Members[i]
				own[m.DER.Name()], paid[m.DER.Name()] = m.Cost, m.Payment
				for _, item := range m.Items {
					sums[item.What] += item.Amount
				}
			}
			for _, good := range []string{"heat exchange", "gas exchange", "CO2 exchange"} {
				assert.InDelta(t, 0, sums[good], 0.005, "region %d, %s: %s", k, r.VPPs[v].Name, good)
				if _, ok := sums[good]; ok {
					exchanged++
				}
			}
		}
		lines := map[string]int64{}
		for _, line := range res.Settlement {
			lines[line.Party] = line.Minor
		}
		received := map[string]float64{}
		for _, d := range res.DERs {
			if d.Choice == trigrid.Outside {
				continue
			}
			joined++
			cash := paid[d.Name] + d.AllocatedGain + rec.Transfers[d.Name]
			assert.GreaterOrEqual(t, cash-own[d.Name], r.Outside[d.Name]-2*d.Tolerance-1e-6, "region %d: %s in %s by %s", k, d.Name, d.Choice, rec.Reason)
			assert.InDelta(t, cash, float64(lines[d.Name])/100, 0.011, "region %d: %s", k, d.Name)
			received[d.Choice] += float64(lines[d.Name]) / 100
		}
		for v, p := range res.VPPs {
			value := res.Plans[v].Value
			budget := value.Trade - value.Imbalance + value.Environment
			// Each line is rounded to the cent.
			assert.InDelta(t, budget, received[p.Name]+float64(lines[p.Name])/100, 0.01*float64(1+len(p.Members)), "region %d: %s", k, p.Name)
		}
	}
	t.Log(reasons, "members", joined, "exchanges", exchanged)
	assert.Positive(t, exchanged)
	assert.Positive(t, joined)
}
