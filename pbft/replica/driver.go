package replica

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/pbft"
)

// DriverConfig is the input of [StartDriver].
type DriverConfig struct {
	Node      pbft.Config // StartDriver sets Records, Now, Verifier and Nonce
	Transport Transport
	Storage   Storage       // default nil: in memory only
	Tick      time.Duration // default 10 ms
	Events    Events
}

// Events receives the output of one replica, in order, from one goroutine of
// the driver. The driver waits for each call, so long work belongs in another
// goroutine. A nil function receives nothing. The arguments are read-only.
type Events struct {
	Block     func(pbft.Block)                // executed, before its certificate is complete
	Certified func(pbft.ExecutionCertificate) // of an executed block
	Evidence  func(pbft.Evidence)             // against another replica
	Diverged  func(pbft.Divergence)           // this replica's state was wrong
	// A change of members is in force here. The call comes before those of the
	// epoch's blocks. After a restart the changes from the genesis on come
	// again.
	Epoch func(pbft.EpochProof)
}

// Errors of a [Driver] and of a [Remote].
var (
	ErrClosed = errors.New("replica: driver is closed")
	// A submitter may try again after a pause. [Client] does so by itself.
	ErrBusy = errors.New("replica: too many requests are waiting; try again later")
)

// Driver runs one [pbft.Node]. It decodes packets, verifies client signatures
// on all cores before the node processes them, stores records before it sends
// messages, and ticks. A change of the members needs no action of the driver if
// the transport reaches the new replicas.
//
//	Transport.Receive ─┐                      ┌─ Storage.Append
//	Submit ────────────┴─ intake ── verify ── run ─ Transport.Send
//	Inspect ─────────────────────────────────┘└─ replies and Events
//
// intake decodes, one short-lived goroutine per group of requests verifies, and
// run is the only one that calls the node. Each arrow has a bounded queue.
// Requests of clients have a goroutine, a queue and cores of their own, so that
// messages of replicas do not wait for them. Requests with invalid signatures
// end before run, and run verifies no request again.
type Driver struct {
	cfg      DriverConfig
	node     *pbft.Node
	verifier *verifiedCache // of the node as well
	chain    pbft.Digest
	genesis  pbft.Genesis

	inbox    chan inbound          // decoded and verified messages for run
	requests chan inbound          // verified requests of clients for run
	submits  chan submission       // of the clients attached here
	queued   atomic.Int64          // bytes of requests in the last two
	calls    chan func(*pbft.Node) // of Inspect
	members  atomic.Pointer[pbft.Membership]
	reported uint64 // last epoch that Events has; used by run
	ctx      context.Context
	stop     context.CancelFunc
	wg       sync.WaitGroup
	// One token per verification in progress, for replicas and for clients.
	verify, verifyClients chan struct{}

	mu       sync.Mutex
	sinks    map[pbft.PublicKey]map[int]func(pbft.Reply) // receivers of replies, per client
	nextSink int
	refused  map[pbft.Refusal]uint64
	failed   error // of the storage
}

// inbound is a message of a replica or a group of requests of clients.
type inbound struct {
	from     pbft.ReplicaID
	m        pbft.Message
	verified bool // the requests in m are valid
	requests []request
	bytes    int64 // part of Driver.queued
}

// withDefaults returns cfg with defaults set, or an error that lists every
// violation.
func (cfg DriverConfig) withDefaults() (DriverConfig, error) {
	bad := faults.List{Prefix: "replica: driver: "}
	bad.Require(cfg.Transport != nil, "Transport is nil, want MemoryNetwork.Join, ListenTLS or your own")
	if cfg.Tick <= 0 {
		cfg.Tick = 10 * time.Millisecond
	}
	if cfg.Node.Nonce.IsZero() {
		_, _ = rand.Read(cfg.Node.Nonce[:]) // never fails
	}
	if cfg.Node.Verifier == nil {
		cfg.Node.Verifier = cfg.Node.Genesis.Rule.Verifier()
	}
	return cfg, bad.Err()
}

