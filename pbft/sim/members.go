package sim

import (
	"math/rand/v2"

	"github.com/trigrid/trigrid/pbft"
)

// RandomMembers returns a run in which a fifth replica joins four, a sixth one
// replaces the first primary, and another founder leaves, under the faults of
// [Random]. It depends on the seed only. At most one replica, founder or
// newcomer, is a traitor, a twin or loses its memory, so that no epoch has more
// than f faulty members. Restarts with memory, partitions and losses fall on
// the boundaries of epochs, which are a few batches apart.
func RandomMembers(seed uint64) Config {
	r := rand.New(rand.NewPCG(seed, 4))
	between := func(lo, hi int) int { return lo + r.IntN(hi-lo+1) }
	c := Config{
		Seed: seed, Replicas: 4, Joiners: 2, Clients: between(2, 3), Requests: between(12, 24), InFlight: between(1, 4),
		Genesis: pbft.Genesis{Name: "members", Checkpoint: uint64(between(2, 4)), ClientWindow: 16, Chunk: 64},
		Options: pbft.Options{
			RequestTimeout: between(15, 40), Heartbeat: between(4, 10), BatchSize: between(1, 6), BatchAge: between(1, 3), Pipeline: between(2, 6),
		},
		Network: Network{Min: 1, Max: int64(between(2, 30)), Loss: 0.2 * r.Float64(), Repeat: 0.2 * r.Float64(), Late: 0.1 * r.Float64()},
		Heal:    int64(between(3000, 6000)),
		Finish:  60_000,
	}
	c.Genesis.Window = c.Genesis.Checkpoint * uint64(between(2, 3))
	c.Pace = c.Heal / int64(c.Requests)
	first := r.Int64N(c.Heal / 3)
	c.Changes = []Change{
		{At: first, Members: []pbft.ReplicaID{0, 1, 2, 3, 4}},
		{At: first + r.Int64N(c.Heal/3), Members: []pbft.ReplicaID{1, 2, 3, 4, 5}},
		{At: first + r.Int64N(c.Heal), Members: []pbft.ReplicaID{2, 3, 4, 5}},
	}
	for range r.IntN(4) {
		from := r.Int64N(c.Heal)
		c.Partitions = append(c.Partitions, Partition{
			From: from, Until: min(c.Heal, from+int64(between(200, 2000))), Side: r.Uint64N(1<<6-2) + 1, OneWay: r.IntN(5) == 0,
		})
	}
	bad := pbft.ReplicaID(r.IntN(6))
	at := r.Int64N(c.Heal)
	c.Traitors = map[pbft.ReplicaID]Traitor{}
	switch r.IntN(5) {
	case 0: // all replicas are correct
	case 1:
		c.Crashes = append(c.Crashes, Crash{Replica: bad, At: at, Back: min(c.Heal, at+200+r.Int64N(2000)), Moment: Moment(r.IntN(4))})
	case 2:
		c.Twins = append(c.Twins, bad)
	default:
		c.Traitors[bad] = &Mischief{Rate: 0.05 + 0.3*r.Float64(), Kinds: randomKinds(r)}
	}
	for range r.IntN(4) {
		id, at := pbft.ReplicaID(r.IntN(6)), r.Int64N(c.Heal)
		if id != bad && !c.crashes(id) {
			c.Crashes = append(c.Crashes, Crash{Replica: id, At: at, Back: min(c.Heal, at+100+r.Int64N(1500)), Memory: true, Moment: Moment(r.IntN(4))})
		}
	}
	return c
}

// requestChange lets a client request a change after the changes before it are
// in force. A request that comes earlier would replace the one before it.
func (s *Sim) requestChange(place int, x Change) {
	if s.oracle.epoch() < uint64(place) {
		s.after(100, func() { s.requestChange(place, x) })
		return
	}
	s.clients[0].change(x.Members)
}
