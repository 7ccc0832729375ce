package sim

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"slices"

	"github.com/trigrid/trigrid/pbft"
)

// timeout is the only input that is not a message: time passes until the
// replica's timer expires.
const timeout int32 = -1

// longest is the number of ticks of the longest timeout within any scope. It
// starts at 1 tick and doubles once per view.
const longest = 1 << 10

// localStates holds the states of one replica that were found so far, and the
// steps between them.
type localStates struct {
	base     *Sim
	id       pbft.ReplicaID
	net      *network
	requests []pbft.Request
	states   []localState                // in the order in which they were found
	known    map[[sha256.Size]byte]int32 // from localState.key to the index
	found    map[stepsKey][]step         // results of steps

	live   *host // a real node in state liveAt
	liveAt int32 // −1 for none
}

// stepsKey is the argument of steps: a state and the encoded messages on the
// network.
type stepsKey struct {
	from  int32
	heard string
}

// localState is one state of one replica: the content of its node and all
// messages that it has sent.
type localState struct {
	parent int32 // with input, how it was first reached
	input  int32
	print  [sha256.Size]byte // of the node, see fingerprint
	view   uint64
	active bool
	sent   []int32       // numbers of its messages, ascending
	chain  []pbft.Digest // executed batches
	after  []int32       // by input+1: index of the next state plus 1, or 0 if not computed
}

// newLocalStates returns the states of replica id with the first one only.
func newLocalStates(base *Sim, id pbft.ReplicaID, net *network, requests []pbft.Request) *localStates {
	l := &localStates{
		base: base, id: id, net: net, requests: requests,
		known: map[[sha256.Size]byte]int32{}, found: map[stepsKey][]step{}, liveAt: -1,
	}
	h := l.fresh()
	first := localState{parent: -1, print: fingerprint(h.node), active: true}
	l.states = append(l.states, first)
	l.known[first.key()] = 0
	return l
}

// key identifies the state. Two states with equal nodes differ if they have
// sent different messages.
func (s *localState) key() [sha256.Size]byte {
	b := slices.Clone(s.print[:])
	return sha256.Sum256(appendIDs(b, s.sent))
}

// appendIDs encodes message numbers.
func appendIDs(b []byte, ids []int32) []byte {
	for _, id := range ids {
		b = binary.BigEndian.AppendUint32(b, uint32(id))
	}
	return b
}

// fresh makes the replica in its first state with an oracle of its own.
func (l *localStates) fresh() *host {
	// A shallow copy shares configuration and keys and gets its own oracle and
	// counts.
	s := *l.base
	s.report = Report{Counts: map[Path]int{}, Refused: map[string]int{}}
	s.oracle = newOracle(&s)
	for i := range l.requests {
		s.oracle.submitted(&l.requests[i])
	}
	h := s.newHost(l.id, false)
	node, err := h.newNode(nil, false)
	if err != nil {
		panic(err) // the same call has succeeded in prepare
	}
	h.node = node
	return h
}

// next returns the state after an input. An input without effect leads to the
// same state.
func (l *localStates) next(from, input int32) (int32, *Violation) {
	// Each step is computed once.
	if after := l.states[from].after; int(input)+1 < len(after) && after[input+1] > 0 {
		return after[input+1] - 1, nil
	}
	// The live node is in another state, so it is rebuilt by replaying inputs.
	if l.liveAt != from {
		l.live, l.liveAt = l.replay(from), from
	}
	h := l.live
	sent, early := l.feed(h, input)
	if early { // the message can be delivered in its view instead
		// The node has stored it, so it no longer matches the state.
		l.liveAt = -1
		l.remember(from, input, from)
		return from, nil
	}
	if v := h.s.oracle.violation; v != nil {
		return 0, v
	}
	now := h.node.State()
	to := localState{parent: from, input: input, print: fingerprint(h.node), view: now.View, active: now.Active}
	// A repeated message changes nothing on the network, so sent is a set.
	to.sent = slices.Clone(l.states[from].sent)
	for _, m := range sent {
		if i, have := slices.BinarySearch(to.sent, m); !have {
			to.sent = slices.Insert(to.sent, i, m)
		}
	}
	key := to.key()
	id, old := l.known[key]
	if !old {
		id = int32(len(l.states))
		l.known[key] = id
		for seq := uint64(1); ; seq++ {
			header, executed := h.s.oracle.chain[seq]
			if !executed {
				break
			}
			to.chain = append(to.chain, header.Batch)
		}
		l.states = append(l.states, to)
	}
	if id != from {
		// The node has left the state, and may be in the new one.
		l.liveAt = -1
		if !old {
			l.liveAt = id
		}
	}
	l.remember(from, input, id)
	return id, nil
}

