package pbft

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// A transfer whose servers have taken further checkpoints since its
// interruption continues, or gives way to that of a newer one. Before, the
// receiver waited for its old chunk for ever.
func TestFaultInterruptedTransferEnds(t *testing.T) {
	for name, forget := range map[string]bool{"kept": false, "servers restarted": true} {
		t.Run(name, func(t *testing.T) {
			c := newCluster(t, 4, 4)
			c.cut[3] = true
			for range 30 {
				c.order(t, string(make([]byte, 60_000))) // 1.8 MB of state, 14 chunks
			}
			c.cut[3] = false
			for served := 0; served < 3; {
				for i, n := range c.nodes {
					n.Tick(0)
					for n.HasReady() {
						r := n.Ready()
						n.Advance()
						for _, e := range r.Messages {
							for _, to := range e.To {
								if _, snap := e.Message.(*Snapshot); snap {
									if served == 3 {
										continue // the network fails here
									}
									served++
								}
								_ = c.nodes[to].Step(ReplicaID(i), e.Message)
							}
						}
					}
				}
			}
			old := c.nodes[3].transfer
			require.NotNil(t, old)
			c.cut[3] = true
			for range 14 {
				c.order(t, "x") // three checkpoints
			}
			if forget {
				for _, n := range c.nodes {
					for _, p := range n.peers {
						p.pinned = nil
					}
				}
			}
			c.cut[3] = false
			c.tick(300)
			for range 8 {
				c.order(t, "y")
			}
			c.tick(300)
			require.Equal(t, c.nodes[0].State().Executed, c.nodes[3].State().Executed)
			require.Nil(t, c.nodes[3].transfer)
			require.Equal(t, c.nodes[0].State().Header, c.nodes[3].State().Header)
		})
	}
}

// A transfer that takes longer than many checkpoint intervals ends: the server
// keeps the checkpoint. Before, each newer checkpoint started it from its first
// chunk.
func TestFaultSlowTransferEnds(t *testing.T) {
	c := newCluster(t, 4, 4)
	c.cut[3] = true
	for range 52 {
		c.order(t, string(make([]byte, 60_000))) // 3.1 MB of state, 24 chunks
	}
	type mail struct {
		to, from int
		m        Message
	}
	var late []mail // to and from replica 3, whose round trips take two batches
	deliver := func() {
		for busy := true; busy; {
			busy = false
			for i, n := range c.nodes {
				for n.HasReady() {
					busy = true
					r := n.Ready()
					n.Advance()
					for _, e := range r.Messages {
						for _, to := range e.To {
							if i == 3 || int(to) == 3 {
								late = append(late, mail{int(to), i, e.Message})
							} else {
								_ = c.nodes[to].Step(ReplicaID(i), e.Message)
							}
						}
					}
				}
			}
		}
	}
	before := c.nodes[3].installed
	rounds := 0
	for ; c.nodes[3].installed == before && rounds < 2000; rounds++ {
		c.next++
		_ = c.nodes[0].Propose(c.request(c.next, fmt.Sprint(rounds)))
		deliver()
		for _, n := range c.nodes {
			n.Tick(0)
		}
		deliver()
		now := late
		late = nil
		for _, m := range now {
			_ = c.nodes[m.to].Step(ReplicaID(m.from), m.m)
		}
		for _, n := range c.nodes {
			pinned := 0
			for _, p := range n.peers {
				if p.pinned != nil {
					pinned++
				}
			}
			require.LessOrEqual(t, pinned, n.members.Weak())
		}
	}
	require.Greater(t, c.nodes[3].installed, before, "after %d batches", rounds)
	require.Less(t, rounds, 200)
}

// Checkpoints that replicas have asked for and left are given up.
func TestAttackPinnedCheckpointsAreFew(t *testing.T) {
	c := newCluster(t, 4, 4)
	n := c.nodes[0]
	for range 6 {
		for range 4 {
			c.order(t, "x")
		}
		for id := ReplicaID(1); id < 4; id++ {
			n.Tick(0)
			require.NoError(t, n.stepFetch(id, &Fetch{Snapshot: n.installed}))
		}
		pinned := 0
		for _, p := range n.peers {
			if p.pinned != nil {
				pinned++
			}
		}
		require.Equal(t, n.members.Weak(), pinned)
	}
	for range pinTicks*n.options.RequestTimeout + 1 {
		n.Tick(0)
	}
	require.NoError(t, n.stepFetch(1, &Fetch{Snapshot: n.installed}))
	require.Nil(t, n.peer(2).pinned)
	require.Nil(t, n.peer(3).pinned)
}
