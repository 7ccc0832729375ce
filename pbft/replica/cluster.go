package replica

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"time"

	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/pbft"
)

// ClusterConfig is the input of [StartCluster]. A field left at zero takes its
// default.
type ClusterConfig struct {
	Replicas int          // n (default 4)
	Genesis  pbft.Genesis // StartCluster sets Members; default Name "cluster"
	Options  pbft.Options
	Tick     time.Duration // default 10 ms

	// Application makes the state machine of one replica. It is required.
	Application func(id pbft.ReplicaID) pbft.Application
	// Seed returns the seed of a replica's signing key. The default derives it
	// from the id, so it is no secret: use it for tests and for clusters that
	// stay within one process.
	Seed func(id pbft.ReplicaID) [32]byte
	// Storage returns the log of one replica. The cluster closes it. Default
	// nil: in memory only.
	Storage func(id pbft.ReplicaID) (Storage, error)
	// Events returns the receiver of one replica's events. Default nil: none.
	Events func(id pbft.ReplicaID) Events
	// TLS connects replicas and clients through loopback sockets instead of
	// channels.
	TLS bool
	// Further clients that may connect with TLS, for tests.
	clients []pbft.PublicKey
	// Filter decides whether a message travels between two replicas, if TLS is
	// false. Default nil: all do.
	Filter func(from, to pbft.ReplicaID) bool
}

// Cluster is a whole chain in one process: n replicas and their network. It
// serves tests, examples and applications whose replicas share one process.
//
//	cluster, err := replica.StartCluster(replica.ClusterConfig{Application: makeState})
//	client, err := cluster.Client(pbft.NewSigner(seed))
//	result, err := client.Call(ctx, operation)
type Cluster struct {
	Genesis pbft.Genesis // with the members
	Drivers []*Driver    // by replica id

	cfg     ClusterConfig // with defaults
	network *MemoryNetwork
	ends    []Transport // by id
	tls     []*TLS
	own     pbft.Signer // of the connections of clients, with TLS
	remotes []*Remote
	stores  []Storage
}

// demoSeed returns the default seed of a replica.
func demoSeed(id pbft.ReplicaID) (seed [32]byte) {
	copy(seed[:], "pbft in-process replica")
	binary.BigEndian.PutUint32(seed[28:], uint32(id))
	return seed
}

// withDefaults returns cfg with defaults set, or an error that lists every
// violation.
func (cfg ClusterConfig) withDefaults() (ClusterConfig, error) {
	bad := faults.List{Prefix: "replica: cluster: "}
	bad.Require(cfg.Application != nil, "Application is nil, want a function that makes one replica's state machine")
	bad.Require(cfg.Replicas >= 0, "Replicas is %d, want a positive number or 0 for 4", cfg.Replicas)
	if cfg.Replicas == 0 {
		cfg.Replicas = 4
	}
	if cfg.Seed == nil {
		cfg.Seed = demoSeed
	}
	if cfg.Genesis.Name == "" {
		cfg.Genesis.Name = "cluster"
	}
	return cfg, bad.Err()
}

// StartCluster starts all replicas.
func StartCluster(cfg ClusterConfig) (*Cluster, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	signers := make([]pbft.Signer, cfg.Replicas)
	cfg.Genesis.Members = nil
	for i := range signers {
		signers[i] = pbft.NewSigner(cfg.Seed(pbft.ReplicaID(i)))
		member := pbft.Member{ID: pbft.ReplicaID(i), Key: signers[i].Public()}
		cfg.Genesis.Members = append(cfg.Genesis.Members, member)
	}
	c := &Cluster{Genesis: cfg.Genesis, cfg: cfg, network: &MemoryNetwork{Filter: cfg.Filter}}
	if err := c.connect(cfg, signers); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	// After an error, Close stops the replicas that have started.
	for i := range signers {
		if err := c.start(cfg, pbft.ReplicaID(i), signers[i]); err != nil {
			return nil, errors.Join(err, c.Close())
		}
	}
	return c, nil
}

// connect makes the transports of all replicas.
func (c *Cluster) connect(cfg ClusterConfig, signers []pbft.Signer) error {
	if cfg.TLS {
		return c.listen(signers, cfg.clients)
	}
	for i := range signers {
		c.ends = append(c.ends, c.network.Join(pbft.ReplicaID(i)))
	}
	return nil
}

