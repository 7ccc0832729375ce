package pbft

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/codec"
)

// executed lets a node execute one batch of one request per client, each with
// number 1.
func executed(n *Node, chain Digest, seq uint64, clients ...Signer) Block {
	b := &Batch{}
	for _, c := range clients {
		b.Requests = append(b.Requests, NewRequest(chain, c, 1, []byte("x")))
	}
	s := n.slot(seq)
	s.order = &OrderCertificate{Seq: seq, Digest: b.Digest()}
	n.executeBatch(s, b)
	blocks := n.ready.Blocks
	return blocks[len(blocks)-1]
}

// New keys cannot grow the client table beyond the limit of the genesis.
// Before, each key added an entry to the state of every replica for good.
func TestAttackClientTableHasALimit(t *testing.T) {
	f := newFixture(t, 4)
	f.genesis.Clients = 3
	chain, err := f.genesis.Chain()
	require.NoError(t, err)
	n := f.node(t, 1)
	key := func(k byte) Signer { return NewSigner([32]byte{k, 't'}) }
	require.Len(t, executed(n, chain, 1, key(0), key(1)).Executed, 2)
	b := executed(n, chain, 2, key(2), key(3), key(2))
	require.Len(t, b.Executed, 1, "one place is left")
	require.Equal(t, key(2).Public(), b.Executed[0].Client)
	require.Equal(t, 3, n.State().Clients)
	require.ErrorIs(t, n.Propose(NewRequest(chain, key(4), 1, nil)), RefusedLimit)
	require.NoError(t, n.Propose(NewRequest(chain, key(0), 2, nil)), "a client in the table goes on")
}

// The results of a client take at most the bytes of the genesis. Before, a
// client could have every replica keep 256 results, 1 MiB with the default
// limits.
func TestAttackResultsOfAClientHaveALimit(t *testing.T) {
	g := Genesis{Window: 8, ClientWindow: 8, ResultLimit: 100, Clients: 10, ClientResults: 250}
	table := newClientTable(g)
	c := clientSigner().Public()
	record := func(number uint64, size int) {
		table.record(requestKey{c, number}, kept{Digest{byte(number)}, make([]byte, size)})
	}
	keeps := func(numbers ...uint64) {
		var got []uint64
		for i := range uint64(30) {
			if _, ok := table.result(requestKey{c, i}); ok {
				got = append(got, i)
			}
		}
		require.Equal(t, numbers, got)
	}
	record(1, 100)
	record(2, 100)
	keeps(1, 2)
	record(4, 100)
	keeps(2, 4)
	record(6, 90)
	keeps(4, 6)
	record(3, 100) // its result is gone at once, its number stays executed
	keeps(4, 6)
	require.False(t, table.fresh(requestKey{c, 3}))
	require.EqualValues(t, 4, table.floor(c))
	record(5, 50)
	keeps(4, 5, 6)
	for i := uint64(7); i < 20; i++ {
		record(i, 0)
	}
	keeps(12, 13, 14, 15, 16, 17, 18, 19)
	require.Zero(t, table.entries[c].bytes)
}

// The bytes of a table are those of a new count, and they survive a checkpoint.
func TestFaultBytesOfResultsStayRight(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	g := Genesis{ClientWindow: 8, ResultLimit: 100, Clients: 10, ClientResults: 250}
	table := newClientTable(g)
	for range 2000 {
		k := requestKey{PublicKey{byte(random.IntN(3))}, 0}
		for k.number = table.floor(k.client) + 1 + random.Uint64N(8); !table.fresh(k); k.number++ {
		}
		if !table.inWindow(k) {
			continue
		}
		table.record(k, kept{result: make([]byte, random.IntN(101))})
		for _, e := range table.entries {
			sum := uint64(0)
			for _, r := range e.results {
				sum += uint64(len(r.result))
			}
			require.Equal(t, sum, e.bytes)
			require.LessOrEqual(t, sum, uint64(250))
		}
	}
	again := newClientTable(g)
	require.NoError(t, codec.Decode(codec.Encode(table.code), again.code))
	require.Equal(t, len(table.entries), len(again.entries))
	for c, e := range table.entries {
		require.Equal(t, e.bytes, again.entries[c].bytes)
		require.Equal(t, e.dropped, again.entries[c].dropped)
	}
	require.True(t, bytes.Equal(codec.Encode(table.code), codec.Encode(again.code)))
}

