package replica

import (
	"fmt"
	"slices"
	"time"

	"github.com/trigrid/trigrid/pbft"
)

// submission is a portion of requests of one connection.
type submission struct {
	requests []pbft.Request
	bytes    int64
	door     *door // nil for the own process
}

// queuedBytes bounds the requests of all clients that wait to be judged. It is
// assumed.
const queuedBytes = 32 << 20

// submit queues requests and never blocks. The door receives their judgement,
// except after an error.
func (d *Driver) submit(requests []pbft.Request, from *door) error {
	if d.ctx.Err() != nil {
		return ErrClosed
	}
	s := submission{requests: requests, bytes: bytesOf(requests), door: from}
	if d.queued.Add(s.bytes) > queuedBytes && s.bytes < d.queued.Load() {
		d.queued.Add(-s.bytes)
		return ErrBusy
	}
	select {
	case <-d.ctx.Done():
		d.queued.Add(-s.bytes)
		return ErrClosed
	case d.submits <- s:
		return nil
	default: // waiting here would let one client block others
		d.queued.Add(-s.bytes)
		return ErrBusy
	}
}

// intake decodes packets of replicas and has the signatures of requests
// verified. Messages may overtake each other here, as in any network.
//
// The node receives no request with an invalid signature. A proposal with one
// is dropped as a whole, and so is a proposal that no member has signed.
func (d *Driver) intake() {
	doors := map[pbft.ReplicaID]*door{}
	for {
		select {
		case <-d.ctx.Done():
			return
		case p, open := <-d.cfg.Transport.Receive():
			if !open {
				return
			}
			m, err := pbft.DecodeMessage(p.Data)
			if err != nil {
				// A packet that does not decode is dropped, and the next one is
				// read.
				d.refuse(err)
				continue
			}
			if doors[p.From] == nil {
				own := newDoor(doorCredit)
				doors[p.From] = &own
			}
			d.take(p.From, doors[p.From], m)
		}
	}
}

// take passes a replica's message on. Correct replicas forward and propose
// valid requests only, so that invalid ones cost the sender credit. Without
// credit its requests are dropped, as if it had not sent them.
func (d *Driver) take(from pbft.ReplicaID, door *door, m pbft.Message) {
	var rs []pbft.Request
	switch m := m.(type) {
	case *pbft.Forward:
		rs = m.Requests
	case *pbft.PrePrepare:
		if m.Batch != nil {
			rs = m.Batch.Requests
		}
	}
	if len(rs) == 0 {
		d.post(d.inbox, inbound{from: from, m: m})
		return
	}
	if err := d.requestsFit(rs); err != nil {
		door.judged(judgement{useless: handleCost})
		d.refuse(err)
		return
	}
	// Limits and the proposer's own signature come before the signatures of
	// many requests. The node refuses a message of another epoch by its fields.
	if p, ok := m.(*pbft.PrePrepare); ok {
		members := d.members.Load()
		if p.Epoch != members.Epoch {
			d.post(d.inbox, inbound{from: from, m: m})
			return
		}
		if err := p.Proposal.Verify(d.verifier, d.chain, *members); err != nil {
			door.judged(judgement{useless: verifyCost})
			d.refuse(err)
			return
		}
	}
	if !door.solvent() {
		d.refuse(pbft.RefusedLimit)
		return
	}
	d.verifying(d.verify, func() {
		checked := d.verifier.check(d.signed(rs))
		invalid := slices.Contains(checked.valid, false)
		if invalid {
			d.refuse(pbft.RefusedSignature)
			door.judged(judgement{useless: time.Duration(len(checked.fresh)) * verifyCost})
		}
		switch m := m.(type) {
		case *pbft.Forward:
			m.Requests = pick(rs, checked.valid)
		case *pbft.PrePrepare:
			if invalid {
				return
			}
		}
		d.post(d.inbox, inbound{from: from, m: m, verified: true})
	})
}

