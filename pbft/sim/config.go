package sim

import (
	"errors"
	"math/rand/v2"
	"slices"

	"github.com/trigrid/trigrid/pbft"
	"github.com/trigrid/trigrid/pbft/internal/planted"
)

var errSnapshot = errors.New("sim: not a snapshot of registers")

// Config describes one run completely.
type Config struct {
	Seed     uint64 // of the run's only source of randomness
	Replicas int    // members of epoch 0, with ids from 0
	Joiners  int    // further replicas that are not members at first
	Genesis  pbft.Genesis
	Options  pbft.Options

	Application func(keys func(pbft.ReplicaID) pbft.PublicKey) pbft.Application // default: registers

	Clients  int
	Requests int   // per client
	InFlight int   // per client
	Pace     int64 // mean time between two requests of a client

	Network    Network
	Partitions []Partition
	Crashes    []Crash
	Skews      []Skew
	Traitors   map[pbft.ReplicaID]Traitor
	Twins      []pbft.ReplicaID // replicas of which two copies run with one key
	Changes    []Change

	Heal   int64 // when the network becomes good and no fault but the traitors is left
	Finish int64 // by when, after Heal, all requests must be answered and all correct members be equal
	Calm   bool  // nothing in this run may cause a view change

	mistake planted.Switch // that every correct replica makes; none in a build without the tag planted
}

// Network is what happens to messages until Config.Heal. Afterwards delays are Least to Most and nothing else happens.
type Network struct {
	Min, Max int64   // delay
	Late        float64 // share of messages that take up to ten times Most
	Loss        float64 // share of messages lost
	Repeat      float64 // share delivered twice
}

// Partition cuts the replicas with odd bits in Side off from the others between two times.
type Partition struct {
	From, Until int64
	Side        uint64 // bit i is replica i
	OneWay      bool   // only messages out of Side are lost
}

// Crash stops a replica at a time and restarts it at another.
type Crash struct {
	Replica pbft.ReplicaID
	At      int64
	Back    int64
	Memory  bool // its storage survives; otherwise it restarts as an observer
	Moment  Moment
}

// Moment says where in carrying out its next Ready a crashing replica stops.
type Moment int

// The moments.
const (
	BetweenSteps Moment = iota
	BeforeStoring
	AfterStoring // and before sending anything
	AmidSending
)

// Skew makes a replica's clock wrong: its ticks take Percent of the normal time and its wall clock is off by Offset.
type Skew struct {
	Replica pbft.ReplicaID
	Percent int64
	Offset  int64
}

// Change has a client ask for a new set of members at a time.
type Change struct {
	At      int64
	Members []pbft.ReplicaID
}

// tick is a replica's tick with a correct clock.
const tick = 10

// Random makes a configuration whose every choice follows from seed. The number of traitors, twins and replicas that
// lose their memory is at most f in all.
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
	chance := func(p float64) bool { return r.Float64() < p }
	between := func(lo, hi int) int { return lo + r.IntN(hi-lo+1) }

	c := Config{Seed: seed, Replicas: 4, Clients: between(2, 4), Requests: between(12, 30), InFlight: between(1, 4)}
	switch {
	case chance(0.15):
		c.Replicas = 7
	case chance(0.1):
		c.Replicas = between(5, 6)
	}
	c.Genesis = pbft.Genesis{Name: "sim", Checkpoint: uint64(between(2, 6)), ClientWindow: 16}
	c.Genesis.Window = c.Genesis.Checkpoint * uint64(between(2, 4))
	c.Options = pbft.Options{
		RequestTimeout: between(15, 40), Heartbeat: between(4, 10), BatchSize: between(1, 6), BatchAge: between(1, 3), Pipeline: between(2, 6),
	}
	c.Heal = int64(between(2000, 6000))
	c.Finish = 45_000
	c.Pace = c.Heal / int64(c.Requests)
	c.Network = Network{Min: 1, Max: int64(between(2, 30))}
	if chance(0.5) {
		c.Network.Loss = r.Float64() * 0.3
	}
	if chance(0.5) {
		c.Network.Repeat = r.Float64() * 0.3
	}
	if chance(0.4) {
		c.Network.Late = r.Float64() * 0.2
	}
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
	return c
}

