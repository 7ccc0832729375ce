package replica

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/pbft"
)

// fixture is a chain of n replicas with real keys. It signs any statement of
// any replica.
type fixture struct {
	genesis pbft.Genesis
	chain   pbft.Digest
	members pbft.Membership
	signers []pbft.Signer
}

func newFixture(t testing.TB, n int) *fixture {
	f := &fixture{genesis: pbft.Genesis{Name: "test", Checkpoint: 4}}
	for i := range n {
		s := pbft.NewSigner(demoSeed(pbft.ReplicaID(i)))
		f.signers = append(f.signers, s)
		f.genesis.Members = append(f.genesis.Members, pbft.Member{ID: pbft.ReplicaID(i), Key: s.Public()})
	}
	var err error
	f.members, err = pbft.NewMembership(0, f.genesis.Members)
	require.NoError(t, err)
	f.chain, err = f.genesis.Chain()
	require.NoError(t, err)
	return f
}

// empty is an application without state.
type empty struct{}

func (empty) Apply(b pbft.OrderedRequests) pbft.Outcome {
	return pbft.Outcome{Results: make([][]byte, len(b.Requests)), Root: pbft.Digest{1}}
}
func (empty) Root() pbft.Digest    { return pbft.Digest{1} }
func (empty) Snapshot() []byte     { return nil }
func (empty) Restore([]byte) error { return nil }

func (f *fixture) sign(m pbft.Message, id pbft.ReplicaID) pbft.Message {
	return pbft.SignAs(f.chain, id, f.signers[id], m)
}

func (f *fixture) vote(kind pbft.Kind, view, seq uint64, d pbft.Digest, id pbft.ReplicaID) *pbft.Vote {
	return f.sign(&pbft.Vote{Type: kind, View: view, Seq: seq, Digest: d}, id).(*pbft.Vote)
}

func (f *fixture) prePrepare(view, seq uint64, b *pbft.Batch) *pbft.PrePrepare {
	p := &pbft.PrePrepare{Proposal: pbft.Proposal{View: view, Seq: seq, Digest: b.Digest()}, Batch: b}
	return f.sign(p, f.members.Primary(view)).(*pbft.PrePrepare)
}

// prepared makes a certificate of backups' PREPAREs.
func (f *fixture) prepared(view, seq uint64, d pbft.Digest) pbft.PreparedCertificate {
	primary := f.members.Primary(view)
	p := f.sign(&pbft.PrePrepare{Proposal: pbft.Proposal{View: view, Seq: seq, Digest: d}}, primary).(*pbft.PrePrepare)
	c := pbft.PreparedCertificate{Proposal: p.Proposal}
	for _, m := range f.members.Members {
		if m.ID != primary && len(c.Prepares) < f.members.Strong()-1 {
			c.Prepares = append(c.Prepares, pbft.Endorsement{Replica: m.ID, Signature: f.vote(pbft.KindPrepare, view, seq, d, m.ID).Signature})
		}
	}
	return c
}

func (f *fixture) stable(seq uint64) pbft.ExecutionCertificate {
	c := pbft.ExecutionCertificate{Header: pbft.Header{Chain: f.chain, Seq: seq, Members: f.members.Digest(), NextMembers: f.members.Digest()}}
	for i := range f.members.Strong() {
		c.Executed = append(c.Executed, pbft.Endorsement{Replica: pbft.ReplicaID(i), Signature: f.vote(pbft.KindExecuted, 0, seq, c.Header.Digest(), pbft.ReplicaID(i)).Signature})
	}
	return c
}

func clientSigner() pbft.Signer { return pbft.NewSigner([32]byte{'c'}) }

func (f *fixture) request(number uint64, operation string) pbft.Request {
	return pbft.NewRequest(f.chain, clientSigner(), number, []byte(operation))
}

func (f *fixture) batch(numbers ...uint64) *pbft.Batch {
	b := &pbft.Batch{}
	for _, n := range numbers {
		b.Requests = append(b.Requests, f.request(n, "op"))
	}
	return b
}
