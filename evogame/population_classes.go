package evogame

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// ClassGame describes players who come in classes of equals and whose payoff depends on the choice they
// make and on how many of each class make it too: distributed resources of a few types choosing among
// the same plants. A resource that is one of its kind is a class of one unit.
type ClassGame struct {
	Units   []int // units per class, >= 1
	Choices int   // strategies, the same for every class
	// Payoff returns what one unit of a class earns with a choice that it shares with the given members:
	// units per class, itself included. The slice is not kept or changed. Concurrent calls are allowed.
	Payoff func(ctx context.Context, class, choice int, members []int) (float64, error)

	ClassNames, ChoiceNames []string // for errors and reasons; nil: numbers
}

// Classes is a tabulated [ClassGame]: a [PopulationGame] with one population per class, in which every
// unit of a class mixes alike and independently,
//
//	f_c(v; x) = Σ_n Π_c' Binomial(n_c'; m_c' − [c'=c], x_{c',v}) U_c(v, n + e_c)
//
// the sum being over how many other units n_c' of each class c' make the choice. This is exactly the
// expected payoff in the game of all units, at a cost of Choices · Π (m_c + 1) payoffs instead of
// Choices to the power Σ m_c.
//
// A class whose units end up divided shows as a mixed state: with shared x it is a population that meets
// itself, so that, unlike between single players, a mixed state can be stable.
type Classes struct {
	units   []int
	choices int
	names   classNames
	// payoffs[c][v] is a tensor over the numbers of other units of each class with choice v, the last
	// class changing fastest; the axis of class c is one shorter than those of the others.
	payoffs [][][]float64
	scratch sync.Pool // of *classScratch
}

var (
	_ PopulationGame = (*Classes)(nil)
	_ Named          = (*Classes)(nil)
)

// classNames are what classes and choices are called, nil for numbers.
type classNames struct{ classes, choices []string }

func (n classNames) PlayerName(class int) string {
	if n.classes == nil {
		return fmt.Sprintf("class %d", class)
	}
	return n.classes[class]
}

func (n classNames) StrategyName(_, choice int) string {
	if n.choices == nil {
		return fmt.Sprint(choice)
	}
	return n.choices[choice]
}

