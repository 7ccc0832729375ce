package sim

import (
	"container/heap"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"math/rand/v2"
	"slices"

	"github.com/trigrid/trigrid/pbft"
)

// Sim is one run in progress.
type Sim struct {
	cfg   Config     // with the genesis completed
	rand  *rand.Rand // the only source of randomness
	ring  *ring
	chain pbft.Digest

	now       int64 // virtual ms
	queue     events
	scheduled uint64  // events so far
	hosts     []*host // in order of id; twins are neighbours
	clients   []*client
	oracle    *oracle
	report    Report
	trace     hash.Hash // over everything delivered, in order
}

// Report is the outcome of a run. Two runs of one configuration have equal
// reports.
type Report struct {
	Seed     uint64
	Events   int               // number
	Time     int64             // virtual ms until all requests were answered
	Requests int               // answered
	Batches  uint64            // highest executed number
	Counts   map[Path]int      // how often each rare path was taken
	Refused  map[string]int    // refused messages by reason
	Trace    [sha256.Size]byte // equal for equal configurations
	History  []Operation       // calls of all clients with their results
}

// Path is a rare path of the protocol. Tests check that a sweep of seeds takes
// all of them: a sweep without a view change, for example, proves nothing about
// view changes.
type Path string

// The paths.
const (
	ViewChanges     Path = "view entered after a change"
	ManyPrepared    Path = "new view with two or more inherited batches"
	NullFilled      Path = "gap filled with a null batch"
	Transfers       Path = "state installed from a snapshot"
	EvidenceFound   Path = "evidence of equivocation"
	NewViewRejected Path = "new view refused"
	JoinedByWeak    Path = "view joined because f+1 asked"
	LogReplayed     Path = "restart from the log"
	Rejoined        Path = "observer votes again"
	EpochChanges    Path = "epoch begun"
	Cascades        Path = "two or more view changes without execution"
	RepeatedReply   Path = "old reply sent again"
	InFuture        Path = "message kept for a later view"
	PowerLost       Path = "power lost while records are stored"
	LogDamaged      Path = "damaged log noticed"
	ClockJumped     Path = "clock set wrong"
)

// Paths returns all paths.
func Paths() []Path {
	return []Path{
		ViewChanges, ManyPrepared, NullFilled, Transfers, EvidenceFound, NewViewRejected, JoinedByWeak, LogReplayed,
		Rejoined, EpochChanges, Cascades, RepeatedReply, InFuture, PowerLost, LogDamaged, ClockJumped,
	}
}

// Operation is one call of a client, as input of a checker for linearizability.
// Returned is −1 if no result came. For example, {Client: 0, Called: 120,
// Returned: 180, Operation: "add a 3", Result: "3"} is a call that took 60 ms.
type Operation struct {
	Client           int
	Called, Returned int64 // virtual ms
	Operation        string
	Result           string
}

// Violation is the error of an oracle. The configuration reproduces the run:
// for a run of [Random], the seed is enough.
type Violation struct {
	Seed   uint64
	Time   int64
	Oracle string // the violated property, such as "agreement"
	Detail string
}

// Error implements error.
func (v *Violation) Error() string {
	return fmt.Sprintf("sim: seed %d at %d ms: %s: %s", v.Seed, v.Time, v.Oracle, v.Detail)
}

// Run executes c to its end and returns the outcome. If an oracle finds a
// violation, the run stops with a [*Violation] and the report covers it up to
// then.
func Run(c Config) (Report, error) {
	s, err := newSim(c)
	if err != nil {
		return Report{}, err
	}
	// The report is complete also after a violation, for its reproduction.
	err = s.run()
	s.report.Trace = [sha256.Size]byte(s.trace.Sum(nil))
	for _, x := range s.clients {
		s.report.History = append(s.report.History, x.history...)
	}
	return s.report, err
}

// newCluster makes the replicas of a run without starting them.
func newCluster(c Config) (*Sim, error) {
	// Random uses stream 1 of the seed and the run stream 2: a change of one
	// leaves the other alone.
	s := &Sim{cfg: c, rand: rand.New(rand.NewPCG(c.Seed, 2)), ring: newRing(), trace: sha256.New()}
	s.report = Report{Seed: c.Seed, Counts: map[Path]int{}, Refused: map[string]int{}}
	g := c.Genesis
	for i := range c.Replicas {
		g.Members = append(g.Members, pbft.Member{ID: pbft.ReplicaID(i), Key: s.key(pbft.ReplicaID(i))})
	}
	// Oracles need the window and the period of checkpoints.
	g, err := g.WithDefaults()
	if err != nil {
		return nil, err
	}
	s.cfg.Genesis = g
	chain, err := g.Chain()
	if err != nil {
		return nil, err
	}
	s.chain = chain
	s.oracle = newOracle(s)
	for i := range c.Replicas + c.Joiners {
		id := pbft.ReplicaID(i)
		s.hosts = append(s.hosts, s.newHost(id, false))
		// A twin is a second host with the same id and key.
		if c.isTwin(id) {
			s.hosts = append(s.hosts, s.newHost(id, true))
		}
	}
	return s, nil
}

