//go:build !js

package node_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/client"
	"github.com/trigrid/trigrid/ledger/contracts"
	"github.com/trigrid/trigrid/ledger/node"
	"github.com/trigrid/trigrid/ledger/node/disk"
	"github.com/trigrid/trigrid/pbft"
)

// beat sends n transactions one after the other.
func beat(t *testing.T, c *client.Client, n int) (last ledger.Receipt) {
	t.Helper()
	for range n {
		var err error
		last, err = c.Send(t.Context(), &ledger.Heartbeat{})
		require.NoError(t, err)
	}
	return last
}

// even waits until all nodes have the same complete chain with all certificates
// up to a height.
func even(t *testing.T, height uint64, nodes ...*node.Node) {
	t.Helper()
	require.Eventually(t, func() bool {
		for _, n := range nodes {
			if s := n.Status(); s.Complete < height || s.Proven < height {
				return false
			}
		}
		return true
	}, patience, 10*time.Millisecond, "height %d", height)
}

// A restarted node continues from the last checkpoint of its log: it executes
// the batches after it only, and has the blocks before it in its store.
func TestRestartContinuesFromTheCheckpoint(t *testing.T) {
	c := found(t, 4, [2]string{"grid", "grid"})
	c.genesis.Protocol.Checkpoint = 8
	folder := t.TempDir()
	data, err := disk.Create(folder)
	require.NoError(t, err)
	cfg := c.config(3)
	cfg.Log, cfg.Store = data.Log, data.Store
	last, err := node.Start(cfg)
	require.NoError(t, err)
	var nodes []*node.Node
	for i := range 3 {
		nodes = append(nodes, start(t, c.config(i)))
	}
	e := c.dial(t, "grid")
	grid := c.client(t, e, "grid")
	r := beat(t, grid, 30)
	even(t, r.Height, append(nodes, last)...)
	require.NoError(t, last.Close())
	require.NoError(t, data.Close())

	data, err = disk.OpenFolder(folder)
	require.NoError(t, err)
	defer data.Close()
	count := &counted{Store: data.Store}
	cfg.Log, cfg.Store = data.Log, count
	last, err = node.Start(cfg)
	require.NoError(t, err)
	defer last.Close()
	s := last.Status()
	require.GreaterOrEqual(t, s.Stable, uint64(8), "there was no checkpoint")
	require.Less(t, s.Transactions, uint64(8+1), "the chain is executed from the genesis")
	require.Equal(t, r.Height, s.Complete)
	// It takes part again, and its blocks are those of the others.
	r = beat(t, grid, 5)
	even(t, r.Height, append(nodes, last)...)
	var own []ledger.CommittedBlock
	for b, err := range node.Blocks(data.Store, 1) {
		require.NoError(t, err)
		own = append(own, b)
	}
	for i := range own {
		b, err := e.Block(t.Context(), uint64(i+1))
		require.NoError(t, err)
		require.Equal(t, b.Header, own[i].Header)
	}
}

// counted is a store that can fail.
type counted struct {
	node.Store
	mu   sync.Mutex
	fail error
}

func (s *counted) Write(entries []node.Entry) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail != nil {
		return s.fail
	}
	return s.Store.Write(entries)
}

// A node whose store fails stops with the error, and the others work on.
func TestNodeStopsIfItsStoreFails(t *testing.T) {
	c := found(t, 4, [2]string{"grid", "grid"})
	store := &counted{Store: &node.MemoryStore{}}
	cfg := c.config(1)
	cfg.Store = store
	broken := start(t, cfg)
	for _, i := range []int{0, 2, 3} {
		start(t, c.config(i))
	}
	grid := c.client(t, c.dial(t, "grid"), "grid")
	beat(t, grid, 3)
	full := errors.New("no space")
	store.mu.Lock()
	store.fail = full
	store.mu.Unlock()
	beat(t, grid, 3)
	select {
	case <-broken.Done():
	case <-time.After(patience):
		t.Fatal("the node runs on without its store")
	}
	require.ErrorIs(t, broken.Close(), full)
	beat(t, grid, 3)
}

