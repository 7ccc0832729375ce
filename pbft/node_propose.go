package pbft

import "errors"

// Propose gives the node a request from a client. A backup passes it on to the primary. A request that was executed
// before is answered by Ready.Repeated and refused with [RefusedExecuted].
func (n *Node) Propose(r Request) error {
	err := n.admit(r)
	if err == nil && !n.isPrimary() {
		n.forwards = append(n.forwards, r)
	}
	return err
}

// stepForward takes requests that another replica passes on.
func (n *Node) stepForward(m *Forward) error {
	if uint64(len(m.Requests)) > n.genesis.BatchLimit {
		return RefusedLimit
	}
	var errs []error
	for i := range m.Requests {
		if err := n.admit(m.Requests[i]); err != nil {
			errs = append(errs, err)
		}
	}
	if len(errs) == 1 {
		return errs[0]
	}
	return errors.Join(errs...)
}

// admit takes a request into the pool if it could be executed. Only what is in the pool makes timers run, so nothing
// unauthenticated, oversized or executed gets in.
func (n *Node) admit(r Request) error {
	if uint64(len(r.Operation)) > n.genesis.RequestLimit || n.members.hasKey(r.Client) {
		return RefusedRequest
	}
	if !n.clients.fresh(r.key()) {
		if result, known := n.clients.result(r.key()); known {
			if !VerifyRequest(n.verifier, n.chain, &r) {
				return RefusedSignature
			}
			n.repeat(Repeated{Client: r.Client, Number: r.Number, Result: result})
		}
		return RefusedExecuted
	}
	switch {
	case !n.clients.inWindow(r.key()):
		return RefusedRequest
	case n.pool.entries[r.key()] != nil:
		return RefusedDuplicate
	case !VerifyRequest(n.verifier, n.chain, &r):
		return RefusedSignature
	case n.checker != nil && n.checker.Check(&r) != nil:
		return RefusedRequest
	case !n.pool.add(r, n.ticks, n.options.PoolSize):
		return RefusedPoolFull
	}
	n.armTimer()
	return nil
}

// repeat hands out an old result, once however often it is asked for before the next Ready: each costs a signature.
func (n *Node) repeat(old Repeated) {
	for i := range n.ready.Repeated {
		if n.ready.Repeated[i].Client == old.Client && n.ready.Repeated[i].Number == old.Number {
			return
		}
	}
	n.ready.Repeated = append(n.ready.Repeated, old)
}

// flushForwards sends what clients have brought to a backup, in one message. Who waits for a view tells everybody,
// because the others may not be waiting.
func (n *Node) flushForwards() {
	if n.viewRunning() {
		n.forward(n.forwards, n.primaryOf(n.view))
	} else {
		n.forward(n.forwards, n.members.IDs()...)
	}
	n.forwards = nil
}

// leads reports whether this node may propose now. A new primary waits until it holds the bodies of everything its
// view has inherited: only then does it know which times and requests it must not fall behind or repeat.
func (n *Node) leads() bool {
	return n.phase() == phaseActive && n.isPrimary() && n.executed >= n.low.Header.Seq && n.bodiesComplete()
}

func (n *Node) bodiesComplete() bool {
	for seq := n.executed + 1; seq < n.next; seq++ {
		if s := n.slots[seq]; s == nil || s.accepted == nil || s.wants(s.accepted.Digest) {
			return false
		}
	}
	return true
}

// canPropose decides when to cut a batch: at once when nothing is in flight, which keeps latency low; otherwise when
// it is full or its oldest request has waited long enough, which keeps batches large under load.
func (n *Node) canPropose() bool {
	if n.next > n.high() || !n.leads() {
		return false
	}
	inFlight := int(n.next - 1 - n.executed)
	if n.pool.waiting == 0 {
		return n.change != nil && inFlight == 0
	}
	if inFlight == 0 {
		return true
	}
	if inFlight >= n.options.Pipeline {
		return false
	}
	full := n.pool.waiting >= n.options.BatchSize || n.pool.bytes >= n.options.BatchBytes
	first := n.pool.nextWaiting()
	return full || first != nil && n.ticks-first.since >= uint64(n.options.BatchAge)
}

// propose cuts as many batches as the rules allow. A null batch is proposed where numbers have to be used up: towards
// the end of an epoch, and for an observer that waits for a checkpoint.
func (n *Node) propose() {
	for n.canPropose() {
		var b *Batch
		if requests := n.pool.take(n.options.BatchSize, n.options.BatchBytes); len(requests) > 0 {
			n.proposed = max(n.now, n.proposed, n.last.Time, n.parentTime(n.next))
			b = &Batch{Time: n.proposed, Requests: requests}
		}
		n.proposeBatch(b)
	}
}

func (n *Node) proposeBatch(b *Batch) {
	p := &PrePrepare{Proposal: Proposal{Epoch: n.members.Epoch, View: n.view, Seq: n.next, Digest: b.Digest()}, Batch: b}
	p.Signature = n.signer.Sign(p.Proposal.statement(n.chain, n.id))
	n.next++
	s := n.slot(p.Seq)
	n.accept(s, &p.Proposal, b)
	n.broadcast(p)
	n.progress(s)
}