// StartDriver loads the storage, makes the node and starts its goroutines. The
// caller must close the driver.
func StartDriver(cfg DriverConfig) (*Driver, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	cache := newVerifiedCache(cfg.Node.Verifier)
	cfg.Node.Verifier = cache
	if cfg.Storage != nil {
		if err := claim(cfg); err != nil {
			return nil, fmt.Errorf("replica: driver: %w", err)
		}
		if err := observeAgain(&cfg); err != nil {
			return nil, fmt.Errorf("replica: driver: %w", err)
		}
		records, err := cfg.Storage.Load()
		if err != nil {
			return nil, fmt.Errorf("replica: driver: loading the storage: %w", err)
		}
		cfg.Node.Records = records
	}
	// A request may be ordered before the first tick.
	cfg.Node.Now = time.Now().UnixMilli()
	node, err := pbft.NewNode(cfg.Node)
	if err != nil {
		return nil, err
	}
	genesis, err := cfg.Node.Genesis.WithDefaults()
	if err != nil {
		return nil, err
	}
	cores := runtime.GOMAXPROCS(0)
	d := &Driver{
		cfg: cfg, node: node, verifier: cache, chain: node.Chain(), genesis: genesis,
		inbox: make(chan inbound, 1024), requests: make(chan inbound, 64), submits: make(chan submission, 1024),
		calls: make(chan func(*pbft.Node)), verify: make(chan struct{}, cores), verifyClients: make(chan struct{}, max(1, cores-1)),
		sinks: map[pbft.PublicKey]map[int]func(pbft.Reply){}, refused: map[pbft.Refusal]uint64{},
	}
	d.ctx, d.stop = context.WithCancel(context.Background())
	d.learnMembers()
	d.wg.Go(d.intake)
	d.wg.Go(d.clients)
	d.wg.Go(d.run)
	return d, nil
}

// claim binds the storage to its replica, if it can be bound. With the log of
// another replica it could contradict its own votes.
func claim(cfg DriverConfig) error {
	s, owned := cfg.Storage.(interface{ Claim(o Owner) error })
	if !owned {
		return nil
	}
	chain, err := cfg.Node.Genesis.Chain()
	if err != nil {
		return err
	}
	return s.Claim(Owner{Chain: chain, Replica: cfg.Node.ID})
}

// losses is a storage that knows whether the replica has lost votes.
type losses interface {
	Observing() bool
	Observe(observing bool) error
}

// observeAgain makes the replica an observer if it was one before it stopped:
// its storage has no votes from before. A crash while it observes must not make
// it vote.
func observeAgain(cfg *DriverConfig) error {
	s, has := cfg.Storage.(losses)
	if !has {
		return nil
	}
	cfg.Node.Restarted = cfg.Node.Restarted || s.Observing()
	return s.Observe(cfg.Node.Restarted)
}

// rejoin stores that the replica votes again, after the checkpoint that allows
// it.
func (d *Driver) rejoin() error {
	s, has := d.cfg.Storage.(losses)
	if !has || !s.Observing() || d.node.State().Observer {
		return nil
	}
	return s.Observe(false)
}

// Close stops the driver and waits for its goroutines. It returns the error of
// the storage if that stopped the driver. The caller closes the transport and
// the storage.
func (d *Driver) Close() error {
	d.stop()
	d.wg.Wait()
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.failed
}

// Done returns a channel that is closed when the driver stops, through Close or
// because its storage failed. Close then returns the error.
func (d *Driver) Done() <-chan struct{} { return d.ctx.Done() }

// Chain returns the id of the replica's chain.
func (d *Driver) Chain() pbft.Digest { return d.chain }

// Submit implements [Endpoint]. It never blocks and returns [ErrBusy] if too
// many requests are queued. Results come through [Driver.Attach].
func (d *Driver) Submit(requests ...pbft.Request) error { return d.submit(requests, nil) }