// A crash between two writes leaves a store that the next start repairs by the
// log: every prefix of the writes of a run is a possible store, as long as it
// has the state of the log's checkpoint.
func TestStoreBehindItsLogIsRepaired(t *testing.T) {
	c := found(t, 1, [2]string{"grid", "grid"})
	c.genesis.Protocol.Checkpoint = 8
	log := &pbft.MemoryStorage{}
	store := &journal{Store: &node.MemoryStore{}, log: log}
	cfg := c.config(0)
	cfg.Log, cfg.Store = store, store
	n := start(t, cfg)
	e := c.dial(t, "grid")
	r := beat(t, c.client(t, e, "grid"), 20)
	require.NoError(t, e.Close())
	require.NoError(t, n.Close())
	var want []ledger.Header
	for b, err := range node.Blocks(store, 1) {
		require.NoError(t, err)
		want = append(want, b.Header)
	}
	require.Len(t, want, int(r.Height))
	crashes := 0
	for i := range store.steps {
		if i%3 > 0 && i < len(store.steps)-6 { // each third one, and the last ones
			continue
		}
		log, old := store.at(i)
		cfg.Log, cfg.Store, cfg.Listen = log, old, "127.0.0.1:0"
		again, err := node.Start(cfg)
		require.NoError(t, err, "after step %d of %d", i, len(store.steps))
		require.NoError(t, again.Close())
		height := 0
		for b, err := range node.Blocks(old, 1) {
			require.NoError(t, err)
			require.Equal(t, want[height], b.Header)
			height++
		}
		require.Equal(t, uint64(height), again.Status().Head, "after step %d a block is missing", i)
		crashes++
	}
	require.Greater(t, crashes, 10)
}

// journal notes the order of all writes of a log and a store.
type journal struct {
	node.Store
	log   *pbft.MemoryStorage
	mu    sync.Mutex
	steps []step
}

// step is one write of the store, or one of the log.
type step struct {
	entries []node.Entry
	records []pbft.Record
}

func (j *journal) Write(entries []node.Entry) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.steps = append(j.steps, step{entries: slices.Clone(entries)})
	return j.Store.Write(entries)
}

func (j *journal) Load() ([]pbft.Record, error) { return j.log.Load() }

func (j *journal) Append(records []pbft.Record) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.steps = append(j.steps, step{records: slices.Clone(records)})
	return j.log.Append(records)
}

// at returns log and store as they were after the first n writes.
func (j *journal) at(n int) (*pbft.MemoryStorage, *node.MemoryStore) {
	log, store := &pbft.MemoryStorage{}, &node.MemoryStore{}
	for _, s := range j.steps[:n] {
		if s.entries != nil {
			_ = store.Write(s.entries) // does not fail
			continue
		}
		_ = log.Append(s.records) // does not fail
	}
	return log, store
}

