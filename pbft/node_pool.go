package pbft

import "slices"

// pool holds the requests that are known and not executed, in order of arrival.
type pool struct {
	entries map[requestKey]*pooled
	queue   []*pooled // in order of arrival; removed entries are skipped and swept out
	cursor  int       // entries before it are proposed or gone
	waiting int       // not proposed
	bytes   int       // of those
	idle    uint64    // ticks so far at which some request was kept waiting, see pace
}

type pooled struct {
	request  Request
	since    uint64 // tick of arrival
	idle     uint64 // pool's, at arrival or at the beginning of the view
	proposed bool
	shared   bool // sent to all members
	gone     bool
}

func (p *pool) init() { p.entries = map[requestKey]*pooled{} }

func (p *pool) len() int { return len(p.entries) }

// holds reports whether exactly this request, signature included, is in the pool and so has been verified.
func (p *pool) holds(r *Request) bool {
	e := p.entries[r.key()]
	return e != nil && e.request.Signature == r.Signature && slices.Equal(e.request.Operation, r.Operation)
}

// add takes a verified request and reports whether it was new and there was room.
func (p *pool) add(r Request, tick uint64, limit int) bool {
	if len(p.entries) >= limit || p.entries[r.key()] != nil {
		return false
	}
	e := &pooled{request: r, since: tick, idle: p.idle}
	p.entries[r.key()] = e
	p.queue = append(p.queue, e)
	p.waiting++
	p.bytes += r.size()
	return true
}

func (p *pool) markProposed(k requestKey) {
	if e := p.entries[k]; e != nil && !e.proposed {
		e.proposed = true
		p.waiting--
		p.bytes -= e.request.size()
	}
}

// remove forgets a request that has been executed or never can be.
func (p *pool) remove(k requestKey) {
	e := p.entries[k]
	if e == nil {
		return
	}
	p.markProposed(k)
	e.gone = true
	delete(p.entries, k)
	if len(p.queue) > 64 && len(p.queue) > 2*len(p.entries) {
		p.queue = slices.DeleteFunc(p.queue, func(e *pooled) bool { return e.gone })
		p.cursor = 0
	}
}

// renew makes every request eligible again, after a view change has dropped the batches they were in.
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

// oldest returns the request that has waited longest.
func (p *pool) oldest() *pooled {
	for _, e := range p.queue {
		if !e.gone {
			return e
		}
	}
	return nil
}

// each calls f for every request in order of arrival until f returns false.
func (p *pool) each(f func(e *pooled) bool) {
	for _, e := range p.queue {
		if !e.gone && !f(e) {
			return
		}
	}
}

// nextWaiting returns the first request that is not proposed.
func (p *pool) nextWaiting() *pooled {
	for ; p.cursor < len(p.queue); p.cursor++ {
		if e := p.queue[p.cursor]; !e.gone && !e.proposed {
			return e
		}
	}
	return nil
}

// take removes up to count requests of up to bytes in all from those waiting and marks them proposed.
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

// prune forgets every request that keep does not want.
func (p *pool) prune(keep func(requestKey) bool) {
	for _, e := range slices.Clone(p.queue) {
		if k := e.request.key(); !e.gone && !keep(k) {
			p.remove(k)
		}
	}
}
