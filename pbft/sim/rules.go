package sim

import (
	"encoding/binary"

	"github.com/trigrid/trigrid/pbft"
)

// rules is a second implementation of the rules by which a replica acts on
// messages. It is deliberately dumb: it keeps every signed statement that a
// replica has ever received, over all its lives, and for each statement that
// the replica makes it looks for those that justify it.
//
// The rules are those of Castro and Liskov, OSDI 1999, sections 4.2 and 4.4,
// for a replica i of a set with quorum Q and primary(v):
//
//	PRE-PREPARE(v,n,d)  i = primary(v), and v = 0 or i has entered v
//	PREPARE(v,n,d)      i ≠ primary(v); a proposal of d for n, signed by primary(v); a body with this
//	                    digest, whose requests their clients have signed; n at most L above a stable
//	                    checkpoint; i has not left v
//	COMMIT(v,n,d)       the same, from i = primary(v) as well, and PREPAREs of Q−1 backups for d
//	execution of d at n COMMITs of Q members for d, all in one view
//	VIEW-CHANGE(v)      for each n above the checkpoint for which i has sent a COMMIT, a certificate of
//	                    a view that is not lower than that of the COMMIT
//
// It shares no code with package pbft except types, decoders and the digest of
// a batch: statements are encoded, and signatures compared, in this file.
type rules struct {
	o     *oracle
	heard map[*host]*journal
}

// place is a number in a view.
type place struct{ epoch, view, seq uint64 }

// said is the subject of votes in any view.
type said struct {
	kind       pbft.Kind
	epoch, seq uint64
	digest     pbft.Digest
}

// journal has the statements that one replica has received or made, if their
// signatures are valid.
type journal struct {
	proposed map[place]map[pbft.Digest]bool
	bodies   map[pbft.Digest]*pbft.Batch                 // by the digest of the body, not by one that a message states
	votes    map[said]map[uint64]map[pbft.ReplicaID]bool // by view
	entered  map[place]bool                              // views, with number 0
	left     map[uint64]uint64                           // lowest view in which it may vote, by epoch
	commits  map[place]uint64                            // highest view of its COMMITs, by epoch and number
}

func newRules(o *oracle) *rules { return &rules{o: o, heard: map[*host]*journal{}} }

// of returns the journal of a replica.
func (x *rules) of(h *host) *journal {
	if x.heard[h] == nil {
		x.heard[h] = &journal{
			proposed: map[place]map[pbft.Digest]bool{}, bodies: map[pbft.Digest]*pbft.Batch{}, votes: map[said]map[uint64]map[pbft.ReplicaID]bool{},
			entered: map[place]bool{}, left: map[uint64]uint64{}, commits: map[place]uint64{},
		}
	}
	return x.heard[h]
}

// signed reports whether a replica of an epoch has signed a statement. The
// signed bytes are the fields in a fixed order, each in its full width.
func (x *rules) signed(kind pbft.Kind, at place, digest pbft.Digest, by pbft.ReplicaID, signature pbft.Signature) bool {
	var key pbft.PublicKey
	found := false
	for _, m := range x.o.sets[at.epoch].Members {
		if m.ID == by {
			key, found = m.Key, true
		}
	}
	b := append([]byte("vpp/pbft/v2"), byte(kind))
	b = append(b, x.o.s.chain[:]...)
	for _, n := range []uint64{at.epoch, at.view, at.seq} {
		b = binary.BigEndian.AppendUint64(b, n)
	}
	b = append(b, digest[:]...)
	b = binary.BigEndian.AppendUint32(b, uint32(by))
	return found && tag(x.o.s.ring.secrets[key], b) == signature
}

// primary returns the primary of a view: the members take turns in ascending
// order of id.
func (x *rules) primary(at place) (pbft.ReplicaID, bool) {
	m := x.o.sets[at.epoch].Members
	if len(m) == 0 {
		return 0, false
	}
	return m[at.view%uint64(len(m))].ID, true
}

// quorum returns Q of an epoch: any two sets of Q members share f+1.
func (x *rules) quorum(epoch uint64) int {
	n := len(x.o.sets[epoch].Members)
	return (n+(n-1)/3)/2 + 1
}

// propose notes a proposal.
func (x *rules) propose(j *journal, p *pbft.Proposal) {
	at := place{p.Epoch, p.View, p.Seq}
	by, known := x.primary(at)
	if !known || !x.signed(pbft.KindPrePrepare, at, p.Digest, by, p.Signature) {
		return
	}
	if j.proposed[at] == nil {
		j.proposed[at] = map[pbft.Digest]bool{}
	}
	j.proposed[at][p.Digest] = true
}