// A replica that the genesis does not have joins through a transaction, fetches
// the chain, and takes the place of one that then stops.
func TestReplicaJoinsThroughATransaction(t *testing.T) {
	c := found(t, 4, [2]string{"grid", "grid"}, [2]string{"w1", "der"}, [2]string{"v1", "vpp"})
	c.genesis.Protocol.Checkpoint = 4
	var nodes []*node.Node
	for i := range 4 {
		nodes = append(nodes, start(t, c.config(i)))
	}
	e := c.dial(t, "grid")
	grid := c.client(t, e, "grid")
	beat(t, grid, 6)
	payments := settleFirst(t, grid)
	key, err := node.NewReplicaKey("epsilon", addresses(t, 1)[0])
	require.NoError(t, err)
	a, err := node.Apply(&c.genesis, &key, 4, 1)
	require.NoError(t, err)
	authority := c.client(t, e, "authority")
	_, err = node.Change(t.Context(), authority, nil, []node.Application{a})
	require.NoError(t, err)
	cfg := node.Config{Genesis: c.genesis, Signer: key.Signer(), Join: &a.ReplicaCard, Tick: 2 * time.Millisecond}
	joined := start(t, cfg)
	r := beat(t, grid, 20)
	even(t, r.Height, append(nodes, joined)...)
	require.Eventually(t, func() bool { beat(t, grid, 1); return joined.Status().Epoch == 1 }, patience, 10*time.Millisecond)
	// Five replicas tolerate one fault. Without the new one, three would be too
	// few for a quorum of four.
	require.NoError(t, nodes[0].Close())
	r = beat(t, grid, 5)
	even(t, r.Height, append(nodes[1:], joined)...)
	// Certificates of the new epoch verify from the genesis.
	h, err := e.Certified(t.Context(), r.Height)
	require.NoError(t, err)
	trust, err := ledger.TrustPBFT(c.genesis.PBFT())
	require.NoError(t, err)
	_, err = ledger.PBFTVerifier{}.Verify(trust, h)
	require.NoError(t, err)
	// The block of the settlement has a certificate of the former set only.
	proof, err := c.client(t, c.dial(t, "w1"), "w1").ProvePayment(t.Context(), 1)
	require.NoError(t, err)
	require.NoError(t, proof.Verify(ledger.PBFTVerifier{}, trust))
	require.Equal(t, ledger.Money(250), proof.Line.Amount)
	audited, err := c.client(t, e, "authority").AuditSettlement(t.Context(), 1, []string{"v1", "w1"})
	require.NoError(t, err)
	require.ElementsMatch(t, payments, audited)
}

// ids returns the ids of the replicas that an engine calls and that answer.
func ids(t *testing.T, e *node.Engine) []uint32 {
	t.Helper()
	var out []uint32
	for _, n := range e.Nodes(t.Context()) {
		if n.Err == nil {
			out = append(out, n.ID)
		}
	}
	return out
}

// An engine follows changes of the replicas: a connected one, one that starts
// from the genesis, and one that knows a replica of later because too few of
// the genesis are left.
func TestEngineFollowsTheReplicas(t *testing.T) {
	c := found(t, 4, [2]string{"grid", "grid"})
	c.genesis.Protocol.Checkpoint = 4
	var nodes []*node.Node
	for i := range 4 {
		nodes = append(nodes, start(t, c.config(i)))
	}
	e := c.dial(t, "grid")
	grid, authority := c.client(t, e, "grid"), c.client(t, e, "authority")
	beat(t, grid, 2)
	key, err := node.NewReplicaKey("epsilon", addresses(t, 1)[0])
	require.NoError(t, err)
	a, err := node.Apply(&c.genesis, &key, 4, 1)
	require.NoError(t, err)
	_, err = node.Change(t.Context(), authority, nil, []node.Application{a})
	require.NoError(t, err)
	joined := start(t, node.Config{Genesis: c.genesis, Signer: key.Signer(), Join: &a.ReplicaCard, Tick: 2 * time.Millisecond})
	require.Eventually(t, func() bool { beat(t, grid, 1); return joined.Status().Epoch == 1 }, patience, 10*time.Millisecond)
	require.Eventually(t, func() bool { beat(t, grid, 1); return len(ids(t, e)) == 5 }, patience, 10*time.Millisecond)
	require.Equal(t, 5, e.Status().Replicas)

	beat(t, grid, 20) // so that the former set is not in force any more
	_, err = node.Change(t.Context(), authority, []uint32{0}, nil)
	require.NoError(t, err)
	require.Eventually(t, func() bool { beat(t, grid, 1); return joined.Status().Epoch == 2 }, patience, 10*time.Millisecond)
	want := []uint32{1, 2, 3, 4}
	// A header is certified by the set of its epoch, which new blocks bring.
	require.Eventually(t, func() bool { beat(t, grid, 1); return slices.Equal(want, ids(t, e)) }, patience, 10*time.Millisecond)
	require.Equal(t, 1, e.Status().Faulty)
	require.NoError(t, nodes[0].Close())
	require.NoError(t, nodes[1].Close())
	beat(t, grid, 2)

	fresh := c.dial(t, "grid") // two of the genesis are left
	require.Eventually(t, func() bool { return slices.Equal(want[1:], ids(t, fresh)) }, patience, 10*time.Millisecond)
	beat(t, c.client(t, fresh, "grid"), 2)

	require.NoError(t, nodes[2].Close())
	ctx, cancel := contextFor(t, 2*time.Second)
	defer cancel()
	party := c.parties["grid"]
	cfg := node.DialConfig{Genesis: c.genesis, Signer: party.Signer()}
	_, err = node.Dial(ctx, cfg)
	require.ErrorContains(t, err, "1 of 4 nodes are connected, want 2")
	cfg.Known = []node.ReplicaCard{a.ReplicaCard}
	long, stop := contextFor(t, patience)
	defer stop()
	late, err := node.Dial(long, cfg)
	require.NoError(t, err)
	defer late.Close()
	require.Eventually(t, func() bool { return slices.Equal(want[2:], ids(t, late)) }, patience, 10*time.Millisecond)
	require.Equal(t, 4, late.Status().Replicas)
}