// remember stores the result of next.
func (l *localStates) remember(from, input, to int32) {
	s := &l.states[from]
	for len(s.after) <= int(input)+1 {
		s.after = append(s.after, 0)
	}
	s.after[input+1] = to + 1
}

// step is a visible action of a replica: the inputs that it receives and the
// state after them.
type step struct {
	inputs []int32
	to     int32
}

// maxInputs is the maximum number of inputs of a step: a strong quorum without
// the replica's own message, and the message that the quorum completes.
const maxInputs = 3

// steps returns every step from a state with the given messages on the network.
func (l *localStates) steps(from int32, heard []int32, timeouts bool) ([]step, *Violation) {
	key := stepsKey{from, string(appendIDs(nil, heard))}
	if steps, known := l.found[key]; known {
		return steps, nil
	}
	// A message that has no effect now is not needed for the next step.
	var useful []int32
	for _, m := range heard {
		to, err := l.next(from, m)
		if err != nil {
			return nil, err
		}
		if to != from {
			useful = append(useful, m)
		}
	}
	var out []step
	if err := l.gather(from, from, useful, nil, timeouts, &out); err != nil {
		return nil, err
	}
	l.found[key] = out
	return out, nil
}

// gather delivers messages in ascending order until the result is visible.
func (l *localStates) gather(start, at int32, rest, inputs []int32, timeouts bool, out *[]step) *Violation {
	// A timeout may come after any of the messages.
	if timeouts {
		to, err := l.next(at, timeout)
		if err != nil {
			return err
		}
		if to != at && l.least(start, append(slices.Clone(inputs), timeout)) {
			*out = append(*out, step{append(slices.Clone(inputs), timeout), to})
		}
	}
	for k, m := range rest {
		to, err := l.next(at, m)
		if err != nil {
			return err
		}
		if to == at {
			continue
		}
		longer := append(slices.Clone(inputs), m)
		switch {
		// The step ends at the first visible effect. Further messages belong to
		// the next step.
		case l.noticeable(at, to):
			if l.least(start, longer) {
				*out = append(*out, step{longer, to})
			}
		case len(longer) < maxInputs:
			if err := l.gather(start, to, rest[k+1:], longer, timeouts, out); err != nil {
				return err
			}
		}
	}
	return nil
}

// noticeable reports whether two states differ in more than stored messages.
func (l *localStates) noticeable(a, b int32) bool {
	x, y := &l.states[a], &l.states[b]
	return x.view != y.view || x.active != y.active || len(x.chain) != len(y.chain) || !slices.Equal(x.sent, y.sent)
}

// least reports whether every input is needed: without any one of the others,
// the last input has no visible effect. A step with an unneeded message is not
// taken, because the message can be delivered in a later step.
func (l *localStates) least(start int32, inputs []int32) bool {
	// Leave out each input but the last, one at a time.
	for skip := range len(inputs) - 1 {
		at := start
		for k, input := range inputs {
			if k == skip {
				continue
			}
			to, err := l.next(at, input)
			if err != nil {
				return true
			}
			if k == len(inputs)-1 && l.noticeable(at, to) {
				return false
			}
			at = to
		}
	}
	return true
}

// replay makes the replica anew and repeats the inputs that first led to a
// state.
func (l *localStates) replay(id int32) *host {
	var inputs []int32
	for ; l.states[id].parent >= 0; id = l.states[id].parent {
		inputs = append(inputs, l.states[id].input)
	}
	h := l.fresh()
	for _, input := range slices.Backward(inputs) {
		l.feed(h, input)
	}
	return h
}

// feed passes one input to the node and carries out its output under the
// oracle. It returns the numbers of the sent messages, and whether the node
// only keeps the input for a later view.
func (l *localStates) feed(h *host, input int32) (sent []int32, early bool) {
	if input == timeout {
		// Ticks until the view changes: a longer timeout needs more of them.
		view := h.node.State().View
		for i := 0; i < longest && h.node.State().View == view; i++ {
			h.node.Tick(0)
		}
	} else {
		m := l.net.messages[input]
		h.s.oracle.rules.receive(h, m.message)
		// All other refusals have no effect.
		early = errors.Is(h.node.Step(m.from, m.message), pbft.RefusedEarly)
	}
	for h.node.HasReady() {
		r := h.node.Ready()
		h.s.oracle.ready(h, &r)
		for _, e := range r.Messages {
			h.s.oracle.sent(h, e.Message)
			sent = append(sent, l.net.add(e.Message, h.id, e.To))
		}
		h.node.Advance()
		h.s.oracle.state(h, h.executed)
	}
	return sent, early
}
