package ledger

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/codec"
)

// decodable are all types that are read from bytes that somebody else wrote.
func decodable() []Coded {
	out := []Coded{
		&Header{}, &CommittedBlock{}, &CertifiedHeader{}, &TrustState{}, &PaymentProof{}, &Delivery{}, &exportHead{},
		&exportBlock{}, &snapshot{}, &pbftProof{}, &pbftSet{}, &Packet{}, &PeriodKey{}, &Genesis{}, &Sealed{}, &Path{},
		&StateProof{}, &opening{}, &ReadAnswer{}, &SchemeRecord{}, &Round{}, &Trade{}, &Holding{}, &SettlementRecord{},
		&numbers{}, &Names{}, &Receipt{}, &exportEnd{}, &savedRecord{}, &savedMemory{},
	}
	for _, x := range append(builtIn(), Coordination()...) {
		for _, h := range x.(*TypedContract).handlers {
			out = append(out, h.empty())
		}
	}
	slices.SortFunc(out, func(a, b Coded) int { return strings.Compare(fmt.Sprintf("%T", a), fmt.Sprintf("%T", b)) })
	return out
}

// FuzzDecoders feeds every decoder: none may panic, and what one accepts has no second encoding.
func FuzzDecoders(f *testing.F) {
	for i, x := range decodable() {
		f.Add(byte(i), Encode(x))
	}
	f.Add(byte(0), []byte{0xff, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, which byte, b []byte) {
		all := decodable()
		x := all[int(which)%len(all)]
		if Decode("fuzz", b, x) == nil {
			require.True(t, bytes.Equal(b, Encode(x)), "%T has two encodings", x)
		}
		if tx, err := DecodeTx(b); err == nil {
			require.True(t, bytes.Equal(b, EncodeTx(tx)))
		}
		var o OpenedScheme
		if codec.Decode(b, o.codeBody) == nil {
			require.True(t, bytes.Equal(b, codec.Encode(o.codeBody)))
		}
		_, _ = Replay(bytes.NewReader(append([]byte(exportMagic), b...)), ReplayOptions{})
	})
}

// FuzzOperation has a registered grid, VPP, DER and regulator send arbitrary operations: two machines must say the same
// of each, panic on none, and agree on the root.
func FuzzOperation(f *testing.F) {
	random := rand.NewChaCha8([32]byte{'f'})
	var g Genesis
	var parties []*Party
	g.Name = "fuzz"
	for _, role := range []Role{RoleGrid, RoleVPP, RoleDER, RoleRegulator} {
		p, err := NewParty(random, role.String(), role)
		require.NoError(f, err)
		parties = append(parties, p)
		g.Identities = append(g.Identities, p.Identity())
	}
	for _, x := range decodable() {
		if m, ok := x.(Message); ok {
			f.Add(byte(0), m.Kind(), Encode(m), byte(1), "weights.publish", Encode(&PublishWeights{Weights{
				Period: 1, Version: 1, Economic: 1_000_000, Effective: 2, Deadline: 9,
			}}))
		}
	}
	f.Fuzz(func(t *testing.T, who byte, kind string, body []byte, who2 byte, kind2 string, body2 []byte) {
		var blocks [2][]CommittedBlock
		for i := range blocks {
			m, err := NewMachine(Hash{7}, g, Coordination()...)
			require.NoError(t, err)
			for k, x := range []struct {
				who  byte
				kind string
				body []byte
			}{{who, kind, body}, {who2, kind2, body2}, {who, kind, body}} {
				p := parties[int(x.who)%len(parties)]
				tx := NewTx(Hash{7}, p.now().signer, uint64(k+1), &RawMessage{Name: x.kind, Body: x.body})
				b, err := m.Apply(Block{Time: int64(k), Txs: []Tx{tx}})
				require.NoError(t, err)
				blocks[i] = append(blocks[i], b)
			}
			var snapshot bytes.Buffer
			require.NoError(t, m.Snapshot(&snapshot))
			head := m.Head()
			require.NoError(t, m.Restore(&snapshot, head.Hash()))
		}
		require.Equal(t, blocks[0], blocks[1])
	})
}

// FuzzPaymentProof flips bits of a valid proof: nothing but the proof itself may verify.
func FuzzPaymentProof(f *testing.F) {
	ctx := context.Background()
	n, err := NewNetwork(ctx, NetworkConfig{
		Random:  rand.NewChaCha8([32]byte{'f'}),
		Members: []PartyConfig{{"grid", RoleGrid}, {"vpp", RoleVPP}, {"der", RoleDER}},
	})
	require.NoError(f, err)
	require.NoError(f, n.PublishWeights(ctx, 1, [3]float64{1, 0, 0}))
	require.NoError(f, n.Settle(ctx, 1, []Payment{{"grid", -30}, {"vpp", 10}, {"der", 20}}))
	proof, err := n.ProvePayment(ctx, 1, "der")
	require.NoError(f, err)
	verifier, trust := n.Engine().Trust()
	require.NoError(f, proof.Verify(verifier, trust))
	good := Encode(proof)
	for at := range good {
		f.Add(uint32(at), byte(1))
	}
	f.Fuzz(func(t *testing.T, at uint32, flip byte) {
		if flip == 0 {
			return
		}
		b := bytes.Clone(good)
		b[int(at)%len(b)] ^= flip
		var p PaymentProof
		if p.UnmarshalBinary(b) == nil {
			require.Error(t, p.Verify(verifier, trust), "byte %d changed by %02x", int(at)%len(b), flip)
		}
	})
}