// A replica cannot apply under the id or with the key of one of the genesis.
func TestApplicationsNeedANewID(t *testing.T) {
	c := found(t, 4)
	key, err := node.NewReplicaKey("epsilon", "127.0.0.1:7004")
	require.NoError(t, err)
	_, err = node.Apply(&c.genesis, &key, 2, 1)
	require.ErrorContains(t, err, `id 2 is that of replica "machine-2" of the genesis; ids are not used again, want 4 or a higher one`)
	_, err = node.Apply(&c.genesis, &c.replicas[1], 1, 1)
	require.ErrorContains(t, err, "id 1 is that of replica")
	require.ErrorContains(t, err, `the key is that of replica 1, "machine-1"`)
	_, err = node.Apply(&c.genesis, &key, 4, 1)
	require.NoError(t, err)
}

// settleFirst opens period 1 and settles it between w1 and v1.
func settleFirst(t *testing.T, grid *client.Client) []client.Payment {
	t.Helper()
	_, err := grid.Send(t.Context(), &contracts.PublishWeights{Weights: contracts.Weights{
		Period: 1, Version: 1, Economic: 1_000_000, Effective: 50, Deadline: 60,
	}})
	require.NoError(t, err)
	payments := []client.Payment{{Party: "w1", Amount: 250}, {Party: "v1", Amount: -250}}
	require.NoError(t, grid.Settle(t.Context(), nil, 1, payments, []string{"authority"}))
	return payments
}

// A replica that was down for more than a window restores the state of the
// others and fetches the blocks that it has missed.
func TestReplicaFetchesMissedBlocks(t *testing.T) {
	for _, missing := range []int{0, 3} { // the first and the last one of the genesis
		t.Run(fmt.Sprint(missing), func(t *testing.T) {
			c := found(t, 4, [2]string{"grid", "grid"})
			c.genesis.Protocol.Checkpoint = 4
			var nodes []*node.Node
			for i := range 4 {
				if i != missing {
					nodes = append(nodes, start(t, c.config(i)))
				}
			}
			grid := c.client(t, c.dial(t, "grid"), "grid")
			beat(t, grid, 30)
			late := start(t, c.config(missing))
			r := beat(t, grid, 2)
			even(t, r.Height, append(nodes, late)...)
			require.Positive(t, late.Status().Fetched)
		})
	}
}

