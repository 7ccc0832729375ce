package report

import (
	"slices"
	"strings"

	"github.com/trigrid/trigrid/vpp"
)

// vppsTable returns the value, risk and members of each VPP:
//
//	vpp, members, scheme       chosen by the DERs; the members that the VPP would select
//	risk_aversion              β
//	economic, environment      E and N, currency
//	var, cvar                  of the imbalance cost or the total loss, currency
//	integrated, alone          V with and without members, currency
//	integrated_low, _high      ends of the range of V; empty without a bound
//	imbalance, deviation       expected cost, currency, and absolute deviation, MWh
//	renewable_utilisation      used / available renewable energy, 0 to 1; empty without any
//	emission                   expected, t CO2
func (x *run) vppsTable() *Table {
	t := &Table{Name: "vpps", Title: "Each VPP with the members that chose it, in expectation over the horizon"}
	atRisk := "imbalance cost"
	// The title names the loss that the risk measure applies to.
	if x.region.Setting.Modelling.RiskOf == vpp.TotalLoss {
		atRisk = "total loss"
	}
	t.Columns = []Column{
		{Name: "vpp", Title: "VPP"},
		{Name: "members", Title: "members"},
		{Name: "scheme", Title: "members that it would select"},
		{Name: "risk_aversion", Title: "risk aversion", Decimals: 2},
		{Name: "economic_currency", Title: "economic E, currency"},
		{Name: "var_currency", Title: "VaR of the " + atRisk + ", currency"},
		{Name: "cvar_currency", Title: "CVaR of the " + atRisk + ", currency"},
		{Name: "environment_currency", Title: "environment N, currency"},
		{Name: "integrated_currency", Title: "integrated value V, currency"},
		{Name: "integrated_low_currency", Title: "V at least, currency", Decimals: 2},
		{Name: "integrated_high_currency", Title: "V at most, currency", Decimals: 2},
		{Name: "alone_currency", Title: "V without members, currency"},
		{Name: "imbalance_currency", Title: "expected imbalance cost, currency"},
		{Name: "deviation_mwh", Title: "expected absolute deviation, MWh", Decimals: 2},
		{Name: "renewable_utilisation", Title: "renewable utilisation", Decimals: 3},
		{Name: "emission_t", Title: "expected emission, t CO₂", Decimals: 1},
	}
	for i, p := range x.result.VPPs {
		var utilisation any // empty if no renewable energy was available
		if available(x.result.Plans[i]) {
			utilisation = p.RenewableUtilisation
		}
		t.add(p.Name, strings.Join(p.Members, ", "), strings.Join(p.Scheme, ", "), p.RiskAversion, p.Economic, p.VaR, p.CVaR, p.Environment,
			p.Integrated, end(p.IntegratedLow), end(p.IntegratedHigh), p.Alone, p.Imbalance, p.DeviationMWh, utilisation, p.EmissionT)
	}
	return t
}

// end returns an end of a range as a cell, nil without a bound.
func end(x *float64) any {
	if x == nil {
		return nil
	}
	return *x
}

// available reports whether renewable energy was available to a plan's members
// in any scenario.
func available(p *vpp.Plan) bool {
	return slices.ContainsFunc(p.Results, func(r vpp.Result) bool { return r.Available > 0 })
}

// summaryTable returns the single numbers of a run, one per row: settings, the
// largest absolute gap of a solved program, the verdict on the choice, and the
// welfare of the region. Names end with the unit.
func (x *run) summaryTable() *Table {
	t := &Table{Name: "summary", Title: "Single numbers of the run", Columns: []Column{{Name: "quantity"}, {Name: "value"}}}
	res, g := x.result, x.result.Game
	t.add("region", res.Region)
	t.add("weight_economic", res.Weights.Economic)
	t.add("weight_risk", res.Weights.Risk)
	t.add("weight_environment", res.Weights.Environment)
	t.add("scenarios", res.Scenarios)
	t.add("sharing", res.Sharing)
	t.add("solver", res.Solver)
	t.add("largest_absolute_gap_currency", res.LargestGap)
	t.add("verdict", g.Verdict)
	t.add("reason", g.Reason)
	t.add("settled", g.Settled)
	t.add("verdict_proven", g.Proven)
	t.add("cut", res.Cut)
	t.add("open_programs", len(res.OpenPrograms))
	t.add("margin_currency", g.Margin)
	// The time of a dynamic has the unit 1/currency; a search counts moves.
	if g.Exhaustive {
		t.add("dynamic_time_per_currency", g.Time)
	} else {
		t.add("moves_of_the_search", g.Time)
	}
	t.add("welfare_currency", g.Welfare)
	t.add("best_welfare_currency", g.BestWelfare)
	t.add("welfare_gap_currency", g.WelfareGap)
	if rec := res.Recommendation; rec != nil {
		t.add("recommendation_reason", string(rec.Reason))
		t.add("recommendation", rec.Explanation)
		t.add("recommendation_proven", rec.Proven)
		t.add("recommended_welfare_currency", rec.Welfare)
		t.add("welfare_bound_currency", rec.Bound)
		t.add("recommended_welfare_is_highest", rec.Highest)
		t.add("infeasible_coalitions", len(res.Infeasible))
	}
	return t
}
