package evogame

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/trigrid/trigrid/internal/faults"
)

// maxPeriods bounds an iteration without IterateOptions.Periods.
const maxPeriods = 100_000

// IterateOptions sets how [Iterate] applies a map. The zero value works: it
// stops at the first verdict.
type IterateOptions struct {
	// Periods is the number of periods, all of which are computed. 0: stop as
	// soon as the verdict is certain, at the latest after 100,000 periods.
	Periods int
	// Every is the number of periods between recorded states. 0: 1. Negative:
	// record only the first and the last state.
	Every int
	// Scale is the unit of payoffs of each population, > 0: the map receives f
	// / Scale. nil: the largest payoff difference over a fixed sample of
	// states, so that a rate has the same effect for payoffs in cents and in
	// millions.
	Scale []float64
	// Rest, PayoffTolerance and Held have the meaning and the defaults of
	// [Options].
	Rest            float64
	PayoffTolerance float64
	Held            []int
}

// withDefaults returns o with defaults set and the corresponding Options of a
// runner, or an error that lists every invalid option.
func (o IterateOptions) withDefaults(s Shape) (IterateOptions, Options, error) {
	bad := faults.List{Prefix: "evogame: "}
	common, err := Options{
		Rest: o.Rest, PayoffTolerance: o.PayoffTolerance, Held: o.Held,
	}.withDefaults(s)
	bad.Add(err)
	bad.Require(o.Periods >= 0, "option Periods is %d, want at least 0", o.Periods)
	bad.Require(o.Scale == nil || len(o.Scale) == s.Players(),
		"option Scale has %d entries for %d players", len(o.Scale), s.Players())
	for i, v := range o.Scale {
		bad.Require(finite(v) && v > 0,
			"option Scale of player %d is %v, want a positive number", i, v)
	}
	o.Every = cmp.Or(o.Every, 1)
	return o, common, bad.Err()
}

// Iterate applies a map from a start, to all populations at once, and
// classifies the end as [Run] does for dynamics. Result.Time counts periods. A
// nil map is [ExponentialWeights] with its defaults, a nil start the [Uniform]
// state.
//
// Iterate returns an error for invalid arguments, for payoffs that are not
// finite, for a map that leaves the simplex and for a cancelled context.
func Iterate(
	ctx context.Context, g PopulationGame, m Map, start State, o IterateOptions,
) (*Result, error) {
	if err := validateGame(g); err != nil {
		return nil, err
	}
	if m == nil {
		m = ExponentialWeights{}
	}
	if start == nil {
		start = Uniform(g)
	}
	o, common, err := o.withDefaults(g)
	if err := errors.Join(err, start.Validate(g)); err != nil {
		return nil, err
	}
	start = start.Clone()
	for _, row := range start {
		normalise(row)
	}

	moving := newMotion(g, nil, start, common)
	moving.rule = fmt.Sprintf("%T", m)
	steps := &periods{
		of: m, motion: moving, scale: o.Scale,
		next: start.Clone(), f: make([]float64, len(moving.growth)),
	}
	if steps.scale == nil {
		// The payoff spread is measured with a map that does not move, since
		// the map itself needs it.
		moving.change = func(dx []float64, _ int, _, _ []float64) { clear(dx) }
		unit, err := scaleOf(moving, start)
		if err != nil {
			return nil, err
		}
		steps.scale = unit.spread
		for i, spread := range steps.scale {
			if spread == 0 {
				steps.scale[i] = 1 // all strategies have equal payoffs, so any unit works
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
	r := &runner{options: common, motion: moving, judge: newJudge(moving, s, common)}
	moving.payoffs(moving.f, moving.x) // scaleOf has overwritten the payoffs
	r.record(0)
	if err := r.iterate(ctx, steps, o); err != nil {
		return nil, err
	}
	return r.result(), nil
}

// iterate moves the state in the motion until the verdict is certain, or for
// all periods of the options.
func (r *runner) iterate(ctx context.Context, steps *periods, o IterateOptions) error {
	limit, unbounded := o.Periods, o.Periods == 0
	if unbounded {
		limit = maxPeriods
	}
	returns := newLoop(r.motion.x)
	for period := 1; period <= limit; period++ {
		if unbounded && (returns.found || r.verdict()) {
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
		if o.Every > 0 && period%o.Every == 0 {
			r.record(r.now)
		}
		returns.update(r.motion.x)
	}
	switch {
	case r.verdict():
	case returns.found:
		r.end = ending{
			verdict: Cycle, period: float64(returns.length),
			reason: fmt.Sprintf("the state repeats every %d periods", returns.length),
		}
	default:
		r.end.reason = fmt.Sprintf("still moving after %.0f periods", r.now)
	}
	return nil
}

// periods applies a map to the populations that move.
type periods struct {
	of     Map
	motion *motion
	scale  []float64 // unit of payoffs of each population
	next   State     // working memory
	f      []float64 // working memory: scaled payoffs of one population
}

// apply writes the next state of population i, given payoffs f in the unit of
// the game.
func (p *periods) apply(next []float64, i int, x, f []float64) {
	scaled := p.f[:len(f)]
	for v := range f {
		scaled[v] = f[v] / p.scale[i]
	}
	p.of.Next(next, x, scaled)
}

// advance moves the state in the motion by one period and evaluates its
// payoffs. It reports a map that leaves the simplex by more than 1e-6.
func (p *periods) advance() error {
	x, f := p.motion.x, p.motion.f
	for _, part := range p.motion.parts {
		i := part.population
		p.apply(p.next[i], i, x[i], f[i])
		sum, lowest := 0.0, 0.0
		for _, v := range p.next[i] {
			sum += v
			lowest = min(lowest, v)
		}
		if !(math.Abs(sum-1) <= 1e-6) || lowest < -1e-6 { // true for NaN
			return fmt.Errorf("evogame: %s moves the state %v of %s to %v, want probabilities",
				p.motion.rule, x[i], playerName(p.motion.game, i), p.next[i])
		}
	}
	// All populations move at once, so the new states replace the old ones only
	// now.
	for _, part := range p.motion.parts {
		copy(x[part.population], p.next[part.population])
	}
	p.motion.payoffs(f, x)
	return nil
}

// change writes the change of population i in one period.
func (p *periods) change(dx []float64, i int, x, f []float64) {
	p.apply(dx, i, x, f)
	for v := range dx {
		dx[v] -= x[v]
	}
}

// loop detects periodic points with Brent's algorithm: it compares each state
// with a mark that moves after 1, 2, 4, … periods. A return must be close
// relative to the distance covered since the mark, and happen twice after the
// same number of periods.
//
// Source: Brent (1980), BIT 20, 176.
type loop struct {
	mark   State
	age    int     // periods since the mark
	window int     // age at which the mark moves
	length int     // periods to the first return, 0 before
	size   float64 // largest distance from the mark so far
	found  bool
}

func newLoop(x State) *loop { return &loop{mark: x.Clone(), window: 1} }

// update processes the state after one more period.
func (l *loop) update(x State) {
	l.age++
	d := distance(x, l.mark)
	l.size = max(l.size, d)
	if d <= closure*l.size && l.age > 1 {
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
