package results

import (
	"fmt"
	"math"
	"time"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/vpp"
)

// Table is the long table of one run. It shares the numbers of the result,
// which must not change while the table is in use.
//
// It keeps one block per series of steps, such as the energy of a store in
// scenario 3, and expands it into rows only while it is written.
type Table struct {
	head   head
	blocks []block
	times  []int64  // per step
	locals []string // per step
}

// New returns the table of a result of [trigrid.Run] and of its region. It
// returns an error if the two do not belong together.
func New(r trigrid.Region, res *trigrid.Result) (*Table, error) {
	if err := fits(r, res); err != nil {
		return nil, err
	}
	t := &Table{head: newHead(r, res)}
	t.times, t.locals = stamps(r.Setting.Set.Grid())
	t.addRegion(r)
	if res.Fleet != nil {
		t.addFleet(res.Fleet)
		t.addSummary(res)
		return t, nil
	}
	for _, plan := range res.Plans {
		if plan != nil {
			t.addPlan(plan)
		}
	}
	t.addSummary(res)
	return t, nil
}

// fits returns the violations of a result that does not belong to a region.
func fits(r trigrid.Region, res *trigrid.Result) error {
	bad := faults.List{Prefix: "results: "}
	if res == nil {
		bad.Addf("there is no result; pass the result of trigrid.Run")
		return bad.Err()
	}
	if r.Setting.Set.Len() == 0 {
		bad.Addf("the region has no scenarios; pass the region of the run")
		return bad.Err()
	}
	ders := derNames(res)
	// Without an allocation a region of fleets has no classes.
	if len(r.VPPs) != len(res.VPPs) || len(r.DERs) != len(ders) && (res.Fleet == nil || len(ders) > 0) {
		bad.Addf("the result has %d VPPs and %d DERs, the region %d and %d; pass the region of the run",
			len(res.VPPs), len(ders), len(r.VPPs), len(r.DERs))
		return bad.Err()
	}
	if res.Fleet == nil && (len(res.Plans) != len(res.VPPs) || res.Trajectory == nil) {
		bad.Addf("the result has no plans or no trajectory, which JSON leaves out; pass the result of trigrid.Run")
	}
	for i, p := range r.VPPs {
		bad.Require(p.Name == res.VPPs[i].Name, "VPP %d is %q in the region and %q in the result", i, p.Name, res.VPPs[i].Name)
	}
	for i, name := range ders {
		bad.Require(r.DERs[i].Name() == name, "DER %d is %q in the region and %q in the result", i, r.DERs[i].Name(), name)
	}
	return bad.Err()
}

// stamps returns the instant and the local time of each step; null without a
// calendar.
//
// For example, step 69 of a day in quarter-hours that starts at 00:00 in Berlin
// in summer is 15:15 UTC, and 17:15+02:00 as local time.
func stamps(g scenario.Grid) (times []int64, locals []string) {
	times, locals = make([]int64, g.Steps), make([]string, g.Steps)
	for t := range times {
		times[t] = noTime
		if !g.Start.IsZero() {
			times[t], locals[t] = g.Time(t).UnixMilli(), g.Time(t).Format(time.RFC3339)
		}
	}
	return times, locals
}

// path adds one row per step.
//
// Values of nil are a port that the DER lacks, which has no rows: a battery has
// no rows of heat.
func (t *Table) path(vpp, der, kind, quantity, unit string, scenario int, values []float64) {
	if values != nil {
		t.blocks = append(t.blocks, block{vpp: vpp, der: der, kind: kind, quantity: quantity, unit: unit, scenario: scenario, values: values})
	}
}

// number adds one row of the whole horizon.
//
// Its step, time and local time are null.
func (t *Table) number(vpp, der, kind, quantity, unit string, scenario int, value float64) {
	t.blocks = append(t.blocks, block{
		vpp: vpp, der: der, kind: kind, quantity: quantity, unit: unit, scenario: scenario, values: []float64{value}, horizon: true,
	})
}

// addRegion adds probabilities, series and market prices.
//
// The market prices are those of the first MWh:
//
//	market_buy    slope of the cost curve above a volume of 0
//	market_sell   slope below it
func (t *Table) addRegion(r trigrid.Region) {
	set := r.Setting.Set
	for s := range set.Len() {
		t.number("", "", kindScenario, "probability", "", s, set.Probability(s))
	}
	for _, name := range set.Names() {
		for s := range set.Len() {
			t.path("", "", kindSeries, name, set.Unit(name), s, set.Path(name, s))
		}
	}
	if m := r.Setting.Markets.Electricity; m != nil {
		sell, buy := make([]float64, set.Steps()), make([]float64, set.Steps())
		for period := range m.Periods() {
			// At zero volume the curve has two slopes: the selling and the
			// buying price.
			low, high := m.Curve(period).Marginal(0)
			from, to := m.Span(period)
			for step := from; step < to; step++ {
				sell[step], buy[step] = known(low), known(high)
			}
		}
		t.path("", "", kindPrice, "market_sell", perMWh, null, sell)
		t.path("", "", kindPrice, "market_buy", perMWh, null, buy)
	}
}

