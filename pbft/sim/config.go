package sim

import (
	"errors"
	"math/rand/v2"
	"slices"

	"github.com/trigrid/trigrid/internal/planted"
	"github.com/trigrid/trigrid/pbft"
)

var errSnapshot = errors.New("sim: not a snapshot of registers")

// Config describes one run completely. For example,
//
//	sim.Config{
//		Seed: 1, Replicas: 4, Clients: 2, Requests: 10, InFlight: 2, Pace: 50,
//		Genesis:    pbft.Genesis{Name: "example", Checkpoint: 4},
//		Network:    sim.Network{Min: 1, Max: 20, Loss: 0.1},
//		Partitions: []sim.Partition{{From: 500, Until: 900, Side: 0b0011}},
//		Heal:       2000, Finish: 60_000,
//	}
//
// runs four replicas on a network that loses a tenth of the messages and is
// split in halves from 500 to 900 ms, both for the first two seconds only.
type Config struct {
	Seed     uint64 // of all randomness in the run
	Replicas int    // members of epoch 0, with ids from 0
	Joiners  int    // further replicas that are not members of epoch 0
	Genesis  pbft.Genesis
	Options  pbft.Options

	// Application makes the state machine of one replica. keys returns the
	// replicas' public keys. Default nil: named registers.
	Application func(keys func(pbft.ReplicaID) pbft.PublicKey) pbft.Application

	Clients  int
	Requests int   // per client
	InFlight int   // maximum per client
	Pace     int64 // mean pause between two requests of a client

	Network    Network
	Partitions []Partition
	Crashes    []Crash
	Skews      []Skew
	Jumps      []Jump
	Traitors   map[pbft.ReplicaID]Traitor // by the replica that each controls
	Twins      []pbft.ReplicaID           // replicas that run twice under one key
	Changes    []Change

	Heal   int64 // end of all faults except traitors, twins and lost memory
	Finish int64 // limit after Heal for all results and for equal members
	Calm   bool  // no view change may happen

	mistake planted.Switch // of every correct replica; none in a build without the tag planted
}

// Network describes the fate of messages until Config.Heal. After it, delays
// are uniform in [Min, Max] and nothing is lost or repeated. Delays of
// different messages are independent, so messages overtake each other.
type Network struct {
	Min, Max int64   // delay
	Late     float64 // fraction with an additional delay of up to ten times Max
	Loss     float64 // fraction that is lost
	Repeat   float64 // fraction that is delivered twice
}

// Partition separates the replicas whose bit in Side is 1 from the others
// between two times. For example, Side 0b0011 separates replicas 0 and 1 from 2
// and 3.
type Partition struct {
	From, Until int64
	Side        uint64 // bit i belongs to replica i
	OneWay      bool   // lose only messages from replicas in Side
}

// Crash stops a replica at one time and restarts it at another. For example,
// Crash{Replica: 0, At: 50, Back: 1500, Memory: true} stops the first primary
// at 50 ms, and it continues from its log at 1500 ms.
type Crash struct {
	Replica pbft.ReplicaID
	At      int64
	Back    int64
	Memory  bool // its log survives; otherwise it restarts as an observer
	Moment  Moment
}

// Moment is the point at which a crashing replica stops while it carries out a
// Ready. The order of the duties makes each of them safe: a vote that was sent
// was stored before.
type Moment int

// The moments, in order.
const (
	BetweenSteps Moment = iota
	BeforeStoring
	AfterStoring // before sending any message
	// after sending to a random part of the receivers
	AmidSending
)

// Skew makes a replica's clock wrong. Its ticks take Percent of the normal
// time, and its time of day differs by Offset. With Percent 70, timeouts expire
// after 70 % of their time.
type Skew struct {
	Replica pbft.ReplicaID
	Percent int64
	Offset  int64
}

// Jump sets clocks wrong between two times. For example, Jump{All: true, At:
// 100, Back: 500, By: 86_400_000} sets the time of day of all replicas ahead by
// a day, and back after 400 ms.
type Jump struct {
	Replica  pbft.ReplicaID
	All      bool // all replicas instead of one
	At, Back int64
	By       int64 // ms; negative is back
}

// Change makes a client request a new set of members at a time. Replicas beyond
// epoch 0 must be counted in Config.Joiners.
type Change struct {
	At      int64
	Members []pbft.ReplicaID
}

// tick is the length of a tick with a correct clock.
const tick = 10

