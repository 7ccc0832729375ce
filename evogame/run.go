package evogame

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/trigrid/trigrid/evogame/internal/dop853"
	"github.com/trigrid/trigrid/internal/faults"
)

// Run integrates a dynamic from a start and classifies the end. A nil dynamic
// is the [Replicator], a nil start the [Uniform] state. Start in the interior:
// under an [Imitative] dynamic a strategy without players never gains any, and
// every pure profile is a rest point, stable or not.
//
// The integrator is an explicit Runge-Kutta method of order 8 with error
// control, in coordinates that keep the simplex. Equal arguments give equal
// results.
//
// Run returns an error for invalid arguments (all violations at once), for
// payoffs that are not finite and for a cancelled context. A trajectory that
// does not converge is a result with its [Verdict], and so is one that the
// integrator cannot continue: NotConverged, with the last state and the time
// reached.
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

// runner is the state of one call of Run or Iterate.
type runner struct {
	options Options
	motion  *motion
	in      *dop853.Integrator // nil if no population can move, and for maps
	judge   *judge
	cycle   *recurrence // nil for maps
	end     ending
	now     float64   // time reached
	times   []float64 // of the recorded states
	flat    []float64 // recorded states, concatenated
}

// newRunner validates the arguments, measures the scales of the game and
// records the start.
func newRunner(g PopulationGame, d Dynamic, start State, o Options) (*runner, error) {
	if err := validateGame(g); err != nil {
		return nil, err
	}
	if d == nil {
		d = Replicator{}
	}
	if start == nil {
		start = Uniform(g)
	}
	o, err := o.withDefaults(g)
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
	copyState(r.motion.x, start) // encode and decode have rounded it
	r.record(0)
	return r, nil
}

// follow integrates until the verdict is certain, or up to the horizon or the
// limit of steps.
func (r *runner) follow(ctx context.Context) error {
	unbounded, limit := r.options.Horizon == 0, r.options.Horizon
	if unbounded {
		limit = math.Inf(1)
	}
	if r.in == nil {
		// No population can move, so the start is the end.
		r.now = r.options.Horizon
		r.verdict()
		return nil
	}
	for r.in.Time < limit {
		if unbounded && (r.cycle.found || r.verdict()) {
			break
		}
		if r.options.Stop != nil && r.options.Stop() {
			r.end.reason = fmt.Sprintf("stopped by the caller at t = %.6g", r.in.Time)
			break
		}
		if r.in.Steps >= r.options.MaxSteps {
			r.end.reason = fmt.Sprintf("%d steps were not enough, t = %.6g", r.in.Steps, r.in.Time)
			break
		}
		if err := context.Cause(ctx); err != nil {
			return err
		}
		err := r.advance(limit)
		if errors.Is(err, errStalled) {
			r.end.reason = fmt.Sprintf("the integration failed at t = %.6g: %v", r.in.Time, err)
			break
		}
		if err != nil {
			return err
		}
	}
	switch {
	case r.verdict():
	case r.cycle.found:
		r.end = ending{
			verdict: Cycle, period: r.cycle.period,
			reason: fmt.Sprintf("the state of t = %.6g returned twice, each time after %.6g",
				r.cycle.since, r.cycle.period),
		}
	case r.end.reason == "":
		r.end.reason = fmt.Sprintf("still moving at the horizon, t = %.6g", r.in.Time)
	}
	return nil
}

// errStalled is wrapped by errors of advance about a step that the integrator
// cannot take although all payoffs and velocities are finite.
var errStalled = errors.New("no step is short enough")

// advance takes one step, records states and updates the cycle detection. It
// leaves the state and the payoffs at the end of the step in the motion. An
// error that wraps errStalled leaves those at the end of the last accepted
// step.
//
// Two kinds of dynamics stall: a velocity that jumps, and a spiral towards the
// boundary that stays near each profile for longer and longer. At t = 1e15 a
// number of type float64 resolves 0.125, too little for the moves between two
// profiles.
func (r *runner) advance(limit float64) error {
	if err := r.in.Advance(limit); err != nil {
		// Close to a state with payoffs that are not finite, all steps are
		// rejected. Name that state.
		if m := r.motion; m.badX != nil {
			if bad := finitePayoffs(m.game, m.badX, m.badF); bad != nil {
				return errors.Join(bad, err)
			}
			return fmt.Errorf("evogame: the velocity of %s is not finite at %v: %w",
				m.rule, m.badX, err)
		}
		r.motion.slope(r.in.Slope, r.in.Y) // the rejected trials have overwritten state and payoffs
		return fmt.Errorf("%w, the velocity jumps or the time is too long to resolve: %w",
			errStalled, err)
	}
	if err := finitePayoffs(r.motion.game, r.motion.x, r.motion.f); err != nil {
		return err
	}
	r.now = r.in.Time
	r.recordStep()
	r.cycle.update(r.in)
	return nil
}

// verdict reports whether the current state is a verdict, and stores it.
func (r *runner) verdict() bool {
	end, settled := r.judge.settled(r.now)
	if settled {
		r.end = end
	}
	return settled
}

// recordStep records the states of the last step that Options.Every selects.
func (r *runner) recordStep() {
	switch every := r.options.Every; {
	case every == 0:
		r.record(r.in.Time)
	case math.IsInf(every, 1): // result records the last state
	default:
		moved := false
		for k := len(r.times); ; k++ {
			t := float64(k) * every
			if t > r.in.Time {
				break
			}
			r.motion.decode(r.in.Within(t))
			r.record(t)
			moved = true
		}
		if moved {
			r.motion.slope(r.in.Slope, r.in.Y) // restore state and payoffs at the end of the step
		}
	}
}

// record appends the state in the motion, as the state at time t.
func (r *runner) record(t float64) {
	r.times = append(r.times, t)
	for _, row := range r.motion.x {
		r.flat = append(r.flat, row...)
	}
}

// finitePayoffs reports the payoffs in f that are not finite.
func finitePayoffs(g Shape, x, f State) error {
	bad := faults.List{Prefix: "evogame: "}
	for i, row := range f {
		for v, payoff := range row {
			if !finite(payoff) {
				bad.Addf("the payoff of strategy %s of %s is %v at %.6g, want a finite number",
					strategyName(g, i, v), playerName(g, i), payoff, x)
			}
		}
	}
	return bad.Err()
}

// result returns the outcome. Its states are views of one array.
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
		from, to := k*len(sizes), (k+1)*len(sizes)
		res.States[k] = carve(State(rows[from:to:to]), r.flat[k*width:(k+1)*width], sizes)
	}
	return res
}
