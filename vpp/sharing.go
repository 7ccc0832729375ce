package vpp

import (
	"math"
	"math/bits"
	"slices"
)

// Coalition is a set of units: bit i is set when the region's i-th unit belongs to it.
type Coalition uint64

// Has reports whether unit i belongs to the coalition.
func (c Coalition) Has(i int) bool { return c>>i&1 == 1 }

// With returns the coalition and unit i.
func (c Coalition) With(i int) Coalition { return c | 1<<i }

// Without returns the coalition without unit i.
func (c Coalition) Without(i int) Coalition { return c &^ (1 << i) }

// Size returns the number of units in the coalition.
func (c Coalition) Size() int { return bits.OnesCount64(uint64(c)) }

// Units returns the members' numbers in ascending order.
func (c Coalition) Members() []int {
	out := make([]int, 0, c.Size())
	for ; c != 0; c &= c - 1 {
		out = append(out, bits.TrailingZeros64(uint64(c)))
	}
	return out
}

// Outcomes gives what a coalition of one VPP achieves; sharing rules call it for the coalitions they
// need. It must be defined for every subset of the coalition that is shared.
type Outcomes func(Coalition) *Outcome

// Outcome is what one coalition of one VPP achieves, in numbers only.
type Outcome struct {
	Coalition   Coalition
	Value       Value
	Revenue     map[int]float64 // R_i per member: expected payment under the tariff less own cost, currency
	Deviation   float64         // D(S): expected absolute imbalance over the horizon, MWh
	Service     map[int]float64 // regulation energy per member in the direction that reduces the VPP's deviation, expected MWh
	AbsoluteGap float64         // what the solver's gap leaves open of the integrated value, currency
}

// Sharing divides a coalition's gain W(S) = V(S) − V(∅) among its members.
//
// Shares returns one amount in currency per member. A rule that balances the budget returns amounts
// that add up to the gain. Which coalitions a rule asks for must not depend on what they achieve, see
// [Asked]. Spread is the largest amount by which any share can change if every
// coalition's value changes by what its solver left open.
type Sharing interface {
	Shares(s Coalition, of Outcomes) map[int]float64
	Tolerance(s Coalition, of Outcomes) float64
	String() string
}

// Gain returns W(S) = V(S) − V(∅), the integrated value that the members bring: what remains of a VPP
// without members is not theirs to share.
func Gain(s Coalition, of Outcomes) float64 { return of(s).Value.Integrated - of(0).Value.Integrated }

// Shapley gives every member its Shapley value of the gain,
//
//	share_i = Σ_{T ⊆ S∖i} |T|! (|S|−|T|−1)! / |S|!  (V(T∪i) − V(T))
//
// the only rule that balances the budget and guarantees a pure Nash equilibrium of the choice of VPP
// for every value function (Gopalakrishnan, Marden, Wierman 2014; generalised weights aside).
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

// Spread implements [Sharing]: each share is an average of marginal values, each of which is off by no
// more than what its two coalitions left open.
func (Shapley) Tolerance(s Coalition, of Outcomes) float64 {
	spread := 0.0
	for _, i := range s.Members() {
		sum := 0.0
		for t, w := range shapleyWeights(s.Without(i)) {
			sum += w * (of(t.With(i)).AbsoluteGap + of(t).AbsoluteGap)
		}
		spread = max(spread, sum)
	}
	return spread
}

func (Shapley) String() string { return "Shapley value" }

// shapleyWeights yields every subset t of rest, in a fixed order, with its Shapley weight.
func shapleyWeights(rest Coalition) func(yield func(Coalition, float64) bool) {
	return func(yield func(Coalition, float64) bool) {
		n := rest.Size() + 1
		weight := make([]float64, n)
		weight[0] = 1 / float64(n)
		for k := 1; k < n; k++ { // k!(n−k−1)!/n! from its predecessor
			weight[k] = weight[k-1] * float64(k) / float64(n-k)
		}
		for t := rest; ; t = (t - 1) & rest {
			if !yield(t, weight[t.Size()]) || t == 0 {
				return
			}
		}
	}
}

// Marginal gives every member what the coalition would lose without it, share_i = V(S) − V(S∖i). The
// choice of VPP then has total welfare as its potential, but the shares need not add up to the gain.
type Marginal struct{}

// Shares implements [Sharing].
func (Marginal) Shares(s Coalition, of Outcomes) map[int]float64 {
	out := make(map[int]float64, s.Size())
	for _, i := range s.Members() {
		out[i] = of(s).Value.Integrated - of(s.Without(i)).Value.Integrated
	}
	return out
}

// Spread implements [Sharing].
func (Marginal) Tolerance(s Coalition, of Outcomes) float64 {
	spread := 0.0
	for _, i := range s.Members() {
		spread = max(spread, of(s.Without(i)).AbsoluteGap)
	}
	return spread + of(s).AbsoluteGap
}

func (Marginal) String() string { return "marginal contribution" }

// Budget returns what the shares leave over of the gain: positive where members get less than they
// bring, negative where the VPP would have to add money.
func Budget(s Coalition, of Outcomes, shares map[int]float64) float64 {
	keys := make([]int, 0, len(shares))
	for i := range shares {
		keys = append(keys, i)
	}
	slices.Sort(keys)
	left := Gain(s, of)
	for _, i := range keys {
		left -= shares[i]
	}
	if math.Abs(left) < 1e-9 {
		return 0
	}
	return left
}