// Random returns a configuration that depends on the seed only. The number of
// traitors, twins and replicas that lose their memory is at most f in all. One
// seed in five gives a special run: calm, slow or sluggish.
func Random(seed uint64) Config {
	r := rand.New(rand.NewPCG(seed, 1))
	switch r.IntN(20) {
	case 0, 1:
		return calm(seed, r)
	case 2:
		return slow(seed, r)
	case 3:
		return sluggish(seed, r)
	}
	// chance is true with probability p, and between is uniform in [lo, hi].
	chance := func(p float64) bool { return r.Float64() < p }
	between := func(lo, hi int) int { return lo + r.IntN(hi-lo+1) }

	c := Config{Seed: seed, Replicas: 4, Clients: between(2, 4), Requests: between(12, 30), InFlight: between(1, 4)}
	// Most runs have four replicas, the cheapest cluster that tolerates a
	// fault. Sizes 5 and 6 are not 3f+1.
	switch {
	case chance(0.15):
		c.Replicas = 7
	case chance(0.1):
		c.Replicas = between(5, 6)
	}
	c.Genesis = pbft.Genesis{Name: "sim", Checkpoint: uint64(between(2, 6)), ClientWindow: 16, Chunk: 64}
	// Windows of two to four checkpoints; two is the minimum.
	c.Genesis.Window = c.Genesis.Checkpoint * uint64(between(2, 4))
	c.Options = pbft.Options{
		RequestTimeout: between(15, 40), Heartbeat: between(4, 10), BatchSize: between(1, 6), BatchAge: between(1, 3), Pipeline: between(2, 6),
	}
	c.Heal = int64(between(2000, 6000))
	c.Finish = 45_000
	// Requests are spread over the time of the faults.
	c.Pace = c.Heal / int64(c.Requests)
	c.Network = Network{Min: 1, Max: int64(between(2, 30))}
	// Each kind of network fault is present in about half of the runs.
	if chance(0.5) {
		c.Network.Loss = r.Float64() * 0.3
	}
	if chance(0.5) {
		c.Network.Repeat = r.Float64() * 0.3
	}
	if chance(0.4) {
		c.Network.Late = r.Float64() * 0.2
	}
	// A geometric number of partitions, on average one.
	for chance(0.5) {
		from := r.Int64N(c.Heal)
		c.Partitions = append(c.Partitions, Partition{
			From: from, Until: min(c.Heal, from+int64(between(200, 3000))),
			Side: r.Uint64N(1<<c.Replicas-2) + 1, OneWay: chance(0.2),
		})
	}
	for i := range c.Replicas {
		if chance(0.3) {
			c.Skews = append(c.Skews, Skew{Replica: pbft.ReplicaID(i), Percent: int64(between(70, 140)), Offset: int64(between(-3000, 3000))})
		}
	}
	c.spendFaults(r)
	// A new member joins, and later the first one may leave.
	if chance(0.15) {
		c.Joiners = 1
		members := []pbft.ReplicaID{}
		for i := range c.Replicas + 1 {
			members = append(members, pbft.ReplicaID(i))
		}
		c.Changes = append(c.Changes, Change{At: r.Int64N(c.Heal), Members: members})
		if chance(0.5) {
			c.Changes = append(c.Changes, Change{At: c.Heal + 2000, Members: members[1:]})
		}
	}
	c.jump(rand.New(rand.NewPCG(seed, 3)))
	return c
}

// jump adds up to two jumps of clocks, from 1 s to about a year. It has a
// stream of its own, so that the rest of a run does not depend on it.
func (c *Config) jump(r *rand.Rand) {
	for range r.IntN(3) {
		at := r.Int64N(c.Heal)
		by := int64(1000) << r.IntN(25)
		if r.IntN(3) == 0 {
			by = -by
		}
		c.Jumps = append(c.Jumps, Jump{
			Replica: pbft.ReplicaID(r.IntN(c.Replicas)), All: r.IntN(3) == 0, At: at, Back: min(c.Heal, at+r.Int64N(2000)), By: by,
		})
	}
}

// calm returns a run on a good network in which no traitor is the primary.
// Nothing that traitors do may change the view.
func calm(seed uint64, r *rand.Rand) Config {
	c := Config{
		Seed: seed, Replicas: 4, Clients: 3, Requests: 10 + r.IntN(20), InFlight: 1 + r.IntN(4), Calm: true,
		Genesis:  pbft.Genesis{Name: "calm", Checkpoint: 3, Window: 9, ClientWindow: 16, Chunk: 64},
		Options:  pbft.Options{RequestTimeout: 60, Heartbeat: 5, BatchSize: 4, BatchAge: 2, Pipeline: 3},
		Network:  Network{Min: 1, Max: 10},
		Heal:     3000,
		Finish:   60_000,
		Traitors: map[pbft.ReplicaID]Traitor{},
	}
	if r.IntN(3) == 0 {
		// n = 7 tolerates two traitors, which may support each other.
		c.Replicas = 7
	}
	c.Pace = c.Heal / int64(c.Requests)
	for i := range pbft.Faulty(c.Replicas) {
		c.Traitors[pbft.ReplicaID(c.Replicas-1-i)] = &Mischief{Rate: 0.3, Kinds: append(randomKinds(r), Climb)}
	}
	return c
}

