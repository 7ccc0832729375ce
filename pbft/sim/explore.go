package sim

import (
	"fmt"
	"slices"
	"strings"

	"github.com/trigrid/trigrid/pbft"
	"github.com/trigrid/trigrid/pbft/internal/planted"
)

// explored is the number of replicas of every exploration: the fewest that survive a faulty one.
const explored = 4

// Scope bounds an exploration. Fields left at zero take the default named beside them.
type Scope struct {
	Requests int    // to be ordered, each in a batch of its own: 1 or 2 (default 1)
	Views    uint64 // the highest view that a timeout leads to (default 1)

	// Equivocates makes replica 0, the primary of view 0, Byzantine. For every number it proposes two batches, votes for
	// everything that can be voted for in every view, and asks for every view as if it had prepared nothing. Each of
	// these messages may reach each other replica at any time or never.
	Equivocates bool

	States int // the exploration ends after so many distinct states (default 1 million)

	mistake planted.Switch // see Config
}

// Explored tells what an exploration has covered.
type Explored struct {
	States   int  // distinct states of the whole cluster
	Locals   int  // distinct states of single replicas among them
	Steps    int  // transitions taken between states, those to known states included
	Depth    int  // every interleaving of fewer steps than this has been visited
	Complete bool // nothing within the scope is left
}

// state is one state of the cluster: for each replica the number of its local state. What is on the network follows from
// it, since a message stays there for ever once it has been sent: it may be delivered late, never, or again.
type state [explored]int32

// explorer searches breadth first, so that the first violation it meets has a shortest history. Whatever a replica does
// depends on its own state and the input only, so each local step is computed once, by a real [pbft.Node], and a step of
// the cluster is a look-up.
type explorer struct {
	scope    Scope
	replicas [explored]*localStates // nil: Byzantine
	net      *network

	known  map[state]int32 // position in states
	states []state
	came   []arrival
	steps  int
}

// arrival is how a state was first reached.
type arrival struct {
	from    int32
	replica int8
	inputs  []int32
}

// Explore visits every state that a cluster of four replicas can reach within the scope, whatever is delivered in
// whatever order, late, again or never, and whenever timers run out. Every local step is held to the oracles of [Run],
// and in every state the replicas' executed batches must agree. A [*Violation] describes the shortest history that
// leads to one.
//
// A step is what others could notice: a replica hears just the messages it needs to send, execute or leave something.
// Messages that it would only keep are heard with those that they are needed with, which loses no behaviour. It is about
// safety alone: since a message may never arrive, nothing has to happen.
func Explore(scope Scope) (Explored, error) {
	if scope.Requests == 0 {
		scope.Requests = 1
	}
	if scope.Requests < 0 || scope.Requests > 2 {
		return Explored{}, fmt.Errorf("sim: scope has %d requests, want 1 or 2", scope.Requests)
	}
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

// prepare makes the replicas in their first states and what is on the network before anything happens.
func (e *explorer) prepare() error {
	c := Config{
		Replicas: explored,
		Genesis:  pbft.Genesis{Name: "exploration", Checkpoint: 8},
		// Messages are never lost for good, so nothing has to be repeated; a timer runs for as long as the explorer likes.
		Options: pbft.Options{RequestTimeout: 1, Heartbeat: 1 << 30, BatchSize: 1, Pipeline: 2},
		mistake: e.scope.mistake,
	}
	if e.scope.Equivocates {
		c.Traitors = map[pbft.ReplicaID]Traitor{0: &Mischief{}}
	}
	base, err := newCluster(c)
	if err != nil {
		return err
	}
	var requests []pbft.Request
	for i := range 2 { // the Byzantine replica has two to choose from
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
	e.net.common = len(e.net.messages)
	for i := range explored {
		if base.hosts[i].correct() {
			e.replicas[i] = newLocalStates(base, pbft.ReplicaID(i), e.net, requests)
		}
	}
	return nil
}

// search visits states in the order in which they were found until none is left.
func (e *explorer) search() (Explored, error) {
	e.reach(state{}, arrival{from: -1})
	var depth []int32
	for at := 0; at < len(e.states); at++ {
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

func (e *explorer) report(depth int32, complete bool) Explored {
	out := Explored{States: len(e.states), Steps: e.steps, Depth: int(depth), Complete: complete}
	for _, r := range e.replicas {
		if r != nil {
			out.Locals += len(r.states)
		}
	}
	return out
}

// expand takes every step that is possible in a state.
func (e *explorer) expand(at int32) error {
	s := e.states[at]
	for i, r := range e.replicas {
		if r == nil || r.states[s[i]].view > e.scope.Views {
			continue
		}
		steps, err := r.steps(s[i], e.heard(s, i), r.states[s[i]].view < e.scope.Views)
		if err != nil {
			err.Detail += "\n" + e.history(at, arrival{at, int8(i), nil})
			return err
		}
		for _, step := range steps {
			next := s
			next[i] = step.to
			e.steps++
			came := arrival{at, int8(i), step.inputs}
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

// heard lists the messages on the network that are for replica i, in ascending order.
func (e *explorer) heard(s state, i int) []int32 {
	var out []int32
	for m := range e.net.common {
		if e.net.messages[m].isFor(i) {
			out = append(out, int32(m))
		}
	}
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

// reach notes a state and reports whether it is new.
func (e *explorer) reach(s state, came arrival) bool {
	if _, old := e.known[s]; old {
		return false
	}
	e.known[s] = int32(len(e.states))
	e.states = append(e.states, s)
	e.came = append(e.came, came)
	return true
}

// agree compares what replica i has executed with what the others have.
func (e *explorer) agree(s state, i int) *Violation {
	mine := e.replicas[i].states[s[i]].chain
	for j, r := range e.replicas {
		if r == nil || j == i {
			continue
		}
		theirs := r.states[s[j]].chain
		for k := range min(len(mine), len(theirs)) {
			if mine[k] != theirs[k] {
				return &Violation{Oracle: "agreement", Detail: fmt.Sprintf("replicas %d and %d have executed different batches as %d", i, j, k+1)}
			}
		}
	}
	return nil
}

// history lists the steps to a state and the one after it, one per line.
func (e *explorer) history(at int32, last arrival) string {
	lines := []string{e.describe(last)}
	for ; e.came[at].from >= 0; at = e.came[at].from {
		lines = append(lines, e.describe(e.came[at]))
	}
	slices.Reverse(lines)
	return strings.Join(lines, "\n")
}

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
