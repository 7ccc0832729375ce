package vpp

// Admission selects whether a VPP can refuse a DER. With refusals, the scheme
// of a VPP is enforced: a DER can join only a VPP that admits it.
//
// A VPP answers the set S of DERs that choose it. With [AdmitScheme] it admits
// S ∩ S*, with the coalition S* of its scheme. With [AdmitByObjective] and
// [AdmitByValue] it starts with T = S and refuses one DER after the other:
//
//	loss_i(T) = X(T∖i) − X(T)          i in T, if T and T∖i can run
//	refuse the DER of the largest loss, T := T∖i, if that loss > tolerance
//
// until no loss exceeds its tolerance, the sum of both absolute gaps plus 1e-6
// (1 + |X(T)|). A DER that changes nothing is therefore admitted. Of equal
// losses, up to the tolerance, the DER that comes last in the region is
// refused. A DER without which T cannot run is never refused.
//
// For example, X({0}) = 5, X({1}) = 4 and X({0, 1}) = 3: DER 1 loses 2 for the
// VPP and DER 0 loses 1, so that DER 1 is refused and DER 0, with X(∅) = 0,
// stays.
//
// Source: J. Renew. Sustain. Energy 18, 015306 (2026): if demand exceeds
// supply, resources of low contribution are removed. The source states neither
// the value nor the order.
type Admission int

const (
	// AdmitAll admits each DER that chooses the VPP, the default. Only the DER
	// decides.
	AdmitAll Admission = iota
	// AdmitScheme admits the members of the VPP's scheme: the coalition of the
	// highest objective among all, which does not depend on the choices.
	AdmitScheme
	// AdmitByObjective has X = Objective. Payments to members cancel within it,
	// so that no DER is refused in a profile of the highest welfare if the
	// outside payoffs are not negative.
	AdmitByObjective
	// AdmitByValue has X = the shared value, Integrated of [Shareable], which
	// the VPP keeps in part. It can refuse a DER that brings more than it
	// costs, if the tariff pays the DER even more.
	AdmitByValue
)

// String returns the key of the option in case files, such as "scheme".
func (a Admission) String() string {
	switch a {
	case AdmitScheme:
		return "scheme"
	case AdmitByObjective:
		return "objective"
	case AdmitByValue:
		return "value"
	}
	return "all"
}

// Refusal is a DER that a VPP does not admit beside the members that the VPP
// has at the recommended profile, see [Admission]. Refusals change the game by
// these rules:
//
//   - A DER cannot move to a VPP that refuses it. The move counts as a loss
//     against every other payoff of the DER, as one to a coalition that cannot
//     run, see trigrid.Infeasible.
//   - A DER that a VPP admits instead of a member has its payoff in the
//     coalition after that refusal. The refused member cannot stay.
//   - A profile in which a VPP refuses a DER that chooses it is not feasible:
//     it is no equilibrium, it has no welfare, and it is never recommended.
//   - A program that is not proven to the gap of the solver can change an
//     admission, so that no verdict is proven before every planned program is.
//
// For example, a VPP with an objective of 900 and of 880 beside T1 refuses T1
// at a loss of 20.
type Refusal struct {
	VPP     string   `json:"vpp"`
	DER     string   `json:"der"`
	Against []string `json:"against"` // members beside which the VPP compares its value

	// Loss is the value of the VPP without the DER less that with it: the
	// objective, or the shared value with [AdmitByValue], currency. With
	// [AdmitScheme] it can be negative, because a scheme does not depend on the
	// choices of the other DERs.
	Loss float64 `json:"loss"`

	// Payoff is the payoff that the DER would have if the VPP admitted it, and
	// Wanted states that it is above the DER's own payoff by more than both
	// tolerances. If the coalition with the DER cannot run, Payoff is nil.
	Payoff *float64 `json:"payoff,omitempty"`
	Wanted bool     `json:"wanted"`
}
