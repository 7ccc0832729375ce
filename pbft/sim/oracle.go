package sim

import (
	"fmt"

	"github.com/trigrid/trigrid/pbft"
)

// oracle knows what the cluster as a whole has done and objects to what must never happen.
type oracle struct {
	s         *Sim
	violation *Violation

	chain    map[uint64]pbft.Header // what the first correct replica made of each number
	requests map[requestID]string   // what clients have submitted
	results  map[requestID]string
	members  pbft.Membership
	sets     map[uint64]pbft.Membership
	voted    map[ballot]pbft.Digest // what correct replicas have voted for
}

type requestID struct {
	client pbft.PublicKey
	number uint64
}

type ballot struct {
	replica   pbft.ReplicaID
	kind      pbft.Kind
	epoch     uint64
	view, seq uint64
}

func newOracle(s *Sim) *oracle {
	m := pbft.Membership{Members: s.cfg.Genesis.Members}
	return &oracle{
		s: s, chain: map[uint64]pbft.Header{}, requests: map[requestID]string{}, results: map[requestID]string{},
		members: m, sets: map[uint64]pbft.Membership{0: m}, voted: map[ballot]pbft.Digest{},
	}
}

func (o *oracle) fail(name, format string, args ...any) {
	if o.violation == nil {
		o.violation = &Violation{Seed: o.s.cfg.Seed, Time: o.s.now, Oracle: name, Detail: fmt.Sprintf(format, args...)}
	}
}

func (o *oracle) epoch() uint64 { return o.members.Epoch }

func (o *oracle) submitted(r *pbft.Request) {
	o.requests[requestID{r.Client, r.Number}] = string(r.Operation)
}

// restarted takes note of a replica that goes on from its log.
func (o *oracle) restarted(h *host) {
	h.resumed = true
}

// ready examines what a replica is about to do.
func (o *oracle) ready(h *host, r *pbft.Ready) {
	if !h.correct() {
		return
	}
	for i := range r.Blocks {
		o.installed(h, r, r.Blocks[i].Header.Seq-1)
		o.block(h, &r.Blocks[i])
	}
	for i := range r.Certified {
		o.certificate(h, &r.Certified[i])
	}
	for i := range r.Records {
		o.record(h, &r.Records[i])
	}
	for i := range r.Evidence {
		e := &r.Evidence[i]
		o.s.count(EvidenceFound)
		if err := e.Verify(o.s.ring, o.s.chain, o.sets[e.Epoch]); err != nil {
			o.fail("evidence", "replica %d: %v", h.id, err)
		}
		for _, x := range o.s.host(e.Replica) {
			if x.correct() && !x.forgot() {
				o.fail("evidence", "replica %d accuses correct replica %d: %+v", h.id, e.Replica, *e)
			}
		}
	}
	for _, d := range r.Diverged {
		o.fail("equal states", "replica %d has diverged: %+v", h.id, d)
	}
}

// sent examines what really leaves a replica.
func (o *oracle) sent(h *host, m pbft.Message) {
	switch m := m.(type) {
	case *pbft.Vote:
		if m.Replica == h.id {
			o.vote(h, m)
		}
	case *pbft.PrePrepare: // the primary's vote
		o.vote(h, &pbft.Vote{Type: pbft.KindPrePrepare, Epoch: m.Epoch, View: m.View, Seq: m.Seq, Digest: m.Digest})
	}
}

// installed accounts for a snapshot that was installed in the same step in which execution went on behind it.
func (o *oracle) installed(h *host, r *pbft.Ready, seq uint64) {
	for i := range r.Records {
		if st := r.Records[i].Stable; st != nil && st.Certificate.Header.Seq == seq && seq > h.executed {
			h.executed = seq
			o.s.count(Transfers)
		}
	}
}

// forgot reports whether the replica has lost its memory in this run.
func (h *host) forgot() bool {
	for _, c := range h.s.cfg.Crashes {
		if c.Replica == h.id && !c.Memory {
			return true
		}
	}
	return false
}

