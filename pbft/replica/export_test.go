package replica

import "github.com/trigrid/trigrid/pbft"

// Links reports whether a replica has a connection from another one with TLS,
// and whether it sends to it.
func (c *Cluster) Links(at, other pbft.ReplicaID) (from, to bool) {
	t := c.tls[at]
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.inbound[other] != nil, t.peers[other] != nil
}

// Signer returns the key of a replica.
func (c *Cluster) Signer(id pbft.ReplicaID) pbft.Signer { return c.Drivers[id].cfg.Node.Signer }

// Rejoin returns a new end of the network for a replica that was stopped.
func (c *Cluster) Rejoin(id pbft.ReplicaID) Transport { return c.network.Join(id) }

// CloseStorage closes the log of a replica that was stopped.
func (c *Cluster) CloseStorage(id pbft.ReplicaID) error {
	s := c.stores[id]
	c.stores[id] = &pbft.MemoryStorage{}
	return s.Close()
}
