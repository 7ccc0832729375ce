package pbft

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// Messages for later views are kept before their signature is verified. One
// faulty replica must not make the others keep more than a few batches; before,
// it was 64 of 64 MiB.
func TestAttackBytesKeptForLaterViews(t *testing.T) {
	f := newFixture(t, 4)
	f.genesis.RequestLimit, f.genesis.BatchBytes = 1000, 4000
	n := f.node(t, 1)
	batch := func(requests, bytes int) *Batch {
		b := &Batch{}
		for i := range requests {
			b.Requests = append(b.Requests, Request{Number: uint64(i + 1), Operation: make([]byte, bytes)})
		}
		return b
	}
	propose := func(from ReplicaID, seq uint64, b *Batch) error {
		return n.Step(from, &PrePrepare{Proposal: Proposal{View: 1, Seq: seq}, Batch: b})
	}
	// 3 x (1000 + 108) bytes fit into a batch, 4 do not, and neither does one
	// of 16 MiB.
	require.ErrorIs(t, propose(3, 1, batch(3, 1000)), RefusedEarly)
	require.ErrorIs(t, propose(3, 1, batch(4, 1000)), RefusedBatch)
	require.ErrorIs(t, propose(3, 1, batch(1, 16<<20)), RefusedBatch)
	refused := 0
	for i := range uint64(2 * maxFuture) {
		err := propose(3, 1+i%8, batch(3, 1000))
		if err == RefusedLimit {
			refused++
			continue
		}
		require.ErrorIs(t, err, RefusedEarly)
	}
	require.Positive(t, refused)
	limit := 2*4000 + maxFuture*voteBytes
	require.LessOrEqual(t, n.State().BufferedBytes, limit)
	require.ErrorIs(t, propose(2, 1, batch(3, 1000)), RefusedEarly, "the others have their own allowance")
	require.LessOrEqual(t, n.State().BufferedBytes, 2*limit)
}

// A primary cannot make the others keep a batch of more than BatchBytes.
func TestAttackBytesOfABatch(t *testing.T) {
	f := newFixture(t, 4)
	n := f.node(t, 1)
	g, err := f.genesis.WithDefaults()
	require.NoError(t, err)
	full := &Batch{}
	for size, i := uint64(0), uint64(1); ; i++ {
		r := NewRequest(f.chain, clientSigner(), i, make([]byte, 60<<10))
		if size += uint64(r.size()); size > g.BatchBytes {
			break
		}
		full.Requests = append(full.Requests, r)
	}
	over := &Batch{Requests: append(append([]Request{}, full.Requests...), NewRequest(f.chain, clientSigner(), uint64(len(full.Requests)+1), make([]byte, 60<<10)))}
	require.ErrorIs(t, n.Step(0, f.prePrepare(0, 1, over)), RefusedBatch)
	require.NoError(t, n.Step(0, f.prePrepare(0, 1, full)))
}

// A genesis whose batches cannot hold its largest request is refused.
func TestGenesisBatchHoldsEachRequest(t *testing.T) {
	f := newFixture(t, 4)
	f.genesis.RequestLimit = 16 << 20
	g, err := f.genesis.WithDefaults()
	require.NoError(t, err)
	require.EqualValues(t, 16<<20+RequestOverhead, g.BatchBytes)
	f.genesis.BatchBytes = 16 << 20
	_, err = f.genesis.WithDefaults()
	require.ErrorContains(t, err, "BatchBytes is 16777216, want from RequestLimit + 108 = 16777324")
	// A batch of 64 MiB would not fit into a frame of 64 MiB, and every
	// connection would end with it.
	f.genesis.BatchBytes = 32<<20 + 1
	_, err = f.genesis.WithDefaults()
	require.ErrorContains(t, err, "to 33554432")
	f.genesis.BatchBytes--
	_, err = f.genesis.WithDefaults()
	require.NoError(t, err)
}

