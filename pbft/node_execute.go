package pbft

import (
	"slices"

	"github.com/trigrid/trigrid/internal/planted"
)

// execute runs committed batches in strict order without gaps, as long as the
// next one is committed and its body is here.
func (n *Node) execute() {
	for n.diverged == nil {
		s := n.slots[n.executed+1]
		if s == nil || s.order == nil || s.header != nil {
			return
		}
		b, here := s.body(s.order.Digest)
		if !here {
			return
		}
		n.executeBatch(s, b)
	}
}

// executeBatch applies one batch, signs the resulting header and takes a
// checkpoint if one is due. The null batch changes the number only: state,
// results and time stay.
func (n *Node) executeBatch(s *slot, b *Batch) {
	h := Header{
		Chain: n.chain, Epoch: n.members.Epoch, Seq: s.seq, Batch: s.order.Digest, Time: n.last.Time,
		StateRoot: n.last.StateRoot, Members: n.last.NextMembers, NextMembers: n.last.NextMembers,
	}
	if s.seq > 1 {
		h.Parent = n.last.Digest()
	}
	block := Block{Order: *s.order, Batch: b}
	if b != nil {
		// The batch's time is agreed on. A local clock would differ between
		// replicas.
		h.Time = max(h.Time, b.Time)
		if n.mistake.On(planted.LocalClockInExecution) {
			h.Time = max(h.Time, n.now)
		}
		n.apply(&h, b, &block)
		h.ResultRoot = block.tree.root()
	}
	n.executed = s.seq
	n.next = max(n.next, s.seq+1)
	if n.mistake.On(planted.NullSkipsNumber) && b == nil && s.seq > n.low.Header.Seq+1 {
		n.executed--
	}
	// The header of the epoch's last number certifies the next members.
	if n.change != nil && n.change.at == s.seq {
		h.NextMembers = n.change.next.Digest()
	}
	if s.seq%n.genesis.Checkpoint == 0 {
		n.takeCheckpoint(&h)
	}
	n.last = h
	s.header, s.digest = &h, h.Digest()
	block.Header = h
	n.ready.Blocks = append(n.ready.Blocks, block)
	// Progress in the current view ends the doubling of timeouts. Executions of
	// older views do not show that this primary works.
	if s.order.View == n.view && n.viewRunning() {
		n.tries = 0
	}
	n.afterExecution(s)
	if n.diverged == nil && n.members.Contains(n.id) {
		v := n.signVote(KindExecuted, 0, s.seq, s.digest)
		s.executed[n.id] = v
		n.broadcast(v)
	}
	n.certify(s)
}

// apply passes the requests to execute to the application and adds them to the
// block with their results. It skips requests that are repeated, executed
// before, outside the client's window, signed with a replica's key, or of a
// client for which the table has no place. Execution is the only place that
// decides this: a faulty primary can order anything, and earlier checks differ
// between replicas.
func (n *Node) apply(h *Header, b *Batch, block *Block) {
	run := n.executable(b)
	// The application may change its copy; run goes into the block and to the
	// clients.
	body := Batch{Requests: run}
	out := n.app.Apply(OrderedRequests{
		Epoch: h.Epoch, Seq: h.Seq, Time: h.Time, Parent: h.Parent, Batch: h.Batch, Requests: body.clone().Requests,
	})
	block.Executed, block.Results = run, n.ownResults(out.Results, len(run))
	block.tree = newResultTree(run, block.Results)
	for i := range run {
		n.clients.record(run[i].key(), kept{block.tree.contents[i], block.Results[i]})
	}
	n.clients.settle(run)
	for i := range b.Requests { // also the skipped ones; their clients may send them again
		n.pool.remove(b.Requests[i].key())
	}
	h.StateRoot = out.Root
	n.planChange(h.Seq, out.Members)
}

