package trigrid_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"strings"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/casefile"

	"github.com/trigrid/trigrid/ledger/contracts"
	"github.com/trigrid/trigrid/ledger/engine"
	"github.com/trigrid/trigrid/optional"
)

// valley returns the region of testdata/valley.json: a wind farm, a gas turbine
// and a battery, which choose between the VPPs Town and Mill.
func valley(ctx context.Context) trigrid.Region {
	c, err := casefile.Load(os.DirFS("testdata"), "valley.json")
	if err != nil {
		panic(err)
	}
	region, err := c.Region(ctx, casefile.Options{})
	if err != nil {
		panic(err)
	}
	return region
}

// All coalitions are planned, and the choice ends at an equilibrium. The
// exported chain has all messages and can be replayed by an auditor.
func Example() {
	ctx := context.Background()
	var chain bytes.Buffer
	result, err := trigrid.Run(ctx, valley(ctx), trigrid.Options{Export: &chain})
	if err != nil {
		panic(err)
	}
	fmt.Println(result.Game.Verdict)
	for _, u := range result.DERs {
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
	// farm     joins Town, earns 15744
	// turbine  joins Mill, earns 6542
	// battery  joins Town, earns 1299
	// welfare is 0 below the best profile
	// 11 blocks executed again from their genesis
}

// With a high payoff of its outside option, the turbine joins no VPP.
func ExampleRun() {
	ctx := context.Background()
	region := valley(ctx)
	region.Outside = map[string]float64{"turbine": 9000} // currency over the horizon
	result, err := trigrid.Run(ctx, region, trigrid.Options{})
	if err != nil {
		panic(err)
	}
	fmt.Println(result.Game.Profile)
	fmt.Println(result.VPPs[0].Name, result.VPPs[0].Members)
	// Output:
	// map[battery:Mill farm:Town turbine:outside]
	// Town [farm]
}

// A VPP whose connection cannot carry its own demand needs a member that feeds
// in. Coalitions that cannot run are listed with the reason. In no profile is
// every DER content by itself, but a member can pay the other for staying.
func ExampleRecommendation() {
	ctx := context.Background()
	region := valley(ctx)
	region.VPPs[1].ImportLimit = optional.Of(2.5)
	result, err := trigrid.Run(ctx, region, trigrid.Options{})
	if err != nil {
		panic(err)
	}
	first, best := result.Infeasible[0], result.Recommendation
	_, reason, _ := strings.Cut(first.Reason, "demand")
	fmt.Println(first.VPP, first.Members, "demand"+reason)
	fmt.Println(best.Reason, best.Profile)
	for _, der := range []string{"battery", "turbine"} {
		fmt.Printf("%s receives %.2f from other members\n", der, best.Transfers[der])
	}
	// Output:
	// Mill [] demand of 3 MW at step 2 of scenario 0 exceeds the 0 MW that its members can feed in and the import limit of 2.5 MW by 0.5 MW
	// transfers map[battery:Mill farm:Town turbine:Mill]
	// battery receives 596.20 from other members
	// turbine receives -596.20 from other members
}

// A search plans only the coalitions that the paths of the choice need. Observe
// reports the stages.
func ExampleOptions() {
	ctx := context.Background()
	var stages []trigrid.Stage
	result, err := trigrid.Run(ctx, valley(ctx), trigrid.Options{
		Search: true,
		Starts: 2,
		Observe: func(p trigrid.Progress) {
			if p.Done > 0 && p.Done == p.Total {
				stages = append(stages, p.Stage)
			}
		},
	})
	if err != nil {
		panic(err)
	}
	fmt.Println(stages)
	fmt.Println("all profiles examined:", result.Game.Exhaustive)
	fmt.Println(result.Game.Profile)
	// Output:
	// [registration schemes choice settlement]
	// all profiles examined: true
	// map[battery:Town farm:Town turbine:Mill]
}

// A run with a store keeps its solutions: those of 16 coalitions, and the proof
// that a schedule with integers is the only optimal one. After a change of the
// share that Mill passes on to its members, no program differs, so that the
// second run reads all of them.
func ExampleOptions_store() {
	ctx := context.Background()
	folder, err := os.MkdirTemp("", "solved")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(folder)
	region := valley(ctx)
	for _, share := range []float64{0.5, 0.6} {
		region.VPPs[1].PassThrough = share
		result, err := trigrid.Run(ctx, region, trigrid.Options{Store: folder})
		if err != nil {
			panic(err)
		}
		fmt.Println(result.Timing.Reused, "reused,", result.Timing.Computed, "computed")
	}
	// Output:
	// 0 reused, 17 computed
	// 17 reused, 0 computed
}

// All violations of a region are reported at once.
func ExampleRegion_Validate() {
	region := valley(context.Background())
	region.VPPs[0].Name = "Mill"
	region.Outside = map[string]float64{"farm": math.Inf(1), "mine": 100}
	fmt.Println(region.Validate())
	// Output:
	// region: the name "Mill" of a VPP is taken; names must differ
	// region: the outside payoff of "farm" is +Inf, want a finite number
	// region: an outside payoff is given for "mine", which is not a DER
}

// A result written as JSON can be read back. Plans, trajectory and timing are
// not part of it.
func ExampleResult() {
	file := strings.NewReader(`{"region": "valley", "game": {"verdict": "converged to a strict Nash profile",
		"profile": {"farm": "Town", "turbine": "outside"}},
		"ders": [{"name": "turbine", "choice": "outside", "payoff": 9000, "otherwise": {"Town": 5620}}]}`)
	var result trigrid.Result
	if err := json.NewDecoder(file).Decode(&result); err != nil {
		panic(err)
	}
	for _, d := range result.DERs {
		fmt.Println(d.Name, d.Choice == trigrid.Outside, d.Payoff-d.Otherwise["Town"])
	}
	// Output: turbine true 3380
}
