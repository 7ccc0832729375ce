package sim

import (
	"fmt"
	"slices"

	"github.com/trigrid/trigrid/pbft"
)

// client keeps a few requests in flight, sends each to one replica first and to all when no answer comes, and believes
// f+1 equal replies.
type client struct {
	s       *Sim
	id      int
	signer  pbft.Signer
	tally   *pbft.Tally
	next    uint64
	todo    int
	waiting map[uint64]int // index into history
	history []Operation
	extra   []string
}

// retry is how long a client waits before it sends a request to everybody.
const retry = 400

func (s *Sim) newClient(i int) *client {
	c := &client{s: s, id: i, signer: s.ring.signer("client", i), next: 1, todo: s.cfg.Requests, waiting: map[uint64]int{}}
	m := pbft.Membership{Members: s.cfg.Genesis.Members}
	c.tally = pbft.NewTally(s.ring, s.chain, m, c.signer.Public())
	s.after(s.rand.Int64N(max(1, s.cfg.Pace)), c.work)
	return c
}

// work sends the next request if one may be sent, and comes back later.
func (c *client) work() {
	if c.todo == 0 && len(c.extra) == 0 {
		return
	}
	c.s.after(1+c.s.rand.Int64N(2*max(1, c.s.cfg.Pace)), c.work)
	if len(c.waiting) >= c.s.cfg.InFlight {
		return
	}
	var operation string
	if len(c.extra) > 0 {
		operation, c.extra = c.extra[0], c.extra[1:]
	} else {
		c.todo--
		name := string(rune('a' + c.s.rand.IntN(3)))
		switch c.s.rand.IntN(3) {
		case 0:
			operation = fmt.Sprintf("add %s %d", name, 1+c.s.rand.IntN(9))
		case 1:
			operation = fmt.Sprintf("set %s %d", name, c.s.rand.IntN(100))
		default:
			operation = "get " + name
		}
	}
	r := pbft.NewRequest(c.s.chain, c.signer, c.next, []byte(operation))
	c.next++
	c.waiting[r.Number] = len(c.history)
	c.history = append(c.history, Operation{Client: c.id, Called: c.s.now, Returned: -1, Operation: operation})
	c.tally.Expect(r.Number)
	c.s.oracle.submitted(&r)
	c.send(r, c.s.hosts[c.s.rand.IntN(len(c.s.hosts))])
	c.s.after(retry, func() { c.again(r) })
}

// change asks for other members with the next request.
func (c *client) change(members []pbft.ReplicaID) {
	text := "members"
	for _, id := range members {
		text += fmt.Sprintf(" %d", id)
	}
	c.extra = append(c.extra, text)
	if c.todo == 0 {
		c.work()
	}
}

func (c *client) send(r pbft.Request, h *host) {
	n := &c.s.cfg.Network
	if c.s.now < c.s.cfg.Heal && c.s.rand.Float64() < n.Loss {
		return
	}
	r.Operation = slices.Clone(r.Operation)
	c.s.after(n.Min+c.s.rand.Int64N(n.Max-n.Min+1), func() { h.propose(r) })
}

func (c *client) again(r pbft.Request) {
	if _, open := c.waiting[r.Number]; !open {
		return
	}
	for _, h := range c.s.hosts {
		c.send(r, h)
	}
	c.s.after(retry, func() { c.again(r) })
}

func (c *client) receive(r pbft.Reply) {
	c.tally.SetMembers(c.s.oracle.members)
	accepted, _ := c.tally.Add(&r)
	if !accepted {
		return
	}
	i := c.waiting[r.Number]
	delete(c.waiting, r.Number)
	c.history[i].Returned, c.history[i].Result = c.s.now, string(r.Result)
	c.s.report.Requests++
	c.s.oracle.answered(c, r)
}

// open describes what the client still waits for, if anything.
func (c *client) open() string {
	if c.todo > 0 || len(c.extra) > 0 || len(c.waiting) > 0 {
		return fmt.Sprintf("client %d has %d requests to send and waits for %d", c.id, c.todo+len(c.extra), len(c.waiting))
	}
	return ""
}
