package replica

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/pbft"
)

// The intake vouches for the requests that it has verified only. A proposal of
// an epoch that it does not have is passed on without its word, so that a node
// that has just entered the epoch verifies it.
func TestIntakeVouchesForVerifiedRequestsOnly(t *testing.T) {
	primary, client := pbft.NewSigner([32]byte{1}), pbft.NewSigner([32]byte{2})
	g, err := pbft.Genesis{Name: "vouch", Members: []pbft.Member{{Key: primary.Public()}}}.WithDefaults()
	require.NoError(t, err)
	chain, err := g.Chain()
	require.NoError(t, err)
	members, err := pbft.NewMembership(0, g.Members)
	require.NoError(t, err)
	d := &Driver{
		verifier: newVerifiedCache(g.Rule.Verifier()), chain: chain, genesis: g, inbox: make(chan inbound, 1),
		verify: make(chan struct{}, 1), refused: map[pbft.Refusal]uint64{},
	}
	d.members.Store(&members)
	var stop context.CancelFunc
	d.ctx, stop = context.WithCancel(t.Context())
	defer stop()
	propose := func(epoch uint64, valid bool) *pbft.PrePrepare {
		b := &pbft.Batch{Requests: []pbft.Request{pbft.NewRequest(chain, client, 1, []byte("x"))}}
		if !valid {
			b.Requests[0].Signature[7] ^= 1
		}
		p := &pbft.PrePrepare{Proposal: pbft.Proposal{Epoch: epoch, Seq: 1, Digest: b.Digest()}, Batch: b}
		return pbft.SignAs(chain, 0, primary, p).(*pbft.PrePrepare)
	}
	own := newDoor(doorCredit)
	d.take(0, &own, propose(0, true))
	require.True(t, (<-d.inbox).verified)
	d.take(0, &own, propose(1, false))
	require.False(t, (<-d.inbox).verified)
	d.take(0, &own, propose(0, false))
	d.wg.Wait()
	require.Empty(t, d.inbox)
	require.EqualValues(t, 1, d.refused[pbft.RefusedSignature])
}
