package pbft

import "errors"

// Propose processes a request from a client of this replica. A backup forwards
// it to the primary. A request that is already executed is refused with
// [RefusedExecuted], and its kept result, if any, is in Ready.Repeated.
func (n *Node) Propose(r Request) error {
	err := n.admit(r)
	if err == nil && !n.isPrimary() {
		n.forwards = append(n.forwards, r)
	}
	return err
}

// ProposeVerified is [Node.Propose] for a request whose signature the caller
// has found valid with the node's verifier.
func (n *Node) ProposeVerified(r Request) error {
	n.vouched = true
	defer func() { n.vouched = false }()
	return n.Propose(r)
}

// valid reports whether the client's signature is valid.
func (n *Node) valid(r *Request) bool { return n.vouched || VerifyRequest(n.verifier, n.chain, r) }

// stepForward processes requests that another replica forwards. It returns the
// refusals of all of them.
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

// admit puts a request into the pool if it could be executed. Requests in the
// pool start timers, so an unauthenticated, oversized or executed request must
// not get in.
func (n *Node) admit(r Request) error {
	if uint64(len(r.Operation)) > n.genesis.RequestLimit || n.members.hasKey(r.Client) {
		return RefusedRequest
	}
	if !n.clients.fresh(r.key()) {
		if result, known := n.clients.result(r.key()); known {
			// Without this check, a stranger could have results signed at will.
			if !n.valid(&r) {
				return RefusedSignature
			}
			n.repeat(Repeated{Client: r.Client, Number: r.Number, Content: result.content, Result: result.result})
		}
		return RefusedExecuted
	}
	switch {
	case !n.clients.inWindow(r.key()):
		return RefusedWindow
	case !n.clients.has(r.Client) && n.clients.full(0):
		return RefusedLimit
	case n.pool.entries[r.key()] != nil:
		return RefusedDuplicate
	case !n.valid(&r):
		return RefusedSignature
	case n.checker != nil && n.checker.Check(&r) != nil:
		return RefusedRequest
	case !n.pool.add(r, n.ticks, n.options.PoolSize):
		return RefusedPoolFull
	}
	n.armTimer()
	return nil
}

// repeat hands out a kept result, once per Ready for equal requests, since each
// reply costs a signature.
func (n *Node) repeat(old Repeated) {
	for i := range n.ready.Repeated {
		if n.ready.Repeated[i].Client == old.Client && n.ready.Repeated[i].Number == old.Number {
			return
		}
	}
	n.ready.Repeated = append(n.ready.Repeated, old)
}

// flushForwards sends the clients' requests of a backup in few messages: to the
// primary, or to all members if the view has not started. In the latter case
// the others may be in another view.
func (n *Node) flushForwards() {
	if n.viewRunning() {
		n.forward(n.forwards, n.primaryOf(n.view))
	} else {
		n.forward(n.forwards, n.members.IDs()...)
	}
	n.forwards = nil
}

// leads reports whether this replica may propose now. A new primary waits for
// the bodies of all inherited proposals: they determine which times and
// requests its own batches must not go behind or repeat.
func (n *Node) leads() bool {
	return n.phase() == phaseActive && n.isPrimary() && n.executed >= n.low.Header.Seq && n.bodiesComplete()
}

// bodiesComplete reports whether all proposed and unexecuted batches are here.
func (n *Node) bodiesComplete() bool {
	for seq := n.executed + 1; seq < n.next; seq++ {
		if s := n.slots[seq]; s == nil || s.accepted == nil || s.wants(s.accepted.Digest) {
			return false
		}
	}
	return true
}

// canPropose reports whether to cut a batch now. If nothing is in flight, a
// batch is cut at once, for low latency. Otherwise it is cut when it is full or
// its oldest request has waited for BatchAge, for large batches under load.
func (n *Node) canPropose() bool {
	if n.next > n.high() || !n.leads() {
		return false
	}
	inFlight := int(n.next - 1 - n.executed)
	if n.pool.waiting == 0 {
		// Null batches use up the numbers to the end of the epoch.
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

// propose cuts as many batches as canPropose allows. Without requests it
// proposes null batches.
func (n *Node) propose() {
	for n.canPropose() {
		var b *Batch
		if requests := n.pool.take(n.options.BatchSize, n.options.BatchBytes); len(requests) > 0 {
			// Backups refuse a batch that is older than its predecessor, and a
			// new primary's clock may be behind the former one's.
			n.proposed = max(n.now, n.proposed, n.last.Time, n.parentTime(n.next))
			b = &Batch{Time: n.proposed, Requests: requests}
		}
		n.proposeBatch(b)
	}
}

// proposeBatch signs, accepts and sends the proposal of b for the next number.
// A nil b is the null batch.
func (n *Node) proposeBatch(b *Batch) {
	p := &PrePrepare{Proposal: Proposal{Epoch: n.members.Epoch, View: n.view, Seq: n.next, Digest: b.Digest()}, Batch: b}
	p.Signature = n.signer.Sign(p.Proposal.statement(n.chain, n.id))
	n.next++
	s := n.slot(p.Seq)
	n.accept(s, &p.Proposal, b)
	n.broadcast(p)
	n.progress(s)
}