// slow returns a run in which messages always take longer than the first
// timeout. Replicas that do not double it change views forever.
func slow(seed uint64, r *rand.Rand) Config {
	c := Config{
		Seed: seed, Replicas: 4, Clients: 2, Requests: 5, InFlight: 2,
		Genesis: pbft.Genesis{Name: "slow", Checkpoint: 3, Window: 9, ClientWindow: 16, Chunk: 64},
		Options: pbft.Options{RequestTimeout: 10 + r.IntN(10), Heartbeat: 10, BatchSize: 4, BatchAge: 2, Pipeline: 3},
		Network: Network{Min: 300, Max: 400 + r.Int64N(300)},
		Heal:    1000,
		Finish:  120_000,
		Pace:    200,
	}
	return c
}

// sluggish returns a run whose first primary proposes just before every timeout
// of 600 ms. A client has one of its 20 requests in flight, so if that primary
// kept its view, the run would take at least eight seconds, more than Finish.
func sluggish(seed uint64, r *rand.Rand) Config {
	const timeout = 60
	return Config{
		Seed: seed, Replicas: 4, Clients: 2, Requests: 20, InFlight: 1,
		Genesis:  pbft.Genesis{Name: "sluggish", Checkpoint: 3, Window: 9, ClientWindow: 16, Chunk: 64},
		Options:  pbft.Options{RequestTimeout: timeout, Heartbeat: 5, BatchSize: 4, BatchAge: 2, Pipeline: 3},
		Network:  Network{Min: 1, Max: 10},
		Traitors: map[pbft.ReplicaID]Traitor{0: &Slow{Hold: timeout - 12 - r.IntN(8)}},
		Finish:   7000,
		Pace:     20,
	}
}

// spendFaults chooses up to f faulty replicas and the kind of each fault, and
// further crashes with memory, which are not faults of the protocol.
func (c *Config) spendFaults(r *rand.Rand) {
	budget := pbft.Faulty(c.Replicas)
	// The first f replicas of a random order may be faulty.
	faulty := r.Perm(c.Replicas)
	if i := slices.Index(faulty, 0); r.IntN(2) == 0 { // the first primary can do most harm
		faulty[0], faulty[i] = faulty[i], faulty[0]
	}
	faulty = faulty[:budget]
	c.Traitors = map[pbft.ReplicaID]Traitor{}
	for _, i := range faulty {
		id := pbft.ReplicaID(i)
		// All faults begin before Heal.
		at := r.Int64N(c.Heal)
		switch r.IntN(8) {
		case 0: // all replicas are correct
		case 1:
			crash := Crash{Replica: id, At: at, Back: min(c.Heal, at+200+r.Int64N(2000)), Moment: Moment(r.IntN(4))}
			if budget == 1 && r.IntN(2) == 0 { // before the first checkpoint, as primary
				crash.Replica, crash.At = 0, r.Int64N(600)
				crash.Back = crash.At + 20 + r.Int64N(100)
			}
			c.Crashes = append(c.Crashes, crash)
		case 2:
			c.Twins = append(c.Twins, id)
		default:
			c.Traitors[id] = &Mischief{Rate: 0.05 + 0.4*r.Float64(), Kinds: randomKinds(r)}
		}
	}
	// Crashes with memory test the log, not the protocol's tolerance.
	for range r.IntN(4) {
		id := pbft.ReplicaID(r.IntN(c.Replicas))
		at := r.Int64N(c.Heal)
		// A crash with memory is no fault, so any correct replica may have it.
		if _, traitor := c.Traitors[id]; !traitor && !c.crashes(id) && !c.isTwin(id) {
			c.Crashes = append(c.Crashes, Crash{Replica: id, At: at, Back: min(c.Heal, at+100+r.Int64N(2000)), Memory: true, Moment: Moment(r.IntN(4))})
		}
	}
}

// crashes reports whether a crash of the replica is planned.
func (c *Config) crashes(id pbft.ReplicaID) bool {
	for _, x := range c.Crashes {
		if x.Replica == id {
			return true
		}
	}
	return false
}

// isTwin reports whether the replica runs twice.
func (c *Config) isTwin(id pbft.ReplicaID) bool {
	for _, x := range c.Twins {
		if x == id {
			return true
		}
	}
	return false
}
