package relay

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/engine"
	"github.com/trigrid/trigrid/pbft"
)

// aged is a chain of one validator whose key changes as often as the test
// wants, without the blocks between changes.
type aged struct {
	ledger.Engine
	genesis ledger.TrustState
	signer  pbft.Signer
	members pbft.Membership
	epochs  []pbft.EpochProof
}

// validator returns the key of an epoch.
func validator(epoch uint64) (pbft.Signer, pbft.Membership) {
	s := pbft.NewSigner([32]byte{'v', byte(epoch), byte(epoch >> 8)})
	return s, pbft.Membership{Epoch: epoch, Members: []pbft.Member{{ID: pbft.ReplicaID(epoch), Key: s.Public()}}}
}

func newAged(e ledger.Engine) (*aged, error) {
	a := &aged{Engine: e}
	a.signer, a.members = validator(0)
	var err error
	a.genesis, err = ledger.TrustPBFT(pbft.Genesis{Name: "aged", Members: a.members.Members})
	a.genesis.Chain = e.Chain()
	return a, err
}

func (a *aged) Trust() (ledger.FinalityVerifier, ledger.TrustState) {
	return ledger.PBFTVerifier{}, a.genesis
}

// certify signs a header of the current set.
func (a *aged) certify(seq uint64, root ledger.Hash, next pbft.Membership) pbft.ExecutionCertificate {
	h := pbft.Header{
		Chain: pbft.Digest(a.Chain()), Epoch: a.members.Epoch, Seq: seq, StateRoot: pbft.Digest(root),
		Members: a.members.Digest(), NextMembers: next.Digest(),
	}
	id := a.members.Members[0].ID
	vote := pbft.SignAs(h.Chain, id, a.signer, &pbft.Vote{Type: pbft.KindExecuted, Epoch: h.Epoch, Seq: seq, Digest: h.Digest(), Replica: id})
	return pbft.ExecutionCertificate{Header: h, Executed: []pbft.Endorsement{{Replica: id, Signature: vote.(*pbft.Vote).Signature}}}
}

// age changes the validator a number of times.
func (a *aged) age(changes int) {
	for range changes {
		signer, next := validator(a.members.Epoch + 1)
		a.epochs = append(a.epochs, pbft.EpochProof{Certificate: a.certify(next.Epoch, ledger.Hash{}, next), Next: next})
		a.signer, a.members = signer, next
	}
}

func (a *aged) Certified(ctx context.Context, height uint64) (ledger.CertifiedHeader, error) {
	h, err := a.Engine.Certified(ctx, height)
	if err != nil {
		return h, err
	}
	cert := a.certify(height, h.Header.Hash(), a.members)
	h.Proof, err = ledger.NewPBFTProof(&cert, a.epochs)
	return h, err
}

// startAged returns a star whose carbon chain ages.
func startAged(t *testing.T) (*Network, *aged) {
	t.Helper()
	var old *aged
	n, err := NewNetwork(t.Context(), NetworkConfig{
		Topology: Star("north"), Owners: []string{"north"},
		Engine: func(g ledger.Genesis, contracts []ledger.Contract) (ledger.Engine, error) {
			e, err := engine.NewChain(engine.ChainConfig{Genesis: g, Contracts: contracts})
			if err != nil || g.Name != Carbon {
				return e, err
			}
			var bad error
			old, bad = newAged(e)
			return old, bad
		},
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, n.Close()) })
	require.NoError(t, n.Issue(t.Context(), Carbon, "allowance", "north", 100))
	return n, old
}

// trustedEpoch returns the epoch of carbon that the relay trusts.
func trustedEpoch(t *testing.T, n *Network) uint64 {
	t.Helper()
	v, err := n.read(t.Context(), "relay", ClientKey(Carbon))
	require.NoError(t, err)
	var trusted ledger.TrustState
	require.NoError(t, trusted.UnmarshalBinary(v.Value))
	m, err := ledger.PBFTMembers(trusted)
	require.NoError(t, err)
	return m.Epoch
}

