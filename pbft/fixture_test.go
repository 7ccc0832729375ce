package pbft

import (
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/require"
)

// testSeed is the signing key of a replica in these tests.
func testSeed(id ReplicaID) (seed [32]byte) {
	copy(seed[:], "pbft in-process replica")
	binary.BigEndian.PutUint32(seed[28:], uint32(id))
	return seed
}

// fixture is a chain of n replicas with real keys. It signs any statement of
// any replica.
type fixture struct {
	genesis Genesis
	chain   Digest
	members Membership
	signers []Signer
}

func newFixture(t testing.TB, n int) *fixture {
	f := &fixture{genesis: Genesis{Name: "test", Checkpoint: 4}}
	for i := range n {
		s := NewSigner(testSeed(ReplicaID(i)))
		f.signers = append(f.signers, s)
		f.genesis.Members = append(f.genesis.Members, Member{ID: ReplicaID(i), Key: s.Public()})
	}
	var err error
	f.members, err = NewMembership(0, f.genesis.Members)
	require.NoError(t, err)
	f.chain, err = f.genesis.Chain()
	require.NoError(t, err)
	return f
}

// empty is an application without state.
type empty struct{}

func (empty) Apply(b OrderedRequests) Outcome {
	return Outcome{Results: make([][]byte, len(b.Requests)), Root: Digest{1}}
}
func (empty) Root() Digest         { return Digest{1} }
func (empty) Snapshot() []byte     { return nil }
func (empty) Restore([]byte) error { return nil }

func (f *fixture) node(t testing.TB, id ReplicaID) *Node {
	n, err := NewNode(Config{ID: id, Genesis: f.genesis, Signer: f.signers[id], Application: empty{}})
	require.NoError(t, err)
	return n
}

func (f *fixture) sign(m Message, id ReplicaID) Message { return SignAs(f.chain, id, f.signers[id], m) }

func (f *fixture) vote(kind Kind, view, seq uint64, d Digest, id ReplicaID) *Vote {
	return f.sign(&Vote{Type: kind, View: view, Seq: seq, Digest: d}, id).(*Vote)
}

func (f *fixture) prePrepare(view, seq uint64, b *Batch) *PrePrepare {
	p := &PrePrepare{Proposal: Proposal{View: view, Seq: seq, Digest: b.Digest()}, Batch: b}
	return f.sign(p, f.members.Primary(view)).(*PrePrepare)
}

// prepared makes a certificate of backups' PREPAREs.
func (f *fixture) prepared(view, seq uint64, d Digest) PreparedCertificate {
	primary := f.members.Primary(view)
	p := f.sign(&PrePrepare{Proposal: Proposal{View: view, Seq: seq, Digest: d}}, primary).(*PrePrepare)
	c := PreparedCertificate{Proposal: p.Proposal}
	for _, m := range f.members.Members {
		if m.ID != primary && len(c.Prepares) < f.members.Strong()-1 {
			c.Prepares = append(c.Prepares, Endorsement{m.ID, f.vote(KindPrepare, view, seq, d, m.ID).Signature})
		}
	}
	return c
}

func (f *fixture) stable(seq uint64) ExecutionCertificate {
	c := ExecutionCertificate{Header: Header{Chain: f.chain, Seq: seq, Members: f.members.Digest(), NextMembers: f.members.Digest()}}
	for i := range f.members.Strong() {
		c.Executed = append(c.Executed, Endorsement{ReplicaID(i), f.vote(KindExecuted, 0, seq, c.Header.Digest(), ReplicaID(i)).Signature})
	}
	return c
}

func (f *fixture) viewChange(id ReplicaID, view uint64, stable ExecutionCertificate, prepared ...PreparedCertificate) *ViewChange {
	return f.sign(&ViewChange{View: view, Stable: stable, Prepared: prepared}, id).(*ViewChange)
}

func (f *fixture) newView(view uint64, asked ...*ViewChange) *NewView {
	_, choices := SelectProposals(asked)
	nv := &NewView{View: view, ViewChanges: asked}
	for _, c := range choices {
		nv.Proposals = append(nv.Proposals, Proposal{View: view, Seq: c.Seq, Digest: c.Digest})
	}
	return f.sign(nv, f.members.Primary(view)).(*NewView)
}

func digestOf(b byte) Digest { return hash(hashBatch, []byte{b}) }

func clientSigner() Signer { return NewSigner([32]byte{'c'}) }

func (f *fixture) request(number uint64, operation string) Request {
	return NewRequest(f.chain, clientSigner(), number, []byte(operation))
}

func (f *fixture) batch(numbers ...uint64) *Batch {
	b := &Batch{}
	for _, n := range numbers {
		b.Requests = append(b.Requests, f.request(n, "op"))
	}
	return b
}

// drain carries out a node's wishes without sending anything and returns the
// messages.
func drain(n *Node) []Message {
	var out []Message
	for n.HasReady() {
		r := n.Ready()
		for _, e := range r.Messages {
			out = append(out, e.Message)
		}
		n.Advance()
	}
	return out
}

func kindsOf(ms []Message) map[Kind]int {
	out := map[Kind]int{}
	for _, m := range ms {
		out[m.Kind()]++
	}
	return out
}
