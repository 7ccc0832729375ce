package sim_test

import (
	"fmt"

	"github.com/trigrid/trigrid/pbft"
	"github.com/trigrid/trigrid/pbft/sim"
)

// liar is a traitor of one's own: it never tells replica 1 anything.
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
