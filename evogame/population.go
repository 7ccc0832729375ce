package evogame

import (
	"fmt"

	"github.com/trigrid/trigrid/internal/faults"
)

// PopulationGame gives the payoff of every strategy of every population as a
// function of the state. This is all the information that a dynamic uses
// (Sandholm 2010, chapter 2). A game that also has the method Validate() error
// is validated before each run.
type PopulationGame interface {
	Shape
	// Payoffs writes f_i(v; x) into dst[i][v]. The result depends on x only.
	// Payoffs keeps neither argument, does not change x, and allows concurrent
	// calls.
	Payoffs(dst, x State)
}

// evaluatorOf returns the fastest function for g's payoffs. The function is for
// one goroutine.
func evaluatorOf(g PopulationGame) func(dst, x State) {
	if e, ok := g.(interface{ evaluator() func(dst, x State) }); ok {
		return e.evaluator()
	}
	return g.Payoffs
}

// validateGame checks the shape of a population game and calls its Validate
// method, if it has one.
func validateGame(g PopulationGame) error {
	if g.Players() < 1 {
		return fmt.Errorf("evogame: the game has %d players, want at least 1", g.Players())
	}
	bad := faults.List{Prefix: "evogame: "}
	for i := range g.Players() {
		m := g.Strategies(i)
		bad.Require(m >= 1, "%s has %d strategies, want at least 1", playerName(g, i), m)
	}
	if v, ok := g.(interface{ Validate() error }); ok {
		bad.Add(v.Validate())
	}
	return bad.Err()
}
