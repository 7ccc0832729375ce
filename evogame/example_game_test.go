package evogame_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/trigrid/trigrid/evogame"
)

// routes is a congestion game. Each driver chooses one of two roads. The payoff
// is minus the travel time, 10 minutes plus 5 per driver on the same road.
type routes struct{ drivers int }

func (r routes) Players() int       { return r.drivers }
func (r routes) Strategies(int) int { return 2 }

func (r routes) Payoff(player int, profile []int) float64 {
	minutes := 10.0
	for _, road := range profile {
		if road == profile[player] {
			minutes += 5
		}
	}
	return -minutes
}

// A type with three methods is a Game. Tabulate evaluates all payoffs in
// parallel.
func ExampleTabulate() {
	table, err := evogame.Tabulate(context.Background(), routes{drivers: 3}, evogame.FillOptions{})
	if err != nil {
		panic(err)
	}
	equilibria, _ := evogame.StrictNash(table)
	fmt.Println(table.Payoff(0, []int{0, 0, 0}), table.Payoff(0, []int{0, 0, 1}))
	fmt.Println(len(equilibria), "equilibria, such as", equilibria[0].Profile)
	// Output:
	// -25 -20
	// 6 equilibria, such as [0 0 1]
}

// In the stag hunt, two hunters succeed together or catch a hare alone.
func ExampleBimatrix() {
	stagHunt, err := evogame.Bimatrix(
		[][]float64{{4, 0}, {3, 3}},
		[][]float64{{4, 3}, {0, 3}})
	if err != nil {
		panic(err)
	}
	_ = stagHunt.SetNames([]string{"A", "B"}, [][]string{{"stag", "hare"}, {"stag", "hare"}})
	fmt.Println("A hunts stag, B hare:", stagHunt.Payoff(0, []int{0, 1}), stagHunt.Payoff(1, []int{0, 1}))
	fmt.Println(stagHunt.PlayerName(0), stagHunt.StrategyName(0, 0))
	// Output:
	// A hunts stag, B hare: 0 3
	// A stag
}

// Validate names the payoffs that were not set.
func ExampleNewTable() {
	table, _ := evogame.NewTable([]int{2, 1}) // player 0 has two strategies, player 1 has one
	table.Set(0, []int{0, 0}, 5)
	table.Set(0, []int{1, 0}, 6)
	table.Set(1, []int{0, 0}, 1)
	fmt.Println(table.Validate())
	table.Set(1, []int{1, 0}, 2)
	fmt.Println(table.Validate())
	// Output:
	// evogame: the payoff of player 1 at (1, 0) is NaN
	// <nil>
}

// A margin below the tolerance of the payoffs does not decide whether a profile
// is an equilibrium.
func ExampleTable_SetTolerance() {
	table, _ := evogame.Bimatrix([][]float64{{10}, {9.99}}, [][]float64{{0}, {0}})
	for _, tolerance := range []float64{0.001, 0.01} {
		table.SetTolerance(0, []int{0, 0}, tolerance) // of a solver with a relative gap, for example
		table.SetTolerance(0, []int{1, 0}, tolerance)
		e, ok, _ := evogame.Examine(context.Background(), table, []int{0, 0})
		fmt.Printf("%v: margin %.2f, tolerance %.3f, %v\n", ok, e.Margin, e.Tolerance, e.Kind)
	}
	// Output:
	// true: margin 0.01, tolerance 0.002, strict
	// true: margin 0.01, tolerance 0.020, undetermined
}

// In matching pennies with the uniform opponent, both strategies have the
// expected payoff 0. If the opponent plays heads with probability 0.8, heads is
// worth 0.8 − 0.2.
func ExampleTable_Payoffs() {
	pennies, _ := evogame.Bimatrix([][]float64{{1, -1}, {-1, 1}}, [][]float64{{-1, 1}, {1, -1}})
	f := evogame.Uniform(pennies) // a state of the right shape to write to
	pennies.Payoffs(f, evogame.Uniform(pennies))
	fmt.Println(f)
	pennies.Payoffs(f, evogame.State{{0.5, 0.5}, {0.8, 0.2}})
	fmt.Printf("%.1f\n", f[0])
	// Output:
	// [[0 0] [0 0]]
	// [0.6 -0.6]
}

// A path of better replies visits few of the 2²⁰ profiles. Cached computes each
// payoff once.
func ExampleCached() {
	game := evogame.NewCached(routes{drivers: 20})
	path, err := evogame.BetterReplies(context.Background(), game, make([]int, 20), 0)
	if err != nil {
		panic(err)
	}
	fmt.Println(path.Verdict, "after", len(path.Profiles)-1, "moves")
	fmt.Println(game.Len(), "payoffs computed")
	// Output:
	// converged to a strict Nash profile after 10 moves
	// 58 payoffs computed
}

// unplanned is a game in which one program has no solution.
type unplanned struct{ routes }

func (unplanned) Compute(_ context.Context, _ int, profile []int) (float64, float64, error) {
	if profile[0] == 1 {
		return 0, 0, errors.New("no solution")
	}
	return 1, 0, nil
}

// Cached reports the error of a Computed game. Payoff, which cannot return an
// error, returns NaN.
func ExampleCached_Err() {
	game := evogame.NewCached(unplanned{routes{drivers: 2}})
	fmt.Println(game.Payoff(0, []int{0, 0}), game.Err())
	fmt.Println(game.Payoff(0, []int{1, 0}), game.Err())
	fmt.Println(game.Prefill(context.Background(), evogame.FillOptions{}))
	// Output:
	// 1 <nil>
	// NaN evogame: payoff of player 0 at (1, 0): no solution
	// evogame: payoff of player 0 at (1, 0): no solution
}

// Progress is called after each of the 8 profiles of three drivers.
func ExampleProgressFunc() {
	last := 0
	_, err := evogame.Tabulate(context.Background(), routes{drivers: 3}, evogame.FillOptions{
		Workers:  2,
		Progress: evogame.ProgressFunc(func(done, total int) { last = 100 * done / total }),
	})
	fmt.Println(last, "%", err)
	// Output:
	// 100 % <nil>
}
