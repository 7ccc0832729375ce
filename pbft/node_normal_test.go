package pbft

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestPrimaryPrepareDoesNotCount: the proposal is the primary's vote, so a
// certificate with its PREPARE is one short.
func TestPrimaryPrepareDoesNotCount(t *testing.T) {
	f := newFixture(t, 4)
	n := f.node(t, 1)
	p := f.prePrepare(0, 1, f.batch(1))
	require.NoError(t, n.Step(0, p))
	require.ErrorIs(t, n.Step(0, f.vote(KindPrepare, 0, 1, p.Digest, 0)), RefusedRole)
	require.Zero(t, kindsOf(drain(n))[KindCommit], "own PREPARE and the primary's are not enough")
	require.NoError(t, n.Step(2, f.vote(KindPrepare, 0, 1, p.Digest, 2)))
	require.Equal(t, 1, kindsOf(drain(n))[KindCommit])
}

// TestVotesCountByDigest: votes that came before the proposal count only if
// they are for its digest.
func TestVotesCountByDigest(t *testing.T) {
	f := newFixture(t, 4)
	n := f.node(t, 1)
	p := f.prePrepare(0, 1, f.batch(1))
	require.NoError(t, n.Step(2, f.vote(KindPrepare, 0, 1, digestOf('x'), 2)))
	require.NoError(t, n.Step(3, f.vote(KindCommit, 0, 1, digestOf('x'), 3)))
	require.NoError(t, n.Step(2, f.vote(KindCommit, 0, 1, p.Digest, 2)))
	require.NoError(t, n.Step(0, f.vote(KindCommit, 0, 1, p.Digest, 0)))
	require.NoError(t, n.Step(0, p))
	require.Zero(t, kindsOf(drain(n))[KindCommit], "not prepared")
	require.Zero(t, n.State().Executed)
	require.NoError(t, n.Step(3, f.vote(KindPrepare, 0, 1, p.Digest, 3)))
	require.Equal(t, uint64(1), n.State().Executed, "prepared, and three COMMITs with its own")
}

// TestEquivocationIsEvidence: the second proposal for one number convicts the
// primary and costs it the view.
func TestEquivocationIsEvidence(t *testing.T) {
	f := newFixture(t, 4)
	n := f.node(t, 1)
	require.NoError(t, n.Step(0, f.prePrepare(0, 1, f.batch(1))))
	require.ErrorIs(t, n.Step(0, f.prePrepare(0, 1, f.batch(1, 2))), RefusedConflict)
	r := n.Ready()
	require.Len(t, r.Evidence, 1)
	require.NoError(t, r.Evidence[0].Verify(StandardRule.Verifier(), f.chain, f.members))
	require.Equal(t, State{View: 1, Primary: 1}.View, n.State().View)

	other := f.node(t, 2)
	require.NoError(t, other.Step(1, &r.Evidence[0]))
	require.Equal(t, uint64(1), other.State().View, "evidence convinces a replica that has not seen the contradiction")

	forged := r.Evidence[0]
	forged.Digests[1] = digestOf('z')
	require.ErrorIs(t, f.node(t, 3).Step(1, &forged), RefusedProof)
	same := r.Evidence[0]
	same.Digests[1], same.Signatures[1] = same.Digests[0], same.Signatures[0]
	require.ErrorIs(t, f.node(t, 3).Step(1, &same), RefusedProof)
}

// TestProposalIsCheckedFieldByField changes each thing a backup has to check.
func TestProposalIsCheckedFieldByField(t *testing.T) {
	f := newFixture(t, 4)
	resign := func(change func(*PrePrepare)) *PrePrepare {
		p := *f.prePrepare(0, 1, f.batch(1))
		change(&p)
		return f.sign(&p, 0).(*PrePrepare)
	}
	body := func(b *Batch) *PrePrepare { return f.prePrepare(0, 1, b) }
	unsigned := f.batch(1)
	unsigned.Requests[0].Signature[5] ^= 1
	byReplica := &Batch{Requests: []Request{NewRequest(f.chain, f.signers[3], 1, []byte("op"))}}
	large := &Batch{Requests: []Request{f.request(1, string(make([]byte, 64<<10+1)))}}
	future := f.batch(1)
	future.Time = 10_001
	for name, c := range map[string]struct {
		m    *PrePrepare
		want error
	}{
		"digest of another body":       {resign(func(p *PrePrepare) { p.Digest = digestOf('x') }), RefusedDigest},
		"body of another digest":       {resign(func(p *PrePrepare) { p.Batch = f.batch(2) }), RefusedDigest},
		"null digest with a body":      {resign(func(p *PrePrepare) { p.Digest = nullDigest }), RefusedDigest},
		"number 0":                     {resign(func(p *PrePrepare) { p.Seq = 0 }), RefusedWindow},
		"number beyond the window":     {resign(func(p *PrePrepare) { p.Seq = 9 }), RefusedWindow},
		"number far away":              {resign(func(p *PrePrepare) { p.Seq = 1 << 63 }), RefusedWindow},
		"later view":                   {resign(func(p *PrePrepare) { p.View = 4 }), RefusedEarly},
		"other epoch":                  {resign(func(p *PrePrepare) { p.Epoch = 1 }), RefusedEpoch},
		"signed by a backup":           {f.sign(body(f.batch(1)), 2).(*PrePrepare), RefusedSignature},
		"client signature":             {body(unsigned), RefusedSignature},
		"client with a replica's key":  {body(byReplica), RefusedRequest},
		"request too large":            {body(large), RefusedRequest},
		"no requests but not the null": {body(&Batch{}), RefusedBatch},
		"time too far ahead":           {body(future), RefusedTime},
	} {
		t.Run(name, func(t *testing.T) {
			n := f.node(t, 1)
			require.ErrorIs(t, n.Step(0, c.m), c.want)
			require.Empty(t, drain(n), "no vote for it")
		})
	}
	n := f.node(t, 1)
	require.NoError(t, n.Step(0, body(nil)), "the null batch is acceptable")
	require.NotEqual(t, nullDigest, (&Batch{}).Digest())
}