// Add starts a further replica, whose id is the next one, and returns it as a
// member. The replica follows the chain without a vote. It becomes a member
// when the application requests a set with it, see [pbft.Outcome]. A client
// that exists needs [Client.AddEndpoint] for it. Add must not be called at the
// same time as other methods of c.
func (c *Cluster) Add() (pbft.Member, error) {
	id := pbft.ReplicaID(len(c.Drivers))
	signer := pbft.NewSigner(c.cfg.Seed(id))
	if c.cfg.TLS {
		t, err := ListenTLS(TLSConfig{
			ID: id, Genesis: c.Genesis, Signer: signer, Listen: "127.0.0.1:0",
			Clients: OnlyClients(append([]pbft.PublicKey{c.own.Public()}, c.cfg.clients...)...),
		})
		if err != nil {
			return pbft.Member{}, err
		}
		for i, other := range c.tls {
			other.Connect(id, t.Addr(), signer.Public())
			t.Connect(pbft.ReplicaID(i), other.Addr(), c.Drivers[i].cfg.Node.Signer.Public())
		}
		c.tls, c.ends = append(c.tls, t), append(c.ends, t)
	} else {
		c.ends = append(c.ends, c.network.Join(id))
	}
	return pbft.Member{ID: id, Key: signer.Public()}, c.start(c.cfg, id, signer)
}

// start starts one replica. Replicas start in order of id.
func (c *Cluster) start(cfg ClusterConfig, id pbft.ReplicaID, signer pbft.Signer) error {
	dc := DriverConfig{
		Node: pbft.Config{
			ID: id, Genesis: cfg.Genesis, Signer: signer, Application: cfg.Application(id), Options: cfg.Options,
		},
		Transport: c.ends[id], Tick: cfg.Tick,
	}
	if cfg.Storage != nil {
		s, err := cfg.Storage(id)
		if err != nil {
			return err
		}
		dc.Storage = s
		c.stores = append(c.stores, s)
	}
	if cfg.Events != nil {
		dc.Events = cfg.Events(id)
	}
	d, err := StartDriver(dc)
	if err != nil {
		return err
	}
	c.Drivers = append(c.Drivers, d)
	if cfg.TLS {
		c.tls[id].ServeClients(d)
	}
	return nil
}

// listen opens a loopback port for each replica and connects all of them.
func (c *Cluster) listen(signers []pbft.Signer, clients []pbft.PublicKey) error {
	var seed [32]byte
	_, _ = rand.Read(seed[:]) // never fails
	c.own = pbft.NewSigner(seed)
	for i, s := range signers {
		t, err := ListenTLS(TLSConfig{
			ID: pbft.ReplicaID(i), Genesis: c.Genesis, Signer: s, Listen: "127.0.0.1:0",
			Clients: OnlyClients(append([]pbft.PublicKey{c.own.Public()}, clients...)...),
		})
		if err != nil {
			return err
		}
		c.tls = append(c.tls, t)
		c.ends = append(c.ends, t)
	}
	// All ports are open now, so each replica can be given all addresses.
	for _, t := range c.tls {
		for i, other := range c.tls {
			t.Connect(pbft.ReplicaID(i), other.Addr(), pbft.PublicKey{})
		}
	}
	return nil
}

// ownHandshake limits the handshake with a replica of the same process. The
// replica is known to run, so only a busy machine can delay it.
const ownHandshake = 5 * time.Minute

// Endpoints returns one endpoint per replica for a client: the drivers, or with
// TLS one connection each. It is not safe for concurrent use.
func (c *Cluster) Endpoints() ([]Endpoint, error) {
	endpoints := make([]Endpoint, len(c.Drivers))
	for i, d := range c.Drivers {
		endpoints[i] = d
		if c.tls == nil {
			continue
		}
		// Several clients of this process share one connection per replica.
		if len(c.remotes) <= i {
			r, err := dialWithin(context.Background(), DialConfig{
				Genesis: c.Genesis, Replica: pbft.ReplicaID(i), Address: c.tls[i].Addr(), Signer: c.own,
				Key: d.cfg.Node.Signer.Public(),
			}, ownHandshake)
			if err != nil {
				return nil, err
			}
			c.remotes = append(c.remotes, r)
		}
		endpoints[i] = c.remotes[i]
	}
	return endpoints, nil
}

// Client returns a client with endpoints of all replicas. It is not safe for
// concurrent use.
func (c *Cluster) Client(signer pbft.Signer) (*Client, error) {
	endpoints, err := c.Endpoints()
	if err != nil {
		return nil, err
	}
	return NewClient(ClientConfig{Genesis: c.Genesis, Signer: signer, Endpoints: endpoints})
}

// Close stops all replicas and closes their transports and logs.
func (c *Cluster) Close() error {
	var errs []error
	for _, r := range c.remotes {
		_ = r.Close() // a lost connection is closed already
	}
	// The drivers stop before their transports and logs, which they use.
	for _, d := range c.Drivers {
		errs = append(errs, d.Close())
	}
	for _, t := range c.tls {
		errs = append(errs, t.Close())
	}
	for _, s := range c.stores {
		errs = append(errs, s.Close())
	}
	return errors.Join(errs...)
}
