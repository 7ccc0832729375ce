package sim

import (
	"fmt"
	"slices"

	"github.com/trigrid/trigrid/pbft"
)

// client keeps up to Config.InFlight requests in flight. It sends each to one
// replica, and to all after retry milliseconds without a result. It accepts a
// result after f+1 equal replies.
type client struct {
	s       *Sim
	id      int
	signer  pbft.Signer
	tally   *pbft.Tally
	next    uint64
	todo    int            // random requests still to be sent
	waiting map[uint64]int // requests without a result, as indices into history
	history []Operation    // all calls
	extra   []string       // further operations, sent first
}

// retry is the time in ms after which a client sends a request to all replicas.
const retry = 400

// newClient returns a client that starts at a random time.
func (s *Sim) newClient(i int) *client {
	c := &client{s: s, id: i, signer: s.ring.signer("client", i), next: 1, todo: s.cfg.Requests, waiting: map[uint64]int{}}
	m := pbft.Membership{Members: s.cfg.Genesis.Members}
	c.tally = pbft.NewTally(s.ring, s.chain, m, c.signer.Public())
	s.after(s.rand.Int64N(max(1, s.cfg.Pace)), c.work)
	return c
}

// work sends the next request if InFlight allows it, and schedules itself
// again.
func (c *client) work() {
	if c.todo == 0 && len(c.extra) == 0 {
		return
	}
	// The pauses are uniform in [1, 2 Pace], so their mean is about Pace.
	c.s.after(1+c.s.rand.Int64N(2*max(1, c.s.cfg.Pace)), c.work)
	// work is scheduled again already, so the request is only postponed.
	if len(c.waiting) >= c.s.cfg.InFlight {
		return
	}
	var operation string
	if len(c.extra) > 0 {
		operation, c.extra = c.extra[0], c.extra[1:]
	} else {
		c.todo--
		// Three registers are few enough for conflicts between clients.
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
	c.tally.Expect(&r)
	// The oracle must have the request before any replica.
	c.s.oracle.submitted(&r)
	c.send(r, c.s.hosts[c.s.rand.IntN(len(c.s.hosts))])
	c.s.after(retry, func() { c.again(r) })
}

// change makes the next request one for other members.
func (c *client) change(members []pbft.ReplicaID) {
	text := "members"
	for _, id := range members {
		text += fmt.Sprintf(" %d", id)
	}
	c.extra = append(c.extra, text)
	// The client has stopped working, so it is started again.
	if c.todo == 0 {
		c.work()
	}
}

// send delivers the request to a replica after a random delay, unless the
// network loses it.
func (c *client) send(r pbft.Request, h *host) {
	n := &c.s.cfg.Network
	if c.s.now < c.s.cfg.Heal && c.s.rand.Float64() < n.Loss {
		return
	}
	r.Operation = slices.Clone(r.Operation) // a copy per replica, as over a wire
	c.s.after(n.Min+c.s.rand.Int64N(n.Max-n.Min+1), func() { h.propose(r) })
}

// again repeats an unanswered request to all replicas.
func (c *client) again(r pbft.Request) {
	if _, open := c.waiting[r.Number]; !open {
		return
	}
	for _, h := range c.s.hosts {
		c.send(r, h)
	}
	c.s.after(retry, func() { c.again(r) })
}

// receive counts a reply. The members of the epoch may have changed meanwhile;
// a real client learns of this through [pbft.VerifyEpochs].
func (c *client) receive(r pbft.Reply) {
	c.tally.SetMembers(c.s.oracle.members)
	// Invalid replies are ignored here; the tally's own tests cover them.
	accepted, _ := c.tally.Add(&r)
	if !accepted {
		return
	}
	// The tally accepts each number once, so the entry exists.
	i := c.waiting[r.Number]
	delete(c.waiting, r.Number)
	c.history[i].Returned, c.history[i].Result = c.s.now, string(r.Result)
	c.s.report.Requests++
	c.s.oracle.answered(c, r)
}

// open describes the unfinished work of the client, or returns "".
func (c *client) open() string {
	if c.todo > 0 || len(c.extra) > 0 || len(c.waiting) > 0 {
		return fmt.Sprintf("client %d has %d requests to send and waits for %d", c.id, c.todo+len(c.extra), len(c.waiting))
	}
	return ""
}
