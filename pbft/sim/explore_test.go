package sim

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/pbft/internal/planted"
)

// scopes are what TestExplore visits: with and without an equivocating primary, with one number in flight and with two.
func scopes(states int) map[string]Scope {
	return map[string]Scope{
		"correct":              {States: states},
		"correct, two":         {States: states, Requests: 2},
		"equivocating":         {States: states, Equivocates: true},
		"equivocating, two":    {States: states, Equivocates: true, Requests: 2},
		"correct, three views": {States: states, Views: 2},
	}
}

// TestExplore visits every interleaving up to some depth. The depth is what the budget of states allows; a scope with
// fewer states would be complete.
func TestExplore(t *testing.T) {
	for name, scope := range scopes(12_000) {
		t.Run(name, func(t *testing.T) {
			r, err := Explore(scope)
			require.NoError(t, err)
			t.Logf("%d distinct states of the cluster, %d of single replicas, %d steps, every interleaving of up to %d steps",
				r.States, r.Locals, r.Steps, r.Depth-1)
			require.GreaterOrEqual(t, r.States, scope.States)
			require.GreaterOrEqual(t, r.Depth, 4)
		})
	}
}

// TestExploreFindsPlanted: mistakes about safety are met within a few steps.
func TestExploreFindsPlanted(t *testing.T) {
	for _, bug := range []planted.Bug{
		planted.WeakCommit, planted.IgnoreVoteDigest, planted.NewViewAnyQuorum, planted.EquivocationIgnored,
	} {
		t.Run(bug.String(), func(t *testing.T) {
			r, err := Explore(Scope{States: 20_000, Equivocates: true, Planted: bug})
			var v *Violation
			require.True(t, errors.As(err, &v), "survived %d states", r.States)
			t.Logf("killed after %d states: %.1000s", r.States, v)
		})
	}
}
