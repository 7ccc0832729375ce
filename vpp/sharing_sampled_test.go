package vpp_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/vpp"
)

// pairwise is a game of n DERs whose Shapley value is known in closed form:
// each DER brings something alone, and each pair something together, which its
// two members halve.
func pairwise(random *rand.Rand, n int) (of vpp.Outcomes, shapley []float64) {
	alone, together := make([]float64, n), make([][]float64, n)
	shapley = make([]float64, n)
	for i := range n {
		alone[i] = 10 * random.NormFloat64()
		shapley[i] += alone[i]
		together[i] = make([]float64, n)
		for j := range i {
			together[i][j] = random.NormFloat64()
			shapley[i] += together[i][j] / 2
			shapley[j] += together[i][j] / 2
		}
	}
	return func(s vpp.Coalition) *vpp.Outcome {
		out := &vpp.Outcome{Coalition: s}
		for _, i := range s.Members() {
			out.Value.Integrated += alone[i]
			for _, j := range s.Members() {
				if j < i {
					out.Value.Integrated += together[i][j]
				}
			}
		}
		return out
	}, shapley
}

// In such a game a member's gain depends linearly on who came before, so that
// an order and its reverse together give the Shapley value exactly.
func TestSampledShapleyIsExactForPairs(t *testing.T) {
	of, want := pairwise(rand.New(rand.NewPCG(1, 1)), 20)
	rule := vpp.SampledShapley{Orders: 2}
	shares := rule.Shares(allMembers(20), of)
	for i, share := range shares {
		assert.InDelta(t, want[i], share, 1e-9, "unit %d", i)
	}
	assert.InDelta(t, 0, rule.Tolerance(allMembers(20), of), 1e-9)
	assert.InDelta(t, 0, vpp.Budget(allMembers(20), of, shares), 1e-9)
}

// A glove game of 12: value is the number of pairs of a left and a right glove.
// By symmetry its Shapley value depends on the side only; with five left and
// seven right gloves it is summed here over the number of others of either side
// that came first.
func TestSampledShapleyEstimates(t *testing.T) {
	const left, right = 5, 7
	gloves := func(s vpp.Coalition) *vpp.Outcome {
		l := (s & allMembers(left)).Size()
		out := &vpp.Outcome{Coalition: s}
		out.Value.Integrated = float64(min(l, s.Size()-l))
		return out
	}
	exact := vpp.Shapley{}.Shares(allMembers(left+right), gloves)
	binomial := func(n, k int) float64 {
		x := 1.0
		for i := range k {
			x *= float64(n-i) / float64(i+1)
		}
		return x
	}
	want := 0.0 // of a left glove
	for l := range left {
		for r := range right + 1 {
			if r > l {
				k := l + r
				want += binomial(left-1, l) * binomial(right, r) / binomial(left+right-1, k) / float64(left+right)
			}
		}
	}
	require.InDelta(t, want, exact[0], 1e-12)

	inside := 0
	for seed := range uint64(50) {
		rule := vpp.SampledShapley{Seed: seed}
		shares, spread := rule.Shares(allMembers(left+right), gloves), rule.Tolerance(allMembers(left+right), gloves)
		require.InDelta(t, 0, vpp.Budget(allMembers(left+right), gloves, shares), 1e-9)
		require.Positive(t, spread)
		if math.Abs(shares[0]-want) <= spread {
			inside++
		}
		require.Equal(t, shares, rule.Shares(allMembers(left+right), gloves), "one seed, one sample")
	}
	assert.GreaterOrEqual(t, inside, 45, "twice the standard error covers about 95 of 100, the largest over members more")
	many := vpp.SampledShapley{Orders: 4000}
	assert.InDelta(t, want, many.Shares(allMembers(left+right), gloves)[0], 0.01)
	assert.Less(t, many.Tolerance(allMembers(left+right), gloves), 0.02)
}

func TestSampledShapleyIsExactWhereThatIsCheaper(t *testing.T) {
	of := randomGame(rand.New(rand.NewPCG(3, 3)), 7)
	rule := vpp.SampledShapley{}
	for s := range allMembers(7) + 1 {
		want := vpp.Shapley{}.Shares(s, of)
		for i, share := range rule.Shares(s, of) {
			require.InDelta(t, want[i], share, 1e-9)
		}
		require.Zero(t, rule.Tolerance(s, of))
	}
}

// Required returns the coalitions that a rule reads.
func TestAsked(t *testing.T) {
	s := allMembers(12)
	for _, rule := range []vpp.Sharing{vpp.Shapley{}, vpp.SampledShapley{}, vpp.Marginal{}, vpp.ByService{}, vpp.ByService{Contribution: vpp.Delivered}} {
		asked := vpp.Required(rule, s)
		planned := map[vpp.Coalition]bool{}
		for _, c := range asked {
			planned[c] = true
		}
		random := rand.New(rand.NewPCG(4, 4))
		of := func(c vpp.Coalition) *vpp.Outcome {
			require.True(t, planned[c], "%v asks for %v", rule, c)
			out := &vpp.Outcome{Coalition: c}
			out.Value.Integrated, out.Deviation, out.AbsoluteGap = random.Float64(), random.Float64(), random.Float64()
			return out
		}
		vpp.Payoffs(s, of, rule, 1)
		vpp.PayoffTolerance(s, of, rule, 1, 1)
	}
	assert.Len(t, vpp.Required(vpp.Shapley{}, s), 1<<12)
	assert.Len(t, vpp.Required(vpp.Marginal{}, s), 1+1+12)
	assert.LessOrEqual(t, len(vpp.Required(vpp.SampledShapley{}, s)), 2*16*11+2)
}