// A key that no participant and no replica has is refused in the handshake.
func TestStrangersDoNotConnect(t *testing.T) {
	c := found(t, 1, [2]string{"grid", "grid"})
	start(t, c.config(0))
	c.dial(t, "grid")
	ctx, cancel := contextFor(t, 3*time.Second)
	defer cancel()
	_, err := node.Dial(ctx, node.DialConfig{Genesis: c.genesis, Signer: pbft.NewSigner([32]byte{9})})
	require.ErrorContains(t, err, "0 of 1 nodes are connected")
}

// The log and the store of a folder belong to one process.
func TestFolderIsOpenedOnce(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "alpha")
	_, err := disk.OpenFolder(folder)
	require.Error(t, err, "there is nothing to open")
	data, err := disk.Create(folder)
	require.NoError(t, err)
	_, err = disk.OpenFolder(folder)
	require.ErrorContains(t, err, "locked")
	_, err = disk.Create(folder)
	require.ErrorIs(t, err, disk.ErrNew)
	require.NoError(t, data.Close())
	data, err = disk.OpenFolder(folder)
	require.NoError(t, err)
	require.NoError(t, data.Close())
}

// A settlement on nodes pays the parties, and its proof verifies with the
// genesis alone.
func TestSettlementOnNodes(t *testing.T) {
	c := found(t, 4, [2]string{"grid", "grid"}, [2]string{"w1", "der"}, [2]string{"v1", "vpp"})
	for i := range 4 {
		start(t, c.config(i))
	}
	e := c.dial(t, "grid")
	grid := c.client(t, e, "grid")
	payments := settleFirst(t, grid)
	proof, err := c.client(t, c.dial(t, "w1"), "w1").ProvePayment(t.Context(), 1)
	require.NoError(t, err)
	trust, err := ledger.TrustPBFT(c.genesis.PBFT())
	require.NoError(t, err)
	require.NoError(t, proof.Verify(ledger.PBFTVerifier{}, trust))
	require.Equal(t, ledger.Money(250), proof.Line.Amount)
	audited, err := c.client(t, e, "authority").AuditSettlement(t.Context(), 1, []string{"v1", "w1"})
	require.NoError(t, err)
	require.ElementsMatch(t, payments, audited)
	err = grid.Settle(t.Context(), nil, 1, payments, []string{"w1"})
	require.ErrorContains(t, err, "is of role der, want regulator")
}

// A replica that has lost its log and its store observes, fetches state and
// blocks, and votes again when it cannot contradict its former votes.
func TestLostLogIsReplaced(t *testing.T) {
	c := found(t, 4, [2]string{"grid", "grid"})
	c.genesis.Protocol.Checkpoint = 4
	var nodes []*node.Node
	for i := range 4 {
		nodes = append(nodes, start(t, c.config(i)))
	}
	grid := c.client(t, c.dial(t, "grid"), "grid")
	beat(t, grid, 10)
	require.NoError(t, nodes[3].Close())
	beat(t, grid, 2)
	cfg := c.config(3)
	cfg.LostLog = true
	nodes[3] = start(t, cfg)
	r := beat(t, grid, 10)
	even(t, r.Height, nodes...)
	require.Eventually(t, func() bool { s := nodes[3].Status(); return s.Healthy() }, patience, 10*time.Millisecond)
	// Its vote is needed after another replica has stopped.
	require.NoError(t, nodes[0].Close())
	r = beat(t, grid, 3)
	even(t, r.Height, nodes[1:]...)
}

// A store of another chain, such as after a mix-up of folders or of the
// genesis, stops the start.
func TestStoreOfAnotherChainIsRefused(t *testing.T) {
	one, other := found(t, 1), found(t, 1)
	store := &node.MemoryStore{}
	cfg := one.config(0)
	cfg.Store = store
	n, err := node.Start(cfg)
	require.NoError(t, err)
	require.NoError(t, n.Close())
	wrong := other.config(0)
	wrong.Store = store
	_, err = node.Start(wrong)
	require.ErrorContains(t, err, "the store has chain")
	again := one.config(0)
	again.Store = store
	n, err = node.Start(again)
	require.NoError(t, err)
	require.NoError(t, n.Close())
}