// requestsFit checks the limits of a message with requests.
func (d *Driver) requestsFit(rs []pbft.Request) error {
	g := &d.genesis
	bytes := uint64(0)
	for i := range rs {
		if uint64(len(rs[i].Operation)) > g.RequestLimit {
			return fmt.Errorf("%w: an operation of %d bytes", pbft.RefusedRequest, len(rs[i].Operation))
		}
		bytes += uint64(pbft.RequestOverhead + len(rs[i].Operation))
	}
	if uint64(len(rs)) > g.BatchLimit || bytes > g.BatchBytes {
		return pbft.RefusedLimit
	}
	return nil
}

// clients has the requests of clients verified. It has a goroutine of its own,
// so that packets of replicas do not wait for it.
func (d *Driver) clients() {
	for {
		select {
		case <-d.ctx.Done():
			return
		case s := <-d.submits:
			group, count := []submission{s}, len(s.requests)
			// Requests that wait already share one verification.
			for more := true; more && count < 4*minPart; {
				select {
				case s := <-d.submits:
					group, count = append(group, s), count+len(s.requests)
				default:
					more = false
				}
			}
			d.verifying(d.verifyClients, func() { d.admit(group) })
		}
	}
}

// admit verifies a group of submissions and passes their valid requests to the
// node. The others end here.
func (d *Driver) admit(group []submission) {
	var out []request
	var small []pbft.Request
	bytes := int64(0)
	for _, s := range group {
		bytes += s.bytes
		p := &portion{judgement: judgement{requests: len(s.requests), bytes: s.bytes}, door: s.door}
		for i := range s.requests {
			if uint64(len(s.requests[i].Operation)) > d.genesis.RequestLimit {
				p.judgement.add(pbft.RefusedRequest, false)
				d.refuse(pbft.RefusedRequest)
				continue
			}
			p.open++
			out = append(out, request{&s.requests[i], p, false})
			small = append(small, s.requests[i])
		}
		p.close()
	}
	checked := d.verifier.check(d.signed(small))
	for _, i := range checked.fresh {
		out[i].fresh = true
	}
	valid := out[:0]
	for i, r := range out {
		if checked.valid[i] {
			valid = append(valid, r)
			continue
		}
		d.refuse(pbft.RefusedSignature)
		r.judge(pbft.RefusedSignature)
	}
	if len(valid) == 0 {
		d.queued.Add(-bytes)
		return
	}
	d.post(d.requests, inbound{requests: valid, bytes: bytes})
}

// portion collects the judgements of one submission.
type portion struct {
	judgement judgement
	door      *door
	open      int // requests without judgement
}

// close reports the portion to its door after the last judgement.
func (p *portion) close() {
	if p.open == 0 {
		p.door.judged(p.judgement)
	}
}

// request is one request of a portion.
type request struct {
	request *pbft.Request
	portion *portion
	fresh   bool // the signature was verified now
}

// judge counts the answer of the intake or of the node. One goroutine has a
// portion at a time.
func (r *request) judge(err error) {
	r.portion.judgement.add(err, r.fresh)
	r.portion.open--
	r.portion.close()
}

// signed returns the signature checks of requests.
func (d *Driver) signed(rs []pbft.Request) []pbft.Signed {
	todo := make([]pbft.Signed, len(rs))
	for i := range rs {
		todo[i] = rs[i].Signed(d.chain)
	}
	return todo
}

// pick returns the requests whose flag is set.
func pick(rs []pbft.Request, flags []bool) []pbft.Request {
	out := make([]pbft.Request, 0, len(rs))
	for i := range rs {
		if flags[i] {
			out = append(out, rs[i])
		}
	}
	return out
}

// post passes a message to run. It blocks if the queue is full, which slows its
// senders down.
func (d *Driver) post(queue chan<- inbound, in inbound) {
	select {
	case <-d.ctx.Done():
	case queue <- in:
	}
}

// verifying calls f in a goroutine. It blocks if all tokens are in use, one per
// verification.
func (d *Driver) verifying(tokens chan struct{}, f func()) {
	select {
	case <-d.ctx.Done():
		return
	case tokens <- struct{}{}:
	}
	d.wg.Go(func() {
		defer func() { <-tokens }()
		f()
	})
}
