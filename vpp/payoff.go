package vpp

import "math"

// Payoffs returns what each member of a coalition receives,
//
//	U_i = R_i + θ share_i
//
// its own revenue under the tariff and its share of what the plant passes on of the gain (currency).
// What is not passed on, (1−θ) of the gain, stays with the plant.
func Payoffs(s Coalition, of Outcomes, rule Sharing, theta float64) map[int]float64 {
	out := make(map[int]float64, s.Size())
	shares := rule.Shares(s, of)
	for _, i := range s.Members() {
		out[i] = of(s).Revenue[i] + theta*shares[i]
	}
	return out
}

// PayoffTolerance returns how far a member's payoff may be from what an exact solver would give, as a
// function of what the solver left open (currency):
//
//	τ(S) = g(S) / w_e + θ spread(S) + 1e-6 (1 + |V(S)|)
//
// The shares move by no more than their spread. Revenue is read off the schedule: the gap g, divided by
// the weight with which money enters the objective, counts as if all of it fell to one member, which is
// a convention and not a bound, since two schedules of nearly equal value can move money between
// members. With a gap of zero (the default of a region's run) both terms vanish and the last one, for
// the solver's feasibility tolerances, remains.
func PayoffTolerance(s Coalition, of Outcomes, rule Sharing, theta, economicWeight float64) float64 {
	tolerance := 1e-6 * (1 + math.Abs(of(s).Value.Integrated))
	if open := of(s).AbsoluteGap; open > 0 {
		tolerance += open / max(economicWeight, 1e-6)
	}
	return tolerance + theta*rule.Tolerance(s, of)
}
