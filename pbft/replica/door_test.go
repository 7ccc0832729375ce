package replica

import (
	"encoding/binary"
	"fmt"
	"net"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/pbft"
)

// counted is a verifier that counts the signatures of requests it verifies, and
// those that it verifies in the goroutine of run.
type counted struct {
	pbft.Verifier
	members map[pbft.PublicKey]bool
	all     atomic.Int64
	inRun   atomic.Int64
}

func (c *counted) count(key pbft.PublicKey) {
	if c.members[key] {
		return
	}
	c.all.Add(1)
	stack := make([]byte, 16<<10)
	if strings.Contains(string(stack[:runtime.Stack(stack, false)]), "(*Driver).run(") {
		c.inRun.Add(1)
	}
}

func (c *counted) Verify(s pbft.Signed) bool {
	c.count(s.Key)
	return c.Verifier.Verify(s)
}

func (c *counted) VerifyAll(s []pbft.Signed) []bool {
	for i := range s {
		c.count(s[i].Key)
	}
	return c.Verifier.VerifyAll(s)
}

// doorway is a replica with a port for clients. The replica has no peers.
func doorway(t *testing.T) (*fixture, *TLS, *Driver, *counted) {
	f := newFixture(t, 4)
	l := listener(t, f)
	v := &counted{Verifier: f.genesis.Rule.Verifier(), members: map[pbft.PublicKey]bool{}}
	for _, m := range f.genesis.Members {
		v.members[m.Key] = true
	}
	d, err := StartDriver(DriverConfig{
		Node:      pbft.Config{ID: 0, Genesis: f.genesis, Signer: f.signers[0], Application: empty{}, Verifier: v},
		Transport: l,
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, d.Close()) })
	l.ServeClients(d)
	return f, l, d, v
}

// asClient connects as a client.
func asClient(t *testing.T, f *fixture, l *TLS, signer pbft.Signer) (net.Conn, frameWriter) {
	c, err := enter(t, f, l, &identity{signer: signer, name: clientName(f.chain)})
	require.NoError(t, err)
	return c, newFrameWriter(c)
}

// forged is a frame of requests with invalid signatures under a valid key.
func forged(count int) []byte {
	s := pbft.NewSigner([32]byte{'m'})
	public, signature := s.Public(), s.Sign([]byte("something else"))
	f := &pbft.Forward{}
	for i := range count {
		f.Requests = append(f.Requests, pbft.Request{
			Client: public, Number: uint64(i%128) + 1, Operation: []byte(fmt.Sprint(i)), Signature: signature,
		})
	}
	return pbft.EncodeMessage(f)
}

// A frame of invalid requests costs a limited number of verifications, none of
// them in the goroutine that runs the consensus, and ends its connection. The
// next connection with the key has no credit. Before, 2 MB/s of such frames
// stopped the chain: 9500 verifications per frame, and again in that goroutine.
func TestAttackInvalidRequestsEndTheirConnection(t *testing.T) {
	f, l, d, v := doorway(t)
	// Each connection may cost its credit, what returns of it in its time, and
	// one more portion.
	allowed := int64(0)
	for i := range 6 {
		credit := time.Duration(0) // of a key that is known
		if i == 0 {
			credit = doorCredit
		}
		began := time.Now()
		c, w := asClient(t, f, l, admitted())
		_ = w.write(forged(9500), true) // the connection can end before the end of the frame
		closedByOther(t, c)
		allowed += int64((credit+time.Since(began)/doorShare)/(verifyCost+handleCost)) + minPortion + 1
		require.LessOrEqual(t, v.all.Load(), allowed)
	}
	require.Zero(t, v.inRun.Load())
	s, err := d.State()
	require.NoError(t, err)
	require.Zero(t, s.Waiting)
	require.Equal(t, uint64(v.all.Load()), d.Refused()[pbft.RefusedSignature])
}

// Empty frames and repeated requests for the replies to one identity end a
// connection too.
func TestAttackEmptyFramesEndTheirConnection(t *testing.T) {
	for name, frame := range map[string][]byte{"empty": forged(0), "attach": attachFrame(pbft.PublicKey{1})} {
		t.Run(name, func(t *testing.T) {
			f, l, _, _ := doorway(t)
			c, w := asClient(t, f, l, admitted())
			go func() {
				for w.write(frame, true) == nil {
				}
			}()
			closedByOther(t, c)
		})
	}
}

// A request that the node has in its queue is not verified again, also if other
// signatures have pushed it out of the cache. Here the cache has room for four.
func TestAttackConsensusNeverVerifiesJudgedRequests(t *testing.T) {
	f := newFixture(t, 4)
	network := &MemoryNetwork{}
	v := &counted{Verifier: f.genesis.Rule.Verifier(), members: map[pbft.PublicKey]bool{}}
	for _, m := range f.genesis.Members {
		v.members[m.Key] = true
	}
	d, err := StartDriver(DriverConfig{
		Node:      pbft.Config{ID: 1, Genesis: f.genesis, Signer: f.signers[1], Application: empty{}, Verifier: v},
		Transport: network.Join(1),
	})
	require.NoError(t, err)
	defer func() { require.NoError(t, d.Close()) }()
	d.verifier.mu.Lock()
	d.verifier.generation = 2
	d.verifier.mu.Unlock()
	primary := network.Join(0)
	var numbers []uint64
	for i := range uint64(100) {
		require.NoError(t, d.Submit(f.request(i+1, "op")))
		numbers = append(numbers, i+1)
	}
	// The requests of a proposal and of a forward, one of which is invalid.
	primary.Send(1, pbft.EncodeMessage(f.prePrepare(0, 1, f.batch(numbers[:50]...))))
	bad := f.batch(numbers...)
	bad.Requests[99].Signature[5] ^= 1
	primary.Send(1, pbft.EncodeMessage(f.prePrepare(0, 2, bad)))
	primary.Send(1, pbft.EncodeMessage(&pbft.Forward{Requests: bad.Requests}))
	for d.Refused()[pbft.RefusedSignature] < 2 {
		time.Sleep(time.Millisecond)
	}
	for s := (pbft.State{}); s.Waiting < 99; s, err = d.State() {
		require.NoError(t, err)
		time.Sleep(time.Millisecond)
	}
	require.Zero(t, v.inRun.Load())
	require.GreaterOrEqual(t, v.all.Load(), int64(100))
}