// newSim starts the replicas and schedules clients and faults.
func newSim(c Config) (*Sim, error) {
	s, err := newCluster(c)
	if err != nil {
		return nil, err
	}
	for _, h := range s.hosts {
		if err := h.start(nil, false); err != nil {
			return nil, err
		}
	}
	// Clients schedule themselves; the replicas have scheduled their ticks.
	for i := range c.Clients {
		s.clients = append(s.clients, s.newClient(i))
	}
	for _, x := range c.Crashes {
		s.planCrash(x)
	}
	for _, x := range c.Jumps {
		s.planJump(x)
	}
	for i, x := range c.Changes {
		s.after(x.At, func() { s.requestChange(i, x) })
	}
	return s, nil
}

// key returns a replica's public key.
func (s *Sim) key(id pbft.ReplicaID) pbft.PublicKey {
	return s.ring.signer("replica", int(id)).Public()
}

// count counts one taking of a rare path.
func (s *Sim) count(p Path) { s.report.Counts[p]++ }

// maxEvents ends a run that produces events forever.
const maxEvents = 2_000_000

// run executes events in order of time.
func (s *Sim) run() error {
	for len(s.queue) > 0 {
		e := heap.Pop(&s.queue).(event)
		s.now = e.at
		s.report.Events++
		e.run()
		// The state is inconsistent from here on, so later findings would be
		// noise.
		if s.oracle.violation != nil {
			return s.oracle.violation
		}
		// The test walks over all replicas, so it is not made after every
		// event.
		if s.report.Events%64 == 0 && s.now > s.cfg.Heal && s.settled() {
			s.report.Time = s.now
			return nil
		}
		// The bound turns liveness into a property that a finite run can
		// violate.
		if s.now > s.cfg.Heal+s.cfg.Finish || s.report.Events > maxEvents {
			s.oracle.fail("liveness", "%s", s.unsettled())
			return s.oracle.violation
		}
	}
	return nil
}

// settled reports whether every request is answered and every correct running
// member has executed the same batches.
func (s *Sim) settled() bool { return s.unsettled() == "" }

// unsettled describes one reason why the run is not finished, or returns "".
func (s *Sim) unsettled() string {
	// Clients first: their requests make the replicas progress.
	for _, c := range s.clients {
		if open := c.open(); open != "" {
			return open
		}
	}
	// Replicas must reach the highest number and view of any correct replica.
	var head, view uint64
	for _, h := range s.hosts {
		if h.correct() && h.node != nil {
			st := h.node.State()
			head = max(head, st.Executed)
			if st.Active && st.Epoch == s.oracle.epoch() {
				view = max(view, st.View)
			}
		}
	}
	for _, h := range s.hosts {
		if !h.correct() || !h.current() {
			continue
		}
		switch st := h.node.State(); {
		case st.Executed < head:
			return fmt.Sprintf("replica %d has executed %d of %d: %+v", h.id, st.Executed, head, st)
		case st.Observer:
			return fmt.Sprintf("replica %d is still an observer: %+v", h.id, st)
		case st.View < view:
			return fmt.Sprintf("replica %d has not followed to view %d: %+v", h.id, view, st)
		case st.Certified < head:
			return fmt.Sprintf("replica %d lacks execution certificates: %+v", h.id, st)
		}
	}
	// A planned change of members that never happens is a violation as well.
	if len(s.cfg.Changes) > 0 && s.oracle.epoch() < uint64(len(s.cfg.Changes)) {
		return "the membership has not changed"
	}
	return ""
}

// deliver sends a message over the network, which may lose, delay or repeat it.
func (s *Sim) deliver(from, to *host, data []byte) {
	n := &s.cfg.Network
	copies := 1
	delay := n.Min + s.rand.Int64N(n.Max-n.Min+1)
	if s.now < s.cfg.Heal {
		if s.rand.Float64() < n.Loss || s.cut(from.id, to.id) {
			return
		}
		if s.rand.Float64() < n.Repeat {
			copies = 2
		}
		if s.rand.Float64() < n.Late {
			delay += s.rand.Int64N(10 * n.Max)
		}
	}
	// A second copy arrives after the first one, and so may arrive out of order
	// with other messages.
	for range copies {
		s.after(delay, func() { to.receive(from.id, data) })
		delay += s.rand.Int64N(n.Max + 1)
	}
}

// cut reports whether a partition separates two replicas now.
func (s *Sim) cut(from, to pbft.ReplicaID) bool {
	for _, p := range s.cfg.Partitions {
		if s.now < p.From || s.now >= p.Until {
			continue
		}
		// The two replicas are on different sides.
		a, b := p.Side>>from&1, p.Side>>to&1
		if a != b && (!p.OneWay || a == 1) {
			return true
		}
	}
	return false
}

// note adds an event to the trace.
func (s *Sim) note(kind byte, a, b uint64, data []byte) {
	var head [33]byte
	head[0] = kind
	binary.BigEndian.PutUint64(head[1:], uint64(s.now))
	binary.BigEndian.PutUint64(head[9:], a)
	binary.BigEndian.PutUint64(head[17:], b)
	binary.BigEndian.PutUint64(head[25:], uint64(len(data)))
	s.trace.Write(head[:])
	s.trace.Write(data)
}

// host returns the replicas with an id: none, one, or two twins.
func (s *Sim) host(id pbft.ReplicaID) []*host {
	i := slices.IndexFunc(s.hosts, func(h *host) bool { return h.id == id })
	if i < 0 {
		return nil
	}
	// Twins are neighbours in hosts.
	j := i
	for j < len(s.hosts) && s.hosts[j].id == id {
		j++
	}
	return s.hosts[i:j]
}
