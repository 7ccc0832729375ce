package replica

import (
	"context"
	"encoding/binary"
	"errors"
	"time"

	"github.com/trigrid/trigrid/pbft"
)

// ClusterConfig describes a [Cluster]. Fields left at zero take the default named beside them.
type ClusterConfig struct {
	Replicas int          // default 4
	Genesis  pbft.Genesis // Members is filled in; Name defaults to "cluster"
	Options  pbft.Options
	Tick     time.Duration // default 10 ms

	// Application makes the state machine of one replica. It is required.
	Application func(id pbft.ReplicaID) pbft.Application
	// Seed makes a replica's signing key (default: derived from its id, which is fit for tests and for clusters that
	// never leave one process only).
	Seed func(id pbft.ReplicaID) [32]byte
	// Storage, when not nil, makes the storage of one replica.
	Storage func(id pbft.ReplicaID) (Storage, error)
	// Events, when not nil, makes the event receiver of one replica.
	Events func(id pbft.ReplicaID) Events
	// TCP connects the replicas over loopback TCP instead of channels, and their clients as well.
	TCP bool
	// Filter, when not nil, and without TCP, decides whether a message travels between two replicas.
	Filter func(from, to pbft.ReplicaID) bool
}

// Cluster is a whole chain in one process: n replicas on an in-memory network.
type Cluster struct {
	Genesis pbft.Genesis
	Drivers []*Driver

	network *MemoryNetwork
	tcp     []*TCP
	remotes []*Remote
	stores  []Storage
}

// demoSeed is the default key of a replica in a one-process cluster.
func demoSeed(id pbft.ReplicaID) (seed [32]byte) {
	copy(seed[:], "pbft in-process replica")
	binary.BigEndian.PutUint32(seed[28:], uint32(id))
	return seed
}

// StartCluster starts all replicas.
func StartCluster(cfg ClusterConfig) (*Cluster, error) {
	if cfg.Application == nil {
		return nil, errors.New("replica: cluster needs an Application")
	}
	if cfg.Replicas == 0 {
		cfg.Replicas = 4
	}
	if cfg.Seed == nil {
		cfg.Seed = demoSeed
	}
	if cfg.Genesis.Name == "" {
		cfg.Genesis.Name = "cluster"
	}
	signers := make([]pbft.Signer, cfg.Replicas)
	cfg.Genesis.Members = nil
	for i := range signers {
		signers[i] = pbft.NewSigner(cfg.Seed(pbft.ReplicaID(i)))
		cfg.Genesis.Members = append(cfg.Genesis.Members, pbft.Member{ID: pbft.ReplicaID(i), Key: signers[i].Public()})
	}
	c := &Cluster{Genesis: cfg.Genesis, network: &MemoryNetwork{Filter: cfg.Filter}}
	ends := make([]Transport, cfg.Replicas)
	if cfg.TCP {
		if err := c.listen(signers); err != nil {
			return nil, errors.Join(err, c.Close())
		}
	}
	for i := range ends {
		if cfg.TCP {
			ends[i] = c.tcp[i]
		} else {
			ends[i] = c.network.Join(pbft.ReplicaID(i))
		}
	}
	for i := range cfg.Replicas {
		id := pbft.ReplicaID(i)
		dc := DriverConfig{
			Node: pbft.Config{
				ID: id, Genesis: cfg.Genesis, Signer: signers[i], Application: cfg.Application(id), Options: cfg.Options,
			},
			Transport: ends[i], Tick: cfg.Tick,
		}
		if cfg.Storage != nil {
			s, err := cfg.Storage(id)
			if err != nil {
				return nil, errors.Join(err, c.Close())
			}
			dc.Storage = s
			c.stores = append(c.stores, s)
		}
		if cfg.Events != nil {
			dc.Events = cfg.Events(id)
		}
		d, err := StartDriver(dc)
		if err != nil {
			return nil, errors.Join(err, c.Close())
		}
		c.Drivers = append(c.Drivers, d)
		if cfg.TCP {
			c.tcp[i].ServeClients(d)
		}
	}
	return c, nil
}

// listen opens a loopback port for each replica and tells all of them about all.
func (c *Cluster) listen(signers []pbft.Signer) error {
	for i, s := range signers {
		t, err := ListenTCP(TCPConfig{ID: pbft.ReplicaID(i), Genesis: c.Genesis, Signer: s, Listen: "127.0.0.1:0"})
		if err != nil {
			return err
		}
		c.tcp = append(c.tcp, t)
	}
	for _, t := range c.tcp {
		for i, other := range c.tcp {
			t.Connect(pbft.ReplicaID(i), other.Addr(), pbft.PublicKey{})
		}
	}
	return nil
}

// ownHandshake limits the handshake with a replica of the same process. The replica is there, so only the process itself
// can be slow.
const ownHandshake = 5 * time.Minute

// Endpoints returns the way a client takes to each replica: the drivers themselves, or with TCP one connection to each.
// It must not be called by several goroutines at once.
func (c *Cluster) Endpoints() ([]Endpoint, error) {
	endpoints := make([]Endpoint, len(c.Drivers))
	for i, d := range c.Drivers {
		endpoints[i] = d
		if c.tcp == nil {
			continue
		}
		if len(c.remotes) <= i {
			r, err := dialWithin(context.Background(), c.tcp[i].Addr(), ownHandshake)
			if err != nil {
				return nil, err
			}
			c.remotes = append(c.remotes, r)
		}
		endpoints[i] = c.remotes[i]
	}
	return endpoints, nil
}

// Client attaches a client to all replicas. It must not be called by several goroutines at once.
func (c *Cluster) Client(signer pbft.Signer) (*Client, error) {
	endpoints, err := c.Endpoints()
	if err != nil {
		return nil, err
	}
	return NewClient(ClientConfig{Genesis: c.Genesis, Signer: signer, Endpoints: endpoints})
}

// Close stops all replicas and closes their storages.
func (c *Cluster) Close() error {
	var errs []error
	for _, r := range c.remotes {
		_ = r.Close() // a connection that is gone already is closed
	}
	for _, d := range c.Drivers {
		errs = append(errs, d.Close())
	}
	for _, t := range c.tcp {
		errs = append(errs, t.Close())
	}
	for _, s := range c.stores {
		errs = append(errs, s.Close())
	}
	return errors.Join(errs...)
}
