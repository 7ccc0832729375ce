package pbft

import (
	"crypto/sha256"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// samples is one message of each kind.
func samples(t testing.TB) []Message {
	f := newFixture(t, 4)
	a := digestOf('a')
	p := f.prePrepare(0, 5, f.batch(1, 2))
	stable := f.stable(4)
	asked := f.viewChange(3, 1, stable, f.prepared(0, 5, a), f.prepared(0, 7, a))
	order := OrderCertificate{Seq: 5, Digest: p.Digest, Commits: stable.Executed}
	next := f.members
	next.Epoch = 1
	return []Message{
		&Forward{Requests: p.Batch.Requests}, p, f.prePrepare(0, 6, nil),
		f.vote(KindPrepare, 0, 5, a, 1), f.vote(KindCommit, 0, 5, a, 1), f.vote(KindExecuted, 0, 5, a, 1),
		asked, f.newView(1, f.viewChange(1, 1, stable), f.viewChange(2, 1, stable), asked),
		&Status{View: 1, Active: true, Executed: 9, Observer: true, Checkpoint: &stable, Nonce: Digest{'n'}, Replica: 2, Signature: Signature{3}},
		&Fetch{Bodies: []Digest{a}, Blocks: 3, Snapshot: 4, Chunk: 1},
		&Bodies{Batches: []*Batch{p.Batch, nil}},
		&Blocks{Ordered: []OrderedBatch{{Certificate: order, Batch: p.Batch}, {Certificate: order}}},
		&Snapshot{Certificate: stable, Epochs: []EpochProof{{Certificate: stable, Next: next}}, Chunk: 1, Chunks: 2, Path: []Digest{a}, Data: []byte("data")},
		&Evidence{Type: KindCommit, Seq: 5, Replica: 2, Digests: [2]Digest{a, p.Digest}},
	}
}

// records is one record of each kind.
func records(t testing.TB) []Record {
	f := newFixture(t, 4)
	low := f.stable(4)
	prepared := f.prepared(0, 5, digestOf('a'))
	return []Record{
		{Asked: &AskedRecord{View: 3}},
		{Entered: f.newView(1, f.viewChange(1, 1, low), f.viewChange(2, 1, low), f.viewChange(3, 1, low))},
		{Accepted: f.prePrepare(0, 5, f.batch(1))},
		{Prepared: &prepared},
		{Low: &low},
		{Committed: &OrderCertificate{Seq: 5, Commits: low.Executed}},
		{Body: f.batch(1), BodySeq: 5},
		{Stable: &StableRecord{Certificate: low, State: NewStateParts([]byte("state"))}},
	}
}

// TestEncodingsStay: an encoding that changes makes every chain, log and
// certificate written before unreadable.
func TestEncodingsStay(t *testing.T) {
	var all []byte
	for _, m := range samples(t) {
		all = append(all, EncodeMessage(m)...)
	}
	require.Equal(t, "40c6896431b9d2a7e58677c770a8fc146e85ea00592317a7ceca626350ea582b", fmt.Sprintf("%x", sha256.Sum256(all)), "messages")
	all = nil
	for _, r := range records(t) {
		all = append(all, EncodeRecord(r)...)
	}
	require.Equal(t, "e0fed1c3fbbf30a69ab69eebdd00ba6dd59655794f21e49d62aa189b2c4f0a64", fmt.Sprintf("%x", sha256.Sum256(all)), "records")
	f := newFixture(t, 4)
	n := f.node(t, 1)
	n.change = &memberChange{at: 12, next: f.members}
	n.clients.record(requestKey{client: clientSigner().Public(), number: 2}, kept{result: []byte("two")})
	n.clients.record(requestKey{client: clientSigner().Public(), number: 1}, kept{})
	n.takeCheckpoint(&Header{Seq: 4})
	state := n.checkpoints[4].state().Join()
	require.Equal(t, "b73fb4223d3f3cde4ec7209052e6f8be4a295d487eac2155f4a99bd9501a44e1", fmt.Sprintf("%x", sha256.Sum256(state)), "checkpoint with a planned change of members")
}

func TestMessagesSurviveTheWire(t *testing.T) {
	for _, m := range samples(t) {
		b := EncodeMessage(m)
		got, err := DecodeMessage(b)
		require.NoError(t, err, "%v", m.Kind())
		require.Equal(t, b, EncodeMessage(got), "%v", m.Kind())
		for cut := range b {
			_, err := DecodeMessage(b[:cut])
			require.ErrorIs(t, err, ErrMessage, "%v cut at %d", m.Kind(), cut)
		}
		_, err = DecodeMessage(append(b, 0))
		require.ErrorIs(t, err, ErrMessage, "%v with a byte after it", m.Kind())
	}
}

// FuzzDecodeMessage: whatever decodes has exactly that one encoding.
func FuzzDecodeMessage(f *testing.F) {
	for _, m := range samples(f) {
		f.Add(EncodeMessage(m))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := DecodeMessage(b)
		if err == nil {
			require.Equal(t, b, EncodeMessage(m))
		}
	})
}

// FuzzDecodeRecord: the same for what comes from a disk.
func FuzzDecodeRecord(f *testing.F) {
	for _, r := range records(f) {
		f.Add(EncodeRecord(r))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := DecodeRecord(b)
		if err == nil {
			require.Equal(t, b, EncodeRecord(r))
		}
	})
}

// FuzzDecodeReply: the same for what a client reads from a replica.
func FuzzDecodeReply(f *testing.F) {
	r := Reply{Replica: 1, Number: 2, Result: []byte("r"), Count: 2, Path: []Digest{{1}}}
	f.Add(EncodeReply(&r))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := DecodeReply(b)
		if err == nil {
			require.Equal(t, b, EncodeReply(&r))
		}
	})
}

// FuzzStep: no message, from a state in the middle of a view, makes a node
// panic or do unbounded work.
func FuzzStep(f *testing.F) {
	for _, m := range samples(f) {
		f.Add(EncodeMessage(m), byte(3))
	}
	fx := newFixture(f, 4)
	f.Fuzz(func(t *testing.T, b []byte, from byte) {
		m, err := DecodeMessage(b)
		if err != nil {
			return
		}
		n := fx.node(t, 1)
		_ = n.Step(0, fx.prePrepare(0, 1, nil))
		drain(n)
		_ = n.Step(ReplicaID(from%4), m)
		require.Less(t, len(drain(n)), 200)
	})
}
