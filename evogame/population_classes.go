package evogame

import (
	"context"
	"fmt"
	"sync"

	"github.com/trigrid/trigrid/internal/faults"
)

// ClassGame describes players in classes of equals. The payoff of a player
// depends on its class, its strategy, and the number of players of each class
// with the same strategy. For example, 30 wind turbines and 20 batteries choose
// between two VPPs. A player unlike all others is a class of one.
type ClassGame struct {
	Counts  []int // number of players per class, ≥ 1
	Choices int   // number of strategies, the same for every class
	// Payoff returns U_c(v, n), the payoff of one player of a class with
	// strategy choice. members holds the numbers n of players of all classes
	// with the same choice, including the player itself. Payoff does not keep
	// or change members and allows concurrent calls.
	Payoff func(ctx context.Context, class, choice int, members []int) (float64, error)

	ClassNames, ChoiceNames []string // for errors and reasons; nil: numbers
}

// Classes is a tabulated [ClassGame]: a [PopulationGame] with one population
// per class. Every player of a class plays the same mixed strategy,
// independently of the others:
//
//	f_c(v; x) = Σ_n Π_c' Binomial(n_c'; m_c' − [c'=c], x_{c',v}) U_c(v, n + e_c)
//
// The sum is over the numbers n_c' of other players of each class c' with
// strategy v, m_c' is the count of class c', and e_c adds the player itself.
// This equals the expected payoff in the game of all single players. It needs
// Choices · Π_c (m_c + 1) payoffs instead of Choices to the power Σ_c m_c: for
// two classes of 20 players and two strategies, 882 payoffs instead of 2⁴⁰,
// about 10¹².
//
// If the players of a class divide among several strategies, the state is
// mixed. The class plays against itself, so a mixed state can be asymptotically
// stable, unlike between single players.
type Classes struct {
	counts  []int
	choices int
	names   classNames
	// payoffs[c][v] is a row-major tensor over the numbers n of other players
	// of each class with choice v. The axis of class c' has m_c' + 1 entries,
	// and that of c itself m_c.
	payoffs [][][]float64
	scratch sync.Pool // of *classScratch
}

var (
	_ PopulationGame = (*Classes)(nil)
	_ Named          = (*Classes)(nil)
)

// classNames holds names of classes and choices; nil: numbers.
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

