package pbft

import (
	"slices"

	"github.com/trigrid/trigrid/pbft/internal/planted"
)

// Node is one replica as a pure state machine. It does no I/O, starts no goroutine, reads no clock and depends on no
// map order: the same calls give the same answers, which is what makes the simulator's runs replayable. It is not safe
// for concurrent use.
//
// The caller feeds it with [Node.Step], [Node.Propose] and [Node.Tick], then takes [Node.Ready], obeys it, and calls
// [Node.Advance] before taking the next one.
type Node struct {
	id        ReplicaID
	restarted bool
	genesis   Genesis
	chain     Digest
	options   Options
	signer    Signer
	verifier  Verifier
	app       Application
	checker   Checker
	mistake   planted.Switch // none in a build without the tag planted

	ticks uint64
	now   int64 // Unix milliseconds on the caller's clock

	members Membership
	epochs  []EpochProof // how members follows from the genesis
	change  *memberChange

	view    uint64
	newView *NewView                  // that started the view; nil in view 0
	asked   map[ReplicaID]*ViewChange // each member's latest
	voted   bool                      // whether it has sent a PREPARE or COMMIT in this life
	sent    map[uint64]bool           // views this replica has asked for in this life
	tries   int                       // view changes since the last execution in an active view

	slots    map[uint64]*slot
	executed uint64
	last     Header // of executed
	low      ExecutionCertificate
	clients  clientTable

	checkpoints map[uint64]*checkpoint // taken at executed numbers ≥ installed
	installed   uint64                 // the latest stable checkpoint whose state is here
	previous    *checkpoint            // the one before, for replicas in the middle of fetching it
	transfer    *transfer
	diverged    *Divergence

	pool      pool
	next      uint64 // the primary's next number
	proposed  int64  // time of its last batch
	forwards  []Request
	timer     timer
	pace      pace
	future    map[ReplicaID][]Message
	peers     map[ReplicaID]*peer
	ahead     map[ReplicaID]uint64 // highest checkpoint each member claims to have executed, above the window
	beat      uint64               // heartbeats so far
	beatMark  uint64               // executed at the last one
	rotation  int                  // whom to ask next
	observer  *observer
	convicted map[evidenceKey]bool
	ready     Ready
	taken     bool
	certified uint64
}

// NewNode makes a replica in its first state, or in the state that Config.Records describes.
func NewNode(c Config) (*Node, error) {
	c, err := c.withDefaults()
	if err != nil {
		return nil, err
	}
	g := c.Genesis
	chain, err := g.Chain()
	if err != nil {
		return nil, err
	}
	members := Membership{Members: g.Members}
	n := &Node{
		id: c.ID, restarted: c.Restarted, genesis: g, chain: chain, options: c.Options,
		signer: c.Signer, verifier: c.Verifier, app: c.Application,
		mistake: c.mistake, members: members, now: c.Now,
		asked: map[ReplicaID]*ViewChange{}, sent: map[uint64]bool{}, slots: map[uint64]*slot{},
		clients: newClientTable(g.ClientWindow), checkpoints: map[uint64]*checkpoint{},
		next: 1, future: map[ReplicaID][]Message{}, peers: map[ReplicaID]*peer{}, ahead: map[ReplicaID]uint64{},
		convicted: map[evidenceKey]bool{}, pace: pace{averages: map[ReplicaID]int{}},
	}
	n.pool.init()
	n.checker, _ = c.Application.(Checker)
	n.last = Header{Chain: chain, StateRoot: n.app.Root(), Members: members.Digest(), NextMembers: members.Digest()}
	n.low.Header = n.last
	if c.Restarted && !n.mistake.On(planted.AmnesiaVotes) {
		n.observer = &observer{answers: map[ReplicaID]uint64{}}
	}
	if err := n.recover(c.Records); err != nil {
		return nil, err
	}
	return n, nil
}

// Chain is the id under which this node signs.
func (n *Node) Chain() Digest { return n.chain }

// State is a summary of a node for monitoring and for tests.
type State struct {
	Epoch, View uint64
	Active      bool
	Primary     ReplicaID
	Stable      uint64 // last checkpoint it can prove
	Executed    uint64
	Certified   uint64 // up to which every batch has its execution certificate
	Observer    bool
	Diverged    bool
	Waiting     int // requests known and not executed
	Slots       int // numbers about which it holds anything
	Buffered    int // messages kept for later views
	Clients     int
	Header      Digest // of Executed
}

