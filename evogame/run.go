package evogame

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/trigrid/trigrid/evogame/internal/dop853"
)

// Run follows a dynamic from a start and says how it ends. A nil dynamic is the [Replicator], a nil start
// the [Uniform] state. Start in the interior: a strategy that nobody plays never spreads under an
// [Imitative] dynamic, and a pure profile stays where it is, stable or not.
//
// The equations are integrated by an explicit Runge-Kutta method of order 8 with error control, in
// coordinates that keep the simplex. The result depends on the arguments only.
//
// Run returns an error for arguments that do not fit, all of them at once, for payoffs that are not
// finite and for a cancelled context; a trajectory that goes nowhere is a verdict, not an error.
func Run(ctx context.Context, g PopulationGame, d Dynamic, start State, o Options) (*Result, error) {
	r, err := newRunner(g, d, start, o)
	if err != nil {
		return nil, err
	}
	if err := r.follow(ctx); err != nil {
		return nil, err
	}
	return r.result(), nil
}

// runner is one run under way.
type runner struct {
	options Options
	motion  *motion
	in      *dop853.Integrator // nil where nothing can move
	judge   *judge
	cycle   *recurrence
	end     ending
	now     float64 // time reached
	times   []float64
	flat    []float64 // recorded states, one after another
}

func newRunner(g PopulationGame, d Dynamic, start State, o Options) (*runner, error) {
	if err := validate(g); err != nil {
		return nil, err
	}
	if d == nil {
		d = Replicator{}
	}
	if start == nil {
		start = Uniform(g)
	}
	o, err := o.filled(g)
	if err := errors.Join(err, start.Validate(g)); err != nil {
		return nil, err
	}
	start = start.Clone()
	for _, row := range start {
		normalise(row)
	}

	r := &runner{options: o, motion: newMotion(g, d, start, o)}
	s, err := scaleOf(r.motion, start)
	if err != nil {
		return nil, err
	}
	r.judge = newJudge(r.motion, s, o)
	if r.motion.size > 0 {
		r.in = dop853.New(r.motion.encode(start), r.motion.slope, r.motion.settle(), o.Tolerance)
	} else {
		r.motion.payoffs(r.motion.f, start)
	}
	if err := finitePayoffs(g, r.motion.x, r.motion.f); err != nil {
		return nil, err
	}
	r.cycle = newRecurrence(r.motion)
	copyState(r.motion.x, start) // without the rounding of the coordinates
	r.record(0)
	return r, nil
}

// follow integrates until the verdict is known or the options say stop.
func (r *runner) follow(ctx context.Context) error {
	open, limit := r.options.Horizon == 0, r.options.Horizon
	if open {
		limit = math.Inf(1)
	}
	if r.in == nil {
		// Nothing can move: the start is the end.
		r.now = r.options.Horizon
		r.verdict()
		return nil
	}
	for r.in.Time < limit {
		if open && (r.cycle.found || r.verdict()) {
			break
		}
		if r.in.Steps >= r.options.MaxSteps {
			r.end.reason = fmt.Sprintf("%d steps were not enough, t = %.6g", r.in.Steps, r.in.Time)
			break
		}
		if err := context.Cause(ctx); err != nil {
			return err
		}
		if err := r.advance(limit); err != nil {
			return err
		}
	}
	switch {
	case r.verdict():
	case r.cycle.found:
		r.end = ending{
			verdict: Cycle, period: r.cycle.period,
			reason: fmt.Sprintf("the state of t = %.6g returned after %.6g and again after as long", r.cycle.since, r.cycle.period),
		}
	case r.end.reason == "":
		r.end.reason = fmt.Sprintf("still moving at the horizon, t = %.6g", r.in.Time)
	}
	return nil
}

// advance takes one step and whatever has to be done after it. It leaves state and payoffs at the end of
// the step in the motion.
func (r *runner) advance(limit float64) error {
	if err := r.in.Advance(limit); err != nil {
		// The steps shrink in front of a state whose payoffs are not finite, so name that state.
		if m := r.motion; m.badX != nil {
			if bad := finitePayoffs(m.game, m.badX, m.badF); bad != nil {
				return errors.Join(bad, err)
			}
			return fmt.Errorf("evogame: the velocity of %s is not finite at %v: %w", m.rule, m.badX, err)
		}
		return fmt.Errorf("evogame: the velocity jumps: %w", err)
	}
	if err := finitePayoffs(r.motion.game, r.motion.x, r.motion.f); err != nil {
		return err
	}
	r.now = r.in.Time
	r.recordStep()
	r.cycle.look(r.in)
	return nil
}

// verdict asks the judge about the current state.
func (r *runner) verdict() bool {
	end, settled := r.judge.settled(r.now)
	if settled {
		r.end = end
	}
	return settled
}

// recordStep keeps what the options ask for of the step just taken.
func (r *runner) recordStep() {
	switch every := r.options.Every; {
	case every == 0:
		r.record(r.in.Time)
	case math.IsInf(every, 1):
	default:
		looked := false
		for k := len(r.times); ; k++ {
			t := float64(k) * every
			if t > r.in.Time {
				break
			}
			r.motion.decode(r.in.Within(t))
			r.record(t)
			looked = true
		}
		if looked {
			r.motion.slope(r.in.Slope, r.in.Y) // back to the end of the step
		}
	}
}

func (r *runner) record(time float64) {
	r.times = append(r.times, time)
	for _, row := range r.motion.x {
		r.flat = append(r.flat, row...)
	}
}

// finitePayoffs names the payoffs in f that are not finite.
func finitePayoffs(g Shape, x, f State) error {
	var errs []error
	for i, row := range f {
		for v, payoff := range row {
			if !finite(payoff) {
				errs = append(errs, fmt.Errorf("evogame: the payoff of strategy %s of %s is %v at %.6g", strategyName(g, i, v), playerName(g, i), payoff, x))
			}
		}
	}
	return errors.Join(errs...)
}

// result assembles what was found.
func (r *runner) result() *Result {
	res := &Result{
		Verdict: r.end.verdict, Reason: r.end.reason, Stability: r.end.stability,
		Profile: r.end.profile, Margin: r.end.margin, Period: r.end.period,
		Final: r.motion.x.Clone(), Payoffs: r.motion.f.Clone(),
	}
	if r.in != nil {
		res.Steps, res.Rejected, res.Evaluations = r.in.Steps, r.in.Rejected, r.in.Evaluations
	}
	res.Time = r.now
	if last := len(r.times) - 1; r.times[last] != res.Time {
		r.record(res.Time)
	}
	res.Times = r.times
	sizes := sizesOf(r.motion.game)
	width := len(r.flat) / len(r.times)
	rows := make([][]float64, len(r.times)*len(sizes))
	res.States = make([]State, len(r.times))
	for k := range res.States {
		res.States[k] = carve(State(rows[k*len(sizes):(k+1)*len(sizes):(k+1)*len(sizes)]), r.flat[k*width:(k+1)*width], sizes)
	}
	return res
}
