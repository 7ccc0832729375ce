package pbft

import "slices"

// pool holds the verified requests that wait for execution, in order of arrival.
type pool struct {
	entries map[requestKey]*pooled
	held    map[PublicKey]int // number of entries of each client
	queue   []*pooled         // in order of arrival; removed entries are skipped and later swept out
	cursor  int               // the entries before it are proposed or gone
	waiting int               // number of requests that are not proposed
	bytes   int               // their size
	idle    uint64            // idle ticks so far, see pace
}

// pooled is one request of the pool.
type pooled struct {
	request  Request
	since    uint64 // tick of arrival
	idle     uint64 // pool.idle at arrival or at the start of the view
	proposed bool   // in a batch of the current view
	shared   bool   // sent to all members
	gone     bool   // removed, and still in the queue
}

func (p *pool) init() { p.entries, p.held = map[requestKey]*pooled{}, map[PublicKey]int{} }

func (p *pool) len() int { return len(p.entries) }

// holds reports whether the pool contains exactly this request, signature included. Its signature
// is then verified.
func (p *pool) holds(r *Request) bool {
	e := p.entries[r.key()]
	return e != nil && e.request.Signature == r.Signature && slices.Equal(e.request.Operation, r.Operation)
}

// add stores a verified request. It returns false if the request is known, or if the pool is full
// and no other client has more requests in it.
//
// In a full pool the newest request of the client with most requests gives way to one of a client
// with fewer, which therefore cannot be shut out. For example, with a limit of 256 two clients of
// 128 requests each give way to the first request of a third. The client sends it again.
func (p *pool) add(r Request, tick uint64, limit int) bool {
	if p.entries[r.key()] != nil || len(p.entries) >= limit && !p.giveWay(r.Client) {
		return false
	}
	p.held[r.Client]++
	e := &pooled{request: r, since: tick, idle: p.idle}
	p.entries[r.key()] = e
	p.queue = append(p.queue, e)
	p.waiting++
	p.bytes += r.size()
	return true
}

// giveWay removes the newest request of the client that holds most and reports whether it found
// one. It keeps requests that are proposed, and those of a client with at most one more than c.
func (p *pool) giveWay(c PublicKey) bool {
	most := p.held[c] + 1
	for _, n := range p.held {
		most = max(most, n)
	}
	if most <= p.held[c]+1 {
		return false
	}
	for i := len(p.queue) - 1; i >= 0; i-- { // the order of arrival, so that no map order decides
		if e := p.queue[i]; !e.gone && !e.proposed && p.held[e.request.Client] == most {
			p.remove(e.request.key())
			return true
		}
	}
	return false
}

// markProposed takes a request out of those that wait for a batch.
func (p *pool) markProposed(k requestKey) {
	if e := p.entries[k]; e != nil && !e.proposed {
		e.proposed = true
		p.waiting--
		p.bytes -= e.request.size()
	}
}

// remove deletes a request that is executed or can no longer be.
func (p *pool) remove(k requestKey) {
	e := p.entries[k]
	if e == nil {
		return
	}
	p.markProposed(k)
	e.gone = true
	delete(p.entries, k)
	if p.held[k.client]--; p.held[k.client] == 0 {
		delete(p.held, k.client)
	}
	// Sweeping when half of the queue is gone keeps the cost per removal constant.
	if len(p.queue) > 64 && len(p.queue) > 2*len(p.entries) {
		p.queue = slices.DeleteFunc(p.queue, func(e *pooled) bool { return e.gone })
		p.cursor = 0
	}
}

// renew makes every request eligible again, after a view change has dropped the proposed batches.
func (p *pool) renew() {
	p.cursor, p.waiting, p.bytes = 0, 0, 0
	for _, e := range p.queue {
		if !e.gone {
			e.proposed, e.idle = false, p.idle
			p.waiting++
			p.bytes += e.request.size()
		}
	}
}

// oldest returns the request that has waited longest, or nil.
func (p *pool) oldest() *pooled {
	for _, e := range p.queue {
		if !e.gone {
			return e
		}
	}
	return nil
}

// each calls f for the requests in order of arrival until f returns false.
func (p *pool) each(f func(e *pooled) bool) {
	for _, e := range p.queue {
		if !e.gone && !f(e) {
			return
		}
	}
}

// nextWaiting returns the oldest request that is not proposed, or nil.
func (p *pool) nextWaiting() *pooled {
	for ; p.cursor < len(p.queue); p.cursor++ {
		if e := p.queue[p.cursor]; !e.gone && !e.proposed {
			return e
		}
	}
	return nil
}

// take marks up to count requests as proposed and returns them. Their total size is at most bytes,
// unless the first one is larger.
func (p *pool) take(count, bytes int) []Request {
	var out []Request
	for e := p.nextWaiting(); e != nil && len(out) < count; e = p.nextWaiting() {
		if len(out) > 0 && bytes < e.request.size() {
			break
		}
		bytes -= e.request.size()
		out = append(out, e.request)
		p.markProposed(e.request.key())
	}
	return out
}

// prune removes every request for which keep returns false.
func (p *pool) prune(keep func(requestKey) bool) {
	for _, e := range slices.Clone(p.queue) {
		if k := e.request.key(); !e.gone && !keep(k) {
			p.remove(k)
		}
	}
}
