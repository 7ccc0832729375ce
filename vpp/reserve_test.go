package vpp_test

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/vpp"
)

// ready returns a VPP with 12 MW of exports, a turbine that must run, a battery
// whose wear keeps it from trading, and wind of 0 or 8 MW. A MWh sells at 40.
func ready(t *testing.T, price float64) vpp.Problem {
	t.Helper()
	set := hourly(t, 1, []float64{0.5, 0.5}, map[string][][]float64{"wind": {{0}, {8}}})
	setting := priced(set, 60, 40)
	setting.Markets.Reserve = &vpp.Reserve{Price: market.Series{price}}
	return vpp.Problem{
		VPP: vpp.VPP{Name: "v", ExportLimit: optional.Of(12)},
		Members: []der.DER{
			&der.Wind{ID: "w", Available: "wind"},
			&der.Thermal{ID: "t", MinOutput: 1, MaxOutput: 10, Linear: 30, MustRun: true, Reserve: milp.Inf},
			&der.Storage{
				ID: "b", Charge: 2, Discharge: 2, Energy: 4, Initial: optional.Of(3), ChargeEfficiency: 1, DischargeEfficiency: 0.5,
				Wear: 1000, Reserve: 5,
			},
		},
		Setting: setting,
	}
}

// By hand. The battery can hold 3 MWh · 0.5 / 1 h = 1.5 MW for nothing. The
// turbine earns 10 per MWh, and the wind 40. With wind, delivery and offer
// share 12 MW of exports. One more MW of offer costs in expectation
//
//	R ≤ 1.5         0.5 · 10 = 5        the turbine makes room at the connection if there is wind
//	R ≤ 3           5 + 0.5 · 10 = 10   it also holds reserve without wind
//	R ≤ 10.5        5 + 0.5 · 40 = 25   wind makes room, because the turbine is at its minimum
//
// The turbine at 1 MW and the battery hold 9 + 1.5 = 10.5 MW.
func TestReserveIsOfferedAboveItsCost(t *testing.T) {
	for _, c := range []struct {
		price              float64
		most               optional.Float
		offered, objective float64
	}{
		{4, optional.Float{}, 0, 0.5*100 + 0.5*(40+320)},
		{7, optional.Float{}, 1.5, 0.5*100 + 0.5*(25+320) + 7*1.5},
		{15, optional.Float{}, 3, 0.5*85 + 0.5*(10+320) + 15*3},
		{15, optional.Of(2), 2, 0.5*95 + 0.5*(20+320) + 15*2},
		{30, optional.Float{}, 10.5, 0.5*10 + 0.5*(10+20) + 30*10.5},
		{30, optional.Of(0), 0, 0.5*100 + 0.5*(40+320)},
	} {
		p := ready(t, c.price)
		p.Setting.Markets.Reserve.MaxOffer = c.most
		plan := solve(t, p.VPP, p.Members, p.Setting)
		what := fmt.Sprintf("price %v, limit %v", c.price, c.most)
		require.Len(t, plan.Offered, 1, what)
		assert.InDelta(t, c.offered, plan.Offered[0], 1e-6, what)
		assert.InDelta(t, c.objective, plan.Value.Objective, 1e-6, what)
		assert.InDelta(t, c.price*c.offered, plan.Value.Reserve, 1e-5, what)
		assert.InDelta(t, plan.Value.Trade+plan.Value.Reserve-plan.Value.Payments, plan.Value.Economic, 1e-9, what)
		for s := range plan.Results {
			items := plan.MoneyByStep(s)
			assert.Equal(t, "reserve", items[len(items)-1].What, what)
			assert.InDelta(t, plan.Results[s].Reserve, items[len(items)-1].Amounts[0], 1e-9, what)
		}
		assert.Contains(t, plan.FirstStage(), milp.At("v", "reserve_offer", 0), "the offer is first stage")
	}
}

// One DER. A turbine that earns 10 per MWh holds reserve above a price of 10. A
// battery that gains 10 per MWh by discharging holds a MWh instead, which is
// 0.5 MW for two hours, above a price of 20.
func TestReserveOfOneDERHasAThreshold(t *testing.T) {
	turbine := &der.Thermal{ID: "t", MinOutput: 1, MaxOutput: 10, Linear: 30, MustRun: true, Reserve: 6}
	battery := &der.Storage{
		ID: "b", Charge: 1, Discharge: 1, Energy: 1, Initial: optional.Of(1), ChargeEfficiency: 1, DischargeEfficiency: 1,
		End: der.EndFree, EndValue: 30, Reserve: milp.Inf, ReserveHours: optional.Of(2),
	}
	for _, c := range []struct {
		unit           der.DER
		price, offered float64
	}{{turbine, 9.9, 0}, {turbine, 10.1, 6}, {battery, 19.9, 0}, {battery, 20.1, 0.5}} {
		setting := priced(hourly(t, 1, []float64{1}, nil), 60, 40)
		setting.Markets.Reserve = &vpp.Reserve{Price: market.Series{c.price}}
		plan := solve(t, vpp.VPP{Name: "v"}, []der.DER{c.unit}, setting)
		assert.InDelta(t, c.offered, plan.Offered[0], 1e-6, "%s at %v", c.unit.Name(), c.price)
	}
}

