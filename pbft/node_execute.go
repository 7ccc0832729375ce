package pbft

import (
	"encoding/binary"
	"slices"

	"github.com/trigrid/trigrid/pbft/internal/planted"
)

// execute runs committed batches strictly in order and without gaps, as far as they and their bodies are here.
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

// executeBatch applies one batch, signs the header it leads to and takes a checkpoint where one is due.
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
		h.Time = max(h.Time, b.Time)
		if n.mistake.On(planted.LocalClockInExecution) {
			h.Time = max(h.Time, n.now)
		}
		block.Executed, block.Results = n.apply(&h, b)
		h.ResultRoot = resultRoot(block.Executed, block.Results)
	}
	n.executed = s.seq
	n.next = max(n.next, s.seq+1)
	if n.mistake.On(planted.NullSkipsNumber) && b == nil && s.seq > n.low.Header.Seq+1 {
		n.executed--
	}
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

// apply removes what is not to be executed now and hands the rest to the application: exactly-once is decided here, at
// execution, because nothing before it can be trusted to have removed a repetition.
func (n *Node) apply(h *Header, b *Batch) ([]Request, [][]byte) {
	var run []Request
	seen := map[requestKey]bool{}
	for i := range b.Requests {
		r := &b.Requests[i]
		again := seen[r.key()] && !n.mistake.On(planted.DuplicateInBatch)
		old := (!n.clients.fresh(r.key()) || !n.clients.inWindow(r.key())) && !n.mistake.On(planted.ReExecute)
		if again || old || n.members.hasKey(r.Client) {
			continue
		}
		seen[r.key()] = true
		run = append(run, *r)
	}
	body := Batch{Requests: run}
	out := n.app.Apply(OrderedRequests{
		Epoch: h.Epoch, Seq: h.Seq, Time: h.Time, Parent: h.Parent, Batch: h.Batch, Requests: body.clone().Requests,
	})
	results := make([][]byte, len(run))
	for i := range run {
		if i < len(out.Results) {
			r := out.Results[i]
			results[i] = slices.Clone(r[:min(len(r), int(n.genesis.ResultLimit))])
		}
		n.clients.record(run[i].key(), results[i])
	}
	for i := range b.Requests { // what could not be executed here can be sent again when it can
		n.pool.remove(b.Requests[i].key())
	}
	h.StateRoot = out.Root
	n.planChange(h.Seq, out.Members)
	return run, results
}

// resultRoot commits to who asked what number and what came out. The number of leaves is hashed in, so that a path
// says which of how many it belongs to.
func resultRoot(requests []Request, results [][]byte) Digest {
	root, _ := resultPaths(requests, results)
	return root
}

// resultPaths is resultRoot together with the path of each result.
func resultPaths(requests []Request, results [][]byte) (Digest, [][]Digest) {
	if len(requests) == 0 {
		return Digest{}, nil
	}
	leaves := make([]Digest, len(requests))
	for i := range requests {
		leaves[i] = resultLeaf(requests[i].Client, requests[i].Number, results[i])
	}
	root, paths := merklePaths(leaves)
	return sizedRoot(root, len(leaves)), paths
}

func resultLeaf(client PublicKey, number uint64, result []byte) Digest {
	return hash(hashLeaf, client[:], binary.BigEndian.AppendUint64(nil, number), result)
}

// sizedRoot binds a tree's root to its number of leaves.
func sizedRoot(root Digest, leaves int) Digest {
	return hash(hashTree, binary.BigEndian.AppendUint32(nil, uint32(leaves)), root[:])
}

// certify emits the execution certificate of a slot once Q replicas have signed the header this replica computed. If Q
// replicas agree on another one, this replica is the one that is wrong.
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

// stepExecuted takes another replica's EXECUTED statement.
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

// noteAhead notes the highest checkpoint above the window that a member has executed: f+1 of them prove that this
// replica has been left behind.
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

// countExecuted counts a statement about a number inside the window.
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
