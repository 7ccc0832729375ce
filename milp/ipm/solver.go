package ipm

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/optional"
)

// Solver solves linear programs by an interior-point method. The zero value is
// ready for use. A Solver is a value without state: copies and concurrent use
// are safe.
//
// For example, Solver{Tolerance: 1e-5, TimeLimit: time.Minute} solves a large
// program to five digits, for up to a minute.
type Solver struct {
	// Tolerance bounds three relative errors of a solution that is called
	// optimal: violations of rows, prices of the wrong sign at absent bounds,
	// and the gap between objective and bound. Default 0: 1e-8, and further
	// steps as long as each of them is worth it, so that small programs are
	// solved nearly to machine precision. With a tolerance the method stops
	// there.
	Tolerance float64
	// TimeLimit is the wall time per solve. Default 0: no limit. It is polled
	// within a step, see the package comment. At the limit the status is
	// [milp.Feasible] if the current point satisfies all rows to 1e-6, and
	// otherwise [milp.NoSolution].
	TimeLimit time.Duration
	// MemoryLimit bounds the memory of one solve in bytes. Default 0: 4 GiB;
	// negative: none. The method computes its need before it allocates the
	// factor. A program that needs more has the status [milp.NoSolution], and
	// Stopped states the need.
	MemoryLimit int64
	// MaxIterations limits the steps of the method, over all programs of a
	// solve. Default 0, or negative: none beyond the 300 of one program.
	MaxIterations int64
	// Threads is the number of goroutines of a factorisation. Default 0: one.
	// The result does not depend on it.
	Threads int
	// Log, if not nil, receives one line per step: the largest residuals of
	// rows and prices in units of the scaled program, and the gap.
	Log io.Writer

	cutoff optional.Float // of [milp.Limits]
}

const (
	// backend is the version of the method. It changes if solutions can change.
	backend = "trigrid interior point 3"

	defaultTolerance = 1e-8
	defaultMemory    = 4 << 30
	feasible         = 1e-6 // relative violation of a row at which a point counts as a solution
)

// ErrInteger is wrapped by the error for a model with integer variables.
var ErrInteger = errors.New("the interior-point method has no integers; use highs.Solver, or fix or relax them")

var (
	_ milp.Limited    = Solver{}
	_ milp.Identified = Solver{}
)

// Solve implements [milp.Solver]. If ctx is cancelled, the error wraps
// ctx.Err(). A model with an integer variable is refused by an error that names
// the variable and wraps [ErrInteger].
func (s Solver) Solve(ctx context.Context, m *milp.Model) (*milp.Solution, error) {
	return s.solveAlong(ctx, m, nil)
}

// solveAlong solves a model along an elimination order, which it fills in if it
// is unknown. With nil the order is that of the reduced model.
func (s Solver) solveAlong(ctx context.Context, m *milp.Model, order *order) (*milp.Solution, error) {
	begin := time.Now()
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("ipm: the context ended before the solve: %w", err)
	}
	if err := s.refuse(m); err != nil {
		return nil, err
	}
	r := &run{
		ctx: ctx, threads: max(1, s.Threads), memory: s.MemoryLimit, iterations: math.MaxInt64,
		log: s.Log,
	}
	if s.MemoryLimit == 0 {
		r.memory = defaultMemory
	}
	if s.MaxIterations > 0 {
		r.iterations = s.MaxIterations
	}
	if s.TimeLimit > 0 {
		r.deadline = begin.Add(s.TimeLimit)
	}
	out := s.solve(m, r, order)
	if err := ctx.Err(); err != nil && out.Status != milp.Optimal {
		return nil, fmt.Errorf("ipm: stopped after %v: %w", time.Since(begin).Round(time.Millisecond), err)
	}
	out.Iterations, out.Time, out.Backend = r.used, time.Since(begin), backend
	return out, nil
}

// refuse returns the error of a model that cannot be solved.
func (s Solver) refuse(m *milp.Model) error {
	if m == nil {
		return errors.New("ipm: no model")
	}
	if err := m.Err(); err != nil {
		return fmt.Errorf("ipm: invalid model: %w", err)
	}
	if s.Tolerance < 0 || s.Tolerance > 1e-2 || math.IsNaN(s.Tolerance) {
		return fmt.Errorf("ipm: Tolerance is %g; want 0 for the default, or a number up to 0.01", s.Tolerance)
	}
	d := m.Data()
	for j, integer := range d.Integer {
		if integer {
			return fmt.Errorf("ipm: variable %v is an integer: %w", m.VarAt(j).Name(), ErrInteger)
		}
	}
	for j := range d.Lower {
		if d.Lower[j] >= infinite || d.Upper[j] <= -infinite {
			return fmt.Errorf("ipm: variable %v has the bounds [%g, %g]; want a lower bound below and an upper bound above ±1e20", m.VarAt(j).Name(), d.Lower[j], d.Upper[j])
		}
	}
	for i := range d.RowLower {
		if d.RowLower[i] >= infinite || d.RowUpper[i] <= -infinite {
			return fmt.Errorf("ipm: row %v has the limits [%g, %g]; want a lower limit below and an upper limit above ±1e20", m.RowAt(i).Name(), d.RowLower[i], d.RowUpper[i])
		}
	}
	return nil
}