// known returns NaN, which is null in a file, for the infinite price of a
// market without trade.
func known(price float64) float64 {
	if math.IsInf(price, 0) {
		return math.NaN()
	}
	return price
}

// The units of money.
const (
	currency = "currency"
	perMWh   = "currency/MWh"
	perTonne = "currency/t"
)

// addPlan adds a VPP and its members.
//
// Null scenarios are decisions of the day before and prices of the tariff,
// which no scenario changes. Money by step sums to the items of the horizon:
//
//	Σ_t money_{s,t} = item_s         trade, payments, imbalance, carbon, certificates, reserve
func (t *Table) addPlan(plan *vpp.Plan) {
	name, tariff := plan.VPP.Name, plan.VPP.Tariff
	t.path(name, "", kindPort, "day_ahead", "MW", null, plan.DayAhead)
	if plan.Offered != nil {
		t.path(name, "", kindPort, "reserve_offer", "MW", null, plan.Offered)
	}
	for s, net := range plan.Net {
		t.path(name, "", kindPort, "delivered", "MW", s, net)
	}
	for s, prices := range plan.Prices {
		t.path(name, "", kindPrice, "electricity", perMWh, s, prices)
	}
	for _, g := range goodsOf(plan) {
		for s, supplied := range g.exchange.Supplied {
			t.path(name, "", kindPort, g.name, g.unit, s, supplied)
		}
		for s, prices := range g.exchange.Prices {
			t.path(name, "", kindPrice, g.name, g.price, s, prices)
		}
	}
	for _, x := range []struct {
		quantity, unit string
		prices         []float64
	}{
		{"tariff_injection", perMWh, tariff.Injection},
		{"tariff_withdrawal", perMWh, tariff.Withdrawal},
		{"tariff_load_reduction", perMWh, tariff.LoadReduction},
		{"tariff_shortage", perMWh, tariff.Shortage},
		{"tariff_surplus", perMWh, tariff.Surplus},
		{"tariff_heat", perMWh, tariff.Heat},
		{"tariff_gas", perMWh, tariff.Gas},
		{"tariff_co2", perTonne, tariff.CO2},
	} {
		t.path(name, "", kindPrice, x.quantity, x.unit, null, x.prices)
	}
	for s := range plan.Results {
		items := plan.MoneyByStep(s)
		for _, item := range items {
			t.path(name, "", kindMoney, item.What, currency, s, item.Amounts)
		}
		amounts := horizon(&plan.Results[s])
		for k, item := range items { // without a reserve market there is no item for it
			t.number(name, "", kindItem, item.What, currency, s, amounts[k])
		}
		for _, x := range totals(plan, s) {
			t.number(name, "", kindTotal, x.name, x.unit, s, *x.value)
		}
	}
	for _, x := range values(plan) {
		t.number(name, "", kindExpected, x.name, x.unit, null, *x.value)
	}
	for i := range plan.Members {
		t.addMember(plan, &plan.Members[i])
	}
}

// horizon returns the amounts of a scenario in the order of
// [vpp.Plan.MoneyByStep].
//
// Costs become money received by their sign, so that rows of kind money and
// item have one sign.
func horizon(r *vpp.Result) []float64 {
	return []float64{r.Trade, -r.Payments, -r.Imbalance, -r.Carbon, -r.Certificate, r.Reserve}
}

// totals returns the numbers of a scenario.
//
// These keep the signs of [vpp.Result]: costs are positive. The income from
// reserve is one of them if the region has a reserve market.
func totals(plan *vpp.Plan, s int) []field {
	r := &plan.Results[s]
	out := []field{
		{"trade", currency, &r.Trade},             // market, received positive
		{"cost", currency, &r.Cost},               // own costs of members
		{"payments", currency, &r.Payments},       // to members
		{"penalties", currency, &r.Penalties},     // of members, for deviations
		{"imbalance", currency, &r.Imbalance},     // cost of the VPP at the grid
		{"carbon", currency, &r.Carbon},           // negative: sold
		{"certificate", currency, &r.Certificate}, // negative: sold
		{"loss", currency, &r.Loss},               // quantity under the CVaR
		{"deviation", "MWh", &r.Deviation},        // Σ |n − e| Δ
		{"renewable", "MWh", &r.Renewable},        // generated
		{"available", "MWh", &r.Available},        // could be generated
		{"conventional", "MWh", &r.Conventional},  // thermal units and CHP
		{"emission", "t", &r.Emission},            // CO2
		{"allowance", "t", &r.Allowance},          // free allocation
	}
	if plan.Setting.Markets.Reserve != nil {
		out = append(out, field{"reserve", currency, &r.Reserve})
	}
	return out
}

