package trigrid_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/vpp"
)

// With a pass-through ratio of 1, a coalition alone in its VPP has the
// objective that it adds, in money: payments inside cancel. The excesses of a
// run follow from the objectives of its coalitions in the result, which the
// payoffs of members do not enter.
func TestCoreOfARunFollowsFromTheObjectives(t *testing.T) {
	for _, rule := range []vpp.Sharing{vpp.Shapley{}, vpp.Nucleolus{}} {
		r := small(t)
		r.Sharing = rule
		for v := range r.VPPs {
			r.VPPs[v].PassThrough = 1
		}
		res := coordinate(t, r, trigrid.Options{Stability: true})
		require.NotNil(t, res.Stability)
		require.Empty(t, res.Stability.Unknown)
		objective := map[string]float64{}
		for _, c := range res.Coalitions {
			objective[c.VPP+":"+strings.Join(c.Members, ",")] = c.Value.Objective / res.Weights.Economic
		}
		compared := 0
		for _, core := range res.Stability.VPPs {
			compared++
			payoff := map[string]float64{}
			for _, u := range res.DERs {
				payoff[u.Name] = res.Recommendation.Payoffs[u.Name]
			}
			most, who := math.Inf(-1), ""
			for code := 1; code < 1<<len(core.Members)-1; code++ {
				var names []string
				paid := 0.0
				for i, name := range core.Members {
					if code>>i&1 == 1 {
						names = append(names, name)
						paid += payoff[name]
					}
				}
				key := core.VPP + ":" + strings.Join(names, ",")
				value, known := objective[key]
				require.True(t, known, key)
				if excess := value - objective[core.VPP+":"] - paid; excess > most {
					most, who = excess, strings.Join(names, ",")
				}
			}
			assert.InDelta(t, most, core.LargestExcess, 1e-4, "%v: %s, found %v", rule, who, core.Dissatisfied)
			assert.Equal(t, most <= core.Tolerance, core.InCore)
			require.NotNil(t, core.LeastCore)
			assert.LessOrEqual(t, *core.LeastCore, core.LargestExcess+1e-6)
			if _, same := rule.(vpp.Nucleolus); same {
				assert.InDelta(t, *core.LeastCore, core.LargestExcess, 0.01, "the nucleolus is in the least core")
			}
			t.Logf("%v: %+v", rule, core)
		}
		assert.Positive(t, compared)

		require.Len(t, res.Stability.Groups, 1+len(res.Game.Nash))
		assert.Equal(t, res.Recommendation.Profile, trigrid.Profile(res.Stability.Groups[0].Profile))
		for k, e := range res.Game.Nash {
			group := res.Stability.Groups[k+1]
			assert.Equal(t, e.Profile, trigrid.Profile(group.Profile))
			assert.NotEqual(t, 1, len(group.Moves), "no single DER gains at an equilibrium")
			assert.Equal(t, group.Strong, len(group.Moves) == 0)
		}
	}
}

// The option adds a key and changes nothing else.
func TestStabilityAddsOneKey(t *testing.T) {
	plain := coordinate(t, small(t), trigrid.Options{})
	with := coordinate(t, small(t), trigrid.Options{Stability: true})
	assert.NotContains(t, encode(t, plain), `"stability"`)
	assert.Contains(t, encode(t, with), `"stability"`)
	with.Stability = nil
	assert.Equal(t, encode(t, plain), encode(t, with))
}

// A search does not know the payoffs of all profiles, and the result has the
// reason.
func TestStabilityOfASearchStatesWhatIsUnknown(t *testing.T) {
	res := coordinate(t, small(t), trigrid.Options{Stability: true, Search: true})
	known := slices.ContainsFunc([]string{"search", "planned"}, func(word string) bool { return strings.Contains(res.Stability.Unknown, word) })
	assert.True(t, known || len(res.Stability.Groups) > 0, res.Stability.Unknown)
}