// vote: a correct replica never makes two statements about one thing, over all its lives.
func (o *oracle) vote(h *host, v *pbft.Vote) {
	b := ballot{replica: h.id, kind: v.Type, epoch: v.Epoch, view: v.View, seq: v.Seq}
	if old, ok := o.voted[b]; ok && old != v.Digest {
		o.fail("one vote", "replica %d: %s of %d in view %d for %v and %v", h.id, v.Type, v.Seq, v.View, old, v.Digest)
	}
	o.voted[b] = v.Digest
}

// block: agreement, no gaps, validity, exactly once.
func (o *oracle) block(h *host, b *pbft.Block) {
	seq := b.Header.Seq
	m, known := o.sets[b.Header.Epoch]
	if !known {
		o.fail("epochs", "replica %d executes %d in epoch %d, which has not begun", h.id, seq, b.Header.Epoch)
		return
	}
	if err := b.Order.Verify(o.s.ring, o.s.chain, m); err != nil {
		o.fail("certificate soundness", "replica %d, order of %d: %v: %+v", h.id, seq, err, b.Order)
	}
	if b.Order.Digest != b.Batch.Digest() || b.Order.Digest != b.Header.Batch || b.Order.Seq != seq {
		o.fail("certificate soundness", "replica %d: certificate of %d is about something else", h.id, seq)
	}
	if h.resumed {
		h.resumed, h.executed = false, seq-1 // the log says where it goes on
	}
	if seq != h.executed+1 {
		o.fail("no gaps", "replica %d executes %d after %d", h.id, seq, h.executed)
	}
	h.executed = seq
	if first, ok := o.chain[seq]; ok {
		if first != b.Header {
			o.fail("agreement", "replica %d executed %d to %+v, another one to %+v", h.id, seq, b.Header, first)
		}
		return
	}
	if parent, ok := o.chain[seq-1]; ok && b.Header.Parent != parent.Digest() || !ok && seq > 1 {
		o.fail("no gaps", "header %d does not follow header %d", seq, seq-1)
	}
	o.chain[seq] = b.Header
	o.s.report.Batches = max(o.s.report.Batches, seq)
	if len(b.Results) != len(b.Executed) {
		o.fail("results", "replica %d: %d results of %d requests", h.id, len(b.Results), len(b.Executed))
		return
	}
	for i := range b.Executed {
		r := &b.Executed[i]
		id := requestID{r.Client, r.Number}
		if operation, ok := o.requests[id]; !ok || operation != string(r.Operation) {
			o.fail("validity", "batch %d holds a request that no client made: %d %q", seq, r.Number, r.Operation)
		}
		if _, twice := o.results[id]; twice {
			o.fail("exactly once", "request %d %q is executed again in %d", r.Number, r.Operation, seq)
		}
		o.results[id] = string(b.Results[i])
	}
}

// certificate: whatever a correct replica shows to others must verify from scratch.
func (o *oracle) certificate(h *host, c *pbft.ExecutionCertificate) {
	m, known := o.sets[c.Header.Epoch]
	if !known {
		o.fail("epochs", "certificate of unknown epoch %d", c.Header.Epoch)
		return
	}
	if err := c.Verify(o.s.ring, o.s.chain, m); err != nil {
		o.fail("certificate soundness", "replica %d, execution of %d: %v", h.id, c.Header.Seq, err)
	}
	if first, ok := o.chain[c.Header.Seq]; ok && first != c.Header {
		o.fail("equal states", "replica %d has a certificate for another header %d", h.id, c.Header.Seq)
	}
}

