package sim

import (
	"fmt"
	"slices"
	"strings"

	"github.com/trigrid/trigrid/internal/planted"
	"github.com/trigrid/trigrid/pbft"
)

// explored is the number of replicas of an exploration: the fewest that
// tolerate a faulty one.
const explored = 4

// Scope bounds an exploration. A field left at zero takes its default. For
// example, Scope{Requests: 1, Equivocates: true} covers one number of a
// Byzantine primary and its replacement.
//
// The number of states grows by orders of magnitude with each request and view,
// so an exploration usually ends at States; Explored.Depth then gives the
// covered depth.
type Scope struct {
	Requests int    // number of requests, each in a batch of its own: 1 or 2 (default 1)
	Views    uint64 // highest view that timeouts lead to (default 1)

	// Equivocates makes replica 0, the primary of view 0, Byzantine. For every
	// number it proposes two batches, votes for every digest in every view, and
	// sends a VIEW-CHANGE without certificates for every view. Each of these
	// messages may reach each other replica at any time or never.
	Equivocates bool

	States int // limit of distinct states of the cluster (default 1 million)

	// of every correct replica, see Config
	mistake planted.Switch // see Config
}

// Explored reports the extent of an exploration.
type Explored struct {
	States   int  // distinct states of the cluster
	Locals   int  // distinct states of single replicas in them
	Steps    int  // transitions between states, including those to known ones
	Depth    int  // every interleaving of fewer steps was visited
	Complete bool // the scope contains no further state
}

// state is one state of the cluster: the number of each replica's local state.
// It determines the messages on the network, because a sent message stays there
// forever: it may be delivered late, never, or again.
type state [explored]int32

// explorer searches breadth first, so the first violation has a shortest
// history. The behaviour of a replica depends on its own state and the input
// only. So a real [pbft.Node] computes each local step once, and a step of the
// cluster is a look-up.
type explorer struct {
	scope    Scope
	replicas [explored]*localStates // nil for the Byzantine one
	net      *network

	known  map[state]int32 // index into states
	states []state
	came   []arrival // how each state was first reached
	steps  int
}

// arrival is the step by which a state was first reached.
type arrival struct {
	from    int32 // index of the state before; −1 for the first
	replica int8
	inputs  []int32
}

// Explore visits every state that a cluster of four replicas can reach within
// the scope: messages may be delivered in any order, late, again or never, and
// timers may expire at any time. The oracles of [Run] check every local step,
// and in every state the executed batches of the replicas must agree. The error
// is a [*Violation] with the shortest history that leads to it.
//
// A step is visible to other replicas: a replica receives exactly the messages
// that it needs in order to send, execute or leave something. Messages that it
// would only store are delivered together with those that make the difference,
// which loses no behaviour. The exploration covers safety only: since every
// message may be lost, no event has to happen.
func Explore(scope Scope) (Explored, error) {
	if scope.Requests == 0 {
		scope.Requests = 1
	}
	if scope.Requests < 0 || scope.Requests > 2 {
		return Explored{}, fmt.Errorf("sim: scope has %d requests, want 1 or 2", scope.Requests)
	}
	// Views 0 and 1 contain one complete view change.
	if scope.Views == 0 {
		scope.Views = 1
	}
	if scope.States <= 0 {
		scope.States = 1_000_000
	}
	e := &explorer{scope: scope, known: map[state]int32{}}
	if err := e.prepare(); err != nil {
		return Explored{}, err
	}
	return e.search()
}

// prepare makes the replicas in their first states and the initial messages of
// the network.
func (e *explorer) prepare() error {
	c := Config{
		Replicas: explored,
		Genesis:  pbft.Genesis{Name: "exploration", Checkpoint: 8},
		// No message is lost for good, so none has to be repeated. A timer
		// expires if and only if the explorer decides so.
		Options: pbft.Options{RequestTimeout: 1, Heartbeat: 1 << 30, BatchSize: 1, Pipeline: 2},
		mistake: e.scope.mistake,
	}
	if e.scope.Equivocates {
		// The traitor itself does nothing. The entry keeps replica 0 from being
		// explored as a correct one.
		c.Traitors = map[pbft.ReplicaID]Traitor{0: &Mischief{}}
	}
	base, err := newCluster(c)
	if err != nil {
		return err
	}
	var requests []pbft.Request
	for i := range 2 { // a Byzantine primary proposes either
		operation := fmt.Appendf(nil, "add a %d", i+1)
		requests = append(requests, pbft.NewRequest(base.chain, base.ring.signer("client", i), 1, operation))
	}
	e.net = &network{ids: map[string]int32{}}
	if e.scope.Equivocates {
		e.net.equivocate(base, e.scope, requests)
	} else {
		for i := range requests[:e.scope.Requests] {
			e.net.add(&pbft.Forward{Requests: requests[i : i+1]}, 0, []pbft.ReplicaID{0})
		}
	}
	// Everything so far is on the network from the start.
	e.net.common = len(e.net.messages)
	for i := range explored {
		if base.hosts[i].correct() {
			e.replicas[i] = newLocalStates(base, pbft.ReplicaID(i), e.net, requests)
		}
	}
	return nil
}

