package guides_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/trigrid/trigrid/vpp"
)

// Equal divides the gain of a coalition S in equal parts.
//
//	share_i = W(S) / |S|,   W(S) = V(S) − V(∅)            currency
type Equal struct{}

// Shares implements [vpp.Sharing].
func (Equal) Shares(s vpp.Coalition, of vpp.Outcomes) map[int]float64 {
	shares := make(map[int]float64, s.Size())
	for _, i := range s.Members() {
		shares[i] = vpp.Gain(s, of) / float64(s.Size())
	}
	return shares
}

// Tolerance implements [vpp.Sharing]. If the values of S and ∅ change by their
// absolute gaps, a share changes by at most the |S|-th part of both.
func (Equal) Tolerance(s vpp.Coalition, of vpp.Outcomes) float64 {
	if s == 0 {
		return 0
	}
	return (of(s).AbsoluteGap + of(0).AbsoluteGap) / float64(s.Size())
}

// String returns the name that results and reports show.
func (Equal) String() string { return "equal parts" }

// The shares of every coalition add up to its gain, and only the two coalitions
// of the formula are used.
func TestEqualKeepsTheBudget(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	values := make([]float64, 1<<4)
	for i := range values {
		values[i] = 100 * random.NormFloat64()
	}
	of := func(s vpp.Coalition) *vpp.Outcome {
		return &vpp.Outcome{Coalition: s, Value: vpp.Value{Integrated: values[s]}}
	}
	for s := vpp.Coalition(1); s < 1<<4; s++ {
		if left := vpp.Budget(s, of, Equal{}.Shares(s, of)); left != 0 {
			t.Errorf("coalition %b: %v of the gain is left", s, left)
		}
		if n := len(vpp.Required(Equal{}, s)); n != 2 {
			t.Errorf("coalition %b: the rule uses %d coalitions, want 2", s, n)
		}
	}
}

// The VPP alone has a value of −10, with both DERs 50: a gain of 60, of which θ
// = 0.5 is passed on.
func ExampleEqual() {
	of := func(s vpp.Coalition) *vpp.Outcome {
		value := map[vpp.Coalition]float64{0b00: -10, 0b01: 5, 0b10: 20, 0b11: 50}[s]
		return &vpp.Outcome{
			Coalition: s, Value: vpp.Value{Integrated: value},
			Revenue: map[int]float64{0: 8, 1: 3},
		}
	}
	fmt.Println("equal:  ", vpp.Payoffs(0b11, of, Equal{}, 0.5))
	fmt.Println("Shapley:", vpp.Payoffs(0b11, of, vpp.Shapley{}, 0.5))
	// Output:
	// equal:   map[0:23 1:18]
	// Shapley: map[0:19.25 1:21.75]
}
