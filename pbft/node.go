package pbft

import (
	"slices"

	"github.com/trigrid/trigrid/internal/planted"
)

// Node is one replica as a pure state machine. It does no I/O, starts no
// goroutine, reads no clock and does not depend on the order of maps: equal
// calls give equal results, so runs of the simulator are repeatable. It is not
// safe for concurrent use.
//
// Input comes through [Node.Step], [Node.Propose] and [Node.Tick], output
// through [Node.Ready]. The package comment lists the duties of the caller.
type Node struct {
	id        ReplicaID
	restarted bool // Config.Restarted, for life
	genesis   Genesis
	chain     Digest
	options   Options
	signer    Signer
	verifier  Verifier
	app       Application
	checker   Checker
	mistake   planted.Switch // none in a build without the tag planted

	vouched bool // the caller has verified the requests of the current message

	ticks uint64 // since the start
	now   int64  // the caller's clock, Unix milliseconds

	members Membership
	epochs  []EpochProof  // proofs that lead from the genesis to members
	change  *memberChange // planned and not in effect

	view        uint64
	newView     *NewView                  // started the view; nil in view 0 and before the start
	viewChanges map[ReplicaID]*ViewChange // the latest of each member
	voted       bool                      // a PREPARE or COMMIT was sent since the start
	sentViews   map[uint64]bool           // views of the VIEW-CHANGEs sent since the start
	tries       int                       // view changes since the last execution in a started view

	slots    map[uint64]*slot     // numbers in the window
	executed uint64               // last executed number
	last     Header               // of executed
	low      ExecutionCertificate // last checkpoint known to be stable: the lower end of the window
	clients  clientTable

	checkpoints map[uint64]*checkpoint // at executed numbers from installed on
	installed   uint64                 // last stable checkpoint whose state is here
	previous    *checkpoint            // the one before, for replicas that are fetching it
	transfer    *transfer              // a snapshot on its way in
	diverged    *Divergence            // nil in a healthy replica

	pool      pool
	next      uint64    // the primary's next number
	proposed  int64     // time of the primary's last batch
	forwards  []Request // for the primary, sent with the next Ready
	timer     timer
	pace      pace
	future    map[ReplicaID]*keptMessages // kept for later views, per sender
	peers     map[ReplicaID]*peer
	ahead     map[ReplicaID]uint64 // highest checkpoint above the window that each member executed
	beat      uint64               // heartbeats since the start
	beatMark  uint64               // executed at the last heartbeat
	rotation  int                  // counts the replicas that were used for catching up, in turn
	observer  *observer            // nil unless the replica observes
	convicted map[evidenceKey]bool // evidence handed out
	ready     Ready
	taken     bool   // Ready was taken and Advance not called
	certified uint64 // no execution certificate up to it is missing
}

// NewNode returns a replica in its first state, or in the state that c.Records
// describes. It reports all violations of c at once.
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
		viewChanges: map[ReplicaID]*ViewChange{}, sentViews: map[uint64]bool{}, slots: map[uint64]*slot{},
		clients: newClientTable(g), checkpoints: map[uint64]*checkpoint{},
		next: 1, future: map[ReplicaID]*keptMessages{}, peers: map[ReplicaID]*peer{}, ahead: map[ReplicaID]uint64{},
		convicted: map[evidenceKey]bool{}, pace: pace{averages: map[ReplicaID]int{}},
	}
	n.pool.init()
	n.pool.known = func(c PublicKey) bool { return n.clients.has(c) }
	n.checker, _ = c.Application.(Checker)
	// Header 0 is never signed or sent. It stands for the state before the
	// first batch.
	n.last = Header{Chain: chain, StateRoot: n.app.Root(), Members: members.Digest(), NextMembers: members.Digest()}
	n.low.Header = n.last
	if c.Restarted && !n.mistake.On(planted.AmnesiaVotes) {
		n.observer = &observer{nonce: c.Nonce, answers: map[ReplicaID]uint64{}}
	}
	if err := n.recover(c.Records); err != nil {
		return nil, err
	}
	return n, nil
}

