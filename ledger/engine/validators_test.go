package engine

import (
	"bytes"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/pbft"
)

// growing is an engine of this package whose validators change.
type growing interface {
	ledger.Engine
	AddReplica() (ledger.NewValidator, error)
}

// change sends a change of validators and requires that the contract accepts
// it.
func change(t *testing.T, p *party, m *ledger.ChangeValidators) {
	t.Helper()
	r, err := p.send(t.Context(), m)
	require.NoError(t, err)
	require.True(t, r.OK(), "%s: %s", r.Code, r.Reason)
}

// heartbeats advance the chain until the condition holds.
func heartbeats(t *testing.T, p *party, until func() bool) {
	t.Helper()
	for range 2000 {
		if until() {
			return
		}
		_, err := p.send(t.Context(), &ledger.Heartbeat{})
		require.NoError(t, err)
	}
	t.Fatalf("the condition did not become true within 2000 blocks")
}

// changeAll adds a validator, replaces one and removes one, and lets the chain
// run after each. at returns the state of a replica.
func changeAll(t *testing.T, e growing, p *party, at func(id pbft.ReplicaID) pbft.State) {
	t.Helper()
	votes := func(epoch uint64, ids ...pbft.ReplicaID) func() bool {
		return func() bool {
			for _, id := range ids {
				if s := at(id); s.Epoch != epoch || !s.Active || s.Executed == 0 || s.Executed < at(ids[0]).Executed {
					return false
				}
			}
			return true
		}
	}
	heartbeats(t, p, func() bool { return e.Status().Height >= 3 })
	fourth, err := e.AddReplica()
	require.NoError(t, err)
	require.Equal(t, pbft.ReplicaID(4), fourth.Validator.ID)
	change(t, p, &ledger.ChangeValidators{Serial: 1, Add: []ledger.NewValidator{fourth}})
	heartbeats(t, p, votes(1, 0, 1, 2, 3, 4))
	require.Equal(t, 5, e.Status().Replicas)

	// Within 384 blocks set 0 may still be in force, and only three of its four
	// members would stay.
	fifth, err := e.AddReplica()
	require.NoError(t, err)
	early, err := p.send(t.Context(), &ledger.ChangeValidators{Serial: 2, Remove: []pbft.ReplicaID{0}, Add: []ledger.NewValidator{fifth}})
	require.NoError(t, err)
	require.Equal(t, "validators.quorum", early.Code)
	heartbeats(t, p, func() bool { return e.Status().Height > early.Height+384 })
	change(t, p, &ledger.ChangeValidators{Serial: 2, Remove: []pbft.ReplicaID{0}, Add: []ledger.NewValidator{fifth}})
	heartbeats(t, p, votes(2, 1, 2, 3, 4, 5))
	change(t, p, &ledger.ChangeValidators{Serial: 3, Remove: []pbft.ReplicaID{1}})
	heartbeats(t, p, votes(3, 2, 3, 4, 5))
	_, err = p.send(t.Context(), &ledger.Heartbeat{})
	require.NoError(t, err)
	require.Equal(t, ledger.EngineStatus{Kind: e.Status().Kind, Height: e.Status().Height, Replicas: 4, Faulty: 1}, e.Status())
}

// signers returns the replicas that certified a header.
func signers(t *testing.T, h ledger.CertifiedHeader) []pbft.ReplicaID {
	t.Helper()
	cert, err := ledger.PBFTCertificate(h)
	require.NoError(t, err)
	var out []pbft.ReplicaID
	for _, e := range cert.Executed {
		out = append(out, e.Replica)
	}
	return out
}

