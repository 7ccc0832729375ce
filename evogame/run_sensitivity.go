package evogame

import (
	"context"
	"errors"
	"fmt"
	"math"
)

// Sweep varies the probability of one strategy of one player.
//
// The JRSE 2026 study "fixes the probability of one resource" and finds the same equilibrium for every
// value. Read literally, with the probability clamped, the full profile cannot be the same; so the
// default varies where the player starts, and Clamp gives the literal reading, in which the ends of the
// others are compared.
type Sweep struct {
	Player   int
	Strategy int
	Values   []float64 // probabilities in [0, 1]; nil: 0.1, 0.2, …, 0.9
	Start    State     // of everybody; nil: uniform. The player's other strategies keep their proportions
	Clamp    bool      // hold the player at the value instead of only starting it there
	Fill     FillOptions
}

// SensitivityRow is one value of a sweep and how the run from it ended.
type SensitivityRow struct {
	Value  float64
	Result *Result
}

// Sensitivity is the outcome of a [Sweep].
type Sensitivity struct {
	Rows []SensitivityRow // in the order of the values
	// Agree reports whether every run came to rest at the same strict Nash profile, or at the same state
	// within 1e-4; under Clamp the player itself is left out.
	Agree bool
}

// SweepStart runs a dynamic once for every value of a sweep.
func SweepStart(ctx context.Context, g PopulationGame, d Dynamic, s Sweep, o Options) (*Sensitivity, error) {
	if err := validate(g); err != nil {
		return nil, err
	}
	if s.Start == nil {
		s.Start = Uniform(g)
	}
	if s.Values == nil {
		for k := 1; k <= 9; k++ {
			s.Values = append(s.Values, float64(k)/10)
		}
	}
	if err := s.validate(g); err != nil {
		return nil, err
	}
	if s.Clamp {
		o.Held = append([]int{s.Player}, o.Held...)
	}
	out := &Sensitivity{Rows: make([]SensitivityRow, len(s.Values)), Agree: true}
	err := parallel(ctx, len(s.Values), s.Fill, func(ctx context.Context, k int) (err error) {
		out.Rows[k].Value = s.Values[k]
		out.Rows[k].Result, err = Run(ctx, g, d, s.start(s.Values[k]), o)
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, row := range out.Rows {
		out.Agree = out.Agree && row.Result.Verdict.Converged() && s.sameEnd(out.Rows[0].Result, row.Result)
	}
	return out, nil
}

// sameEnd reports whether two runs of the sweep ended alike. Runs that close in on a profile may still be at
// different distances from it.
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

// start returns the state to start from for one value.
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
		default:
			row[v] = (1 - value) / float64(len(row)-1)
		}
	}
	return x
}

func (s Sweep) validate(g Shape) error {
	if s.Player < 0 || s.Player >= g.Players() {
		return fmt.Errorf("evogame: the sweep is over player %d of %d", s.Player, g.Players())
	}
	errs := []error{s.Start.Validate(g)}
	if n := g.Strategies(s.Player); s.Strategy < 0 || s.Strategy >= n || n < 2 {
		errs = append(errs, fmt.Errorf("evogame: the sweep is over strategy %d of %s, which has %d; want one of at least 2", s.Strategy, playerName(g, s.Player), n))
	}
	if len(s.Values) == 0 {
		errs = append(errs, errors.New("evogame: the sweep has no values; leave Values nil for 0.1 to 0.9"))
	}
	for k, v := range s.Values {
		if math.IsNaN(v) || v < 0 || v > 1 {
			errs = append(errs, fmt.Errorf("evogame: value %d of the sweep is %v, want a probability", k, v))
		}
	}
	return errors.Join(errs...)
}