// TestPacketsCrossAfterThousandsOfChanges: a proof from the genesis with 3,000
// changes does not fit into a transaction. The gateway brings the neighbour
// there in parts, and after one more change it needs no part.
func TestPacketsCrossAfterThousandsOfChanges(t *testing.T) {
	n, old := startAged(t)
	cross := func(amount ledger.Micro) (transactions uint64) {
		t.Helper()
		require.NoError(t, n.Transfer(t.Context(), Carbon, "allowance", "north", "north", "north", amount, 1000))
		before := n.Chain("relay").Status().Height
		var out *Gateway
		for _, g := range n.Gateways() {
			if g.From == Carbon {
				out = g
			}
		}
		taken, err := out.Step(t.Context())
		require.NoError(t, err)
		require.Equal(t, 1, taken)
		return n.Chain("relay").Status().Height - before
	}
	require.Equal(t, uint64(1), cross(1))
	old.age(3000)
	h, err := old.Certified(t.Context(), 1)
	require.NoError(t, err)
	require.Greater(t, len(h.Proof.Data), maxBytes)
	parts := uint64(len(h.Proof.Data) / changesBytes) // the last ones are in the header's proof
	require.Equal(t, parts+1, cross(2))
	require.Equal(t, uint64(3000), trustedEpoch(t, n))
	old.age(1)
	require.Equal(t, uint64(1), cross(4))
	require.Equal(t, uint64(3001), trustedEpoch(t, n))

	require.NoError(t, n.Settle(t.Context()))
	arrived, err := n.Balance(t.Context(), "north", "allowance", "north")
	require.NoError(t, err)
	require.Equal(t, ledger.Micro(7), arrived)
}

// TestAttackChangesWithoutCertificates: changes of validators that the trusted
// ones have not signed are refused, also in the middle of a part, and so is a
// part with a gap. A part that came before has no effect.
func TestAttackChangesWithoutCertificates(t *testing.T) {
	n, old := startAged(t)
	old.age(8)
	part := func(epochs ...pbft.EpochProof) *advance {
		cert := old.certify(1, ledger.Hash{}, old.members)
		p, err := ledger.NewPBFTProof(&cert, epochs)
		require.NoError(t, err)
		return &advance{Carbon, p}
	}
	hand := func(m *advance) error {
		_, err := n.clients["relay"][carrier].Send(t.Context(), m)
		return err
	}
	require.NoError(t, hand(part(old.epochs[:4]...)))
	require.Equal(t, uint64(4), trustedEpoch(t, n))
	require.NoError(t, hand(part(old.epochs[:2]...)))
	require.Equal(t, uint64(4), trustedEpoch(t, n))

	forged := slices.Clone(old.epochs[4:])
	forged[1].Next.Members = slices.Clone(forged[1].Next.Members)
	forged[1].Next.Members[0].Key[0] ^= 1
	unsigned := slices.Clone(old.epochs[4:])
	unsigned[2].Certificate.Executed = nil
	wrong := part(old.epochs[4:]...)
	wrong.part.Kind = "other"
	for name, m := range map[string]*advance{
		"another key": part(forged...), "no signature": part(unsigned...), "gap": part(old.epochs[5:]...), "kind": wrong,
		"no proof": {Carbon, ledger.FinalityProof{Kind: ledger.ProofPBFT}},
	} {
		err := hand(m)
		require.True(t, Refused(err, "header"), "%s: %v", name, err)
		require.Equal(t, uint64(4), trustedEpoch(t, n), name)
	}
	err := hand(&advance{"south", part(old.epochs...).part})
	require.True(t, Refused(err, "unknown"), "%v", err)
	require.NoError(t, hand(part(old.epochs...)))
	require.Equal(t, uint64(8), trustedEpoch(t, n))
}

// TestVerifiersSplitByKindOfProof: the verifier of several engines splits a
// proof as that of its kind, and leaves a proof without changes as it is.
func TestVerifiersSplitByKindOfProof(t *testing.T) {
	n, old := startAged(t)
	old.age(20)
	h, err := old.Certified(t.Context(), n.Chain(Carbon).Status().Height)
	require.NoError(t, err)
	v := ledger.Verifiers{ledger.ProofPBFT: ledger.PBFTVerifier{}}
	for _, limit := range []int{1, 1000, 2000, 1 << 20} {
		parts, short, err := v.SplitChanges(old.genesis, h, limit)
		require.NoError(t, err)
		trusted := old.genesis
		for _, p := range parts {
			require.LessOrEqual(t, len(p.Data), limit+600) // one change has less than 600 bytes
			trusted, err = v.AdvanceChanges(trusted, p)
			require.NoError(t, err)
		}
		after, err := v.Verify(trusted, short)
		require.NoError(t, err, limit)
		whole, err := v.Verify(old.genesis, h)
		require.NoError(t, err)
		require.Equal(t, whole, after)
	}
	trusted := old.genesis
	trusted.Frozen = true
	parts, _, err := v.SplitChanges(old.genesis, h, 1000)
	require.NoError(t, err)
	_, err = v.AdvanceChanges(trusted, parts[0])
	require.ErrorIs(t, err, ledger.ErrConflict)
	other := h
	other.Proof.Kind = "other"
	parts, same, err := v.SplitChanges(old.genesis, other, 1)
	require.NoError(t, err)
	require.Empty(t, parts)
	require.Equal(t, other, same)
	_, err = v.AdvanceChanges(old.genesis, other.Proof)
	require.True(t, errors.Is(err, ledger.ErrFinality))
}
