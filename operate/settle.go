package operate

import (
	"fmt"
	"math"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/vpp"
)

// settle sets the settled money of a day, step by step in whole minor units:
//
//	DER i in VPP v:  payment_{i,t} + gain_i Δ_t / Σ Δ
//	VPP v:           trade + reserve − imbalance − carbon − certificates − Σ of its members, in step t
//	grid:            minus the sum of all others, for the markets
//
// The payment is that of the tariff for the delivered energy. The gain is the
// part of the coalition's gain that was agreed at the choice: the VPP bears the
// difference between the expected and the realised gain. A settlement period of
// several steps belongs to its first step. The units from midnight to the end
// of a step are those of [market.Settle], whose largest remainders keep the sum
// at zero; the units of the step are the increase. The payment of a day is
// within one unit of its amount for each party.
func (r *runner) settle(out *Day) error {
	var (
		n      = len(r.result.Parties)
		party  = make(map[string]int, n)
		hours  = 0.0
		totals = make([]int64, n)
		due    = make([][]float64, out.Steps)
	)
	for i, p := range r.result.Parties {
		party[p.Name] = i
	}
	for t := range due {
		due[t] = make([]float64, n)
		hours += out.Plans[0].Setting.Set.HoursAt(t)
	}
	// Each amount is added to its receiver and taken from its payer, so that
	// each step sums to zero.
	for _, plan := range out.Plans {
		v := party[plan.VPP.Name]
		for _, item := range plan.MoneyByStep(0) {
			if item.What == "payments to members" {
				continue // from the members below, so that the sum is zero exactly
			}
			for t, amount := range item.Amounts {
				due[t][v] += amount
				due[t][0] -= amount
			}
		}
		context := contextOf(plan)
		for i := range plan.Members {
			m := &plan.Members[i]
			d := party[m.DER.Name()]
			for _, item := range context.PaymentByStep(m.Schedule, 0) {
				for t, amount := range item.Amounts {
					due[t][d] += amount
					due[t][v] -= amount
				}
			}
			for t := range due {
				gain := out.Gains[m.DER.Name()] * plan.Setting.Set.HoursAt(t) / hours
				due[t][d] += gain
				due[t][v] -= gain
			}
		}
	}
	// Amounts since midnight are rounded, and a step has the increase: 0.4
	// units in each of 96 steps are 38 units, and not 0.
	since := make([]float64, n)
	for t := range due {
		for i, amount := range due[t] {
			since[i] += amount
		}
		units, err := market.Settle(since, market.Fen)
		if err != nil {
			return fmt.Errorf("step %d: %w", t, err)
		}
		step := make([]int64, n)
		for i, u := range units {
			step[i] = u - totals[i]
		}
		out.Settled, totals = append(out.Settled, step), units
	}
	for i, p := range r.result.Parties {
		out.Payments = append(out.Payments, trigrid.Line{Party: p.Name, Minor: totals[i]})
	}
	return nil
}

// contextOf returns the context in which the members of a plan are paid.
func contextOf(p *vpp.Plan) der.Context {
	return der.Context{
		Set: p.Setting.Set, Tariff: p.VPP.Tariff,
		Inside: der.InsidePrices{Heat: p.Heat.Prices, Gas: p.Gas.Prices, CO2: p.CO2.Prices},
	}
}

// totals returns the sums of a metered plan. For example, a VPP that spends 100
// on fuel, earns 80 by trade and pays 5 for imbalance has the cost 25.
func totals(p *vpp.Plan) Totals {
	x := p.Results[0]
	out := Totals{
		OwnCost: x.Cost, Trade: x.Trade, Imbalance: x.Imbalance, Carbon: x.Carbon, Certificate: x.Certificate,
		Reserve:      x.Reserve,
		Cost:         x.Cost - x.Trade - x.Reserve + x.Imbalance + x.Carbon + x.Certificate,
		ImbalanceMWh: x.Deviation, EmissionT: x.Emission, AllowanceT: x.Allowance,
		RenewableMWh: x.Renewable, AvailableMWh: x.Available, CurtailedMWh: max(0, x.Available-x.Renewable),
	}
	// Sales and purchases of different steps do not cancel.
	for t, mw := range p.Net[0] {
		mwh := mw * p.Setting.Set.HoursAt(t)
		out.SoldMWh += math.Max(0, mwh)
		out.BoughtMWh += math.Max(0, -mwh)
		if p.Setting.Markets.Certificate != nil {
			out.Certificates -= p.Certificates(0, t)
		}
	}
	return out
}
