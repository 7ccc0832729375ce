package evogame_test

import (
	"context"
	"fmt"
	"math/rand/v2"

	"github.com/trigrid/trigrid/evogame"
)

// Hawks and doves contest a resource of value 2 at a cost of injury of 4. The
// share of hawks converges to the ratio of value and cost, 1/2, from any mixed
// start.
func ExampleMatrix() {
	hawkDove := evogame.Matrix{
		{-1, 2}, // hawk: (2−4)/2 against a hawk, 2 against a dove
		{0, 1},  // dove: 0 against a hawk, 2/2 against a dove
	}
	start := evogame.State{{0.1, 0.9}}
	r, err := evogame.Run(context.Background(), hawkDove, nil, start, evogame.Options{})
	if err != nil {
		panic(err)
	}
	fmt.Printf("hawks %.4f, %v\n", r.Final[0][0], r.Stability)
	fmt.Println(r.Verdict)
	// Output:
	// hawks 0.5000, stable
	// converged to a rest point that is not a strict Nash profile
}

// The nearest profile of a state of two players with two and three strategies.
func ExampleState_Nearest() {
	x := evogame.State{{0.3, 0.7}, {0, 0, 1}}
	profile, distance := x.Nearest()
	fmt.Printf("%v at distance %.1f\n", profile, distance)

	game, _ := evogame.NewTable([]int{2, 3})
	fmt.Println(evogame.Vertex(game, profile))
	fmt.Println(evogame.Uniform(game).Clone()[0])
	random := evogame.RandomState(game, rand.NewPCG(1, 2))
	fmt.Println(random.Validate(game), evogame.State{{0.5, 0.6}, {0, 0, 1}}.Validate(game))
	// Output:
	// [1 2] at distance 0.3
	// [[0 1] [0 0 1]]
	// [0.5 0.5]
	// <nil> evogame: the probabilities of player 0 sum to 1.1, want 1
}

// Four turbines and two batteries choose between two VPPs. A VPP pays each
// member 12 divided by the number of members of its class. Equal division is
// the only equilibrium. A turbine that moves from two to three receives 12/3
// instead of 12/2.
func ExampleClasses_Equilibria() {
	classes, err := evogame.ClassGame{
		Counts: []int{4, 2}, Choices: 2,
		Payoff: func(_ context.Context, class, _ int, members []int) (float64, error) {
			return 12 / float64(members[class]), nil
		},
	}.Tabulate(context.Background(), evogame.FillOptions{})
	if err != nil {
		panic(err)
	}
	divisions, _ := classes.Equilibria(context.Background())
	for _, d := range divisions {
		fmt.Printf("%v %v, margin %g\n", d.Counts, d.Kind, d.Margin)
	}
	equilibria, _ := evogame.StrictNash(classes.Game())
	fmt.Println(len(equilibria), "profiles of", classes.Game().Players(), "single players")
	// Output:
	// [[2 2] [1 1]] strict, margin 2
	// 12 profiles of 6 single players
}

// Thirty turbines choose between two VPPs, which divide 60 and 120 among their
// members. One third of the turbines in the north gives equal payoffs. All
// turbines play the same mixed strategy, so the number of members is binomially
// distributed.
func ExampleClassGame() {
	classes, err := evogame.ClassGame{
		Counts: []int{30}, Choices: 2,
		ClassNames: []string{"turbines"}, ChoiceNames: []string{"north", "south"},
		Payoff: func(_ context.Context, _, choice int, members []int) (float64, error) {
			return float64(60*(1+choice)) / float64(members[0]), nil // south is worth twice as much
		},
	}.Tabulate(context.Background(), evogame.FillOptions{})
	if err != nil {
		panic(err)
	}
	r, _ := evogame.Run(context.Background(), classes, nil, nil, evogame.Options{})
	fmt.Printf("%.4f of the turbines in the north, %v\n", r.Final[0][0], r.Stability)
	// Output:
	// 0.3333 of the turbines in the north, stable
}

// Commuters of mass 1 choose a wide road of 1 hour or a narrow one of n hours,
// n being the mass on it (Pigou 1920). In equilibrium all of them take the
// narrow road. Smith's dynamic gives 1 − 1/(t + 2).
func ExampleContinuum() {
	pigou := evogame.Continuum{
		Mass: []float64{1}, Choices: 2,
		Payoff: func(_, road int, members []float64) float64 {
			if road == 0 {
				return -1
			}
			return -members[0]
		},
	}
	start := evogame.State{{0.5, 0.5}}
	o := evogame.Options{Horizon: 100, Every: 50}
	r, err := evogame.Run(context.Background(), pigou, evogame.Smith{}, start, o)
	if err != nil {
		panic(err)
	}
	for k, x := range r.States {
		fmt.Printf("t = %v: %.3f on the narrow road\n", r.Times[k], x[0][1])
	}
	// Output:
	// t = 0: 0.500 on the narrow road
	// t = 50: 0.981 on the narrow road
	// t = 100: 0.990 on the narrow road
}