// search visits states in the order in which they were found.
func (e *explorer) search() (Explored, error) {
	e.reach(state{}, arrival{from: -1})
	var depth []int32
	// expand appends to e.states, so the loop ends when no new state is left.
	for at := 0; at < len(e.states); at++ {
		// Depths are non-decreasing in the order of visits.
		if came := e.came[at]; came.from < 0 {
			depth = append(depth, 0)
		} else {
			depth = append(depth, depth[came.from]+1)
		}
		if len(e.states) >= e.scope.States {
			return e.report(depth[at], false), nil
		}
		if err := e.expand(int32(at)); err != nil {
			return e.report(depth[at], false), err
		}
	}
	return e.report(depth[len(depth)-1], true), nil
}

// report returns the extent after all states up to a depth.
func (e *explorer) report(depth int32, complete bool) Explored {
	out := Explored{States: len(e.states), Steps: e.steps, Depth: int(depth), Complete: complete}
	for _, r := range e.replicas {
		if r != nil {
			out.Locals += len(r.states)
		}
	}
	return out
}

// expand takes every possible step from one state.
func (e *explorer) expand(at int32) error {
	s := e.states[at]
	for i, r := range e.replicas {
		if r == nil || r.states[s[i]].view > e.scope.Views {
			continue
		}
		// A replica in the highest view may still receive messages, but no
		// longer times out.
		steps, err := r.steps(s[i], e.heard(s, i), r.states[s[i]].view < e.scope.Views)
		if err != nil {
			err.Detail += "\n" + e.history(at, arrival{at, int8(i), nil})
			return err
		}
		for _, step := range steps {
			// Only replica i moves in a step.
			next := s
			next[i] = step.to
			e.steps++
			came := arrival{at, int8(i), step.inputs}
			// Agreement of a known state was checked before.
			if !e.reach(next, came) {
				continue
			}
			if err := e.agree(next, i); err != nil {
				err.Detail += "\n" + e.history(at, came)
				return err
			}
		}
	}
	return nil
}

// heard returns the messages for replica i on the network, in ascending order.
func (e *explorer) heard(s state, i int) []int32 {
	var out []int32
	for m := range e.net.common {
		if e.net.messages[m].isFor(i) {
			out = append(out, int32(m))
		}
	}
	// The messages of a replica are part of its local state.
	for j, other := range e.replicas {
		if other == nil || j == i {
			continue
		}
		for _, m := range other.states[s[j]].sent {
			if e.net.messages[m].isFor(i) {
				out = append(out, m)
			}
		}
	}
	slices.Sort(out)
	return out
}

// reach adds a state and reports whether it is new.
func (e *explorer) reach(s state, came arrival) bool {
	if _, old := e.known[s]; old {
		return false
	}
	e.known[s] = int32(len(e.states))
	e.states = append(e.states, s)
	e.came = append(e.came, came)
	return true
}

// agree compares the executed batches of replica i with those of the others.
func (e *explorer) agree(s state, i int) *Violation {
	mine := e.replicas[i].states[s[i]].chain
	for j, r := range e.replicas {
		if r == nil || j == i {
			continue
		}
		theirs := r.states[s[j]].chain
		// A replica may be behind another one, but not beside it.
		for k := range min(len(mine), len(theirs)) {
			if mine[k] != theirs[k] {
				detail := fmt.Sprintf("replicas %d and %d have executed different batches as %d", i, j, k+1)
				return &Violation{Oracle: "agreement", Detail: detail}
			}
		}
	}
	return nil
}

// history returns the steps to a state and one more step, one per line.
func (e *explorer) history(at int32, last arrival) string {
	lines := []string{e.describe(last)}
	for ; e.came[at].from >= 0; at = e.came[at].from {
		lines = append(lines, e.describe(e.came[at]))
	}
	slices.Reverse(lines)
	return strings.Join(lines, "\n")
}

// describe returns one step as a line.
func (e *explorer) describe(a arrival) string {
	var heard []string
	for _, input := range a.inputs {
		if input == timeout {
			heard = append(heard, "its timer run out")
		} else {
			heard = append(heard, e.net.messages[input].String())
		}
	}
	return fmt.Sprintf("%d sees %s", a.replica, strings.Join(heard, ", "))
}