func (o *oracle) record(h *host, r *pbft.Record) {
	switch {
	case r.Prepared != nil:
		p := r.Prepared
		if err := p.Verify(o.s.ring, o.s.chain, o.sets[p.Proposal.Epoch]); err != nil {
			o.fail("certificate soundness", "replica %d, prepared %d: %v", h.id, p.Proposal.Seq, err)
		}
	case r.Entered != nil:
		o.s.count(ViewChanges)
		o.newView(h, r.Entered)
		batches := 0
		for _, p := range r.Entered.Proposals {
			if p.Digest == pbft.NullDigest() {
				o.s.count(NullFilled)
			} else {
				batches++
			}
		}
		if batches >= 2 {
			o.s.count(ManyPrepared)
		}
		if o.s.cfg.Calm {
			o.fail("no needless view change", "replica %d enters view %d", h.id, r.Entered.View)
		}
	case r.Asked != nil:
		if r.Asked.View > h.view+1 {
			o.s.count(Cascades)
		}
		if o.s.cfg.Calm {
			o.fail("no needless view change", "replica %d asks for view %d", h.id, r.Asked.View)
		}
	case r.Stable != nil:
		c := &r.Stable.Certificate
		o.certificate(h, c)
		if c.Header.Seq > h.executed { // installed, not executed
			o.s.count(Transfers)
			h.executed = c.Header.Seq
		}
		if n := len(r.Stable.Epochs); n > 0 {
			next := r.Stable.Epochs[n-1].Next
			if old, ok := o.sets[next.Epoch]; ok && old.Digest() != next.Digest() {
				o.fail("epochs", "replica %d knows another set for epoch %d", h.id, next.Epoch)
			}
			o.sets[next.Epoch] = next
			if next.Epoch > o.members.Epoch {
				o.members = next
				o.s.count(EpochChanges)
			}
		}
	}
}

// newView repeats the selection of a new view's proposals in the dumbest way: number by number, looking through everything.
func (o *oracle) newView(h *host, nv *pbft.NewView) {
	m := o.sets[nv.Epoch]
	var low, last uint64
	senders := map[pbft.ReplicaID]bool{}
	for _, vc := range nv.ViewChanges {
		senders[vc.Replica] = true
		low = max(low, vc.Stable.Header.Seq)
		for _, p := range vc.Prepared {
			last = max(last, p.Proposal.Seq)
			if err := p.Verify(o.s.ring, o.s.chain, m); err != nil {
				o.fail("certificate soundness", "replica %d enters view %d: %v", h.id, nv.View, err)
			}
		}
	}
	if len(senders) < m.Strong() {
		o.fail("new view", "replica %d enters view %d, which %d replicas have asked for", h.id, nv.View, len(senders))
	}
	want := map[uint64]pbft.Digest{}
	for seq := low + 1; seq <= last; seq++ {
		want[seq] = pbft.NullDigest()
		highest := int64(-1)
		for _, vc := range nv.ViewChanges {
			for _, p := range vc.Prepared {
				if p.Proposal.Seq == seq && int64(p.Proposal.View) > highest {
					highest, want[seq] = int64(p.Proposal.View), p.Proposal.Digest
				}
			}
		}
	}
	if len(nv.Proposals) != len(want) {
		o.fail("new view", "replica %d enters view %d with %d proposals, want %d", h.id, nv.View, len(nv.Proposals), len(want))
	}
	for _, p := range nv.Proposals {
		if want[p.Seq] != p.Digest {
			o.fail("new view", "replica %d enters view %d with %v for %d, want %v", h.id, nv.View, p.Digest, p.Seq, want[p.Seq])
		}
	}
}

// state: what a replica knows only grows, and what it keeps is bounded.
func (o *oracle) state(h *host, _ uint64) {
	if !h.correct() {
		return
	}
	st := h.node.State()
	if st.Epoch < h.epoch || st.Epoch == h.epoch && st.View < h.view || st.Stable < h.stable {
		o.fail("monotone", "replica %d went back from epoch %d view %d stable %d to %+v", h.id, h.epoch, h.view, h.stable, st)
	}
	if h.amnesiac && !st.Observer {
		h.amnesiac = false
		o.s.count(Rejoined)
	}
	h.epoch, h.view, h.stable = st.Epoch, st.View, st.Stable
	g := o.s.cfg.Genesis
	if limit := int(2*g.Window) + 2; st.Slots > limit {
		o.fail("bounded memory", "replica %d holds %d numbers, more than %d", h.id, st.Slots, limit)
	}
	if limit := 64 * len(o.s.hosts); st.Buffered > limit {
		o.fail("bounded memory", "replica %d keeps %d messages, more than %d", h.id, st.Buffered, limit)
	}
}

// answered: what a client believes is what was executed.
func (o *oracle) answered(c *client, r pbft.Reply) {
	if want, ok := o.results[requestID{r.Client, r.Number}]; !ok || want != string(r.Result) {
		o.fail("replies", "client %d believes %q of request %d, executed was %q", c.id, r.Result, r.Number, want)
	}
}