// An unsigned VIEW-CHANGE is answered with nothing, and a signed one only to
// its sender, once per tick. Before, one faulty replica had every correct one
// send 8 NEW-VIEWs per tick to a victim, whose own requests were then refused.
func TestAttackNewViewIsNotReflected(t *testing.T) {
	f := newFixture(t, 4)
	n := f.node(t, 0)
	p := f.prepared(0, 1, f.batch(1).Digest())
	require.NoError(t, n.Step(1, f.newView(1, f.viewChange(1, 1, ExecutionCertificate{}, p), f.viewChange(2, 1, ExecutionCertificate{}), f.viewChange(3, 1, ExecutionCertificate{}))))
	drain(n)
	// sent returns the NEW-VIEWs per receiver after messages of a replica.
	sent := func(from ReplicaID, messages ...Message) map[ReplicaID]int {
		n.Tick(1)
		for _, m := range messages {
			if err := n.Step(from, m); m.Kind() == KindViewChange {
				require.ErrorIs(t, err, RefusedView)
			}
		}
		to := map[ReplicaID]int{}
		for n.HasReady() {
			for _, e := range n.Ready().Messages {
				if _, ok := e.Message.(*NewView); ok {
					for _, id := range e.To {
						to[id]++
					}
				}
			}
			n.Advance()
		}
		return to
	}
	unsigned := &ViewChange{View: 1, Replica: 2}
	signed := f.viewChange(2, 1, ExecutionCertificate{})
	require.Empty(t, sent(3, unsigned, unsigned), "in the name of another replica")
	require.Empty(t, sent(3, signed), "a message of replica 2 that replica 3 repeats")
	require.Empty(t, sent(2, unsigned), "without signature")
	require.Equal(t, map[ReplicaID]int{2: 1}, sent(2, signed, signed, signed))
	require.Equal(t, map[ReplicaID]int{2: 1}, sent(2, signed), "again at the next tick")
	require.Equal(t, map[ReplicaID]int{2: 1}, sent(2, &Status{}, &Status{}, signed), "and once for statuses as well")
	require.NotErrorIs(t, n.Step(2, &Fetch{Blocks: 1}), RefusedLimit, "replica 2 keeps its allowance")
}

// All clocks are a year ahead for one batch, and are then corrected. Before, no
// batch could follow for a year: the primary must not go back, and the others
// accepted no time ahead of their clocks.
func TestFaultClockThatWasAhead(t *testing.T) {
	const year = 365 * 24 * 3600 * 1000
	c := newCluster(t, 4, 4)
	at := func(now int64, times int) {
		for range times {
			for _, n := range c.nodes {
				n.Tick(now)
			}
			c.settle()
		}
	}
	at(1000+year, 1)
	c.order(t, "with clocks ahead")
	require.EqualValues(t, 1, c.nodes[1].State().Executed)
	for i := range uint64(3) {
		c.next++
		for _, n := range c.nodes {
			require.NoError(t, n.Propose(c.request(c.next, "with right clocks")))
		}
		at(int64(2000+1000*i), 20)
		require.EqualValues(t, 2+i, c.nodes[1].State().Executed)
	}
	require.Zero(t, c.nodes[1].State().View, "no primary was suspected")
	require.EqualValues(t, int64(1000+year), c.nodes[1].last.Time, "time never goes back")
	c.next++
	for _, n := range c.nodes {
		require.NoError(t, n.Propose(c.request(c.next, "later")))
	}
	at(2000+year, 20)
	require.EqualValues(t, int64(2000+year), c.nodes[1].last.Time, "and goes on with the clocks")

	// A primary still cannot move the time beyond the clocks.
	b := &Batch{Time: 2000 + year + 10_001, Requests: []Request{c.request(c.next+1, "far ahead")}}
	require.ErrorIs(t, c.nodes[1].checkBatch(c.nodes[1].executed+1, b), RefusedTime)
}

// Two clients fill the pool. A third is not shut out: each takes at most its
// share. Before, its requests were refused until the others were executed.
func TestAttackPoolTakenByFewClients(t *testing.T) {
	f := newFixture(t, 4)
	n, err := NewNode(Config{ID: 1, Genesis: f.genesis, Signer: f.signers[1], Application: empty{}, Options: Options{PoolSize: 256}})
	require.NoError(t, err)
	client := func(k byte) Signer { return NewSigner([32]byte{k, 'm'}) }
	send := func(k byte, number uint64) error {
		return n.Propose(NewRequest(f.chain, client(k), number, []byte("x")))
	}
	for k := range byte(2) {
		for i := range uint64(128) {
			require.NoError(t, send(k, i+1))
		}
	}
	for i := range uint64(85) {
		require.NoError(t, send(2, i+1), "request %d", i+1)
	}
	require.ErrorIs(t, send(2, 86), RefusedPoolFull, "a third of the pool each")
	require.Equal(t, 256, n.pool.len())
	require.Len(t, n.pool.clients, 3)
	for k := range byte(3) {
		require.InDelta(t, 85, n.pool.clients[client(k).Public()].waiting, 1)
	}
	// The oldest requests of each client stay, because a client's numbers are
	// executed in order.
	for k := range byte(3) {
		require.NotNil(t, n.pool.entries[requestKey{client(k).Public(), 1}])
	}
	require.ErrorIs(t, send(0, 1), RefusedDuplicate)
}