// values returns the numbers of a plan over all scenarios.
func values(plan *vpp.Plan) []field {
	v := &plan.Value
	out := []field{
		{"economic", currency, &v.Economic}, // E
		{"cost", currency, &v.Cost},
		{"payments", currency, &v.Payments},
		{"trade", currency, &v.Trade},
		{"imbalance", currency, &v.Imbalance},
		{"var", currency, &v.VaR},                       // of the loss
		{"risk", currency, &v.Risk},                     // R, the CVaR by default
		{"worst", currency, &v.Worst},                   // largest loss of a scenario
		{"environment", currency, &v.Environment},       // N
		{"objective", currency, &v.Objective},           // maximised by the program
		{"integrated", currency, &v.Integrated},         // V
		{"absolute_gap", currency, &plan.AbsoluteGap},   // proven distance to the optimum
		{"cost_error", currency, &plan.CostError},       // of tangents of quadratic costs
		{"allowed_error", currency, &plan.AllowedError}, // without a warning
		{"heat_residual", "MW", &plan.Heat.Residual},    // largest error of a balance
		{"gas_residual", "MW", &plan.Gas.Residual},
		{"co2_residual", "t", &plan.CO2.Residual},
	}
	if plan.Setting.Markets.Reserve != nil {
		out = append(out, field{"reserve", currency, &v.Reserve})
	}
	return out
}

// addSummary adds the main numbers of the result: those of VPPs and DERs, and
// the settlement. Without an allocation they are not known.
func (t *Table) addSummary(res *trigrid.Result) {
	rec := res.Recommendation
	missing := rec != nil && (rec.Reason == trigrid.NothingFeasible || rec.Reason == trigrid.NothingSolved)
	add := func(vpp, der, quantity, unit string, value float64) {
		if missing {
			value = math.NaN() // the result has 0 there
		}
		t.number(vpp, der, kindSummary, quantity, unit, null, value)
	}
	for _, x := range res.VPPs {
		if x.NeverRuns != "" {
			continue
		}
		for _, f := range []field{
			{"economic", currency, &x.Economic},
			{"var", currency, &x.VaR},
			{"cvar", currency, &x.CVaR},
			{"environment", currency, &x.Environment},
			{"integrated", currency, &x.Integrated},
			{"alone", currency, &x.Alone},
			{"imbalance", currency, &x.Imbalance},
			{"renewable_utilisation", "", &x.RenewableUtilisation},
			{"deviation", "MWh", &x.DeviationMWh},
			{"emission", "t", &x.EmissionT},
		} {
			add(x.Name, "", f.name, f.unit, *f.value)
		}
		if !missing {
			t.ends(x.Name, "", "integrated", x.IntegratedLow, x.IntegratedHigh)
		}
	}
	choice := map[string]string{}
	if res.Fleet != nil {
		for _, c := range res.Fleet.Classes {
			choice[c.Name] = "" // its DERs are in several VPPs
		}
	}
	for _, x := range res.DERs {
		choice[x.Name] = x.Choice
		for _, f := range []field{
			{"payoff", currency, &x.Payoff},
			{"payoff_tolerance", currency, &x.Tolerance},
			{"revenue", currency, &x.Revenue},
			{"own_cost", currency, &x.OwnCost},
			{"allocated_gain", currency, &x.AllocatedGain},
		} {
			add(x.Choice, x.Name, f.name, f.unit, *f.value)
		}
		if missing {
			continue
		}
		t.ends(x.Choice, x.Name, "payoff", x.PayoffLow, x.PayoffHigh)
		if rec != nil {
			add(x.Choice, x.Name, "transfer", currency, rec.Transfers[x.Name])
			if payoff, ok := rec.Payoffs[x.Name]; ok {
				add(x.Choice, x.Name, "recommended_payoff", currency, payoff)
			}
		}
	}
	for _, line := range res.Settlement {
		amount := float64(line.Minor) / 100
		switch v, isDER := choice[line.Party]; {
		case isDER:
			t.number(v, line.Party, kindSummary, "settlement", currency, null, amount)
		case line.Party == trigrid.GridParty:
			t.number("", "", kindSummary, "settlement of the grid", currency, null, amount)
		default:
			t.number(line.Party, "", kindSummary, "settlement", currency, null, amount)
		}
	}
	add("", "", "welfare", currency, res.Game.Welfare)
	add("", "", "best_welfare", currency, res.Game.BestWelfare)
}

// ends adds the known ends of the range of a number of the result.
func (t *Table) ends(vpp, der, quantity string, low, high *float64) {
	if low != nil {
		t.number(vpp, der, kindSummary, quantity+"_low", currency, null, *low)
	}
	if high != nil {
		t.number(vpp, der, kindSummary, quantity+"_high", currency, null, *high)
	}
}

// zone returns the name of a time zone, such as Europe/Berlin, or its offset
// from UTC if the name means nothing on another machine.
//
// A machine without the data of time zones calls its own zone "Local". The
// offset is then exact at the start of the run only.
func zone(g scenario.Grid) string {
	if g.Start.IsZero() {
		return ""
	}
	name := g.Start.Location().String()
	if name == "UTC" {
		return name
	}
	if _, err := time.LoadLocation(name); err == nil && name != "Local" && name != "" {
		return name
	}
	return fmt.Sprint("UTC", g.Start.Format("-07:00"))
}