// solve reduces a model, runs the method and turns its verdict into a solution.
// The elimination order of a session can be nil.
func (s Solver) solve(m *milp.Model, r *run, order *order) *milp.Solution {
	p := reduce(m)
	if p.impossible != "" {
		return without(p.data, milp.Infeasible, fmt.Sprintf("row %s cannot hold", p.impossible))
	}
	target := s.Tolerance
	if target == 0 {
		target = defaultTolerance
	}
	if p.free != "" {
		// Only a proof that the rows have a solution is missing.
		return s.decide(p, r, fmt.Sprintf("variable %s is in no row and improves the objective without end", p.free))
	}
	if len(p.columns) == 0 {
		a := p.restore(nil, nil)
		if a.primal > target {
			return without(p.data, milp.NoSolution, s.reason(state{verdict: stalled, x: []float64{}}, a, target))
		}
		return s.report(p, state{verdict: reached}, a, target)
	}
	if p.rows() == 0 {
		panic("ipm: a program with columns has rows") // reduce keeps only columns of rows
	}
	accept := func(x, y []float64) bool {
		a := p.restore(x, y)
		return a.primal <= target && a.dual <= target && a.gap <= target
	}
	if order != nil {
		p.order = order.of(p, r.ended)
	}
	if cutoff, ok := s.cutoff.Get(); ok && !p.data.Maximize {
		r.excluded = func(x, y []float64) bool { return p.restore(x, y).exceeds(cutoff) }
	}
	best := iterate(&p.program, target, s.Tolerance == 0, r, accept)
	r.excluded = nil
	switch best.verdict {
	case beyond:
		out := without(p.data, milp.NoSolution, "cutoff: the bound is above it")
		out.Bound = p.restore(best.x, best.y).bound
		return out
	case certified:
		return s.contradiction(p, r, best.price)
	case endless:
		return s.decide(p, r, "a ray improves the objective without end")
	case tooLarge:
		return without(p.data, milp.NoSolution, fmt.Sprintf("memory limit: the factor needs at least %d MiB, the limit is %d MiB", best.needed>>20, r.memory>>20))
	}
	if best.x == nil {
		return without(p.data, milp.NoSolution, s.reason(best, answer{}, target))
	}
	a := p.restore(best.x, best.y)
	if best.verdict == stalled && !(a.primal <= feasible && a.gap <= 1e-4) && !r.ended() {
		if out := s.doubt(p, r); out != nil {
			return out
		}
	}
	return s.report(p, best, a, target)
}

// report turns a point into a solution. It is optimal only if it was accepted.
func (s Solver) report(p *reduction, best state, a answer, target float64) *milp.Solution {
	if best.verdict != reached && !(a.primal <= feasible) {
		out := without(p.data, milp.NoSolution, s.reason(best, a, target))
		return out
	}
	// An objective that is better than the bound by rounding is not a proof of
	// anything better.
	bound := a.bound
	if (a.objective < bound) != p.data.Maximize {
		bound = a.objective
	}
	if best.verdict != reached && a.dual > feasible {
		bound = worst(p.data, milp.Feasible)
	}
	out := &milp.Solution{
		Status: milp.Feasible, Stopped: s.reason(best, a, target), Objective: a.objective, Bound: bound,
		Gap: gap(a.objective, bound), Values: a.values,
	}
	if best.verdict == reached {
		out.Status, out.Duals, out.ReducedCosts = milp.Optimal, a.duals, a.reduced
	}
	return out
}

// reason states why the method stopped.
func (s Solver) reason(best state, a answer, target float64) string {
	missed := fmt.Sprintf("rows are missed by %.1e, prices by %.1e, the gap is %.1e; the tolerance is %.0e", a.primal, a.dual, a.gap, target)
	if best.x == nil {
		missed = "no point yet"
	}
	switch best.verdict {
	case reached:
		return "optimal"
	case stalled:
		return "stalled: " + missed
	case outOfSteps:
		return "iteration limit: " + missed
	}
	return "time limit: " + missed
}

