package vpp

// Stability states which groups of DERs gain by leaving an allocation together.
// A Nash profile excludes moves of single DERs only.
type Stability struct {
	VPPs []CoreStability `json:"vpps"` // of the VPPs with at least two members, in their order

	// Groups has the recommended profile, and then the known equilibria in
	// their order.
	Groups []GroupStability `json:"groups"`

	// Unknown is the reason if coalitions or payoffs are not known without
	// further programs; VPPs or Groups then lack entries.
	Unknown string `json:"unknown,omitempty"`
}

// CoreStability compares the payoffs of the members of one VPP with the payoffs
// that each of their coalitions would have as the only members of this VPP, see
// [Core]:
//
//	v(S) = Σ_{i ∈ S} R_i(S) + θ W(S)            currency
//
// Coalitions that cannot run are left out.
type CoreStability struct {
	VPP     string   `json:"vpp"`
	Members []string `json:"members"`

	// InCore states that no coalition has an excess above Tolerance: none would
	// have more without the other members.
	InCore    bool    `json:"in_core"`
	Tolerance float64 `json:"tolerance"` // of an excess, from that of the payoffs, currency

	// Dissatisfied is the coalition with the largest excess, and LargestExcess
	// this excess, currency; no coalition and 0 if none can run.
	Dissatisfied  []string `json:"dissatisfied"`
	LargestExcess float64  `json:"largest_excess"`

	// LeastCore is ε: no division of the members' payoffs has a smaller largest
	// excess. Above 0 the core is empty. Nucleolus is the division of
	// [Core.Nucleolus] by name. Both are nil if the coalitions that can run do
	// not determine them.
	LeastCore *float64           `json:"least_core"`
	Nucleolus map[string]float64 `json:"nucleolus"`
}

// GroupStability states whether a group of DERs gains by a joint move from a
// profile, if each DER of the group gains and the others keep their choices.
type GroupStability struct {
	Profile map[string]string `json:"profile"`
	Strong  bool              `json:"strong"` // no group gains: a strong equilibrium

	// Moves has the new choice of each DER of a smallest group that gains, and
	// Gain the gain of the DER that gains least, currency.
	Moves map[string]string `json:"moves,omitempty"`
	Gain  float64           `json:"gain,omitempty"`
}
