package ledgertest

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/client"
	"github.com/trigrid/trigrid/ledger/engine"
)

// certifiedReads checks that present and absent keys verify, and that altered
// keys, values and proofs do not.
//
// For example, the proof of "test/absent" shows that the key has no value.
func certifiedReads(t *testing.T, factory Factory) {
	s := start(t, factory)
	// Some load makes the trie deep enough for siblings.
	s.load(t, 2, 3)
	c := s.client(t, 3)
	// A register, a counter, an absent key, and a key of the ledger itself.
	for _, key := range []string{"test/r0", "test/shared", "test/absent", "identity/party-0"} {
		v, err := c.Read(s.ctx, client.Certified, key)
		require.NoError(t, err, key)
		require.Equal(t, key != "test/absent", v.Present, key)
		h, err := s.engine.Certified(s.ctx, v.Height)
		require.NoError(t, err)
		root := h.Header.StateRoot
		require.NoError(t, ledger.VerifyState(root, key, v.Value, v.Present, v.Proof))

		require.ErrorIs(t, ledger.VerifyState(root, key+"x", v.Value, v.Present, v.Proof), ledger.ErrStateProof)
		require.ErrorIs(t, ledger.VerifyState(root, key, append([]byte("x"), v.Value...), v.Present, v.Proof), ledger.ErrStateProof)
		require.ErrorIs(t, ledger.VerifyState(root, key, v.Value, !v.Present, v.Proof), ledger.ErrStateProof)
		require.NotEmpty(t, v.Proof.Siblings)
		// A truncated list of siblings must not verify.
		short := v.Proof
		short.Siblings = short.Siblings[1:]
		require.ErrorIs(t, ledger.VerifyState(root, key, v.Value, v.Present, short), ledger.ErrStateProof)
	}
	verifier, trust := s.engine.Trust()
	h, err := s.engine.Certified(s.ctx, 1)
	require.NoError(t, err)
	// The trust of the genesis verifies height 1 without any other header.
	after, err := verifier.Verify(trust, h)
	require.NoError(t, err)
	require.Equal(t, uint64(1), after.Height)
	// The certificate covers the header's hash, so a changed header must fail.
	forged := h
	forged.Header.StateRoot[0] ^= 1
	_, err = verifier.Verify(trust, forged)
	require.ErrorIs(t, err, ledger.ErrFinality)
	// The trusted chain is part of every signed statement.
	foreign := trust
	foreign.Chain[0] ^= 1
	_, err = verifier.Verify(foreign, h)
	require.ErrorIs(t, err, ledger.ErrFinality)
}

// blockProofs checks the proofs of receipts and transactions.
//
// Both are proved under the certified header of their block.
func blockProofs(t *testing.T, factory Factory) {
	s := start(t, factory)
	r, err := s.client(t, 1).Send(s.ctx, message("swap", "x", []byte("y")))
	require.NoError(t, err)
	b, err := s.engine.Block(s.ctx, r.Height)
	require.NoError(t, err)
	h, err := s.engine.Certified(s.ctx, r.Height)
	require.NoError(t, err)
	require.Equal(t, b.Header, h.Header)
	require.NoError(t, ledger.VerifyReceipt(&h.Header, &r, b.ReceiptPath(int(r.Index))))
	require.NoError(t, ledger.VerifyTx(&h.Header, &b.Txs[r.Index], b.TxPath(int(r.Index))))
	// The receipt's answer is part of the proved bytes.
	r.Data = []byte("z")
	require.ErrorIs(t, ledger.VerifyReceipt(&h.Header, &r, b.ReceiptPath(int(r.Index))), ledger.ErrPath)
}

// packetProofs checks the proofs of sent packets.
//
// A header covers all packets that were sent up to its height.
func packetProofs(t *testing.T, factory Factory) {
	s := start(t, factory)
	c := s.client(t, 1)
	var last ledger.Receipt
	for i := range 5 {
		var err error
		last, err = c.Send(s.ctx, message("send", "there", []byte{byte(i)}))
		require.NoError(t, err)
	}
	h, err := s.engine.Certified(s.ctx, last.Height)
	require.NoError(t, err)
	require.Equal(t, uint64(5), h.Header.Sent)
	// All packets are proved under the last header, not only the newest.
	for i := range uint64(5) {
		p, path, err := s.engine.Outbox(s.ctx, i, last.Height)
		require.NoError(t, err)
		require.Equal(t, []byte{byte(i)}, p.Payload)
		require.NoError(t, ledger.VerifyPacket(&h.Header, &p, path))
		// So is the packet's payload.
		p.Payload[0]++
		require.ErrorIs(t, ledger.VerifyPacket(&h.Header, &p, path), ledger.ErrPath)
	}
	// Five packets have the numbers 0 to 4.
	_, _, err = s.engine.Outbox(s.ctx, 5, last.Height)
	require.Error(t, err)
}

// replays checks that an export replays, and that its state survives a
// snapshot.
//
// Two snapshots of one state have equal bytes.
func replays(t *testing.T, factory Factory) {
	s := start(t, factory)
	s.load(t, 3, 4)
	var b bytes.Buffer
	require.NoError(t, engine.Export(s.ctx, &b, s.genesis, s.engine))
	verifier, trust := s.engine.Trust()
	audit, err := engine.Replay(&b, engine.ReplayOptions{Contracts: []ledger.Contract{Registers{}}, Verifier: verifier, Trust: trust})
	require.NoError(t, err)
	last, err := s.engine.Block(s.ctx, uint64(len(audit.Blocks)))
	require.NoError(t, err)
	require.Equal(t, last.Header, audit.Machine.Head())

	// A snapshot of the replayed state restores to the same state, and only
	// under its own header.
	var snapshot bytes.Buffer
	require.NoError(t, audit.Machine.Snapshot(&snapshot))
	fresh, err := ledger.NewMachine(s.engine.Chain(), s.genesis, Registers{})
	require.NoError(t, err)
	// The parent's hash is a valid hash of the chain, but of another state.
	require.ErrorIs(t, fresh.Restore(bytes.NewReader(snapshot.Bytes()), last.Header.Parent), ledger.ErrSnapshot)
	require.NoError(t, fresh.Restore(bytes.NewReader(snapshot.Bytes()), last.Header.Hash()))
	var twice bytes.Buffer
	require.NoError(t, fresh.Snapshot(&twice))
	require.True(t, bytes.Equal(snapshot.Bytes(), twice.Bytes()))
}
