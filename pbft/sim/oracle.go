package sim

import (
	"fmt"

	"github.com/trigrid/trigrid/pbft"
)

// oracle follows the whole cluster and reports the first violation. It sees all
// replicas, so it can compare their statements.
type oracle struct {
	s         *Sim
	violation *Violation // the first one; the run stops

	chain    map[uint64]pbft.Header     // by number, from the first correct replica with it
	requests map[requestID]string       // operations that clients have submitted
	results  map[requestID]string       // of executed requests
	members  pbft.Membership            // of the latest epoch
	sets     map[uint64]pbft.Membership // by epoch
	voted    map[ballot]pbft.Digest     // votes of correct replicas
	rules    *rules
}

// requestID identifies a request.
type requestID struct {
	client pbft.PublicKey
	number uint64
}

// ballot identifies the subject of a vote. A correct replica votes once on it,
// over all its lives.
type ballot struct {
	replica   pbft.ReplicaID
	kind      pbft.Kind
	epoch     uint64
	view, seq uint64
}

// newOracle returns an oracle before the first event.
func newOracle(s *Sim) *oracle {
	m := pbft.Membership{Members: s.cfg.Genesis.Members}
	o := &oracle{
		s: s, chain: map[uint64]pbft.Header{}, requests: map[requestID]string{}, results: map[requestID]string{},
		members: m, sets: map[uint64]pbft.Membership{0: m}, voted: map[ballot]pbft.Digest{},
	}
	o.rules = newRules(o)
	return o
}

// fail records a violation of the property name unless there is one already.
func (o *oracle) fail(name, format string, args ...any) {
	if o.violation == nil {
		o.violation = &Violation{Seed: o.s.cfg.Seed, Time: o.s.now, Oracle: name, Detail: fmt.Sprintf(format, args...)}
	}
}

// epoch returns the latest epoch of any correct replica.
func (o *oracle) epoch() uint64 { return o.members.Epoch }

// submitted notes a request of a client.
//
// A batch with any other operation breaks validity.
func (o *oracle) submitted(r *pbft.Request) {
	o.requests[requestID{r.Client, r.Number}] = string(r.Operation)
}

// restarted notes that a replica continues from its log, so its next block may
// be an earlier one.
func (o *oracle) restarted(h *host) {
	h.resumed = true
}

// ready checks the output of a replica before the host carries it out. Traitors
// and twins are exempt: nothing can be required of them.
func (o *oracle) ready(h *host, r *pbft.Ready) {
	if !h.correct() {
		return
	}
	o.rules.learn(r)
	o.rules.ready(h, r)
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
		// Traitors, twins and replicas that lost their memory may contradict
		// themselves.
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

// sent checks a message that leaves a replica. Votes count here and not when
// they are signed: a replica that crashes before sending has not voted.
func (o *oracle) sent(h *host, m pbft.Message) {
	o.rules.sent(h, m)
	switch m := m.(type) {
	case *pbft.Vote:
		if m.Replica == h.id {
			o.vote(h, m)
		}
	case *pbft.PrePrepare: // the primary's vote
		o.vote(h, &pbft.Vote{Type: pbft.KindPrePrepare, Epoch: m.Epoch, View: m.View, Seq: m.Seq, Digest: m.Digest})
	}
}

// installed accounts for a snapshot that was installed in the step in which
// execution continued after it.
func (o *oracle) installed(h *host, r *pbft.Ready, seq uint64) {
	for i := range r.Records {
		if st := r.Records[i].Stable; st != nil && st.Certificate.Header.Seq == seq && seq > h.executed {
			h.executed = seq
			o.s.count(Transfers)
		}
	}
}

// forgot reports whether the replica loses its memory in this run.
func (h *host) forgot() bool {
	for _, c := range h.s.cfg.Crashes {
		if c.Replica == h.id && !c.Memory {
			return true
		}
	}
	return false
}

// vote checks "one vote": a correct replica never makes two statements about
// one subject.
func (o *oracle) vote(h *host, v *pbft.Vote) {
	// A replica that joins or has left follows without a vote.
	if m, known := o.sets[v.Epoch]; known && !m.Contains(h.id) {
		o.fail("membership", "replica %d: %s of %d in epoch %d, of which it is no member", h.id, v.Type, v.Seq, v.Epoch)
	}
	b := ballot{replica: h.id, kind: v.Type, epoch: v.Epoch, view: v.View, seq: v.Seq}
	if old, ok := o.voted[b]; ok && old != v.Digest {
		o.fail("one vote", "replica %d: %s of %d in view %d for %v and %v", h.id, v.Type, v.Seq, v.View, old, v.Digest)
	}
	o.voted[b] = v.Digest
}

// block checks an executed batch: its certificate, agreement with the other
// replicas, no gaps, and for each request validity and exactly-once execution.
func (o *oracle) block(h *host, b *pbft.Block) {
	seq := b.Header.Seq
	// A correct replica enters an epoch only after its certificate, which the
	// oracle has then seen.
	m, known := o.sets[b.Header.Epoch]
	if !known {
		o.fail("epochs", "replica %d executes %d in epoch %d, which has not begun", h.id, seq, b.Header.Epoch)
		return
	}
	// The certificate must hold for an outsider with nothing but the members.
	if err := b.Order.Verify(o.s.ring, o.s.chain, m); err != nil {
		o.fail("certificate soundness", "replica %d, order of %d: %v: %+v", h.id, seq, err, b.Order)
	}
	if b.Order.Digest != b.Batch.Digest() || b.Order.Digest != b.Header.Batch || b.Order.Seq != seq {
		o.fail("certificate soundness", "replica %d: certificate of %d is about something else", h.id, seq)
	}
	if h.resumed {
		h.resumed, h.executed = false, seq-1 // the log determines the first number
	}
	if seq != h.executed+1 {
		o.fail("no gaps", "replica %d executes %d after %d", h.id, seq, h.executed)
	}
	h.executed = seq
	// Comparing whole headers covers batch, results, state and membership.
	if first, ok := o.chain[seq]; ok {
		if first != b.Header {
			o.fail("agreement", "replica %d executed %d to %+v, another one to %+v", h.id, seq, b.Header, first)
		}
		return
	}
	if parent, ok := o.chain[seq-1]; ok && b.Header.Parent != parent.Digest() || !ok && seq > 1 {
		o.fail("no gaps", "header %d does not follow header %d", seq, seq-1)
	}
	// The first correct replica to execute a number defines its header; the
	// others are compared with it.
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
		// Exactly once counts over the whole chain, not per replica.
		if _, twice := o.results[id]; twice {
			o.fail("exactly once", "request %d %q is executed again in %d", r.Number, r.Operation, seq)
		}
		o.results[id] = string(b.Results[i])
	}
}