// executable returns the requests of a batch that are executed, in order.
func (n *Node) executable(b *Batch) []Request {
	run := make([]Request, 0, len(b.Requests))
	seen := make(map[requestKey]bool, len(b.Requests))
	newcomers := map[PublicKey]bool{} // clients of this batch without an entry in the table
	for i := range b.Requests {
		r := &b.Requests[i]
		again := seen[r.key()] && !n.mistake.On(planted.DuplicateInBatch)
		old := (!n.clients.fresh(r.key()) || !n.clients.inWindow(r.key())) && !n.mistake.On(planted.ReExecute)
		if again || old || n.members.hasKey(r.Client) {
			continue
		}
		if !n.clients.has(r.Client) && !newcomers[r.Client] {
			if n.clients.full(len(newcomers)) {
				continue
			}
			newcomers[r.Client] = true
		}
		seen[r.key()] = true
		run = append(run, *r)
	}
	return run
}

// ownResults copies the results of an application, cut to the limit of the
// genesis. A missing one is empty.
func (n *Node) ownResults(results [][]byte, count int) [][]byte {
	results = results[:min(len(results), count)]
	size := 0
	for _, r := range results {
		size += min(len(r), int(n.genesis.ResultLimit))
	}
	all := make([]byte, 0, size) // one array for all of them
	out := make([][]byte, count)
	for i, r := range results {
		if r = r[:min(len(r), int(n.genesis.ResultLimit))]; len(r) > 0 {
			all = append(all, r...)
			out[i] = slices.Clip(all[len(all)-len(r):])
		}
	}
	return out
}

// certify completes the execution certificate of a slot when Q members have
// signed the header that this replica computed. If Q members signed another
// header, this replica has diverged.
func (n *Node) certify(s *slot) {
	if s.header == nil || s.certified {
		return
	}
	need := n.members.Strong()
	if n.mistake.On(planted.StableByWeakQuorum) {
		need = n.members.Weak()
	}
	same := endorsements(s.executed, func(v *Vote) bool { return v.Digest == s.digest })
	if len(same) < need {
		others := map[Digest]int{}
		for _, v := range s.executed {
			others[v.Digest]++
			if v.Digest != s.digest && others[v.Digest] >= n.members.Strong() {
				n.diverge(s.seq, s.digest, v.Digest)
				return
			}
		}
		return
	}
	s.certified = true
	c := ExecutionCertificate{Header: *s.header, Executed: same}
	n.ready.Certified = append(n.ready.Certified, c)
	if s.seq%n.genesis.Checkpoint == 0 {
		n.stabilise(c)
	}
}

// stepExecuted processes another member's EXECUTED statement.
func (n *Node) stepExecuted(v *Vote) error {
	low := n.low.Header.Seq
	switch {
	case v.Epoch != n.members.Epoch:
		return RefusedEpoch
	case v.View != 0:
		return RefusedView
	case v.Seq > low+n.genesis.Window && !n.mistake.On(planted.NoWindow):
		return n.noteAhead(v)
	case v.Seq <= low:
		return RefusedWindow
	}
	return n.countExecuted(v)
}

// noteAhead notes the highest checkpoint above the window that a member claims
// to have executed. Claims of f+1 members prove that this replica has fallen
// behind, see leftBehind.
func (n *Node) noteAhead(v *Vote) error {
	if v.Seq%n.genesis.Checkpoint != 0 || v.Seq <= n.ahead[v.Replica] {
		return RefusedWindow
	}
	if err := n.verifyVote(v); err != nil {
		return err
	}
	n.ahead[v.Replica] = v.Seq
	return nil
}

// countExecuted counts a statement for a number inside the window. It may come
// before this replica's own execution.
func (n *Node) countExecuted(v *Vote) error {
	if s := n.slots[v.Seq]; s != nil {
		if held := s.executed[v.Replica]; held != nil {
			return n.secondVote(held, v)
		}
		if s.certified && v.Digest == s.digest {
			return RefusedDuplicate
		}
	}
	if err := n.verifyVote(v); err != nil {
		return err
	}
	s := n.slot(v.Seq)
	s.executed[v.Replica] = v
	n.certify(s)
	return nil
}