// vote notes a vote.
func (x *rules) vote(j *journal, kind pbft.Kind, at place, digest pbft.Digest, by pbft.ReplicaID, signature pbft.Signature) {
	if kind == pbft.KindExecuted || !x.signed(kind, at, digest, by, signature) {
		return
	}
	v := said{kind, at.epoch, at.seq, digest}
	if j.votes[v] == nil {
		j.votes[v] = map[uint64]map[pbft.ReplicaID]bool{}
	}
	if j.votes[v][at.view] == nil {
		j.votes[v][at.view] = map[pbft.ReplicaID]bool{}
	}
	j.votes[v][at.view][by] = true
}

// body notes the body of a batch.
func (j *journal) body(b *pbft.Batch) {
	if b != nil {
		j.bodies[b.Digest()] = b
	}
}

// receive notes all statements of a message.
func (x *rules) receive(h *host, m pbft.Message) {
	if !h.correct() {
		return
	}
	x.note(x.of(h), m)
}

// note notes all statements of a message, those of its certificates included.
func (x *rules) note(j *journal, m pbft.Message) {
	switch m := m.(type) {
	case *pbft.PrePrepare:
		x.propose(j, &m.Proposal)
		j.body(m.Batch)
	case *pbft.Vote:
		x.vote(j, m.Type, place{m.Epoch, m.View, m.Seq}, m.Digest, m.Replica, m.Signature)
	case *pbft.NewView:
		for i := range m.Proposals {
			x.propose(j, &m.Proposals[i])
		}
		for _, v := range m.ViewChanges {
			x.note(j, v)
		}
	case *pbft.ViewChange:
		for i := range m.Prepared {
			p := &m.Prepared[i]
			x.propose(j, &p.Proposal)
			for _, e := range p.Prepares {
				x.vote(j, pbft.KindPrepare, place{p.Proposal.Epoch, p.Proposal.View, p.Proposal.Seq}, p.Proposal.Digest, e.Replica, e.Signature)
			}
		}
	case *pbft.Bodies:
		for _, b := range m.Batches {
			j.body(b)
		}
	case *pbft.Blocks:
		for i := range m.Ordered {
			c := &m.Ordered[i].Certificate
			j.body(m.Ordered[i].Batch)
			for _, e := range c.Commits {
				x.vote(j, pbft.KindCommit, place{c.Epoch, c.View, c.Seq}, c.Digest, e.Replica, e.Signature)
			}
		}
	}
}

// ready checks the statements and executions of one output of a replica. Its
// own statements justify later ones, also in the same output.
func (x *rules) ready(h *host, r *pbft.Ready) {
	j := x.of(h)
	for i := range r.Records {
		if v := r.Records[i].Entered; v != nil {
			j.entered[place{v.Epoch, v.View, 0}] = true
			x.note(j, v)
		}
		if p := r.Records[i].Accepted; p != nil { // an own proposal has its body here
			x.note(j, p)
		}
	}
	for _, e := range r.Messages {
		switch m := e.Message.(type) {
		case *pbft.PrePrepare:
			x.proposes(h, j, m)
		case *pbft.Vote:
			if m.Replica == h.id && (m.Type == pbft.KindPrepare || m.Type == pbft.KindCommit) {
				x.votes(h, j, m)
			}
		case *pbft.ViewChange:
			if m.Replica == h.id {
				x.leaves(h, j, m)
			}
		}
		x.note(j, e.Message)
	}
	for i := range r.Blocks {
		x.executes(h, j, &r.Blocks[i])
	}
}

// learn notes the sets of new epochs, whose first proposals can be in the same
// output.
func (x *rules) learn(r *pbft.Ready) {
	for i := range r.Records {
		if st := r.Records[i].Stable; st != nil && len(st.Epochs) > 0 {
			next := st.Epochs[len(st.Epochs)-1].Next
			if _, known := x.o.sets[next.Epoch]; !known {
				x.o.sets[next.Epoch] = next
			}
		}
	}
}

// sent notes the statements by which a replica is bound after it has sent them.
func (x *rules) sent(h *host, m pbft.Message) {
	j := x.of(h)
	switch m := m.(type) {
	case *pbft.ViewChange:
		if m.Replica == h.id {
			j.left[m.Epoch] = max(j.left[m.Epoch], m.View)
		}
	case *pbft.Vote:
		if m.Replica == h.id && m.Type == pbft.KindCommit {
			at := place{m.Epoch, 0, m.Seq}
			j.commits[at] = max(j.commits[at], m.View)
		}
	}
}

