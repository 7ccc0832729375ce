package trigrid

import (
	"fmt"
	"math"
	"slices"

	"github.com/trigrid/trigrid/fleet"
	"github.com/trigrid/trigrid/market"
)

// unallocated fills a result without an allocation: VPPs without members, no
// classes, and the reason as recommendation, as in other regions.
func (res *Result) unallocated(x *fleetRun, reason Reason, why string) {
	res.Fleet = &fleet.Summary{Rule: res.Sharing, Classes: []fleet.ClassSummary{}}
	res.Game = GameResult{Verdict: "no allocation", Reason: why, Infeasible: reason == NothingFeasible}
	res.Recommendation = &Recommendation{Reason: reason, Explanation: why}
	for _, v := range x.region.VPPs {
		res.Fleet.VPPs = append(res.Fleet.VPPs, v.Name)
		res.VPPs = append(res.VPPs, VPPResult{Name: v.Name, Members: []string{}, Scheme: []string{}, RiskAversion: v.RiskAversion})
		res.Plans = append(res.Plans, nil)
	}
}

// settle returns the payments per VPP and class in minor units, and sets the
// settlement: lines of classes, of VPPs and of the grid that sum to zero. With
// n DERs of class k in VPP v,
//
//	class and VPP  = n × payoff of one DER + expected own costs of the n DERs in the plan of v
//	VPP            = trade − imbalance + environment − payments to its classes
//
// Each amount is rounded once. The line of a class is the sum of its rounded
// amounts, so that roots over the payments in each VPP add up to it. The grid
// bears the rounding.
func (x *fleetRun) settle(res *Result) ([][]int64, error) {
	var (
		n, m    = len(x.region.VPPs), len(x.problem.Fleets)
		amounts = make([]float64, n*m+n) // per VPP and class, then per VPP
	)
	for v, plan := range x.plans {
		for k, f := range x.problem.Fleets {
			count := x.members[v][k]
			if count == 0 {
				continue
			}
			amounts[v*m+k] = float64(count) * x.payoff(v, k)
			for i := range plan.Members {
				if plan.Members[i].DER.Name() == f.Name() {
					amounts[v*m+k] += plan.Members[i].Cost
				}
			}
			amounts[n*m+v] -= amounts[v*m+k]
		}
		amounts[n*m+v] += plan.Value.Trade + plan.Value.Reserve - plan.Value.Imbalance + plan.Value.Environment
	}
	minor, grid, err := market.SettleWith(amounts, market.Fen)
	if err != nil {
		return nil, fmt.Errorf("settlement: %w", err)
	}
	paid := make([][]int64, n)
	for v := range paid {
		paid[v] = minor[v*m : (v+1)*m]
	}
	// A DER outside of all VPPs has no payment. Its outside payoff comes from
	// elsewhere.
	for k, f := range x.problem.Fleets {
		line := Line{Party: f.Name()}
		for v := range paid {
			line.Minor += paid[v][k]
		}
		res.Settlement = append(res.Settlement, line)
	}
	for v, p := range x.region.VPPs {
		res.Settlement = append(res.Settlement, Line{p.Name, minor[n*m+v]})
	}
	res.Settlement = append(res.Settlement, Line{GridParty, grid})
	return paid, nil
}

// addTo adds the classes, the VPPs and the verdict to a result.
//
// Regrets are those of whole DERs at the prices of the equilibrium: the best
// payoff that one DER of the class can reach, less that in its place. The gap
// compares the bound with the plans of the VPPs, so that it has the losses by
// rounding and by integers.
func (x *fleetRun) addTo(res *Result, paid [][]int64) {
	s := &fleet.Summary{Rule: res.Sharing, Solver: x.backend, Moves: x.moves, Settled: x.settled, Dynamics: x.dynamics}
	if x.own != nil {
		s.OwnRevenue = "on top of the share"
	}
	res.Fleet = s
	x.addPlans(res)
	payoffs, regrets := x.addClasses(s, paid)
	more := ""
	if x.certificate != nil {
		more = x.certify(s, payoffs, regrets)
	}
	res.Game = x.gameResult(s, more)
}

