package evogame

import (
	"context"
	"fmt"
	"math"

	"github.com/trigrid/trigrid/internal/faults"
)

// Sweep varies the probability of one strategy of one player. The other
// strategies of the player keep their proportions. For example, with values 0.2
// and 0.6 for strategy 0, the start (0.5, 0.25, 0.25) becomes (0.2, 0.4, 0.4)
// and (0.6, 0.2, 0.2).
//
// By default the value is the initial probability. With Clamp the player keeps
// it for the whole run, and only the ends of the other players are compared.
//
// The experiment "fix the probability of one resource and compare the
// equilibria" is from J. Renew. Sustain. Energy 18, 015306 (2026).
type Sweep struct {
	Player   int
	Strategy int
	Values   []float64 // probabilities in [0, 1]; nil: 0.1, 0.2, …, 0.9
	Start    State     // of all players; nil: Uniform
	Clamp    bool      // hold the player at the value during the run
	Fill     FillOptions
}

// SensitivityRow is one value of a sweep with the result of its run.
type SensitivityRow struct {
	Value  float64
	Result *Result
}

// Sensitivity is the outcome of a [Sweep].
type Sensitivity struct {
	Rows []SensitivityRow // in the order of the values
	// Agree is true if all runs converged to the same strict Nash equilibrium
	// or to the same state, within 1e-4. With Clamp the player itself is
	// ignored.
	Agree bool
}

// SweepStart runs a dynamic once for every value of a sweep, in parallel. A nil
// dynamic is the [Replicator]. SweepStart reports all violations of the sweep,
// and the first error of a run.
func SweepStart(
	ctx context.Context, g PopulationGame, d Dynamic, s Sweep, o Options,
) (*Sensitivity, error) {
	if err := validateGame(g); err != nil {
		return nil, err
	}
	s, err := s.withDefaults(g)
	if err != nil {
		return nil, err
	}
	if s.Clamp {
		o.Held = append([]int{s.Player}, o.Held...)
	}
	out := &Sensitivity{Rows: make([]SensitivityRow, len(s.Values)), Agree: true}
	err = parallel(ctx, len(s.Values), s.Fill, func(ctx context.Context, k int) (err error) {
		out.Rows[k].Value = s.Values[k]
		out.Rows[k].Result, err = Run(ctx, g, d, s.start(s.Values[k]), o)
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, row := range out.Rows {
		out.Agree = out.Agree && row.Result.Verdict.Converged() &&
			s.sameEnd(out.Rows[0].Result, row.Result)
	}
	return out, nil
}

// sameEnd reports whether two runs ended at the same state. Ends near a strict
// equilibrium are compared by profile, because runs stop at different distances
// from it.
func (s Sweep) sameEnd(a, b *Result) bool {
	x, y := a.Final.Clone(), b.Final.Clone()
	if a.Verdict == ConvergedToStrictNash && b.Verdict == ConvergedToStrictNash {
		for i := range x {
			for v := range x[i] {
				x[i][v], y[i][v] = 0, 0
			}
			x[i][a.Profile[i]], y[i][b.Profile[i]] = 1, 1
		}
	}
	if s.Clamp {
		copy(y[s.Player], x[s.Player])
	}
	return distance(x, y) <= 1e-4
}

// start returns the initial state for one value.
func (s Sweep) start(value float64) State {
	x := s.Start.Clone()
	row := x[s.Player]
	others := 1 - row[s.Strategy]
	for v := range row {
		switch {
		case v == s.Strategy:
			row[v] = value
		case others > 0:
			row[v] *= (1 - value) / others
		default: // Start plays the strategy with certainty: there are no proportions to keep
			row[v] = (1 - value) / float64(len(row)-1)
		}
	}
	return x
}

// withDefaults returns s with defaults set, or an error that lists every
// violation.
func (s Sweep) withDefaults(g Shape) (Sweep, error) {
	if s.Start == nil {
		s.Start = Uniform(g)
	}
	if s.Values == nil {
		for k := 1; k <= 9; k++ {
			s.Values = append(s.Values, float64(k)/10)
		}
	}
	if s.Player < 0 || s.Player >= g.Players() {
		return s, fmt.Errorf("evogame: the sweep is over player %d of %d", s.Player, g.Players())
	}
	bad := faults.List{Prefix: "evogame: "}
	bad.Add(s.Start.Validate(g))
	n := g.Strategies(s.Player)
	bad.Require(s.Strategy >= 0 && s.Strategy < n && n >= 2,
		"the sweep is over strategy %d of %s, which has %d; want one of at least 2",
		s.Strategy, playerName(g, s.Player), n)
	bad.Require(len(s.Values) > 0, "the sweep has no values; leave Values nil for 0.1 to 0.9")
	for k, v := range s.Values {
		bad.Require(!math.IsNaN(v) && v >= 0 && v <= 1,
			"value %d of the sweep is %v, want a probability", k, v)
	}
	return s, bad.Err()
}
