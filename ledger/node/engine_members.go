package node

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/pbft"
	"github.com/trigrid/trigrid/pbft/replica"
)

// roster is the set of nodes that an engine calls. It is replaced as a whole
// after a change of replicas.
type roster struct {
	epoch  uint64
	peers  []*peer
	size   int // of the set of replicas
	faulty int // f
}

// weak is f+1: one of so many nodes is correct.
func (r *roster) weak() int { return r.faulty + 1 }

// peer returns the node with an id and a key, or nil.
func (r *roster) peer(id pbft.ReplicaID, key []byte) *peer {
	for _, p := range r.peers {
		if p.id == id && string(p.card.Key) == string(key) {
			return p
		}
	}
	return nil
}

// firstRoster has the replicas of the genesis and the known ones.
func (e *Engine) firstRoster() *roster {
	r := &roster{size: len(e.cfg.Genesis.Replicas), faulty: pbft.Faulty(len(e.cfg.Genesis.Replicas))}
	for _, card := range append(slices.Clone(e.cfg.Genesis.Replicas), e.cfg.Known...) {
		if r.peer(pbft.ReplicaID(card.ID), card.Key) != nil {
			continue
		}
		if p := e.newPeer(card); p != nil { // not the own node
			r.peers = append(r.peers, p)
		}
	}
	return r
}

// newPeer starts to connect to a node. It returns nil for the engine's own one.
func (e *Engine) newPeer(card ReplicaCard) *peer {
	if e.cfg.skip != nil && pbft.ReplicaID(card.ID) == *e.cfg.skip {
		return nil
	}
	address := card.Address
	if other, has := e.cfg.Addresses[card.ID]; has {
		address = other
	}
	p := &peer{id: pbft.ReplicaID(card.ID), card: card, waits: make(chan struct{}, maxWaits)}
	p.ctx, p.stop = context.WithCancel(e.ctx)
	e.wg.Go(func() { e.connect(p, address) })
	return p
}

// learnPause is the time between two looks at the set of replicas. It is
// assumed.
const learnPause = 2 * time.Second

// learn follows the changes of the set of replicas. Each node proves its last
// header by the certificates that lead from the genesis to it, so that one
// correct node is enough.
func (e *Engine) learn(ctx context.Context) {
	// All nodes are asked, because one that lags behind or is faulty could hide
	// a change.
	now := e.roster.Load()
	found := make([]pbft.Membership, len(now.peers))
	var wg sync.WaitGroup
	for i, p := range now.peers {
		wg.Go(func() { found[i], _ = e.membersAt(ctx, p) })
	}
	wg.Wait()
	for i, m := range found {
		// A node can also prove an older set, if it lags behind. Epochs only
		// grow.
		if m.Epoch <= e.roster.Load().epoch {
			continue
		}
		// The addresses are in the state, which the same node has.
		if set, err := e.validatorsAt(ctx, now.peers[i], m); err == nil {
			e.enter(m.Epoch, set)
		}
	}
}

// membersAt returns the set that has certified the last certified header of a
// node.
func (e *Engine) membersAt(ctx context.Context, p *peer) (pbft.Membership, error) {
	a, err := e.within(ctx, p, &query{kind: forStatus})
	if err != nil || a.status.Certified == 0 {
		return pbft.Membership{}, err
	}
	if a, err = e.within(ctx, p, &query{kind: forHeader, wait: waitMillis, height: a.status.Certified}); err != nil {
		return pbft.Membership{}, err
	}
	t, err := ledger.PBFTVerifier{}.Verify(e.trust, a.header)
	if err != nil {
		return pbft.Membership{}, err
	}
	return ledger.PBFTMembers(t)
}

// maxSerials is the number of requested sets among which the one in force is
// looked for. The contract allows fewer that are not in force.
const maxSerials = 64

// validatorsAt returns the requested set with given members, with their
// addresses.
func (e *Engine) validatorsAt(ctx context.Context, p *peer, m pbft.Membership) (set ledger.ValidatorSet, err error) {
	var serial ledger.Counter
	if err := e.proven(ctx, p, ledger.ValidatorSerialKey, &serial); err != nil {
		return set, err
	}
	// The newest set comes first: it is mostly the one in force.
	for n := serial.N; n > 0 && n+maxSerials > serial.N; n-- {
		set = ledger.ValidatorSet{}
		if err := e.proven(ctx, p, ledger.ValidatorSetKey(n), &set); err != nil {
			return set, err
		}
		if slices.Equal(set.PBFT(), m.Members) {
			return set, nil
		}
	}
	return set, fmt.Errorf("node: the state has no set with the members of epoch %d", m.Epoch)
}

// proven reads a key of the state from one node, with its proof under a
// certified header.
func (e *Engine) proven(ctx context.Context, p *peer, key string, x ledger.Coded) error {
	a, err := e.within(ctx, p, &query{kind: forRead, wait: waitMillis, key: key})
	if err != nil {
		return err
	}
	v := a.value
	if a, err = e.within(ctx, p, &query{kind: forHeader, wait: waitMillis, height: v.Height}); err != nil {
		return err
	}
	if !v.Present || a.header.Header.Height != v.Height || !e.certified(&a.header) {
		return fmt.Errorf("node: replica %d does not prove the key %q", p.id, key)
	}
	if err := ledger.VerifyState(a.header.Header.StateRoot, key, v.Value, true, v.Proof); err != nil {
		return err
	}
	return ledger.Decode(key, v.Value, x)
}

// enter replaces the roster by the set of an epoch. Connections with replicas
// that stay are kept, and those with removed ones end.
func (e *Engine) enter(epoch uint64, set ledger.ValidatorSet) {
	old := e.roster.Load()
	next := &roster{epoch: epoch, size: len(set.Members), faulty: pbft.Faulty(len(set.Members))}
	for _, v := range set.Members {
		p := old.peer(v.ID, v.Key[:])
		if p == nil {
			p = e.newPeer(ReplicaCard{ID: uint32(v.ID), Address: v.Address, Key: v.Key[:]})
		}
		if p != nil {
			next.peers = append(next.peers, p)
		}
	}
	if len(next.peers) == 0 { // the only replica is the own one
		return
	}
	e.roster.Store(next)
	for _, p := range old.peers {
		if next.peer(p.id, p.card.Key) == nil {
			p.close()
		}
	}
}

// close ends the connection for good.
func (p *peer) close() {
	p.stop()
	p.mu.Lock()
	remote := p.remote
	p.remote, p.failed = nil, replica.ErrClosed
	p.mu.Unlock()
	if remote != nil {
		_ = remote.Close() // a lost connection is closed already
	}
}