// addPlans adds the VPPs with their plans, values and prices.
func (x *fleetRun) addPlans(res *Result) {
	s := res.Fleet
	res.Solver = x.plans[0].Solution.Backend
	for v, plan := range x.plans {
		s.VPPs = append(s.VPPs, x.region.VPPs[v].Name)
		s.Welfare += plan.Value.Objective
		res.VPPs = append(res.VPPs, x.vppResult(v))
		res.Plans = append(res.Plans, plan)
		res.Warnings = append(res.Warnings, plan.Warnings()...)
		res.LargestGap = max(res.LargestGap, plan.AbsoluteGap)
		// The mean over scenarios; the result has one path per VPP.
		prices := make([]float64, x.region.Setting.Set.Steps())
		for k, path := range x.equilibrium.Prices[v] {
			for t, price := range path {
				prices[t] += x.region.Setting.Set.Probability(k) * price
			}
		}
		s.Prices = append(s.Prices, prices)
	}
}

// addClasses adds the classes to a summary that has the VPPs. It returns the
// sum of all payoffs in VPPs, in units of the objective, and the sum of the
// regrets of all DERs, currency.
func (x *fleetRun) addClasses(s *fleet.Summary, paid [][]int64) (payoffs, regrets float64) {
	outside := make([]float64, len(x.problem.Fleets))
	for k, f := range x.problem.Fleets {
		c := fleet.ClassSummary{Name: f.Name(), Count: f.Count, Outside: f.Count, Payoff: x.equilibrium.Payoff[k] * x.unit}
		outside[k] = x.problem.Outside[k] * x.unit
		best := outside[k]
		for v := range x.plans {
			c.Members = append(c.Members, x.members[v][k])
			c.Outside -= x.members[v][k]
			c.Paid = append(c.Paid, paid[v][k])
			if x.certificate != nil {
				c.Reach = append(c.Reach, x.certificate.Payoff[v][k]*x.unit)
				best = max(best, c.Reach[v])
			}
		}
		// place adds n DERs with the payoff of their present place.
		place := func(n int, payoff float64) {
			if n > 0 && x.certificate != nil {
				c.Regret = max(c.Regret, best-payoff)
				regrets += float64(n) * (best - payoff)
			}
		}
		for v, reach := range c.Reach {
			place(c.Members[v], reach)
		}
		place(c.Outside, outside[k])
		if x.own != nil {
			x.addOwn(&c, k)
		}
		s.Regret = max(s.Regret, c.Regret)
		s.Welfare += x.problem.Outside[k] * float64(c.Outside)
		payoffs += c.Payoff / x.unit * float64(c.Count-c.Outside)
		s.Classes = append(s.Classes, c)
	}
	s.Spread(outside)
	return payoffs, regrets
}

// certify adds the certificate to a summary that has the classes, and returns
// the text of the gap.
func (x *fleetRun) certify(s *fleet.Summary, payoffs, regrets float64) string {
	// Gains are relative to the VPPs without members, not to the cost of their
	// demand.
	empty := x.certificate.Empty / x.nodeFactors()
	s.Certified, s.Bound = true, x.certificate.WelfareBound
	if !math.IsInf(empty, -1) { // otherwise a VPP cannot run without members
		s.Gain = s.Welfare - empty
	}
	if s.MeanRegret = regrets / float64(s.DERs); x.own != nil {
		s.MeanRegret = x.own.MeanRegret
	}
	adds := fmt.Sprintf("%.6g", max(0, s.Bound-s.Welfare))
	if s.Gain > 0 { // DERs that bring nothing have no gap
		s.Gap, s.PaidShare = max(0, s.Bound-s.Welfare)/s.Gain, payoffs/s.Gain
		// Rounded up to 0.0001 %, of which 1e-10 is an error of the product.
		adds = fmt.Sprintf("%.4f %% of the gain", math.Ceil(1e6*s.Gap-1e-10)/1e4)
	}
	return fmt.Sprintf("another split of the DERs adds at most %s; ", adds)
}