// calm is a run on a good network in which the traitors are not the primary, so that nothing they do may change the
// view.
func calm(seed uint64, r *rand.Rand) Config {
	c := Config{
		Seed: seed, Replicas: 4, Clients: 3, Requests: 10 + r.IntN(20), InFlight: 1 + r.IntN(4), Calm: true,
		Genesis:  pbft.Genesis{Name: "calm", Checkpoint: 3, Window: 9, ClientWindow: 16},
		Options:  pbft.Options{RequestTimeout: 60, Heartbeat: 5, BatchSize: 4, BatchAge: 2, Pipeline: 3},
		Network:  Network{Min: 1, Max: 10},
		Heal:     3000,
		Finish:   60_000,
		Traitors: map[pbft.ReplicaID]Traitor{},
	}
	if r.IntN(3) == 0 {
		c.Replicas = 7
	}
	c.Pace = c.Heal / int64(c.Requests)
	for i := range pbft.Faulty(c.Replicas) {
		c.Traitors[pbft.ReplicaID(c.Replicas-1-i)] = &Mischief{Rate: 0.3, Kinds: append(randomKinds(r), Climb)}
	}
	return c
}

// slow is a run in which a message takes longer than the first timeout, for ever: replicas that did not double it
// would change views for ever, too.
func slow(seed uint64, r *rand.Rand) Config {
	c := Config{
		Seed: seed, Replicas: 4, Clients: 2, Requests: 5, InFlight: 2,
		Genesis: pbft.Genesis{Name: "slow", Checkpoint: 3, Window: 9, ClientWindow: 16},
		Options: pbft.Options{RequestTimeout: 10 + r.IntN(10), Heartbeat: 10, BatchSize: 4, BatchAge: 2, Pipeline: 3},
		Network: Network{Min: 300, Max: 400 + r.Int64N(300)},
		Heal:    1000,
		Finish:  120_000,
		Pace:    200,
	}
	return c
}

// sluggish is a run whose first primary proposes just before every timeout of 600 ms. If it kept its view, each of a
// client's twenty requests, of which it has one in flight, would take most of that, eight seconds in all at the least.
func sluggish(seed uint64, r *rand.Rand) Config {
	const timeout = 60
	return Config{
		Seed: seed, Replicas: 4, Clients: 2, Requests: 20, InFlight: 1,
		Genesis:  pbft.Genesis{Name: "sluggish", Checkpoint: 3, Window: 9, ClientWindow: 16},
		Options:  pbft.Options{RequestTimeout: timeout, Heartbeat: 5, BatchSize: 4, BatchAge: 2, Pipeline: 3},
		Network:  Network{Min: 1, Max: 10},
		Traitors: map[pbft.ReplicaID]Traitor{0: &Slow{Hold: timeout - 12 - r.IntN(8)}},
		Finish:   7000,
		Pace:     20,
	}
}

// spendFaults chooses who is faulty and how.
func (c *Config) spendFaults(r *rand.Rand) {
	budget := pbft.Faulty(c.Replicas)
	faulty := r.Perm(c.Replicas)
	if i := slices.Index(faulty, 0); r.IntN(2) == 0 { // the first primary has the best opportunities
		faulty[0], faulty[i] = faulty[i], faulty[0]
	}
	faulty = faulty[:budget]
	c.Traitors = map[pbft.ReplicaID]Traitor{}
	for _, i := range faulty {
		id := pbft.ReplicaID(i)
		at := r.Int64N(c.Heal)
		switch r.IntN(8) {
		case 0: // everybody is correct
		case 1:
			crash := Crash{Replica: id, At: at, Back: min(c.Heal, at+200+r.Int64N(2000)), Moment: Moment(r.IntN(4))}
			if budget == 1 && r.IntN(2) == 0 { // the first primary, before the first checkpoint
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
	for range r.IntN(4) {
		id := pbft.ReplicaID(r.IntN(c.Replicas))
		at := r.Int64N(c.Heal)
		if _, traitor := c.Traitors[id]; !traitor && !c.crashes(id) && !c.isTwin(id) {
			c.Crashes = append(c.Crashes, Crash{Replica: id, At: at, Back: min(c.Heal, at+100+r.Int64N(2000)), Memory: true, Moment: Moment(r.IntN(4))})
		}
	}
}

func (c *Config) crashes(id pbft.ReplicaID) bool {
	for _, x := range c.Crashes {
		if x.Replica == id {
			return true
		}
	}
	return false
}

func (c *Config) isTwin(id pbft.ReplicaID) bool {
	for _, x := range c.Twins {
		if x == id {
			return true
		}
	}
	return false
}