// TestTimeMayNotRunBackwards: a proposal is not older than its predecessor.
func TestTimeMayNotRunBackwards(t *testing.T) {
	f := newFixture(t, 4)
	n := f.node(t, 1)
	first, second := f.batch(1), f.batch(2)
	first.Time, second.Time = 5000, 4999
	require.NoError(t, n.Step(0, f.prePrepare(0, 1, first)))
	require.ErrorIs(t, n.Step(0, f.prePrepare(0, 2, second)), RefusedTime)
	second.Time = 5000
	require.NoError(t, n.Step(0, f.prePrepare(0, 2, second)))
}

// TestStatementsAreSeparate replays every signature in the place of every other
// kind, chain, epoch, view and number.
func TestStatementsAreSeparate(t *testing.T) {
	f := newFixture(t, 4)
	base := statement{kind: KindPrepare, chain: f.chain, epoch: 1, view: 2, seq: 3, digest: digestOf('d'), replica: 1}
	signature := f.signers[1].Sign(base.bytes())
	ok := func(s statement) bool {
		return StandardRule.Verifier().Verify(Signed{Key: f.signers[1].Public(), Message: s.bytes(), Signature: signature})
	}
	require.True(t, ok(base))
	for kind := KindRequest; kind <= KindHello; kind++ {
		s := base
		s.kind = kind
		require.Equal(t, kind == KindPrepare, ok(s), "as %v", kind)
	}
	other := f.genesis
	other.Name = "other"
	otherChain, err := other.Chain()
	require.NoError(t, err)
	for name, change := range map[string]func(*statement){
		"chain":   func(s *statement) { s.chain = otherChain },
		"epoch":   func(s *statement) { s.epoch++ },
		"view":    func(s *statement) { s.view++ },
		"number":  func(s *statement) { s.seq++ },
		"digest":  func(s *statement) { s.digest[0]++ },
		"replica": func(s *statement) { s.replica++ },
		"shifted": func(s *statement) { s.epoch, s.view = s.view, s.epoch },
	} {
		s := base
		change(&s)
		require.False(t, ok(s), name)
	}
}

// TestWindowBoundsMemory: a correct replica keeps at most a window of data, for
// any messages of one faulty replica.
func TestWindowBoundsMemory(t *testing.T) {
	f := newFixture(t, 4)
	n := f.node(t, 1)
	for seq := uint64(1); seq < 500; seq++ {
		for _, kind := range []Kind{KindPrepare, KindCommit, KindExecuted} {
			_ = n.Step(3, f.vote(kind, 0, seq, digestOf('x'), 3))
		}
		_ = n.Step(3, f.vote(KindPrepare, seq, 1, digestOf('x'), 3))
	}
	st := n.State()
	require.LessOrEqual(t, st.Slots, 8)
	require.LessOrEqual(t, st.Buffered, maxFuture)
}

// TestBadRequestsStartNoTimer: only a request that could be executed starts the
// timer of the primary.
func TestBadRequestsStartNoTimer(t *testing.T) {
	f := newFixture(t, 4)
	n := f.node(t, 1)
	forged := f.request(1, "op")
	forged.Operation = []byte("other")
	for _, r := range []Request{forged, f.request(0, "op"), f.request(1000, "op"), f.request(1, string(make([]byte, 1<<20)))} {
		require.Error(t, n.Propose(r))
	}
	for range 1000 {
		n.Tick(0)
	}
	require.Zero(t, n.State().View)
	require.NoError(t, n.Propose(f.request(1, "op")))
	for range 101 {
		n.Tick(0)
	}
	require.Equal(t, uint64(1), n.State().View, "default timeout is 100 ticks")
}