// A twin by enumeration: every output in {0, 1, 2, 3} MW of a turbine and every
// charge in {−1, 0, 1} MW of a battery over six hours, each with the largest
// offer that it can hold. At one price for both directions the program has an
// optimum on these levels.
func TestReserveEqualsEnumeration(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	some := func(high int) float64 { return float64(r.IntN(high + 1)) }
	offers := 0.0
	for range 25 {
		const steps = 6
		price, reserve := make([]float64, steps), make([]float64, steps)
		for k := range steps {
			price[k], reserve[k] = some(60), some(30)
		}
		most := math.Inf(1)
		if r.IntN(2) == 0 {
			most = 1 + some(2)
		}
		fuel, start, begin := 10+some(30), some(20), some(2)

		// The battery: energies of each path that ends as it began.
		var charges [][steps]float64
		var path [steps]float64
		var extend func(k int, energy float64)
		extend = func(k int, energy float64) {
			if k == steps {
				if energy == begin {
					charges = append(charges, path)
				}
				return
			}
			for _, mw := range []float64{-1, 0, 1} {
				if e := energy + mw; e >= 0 && e <= 2 {
					path[k] = mw
					extend(k+1, e)
				}
			}
		}
		extend(0, begin)
		best := math.Inf(-1)
		for code := range 4096 {
			var output [steps]float64
			for k, c := 0, code; k < steps; k, c = k+1, c/4 {
				output[k] = float64(c % 4)
			}
			for _, charge := range charges {
				value, energy, before := 0.0, begin, 0.0
				for k := range steps {
					energy += charge[k]
					value += price[k]*(output[k]-charge[k]) - fuel*output[k]
					held := min(1+charge[k], energy)
					if output[k] > 0 {
						held += 3 - output[k]
						if before == 0 {
							value -= start
						}
					}
					value += reserve[k] * min(held, most)
					before = output[k]
				}
				best = max(best, value)
			}
		}

		set := hourly(t, steps, []float64{1}, nil)
		setting := priced(set, 0, 0)
		setting.Markets.Electricity = &market.Tariff{
			Calendar: market.Calendar{Steps: steps, StepHours: 1}, Buy: price, Sell: price,
		}
		setting.Markets.Reserve = &vpp.Reserve{Price: reserve}
		if !math.IsInf(most, 1) {
			setting.Markets.Reserve.MaxOffer = optional.Of(most)
		}
		plan := solve(t, vpp.VPP{Name: "v"}, []der.DER{
			&der.Thermal{ID: "t", MinOutput: 1, MaxOutput: 3, Linear: fuel, StartUp: []der.StartCost{{Cost: start}}, Reserve: milp.Inf},
			&der.Storage{
				ID: "b", Charge: 1, Discharge: 1, Energy: 2, Initial: optional.Of(begin), ChargeEfficiency: 1, DischargeEfficiency: 1,
				Reserve: milp.Inf,
			},
		}, setting)
		assert.InDelta(t, best, plan.Value.Objective, 1e-3, "prices %v and %v, at most %v MW", price, reserve, most)
		for _, mw := range plan.Offered {
			offers += mw
		}
	}
	assert.Greater(t, offers, 50.0, "MW offered")
}

// Every number of an offer is recomputed.
func TestVerifyFindsAWrongOffer(t *testing.T) {
	for rule, change := range map[string]func(p *vpp.Plan){
		"offered reserve beside the reserve that members hold": func(p *vpp.Plan) { p.Offered[0] += 5 },
		"connection limit of delivery and reserve":             func(p *vpp.Plan) { p.VPP.ExportLimit = optional.Of(10) },
		"limit of the reserve market":                          func(p *vpp.Plan) { p.Setting.Markets.Reserve.MaxOffer = optional.Of(1) },
		"reserve income":                                       func(p *vpp.Plan) { p.Results[1].Reserve++ },
		"expected reserve income":                              func(p *vpp.Plan) { p.Value.Reserve++ },
		"economic value":                                       func(p *vpp.Plan) { p.Value.Economic++ },
		"offered reserve has one number per step":              func(p *vpp.Plan) { p.Offered = nil },
	} {
		p := ready(t, 15)
		plan := solve(t, p.VPP, p.Members, p.Setting)
		change(plan)
		assert.ErrorContains(t, plan.Verify(0), rule)
	}
}

