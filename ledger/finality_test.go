package ledger_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/internal/testnet"
)

func TestVerifiersJudgeByKindOfProof(t *testing.T) {
	n := testnet.Start(t, 1, 4)
	require.NoError(t, n.Heartbeat(t.Context(), 3))
	_, trust := n.Engine().Trust()
	v := ledger.Verifiers{ledger.ProofPBFT: ledger.PBFTVerifier{}}
	h, err := n.Engine().Certified(t.Context(), 2)
	require.NoError(t, err)
	after, err := v.Verify(trust, h)
	require.NoError(t, err)
	require.Equal(t, uint64(2), after.Height)
	h.Proof.Kind = "word of honour"
	_, err = v.Verify(trust, h)
	require.ErrorIs(t, err, ledger.ErrFinality)
}

// A light client that has seen height 3 confirms 2, moves on to 4, and can be
// stored and read back in between.
func TestLightClientMovesForwardAndConfirmsBackwards(t *testing.T) {
	n := testnet.Start(t, 1, 4)
	require.NoError(t, n.Heartbeat(t.Context(), 4))
	v, trust := n.Engine().Trust()
	for _, step := range []struct{ height, tip uint64 }{{3, 3}, {2, 3}, {3, 3}, {4, 4}, {1, 4}} {
		h, err := n.Engine().Certified(t.Context(), step.height)
		require.NoError(t, err)
		trust, err = v.Verify(trust, h)
		require.NoError(t, err)
		require.Equal(t, step.tip, trust.Height)
		b, err := trust.MarshalBinary()
		require.NoError(t, err)
		var again ledger.TrustState
		require.NoError(t, again.UnmarshalBinary(b))
		require.Equal(t, trust, again)

		var stored ledger.CertifiedHeader
		b, err = h.MarshalBinary()
		require.NoError(t, err)
		require.NoError(t, stored.UnmarshalBinary(b))
		require.Equal(t, h, stored)
	}
}
