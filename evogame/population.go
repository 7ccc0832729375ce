package evogame

import (
	"errors"
	"fmt"
)

// PopulationGame gives the payoff of every strategy of every population at a state: all that a dynamic
// needs to know about a game.
type PopulationGame interface {
	Shape
	// Payoffs writes f_i(v; x) into dst[i][v]. It depends on x only, keeps neither argument, and must
	// allow concurrent calls.
	Payoffs(dst, x State)
}

// evaluatorOf returns the fastest way to evaluate g from one goroutine.
func evaluatorOf(g PopulationGame) func(dst, x State) {
	if e, ok := g.(interface{ evaluator() func(dst, x State) }); ok {
		return e.evaluator()
	}
	return g.Payoffs
}

// validate checks the shape of a population game and what the game can check about itself.
func validate(g PopulationGame) error {
	if g.Players() < 1 {
		return fmt.Errorf("evogame: the game has %d players, want at least 1", g.Players())
	}
	var errs []error
	for i := range g.Players() {
		if m := g.Strategies(i); m < 1 {
			errs = append(errs, fmt.Errorf("evogame: %s has %d strategies, want at least 1", playerName(g, i), m))
		}
	}
	if v, ok := g.(interface{ Validate() error }); ok {
		errs = append(errs, v.Validate())
	}
	return errors.Join(errs...)
}
