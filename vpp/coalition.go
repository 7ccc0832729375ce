package vpp

import (
	"math/bits"
)

// Coalition is a set of DERs: bit i is set if DER i of the region is a member.
// For example, 0b101 has the members 0 and 2.
type Coalition uint64

// MaxDERs is the largest number of DERs in a coalition, one per bit.
const MaxDERs = 64

// Has reports whether DER i is a member.
func (c Coalition) Has(i int) bool { return c>>i&1 == 1 }

// With returns the coalition with DER i added.
func (c Coalition) With(i int) Coalition { return c | 1<<i }

// Without returns the coalition without DER i.
func (c Coalition) Without(i int) Coalition { return c &^ (1 << i) }

// Size returns the number of members.
func (c Coalition) Size() int { return bits.OnesCount64(uint64(c)) }

// Members returns the numbers of the members in ascending order.
func (c Coalition) Members() []int {
	out := make([]int, 0, c.Size())
	for ; c != 0; c &= c - 1 {
		out = append(out, bits.TrailingZeros64(uint64(c)))
	}
	return out
}

// Outcome is the outcome of one coalition of one VPP, in numbers only.
type Outcome struct {
	Coalition   Coalition
	Value       Value
	Revenue     map[int]float64 // R_i per member, expected payment minus own cost, currency
	Deviation   float64         // D(S), expected absolute imbalance over the horizon, MWh
	Service     map[int]float64 // g_i per member, expected regulation service, MWh
	AbsoluteGap float64         // proven distance to the optimum, currency
	Exchanging  Coalition       // members with a port of a good that has no stated price
	Ranges      *Ranges         // of Value.Integrated and Revenue; nil if not computed
}

// Outcomes returns the outcome of a coalition of one VPP. A sharing rule calls
// it for the coalitions that it needs. It must be defined for each subset of
// the coalition whose gain is shared.
type Outcomes func(Coalition) *Outcome

// Gain returns W(S) = V(S) − V(∅), the integrated value that the members add,
// currency. The value of a VPP without members is not shared.
func Gain(s Coalition, of Outcomes) float64 { return of(s).Value.Integrated - of(0).Value.Integrated }