// A pool holds at most 4 KiB per place. Before, its limit counted requests
// only: 16 384 requests of 64 KiB took 1 GiB on each replica.
func TestAttackBytesOfThePool(t *testing.T) {
	f := newFixture(t, 4)
	n, err := NewNode(Config{ID: 1, Genesis: f.genesis, Signer: f.signers[1], Application: empty{}, Options: Options{PoolSize: 64}})
	require.NoError(t, err)
	client := func(k byte) Signer { return NewSigner([32]byte{k, 'm'}) }
	send := func(k byte, number uint64, size int) error {
		return n.Propose(NewRequest(f.chain, client(k), number, make([]byte, size)))
	}
	for i := range uint64(4) {
		require.NoError(t, send(0, i+1, 60<<10)) // 16 places each
	}
	require.ErrorIs(t, send(0, 5, 1), RefusedPoolFull)
	require.NoError(t, send(1, 1, 30<<10), "8 places, for which the newest of client 0 gives way")
	require.Equal(t, 4, n.pool.len())
	require.Equal(t, 56, n.pool.places)
	require.NotNil(t, n.pool.entries[requestKey{client(0).Public(), 3}])
	require.Nil(t, n.pool.entries[requestKey{client(0).Public(), 4}])
	require.NoError(t, send(0, 4, 1))

	// A request above the limit of a small pool still gets in.
	small, err := NewNode(Config{ID: 1, Genesis: f.genesis, Signer: f.signers[1], Application: empty{}, Options: Options{PoolSize: 2}})
	require.NoError(t, err)
	require.NoError(t, small.Propose(NewRequest(f.chain, client(0), 1, make([]byte, 60<<10))))
}

// A client whose requests are all proposed does not shield the others, of which
// the one with most gives way. Before, the new client was refused.
func TestAttackProposedRequestsShieldNoOthers(t *testing.T) {
	var p pool
	p.init()
	add := func(k byte, number uint64) bool {
		return p.add(Request{Client: PublicKey{k}, Number: number}, 0, 10)
	}
	for i := range uint64(6) {
		require.True(t, add(1, i))
	}
	for i := range uint64(4) {
		require.True(t, add(2, i))
	}
	for i := range uint64(6) {
		p.markProposed(requestKey{PublicKey{1}, i})
	}
	require.True(t, add(3, 0))
	require.Nil(t, p.entries[requestKey{PublicKey{2}, 3}])

	// After a view change, the requests of the first client wait again.
	p.renew()
	require.True(t, add(3, 1))
	require.Nil(t, p.entries[requestKey{PublicKey{1}, 5}])
	require.Equal(t, 10, p.len())
}

// The counts of a pool are those of a new count after any sequence of calls.
func TestFaultPoolCountsStayRight(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var p pool
	p.init()
	for range 5000 {
		k := requestKey{PublicKey{byte(random.IntN(9))}, uint64(random.IntN(20))}
		switch random.IntN(8) {
		case 0:
			p.remove(k)
		case 1:
			p.take(random.IntN(4), 9000)
		case 2:
			if random.IntN(20) == 0 {
				p.renew()
			}
		default:
			p.add(Request{Client: k.client, Number: k.number, Operation: make([]byte, random.IntN(3*placeBytes))}, 0, 64)
		}
		places, waiting, bytes, per := 0, 0, 0, map[PublicKey]int{}
		for k, e := range p.entries {
			places += e.places
			per[k.client] += 0
			if !e.proposed {
				waiting, bytes, per[k.client] = waiting+1, bytes+e.request.size(), per[k.client]+e.places
			}
		}
		require.Equal(t, []int{places, waiting, bytes, len(per)}, []int{p.places, p.waiting, p.bytes, len(p.clients)})
		require.LessOrEqual(t, places, 64)
		most, shares := 0, make([]int, len(p.shares))
		for c, n := range per {
			most = max(most, n)
			shares[n]++
			require.Equal(t, n, p.clients[c].waiting)
		}
		require.Equal(t, most, p.most)
		require.Equal(t, shares, p.shares)
	}
}