// contradiction reports a program that prices prove infeasible. The proof is
// only about points up to farAway if columns without bounds have a slope, so
// that a search for the least violation of the rows must not find a point
// farther away.
func (s Solver) contradiction(p *reduction, r *run, price []float64) *milp.Solution {
	if least, free := p.farkas(price); free > least/(farAway*farAway) {
		first := iterate(p.elastic(), 1e-9, true, r, func(x, y []float64) bool { return true })
		if first.x != nil && p.nearlySatisfies(first.x) {
			return without(p.data, milp.Undecided, "prices exclude points of a usual size, but a point farther away may satisfy the rows")
		}
	}
	return without(p.data, milp.Infeasible, "prices prove that the rows contradict each other")
}

// doubt decides about a program on which the method stalled: whether its rows
// have a solution, and whether a ray exists. It returns nil if both leave the
// question open, or if the program has a finite optimum.
func (s Solver) doubt(p *reduction, r *run) *milp.Solution {
	e := p.elastic()
	first := iterate(e, 1e-9, true, r, func(x, y []float64) bool { return true })
	if first.y != nil && p.provesInfeasible(first.y) || first.verdict == certified && p.provesInfeasible(first.price) {
		return without(p.data, milp.Infeasible, "prices prove that the rows contradict each other")
	}
	c := p.cone()
	second := iterate(c, 1e-9, true, r, func(x, y []float64) bool { return true })
	if second.x == nil || !p.provesUnbounded(second.x) {
		return nil
	}
	if first.x != nil && p.nearlySatisfies(first.x) {
		return without(p.data, milp.Unbounded, "a ray improves the objective without end")
	}
	return without(p.data, milp.Undecided, "a ray improves the objective without end, but no point satisfies the rows so far")
}

// decide reports an unbounded program if its rows have a solution.
func (s Solver) decide(p *reduction, r *run, why string) *milp.Solution {
	if p.rows() == 0 {
		return without(p.data, milp.Unbounded, why)
	}
	e := p.elastic()
	first := iterate(e, 1e-9, true, r, func(x, y []float64) bool { return true })
	switch {
	case first.y != nil && p.provesInfeasible(first.y), first.verdict == certified && p.provesInfeasible(first.price):
		return without(p.data, milp.Infeasible, "prices prove that the rows contradict each other")
	case first.x != nil && p.nearlySatisfies(first.x):
		return without(p.data, milp.Unbounded, why)
	}
	return without(p.data, milp.Undecided, why+", but it is open whether the rows have a solution")
}

// nearlySatisfies reports whether the columns x of an elastic point satisfy the
// model's rows.
func (r *reduction) nearlySatisfies(x []float64) bool {
	return r.restore(x[:r.program.columns()], make([]float64, r.rows())).primal <= feasible
}

// without returns a solution without values.
func without(d milp.Data, status milp.Status, why string) *milp.Solution {
	return &milp.Solution{Status: status, Stopped: why, Objective: math.NaN(), Bound: worst(d, status), Gap: math.Inf(1)}
}

// worst returns the bound that follows from a status alone.
func worst(d milp.Data, status milp.Status) float64 {
	if (status == milp.Infeasible) != d.Maximize {
		return math.Inf(1)
	}
	return math.Inf(-1)
}

// gap returns |bound − objective| / |objective|.
func gap(objective, bound float64) float64 {
	switch {
	case math.IsInf(bound, 0):
		return math.Inf(1)
	case objective == bound:
		return 0
	}
	return math.Abs(bound-objective) / math.Abs(objective)
}

// Limit implements [milp.Limited]. With a Cutoff a minimisation ends as soon as
// its bound is above it, with the status [milp.NoSolution] and that bound. Gap
// and Nodes are about programs with integers and change nothing.
func (s Solver) Limit(l milp.Limits) milp.Solver {
	if l.Iterations > 0 && (s.MaxIterations <= 0 || l.Iterations < s.MaxIterations) {
		s.MaxIterations = l.Iterations
	}
	if l.Time > 0 && (s.TimeLimit <= 0 || l.Time < s.TimeLimit) {
		s.TimeLimit = l.Time
	}
	if cutoff, ok := l.Cutoff.Get(); ok && cutoff < s.cutoff.Or(math.Inf(1)) {
		s.cutoff = l.Cutoff
	}
	return s
}

// AllowedGap implements [milp.Limited].
func (s Solver) AllowedGap(objective float64) float64 {
	return max(s.Tolerance, defaultTolerance) * math.Max(1, math.Abs(objective))
}

// Identity implements [milp.Identified].
func (s Solver) Identity() (string, error) {
	text := fmt.Sprintf("%s; tolerance=%g; iterations=%d", backend, s.Tolerance, max(s.MaxIterations, 0))
	if cutoff, ok := s.cutoff.Get(); ok {
		text += fmt.Sprintf("; cutoff=%g", cutoff)
	}
	return text, nil
}
