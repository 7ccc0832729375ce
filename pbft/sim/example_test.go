package sim_test

import (
	"fmt"

	"github.com/trigrid/trigrid/pbft"
	"github.com/trigrid/trigrid/pbft/sim"
)

// liar is a traitor that sends nothing to replica 1.
type liar struct{}

func (liar) Send(_ *sim.Self, out []sim.Outgoing) []sim.Outgoing {
	var kept []sim.Outgoing
	for _, o := range out {
		if o.To != 1 {
			kept = append(kept, o)
		}
	}
	return kept
}

func (liar) Tick(*sim.Self) []sim.Outgoing { return nil }

func Example() {
	report, err := sim.Run(sim.Config{
		Seed: 1, Replicas: 4, Clients: 2, Requests: 10, InFlight: 2, Pace: 50,
		Genesis:  pbft.Genesis{Name: "example", Checkpoint: 4},
		Network:  sim.Network{Min: 1, Max: 20, Loss: 0.1},
		Traitors: map[pbft.ReplicaID]sim.Traitor{0: liar{}},
		Heal:     2000, Finish: 60_000,
	})
	fmt.Println(report.Requests, "requests answered, violation:", err)
	// Output: 20 requests answered, violation: <nil>
}

// Equal seeds give equal runs, event by event.
func ExampleRandom() {
	for seed := range uint64(3) {
		first, err := sim.Run(sim.Random(seed))
		second, _ := sim.Run(sim.Random(seed))
		fmt.Println("seed", seed, "violation:", err, "repeatable:", first.Trace == second.Trace)
	}
	// Output:
	// seed 0 violation: <nil> repeatable: true
	// seed 1 violation: <nil> repeatable: true
	// seed 2 violation: <nil> repeatable: true
}

// The first primary crashes and restarts from its log. The other replicas
// change the view.
func ExampleCrash() {
	report, err := sim.Run(sim.Config{
		Seed: 1, Replicas: 4, Clients: 1, Requests: 5, InFlight: 1, Pace: 100,
		Genesis: pbft.Genesis{Name: "example", Checkpoint: 4},
		Options: pbft.Options{RequestTimeout: 20},
		Network: sim.Network{Min: 1, Max: 5},
		Crashes: []sim.Crash{{Replica: 0, At: 50, Back: 1500, Memory: true}},
		Heal:    2000, Finish: 60_000,
	})
	fmt.Println(report.Requests, "requests answered, violation:", err)
	fmt.Println("view changed:", report.Counts[sim.ViewChanges] > 0)
	fmt.Println("restarts from the log:", report.Counts[sim.LogReplayed])
	// Output:
	// 5 requests answered, violation: <nil>
	// view changed: true
	// restarts from the log: 1
}

// An exploration needs no seed: it visits every order of events within its
// scope.
func ExampleExplore() {
	explored, err := sim.Explore(sim.Scope{Requests: 1, States: 2000})
	fmt.Println("violation:", err)
	fmt.Println("at least 2000 states:", explored.States >= 2000)
	// Output:
	// violation: <nil>
	// at least 2000 states: true
}