// The income counts in the value that members share: without the market the
// gain is smaller by it. The gains of all coalitions with an offer come from
// the same program, so that shares add up.
func TestReserveIsSharedAmongMembers(t *testing.T) {
	p := ready(t, 7)
	solver := testsolver.New(t)
	values := map[vpp.Coalition]float64{}
	outcome := func(s vpp.Coalition) float64 {
		if v, ok := values[s]; ok {
			return v
		}
		q := p
		q.Members = nil
		for _, i := range s.Members() {
			q.Members = append(q.Members, p.Members[i])
		}
		plan, err := q.Solve(t.Context(), solver)
		require.NoError(t, err)
		values[s] = plan.Value.Integrated
		return values[s]
	}
	// By hand: the battery alone sells 1.5 MW of reserve at 7 in all scenarios.
	assert.InDelta(t, 10.5, outcome(1<<2), 1e-6)
	assert.InDelta(t, 0, outcome(0), 1e-6)
	// The wind alone holds none.
	q := p
	q.Members = p.Members[:1]
	plan, err := q.Solve(t.Context(), solver)
	require.NoError(t, err)
	assert.InDelta(t, 0, plan.Value.Reserve, 1e-9)
	assert.InDelta(t, outcome(1)+10.5-7*1.5+10.5, outcome(1|1<<2), 1e-6)
}

// The second stage of other scenarios keeps the offer.
func TestReserveStaysOfferedInOtherScenarios(t *testing.T) {
	p := ready(t, 15)
	plan := solve(t, p.VPP, p.Members, p.Setting)
	other := hourly(t, 1, []float64{1}, map[string][][]float64{"wind": {{4}}})
	again, err := plan.Recourse(t.Context(), testsolver.New(t), other)
	require.NoError(t, err)
	assert.InDelta(t, 3, again.Offered[0], 1e-6)
	assert.InDelta(t, 45, again.Results[0].Reserve, 1e-5)
	require.NoError(t, again.Verify(0))
}

// A fleet of four batteries offers what four batteries offer.
func TestReserveOfAFleetIsThatOfItsDERs(t *testing.T) {
	p := ready(t, 7)
	p.VPP.ExportLimit = optional.Float{}
	battery := *p.Members[2].(*der.Storage)
	single := []der.DER{p.Members[0]}
	for k := range 4 {
		b := battery
		b.ID = fmt.Sprintf("b%d", k)
		single = append(single, &b)
	}
	one := solve(t, p.VPP, single, p.Setting)
	all := solve(t, p.VPP, []der.DER{p.Members[0], &der.Fleet{Unit: &battery, Count: 4}}, p.Setting)
	assert.InDelta(t, 6, all.Offered[0], 1e-6)
	assert.InDelta(t, one.Offered[0], all.Offered[0], 1e-6)
	assert.InDelta(t, one.Value.Objective, all.Value.Objective, 1e-6)
}

func TestReserveMarketIsValidated(t *testing.T) {
	p := ready(t, 7)
	p.Setting.Markets.Reserve = &vpp.Reserve{Price: market.Series{1, -2}, MaxOffer: optional.Of(-1)}
	err := p.Validate()
	for _, want := range []string{"Price has 2 values, want 1, or one for each of 1 steps", "Price[1]", "MaxOffer is -1, want at least 0 MW"} {
		assert.ErrorContains(t, err, want)
	}
	p = ready(t, 7)
	p.Members[2] = &der.Site{ID: "s", Parts: []der.DER{p.Members[2]}, MaxExport: optional.Of(1)}
	assert.ErrorContains(t, p.Validate(), `member "s": part "b" holds reserve behind MaxExport`)
	// A fleet hides neither the part nor its site.
	store := ready(t, 7).Members[2]
	p.Members[2] = &der.Fleet{Count: 2, Unit: &der.Site{ID: "s", Parts: []der.DER{&der.Fleet{Unit: store, Count: 3}}, MaxExport: optional.Of(1.)}}
	assert.ErrorContains(t, p.Validate(), `member "s": part "b" holds reserve behind MaxExport`)
	p.VPP.DayAhead = []float64{0}
	_, err = p.Metered(nil, der.InsidePrices{})
	assert.Error(t, err)
	p = ready(t, 7)
	p.VPP.DayAhead = []float64{0}
	_, err = p.Metered(nil, der.InsidePrices{})
	assert.ErrorContains(t, err, "VPP.Offered is nil, want the reserve sold of each step")
	p.VPP.Offered = []float64{1, -1}
	assert.ErrorContains(t, p.Validate(), "Offered has 2 values, want one for each of 1 steps")
	assert.ErrorContains(t, p.Validate(), "Offered[1]")
	p.VPP.Offered, p.Setting.Markets.Reserve.MaxOffer = []float64{3}, optional.Of(2.)
	assert.ErrorContains(t, p.Validate(), "Offered[0] is 3 MW, above MaxOffer")
	p.Setting.Markets.Reserve = nil
	assert.ErrorContains(t, p.Validate(), "Offered is given without a reserve market")
}

// Without a reserve market a plan has no offer, no item and no key, even if
// members hold reserve.
func TestAnAbsentReserveMarketAddsNothing(t *testing.T) {
	p := ready(t, 7)
	p.Setting.Markets.Reserve = nil
	plan := solve(t, p.VPP, p.Members, p.Setting)
	assert.Nil(t, plan.Offered)
	assert.Len(t, plan.MoneyByStep(0), 5)
	text, err := json.Marshal(plan.Value)
	require.NoError(t, err)
	assert.NotContains(t, string(text), "Reserve")
}
