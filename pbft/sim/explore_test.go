package sim

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/pbft"
)

// scopes are what TestExplore visits: with and without an equivocating primary,
// with one number in flight and with two.
func scopes(states int) map[string]Scope {
	return map[string]Scope{
		"correct":              {States: states},
		"correct, two":         {States: states, Requests: 2},
		"equivocating":         {States: states, Equivocates: true},
		"equivocating, two":    {States: states, Equivocates: true, Requests: 2},
		"correct, three views": {States: states, Views: 2},
	}
}

// TestExplore visits every interleaving up to some depth. The depth is what the
// budget of states allows; a scope with fewer states would be complete.
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

// TestExplorerComparesChains: agreement is about what several replicas have
// executed together, which no oracle of a single one sees.
func TestExplorerComparesChains(t *testing.T) {
	a, b := pbft.Digest{1}, pbft.Digest{2}
	chains := &localStates{states: []localState{{}, {chain: []pbft.Digest{a}}, {chain: []pbft.Digest{a, b}}, {chain: []pbft.Digest{b}}}}
	e := &explorer{replicas: [explored]*localStates{nil, chains, chains, chains}}
	require.Nil(t, e.agree(state{0, 2, 1, 0}, 1), "one may be ahead of another")
	require.NotNil(t, e.agree(state{0, 3, 0, 1}, 1))
}

// TestFingerprint: the order of votes makes no difference, their content does.
func TestFingerprint(t *testing.T) {
	base, err := newCluster(Config{Replicas: explored, Genesis: pbft.Genesis{Name: "fingerprint"}})
	require.NoError(t, err)
	after := func(voters ...pbft.ReplicaID) [32]byte {
		node, err := base.hosts[1].newNode(nil, false)
		require.NoError(t, err)
		for _, id := range voters {
			v := &pbft.Vote{Type: pbft.KindPrepare, Seq: 1, Digest: pbft.Digest{7}}
			require.NoError(t, node.Step(id, pbft.SignAs(base.chain, id, base.ring.signer("replica", int(id)), v)))
		}
		return fingerprint(node)
	}
	require.Equal(t, after(2, 3), after(3, 2))
	require.NotEqual(t, after(2, 3), after(2))
	require.NotEqual(t, after(2), after(3))
	require.NotEqual(t, after(2), after())
}