// gameResult returns the verdict about the split. more is the text of the
// certificate, "" without one.
func (x *fleetRun) gameResult(s *fleet.Summary, more string) GameResult {
	proven := x.certificate != nil
	verdict := "equilibrium without certificate"
	reason := "the run ended before the certificate of the equilibrium was computed"
	if proven {
		verdict = "certified equilibrium of fleets"
		reason = fmt.Sprintf("%sat its prices no DER gains more than %.2g by moving", more, s.Regret)
	}
	if x.own != nil {
		// A payoff is the difference of plans, whose error is that of their
		// values.
		verdict, proven = "split of fleets, own revenues on top of shares", false
		moves := fmt.Sprintf("a DER gains up to %.2g by moving, in the mean over all DERs %.2g", x.own.Largest, x.own.MeanRegret)
		if x.own.Largest <= 1e-6*(1+math.Abs(s.Welfare)) {
			verdict, proven, moves = "equilibrium of fleets, own revenues on top of shares", x.certificate != nil, "no DER gains by moving"
		}
		reason = more + "own revenues on top of shares have no potential; at the split of the joint program " + moves
	}
	g := GameResult{Verdict: verdict, Reason: reason, Proven: proven, Welfare: s.Welfare, BestWelfare: s.Welfare}
	if x.certificate != nil { // otherwise no bound is known
		g.BestWelfare, g.WelfareGap = max(s.Bound, s.Welfare), max(0, s.Bound-s.Welfare)
	}
	return g
}

// addOwn replaces payoffs and regrets of a class by those with own revenues on
// top of shares. The payoff of the class is the mean over its members.
func (x *fleetRun) addOwn(c *fleet.ClassSummary, k int) {
	own := x.own
	members, sum := 0, 0.0
	c.Regret, c.Reach = own.Regret[k], nil
	for v, n := range c.Members {
		members, sum = members+n, sum+float64(n)*own.Payoff[v][k]
		c.Revenue = append(c.Revenue, own.Revenue[v][k])
		reach := own.Reach[v][k]
		if n > 0 {
			reach = own.Payoff[v][k]
		}
		c.Reach = append(c.Reach, reach)
	}
	if members > 0 {
		c.Payoff = sum / float64(members)
	}
}

// nodeFactors returns Σ_q w_q / t_q, with which the potential of a rule counts
// the VPPs without members. Under marginal sharing it is 1.
func (x *fleetRun) nodeFactors() float64 {
	sum := 0.0
	at, weight := x.problem.Rule.Nodes()
	for q := range at {
		sum += weight[q] / at[q]
	}
	return sum
}

// vppResult returns the numbers of one VPP. Members are the classes with DERs
// in it; their numbers are in [fleet.ClassSummary]. The scheme is the part of
// the VPP in the equilibrium, because a VPP does not search for another one.
func (x *fleetRun) vppResult(v int) VPPResult {
	plan, set := x.plans[v], x.region.Setting.Set
	value := plan.Value
	out := VPPResult{
		Name: x.region.VPPs[v].Name, Members: []string{}, RiskAversion: x.region.VPPs[v].RiskAversion,
		Economic: value.Economic, Reserve: value.Reserve, VaR: value.VaR, CVaR: value.Risk, Environment: value.Environment, Integrated: value.Integrated,
		Alone: x.alone[v], Imbalance: value.Imbalance, RenewableUtilisation: plan.RenewableUtilisation(), DeviationMWh: plan.Deviation(),
	}
	if math.IsNaN(out.Alone) {
		out.Alone, out.AloneInfeasible = 0, true
	}
	for k, n := range x.members[v] {
		if n > 0 {
			out.Members = append(out.Members, x.problem.Fleets[k].Name())
		}
	}
	out.Scheme = slices.Clone(out.Members)
	for s, result := range plan.Results {
		out.EmissionT += set.Probability(s) * result.Emission
		out.AvailableMWh += set.Probability(s) * result.Available
	}
	return out
}