// A proposal that its primary has not signed costs one verification, not those
// of its requests.
func TestAttackUnsignedProposalCostsOneVerification(t *testing.T) {
	f := newFixture(t, 4)
	network := &MemoryNetwork{}
	v := &counted{Verifier: f.genesis.Rule.Verifier()}
	d, err := StartDriver(DriverConfig{
		Node:      pbft.Config{ID: 1, Genesis: f.genesis, Signer: f.signers[1], Application: empty{}, Verifier: v},
		Transport: network.Join(1),
	})
	require.NoError(t, err)
	defer func() { require.NoError(t, d.Close()) }()
	faulty := network.Join(2)
	var numbers []uint64
	for i := range uint64(100) {
		numbers = append(numbers, i+1)
	}
	p := f.prePrepare(0, 1, f.batch(numbers...))
	p.Signature[3] ^= 1
	faulty.Send(1, pbft.EncodeMessage(p))
	for len(d.Refused()) == 0 {
		time.Sleep(time.Millisecond)
	}
	require.EqualValues(t, 1, v.all.Load())
}

// Honest clients go on while another client sends what it can. Before, the
// calls stopped.
func TestAttackFloodOfClientsDoesNotStopTheChain(t *testing.T) {
	// A key of its own, as that of another company.
	accepted := pbft.NewSigner([32]byte{'f'})
	cl, err := StartCluster(ClusterConfig{TLS: true, clients: []pbft.PublicKey{accepted.Public()}, Application: func(pbft.ReplicaID) pbft.Application { return empty{} }})
	require.NoError(t, err)
	defer func() { require.NoError(t, cl.Close()) }()
	c, err := cl.Client(pbft.NewSigner([32]byte{'h'}))
	require.NoError(t, err)
	defer c.Close()
	frame := forged(9500)
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for i := range cl.tls {
		wg.Go(func() {
			for !closed(stop) {
				conn, err := net.Dial("tcp", cl.tls[i].Addr())
				if err != nil {
					continue
				}
				own := &identity{signer: accepted, name: clientName(cl.Drivers[i].Chain()), now: time.Now}
				name := replicaName(cl.Drivers[i].Chain(), pbft.ReplicaID(i))
				if c, err := secure(conn, own, name, cl.Genesis.Members[i].Key, time.Minute); err == nil {
					_, _ = c.Write(binary.BigEndian.AppendUint32(nil, uint32(len(frame))))
					_, _ = c.Write(frame)
				}
				_ = conn.Close()
				time.Sleep(50 * time.Millisecond)
			}
		})
	}
	for range 50 {
		_, err := c.Call(t.Context(), []byte("x"))
		require.NoError(t, err)
	}
	close(stop)
	wg.Wait()
}

// Both accounts of a door in simulated time.
func TestDoorAccounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDoor(doorCredit)
		enter := func(n int) int {
			k, err := d.enter(t.Context(), make([]pbft.Request, n))
			require.NoError(t, err)
			return k
		}
		require.Equal(t, minPortion, enter(1000))
		d.judged(judgement{requests: minPortion, accepted: minPortion})
		require.Equal(t, 2*minPortion, enter(1000), "the next portion is larger")
		d.judged(judgement{requests: 2 * minPortion, useless: verifyCost})
		require.Equal(t, minPortion, enter(1000), "and small again")

		// Repetitions beyond those paid for wait until 1 % of a core has paid
		// for them.
		d.judged(judgement{requests: minPortion, repeated: doorCredit + minPortion*tenRepeats + 30*time.Millisecond})
		began := time.Now()
		require.Equal(t, 1, enter(1))
		require.InDelta(t, 3*time.Second, time.Since(began), float64(100*time.Millisecond))

		// Useless requests of 1 % of a core are paid for. Twice as many end the
		// connection.
		for range 1000 {
			time.Sleep(10 * time.Millisecond)
			d.judged(judgement{useless: 100 * time.Microsecond})
		}
		require.False(t, closed(d.ended))
		for range 200 {
			time.Sleep(10 * time.Millisecond)
			d.judged(judgement{useless: 200 * time.Microsecond})
		}
		require.True(t, closed(d.ended))
		_, err := d.enter(t.Context(), make([]pbft.Request, 1))
		require.ErrorIs(t, err, errUseless)
	})
}

// A refusal that honest clients meet too never ends their connection.
func TestDoorBlamesNoHonestClient(t *testing.T) {
	for err, useless := range map[error]bool{
		nil: false, pbft.RefusedPoolFull: false, pbft.RefusedLimit: false, pbft.RefusedDuplicate: false,
		pbft.RefusedExecuted: false, pbft.RefusedWindow: false, pbft.RefusedSignature: true, pbft.RefusedRequest: true,
	} {
		var j judgement
		j.add(err, true)
		require.Equal(t, useless, j.useless > 0, "%v", err)
	}
}
