package evogame

import (
	"context"
	"errors"
	"fmt"
	"math"
)

// Map is a rule by which a population changes from one period to the next. The contract is that of
// [Dynamic]: values without state, the simplex is kept.
type Map interface {
	// Next writes the state after a period with state x and payoffs f.
	Next(next, x, f []float64)
}

// IterateOptions sets how [Iterate] follows a map. The zero value works.
type IterateOptions struct {
	// Periods is the number of periods to follow, all of them when it is set; 0 stops when the verdict is
	// known, after 100,000 at most.
	Periods int
	// Every is the number of periods between recorded states; 0: 1. Negative: only the first and last.
	Every int
	// Scale divides the payoffs of each population before the map sees them, > 0. nil: the largest
	// difference between its strategies over a fixed sample of states, so that a rate means the same for
	// a game in cents and one in millions.
	Scale []float64
	// Rest, PayoffTolerance and Held are as in [Options].
	Rest            float64
	PayoffTolerance float64
	Held            []int
}

// Iterate follows a map from a start and says how it ends, as [Run] does for dynamics; all populations
// move at once. Time in the result counts periods. A nil map is [ExponentialWeights] with its defaults, a nil
// start the [Uniform] state.
func Iterate(ctx context.Context, g PopulationGame, m Map, start State, o IterateOptions) (*Result, error) {
	if err := validate(g); err != nil {
		return nil, err
	}
	if m == nil {
		m = ExponentialWeights{}
	}
	if start == nil {
		start = Uniform(g)
	}
	basic, err := Options{Rest: o.Rest, PayoffTolerance: o.PayoffTolerance, Held: o.Held}.filled(g)
	if err := errors.Join(err, o.validate(g), start.Validate(g)); err != nil {
		return nil, err
	}
	start = start.Clone()
	for _, row := range start {
		normalise(row)
	}

	moving := newMotion(g, nil, start, basic)
	moving.rule = fmt.Sprintf("%T", m)
	steps := &periods{of: m, motion: moving, scale: o.Scale, next: start.Clone(), f: make([]float64, len(moving.growth))}
	if steps.scale == nil {
		moving.change = func(dx []float64, _ int, _, _ []float64) { clear(dx) }
		unit, err := scaleOf(moving, start)
		if err != nil {
			return nil, err
		}
		steps.scale = unit.spread
		for i, spread := range steps.scale {
			if spread == 0 {
				steps.scale[i] = 1 // all strategies earn the same: any unit will do
			}
		}
	}
	moving.change = steps.change
	moving.payoffs(moving.f, moving.x)
	if err := finitePayoffs(g, moving.x, moving.f); err != nil {
		return nil, err
	}
	s, err := scaleOf(moving, start)
	if err != nil {
		return nil, err
	}
	r := &runner{options: basic, motion: moving, judge: newJudge(moving, s, basic)}
	moving.payoffs(moving.f, moving.x) // the sample left others behind
	r.record(0)
	if err := r.iterate(ctx, steps, o); err != nil {
		return nil, err
	}
	return r.result(), nil
}

func (o IterateOptions) validate(s Shape) error {
	var errs []error
	if o.Periods < 0 {
		errs = append(errs, fmt.Errorf("evogame: option Periods is %d, want at least 0", o.Periods))
	}
	if o.Scale != nil && len(o.Scale) != s.Players() {
		errs = append(errs, fmt.Errorf("evogame: option Scale has %d entries for %d players", len(o.Scale), s.Players()))
	}
	for i, v := range o.Scale {
		if !finite(v) || v <= 0 {
			errs = append(errs, fmt.Errorf("evogame: option Scale of player %d is %v, want a positive number", i, v))
		}
	}
	return errors.Join(errs...)
}

// iterate moves the runner's state until the verdict is known or the options say stop.
func (r *runner) iterate(ctx context.Context, steps *periods, o IterateOptions) error {
	limit, open := o.Periods, o.Periods == 0
	if open {
		limit = 100_000
	}
	loop := newLoop(r.motion.x)
	for period := 1; period <= limit; period++ {
		if open && (loop.found || r.verdict()) {
			break
		}
		if err := context.Cause(ctx); err != nil {
			return err
		}
		if err := steps.advance(); err != nil {
			return err
		}
		r.now = float64(period)
		if err := finitePayoffs(r.motion.game, r.motion.x, r.motion.f); err != nil {
			return err
		}
		if o.Every >= 0 && period%max(1, o.Every) == 0 {
			r.record(r.now)
		}
		loop.look(r.motion.x)
	}
	switch {
	case r.verdict():
	case loop.found:
		r.end = ending{verdict: Cycle, period: float64(loop.length), reason: fmt.Sprintf("the state repeats every %d periods", loop.length)}
	default:
		r.end.reason = fmt.Sprintf("still moving after %.0f periods", r.now)
	}
	return nil
}

// periods applies a map to the populations that move.
type periods struct {
	of     Map
	motion *motion
	scale  []float64 // unit of payoff of each population
	next   State
	f      []float64
}

// apply writes the next state of a population, given payoffs f in the game's unit.
func (p *periods) apply(next []float64, i int, x, f []float64) {
	scaled := p.f[:len(f)]
	for v := range f {
		scaled[v] = f[v] / p.scale[i]
	}
	p.of.Next(next, x, scaled)
}

// advance moves the state in the motion by one period and evaluates its payoffs. It refuses a map that
// leaves the simplex.
func (p *periods) advance() error {
	x, f := p.motion.x, p.motion.f
	for _, part := range p.motion.parts {
		i := part.population
		p.apply(p.next[i], i, x[i], f[i])
		sum, least := 0.0, 0.0
		for _, v := range p.next[i] {
			sum += v
			least = min(least, v)
		}
		if !(math.Abs(sum-1) <= 1e-6) || least < -1e-6 {
			return fmt.Errorf("evogame: %s moves the state %v of %s to %v, want probabilities", p.motion.rule, x[i], playerName(p.motion.game, i), p.next[i])
		}
	}
	for _, part := range p.motion.parts {
		copy(x[part.population], p.next[part.population])
	}
	p.motion.payoffs(f, x)
	return nil
}

// change writes how a population would change in one period.
func (p *periods) change(dx []float64, i int, x, f []float64) {
	p.apply(dx, i, x, f)
	for v := range dx {
		dx[v] -= x[v]
	}
}

// loop finds periodic points by Brent's rule: compare with a mark that moves after 1, 2, 4, … periods. A
// return must be close relative to how far the state went meanwhile, and happen twice after the same
// number of periods.
type loop struct {
	mark                State
	age, window, length int
	size                float64
	found               bool
}

func newLoop(x State) *loop { return &loop{mark: x.Clone(), window: 1} }

func (l *loop) look(x State) {
	l.age++
	distance := 0.0
	for i := range x {
		for v := range x[i] {
			distance = max(distance, math.Abs(x[i][v]-l.mark[i][v]))
		}
	}
	l.size = max(l.size, distance)
	if distance <= closure*l.size && l.age > 1 {
		if l.length > 0 && l.age == 2*l.length {
			l.found = true
		} else if l.length == 0 {
			l.length = l.age
		}
	}
	if !l.found && l.age == l.window {
		copyState(l.mark, x)
		l.age, l.window, l.length, l.size = 0, 2*l.window, 0, 0
	}
}

func copyState(dst, src State) {
	for i := range dst {
		copy(dst[i], src[i])
	}
}
