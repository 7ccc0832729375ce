package replica

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/trigrid/trigrid/pbft"
)

// DriverConfig is what a [Driver] runs.
type DriverConfig struct {
	Node      pbft.Config // Records is filled from Storage
	Transport Transport
	Storage   Storage       // nil: in memory only
	Tick      time.Duration // default 10 ms
	Events    Events
}

// Events are called in order from one goroutine of the driver, which waits for them; what takes long belongs into a
// goroutine of the receiver. Any of them may be nil. What they get is read-only.
type Events struct {
	Block     func(pbft.Block)
	Certified func(pbft.ExecutionCertificate)
	Evidence  func(pbft.Evidence)
	Diverged  func(pbft.Divergence)
}

// Errors of a [Driver].
var (
	ErrClosed = errors.New("replica: driver is closed")
	ErrBusy   = errors.New("replica: too many requests are waiting; try again later")
)

// Driver runs one [pbft.Node]: it decodes packets, checks client signatures on all cores before the node sees them, stores
// before it sends, and ticks. A change of membership needs no action here as long as the transport reaches the new
// replicas.
type Driver struct {
	cfg      DriverConfig
	node     *pbft.Node
	verifier *verifiedCache
	chain    pbft.Digest

	inbox   chan inbound
	submits chan []pbft.Request
	calls   chan func(*pbft.Node)
	ctx     context.Context
	stop    context.CancelFunc
	wg      sync.WaitGroup
	verify  chan struct{} // one token per verification under way

	mu       sync.Mutex
	sinks    map[pbft.PublicKey]map[int]func(pbft.Reply)
	nextSink int
	refused  map[pbft.Refusal]uint64
	failed   error
}

type inbound struct {
	from pbft.ReplicaID
	m    pbft.Message
}

// StartDriver loads the storage, makes the node and starts to run it.
func StartDriver(cfg DriverConfig) (*Driver, error) {
	if cfg.Transport == nil {
		return nil, errors.New("replica: driver needs a Transport")
	}
	if cfg.Tick <= 0 {
		cfg.Tick = 10 * time.Millisecond
	}
	base := cfg.Node.Verifier
	if base == nil {
		base = cfg.Node.Genesis.Rule.Verifier()
	}
	cache := newVerifiedCache(base)
	cfg.Node.Verifier = cache
	if cfg.Storage != nil {
		records, err := cfg.Storage.Load()
		if err != nil {
			return nil, fmt.Errorf("replica: loading storage: %w", err)
		}
		cfg.Node.Records = records
	}
	cfg.Node.Now = time.Now().UnixMilli()
	node, err := pbft.NewNode(cfg.Node)
	if err != nil {
		return nil, err
	}
	d := &Driver{
		cfg: cfg, node: node, verifier: cache, chain: node.Chain(),
		inbox: make(chan inbound, 1024), submits: make(chan []pbft.Request, 1024), calls: make(chan func(*pbft.Node)),
		verify: make(chan struct{}, runtime.GOMAXPROCS(0)),
		sinks:  map[pbft.PublicKey]map[int]func(pbft.Reply){}, refused: map[pbft.Refusal]uint64{},
	}
	d.ctx, d.stop = context.WithCancel(context.Background())
	d.wg.Go(d.intake)
	d.wg.Go(d.run)
	return d, nil
}

// Close stops the driver and waits for its goroutines. It does not close the transport or the storage, which were the
// caller's.
func (d *Driver) Close() error {
	d.stop()
	d.wg.Wait()
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.failed
}

// Done is closed when the driver stops, by Close or because its storage failed; Close then tells why.
func (d *Driver) Done() <-chan struct{} { return d.ctx.Done() }

// Chain is the id of the chain the replica works on.
func (d *Driver) Chain() pbft.Digest { return d.chain }

// Submit gives signed requests to the replica. It does not wait for anything and returns [ErrBusy] where too many
// are on their way already. What becomes of them is told by replies, see [Driver.Attach].
func (d *Driver) Submit(requests ...pbft.Request) error {
	if d.ctx.Err() != nil {
		return ErrClosed
	}
	select {
	case <-d.ctx.Done():
		return ErrClosed
	case d.submits <- requests:
		return nil
	default:
		return ErrBusy
	}
}

// Attach has this replica's replies to client delivered to sink until detach is called. Sink is called from the
// driver's goroutine and must not wait.
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

// Inspect runs f with the node between two of its steps. f must neither keep the node nor call the driver.
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

// State is the node's summary.
func (d *Driver) State() (pbft.State, error) {
	var s pbft.State
	err := d.Inspect(func(n *pbft.Node) { s = n.State() })
	return s, err
}

// Refused tells how many messages were refused since the start, by reason.
func (d *Driver) Refused() map[pbft.Refusal]uint64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return maps.Clone(d.refused)
}

func (d *Driver) refuse(err error) {
	var r pbft.Refusal
	if !errors.As(err, &r) {
		r = "malformed"
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.refused[r]++
}

// maxTurn bounds the messages taken in before their effects are stored and sent.
const maxTurn = 64

// run is the node's only goroutine.
func (d *Driver) run() {
	ticker := time.NewTicker(d.cfg.Tick)
	defer ticker.Stop()
	defer d.stop()
	for {
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
			for range min(len(d.inbox), maxTurn) {
				d.step(<-d.inbox)
			}
		case f := <-d.calls:
			f(d.node)
		case now := <-ticker.C:
			d.node.Tick(now.UnixMilli())
		}
	}
}

func (d *Driver) step(in inbound) {
	own, submitted := in.m.(*pbft.Forward)
	if !submitted || in.from != d.cfg.Node.ID {
		if err := d.node.Step(in.from, in.m); err != nil {
			d.refuse(err)
		}
		return
	}
	for i := range own.Requests {
		if err := d.node.Propose(own.Requests[i]); err != nil {
			d.refuse(err)
		}
	}
}

// handle carries out one Ready: nothing is sent before what it depends on is stored.
func (d *Driver) handle() error {
	r := d.node.Ready()
	if d.cfg.Storage != nil && len(r.Records) > 0 {
		if err := d.cfg.Storage.Append(r.Records); err != nil {
			return fmt.Errorf("replica: storage failed, replica %d stops: %w", d.cfg.Node.ID, err)
		}
	}
	for _, e := range r.Messages {
		data := pbft.EncodeMessage(e.Message)
		for _, to := range e.To {
			d.cfg.Transport.Send(to, data)
		}
	}
	d.node.Advance()
	d.deliver(&r)
	return nil
}

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

func (d *Driver) sinksOf(client pbft.PublicKey) []func(pbft.Reply) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Collect(maps.Values(d.sinks[client]))
}

// reply signs and delivers the replies to a block, if any of its clients listens here.
func (d *Driver) reply(b *pbft.Block) {
	listening := false
	for i := range b.Executed {
		if len(d.sinksOf(b.Executed[i].Client)) > 0 {
			listening = true
			break
		}
	}
	if !listening {
		return
	}
	for _, reply := range pbft.Replies(d.chain, d.cfg.Node.ID, d.cfg.Node.Signer, b) {
		for _, sink := range d.sinksOf(reply.Client) {
			sink(reply)
		}
	}
}