// certificate checks that an execution certificate of a correct replica
// verifies from scratch, with the members of its epoch only.
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

// record checks a record before it is stored, and counts rare paths.
//
// For example, a view that begins with two batches or more counts as
// ManyPrepared.
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
	// A jump over a view shows several view changes without an execution.
	case r.Asked != nil:
		if r.Asked.View > h.view+1 {
			o.s.count(Cascades)
		}
		if o.s.cfg.Calm {
			o.fail("no needless view change", "replica %d sends a VIEW-CHANGE for view %d", h.id, r.Asked.View)
		}
	case r.Stable != nil:
		c := &r.Stable.Certificate
		o.certificate(h, c)
		if c.Header.Seq > h.executed { // installed, not executed
			o.s.count(Transfers)
			h.executed = c.Header.Seq
		}
		if n := len(r.Stable.Epochs); n > 0 {
			// The last proof names the latest epoch that this replica has
			// entered.
			next := r.Stable.Epochs[n-1].Next
			if old, ok := o.sets[next.Epoch]; ok && old.Digest() != next.Digest() {
				o.fail("epochs", "replica %d has another set for epoch %d", h.id, next.Epoch)
			}
			o.sets[next.Epoch] = next
			if next.Epoch > o.members.Epoch {
				o.members = next
				o.s.count(EpochChanges)
			}
		}
	}
}

// newView repeats the selection of a new view's proposals without sharing code
// with
// [pbft.SelectProposals]: number by number, through all certificates.
func (o *oracle) newView(h *host, nv *pbft.NewView) {
	m := o.sets[nv.Epoch]
	var low, last uint64
	senders := map[pbft.ReplicaID]bool{}
	// A quorum counts distinct senders; repetitions do not.
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
		o.fail("new view", "replica %d enters view %d after VIEW-CHANGEs of %d replicas only", h.id, nv.View, len(senders))
	}
	want := map[uint64]pbft.Digest{}
	for seq := low + 1; seq <= last; seq++ {
		want[seq] = pbft.NullDigest()
		// A certificate of view 0 must win against no certificate.
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

// state checks that epoch, view and checkpoint never decrease and that memory
// is bounded.
func (o *oracle) state(h *host, _ uint64) {
	if !h.correct() {
		return
	}
	st := h.node.State()
	if st.Epoch < h.epoch || st.Epoch == h.epoch && st.View < h.view || st.Stable < h.stable {
		o.fail("monotone", "replica %d went back from epoch %d view %d stable %d to %+v", h.id, h.epoch, h.view, h.stable, st)
	}
	// The observation has ended, so the replica votes again.
	if h.amnesiac && !st.Observer {
		h.amnesiac = false
		o.s.count(Rejoined)
	}
	h.epoch, h.view, h.stable = st.Epoch, st.View, st.Stable
	g := o.s.cfg.Genesis
	// One window of executed numbers above the last stable checkpoint, one above
	// the executed ones, and one above a certificate that the replica has
	// adopted. A replica that has just adopted one has all three.
	if limit := int(3*g.Window) + 2; st.Slots > limit {
		o.fail("bounded memory", "replica %d holds %d numbers, more than %d", h.id, st.Slots, limit)
	}
	// pbft keeps at most 64 messages per sender.
	if limit := 64 * len(o.s.hosts); st.Buffered > limit {
		o.fail("bounded memory", "replica %d keeps %d messages, more than %d", h.id, st.Buffered, limit)
	}
	// And two batches of bytes, with 512 for each of the messages.
	if limit := len(o.s.hosts) * (2*int(g.BatchBytes) + 64*512); st.BufferedBytes > limit {
		o.fail("bounded memory", "replica %d keeps %d bytes for later views, more than %d", h.id, st.BufferedBytes, limit)
	}
}

// answered checks that a result which a client accepts is the executed one.
func (o *oracle) answered(c *client, r pbft.Reply) {
	if want, ok := o.results[requestID{r.Client, r.Number}]; !ok || want != string(r.Result) {
		o.fail("replies", "client %d accepts %q for request %d, the executed result is %q", c.id, r.Result, r.Number, want)
	}
}
