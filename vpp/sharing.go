package vpp

import (
	"math"
	"slices"
)

// Sharing divides the gain W(S) = V(S) − V(∅) of a coalition among its members.
//
// Shares returns one amount per member and none for others, currency. A rule
// balances the budget if the amounts sum to the gain. The coalitions that a
// rule reads must not depend on their outcomes: see [Required].
//
// Tolerance returns the allocation tolerance: the largest change of any share
// if the value of each coalition changes by its absolute gap, currency.
//
// String returns the name of the rule for results and reports.
type Sharing interface {
	Shares(s Coalition, of Outcomes) map[int]float64
	Tolerance(s Coalition, of Outcomes) float64
	String() string
}

// Shapley pays each member its Shapley value of the gain,
//
//	share_i = Σ_{T ⊆ S∖i} |T|! (|S|−|T|−1)! / |S|!  (V(T∪i) − V(T))
//
// For example, if a coalition is worth 6 only with member 2 and at least one of
// members 0 and 1, the shares are 1, 1 and 4. The Shapley value balances the
// budget. Up to weights it is the only such rule that guarantees a pure Nash
// equilibrium in the choice of VPP for each value function.
//
// Sources: Shapley, A value for n-person games (1953); Gopalakrishnan, Marden,
// Wierman, Potential games are necessary to ensure pure Nash equilibria in cost
// sharing games, Math. Oper. Res. 39 (2014).
type Shapley struct{}

// Shares implements [Sharing].
func (Shapley) Shares(s Coalition, of Outcomes) map[int]float64 {
	out := make(map[int]float64, s.Size())
	for _, i := range s.Members() {
		for t, w := range shapleyWeights(s.Without(i)) {
			out[i] += w * (of(t.With(i)).Value.Integrated - of(t).Value.Integrated)
		}
	}
	return out
}

// Tolerance implements [Sharing]. A share is a weighted mean of marginal
// values, and a marginal value changes by at most the sum of two absolute gaps.
func (Shapley) Tolerance(s Coalition, of Outcomes) float64 {
	tolerance := 0.0
	for _, i := range s.Members() {
		sum := 0.0
		for t, w := range shapleyWeights(s.Without(i)) {
			sum += w * (of(t.With(i)).AbsoluteGap + of(t).AbsoluteGap)
		}
		tolerance = max(tolerance, sum)
	}
	return tolerance
}

// String returns the name of the rule.
func (Shapley) String() string { return "Shapley value" }

// shapleyWeights yields each subset t of rest with its Shapley weight, in a
// fixed order.
func shapleyWeights(rest Coalition) func(yield func(Coalition, float64) bool) {
	return func(yield func(Coalition, float64) bool) {
		n := rest.Size() + 1
		weight := make([]float64, n)
		weight[0] = 1 / float64(n)
		for k := 1; k < n; k++ { // k!(n−k−1)!/n! from the previous weight, without large factorials
			weight[k] = weight[k-1] * float64(k) / float64(n-k)
		}
		for t := rest; ; t = (t - 1) & rest { // visits the subsets of rest in descending order
			if !yield(t, weight[t.Size()]) || t == 0 {
				return
			}
		}
	}
}

// Marginal pays each member its marginal contribution, share_i = V(S) − V(S∖i).
// Total welfare is then a potential of the choice of VPP, but the shares need
// not sum to the gain. In the example of [Shapley] the shares are 0, 0 and 6.
type Marginal struct{}

// Shares implements [Sharing].
func (Marginal) Shares(s Coalition, of Outcomes) map[int]float64 {
	out := make(map[int]float64, s.Size())
	for _, i := range s.Members() {
		out[i] = of(s).Value.Integrated - of(s.Without(i)).Value.Integrated
	}
	return out
}

// Tolerance implements [Sharing].
func (Marginal) Tolerance(s Coalition, of Outcomes) float64 {
	tolerance := 0.0
	for _, i := range s.Members() {
		tolerance = max(tolerance, of(s.Without(i)).AbsoluteGap)
	}
	return tolerance + of(s).AbsoluteGap
}

// String returns the name of the rule.
func (Marginal) String() string { return "marginal contribution" }

// Budget returns the gain minus the sum of the shares, currency: positive if
// members receive less than the gain, negative if the VPP must add money.
// Amounts below 1e-9 count as 0.
func Budget(s Coalition, of Outcomes, shares map[int]float64) float64 {
	keys := make([]int, 0, len(shares))
	for i := range shares {
		keys = append(keys, i)
	}
	slices.Sort(keys) // a fixed order of the sum gives equal bytes
	rest := Gain(s, of)
	for _, i := range keys {
		rest -= shares[i]
	}
	if math.Abs(rest) < 1e-9 {
		return 0
	}
	return rest
}
