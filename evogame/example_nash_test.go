package evogame_test

import (
	"context"
	"fmt"

	"github.com/trigrid/trigrid/evogame"
)

// stagHunt has payoffs 4 (both hunt stag), 3 (hare) and 0 (stag alone).
func stagHunt() *evogame.Table {
	game, err := evogame.Bimatrix([][]float64{{4, 0}, {3, 3}}, [][]float64{{4, 3}, {0, 3}})
	if err != nil {
		panic(err)
	}
	_ = game.SetNames([]string{"A", "B"}, [][]string{{"stag", "hare"}, {"stag", "hare"}})
	return game
}

// The stag hunt has two strict equilibria. The deviation from (stag, stag)
// loses 4 − 3, the one from (hare, hare) loses 3 − 0.
func ExampleStrictNash() {
	equilibria, err := evogame.StrictNash(stagHunt())
	if err != nil {
		panic(err)
	}
	for _, e := range equilibria {
		fmt.Println(e.Profile, e.Kind, e.Margin)
	}
	// Output:
	// [0 0] strict 1
	// [1 1] strict 3
}

// If A hunts stag alone, it gains 3 by a change to hare.
func ExampleExamine() {
	game := stagHunt()
	e, ok, err := evogame.Examine(context.Background(), game, []int{0, 1})
	fmt.Println(ok, err)
	fmt.Println(game.PlayerName(e.Player), "to", game.StrategyName(e.Player, e.Strategy), e.Margin)
	// Output:
	// false <nil>
	// A to hare -3
}

// Hawks and doves with value 2 and cost 5 have one evolutionarily stable state,
// with the share 2/5 of hawks. The prisoner's dilemma has mutual defection,
// zero-sum rock-paper-scissors none.
func ExampleMatrix_ESS() {
	for _, game := range []evogame.Matrix{
		{{-1.5, 2}, {0, 1}},
		{{3, 0}, {5, 1}},
		{{0, -1, 1}, {1, 0, -1}, {-1, 1, 0}},
	} {
		states, err := game.ESS()
		fmt.Printf("%.2f %v\n", states, err)
	}
	// Output:
	// [[[0.40 0.60]]] <nil>
	// [[[0.00 1.00]]] <nil>
	// [] <nil>
}

// From (stag, hare) A moves first, to hare. Matching pennies has no pure
// equilibrium, so that its paths repeat.
func ExampleBetterReplies() {
	path, err := evogame.BetterReplies(context.Background(), stagHunt(), []int{0, 1}, 0)
	fmt.Println(path.Profiles, err)
	fmt.Println(path.Reason)

	pennies, _ := evogame.Bimatrix([][]float64{{1, -1}, {-1, 1}}, [][]float64{{-1, 1}, {1, -1}})
	path, _ = evogame.BetterReplies(context.Background(), pennies, []int{0, 0}, 0)
	fmt.Println(path.Verdict)
	fmt.Println(path.Reason)
	// Output:
	// [[0 1] [1 1]] <nil>
	// no player gains at (A: hare, B: hare), strict by a margin of 3
	// does not converge: cycle
	// the moves repeat every 4
}

// A path has the form of a trajectory between pure states, so that a report can
// show both alike.
func ExamplePath_Trajectory() {
	game := stagHunt()
	path, _ := evogame.BetterReplies(context.Background(), game, []int{0, 1}, 0)
	r := path.Trajectory(game)
	fmt.Println(r.Verdict, r.Time)
	fmt.Println(r.States)
	// Output:
	// converged to a strict Nash profile 1
	// [[[1 0] [0 1]] [[0 1] [0 1]]]
}

// A congestion game has Rosenthal's potential: minus the sum of 15 for the
// first driver on a road and 20 for the second. The stag hunt has a potential
// with two local maxima. Matching pennies has none: its four gains of 2 around
// the cycle leave a mismatch of 8.
func ExampleExactPotential() {
	pennies, _ := evogame.Bimatrix([][]float64{{1, -1}, {-1, 1}}, [][]float64{{-1, 1}, {1, -1}})
	for _, game := range []evogame.Game{routes{drivers: 2}, stagHunt(), pennies} {
		p, err := evogame.ExactPotential(game, 0)
		if err != nil {
			panic(err)
		}
		fmt.Println(p.Exact, p.Mismatch, p.At([]int{0, 0}), p.At([]int{0, 1}), p.At([]int{1, 1}))
	}
	// Output:
	// true 0 0 5 0
	// true 0 0 -1 2
	// false 8 0 2 -4
}

// sharing is a game of two DERs and two VPPs that pay marginal contributions.
// worth[v][s] is the worth of coalition s, as bits, in VPP v.
type sharing [2][4]float64

func (sharing) Players() int       { return 2 }
func (sharing) Strategies(int) int { return 2 }

func (worth sharing) Payoff(player int, profile []int) float64 {
	var coalition int
	for j, v := range profile {
		if v == profile[player] {
			coalition |= 1 << j
		}
	}
	w := worth[profile[player]]
	return w[coalition] - w[coalition&^(1<<player)]
}

// Under marginal contributions the total worth is an exact potential, so that
// the best profile is an equilibrium (Monderer, Shapley 1996). The payoffs add
// up to more or less than the worth, hence the explicit total.
func ExampleMeasureWelfare() {
	worth := sharing{{0, 5, 4, 12}, {0, 6, 5, 9}}
	welfare, err := evogame.MeasureWelfare(worth, func(profile []int) float64 {
		var s [2]int
		s[profile[0]] |= 1
		s[profile[1]] |= 2
		return worth[0][s[0]] + worth[1][s[1]]
	})
	if err != nil {
		panic(err)
	}
	potential, _ := evogame.ExactPotential(worth, 0)
	equilibria, _ := evogame.StrictNash(worth)
	efficiency, _ := welfare.Efficiency(equilibria)
	fmt.Println(welfare.Optimum, welfare.Best, potential.Exact, len(equilibria))
	fmt.Println(efficiency.WorstGap, efficiency.BestGap, efficiency.PriceOfAnarchy)
	// Output:
	// 12 [[0 0]] true 1
	// 0 0 1
}

// In the stag hunt the equilibrium (hare, hare) has 6 of the 8 that (stag,
// stag) has.
func ExampleWelfare_Efficiency() {
	game := stagHunt()
	welfare, _ := evogame.MeasureWelfare(game, nil)
	equilibria, _ := evogame.StrictNash(game)
	e, ok := welfare.Efficiency(equilibria)
	fmt.Println(ok, e.Worst, e.WorstGap, e.Best, e.BestGap)
	fmt.Printf("price of anarchy %.3f, of stability %g\n", e.PriceOfAnarchy, e.PriceOfStability)
	// Output:
	// true [1 1] 2 [0 0] 0
	// price of anarchy 1.333, of stability 1
}
