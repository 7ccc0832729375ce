package fleet_test

import (
	"context"
	"fmt"
	"time"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/evogame"
	"github.com/trigrid/trigrid/fleet"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/milp/highs"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/vpp"
	"github.com/trigrid/trigrid/weights"
)

// 10 000 roofs of 1 kW choose between villages of 3 and 5 MW by the replicator,
// or stay outside. They fill both villages. The joint program has the potential
// 160.
func ExampleGame_Evolve() {
	set := scenario.Single(scenario.Grid{Step: time.Hour, Steps: 1})
	for name, mw := range map[string]float64{"roof": 0.001, "upper": 3, "lower": 5} {
		if err := set.AddForecast(name, "MW", []float64{mw}); err != nil {
			panic(err)
		}
	}
	p := fleet.Problem{
		VPPs:   []vpp.VPP{{Name: "upper village", Demand: "upper"}, {Name: "lower village", Demand: "lower"}},
		Fleets: []der.Fleet{{Unit: &der.PV{ID: "roofs", Available: "roof"}, Count: 10_000}},
		Setting: vpp.Setting{Set: set, Weights: weights.Vector{Economic: 1}, Markets: vpp.Markets{Electricity: &market.Tariff{
			Calendar: market.Calendar{Steps: 1}, Buy: market.Series{200}, Sell: market.Series{80},
		}}},
	}
	game, err := p.Game(context.Background(), highs.Solver{}, fleet.DynamicsOptions{})
	if err != nil {
		panic(err)
	}
	x, err := game.Evolve(context.Background(), evogame.Replicator{}, nil, fleet.DynamicsOptions{})
	if err != nil {
		panic(err)
	}
	fmt.Printf("potential %.0f, settled: %v\n", x.Potential, x.Settled)
	fmt.Println("at least 3 and 5 MW:", x.Members[0][0] > 2995 && x.Members[1][0] > 4995)
	// Output:
	// potential 160, settled: true
	// at least 3 and 5 MW: true
}
