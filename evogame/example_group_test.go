package evogame_test

import (
	"context"
	"fmt"

	"github.com/trigrid/trigrid/evogame"
)

// dilemma is the prisoner's dilemma: strategy 0 cooperates, strategy 1 defects.
type dilemma struct{}

func (dilemma) Players() int       { return 2 }
func (dilemma) Strategies(int) int { return 2 }
func (dilemma) Payoff(i int, p []int) float64 {
	return [2][2]float64{{3, 0}, {5, 1}}[p[i]][p[1-i]]
}

// No player gains alone by leaving mutual defection, but both gain 2 together.
func ExampleFindGroupMove() {
	move, err := evogame.FindGroupMove(context.Background(), dilemma{}, []int{1, 1}, 0)
	if err != nil {
		panic(err)
	}
	fmt.Println(move.Players, move.Profile, move.Gain)
	// Output: [0 1] [0 0] 2
}