// State returns the node's summary.
func (n *Node) State() State {
	s := State{
		Epoch: n.members.Epoch, View: n.view, Active: n.viewRunning(), Primary: n.members.Primary(n.view),
		Stable: n.low.Header.Seq, Executed: n.executed,
		Certified: n.certifiedUpTo(), Observer: n.observer != nil, Diverged: n.diverged != nil,
		Waiting: n.pool.len(), Slots: len(n.slots), Clients: len(n.clients.entries), Header: n.last.Digest(),
	}
	for _, m := range n.future {
		s.Buffered += len(m)
	}
	return s
}

// Membership returns the set of the current epoch.
func (n *Node) Membership() Membership { return n.members }

// Epochs returns how the current set follows from the genesis.
func (n *Node) Epochs() []EpochProof { return slices.Clone(n.epochs) }

// NextNumber returns the number from which client has nothing executed without a gap: what it should use next if it
// has nothing in flight.
func (n *Node) NextNumber(client PublicKey) uint64 { return n.clients.floor(client) + 1 }

// Step gives the node a message that replica from sent. The transport vouches for from; everything else is checked
// here. The error is a [Refusal], and the state is then what it was before, apart from counters against abuse.
func (n *Node) Step(from ReplicaID, m Message) error {
	switch m := m.(type) {
	case *Forward:
		return n.stepForward(m)
	case *PrePrepare:
		return n.stepPrePrepare(from, m)
	case *Vote:
		if m.Type == KindExecuted {
			return n.stepExecuted(m)
		}
		return n.stepVote(from, m)
	case *ViewChange:
		return n.stepViewChange(m)
	case *NewView:
		return n.stepNewView(m)
	case *Status:
		return n.stepStatus(from, m)
	case *Fetch:
		return n.stepFetch(from, m)
	case *Bodies:
		return n.stepBodies(m)
	case *Blocks:
		return n.stepBlocks(from, m)
	case *Snapshot:
		return n.stepSnapshot(from, m)
	case *Evidence:
		return n.stepEvidence(m)
	}
	return RefusedRole
}

// HasReady reports whether Ready would return anything.
func (n *Node) HasReady() bool {
	return !n.taken && (!n.ready.empty() || len(n.forwards) > 0 || n.canPropose())
}

// Ready returns what is to be done. It must be followed by Advance before the next Ready. A primary cuts its batches
// here, so that requests which arrived together travel together.
func (n *Node) Ready() Ready {
	if n.taken {
		panic("pbft: Ready called again without Advance")
	}
	n.propose()
	n.flushForwards()
	n.taken = true
	r := n.ready
	n.ready = Ready{}
	return r
}

// Advance says that the last Ready has been carried out.
func (n *Node) Advance() { n.taken = false }

// send queues m for the given replicas, leaving out the node itself.
func (n *Node) send(m Message, to ...ReplicaID) {
	to = slices.DeleteFunc(slices.Clone(to), func(id ReplicaID) bool { return id == n.id })
	if len(to) > 0 {
		n.ready.Messages = append(n.ready.Messages, Envelope{To: to, Message: m})
	}
}

// broadcast queues m for all other members.
func (n *Node) broadcast(m Message) {
	to := make([]ReplicaID, 0, n.members.Size())
	for _, x := range n.members.Members {
		if x.ID != n.id {
			to = append(to, x.ID)
		}
	}
	if len(to) > 0 {
		n.ready.Messages = append(n.ready.Messages, Envelope{To: to, Message: m})
	}
}

func (n *Node) record(r Record) {
	if r.Stable != nil || !n.mistake.On(planted.UnsyncedVotes) {
		n.ready.Records = append(n.ready.Records, r)
	}
}

func (n *Node) isPrimary() bool { return n.members.Primary(n.view) == n.id }

// high is the last number that may be ordered now: L past the last stable checkpoint, and never past the end of an
// epoch whose end is known.
func (n *Node) high() uint64 {
	h := n.low.Header.Seq + n.genesis.Window
	if n.change != nil {
		h = min(h, n.change.at)
	}
	return h
}

func (n *Node) inWindow(seq uint64) bool {
	return seq > n.low.Header.Seq && (seq <= n.high() || n.mistake.On(planted.NoWindow))
}

// signVote makes this replica's own statement.
func (n *Node) signVote(kind Kind, view, seq uint64, d Digest) *Vote {
	v := &Vote{Type: kind, Epoch: n.members.Epoch, View: view, Seq: seq, Digest: d, Replica: n.id}
	v.Signature = n.signer.Sign(v.statement(n.chain))
	n.voted = n.voted || kind != KindExecuted
	return v
}

// verifyVote checks a member's signature.
func (n *Node) verifyVote(v *Vote) error {
	key, ok := n.members.Key(v.Replica)
	if !ok {
		return RefusedMember
	}
	if !n.verifier.Verify(Signed{Key: key, Message: v.statement(n.chain), Signature: v.Signature}) {
		return RefusedSignature
	}
	return nil
}
