package evogame

import "github.com/trigrid/trigrid/internal/faults"

// Continuum is a population game with a continuum of players per class (a
// nonatomic game). It is the limit of [Classes] for many players: the law of
// large numbers replaces the binomial distribution by its mean, and one player
// does not change the masses.
//
//	f_c(v; x) = U_c(v, n)        n_c' = Mass_c' · x_{c',v}
//
// For example, commuters of mass 1 choose between two roads. The payoff of a
// road is minus its travel time, which grows with the mass on it: Payoff(c, v,
// n) = −(a_v + b_v n[0]).
//
// One evaluation costs one payoff per class and strategy, independent of the
// number of players. Payoff should be cheap, and smooth so that the adaptive
// integration takes long steps.
//
// Source: Sandholm (2010), Population Games and Evolutionary Dynamics, section
// 2.1.
type Continuum struct {
	Mass    []float64 // per class, > 0, for example a number of players or MW
	Choices int       // number of strategies, the same for every class
	// Payoff returns U_c(v, n), the payoff per unit of mass of a class with
	// strategy choice. members holds the masses n of all classes with the same
	// choice. Payoff does not keep or change members and allows concurrent
	// calls.
	Payoff func(class, choice int, members []float64) float64
	// ChoicePayoffs writes the payoffs of all classes with a strategy into
	// payoffs, as Payoff does one by one. If it is not nil, Payoff is not used.
	// It suits payoffs that one computation gives for all classes, such as the
	// duals of one program per VPP.
	ChoicePayoffs func(choice int, members, payoffs []float64)
}

var _ PopulationGame = Continuum{}

// Players implements [Shape]: one population per class.
func (g Continuum) Players() int { return len(g.Mass) }

// Strategies implements [Shape].
func (g Continuum) Strategies(int) int { return g.Choices }

// Payoffs implements [PopulationGame].
func (g Continuum) Payoffs(dst, x State) { g.evaluate(dst, x, make([]float64, 2*len(g.Mass))) }

// evaluator returns a function like Payoffs that reuses its memory, for one
// goroutine.
func (g Continuum) evaluator() func(dst, x State) {
	members := make([]float64, 2*len(g.Mass))
	return func(dst, x State) { g.evaluate(dst, x, members) }
}

func (g Continuum) evaluate(dst, x State, memory []float64) {
	members, payoffs := memory[:len(g.Mass)], memory[len(g.Mass):]
	for v := range g.Choices {
		for c := range members {
			members[c] = g.Mass[c] * x[c][v]
		}
		if g.ChoicePayoffs != nil {
			g.ChoicePayoffs(v, members, payoffs)
			for c := range members {
				dst[c][v] = payoffs[c]
			}
			continue
		}
		for c := range members {
			dst[c][v] = g.Payoff(c, v, members)
		}
	}
}

// Validate reports masses that are not positive and a missing payoff function.
func (g Continuum) Validate() error {
	bad := faults.List{Prefix: "evogame: "}
	for c, m := range g.Mass {
		bad.Require(finite(m) && m > 0, "the mass of class %d is %v, want a positive number", c, m)
	}
	bad.Require(g.Payoff != nil || g.ChoicePayoffs != nil, "the game has no payoff function; set Payoff or ChoicePayoffs")
	return bad.Err()
}