// Attach implements [Endpoint]. The driver's goroutine calls sink, which must
// not block.
func (d *Driver) Attach(client pbft.PublicKey, sink func(pbft.Reply)) (detach func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	id := d.nextSink
	d.nextSink++
	if d.sinks[client] == nil {
		d.sinks[client] = map[int]func(pbft.Reply){}
	}
	d.sinks[client][id] = sink
	return func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		delete(d.sinks[client], id)
		if len(d.sinks[client]) == 0 {
			delete(d.sinks, client)
		}
	}
}

// Inspect calls f with the node between two steps and returns after f. f must
// not keep the node or call the driver.
func (d *Driver) Inspect(f func(*pbft.Node)) error {
	done := make(chan struct{})
	select {
	case <-d.ctx.Done():
		return ErrClosed
	case d.calls <- func(n *pbft.Node) { f(n); close(done) }:
	}
	<-done
	return nil
}

// State returns the node's summary.
func (d *Driver) State() (pbft.State, error) {
	var s pbft.State
	err := d.Inspect(func(n *pbft.Node) { s = n.State() })
	return s, err
}

// Refused returns the number of refused messages by reason since the start. The
// reason "malformed" counts packets that do not decode.
func (d *Driver) Refused() map[pbft.Refusal]uint64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return maps.Clone(d.refused)
}

