package engine

import (
	"bytes"
	"fmt"
	"sync"

	"github.com/trigrid/trigrid/pbft"
)

// packet is an encoded message between two replicas.
type packet struct {
	from, to pbft.ReplicaID
	data     []byte
}

// turn is the output of one replica in one round.
type turn struct {
	sent   []packet
	readys []pbft.Ready
	err    error
}

// parallelGroup is the default of Chain.parallel. For fewer transactions,
// goroutines cost more than they save. It is assumed.
const parallelGroup = 16

// pump lets the replicas work in rounds until none of them has work left. In a
// round, each replica receives the messages of the round before, in the order
// of senders and of sending, and then does all its work. The result of a round
// therefore does not depend on whether the replicas work one after another or
// in parallel.
func (c *Chain) pump(parallel bool) error {
	inboxes := make([][]packet, len(c.nodes))
	for {
		turns := make([]turn, len(c.nodes))
		if parallel {
			var wg sync.WaitGroup
			for i := range turns {
				wg.Go(func() { turns[i] = c.work(i, inboxes[i]) })
			}
			wg.Wait()
		} else {
			for i := range turns {
				turns[i] = c.work(i, inboxes[i])
			}
		}
		busy := false
		clear(inboxes)
		for i := range turns {
			t := &turns[i]
			if t.err != nil {
				return t.err
			}
			busy = busy || len(t.readys) > 0
			for k := range t.readys {
				c.collect(i, &t.readys[k])
			}
			for _, p := range t.sent {
				if int(p.to) < len(inboxes) { // a set may have a validator that this engine does not run
					inboxes[p.to] = append(inboxes[p.to], p)
				}
			}
		}
		if !busy {
			return nil
		}
	}
}

// work gives a replica its messages and does its work. Messages are encoded and
// decoded, so that replicas share no memory.
func (c *Chain) work(i int, inbox []packet) (t turn) {
	n := c.nodes[i]
	for _, p := range inbox {
		// A copy is decoded, because the message may alias its bytes and has
		// several receivers.
		m, err := pbft.DecodeMessage(bytes.Clone(p.data))
		if err != nil {
			t.err = fmt.Errorf("ledger: replica %d sent a message that does not decode: %w", p.from, err)
			return t
		}
		_ = n.Step(p.from, m) // an invalid message has no effect
	}
	// The order of the steps is the protocol's: records are durable before
	// messages leave.
	for n.HasReady() {
		r := n.Ready()
		if t.err = c.memories[i].Append(r.Records); t.err != nil {
			return t
		}
		for _, e := range r.Messages {
			data := pbft.EncodeMessage(e.Message)
			for _, to := range e.To {
				t.sent = append(t.sent, packet{pbft.ReplicaID(i), to, data})
			}
		}
		n.Advance()
		t.readys = append(t.readys, r)
	}
	return t
}
