package client_test

import (
	"bytes"
	"context"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/client"
	"github.com/trigrid/trigrid/ledger/contracts"
)

// FuzzPaymentProof flips bits of a valid proof: nothing but the proof itself
// may verify.
func FuzzPaymentProof(f *testing.F) {
	ctx := context.Background()
	n, err := client.NewNetwork(ctx, client.NetworkConfig{
		Random:  rand.NewChaCha8([32]byte{'f'}),
		Members: []client.PartyConfig{{ID: "grid", Role: ledger.RoleGrid}, {ID: "vpp", Role: ledger.RoleVPP}, {ID: "der", Role: ledger.RoleDER}},
	})
	require.NoError(f, err)
	require.NoError(f, n.PublishWeights(ctx, 1, [3]float64{1, 0, 0}))
	require.NoError(f, n.Settle(ctx, 1, []client.Payment{{Party: "grid", Amount: -30}, {Party: "vpp", Amount: 10}, {Party: "der", Amount: 20}}))
	proof, err := n.ProvePayment(ctx, 1, "der")
	require.NoError(f, err)
	verifier, trust := n.Engine().Trust()
	require.NoError(f, proof.Verify(verifier, trust))
	good := ledger.Encode(proof)
	for at := range good {
		f.Add(uint32(at), byte(1))
	}
	f.Fuzz(func(t *testing.T, at uint32, flip byte) {
		if flip == 0 {
			return
		}
		b := bytes.Clone(good)
		b[int(at)%len(b)] ^= flip
		var p contracts.PaymentProof
		if p.UnmarshalBinary(b) == nil {
			require.Error(t, p.Verify(verifier, trust), "byte %d changed by %02x", int(at)%len(b), flip)
		}
	})
}
