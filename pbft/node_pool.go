package pbft

import "slices"

// pool holds the verified requests that wait for execution, in order of
// arrival.
//
// Its limit is in places. A request takes one place per started 4 KiB, so that
// few large requests do not take much memory. For example, a pool of 16 384
// places holds 64 MiB at most.
type pool struct {
	entries map[requestKey]*pooled
	clients map[PublicKey]*share
	// known reports whether a client has had a request executed. Other clients
	// are strangers. Nil: there are no strangers.
	known   func(PublicKey) bool
	strange int       // waiting places of strangers
	shares  []int     // number of clients with each number of waiting places
	most    int       // largest number of waiting places of a client
	places  int       // of all entries
	queue   []*pooled // in order of arrival; removed entries are skipped and later swept out
	cursor  int       // the entries before it are proposed or gone
	waiting int       // number of requests that are not proposed
	bytes   int       // their size
	idle    uint64    // idle ticks so far, see pace
}

// share is one client's part of the pool.
type share struct {
	entries  int
	waiting  int  // places of its requests that are not proposed
	stranger bool // at its oldest request
}

// placeBytes is the size of a place in the pool. It is assumed.
const placeBytes = 4 << 10

// pooled is one request of the pool.
type pooled struct {
	request  Request
	client   *share
	places   int
	since    uint64 // tick of arrival
	idle     uint64 // pool.idle at arrival or at the start of the view
	proposed bool   // in a batch of the current view
	shared   bool   // sent to all members
	gone     bool   // removed, and still in the queue
}

func (p *pool) init() {
	p.entries, p.clients, p.shares = map[requestKey]*pooled{}, map[PublicKey]*share{}, make([]int, 1)
}

func (p *pool) len() int { return len(p.entries) }

// holds reports whether the pool contains exactly this request, signature
// included. Its signature is then verified.
func (p *pool) holds(r *Request) bool {
	e := p.entries[r.key()]
	return e != nil && e.request.Signature == r.Signature && slices.Equal(e.request.Operation, r.Operation)
}

// add stores a verified request. It returns false if the request is known, or
// if the pool is full and no other client has more waiting in it.
//
// In a full pool the newest request of the client with most places gives way to
// one of a client with fewer. For example, with a limit of 256 two clients of
// 128 requests each give way to the first request of a third. The client sends
// it again.
//
// New keys cost nothing on a chain without a [Checker], so many strangers could
// fill the pool with one request each. Strangers with more than half of the
// limit therefore give way to a known client.
func (p *pool) add(r Request, tick uint64, limit int) bool {
	if p.entries[r.key()] != nil {
		return false
	}
	places := min(limit, (r.size()+placeBytes-1)/placeBytes)
	stranger := p.known != nil && !p.known(r.Client)
	for p.places+places > limit {
		crowd := !stranger && p.strange > limit/2
		if !(crowd && p.dropStranger()) && !p.giveWay(r.Client, places) {
			return false
		}
	}
	c := p.clients[r.Client]
	if c == nil {
		c = &share{stranger: stranger}
		p.clients[r.Client] = c
		p.shares[0]++
	}
	c.entries++
	p.places += places
	p.wait(c, places)
	e := &pooled{request: r, client: c, places: places, since: tick, idle: p.idle}
	p.entries[r.key()] = e
	p.queue = append(p.queue, e)
	p.waiting++
	p.bytes += r.size()
	return true
}

// wait adds waiting places to a client, which can be negative.
func (p *pool) wait(c *share, places int) {
	p.shares[c.waiting]--
	c.waiting += places
	if c.stranger {
		p.strange += places
	}
	for len(p.shares) <= c.waiting {
		p.shares = append(p.shares, 0)
	}
	p.shares[c.waiting]++
	p.most = max(p.most, c.waiting)
	for p.most > 0 && p.shares[p.most] == 0 {
		p.most--
	}
}

// giveWay removes the newest request of the client with most waiting places and
// reports whether it found one. It keeps requests that are proposed, and those
// of a client that has no more than the given one with its new places.
func (p *pool) giveWay(client PublicKey, places int) bool {
	if c := p.clients[client]; c != nil {
		places += c.waiting
	}
	if p.most <= places {
		return false
	}
	for i := len(p.queue) - 1; i >= 0; i-- { // the order of arrival, so that no map order decides
		if e := p.queue[i]; !e.gone && !e.proposed && e.client.waiting == p.most {
			p.remove(e.request.key())
			return true
		}
	}
	return false
}

// dropStranger removes the newest request of a stranger that is not proposed
// and reports whether it found one.
func (p *pool) dropStranger() bool {
	for i := len(p.queue) - 1; i >= 0; i-- {
		if e := p.queue[i]; !e.gone && !e.proposed && e.client.stranger {
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
		p.wait(e.client, -e.places)
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
	p.places -= e.places
	if e.client.entries--; e.client.entries == 0 {
		p.shares[0]--
		delete(p.clients, k.client)
	}
	// Sweeping when half of the queue is gone keeps the cost per removal
	// constant.
	if len(p.queue) > 64 && len(p.queue) > 2*len(p.entries) {
		p.queue = slices.DeleteFunc(p.queue, func(e *pooled) bool { return e.gone })
		p.cursor = 0
	}
}

// renew makes every request eligible again, after a view change has dropped the
// proposed batches.
func (p *pool) renew() {
	p.cursor, p.waiting, p.bytes = 0, 0, 0
	for _, e := range p.queue {
		if !e.gone {
			if e.proposed {
				p.wait(e.client, e.places)
			}
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

// take marks up to count requests as proposed and returns them. Their total
// size is at most bytes, unless the first one is larger.
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