// On a chain without a Checker, many new keys with one request each fill the
// pool. Clients that had requests executed before still get at least half of
// it. Before, they were refused.
func TestAttackPoolTakenByManyStrangers(t *testing.T) {
	f := newFixture(t, 4)
	n, err := NewNode(Config{ID: 1, Genesis: f.genesis, Signer: f.signers[1], Application: empty{}, Options: Options{PoolSize: 64}})
	require.NoError(t, err)
	known := NewSigner([32]byte{'k'})
	executed(n, f.chain, 1, known)
	n.ready = Ready{}
	for i := range byte(64) {
		require.NoError(t, n.Propose(NewRequest(f.chain, NewSigner([32]byte{i, 'm'}), 1, nil)))
	}
	require.ErrorIs(t, n.Propose(NewRequest(f.chain, NewSigner([32]byte{64, 'm'}), 1, nil)), RefusedPoolFull)
	for i := range uint64(32) {
		require.NoError(t, n.Propose(NewRequest(f.chain, known, i+2, nil)), "request %d", i)
	}
	require.ErrorIs(t, n.Propose(NewRequest(f.chain, known, 34, nil)), RefusedPoolFull, "strangers keep the other half")
	require.Equal(t, 64, n.pool.len())
	require.Equal(t, 32, n.pool.strange)
	// The oldest strangers stay.
	require.NotNil(t, n.pool.entries[requestKey{NewSigner([32]byte{0, 'm'}).Public(), 1}])
	require.Nil(t, n.pool.entries[requestKey{NewSigner([32]byte{63, 'm'}).Public(), 1}])
	n.pool.prune(func(k requestKey) bool { return k.client == known.Public() })
	require.Zero(t, n.pool.strange)
	require.False(t, slices.ContainsFunc(n.pool.queue, func(e *pooled) bool { return e.client.stranger && !e.gone }))
}

// A chain of more than 4096 epochs can be stored, restored and transferred.
// Before, a record with 4097 changes of members did not decode, so that the
// replica could not start, and no newcomer could fetch the state. The proofs do
// not fit into one message, so they come in parts.
func TestFaultManyEpochs(t *testing.T) {
	c := newCluster(t, 4, 4)
	for range 5 {
		c.order(t, "x")
	}
	server, fresh := c.nodes[1], c.node(t, 3)
	members := server.members
	for i := range uint64(4200) {
		next := members
		next.Epoch++
		h := Header{Chain: c.chain, Epoch: i, Seq: 4, Members: members.Digest(), NextMembers: next.Digest()}
		server.epochs = append(server.epochs, EpochProof{c.certify(h), next})
		members = next
	}
	last := server.checkpoints[4].certificate.Header
	last.Epoch, last.Members, last.NextMembers = members.Epoch, members.Digest(), members.Digest()
	state := replicatedState{members: members, clients: server.clients, app: server.app.Snapshot()}
	last.StateRoot, last.SnapshotRoot = server.app.Root(), state.checkpoint(server.genesis.Chunk).root()
	fresh.app = &blob{}
	cp := state.checkpoint(server.genesis.Chunk)
	cp.certificate = c.certify(last)
	server.members, server.checkpoints[4] = members, cp

	fetches, messages := []*Fetch{{Epoch: 0, Blocks: 1}}, 0
	for len(fetches) > 0 {
		for _, f := range fetches {
			require.NoError(t, server.stepFetch(3, f))
		}
		fetches = nil
		for _, e := range takeMessages(server) {
			m, ok := e.(*Snapshot)
			if !ok {
				continue
			}
			messages++
			require.Less(t, len(EncodeMessage(m)), 2*maxAnswer)
			decoded, err := DecodeMessage(EncodeMessage(m))
			require.NoError(t, err)
			require.NoError(t, fresh.Step(1, decoded))
		}
		for _, e := range takeMessages(fresh) {
			if f, ok := e.(*Fetch); ok {
				fetches = append(fetches, f)
			}
		}
	}
	require.Greater(t, messages, 2)
	require.EqualValues(t, 4, fresh.executed)
	require.Equal(t, members, fresh.members)
	require.Len(t, fresh.epochs, 4200)

	// The record of the state starts a replica again.
	b := EncodeRecord(Record{Stable: &StableRecord{Certificate: cp.certificate, Epochs: fresh.epochs, State: cp.state()}})
	r, err := DecodeRecord(b)
	require.NoError(t, err)
	again, err := NewNode(Config{ID: 3, Genesis: c.genesis, Signer: c.signers[3], Application: &blob{}, Records: []Record{r}})
	require.NoError(t, err)
	require.Equal(t, members, again.members)
}

// certify signs a header by a quorum.
func (f *fixture) certify(h Header) ExecutionCertificate {
	c := ExecutionCertificate{Header: h}
	for i := range f.members.Strong() {
		v := f.sign(&Vote{Type: KindExecuted, Epoch: h.Epoch, Seq: h.Seq, Digest: h.Digest()}, ReplicaID(i)).(*Vote)
		c.Executed = append(c.Executed, Endorsement{ReplicaID(i), v.Signature})
	}
	return c
}

// takeMessages takes the messages of the next Ready of a node.
func takeMessages(n *Node) []Message {
	var out []Message
	for _, e := range n.Ready().Messages {
		out = append(out, e.Message)
	}
	n.Advance()
	return out
}