// Chain returns the chain's id, which is part of every statement of this node.
func (n *Node) Chain() Digest { return n.chain }

// State is a summary of a node for monitoring and tests.
type State struct {
	Epoch, View   uint64
	Active        bool // the view has started
	Primary       ReplicaID
	Stable        uint64 // last checkpoint with a certificate
	Executed      uint64
	Certified     uint64 // no execution certificate up to it is missing
	Observer      bool   // see Config.Restarted
	Diverged      bool   // see [Divergence]
	Waiting       int    // requests in the pool
	Slots         int    // numbers with any data
	Buffered      int    // messages kept for later views
	BufferedBytes int    // at most their size in memory
	Clients       int    // entries of the client table
	Header        Digest // of Executed
}

// State returns the summary.
func (n *Node) State() State {
	s := State{
		Epoch: n.members.Epoch, View: n.view, Active: n.viewRunning(), Primary: n.members.Primary(n.view),
		Stable: n.low.Header.Seq, Executed: n.executed,
		Certified: n.certifiedUpTo(), Observer: n.observer != nil, Diverged: n.diverged != nil,
		Waiting: n.pool.len(), Slots: len(n.slots), Clients: len(n.clients.entries), Header: n.last.Digest(),
	}
	for _, m := range n.future {
		s.Buffered += len(m.messages)
		s.BufferedBytes += int(m.bytes)
	}
	return s
}

// Membership returns the set of the current epoch.
func (n *Node) Membership() Membership { return n.members }

// Epochs returns the proofs that lead from the genesis to the current set.
// [VerifyEpochs] checks them.
func (n *Node) Epochs() []EpochProof { return slices.Clone(n.epochs) }

// NextNumber returns the first number of client that is not executed. A client
// without requests in flight continues with it after a restart.
func (n *Node) NextNumber(client PublicKey) uint64 { return n.clients.floor(client) + 1 }

// Step processes one message. from is the replica that the transport has
// authenticated as the sender; the node checks everything else. The error is a
// [Refusal]. A refused message changes nothing except counters that limit
// abuse, and messages with [RefusedEarly] are kept.
//
// Each kind of message has one function: it rejects the message, or stores it
// and lets the affected slot make progress.
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
		return n.stepViewChange(from, m)
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

// StepVerified is [Node.Step] for a message with requests whose signatures the
// caller has found valid with the node's verifier. The node does not verify
// them again.
func (n *Node) StepVerified(from ReplicaID, m Message) error {
	n.vouched = true
	defer func() { n.vouched = false }()
	return n.Step(from, m)
}

// HasReady reports whether Ready has any content.
func (n *Node) HasReady() bool {
	return !n.taken && (!n.ready.empty() || len(n.forwards) > 0 || n.canPropose())
}

// Ready returns the pending output. The caller must call Advance before the
// next Ready. A primary cuts its batches here, so requests that arrive between
// two calls share a batch.
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

// Advance reports that the last Ready has been carried out.
func (n *Node) Advance() { n.taken = false }

// send queues m for the given replicas except the node itself.
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

// record queues r for the log.
func (n *Node) record(r Record) {
	if r.Stable != nil || !n.mistake.On(planted.UnsyncedVotes) {
		n.ready.Records = append(n.ready.Records, r)
	}
}

// isPrimary is also true while the view has not started; see leads for the
// right to propose.
func (n *Node) isPrimary() bool { return n.members.Primary(n.view) == n.id }

// high returns the last number that may be ordered now: L above the last stable
// checkpoint, or the end of the epoch if that is planned and lower.
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

// signVote returns a signed statement of this replica.
func (n *Node) signVote(kind Kind, view, seq uint64, d Digest) *Vote {
	v := &Vote{Type: kind, Epoch: n.members.Epoch, View: view, Seq: seq, Digest: d, Replica: n.id}
	v.Signature = n.signer.Sign(v.statement(n.chain))
	n.voted = n.voted || kind != KindExecuted
	return v
}

// verifyVote checks the signature and that the signer is a member.
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