// Tabulate computes all payoffs in parallel. Work is counted in pairs of a choice and its members; the
// payoffs of all classes present are asked for by the same goroutine, in order.
func (g ClassGame) Tabulate(ctx context.Context, o FillOptions) (*Classes, error) {
	if err := g.validate(); err != nil {
		return nil, err
	}
	counts := make(shape, len(g.Units)) // the space of members: 0..m_c units of each class
	for c, m := range g.Units {
		counts[c] = m + 1
	}
	limit := maxPayoffs / g.Choices / len(g.Units)
	members, err := newSpace(counts, limit)
	if err != nil { // the counts themselves are in order
		return nil, fmt.Errorf("evogame: the classes have more than %d combinations of members, too many to tabulate; use Shares for classes this large", limit)
	}

	names := classNames{g.ClassNames, g.ChoiceNames}
	t := &Classes{units: append([]int(nil), g.Units...), choices: g.Choices, names: names, payoffs: make([][][]float64, len(g.Units))}
	for c, m := range g.Units {
		t.payoffs[c] = make([][]float64, g.Choices)
		for v := range t.payoffs[c] {
			t.payoffs[c][v] = make([]float64, members.count/(m+1)*m)
		}
	}
	err = parallel(ctx, g.Choices*members.count, o, func(ctx context.Context, k int) error {
		v := k / members.count
		n := members.profile(k%members.count, make([]int, len(g.Units)))
		for c := range n {
			if n[c] == 0 {
				continue
			}
			payoff, err := g.Payoff(ctx, c, v, n)
			if err != nil {
				return fmt.Errorf("evogame: payoff of %s with choice %s and members %v: %w", names.PlayerName(c), names.StrategyName(c, v), n, err)
			}
			if !finite(payoff) {
				return fmt.Errorf("evogame: the payoff of %s with choice %s and members %v is %v, want a finite number", names.PlayerName(c), names.StrategyName(c, v), n, payoff)
			}
			t.payoffs[c][v][t.index(c, n)] = payoff
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return t, nil
}

func (g ClassGame) validate() error {
	var errs []error
	if len(g.Units) == 0 {
		errs = append(errs, errors.New("evogame: the game has no classes"))
	}
	for c, m := range g.Units {
		if m < 1 {
			errs = append(errs, fmt.Errorf("evogame: class %d has %d units, want at least 1", c, m))
		}
	}
	if g.Choices < 1 {
		errs = append(errs, fmt.Errorf("evogame: the game has %d choices, want at least 1", g.Choices))
	}
	if g.ClassNames != nil && len(g.ClassNames) != len(g.Units) {
		errs = append(errs, fmt.Errorf("evogame: %d names for %d classes", len(g.ClassNames), len(g.Units)))
	}
	if g.ChoiceNames != nil && len(g.ChoiceNames) != g.Choices {
		errs = append(errs, fmt.Errorf("evogame: %d names for %d choices", len(g.ChoiceNames), g.Choices))
	}
	if g.Payoff == nil {
		errs = append(errs, errors.New("evogame: the game has no payoff function"))
	}
	return errors.Join(errs...)
}

// index is the place, in the tensors of class c, of members that include one unit of the class itself.
func (t *Classes) index(c int, members []int) int {
	k := 0
	for other, n := range members {
		size := t.units[other] + 1
		if other == c {
			size--
			n--
		}
		k = k*size + n
	}
	return k
}

// Players implements [Shape]: one population per class.
func (t *Classes) Players() int { return len(t.units) }

// Strategies implements [Shape].
func (t *Classes) Strategies(int) int { return t.choices }

// PlayerName implements [Named].
func (t *Classes) PlayerName(class int) string { return t.names.PlayerName(class) }

// StrategyName implements [Named].
func (t *Classes) StrategyName(class, choice int) string { return t.names.StrategyName(class, choice) }

// Payoffs implements [PopulationGame].
func (t *Classes) Payoffs(dst, x State) {
	s, _ := t.scratch.Get().(*classScratch)
	if s == nil {
		s = newClassScratch(t)
	}
	t.expected(dst, x, s)
	t.scratch.Put(s)
}

func (t *Classes) evaluator() func(dst, x State) {
	s := newClassScratch(t)
	return func(dst, x State) { t.expected(dst, x, s) }
}

// classScratch is the working memory of one evaluation.
type classScratch struct {
	buffer    []float64
	all, rest [][]float64 // per class: distribution of how many of all its units, or of all but one, choose
}

func newClassScratch(t *Classes) *classScratch {
	s := &classScratch{all: make([][]float64, len(t.units)), rest: make([][]float64, len(t.units))}
	largest := 0
	for c, m := range t.units {
		s.all[c], s.rest[c] = make([]float64, m+1), make([]float64, m)
		largest = max(largest, len(t.payoffs[c][0]))
	}
	s.buffer = make([]float64, largest)
	return s
}

func (t *Classes) expected(dst, x State, s *classScratch) {
	for v := range t.choices {
		for c := range t.units {
			binomial(s.all[c], x[c][v])
			binomial(s.rest[c], x[c][v])
		}
		for c := range t.units {
			rest := t.payoffs[c][v]
			for other := range t.units {
				distribution := s.all[other]
				if other == c {
					distribution = s.rest[other]
				}
				n := len(rest) / len(distribution)
				contract(s.buffer[:n], rest, distribution)
				rest = s.buffer[:n]
			}
			dst[c][v] = rest[0]
		}
	}
}

// binomial writes the distribution of the number of successes in m = len(dst)−1 trials: from the likeliest
// number outwards by the ratio of neighbours, (m−n) p to (n+1) q, then divided by the sum. Nothing cancels,
// and what underflows is negligible.
func binomial(dst []float64, p float64) {
	m, q := len(dst)-1, 1-p
	mode := max(0, min(int(float64(m+1)*p), m)) // in range for NaN too, which then fills the rest
	dst[mode] = 1
	for n := mode; n < m; n++ {
		dst[n+1] = dst[n] * float64(m-n) * p / (float64(n+1) * q)
	}
	for n := mode; n > 0; n-- {
		dst[n-1] = dst[n] * float64(n) * q / (float64(m-n+1) * p)
	}
	normalise(dst)
}

// Game returns the game of all units as single players, class by class: what the classes stand for. Its
// profiles grow exponentially; use it for few units.
func (t *Classes) Game() Game {
	g := unitGame{classes: t}
	for c, m := range t.units {
		for range m {
			g.class = append(g.class, c)
		}
	}
	return g
}

// unitGame is the game between the single units of a [Classes].
type unitGame struct {
	classes *Classes
	class   []int // of each player
}

func (g unitGame) Players() int       { return len(g.class) }
func (g unitGame) Strategies(int) int { return g.classes.choices }

func (g unitGame) Payoff(player int, profile []int) float64 {
	members := make([]int, len(g.classes.units))
	for j, v := range profile {
		if v == profile[player] {
			members[g.class[j]]++
		}
	}
	c := g.class[player]
	return g.classes.payoffs[c][profile[player]][g.classes.index(c, members)]
}