// refuse counts one error.
func (d *Driver) refuse(err error) {
	var r pbft.Refusal
	if !errors.As(err, &r) {
		r = "malformed" // it did not decode
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.refused[r]++
}

// maxTurn bounds the messages that are processed before their effects are
// stored and sent. One sync of the log then serves all of them.
const maxTurn = 64

// run is the only goroutine that calls the node after the start.
func (d *Driver) run() {
	ticker := time.NewTicker(d.cfg.Tick)
	defer ticker.Stop()
	defer d.stop()
	for {
		d.learnMembers()
		d.reportEpochs()
		// Output comes before further input, so that a busy inbox does not
		// delay votes.
		if d.node.HasReady() {
			if err := d.handle(); err != nil {
				d.mu.Lock()
				d.failed = err
				d.mu.Unlock()
				return
			}
			continue
		}
		select {
		case <-d.ctx.Done():
			return
		case in := <-d.inbox:
			d.step(in)
			// Only messages that are here already, so that the turn does not
			// wait.
			for range min(len(d.inbox), maxTurn) {
				d.step(<-d.inbox)
			}
		case in := <-d.requests:
			d.step(in)
			for count := len(in.requests); count < maxPortion && len(d.requests) > 0 && len(d.inbox) == 0; {
				in = <-d.requests
				d.step(in)
				count += len(in.requests)
			}
		case f := <-d.calls: // the node is between two steps
			f(d.node)
		case now := <-ticker.C:
			d.node.Tick(now.UnixMilli())
		}
	}
}

// step passes one message to the node. Its requests were verified by the
// intake, except those of a proposal of an epoch that the intake does not have.
func (d *Driver) step(in inbound) {
	if in.m != nil {
		step := d.node.Step
		if in.verified {
			step = d.node.StepVerified
		}
		if err := step(in.from, in.m); err != nil {
			d.refuse(err)
		}
		return
	}
	for i := range in.requests {
		err := d.node.ProposeVerified(*in.requests[i].request)
		if err != nil {
			d.refuse(err)
		}
		in.requests[i].judge(err)
	}
	d.queued.Add(-in.bytes)
}

// learnMembers publishes the node's members for intake.
func (d *Driver) learnMembers() {
	if m := d.node.Membership(); d.members.Load() == nil || d.members.Load().Epoch != m.Epoch {
		d.members.Store(&m)
		d.disconnect(m)
	}
}

// disconnect ends the connections with the replicas that are in none of the
// last two sets, the later of which is m. A driver that starts later, or whose
// node fetched a state, goes through all changes.
func (d *Driver) disconnect(m pbft.Membership) {
	t, can := d.cfg.Transport.(Disconnector)
	if !can || m.Epoch < 2 {
		return
	}
	sets := []pbft.Membership{{Members: d.genesis.Members}}
	for _, p := range d.node.Epochs() {
		sets = append(sets, p.Next)
	}
	keep := map[pbft.ReplicaID]bool{}
	for _, set := range sets {
		for _, x := range set.Members {
			keep[x.ID] = keep[x.ID] || set.Epoch+1 >= m.Epoch
		}
	}
	for id, kept := range keep { // in any order
		if !kept {
			t.Disconnect(id)
		}
	}
}

// reportEpochs passes on the changes of members since the last call.
func (d *Driver) reportEpochs() {
	last := d.members.Load().Epoch
	if d.reported == last || d.cfg.Events.Epoch == nil {
		return
	}
	for _, p := range d.node.Epochs() {
		if p.Next.Epoch > d.reported {
			d.cfg.Events.Epoch(p)
		}
	}
	d.reported = last
}

// handle carries out one Ready. Records are stored before any message is sent.
func (d *Driver) handle() error {
	r := d.node.Ready()
	if d.cfg.Storage != nil && len(r.Records) > 0 {
		if err := d.cfg.Storage.Append(r.Records); err != nil {
			return fmt.Errorf("replica: driver of replica %d stops, storing records failed: %w", d.cfg.Node.ID, err)
		}
		if err := d.rejoin(); err != nil {
			return fmt.Errorf("replica: driver of replica %d stops: %w", d.cfg.Node.ID, err)
		}
	}
	for _, e := range r.Messages {
		data := pbft.EncodeMessage(e.Message) // once for all receivers
		for _, to := range e.To {
			d.cfg.Transport.Send(to, data)
		}
	}
	d.node.Advance()
	// Replies and events come last: the other replicas do not wait for local
	// receivers.
	d.deliver(&r)
	return nil
}

// deliver passes replies to attached clients and the rest to the event
// receiver.
func (d *Driver) deliver(r *pbft.Ready) {
	for i := range r.Blocks {
		d.reply(&r.Blocks[i])
		if d.cfg.Events.Block != nil {
			d.cfg.Events.Block(r.Blocks[i])
		}
	}
	for _, old := range r.Repeated {
		if sinks := d.sinksOf(old.Client); len(sinks) > 0 {
			reply := pbft.RepeatedReply(d.chain, d.cfg.Node.ID, d.cfg.Node.Signer, old)
			for _, sink := range sinks {
				sink(reply)
			}
		}
	}
	for i := range r.Certified {
		if d.cfg.Events.Certified != nil {
			d.cfg.Events.Certified(r.Certified[i])
		}
	}
	for i := range r.Evidence {
		if d.cfg.Events.Evidence != nil {
			d.cfg.Events.Evidence(r.Evidence[i])
		}
	}
	for i := range r.Diverged {
		if d.cfg.Events.Diverged != nil {
			d.cfg.Events.Diverged(r.Diverged[i])
		}
	}
}

// sinksOf returns the receivers of the replies to client.
func (d *Driver) sinksOf(client pbft.PublicKey) []func(pbft.Reply) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Collect(maps.Values(d.sinks[client]))
}

// reply signs and delivers the replies to a block if any of its clients is
// attached here. Otherwise no signature is made.
func (d *Driver) reply(b *pbft.Block) {
	sinks := map[pbft.PublicKey][]func(pbft.Reply){}
	listening := false
	for i := range b.Executed {
		client := b.Executed[i].Client
		if _, seen := sinks[client]; !seen {
			sinks[client] = d.sinksOf(client)
			listening = listening || len(sinks[client]) > 0
		}
	}
	if !listening {
		return
	}
	for _, reply := range pbft.Replies(d.chain, d.cfg.Node.ID, d.cfg.Node.Signer, b) {
		for _, sink := range sinks[reply.Client] {
			sink(reply)
		}
	}
}