// Tabulate computes all payoffs in parallel. One goroutine computes the payoffs
// of all classes for one choice and one members vector, in the order of the
// classes; [Progress] counts these pairs. Tabulate reports invalid data, and
// the first payoff that fails or is not finite.
func (g ClassGame) Tabulate(ctx context.Context, o FillOptions) (*Classes, error) {
	if err := g.validate(); err != nil {
		return nil, err
	}
	sizes := make(shape, len(g.Counts)) // members vectors: 0..m_c players of each class
	for c, m := range g.Counts {
		sizes[c] = m + 1
	}
	limit := MaxPayoffs / g.Choices / len(g.Counts)
	members, err := newSpace(sizes, limit)
	if err != nil { // all counts are valid, so the space is too large
		return nil, fmt.Errorf("evogame: the classes have more than %d combinations of members, "+
			"too many to tabulate; use Continuum for large classes", limit)
	}

	names := classNames{g.ClassNames, g.ChoiceNames}
	t := &Classes{
		counts: append([]int(nil), g.Counts...), choices: g.Choices, names: names,
		payoffs: make([][][]float64, len(g.Counts)),
	}
	for c, m := range g.Counts {
		t.payoffs[c] = make([][]float64, g.Choices)
		for v := range t.payoffs[c] {
			t.payoffs[c][v] = make([]float64, members.count/(m+1)*m)
		}
	}
	err = parallel(ctx, g.Choices*members.count, o, func(ctx context.Context, k int) error {
		v := k / members.count
		n := members.profile(k%members.count, make([]int, len(g.Counts)))
		for c := range n {
			if n[c] == 0 {
				continue // no player of class c is among the members
			}
			payoff, err := g.Payoff(ctx, c, v, n)
			if err != nil {
				return fmt.Errorf("evogame: payoff of %s with choice %s and members %v: %w",
					names.PlayerName(c), names.StrategyName(c, v), n, err)
			}
			if !finite(payoff) {
				return fmt.Errorf("evogame: the payoff of %s with choice %s and members %v is %v, "+
					"want a finite number", names.PlayerName(c), names.StrategyName(c, v), n, payoff)
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
	bad := faults.List{Prefix: "evogame: "}
	bad.Require(len(g.Counts) > 0, "the game has no classes; set Counts")
	for c, m := range g.Counts {
		bad.Require(m >= 1, "class %d has %d players, want at least 1", c, m)
	}
	bad.Require(g.Choices >= 1, "the game has %d choices, want at least 1", g.Choices)
	bad.Require(g.ClassNames == nil || len(g.ClassNames) == len(g.Counts),
		"%d names for %d classes", len(g.ClassNames), len(g.Counts))
	bad.Require(g.ChoiceNames == nil || len(g.ChoiceNames) == g.Choices,
		"%d names for %d choices", len(g.ChoiceNames), g.Choices)
	bad.Require(g.Payoff != nil, "the game has no payoff function; set Payoff")
	return bad.Err()
}

// index returns the position of a members vector in the tensors of class c.
// members includes the player of class c itself, so the coordinate of c is
// members[c] − 1.
func (t *Classes) index(c int, members []int) int {
	k := 0
	for other, n := range members {
		size := t.counts[other] + 1
		if other == c {
			size--
			n--
		}
		k = k*size + n
	}
	return k
}

// Players implements [Shape]: one population per class.
func (t *Classes) Players() int { return len(t.counts) }

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

// evaluator returns a function like Payoffs that owns its working memory, for
// one goroutine.
func (t *Classes) evaluator() func(dst, x State) {
	s := newClassScratch(t)
	return func(dst, x State) { t.expected(dst, x, s) }
}

// classScratch is the working memory of one evaluation.
type classScratch struct {
	buffer []float64   // the largest tensor
	all    [][]float64 // per class: distribution of n_c among all m_c players
	rest   [][]float64 // per class: distribution of n_c among m_c − 1 players
}

func newClassScratch(t *Classes) *classScratch {
	s := &classScratch{
		all:  make([][]float64, len(t.counts)),
		rest: make([][]float64, len(t.counts)),
	}
	largest := 0
	for c, m := range t.counts {
		s.all[c], s.rest[c] = make([]float64, m+1), make([]float64, m)
		largest = max(largest, len(t.payoffs[c][0]))
	}
	s.buffer = make([]float64, largest)
	return s
}

// expected writes f(x) into dst. It contracts the tensor of (c, v) with one
// binomial distribution per class.
func (t *Classes) expected(dst, x State, s *classScratch) {
	for v := range t.choices {
		for c := range t.counts {
			binomial(s.all[c], x[c][v])
			binomial(s.rest[c], x[c][v])
		}
		for c := range t.counts {
			rest := t.payoffs[c][v]
			for other := range t.counts {
				distribution := s.all[other]
				if other == c {
					distribution = s.rest[other] // the player itself is certain
				}
				n := len(rest) / len(distribution)
				contract(s.buffer[:n], rest, distribution)
				rest = s.buffer[:n]
			}
			dst[c][v] = rest[0]
		}
	}
}

// binomial writes the distribution of the number n of successes in m = len(dst)
// − 1 trials into dst, with P(n+1)/P(n) = (m−n) p / ((n+1) q) and q = 1 − p. It
// starts at the mode with 1, multiplies outwards, and divides by the sum. All
// terms are positive, so no digits cancel, and terms that underflow are
// negligible.
func binomial(dst []float64, p float64) {
	m, q := len(dst)-1, 1-p
	// The clamp keeps the index in range if p is NaN. NaN then fills the other
	// entries.
	mode := max(0, min(int(float64(m+1)*p), m))
	dst[mode] = 1
	for n := mode; n < m; n++ {
		dst[n+1] = dst[n] * float64(m-n) * p / (float64(n+1) * q)
	}
	for n := mode; n > 0; n-- {
		dst[n-1] = dst[n] * float64(n) * q / (float64(m-n+1) * p)
	}
	normalise(dst)
}

// Game returns the game of all single players, class by class: with counts [2
// 1], players 0 and 1 are of class 0 and player 2 is of class 1. The number of
// profiles, Choices to the power Σ_c m_c, limits its use to few players;
// [BetterReplies] does not enumerate profiles.
func (t *Classes) Game() Game {
	g := playerGame{classes: t}
	for c, m := range t.counts {
		for range m {
			g.class = append(g.class, c)
		}
	}
	return g
}

// playerGame is the game of the single players of a [Classes].
type playerGame struct {
	classes *Classes
	class   []int // of each player
}

func (g playerGame) Players() int       { return len(g.class) }
func (g playerGame) Strategies(int) int { return g.classes.choices }

// Payoff counts the members of the player's strategy in a profile and looks up
// their payoff.
func (g playerGame) Payoff(player int, profile []int) float64 {
	members := make([]int, len(g.classes.counts))
	for j, v := range profile {
		if v == profile[player] {
			members[g.class[j]]++
		}
	}
	c := g.class[player]
	return g.classes.payoffs[c][profile[player]][g.classes.index(c, members)]
}
