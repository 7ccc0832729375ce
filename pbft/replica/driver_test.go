package replica_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/pbft"
	"github.com/trigrid/trigrid/pbft/replica"
)

func tapes() (func(pbft.ReplicaID) pbft.Application, map[pbft.ReplicaID]*tape) {
	all := map[pbft.ReplicaID]*tape{}
	return func(id pbft.ReplicaID) pbft.Application {
		all[id] = &tape{}
		return all[id]
	}, all
}

// start starts a cluster of tapes and a client, both of which end with the
// test.
func start(t *testing.T, cfg replica.ClusterConfig) (*replica.Cluster, *replica.Client, map[pbft.ReplicaID]*tape) {
	var all map[pbft.ReplicaID]*tape
	cfg.Application, all = tapes()
	c, err := replica.StartCluster(cfg)
	require.NoError(t, err)
	client, err := c.Client(pbft.NewSigner([32]byte{7}))
	require.NoError(t, err)
	t.Cleanup(func() {
		client.Close()
		require.NoError(t, c.Close())
	})
	return c, client, all
}

// call makes so many calls one after the other.
func call(t *testing.T, client *replica.Client, times int) {
	for range times {
		_, err := client.Call(t.Context(), []byte("x"))
		require.NoError(t, err)
	}
}

// callAtOnce makes so many calls at the same time.
func callAtOnce(t *testing.T, client *replica.Client, times int) {
	var wg sync.WaitGroup
	for range times {
		wg.Go(func() { call(t, client, 1) })
	}
	wg.Wait()
}

// settle waits until all replicas have executed the same number and returns it.
func settle(t *testing.T, drivers []*replica.Driver) uint64 {
	var head uint64
	for range 30_000 { // five minutes, in case the replicas hang
		head = 0
		equal := true
		for i, d := range drivers {
			s, err := d.State()
			require.NoError(t, err)
			equal = equal && (i == 0 || s.Executed == head)
			head = max(head, s.Executed)
		}
		if equal {
			return head
		}
		time.Sleep(10 * time.Millisecond)
	}
	require.Fail(t, "replicas did not settle")
	return 0
}

// TestClusterInSimulatedTime runs real drivers, transports and clients under
// synctest. Time advances only if all goroutines wait, so timeouts are exact on
// every machine.
func TestClusterInSimulatedTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, client, all := start(t, replica.ClusterConfig{})
		callAtOnce(t, client, 20)
		settle(t, c.Drivers)
		for id, a := range all {
			require.Len(t, a.text, 20, "replica %d", id)
		}
	})
}

// TestDeadPrimaryCostsOneViewChange: the call in progress when the primary
// stops takes one timeout (100 ticks of 10 ms). Later calls take none, because
// the view has changed. Times are simulated.
func TestDeadPrimaryCostsOneViewChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, client, _ := start(t, replica.ClusterConfig{})
		call(t, client, 1)
		require.NoError(t, c.Drivers[0].Close())
		began := time.Now()
		call(t, client, 1)
		require.Less(t, time.Since(began), 1500*time.Millisecond)
		began = time.Now()
		call(t, client, 50)
		require.Less(t, time.Since(began), time.Second, "50 calls without waiting for the dead one")
		for _, d := range c.Drivers[1:] {
			s, err := d.State()
			require.NoError(t, err)
			require.Equal(t, uint64(1), s.View)
		}
	})
}

// TestRestartFromFiles stops all replicas of a cluster at once and starts them
// again from their logs.
func TestRestartFromFiles(t *testing.T) {
	dir := t.TempDir()
	restart := func() (*replica.Cluster, map[pbft.ReplicaID]*tape) {
		makeApp, all := tapes()
		c, err := replica.StartCluster(replica.ClusterConfig{
			Application: makeApp, Genesis: pbft.Genesis{Checkpoint: 4},
			Storage: func(id pbft.ReplicaID) (replica.Storage, error) {
				return openLog(fmt.Sprintf("%s/%d", dir, id))
			},
		})
		require.NoError(t, err)
		return c, all
	}
	signer := pbft.NewSigner([32]byte{7})
	c, _ := restart()
	client, err := c.Client(signer)
	require.NoError(t, err)
	call(t, client, 10)
	settle(t, c.Drivers)
	client.Close()
	require.NoError(t, c.Close())

	c, all := restart()
	var next atomic.Uint64
	require.NoError(t, c.Drivers[1].Inspect(func(n *pbft.Node) { next.Store(n.NextNumber(signer.Public())) }))
	endpoints, err := c.Endpoints()
	require.NoError(t, err)
	client, err = replica.NewClient(replica.ClientConfig{Genesis: c.Genesis, Signer: signer, Endpoints: endpoints, Next: 11})
	require.NoError(t, err)
	result, err := client.Call(t.Context(), []byte("y"))
	require.NoError(t, err)
	require.Equal(t, "11 bytes", string(result))
	require.GreaterOrEqual(t, next.Load(), uint64(8), "at least up to the last checkpoint, nothing is forgotten")
	settle(t, c.Drivers)
	client.Close()
	require.NoError(t, c.Close())
	for id, a := range all {
		require.Equal(t, "xxxxxxxxxxy", string(a.text), "replica %d", id)
	}
}

// TestTLS orders over real sockets, with clients on sockets too, and survives a
// replica that is stopped.
func TestTLS(t *testing.T) {
	c, client, _ := start(t, replica.ClusterConfig{TLS: true})
	callAtOnce(t, client, 10)
	require.NoError(t, c.Drivers[3].Close())
	result, err := client.Call(t.Context(), []byte("y"))
	require.NoError(t, err)
	require.Equal(t, "11 bytes", string(result))
}

// TestCallEndsWithItsContext: without a quorum a call waits until its context
// ends.
func TestCallEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, client, _ := start(t, replica.ClusterConfig{})
		require.NoError(t, c.Drivers[1].Close())
		require.NoError(t, c.Drivers[2].Close())
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		_, err := client.Call(ctx, []byte("x"))
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.NoError(t, c.Close())
		require.ErrorIs(t, c.Drivers[0].Submit(), replica.ErrClosed)
	})
}

// TestFirstBatchHasTheTime: a request that comes before the first tick is
// ordered at the time of day, not in 1970.
func TestFirstBatchHasTheTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Now().UnixMilli()
		times := make(chan int64, 100)
		_, client, _ := start(t, replica.ClusterConfig{Events: func(pbft.ReplicaID) replica.Events {
			return replica.Events{Block: func(b pbft.Block) { times <- b.Header.Time }}
		}})
		call(t, client, 1)
		require.GreaterOrEqual(t, <-times, now)
	})
}

// openLog opens a log, or makes it for the first start.
func openLog(dir string) (replica.Storage, error) {
	s, err := replica.OpenFileStorage(dir)
	if errors.Is(err, replica.ErrNoLog) {
		return replica.CreateFileStorage(dir)
	}
	return s, err
}
