package vpp

import "math"

// Payoffs returns the payoff of each member of a coalition, currency,
//
//	U_i = R_i + θ share_i
//
// R_i is its own revenue, share_i its share of the gain under the rule, both
// from the outcomes; a run passes those of [Shareable]. The VPP keeps the
// fraction 1 − θ of the gain. For example, a member with a revenue of 30 and a
// share of 20 has the payoff 40 at θ = 0.5.
func Payoffs(s Coalition, of Outcomes, rule Sharing, theta float64) map[int]float64 {
	out := make(map[int]float64, s.Size())
	shares := rule.Shares(s, of)
	for _, i := range s.Members() {
		out[i] = of(s).Revenue[i] + theta*shares[i]
	}
	return out
}

// PayoffTolerance returns the error of the payoffs of a coalition, currency.
// With outcomes from [Coalitions.Ranged] it is half of the widest of the
// [PayoffRanges], which contain the payoffs of each plan that a solver of the
// same gap can return.
//
// Without ranges it is an estimate,
//
//	τ(S) = g(S) / w_e + θ tolerance(S) + 1e-6 (1 + |V(S)|)
//
// The second term is the error of the shares. The first term is a convention
// for the revenue, which comes from the schedule: the absolute gap g in money,
// as if one member received all of it. It is not a bound, because two schedules
// of nearly equal value can differ in the revenue of members. The last term
// covers the feasibility tolerance of the solver.
//
// The relative gap of a run is 1e-7 by default, so that the first two terms are
// small, but not 0. With an exact solver only the last term remains.
func PayoffTolerance(s Coalition, of Outcomes, rule Sharing, theta, economicWeight float64) float64 {
	if of(s).Ranges != nil {
		tolerance := 0.0
		for _, r := range PayoffRanges(s, of, rule, theta) {
			tolerance = max(tolerance, r.Half())
		}
		return tolerance
	}
	tolerance := 1e-6 * (1 + math.Abs(of(s).Value.Integrated))
	if gap := of(s).AbsoluteGap; gap > 0 {
		// Without an economic weight the gap has no value in money; 1e-6 makes
		// the tolerance large.
		tolerance += gap / max(economicWeight, 1e-6)
	}
	return tolerance + theta*rule.Tolerance(s, of)
}
