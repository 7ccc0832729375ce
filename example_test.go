package trigrid_test

import (
	"bytes"
	"context"
	"fmt"
	"os"

	"github.com/trigrid/trigrid"

	"github.com/trigrid/trigrid/ledger/contracts"
	"github.com/trigrid/trigrid/ledger/engine"
)

// A wind farm, a gas turbine and a battery choose between two plants. Every coalition is planned, the choice
// is followed to its end, and the chain of all messages is kept for whoever wants to check it.
func Example() {
	ctx := context.Background()
	c, err := trigrid.LoadCase(os.DirFS("testdata/case"), "valley.json")
	if err != nil {
		panic(err)
	}
	region, err := c.Region(ctx, trigrid.CaseOptions{})
	if err != nil {
		panic(err)
	}
	var chain bytes.Buffer
	result, err := trigrid.Run(ctx, region, trigrid.Options{Export: &chain})
	if err != nil {
		panic(err)
	}
	fmt.Println(result.Game.Verdict)
	for _, u := range result.Units {
		fmt.Printf("%-8s joins %s, earns %.0f\n", u.Name, u.Choice, u.Payoff)
	}
	fmt.Printf("welfare is %.0f below the best profile\n", result.Game.WelfareGap)
	audit, err := engine.Replay(&chain, engine.ReplayOptions{Contracts: contracts.Coordination()})
	if err != nil {
		panic(err)
	}
	fmt.Printf("%d blocks executed again from their genesis\n", len(audit.Blocks))
	// Output:
	// converged to a strict Nash profile
	// farm     joins Town, earns 14817
	// turbine  joins Mill, earns 5844
	// battery  joins Town, earns 1149
	// welfare is 0 below the best profile
	// 15 blocks executed again from their genesis
}
