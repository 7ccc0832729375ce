package replica

import (
	"slices"

	"github.com/trigrid/trigrid/pbft"
)

// intake decodes packets and has client signatures verified. Messages may overtake each other here,
// as in any network.
func (d *Driver) intake() {
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
				// A packet that does not decode is dropped, and the next one is read.
				d.refuse(err)
				continue
			}
			switch m := m.(type) {
			case *pbft.Forward:
				d.prepare(m.Requests, func() { d.post(inbound{p.From, m}) })
			case *pbft.PrePrepare:
				// The primary's own signature is checked by the node; only requests are many.
				if m.Batch == nil {
					d.post(inbound{p.From, m})
					continue
				}
				d.prepare(m.Batch.Requests, func() { d.post(inbound{p.From, m}) })
			default:
				d.post(inbound{p.From, m})
			}
		case rs := <-d.submits:
			// Requests that wait already share one verification.
			for more := true; more && len(rs) < 4*minPart; {
				select {
				case next := <-d.submits:
					rs = append(slices.Clone(rs), next...)
				default:
					more = false
				}
			}
			d.prepare(rs, func() { d.post(inbound{d.cfg.Node.ID, &pbft.Forward{Requests: rs}}) })
		}
	}
}

// post passes a message to run. It blocks if the inbox is full, which slows the transport down.
func (d *Driver) post(in inbound) {
	select {
	case <-d.ctx.Done():
	case d.inbox <- in:
	}
}

// prepare verifies the requests' signatures in a goroutine, so that the node finds them in the
// cache, and then calls next. It blocks if one verification per core is in progress. The node
// refuses requests with invalid signatures.
func (d *Driver) prepare(rs []pbft.Request, next func()) {
	select {
	case <-d.ctx.Done():
		return
	case d.verify <- struct{}{}:
	}
	d.wg.Go(func() {
		defer func() { <-d.verify }()
		todo := make([]pbft.Signed, len(rs))
		for i := range rs {
			todo[i] = rs[i].Signed(d.chain)
		}
		d.verifier.VerifyAll(todo)
		next()
	})
}