// stays fails if the replica has left the view of a statement. A replica that
// loses its memory may not know it.
func (x *rules) stays(h *host, j *journal, kind pbft.Kind, at place) {
	if at.view < j.left[at.epoch] && !h.forgot() {
		x.o.fail("rules", "replica %d: %s of %d in view %d after its VIEW-CHANGE for view %d", h.id, kind, at.seq, at.view, j.left[at.epoch])
	}
	if low := h.node.State().Stable; at.seq > low+x.o.s.cfg.Genesis.Window {
		x.o.fail("rules", "replica %d: %s of %d in view %d, more than a window above its checkpoint %d", h.id, kind, at.seq, at.view, low)
	}
}

// proposes checks a PRE-PREPARE. A replica also repeats its own ones.
func (x *rules) proposes(h *host, j *journal, m *pbft.PrePrepare) {
	at := place{m.Epoch, m.View, m.Seq}
	if by, _ := x.primary(at); by != h.id {
		x.o.fail("rules", "replica %d proposes %d in view %d, whose primary is %d", h.id, m.Seq, m.View, by)
	}
	if m.View > 0 && !j.entered[place{m.Epoch, m.View, 0}] {
		x.o.fail("rules", "replica %d proposes %d in view %d, which it has not entered", h.id, m.Seq, m.View)
	}
	x.stays(h, j, pbft.KindPrePrepare, at)
}

// votes checks a PREPARE or COMMIT.
func (x *rules) votes(h *host, j *journal, m *pbft.Vote) {
	at := place{m.Epoch, m.View, m.Seq}
	primary, _ := x.primary(at)
	x.stays(h, j, m.Type, at)
	if !j.proposed[at][m.Digest] {
		x.o.fail("rules", "replica %d: %s of %d in view %d without a proposal of %v", h.id, m.Type, m.Seq, m.View, m.Digest)
	}
	if m.Digest != pbft.NullDigest() {
		b := j.bodies[m.Digest]
		if b == nil {
			x.o.fail("rules", "replica %d: %s of %d in view %d without the body of %v", h.id, m.Type, m.Seq, m.View, m.Digest)
			return
		}
		for i := range b.Requests {
			if !x.o.s.ring.Verify(b.Requests[i].Signed(x.o.s.chain)) {
				x.o.fail("rules", "replica %d: %s of %d with a request that its client has not signed", h.id, m.Type, m.Seq)
			}
		}
	}
	if m.Type == pbft.KindPrepare {
		if h.id == primary {
			x.o.fail("rules", "replica %d prepares its own proposal of %d in view %d", h.id, m.Seq, m.View)
		}
		return
	}
	backups := 0
	for by := range j.votes[said{pbft.KindPrepare, m.Epoch, m.Seq, m.Digest}][m.View] {
		if by != primary {
			backups++
		}
	}
	if need := x.quorum(m.Epoch) - 1; backups < need {
		x.o.fail("rules", "replica %d: COMMIT of %d in view %d after PREPAREs of %d backups, want %d", h.id, m.Seq, m.View, backups, need)
	}
}

// leaves checks the certificates of a VIEW-CHANGE.
func (x *rules) leaves(h *host, j *journal, m *pbft.ViewChange) {
	if h.forgot() {
		return
	}
	for at, view := range j.commits {
		if at.epoch != m.Epoch || at.seq <= m.Stable.Header.Seq {
			continue
		}
		there := false
		for _, p := range m.Prepared {
			there = there || p.Proposal.Seq == at.seq && p.Proposal.View >= view
		}
		if !there {
			x.o.fail("rules", "replica %d: VIEW-CHANGE for %d without the certificate of %d, for which it has sent a COMMIT in view %d", h.id, m.View, at.seq, view)
		}
	}
}

// executes checks an execution. A replica that has restarted executes
// operations that an earlier life has received.
func (x *rules) executes(h *host, j *journal, b *pbft.Block) {
	most := 0
	for _, by := range j.votes[said{pbft.KindCommit, b.Header.Epoch, b.Header.Seq, b.Header.Batch}] {
		most = max(most, len(by))
	}
	if need := x.quorum(b.Header.Epoch); most < need {
		x.o.fail("rules", "replica %d executes %d after COMMITs of %d members, want %d", h.id, b.Header.Seq, most, need)
	}
}
