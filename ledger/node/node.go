package node

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/contracts"
	"github.com/trigrid/trigrid/ledger/engine"
	"github.com/trigrid/trigrid/pbft"
	"github.com/trigrid/trigrid/pbft/replica"
)

// Config is the input of [Start]. A field left at zero takes its default.
type Config struct {
	Genesis   Genesis
	Signer    pbft.Signer       // of the replica
	Listen    string            // default: the address of the genesis, or of Join
	Addresses map[uint32]string // of other replicas, instead of those of the genesis

	// Join is the card of a replica that the genesis does not have, see
	// [ledger.ChangeValidators]. The replica follows the chain as soon as a
	// regulator has requested a set with it, and votes from the checkpoint on
	// at which the set is in force.
	Join *ReplicaCard

	// Contracts run beside those of the ledger; all replicas need the same ones
	// (default [contracts.Coordination]).
	Contracts []ledger.Contract

	Log   replica.Storage // default in memory
	Store Store           // default in memory

	// LostLog starts a replica that has run before and has lost its log. It
	// observes until it cannot contradict its former votes; until then it
	// counts as one of the faulty replicas.
	LostLog bool

	// Clients accepts further keys of clients, beside those of replicas and
	// active identities.
	Clients func(key pbft.PublicKey) bool

	Options pbft.Options
	Tick    time.Duration // default 10 ms
	Logger  *slog.Logger  // default none
}

// Node is one running replica.
type Node struct {
	cfg       Config
	id        pbft.ReplicaID
	name      string
	chain     ledger.Hash
	started   time.Time
	machine   *ledger.Machine
	books     *books
	storage   *storage
	driver    *replica.Driver
	transport *replica.TLS
	ctx       context.Context
	stop      context.CancelFunc
	wg        sync.WaitGroup
	closing   sync.Once
	closed    error

	mu       sync.Mutex
	evidence uint64 // statements against other replicas
	diverged uint64
	fetched  uint64                  // blocks and certificates from other replicas
	keys     map[pbft.PublicKey]bool // of all replicas of the chain, former ones included
	met      uint64                  // serial of the last requested set whose replicas are connected
}

// flushPause is the time in which executed blocks gather for one write of the
// store.
const flushPause = 50 * time.Millisecond

