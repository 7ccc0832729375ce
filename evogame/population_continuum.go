package evogame

import (
	"errors"
	"fmt"
)

// Shares is a population game of classes so large that only shares matter: the limit of [Classes] in
// which chance averages out and one unit more or less changes nothing.
//
//	f_c(v; x) = U_c(v, n)        n_c' = Mass_c' · x_{c',v}
//
// One evaluation costs one payoff per class and choice, however many units there are; the payoff must
// therefore be cheap and, for the adaptive integration to take long steps, smooth.
type Shares struct {
	Mass    []float64 // per class, > 0, for instance units or MW
	Choices int       // strategies, the same for every class
	// Payoff returns what a unit of mass of a class earns with a choice that the given masses of every
	// class make. The slice is not kept or changed. Concurrent calls are allowed.
	Payoff func(class, choice int, members []float64) float64
}

var _ PopulationGame = Shares{}

// Players implements [Shape]: one population per class.
func (g Shares) Players() int { return len(g.Mass) }

// Strategies implements [Shape].
func (g Shares) Strategies(int) int { return g.Choices }

// Payoffs implements [PopulationGame].
func (g Shares) Payoffs(dst, x State) { g.evaluate(dst, x, make([]float64, len(g.Mass))) }

func (g Shares) evaluator() func(dst, x State) {
	members := make([]float64, len(g.Mass))
	return func(dst, x State) { g.evaluate(dst, x, members) }
}

func (g Shares) evaluate(dst, x State, members []float64) {
	for v := range g.Choices {
		for c := range members {
			members[c] = g.Mass[c] * x[c][v]
		}
		for c := range members {
			dst[c][v] = g.Payoff(c, v, members)
		}
	}
}

// Validate reports masses that are not positive and a missing payoff function.
func (g Shares) Validate() error {
	var errs []error
	for c, m := range g.Mass {
		if !finite(m) || m <= 0 {
			errs = append(errs, fmt.Errorf("evogame: the mass of class %d is %v, want a positive number", c, m))
		}
	}
	if g.Payoff == nil {
		errs = append(errs, errors.New("evogame: the game has no payoff function"))
	}
	return errors.Join(errs...)
}
