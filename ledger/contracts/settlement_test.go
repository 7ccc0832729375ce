package contracts_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/ledger/client"
	"github.com/trigrid/trigrid/ledger/contracts"
	"github.com/trigrid/trigrid/ledger/internal/testnet"
)

func TestRegulatorOpensEveryLineAndPartiesOnlyTheirOwn(t *testing.T) {
	n := testnet.Start(t, 1, 1)
	ctx := t.Context()
	require.NoError(t, n.PublishWeights(ctx, 1, [3]float64{1, 0, 0}))
	payments := []client.Payment{{Party: "grid", Amount: -70}, {Party: "vpp-1", Amount: 30}, {Party: "W1", Amount: 25}, {Party: "B1", Amount: 15}}
	require.NoError(t, n.Settle(ctx, 1, payments))
	got, err := n.AuditSettlement(ctx, 1, "regulator")
	require.NoError(t, err)
	require.ElementsMatch(t, payments, got)
	c, err := n.Client("W1")
	require.NoError(t, err)
	_, err = c.AuditSettlement(ctx, 1, []string{"W1", "B1"})
	require.ErrorIs(t, err, contracts.ErrNotForMe)
	supervisor, err := n.Client("regulator")
	require.NoError(t, err)
	_, err = supervisor.AuditSettlement(ctx, 1, []string{"grid", "vpp-1", "W1", "W1"})
	require.ErrorContains(t, err, "1 of the 4 lines", "B1 is not named, and W1 named twice does not make up for it")

	proof, err := n.ProvePayment(ctx, 1, "W1")
	require.NoError(t, err)
	verifier, trust := n.Engine().Trust()
	b, err := proof.MarshalBinary()
	require.NoError(t, err)
	var again contracts.PaymentProof
	require.NoError(t, again.UnmarshalBinary(b))
	require.NoError(t, again.Verify(verifier, trust))
	for name, forge := range map[string]func(*contracts.PaymentProof){
		"amount":     func(p *contracts.PaymentProof) { p.Line.Amount++ },
		"party":      func(p *contracts.PaymentProof) { p.Party = "B1" },
		"salt":       func(p *contracts.PaymentProof) { p.Salt[0] ^= 1 },
		"period":     func(p *contracts.PaymentProof) { p.Period++ },
		"index":      func(p *contracts.PaymentProof) { p.Path.Index ^= 1 },
		"size":       func(p *contracts.PaymentProof) { p.Path.Size++ },
		"root":       func(p *contracts.PaymentProof) { p.Record.Parts[0].Root[0] ^= 1 },
		"part":       func(p *contracts.PaymentProof) { p.Part++ },
		"parts":      func(p *contracts.PaymentProof) { p.Record.Parts = nil },
		"state root": func(p *contracts.PaymentProof) { p.Header.Header.StateRoot[0] ^= 1 },
		"proof":      func(p *contracts.PaymentProof) { p.State.Siblings = p.State.Siblings[1:] },
		"kind":       func(p *contracts.PaymentProof) { p.Header.Proof.Kind = "word of honour" },
		"certificate": func(p *contracts.PaymentProof) {
			p.Header.Proof.Data = slices.Clone(p.Header.Proof.Data)
			p.Header.Proof.Data[len(p.Header.Proof.Data)-1] ^= 1
		},
	} {
		var p contracts.PaymentProof
		require.NoError(t, p.UnmarshalBinary(b))
		forge(&p)
		require.Error(t, p.Verify(verifier, trust), name)
	}
}