// withDefaults returns cfg with defaults set, or an error that lists every
// violation.
func (cfg Config) withDefaults() (Config, error) {
	bad := faults.List{Prefix: "node: "}
	bad.Add(cfg.Genesis.Validate())
	for id, address := range cfg.Addresses {
		if err := checkAddress(address); err != nil {
			bad.Addf("replica %d: %w", id, err)
		}
	}
	if bad.Require(cfg.Signer != nil, "Signer is nil, want that of the replica, such as ReplicaKey.Signer") {
		card, member := cfg.card()
		bad.Require(member, "the genesis has no replica with the key %x; one that joins later needs Join", cfg.Signer.Public())
		bad.Require(cfg.Join == nil || !slices.ContainsFunc(cfg.Genesis.Replicas, func(r ReplicaCard) bool { return r.ID == cfg.Join.ID }),
			"Join has the id %d of a replica of the genesis, want one that no replica has had", card.ID)
		if cfg.Listen == "" {
			cfg.Listen = card.Address
		}
	}
	// All replicas need the same contracts. Others would compute another state,
	// which the certificates show.
	if cfg.Contracts == nil {
		cfg.Contracts = contracts.Coordination()
	}
	if cfg.Log == nil {
		cfg.Log = &pbft.MemoryStorage{}
	}
	if cfg.Store == nil {
		cfg.Store = &MemoryStore{}
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	return cfg, bad.Err()
}

// card returns the card of the own replica, and false if there is none.
func (cfg *Config) card() (ReplicaCard, bool) {
	key := cfg.Signer.Public()
	if cfg.Join != nil {
		return *cfg.Join, string(cfg.Join.Key) == string(key[:])
	}
	return cfg.Genesis.replica(key)
}

// Start starts a replica. It restores the last checkpoint of the log and
// executes the batches after it, so that its duration does not grow with the
// chain. The caller must close the node, and then its log and store.
func Start(cfg Config) (*Node, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	card, _ := cfg.card()
	n := &Node{cfg: cfg, id: pbft.ReplicaID(card.ID), name: card.Name, started: time.Now(), keys: map[pbft.PublicKey]bool{}}
	if n.chain, err = cfg.Genesis.Chain(); err != nil {
		return nil, err
	}
	if n.machine, err = cfg.machine(n.chain); err != nil {
		return nil, err
	}
	if n.books, err = openBooks(cfg.Store); err != nil {
		return nil, err
	}
	if err := n.books.claim(n.chain); err != nil {
		return nil, err
	}
	n.storage = &storage{log: cfg.Log, books: n.books}
	// The node outlives the call.
	n.ctx, n.stop = context.WithCancel(context.Background())
	if err := n.run(); err != nil {
		return nil, errors.Join(err, n.Close())
	}
	return n, nil
}

// machine returns the state machine with the contract that changes replicas.
func (cfg *Config) machine(chain ledger.Hash) (*ledger.Machine, error) {
	trust, err := ledger.TrustPBFT(cfg.Genesis.PBFT())
	if err != nil {
		return nil, err
	}
	validators, err := ledger.PBFTVerifier{}.Validators(trust)
	if err != nil {
		return nil, err
	}
	return ledger.NewMachine(chain, cfg.Genesis.Ledger(), append(slices.Clone(cfg.Contracts), validators)...)
}

// run starts the transport, the driver and the goroutines of the node.
func (n *Node) run() error {
	var err error
	g := n.cfg.Genesis.PBFT()
	if n.transport, err = replica.ListenTLS(replica.TLSConfig{
		ID: n.id, Genesis: g, Signer: n.cfg.Signer, Listen: n.cfg.Listen, Clients: n.accepts,
	}); err != nil {
		return err
	}
	for _, r := range n.cfg.Genesis.Replicas {
		n.connect(r.ID, r.Address, pbft.PublicKey(r.Key))
	}
	app := engine.NewReplica(n.machine)
	// Blocks go to the books on the goroutine of the protocol, so that they
	// arrive in their order.
	app.Executed = n.books.executed
	q := &queries{chain: n.chain, machine: n.machine, books: n.books, verifier: g.Rule.Verifier()}
	n.transport.ServeQueries(q.answer)
	if n.driver, err = replica.StartDriver(replica.DriverConfig{
		Node:      pbft.Config{ID: n.id, Genesis: g, Signer: n.cfg.Signer, Application: app, Options: n.cfg.Options, Restarted: n.cfg.LostLog},
		Transport: n.transport, Storage: n.storage, Tick: n.cfg.Tick, Events: n.events(),
	}); err != nil {
		return err
	}
	n.meet()
	// Clients come last, when the replica can order their requests.
	n.transport.ServeClients(n.driver)
	e, _ := n.books.ends()
	n.cfg.Logger.Info("replica runs", "replica", n.id, "name", n.name, "chain", n.chain, "listen", n.transport.Addr(), "height", e.Head)
	n.wg.Go(n.write)
	n.wg.Go(n.fetch)
	return nil
}

// connect connects to another replica, and lets it fetch blocks.
func (n *Node) connect(id uint32, address string, key pbft.PublicKey) {
	if other, has := n.cfg.Addresses[id]; has {
		address = other
	}
	n.transport.Connect(pbft.ReplicaID(id), address, key)
	n.mu.Lock()
	defer n.mu.Unlock()
	n.keys[key] = true
}

// meet connects to the replicas that regulators have requested since the last
// call. They need the state before they vote.
func (n *Node) meet() {
	set, has := n.machine.Validators()
	n.mu.Lock()
	met := n.met
	n.mu.Unlock()
	if !has || set.Serial == met {
		return
	}
	for serial := met + 1; serial <= set.Serial; serial++ {
		v, err := n.machine.Read(ledger.ValidatorSetKey(serial), n.machine.Head().Height)
		if err != nil {
			return // the height has moved on; the next call reads it
		}
		var one ledger.ValidatorSet
		if err := ledger.Decode("set of validators", v.Value, &one); err != nil {
			n.cfg.Logger.Error("a set of replicas is not readable", "serial", serial, "error", err)
			return
		}
		for _, x := range one.Members {
			if x.Address != "" { // those of the genesis have none
				n.connect(uint32(x.ID), x.Address, x.Key)
				n.cfg.Logger.Info("replica is requested", "replica", x.ID, "address", x.Address, "set", serial)
			}
		}
		n.mu.Lock()
		n.met = serial
		n.mu.Unlock()
	}
}

// accepts reports whether a client's key may connect. It is called in each
// handshake, so that a participant that is revoked cannot connect again.
func (n *Node) accepts(key pbft.PublicKey) bool {
	n.mu.Lock()
	_, member := n.keys[key]
	n.mu.Unlock()
	if member { // fetches blocks
		return true
	}
	// The rights are those of the own state, without a message to others. A
	// replica that lags behind can refuse a new participant, who then reaches
	// another one.
	if _, active := n.machine.Participant(key); active {
		return true
	}
	return n.cfg.Clients != nil && n.cfg.Clients(key)
}

// events returns the receivers of the driver's events. They are called by the
// goroutine that runs the protocol, so that they do not wait for the disk.
func (n *Node) events() replica.Events {
	return replica.Events{
		Certified: func(c pbft.ExecutionCertificate) {
			if err := n.books.certify(&c); err != nil {
				n.cfg.Logger.Error("certificate is not kept", "number", c.Header.Seq, "error", err)
			}
		},
		Evidence: func(e pbft.Evidence) {
			n.mu.Lock()
			n.evidence++
			n.mu.Unlock()
			n.cfg.Logger.Warn("a replica has contradicted itself; its operator should look at it", "replica", e.Replica, "epoch", e.Epoch)
		},
		Diverged: func(d pbft.Divergence) {
			n.mu.Lock()
			n.diverged++
			n.mu.Unlock()
			n.cfg.Logger.Error("the own state was wrong and is replaced; check memory, disk and version of this machine",
				"number", d.Seq, "own", d.Own, "certified", d.Certified)
		},
	}
}

// write writes the store at a constant pause until the node or its driver
// stops.
func (n *Node) write() {
	ticker := time.NewTicker(flushPause)
	defer ticker.Stop()
	for {
		select {
		case <-n.ctx.Done():
			return
		case <-n.driver.Done():
			n.cfg.Logger.Error("replica has stopped", "error", errors.Join(n.driver.Close(), n.books.failed()))
			n.stop()
			return
		case <-ticker.C:
			n.books.reach(n.machine.Head().Height)
			// A store that cannot be written stops the replica: its state could
			// otherwise run away from its disk.
			if err := errors.Join(n.books.flush(), n.books.failed()); err != nil {
				n.cfg.Logger.Error("store failed", "error", err)
				n.stop()
				return
			}
		}
	}
}

// Done returns a channel that is closed when the node stops, by Close or
// because its disk failed. Close then returns the error.
func (n *Node) Done() <-chan struct{} { return n.ctx.Done() }

// Addr returns the address on which the node listens.
func (n *Node) Addr() string { return n.transport.Addr() }

// Close stops the replica and writes all executed blocks. It returns the error
// of the log or the store if that has stopped the node.
func (n *Node) Close() error {
	n.closing.Do(func() {
		n.stop()
		var errs []error
		if n.driver != nil { // before the transport and the log, which it uses
			errs = append(errs, n.driver.Close())
		}
		if n.transport != nil {
			_ = n.transport.Close()
		}
		n.wg.Wait()
		// After a fault of the store nothing more is written, so that its file
		// stays as it was.
		failed := n.books.failed()
		if failed == nil {
			failed = n.books.flush()
		}
		n.closed = errors.Join(append(errs, failed)...)
		if n.closed != nil {
			n.closed = fmt.Errorf("node: replica %d: %w", n.id, n.closed)
		}
	})
	return n.closed
}

// Height returns the height of the highest executed block.
func (n *Node) Height() uint64 {
	e, _ := n.books.ends()
	return e.Head
}