// verifyHistory checks every certificate from the genesis, the last ones from
// later trusted states, and the signers at both ends.
func verifyHistory(t *testing.T, e ledger.Engine) {
	t.Helper()
	verifier, genesis := e.Trust()
	trusted := genesis
	var h ledger.CertifiedHeader
	var middle ledger.TrustState
	for height := uint64(1); height <= e.Status().Height; height++ {
		var err error
		h, err = e.Certified(t.Context(), height)
		require.NoError(t, err)
		trusted, err = verifier.Verify(trusted, h)
		require.NoError(t, err, "height %d", height)
		if m, err := ledger.PBFTMembers(trusted); err == nil && m.Epoch == 2 {
			middle = trusted
		}
	}
	// A removed replica signs no header of the last epoch.
	require.NotContains(t, signers(t, h), pbft.ReplicaID(0))
	require.NotContains(t, signers(t, h), pbft.ReplicaID(1))
	_, err := verifier.Verify(genesis, h)
	require.NoError(t, err, "from the genesis")

	// From a later state a shorter proof suffices. It proves nothing to an
	// earlier client.
	short, err := ledger.SinceTrusted(middle, h)
	require.NoError(t, err)
	require.Less(t, len(short.Proof.Data), len(h.Proof.Data))
	_, err = verifier.Verify(middle, short)
	require.NoError(t, err)
	_, err = verifier.Verify(genesis, short)
	require.ErrorIs(t, err, ledger.ErrFinality)
	epochs, err := ledger.ProofEpochs(h)
	require.NoError(t, err)
	require.Len(t, epochs, 3)
	parts := genesis
	for _, p := range epochs {
		parts, err = ledger.AdvanceEpochs(parts, []pbft.EpochProof{p})
		require.NoError(t, err)
	}
	require.Equal(t, trusted.Validators, parts.Validators)
	_, err = ledger.AdvanceEpochs(genesis, epochs[1:])
	require.ErrorIs(t, err, ledger.ErrFinality, "an epoch is missing")
	first, err := e.Certified(t.Context(), 1)
	require.NoError(t, err)
	_, err = ledger.SinceTrusted(middle, first)
	require.ErrorIs(t, err, ledger.ErrFinality)
}

// startGrowing starts a chain, or continues an export. Equal parties give equal
// chains.
func startGrowing(t *testing.T, p *party, from []byte) (*Chain, ledger.Genesis) {
	t.Helper()
	g := ledger.Genesis{Name: "growing", Identities: []ledger.Identity{p.identity}}
	cfg := ChainConfig{Genesis: g, Replicas: 4, Random: rand.NewChaCha8([32]byte{'g'})}
	if from != nil {
		cfg.From = bytes.NewReader(from)
	}
	c, err := NewChain(cfg)
	require.NoError(t, err)
	p.engine = c
	return c, g
}

func TestChainChangesItsValidators(t *testing.T) {
	p := newParty(t, "regulator", ledger.RoleRegulator)
	c, g := startGrowing(t, p, nil)
	at := func(c *Chain) func(id pbft.ReplicaID) pbft.State {
		return func(id pbft.ReplicaID) pbft.State { return c.nodes[id].State() }
	}
	changeAll(t, c, p, at(c))
	verifyHistory(t, c)

	// An export replays, and an engine continues it with the validators that
	// have joined.
	require.NoError(t, c.Close())
	var b bytes.Buffer
	require.NoError(t, Export(t.Context(), &b, g, c))
	audit, err := Replay(bytes.NewReader(b.Bytes()), ReplayOptions{})
	require.NoError(t, err)
	set, has := audit.Machine.Validators()
	require.True(t, has)
	require.Equal(t, uint64(3), set.Serial)
	again, _ := startGrowing(t, p, b.Bytes())
	require.Equal(t, 4, again.Status().Replicas)
	sixth, err := again.AddReplica()
	require.NoError(t, err)
	require.Equal(t, pbft.ReplicaID(6), sixth.Validator.ID)
	last := again.Status().Height
	heartbeats(t, p, func() bool { return again.Status().Height > last+384 })
	change(t, p, &ledger.ChangeValidators{Serial: 4, Add: []ledger.NewValidator{sixth}})
	heartbeats(t, p, func() bool { return at(again)(6).Epoch == 4 && at(again)(6).Executed == at(again)(2).Executed })
}

func TestClusterChangesItsValidators(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newParty(t, "regulator", ledger.RoleRegulator)
		c, err := NewCluster(ClusterConfig{
			Genesis: ledger.Genesis{Name: "growing", Identities: []ledger.Identity{p.identity}},
			Tick:    2 * time.Millisecond, Retry: 50 * time.Millisecond,
		})
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, c.Close()) })
		p.engine = c
		changeAll(t, c, p, func(id pbft.ReplicaID) pbft.State {
			time.Sleep(10 * time.Millisecond) // of the bubble: replicas fetch a state by ticks
			s, err := c.cluster.Drivers[id].State()
			require.NoError(t, err)
			return s
		})
		// A quorum of the last set works without those that are removed.
		require.NoError(t, c.StopReplica(0))
		require.NoError(t, c.StopReplica(1))
		require.NoError(t, c.StopReplica(2))
		_, err = p.send(t.Context(), &ledger.Heartbeat{})
		require.NoError(t, err)
		_, err = c.Certified(t.Context(), c.Status().Height)
		require.NoError(t, err)
		verifyHistory(t, c)
	})
}
