package replica_test

import (
	"crypto/sha256"
	"encoding/binary"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/pbft"
	"github.com/trigrid/trigrid/pbft/replica"
)

// consortium counts its requests, and an operation "members" requests the set
// of the test.
type consortium struct {
	count uint64
	next  *atomic.Pointer[[]pbft.Member]
}

func (c *consortium) Apply(b pbft.OrderedRequests) pbft.Outcome {
	out := pbft.Outcome{Results: make([][]byte, len(b.Requests))}
	for i, r := range b.Requests {
		c.count++
		if string(r.Operation) == "members" {
			out.Members = *c.next.Load()
		}
		out.Results[i] = binary.BigEndian.AppendUint64(nil, c.count)
	}
	out.Root = c.Root()
	return out
}

func (c *consortium) Root() pbft.Digest { return sha256.Sum256(c.Snapshot()) }

func (c *consortium) Snapshot() []byte { return binary.BigEndian.AppendUint64(nil, c.count) }

func (c *consortium) Restore(b []byte) error {
	c.count = binary.BigEndian.Uint64(b)
	return nil
}

// TestMembersChangeOverSockets: over TLS a fifth replica joins and fetches the
// state, the first primary leaves, and the four others continue when another
// one of the first four stops.
func TestMembersChangeOverSockets(t *testing.T) {
	var next atomic.Pointer[[]pbft.Member]
	var epochs atomic.Uint64
	c, err := replica.StartCluster(replica.ClusterConfig{
		TLS: true, Genesis: pbft.Genesis{Name: "members", Checkpoint: 4, Window: 8},
		Application: func(pbft.ReplicaID) pbft.Application { return &consortium{next: &next} },
		Events: func(id pbft.ReplicaID) replica.Events {
			return replica.Events{Epoch: func(p pbft.EpochProof) {
				if id == 4 {
					epochs.Store(p.Next.Epoch)
				}
			}}
		},
	})
	require.NoError(t, err)
	client, err := c.Client(pbft.NewSigner([32]byte{7}))
	require.NoError(t, err)
	t.Cleanup(func() {
		client.Close()
		require.NoError(t, c.Close())
	})
	call(t, client, 10)
	joined, err := c.Add()
	require.NoError(t, err)
	ends, err := c.Endpoints()
	require.NoError(t, err)
	client.AddEndpoint(ends[4])

	// change requests a set and waits until its replicas have executed the same
	// number in the epoch.
	change := func(epoch uint64, members []pbft.Member, drivers []*replica.Driver) {
		next.Store(&members)
		_, err := client.Call(t.Context(), []byte("members"))
		require.NoError(t, err)
		set := pbft.Membership{}
		for set.Epoch < epoch {
			time.Sleep(5 * time.Millisecond)
			require.NoError(t, drivers[0].Inspect(func(n *pbft.Node) { set = n.Membership() }))
		}
		client.SetMembers(set)
		call(t, client, 10)
		settle(t, drivers)
	}
	change(1, append(append([]pbft.Member{}, c.Genesis.Members...), joined), c.Drivers)
	change(2, append(append([]pbft.Member{}, c.Genesis.Members[1:]...), joined), c.Drivers[1:])
	require.Eventually(t, func() bool { return epochs.Load() == 2 }, time.Minute, 5*time.Millisecond)
	require.NoError(t, c.Drivers[1].Close())
	call(t, client, 5)
	s, err := c.Drivers[4].State()
	require.NoError(t, err)
	require.Equal(t, uint64(2), s.Epoch)
	require.True(t, s.Active)
}

// TestRemovedReplicasAreDisconnected: a change of members ends the connections
// with the replicas that the change before it removed. Those that it removes
// itself keep theirs until the next change.
func TestRemovedReplicasAreDisconnected(t *testing.T) {
	var next atomic.Pointer[[]pbft.Member]
	c, err := replica.StartCluster(replica.ClusterConfig{
		TLS: true, Genesis: pbft.Genesis{Name: "removed", Checkpoint: 4, Window: 8},
		Application: func(pbft.ReplicaID) pbft.Application { return &consortium{next: &next} },
	})
	require.NoError(t, err)
	client, err := c.Client(pbft.NewSigner([32]byte{7}))
	require.NoError(t, err)
	t.Cleanup(func() {
		client.Close()
		require.NoError(t, c.Close())
	})
	call(t, client, 5)
	for first := 1; first <= 2; first++ { // sets 1, 2, 3 and 2, 3
		members := c.Genesis.Members[first:]
		next.Store(&members)
		_, err := client.Call(t.Context(), []byte("members"))
		require.NoError(t, err)
		for _, d := range c.Drivers[first:] {
			require.Eventually(t, func() bool {
				s, err := d.State()
				return err == nil && s.Epoch == uint64(first)
			}, time.Minute, 5*time.Millisecond)
		}
		set, err := pbft.NewMembership(uint64(first), members)
		require.NoError(t, err)
		client.SetMembers(set)
		call(t, client, 5)
		if first == 1 { // set 0 is the one before
			from, to := c.Links(2, 0)
			require.True(t, from && to)
		}
	}
	for _, at := range []pbft.ReplicaID{2, 3} {
		require.Eventually(t, func() bool {
			from, to := c.Links(at, 0)
			return !from && !to
		}, time.Minute, 5*time.Millisecond)
		from, to := c.Links(at, 1)
		require.True(t, from && to, "replica 1 is in the set before")
	}
	call(t, client, 5)
}
