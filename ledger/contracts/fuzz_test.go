package contracts

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/codec"
	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/pbft"
)

// messages returns one empty message of every kind.
func messages() []ledger.Message {
	var out []ledger.Message
	for _, x := range Coordination() {
		t := x.(*ledger.TypedContract)
		for _, verb := range t.Verbs() {
			out = append(out, t.NewMessage(verb))
		}
	}
	return out
}

// decodable returns one value of every type that is read from bytes of another
// party.
func decodable() []ledger.Coded {
	out := []ledger.Coded{
		&PaymentProof{}, &Delivery{}, &PeriodKey{}, &opening{}, &SchemeRecord{}, &Round{}, &Trade{}, &Holding{},
		&SettlementRecord{}, &settlementDraft{}, &MemberProof{}, &Class{}, &Split{}, &ClassSettlement{},
	}
	for _, m := range messages() {
		out = append(out, m)
	}
	return out
}

// FuzzDecoders feeds every decoder: none may panic, and an accepted input has
// no second encoding.
func FuzzDecoders(f *testing.F) {
	for i, x := range decodable() {
		f.Add(byte(i), ledger.Encode(x))
	}
	f.Add(byte(0), []byte{0xff, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, which byte, b []byte) {
		all := decodable()
		x := all[int(which)%len(all)]
		if ledger.Decode("fuzz", b, x) == nil {
			require.True(t, bytes.Equal(b, ledger.Encode(x)), "%T has two encodings", x)
		}
		var o OpenedScheme
		if codec.Decode(b, o.codeBody) == nil {
			require.True(t, bytes.Equal(b, codec.Encode(o.codeBody)))
		}
	})
}

// FuzzOperation lets a registered grid, VPP, DER and regulator send arbitrary
// operations. Two machines must give equal receipts, panic on none, and agree
// on the root.
func FuzzOperation(f *testing.F) {
	random := rand.NewChaCha8([32]byte{'f'})
	g := ledger.Genesis{Name: "fuzz"}
	var signers []pbft.Signer
	for _, role := range []ledger.Role{ledger.RoleGrid, ledger.RoleVPP, ledger.RoleDER, ledger.RoleRegulator} {
		signer := pbft.NewSigner([32]byte{byte(role)})
		open, err := ledger.NewOpenKey(random, ledger.SuiteX25519())
		require.NoError(f, err)
		signers = append(signers, signer)
		g.Identities = append(g.Identities, ledger.Identity{
			ID: role.String(), Role: role, Key: signer.Public(), Seal: open.Public(),
		})
	}
	others := []ledger.Message{
		&ledger.RegisterIdentity{}, &ledger.RotateKeys{}, &ledger.RevokeIdentity{}, &ledger.Heartbeat{}, &ledger.ReadState{},
	}
	for _, m := range append(messages(), others...) {
		f.Add(byte(0), m.Kind(), ledger.Encode(m), byte(1), "weights.publish", ledger.Encode(&PublishWeights{Weights{
			Period: 1, Version: 1, Economic: 1_000_000, Effective: 2, Deadline: 9,
		}}))
	}
	f.Fuzz(func(t *testing.T, who byte, kind string, body []byte, who2 byte, kind2 string, body2 []byte) {
		var blocks [2][]ledger.CommittedBlock
		for i := range blocks {
			m, err := ledger.NewMachine(ledger.Hash{7}, g, Coordination()...)
			require.NoError(t, err)
			for k, x := range []struct {
				who  byte
				kind string
				body []byte
			}{{who, kind, body}, {who2, kind2, body2}, {who, kind, body}} {
				signer := signers[int(x.who)%len(signers)]
				tx := ledger.NewTx(ledger.Hash{7}, signer, uint64(k+1), &ledger.RawMessage{Name: x.kind, Body: x.body})
				b, err := m.Apply(ledger.Block{Time: int64(k), Txs: []ledger.Tx{tx}})
				require.NoError(t, err)
				blocks[i] = append(blocks[i], b)
			}
			require.Empty(t, m.Panics(), "a refusal hides a panic")
			var snapshot bytes.Buffer
			require.NoError(t, m.Snapshot(&snapshot))
			head := m.Head()
			require.NoError(t, m.Restore(&snapshot, head.Hash()))
		}
		require.Equal(t, blocks[0], blocks[1])
	})
}
