package highs

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/trigrid/trigrid/milp"
)

// run solves the model that the object holds: it sets callbacks and limits,
// runs HiGHS, repeats a failed run with other settings, and reads the result.
func (s Solver) run(ctx context.Context, h object, d milp.Data) (_ *milp.Solution, err error) {
	begin := time.Now()
	u := unitsOf(d)
	if u.strict {
		var restore func() error
		if s, restore, err = s.strict(h); err != nil {
			return nil, err
		}
		defer func() {
			if h.alive() {
				err = errors.Join(err, restore())
			}
		}()
	}
	// Presolve of HiGHS 1.15.1 has wrong optima of some programs with integers,
	// which cannot be noticed without a second solve. Rows of this kind are
	// common in unit commitment. For example, it returns −19.25 at x = 9.75 for
	// the program below, instead of −20 at on = 1, x = 10.
	//
	//	min 10 on + start − 3 x
	//	subject to    on − start + stop = 1,  x + stop ≤ 10,  x + 20 stop ≤ 10
	//	              on binary,  0 ≤ x ≤ 10,  0 ≤ stop ≤ 1
	if s.presolve() == "choose" && hasIntegers(d) {
		s.Presolve = PresolveOff
	}
	if err := h.set("presolve", s.presolve()); err != nil {
		return nil, err
	}
	w := s.watch(ctx, h, begin)
	if err := s.listen(w, h, d, begin); err != nil {
		return nil, err
	}
	if err := errors.Join(h.limitIterations(s, hasIntegers(d)), h.inUnits(s, u)); err != nil {
		return nil, err
	}
	why, err := s.once(h, w)
	if err != nil {
		return nil, err
	}
	out := &milp.Solution{Stopped: s.stopped(h, why), Backend: h.name()}
	if why.failed() || why == unknown {
		var without string
		if why, without, err = h.lastResorts(s, w, why); err != nil {
			return nil, err
		}
		out.Stopped = fmt.Sprintf("%v (without %s, with which HiGHS failed)", s.stopped(h, why), without)
	}
	if why == infeasible && s.presolve() != "off" {
		if why, err = h.doubted(s, w); err != nil {
			return nil, err
		}
		if why != infeasible {
			out.Stopped = fmt.Sprintf("%v (without presolve, with which HiGHS found no solution)", s.stopped(h, why))
		}
	}
	var ok bool
	if out.Status, ok = why.status(h.hasValues()); !ok {
		advice := ""
		if u.strict {
			advice = "; milp.Describe names its smallest coefficient, which is tiny: state its variable in another unit"
		}
		return nil, fmt.Errorf("highs: %w: %s, %v on the model (model status %d)%s", milp.ErrFailed, h.name(), why, int32(why), advice)
	}
	if err := fillIn(h, d, u, out); err != nil {
		return nil, err
	}
	s.recheck(d, u, out)
	// For a program with integers HiGHS reports the status of the relaxation
	// only.
	if hasIntegers(d) && (why == unbounded || why == unboundedOrInfeasible) {
		if out.Status, err = h.decide(s, w, d, u); err != nil {
			return nil, err
		}
		out.Bound = worst(d, out.Status)
	}
	out.Time = time.Since(begin)
	return out, nil
}

// stopped returns the reason for stopping in words. HiGHS has one status for
// several limits.
func (s Solver) stopped(h object, why modelStatus) string {
	if why == solutionLimit && s.MaxNodes > 0 && h.nodes() >= s.MaxNodes {
		return "node limit"
	}
	return why.String()
}

// recheck makes an optimum with integers a feasible solution if the gap between
// the objective, recomputed from the values, and the bound exceeds the gaps of
// the solver.
func (s Solver) recheck(d milp.Data, u units, out *milp.Solution) {
	if out.Status != milp.Optimal || !hasIntegers(d) {
		return
	}
	// HiGHS prunes with a tolerance of 1e-6 and sums in another order.
	const pruning, rounding = 2e-6, 1e-9
	size := math.Abs(d.Constant)
	for j, c := range d.Cost {
		size += math.Abs(c * out.Values[j])
	}
	allowed := max(s.allowed(out.Objective, u), rounding*size) + pruning/u.cost
	if !(math.Abs(out.Objective-out.Bound) <= allowed) {
		out.Status = milp.Feasible
		out.Stopped = fmt.Sprintf("%s by HiGHS's numbers, with a recomputed gap of %.2g", out.Stopped, out.Gap)
	}
}

// once runs HiGHS once, with the rest of the time limit.
func (s Solver) once(h object, w *watch) (modelStatus, error) {
	if !w.deadline.IsZero() {
		s.TimeLimit = max(time.Until(w.deadline), time.Millisecond)
	}
	// HiGHS compares its time limit with clocks that run over all solves of an
	// object.
	if err := errors.Join(h.do("Highs_zeroAllClocks"), h.limitTime(s)); err != nil {
		return 0, err
	}
	return h.run(w)
}

// run runs HiGHS and returns its reason for stopping. If the context ended, it
// returns the context's error instead of a result.
func (h object) run(w *watch) (modelStatus, error) {
	begin := time.Now()
	err := w.run(h)
	var why modelStatus
	if err == nil {
		why, err = h.modelStatus()
	}
	// A run that ended regularly before the cancellation took effect is a valid
	// result.
	if cause := w.ctx.Err(); cause != nil && (err != nil || why == interrupted || why == timeLimit) {
		after := time.Since(begin).Round(time.Millisecond)
		if errors.Is(err, ErrAbandoned) {
			return 0, fmt.Errorf("highs: %w after %v: %w", ErrAbandoned, after, cause)
		}
		return 0, fmt.Errorf("highs: stopped after %v: %w", after, cause)
	}
	if err != nil {
		return 0, fmt.Errorf("highs: %w", err)
	}
	if asked := w.stopped(); why == interrupted && asked != 0 {
		why = asked
	}
	return why, nil
}

// lastResorts repeats a failed run, first without presolve, then also without
// scaling.
//
// HiGHS 1.10 and later fail in postsolve on a few programs: the restored
// solution violates a row. They solve the same programs without presolve. The
// simplex method fails on a few scaled programs with nearly parallel rows and
// solves them unscaled. HiGHS 1.15.1 gives up on a few linear programs, with an
// unknown status, and solves them without presolve. The settings are restored
// afterwards, because a session uses the object again.
func (h object) lastResorts(s Solver, w *watch, why modelStatus) (_ modelStatus, without string, err error) {
	const scaling = "simplex_scale_strategy"
	// The caller may have set another scaling in Solver.Options.
	var scaled int32
	if err := h.do("Highs_getIntOptionValue", scaling, &scaled); err != nil {
		return 0, "", err
	}
	again := func(option, value string) error {
		err := errors.Join(h.do("Highs_clearSolver"), h.set(option, value))
		if err == nil {
			why, err = s.once(h, w)
		}
		return err
	}
	if s.presolve() != "off" {
		without = "presolve"
		err = again("presolve", "off")
	}
	if err == nil && (without == "" || why.failed() || why == unknown) {
		without = strings.TrimPrefix(without+" and scaling", " and ")
		err = again(scaling, "0")
	}
	// Settings of a lost object cannot be restored, and need not be.
	if !h.alive() {
		return why, without, err
	}
	return why, without, errors.Join(err, h.set("presolve", s.presolve()), h.set(scaling, strconv.Itoa(int(scaled))))
}

// doubted repeats the run of a program that HiGHS found infeasible, without
// presolve.
//
// Presolve of HiGHS 1.15.1 reports some feasible programs as infeasible, also
// linear ones: that of a cost of 1e4 p² per hour at 0.0015 MW, whose tangents
// have coefficients of 6e-5 beside 1. A proof without presolve is the answer.
// If a limit stops the second run, nothing is known.
func (h object) doubted(s Solver, w *watch) (modelStatus, error) {
	why := infeasible
	err := errors.Join(h.do("Highs_clearSolver"), h.set("presolve", "off"))
	if err == nil {
		why, err = s.once(h, w)
	}
	if !h.alive() {
		return why, err
	}
	return why, errors.Join(err, h.set("presolve", s.presolve()))
}

// decide distinguishes an infeasible program with integers from an unbounded
// one. HiGHS reports only that the relaxation is unbounded. Without the
// objective no program is unbounded, so that a second run decides. The costs
// are restored for later solves of a session.
func (h object) decide(s Solver, w *watch, d milp.Data, u units) (milp.Status, error) {
	all := every(len(d.Cost))
	if err := h.changeCosts(all, make([]float64, len(all))); err != nil {
		return 0, err
	}
	why, err := s.once(h, w)
	if !h.alive() {
		return 0, err
	}
	// A limit may stop this run too; values then still prove that the program
	// is feasible.
	found := err == nil && h.hasValues()
	if err := errors.Join(err, h.changeCosts(all, u.priced(d.Cost, u.cost))); err != nil {
		return 0, err
	}
	switch {
	case why == infeasible:
		return milp.Infeasible, nil
	case found:
		return milp.Unbounded, nil
	}
	return milp.Undecided, nil
}

// fillIn reads values, duals, bound and gap into a solution with known status,
// and converts them to the model's units.
func fillIn(h object, d milp.Data, u units, out *milp.Solution) error {
	integers := hasIntegers(d)
	// A program is solved by one of the two methods; HiGHS reports -1 or 0 for
	// the other.
	out.Iterations = int64(max(h.integerInfo("simplex_iteration_count"), 0)) + int64(max(h.integerInfo("ipm_iteration_count"), 0))
	if integers {
		out.Nodes = h.nodes()
	}
	out.Objective = math.NaN()
	out.Bound = worst(d, out.Status)
	if out.Status == milp.Optimal || out.Status == milp.Feasible {
		x, reduced, duals, err := h.solution(len(d.Cost), len(d.RowLower))
		if err != nil {
			return err
		}
		out.Values = x
		// At a limit the duals of an LP prove nothing.
		if !integers && out.Status == milp.Optimal {
			out.ReducedCosts, out.Duals = reduced, duals
		}
	}
	if integers && (out.Status == milp.Optimal || out.Status == milp.Feasible || out.Status == milp.NoSolution) {
		out.Bound = h.floatInfo("mip_dual_bound")
	}
	u.out(out)
	if out.Values != nil {
		out.Objective = objective(d, out.Values)
	}
	if !integers && out.Status == milp.Optimal {
		out.Bound = out.Objective
	}
	out.Gap = gap(out.Objective, out.Bound)
	return nil
}

// objective returns the objective of x. HiGHS reports it too, but rounded
// differently in different versions.
func objective(d milp.Data, x []float64) float64 {
	sum := d.Constant
	for j, c := range d.Cost {
		if c != 0 {
			sum += c * x[j]
		}
	}
	return sum
}

// worst returns the bound that follows from a status alone. No solution of an
// infeasible program exists, so even the worst value bounds them; for all other
// statuses the best value might be reached.
func worst(d milp.Data, status milp.Status) float64 {
	if (status == milp.Infeasible) != d.Maximize {
		return math.Inf(1)
	}
	return math.Inf(-1)
}

// gap returns |bound − objective| / |objective|.
func gap(objective, bound float64) float64 {
	switch {
	case math.IsNaN(objective) || math.IsInf(bound, 0) || math.IsNaN(bound):
		return math.Inf(1)
	case objective == bound:
		return 0
	}
	return math.Abs(bound-objective) / math.Abs(objective)
}

// empty solves a program without variables, which HiGHS rejects. Every row has
// the value 0.
func empty(d milp.Data) *milp.Solution {
	out := &milp.Solution{
		Status: milp.Optimal, Stopped: modelEmpty.String(), Objective: d.Constant, Bound: d.Constant,
		Values: []float64{}, ReducedCosts: []float64{}, Duals: make([]float64, len(d.RowLower)),
		Backend: "none needed",
	}
	for i := range d.RowLower {
		if d.RowLower[i] > 0 || d.RowUpper[i] < 0 {
			out.Status, out.Objective, out.Gap = milp.Infeasible, math.NaN(), math.Inf(1)
			out.Bound = worst(d, milp.Infeasible)
			out.Values, out.ReducedCosts, out.Duals = nil, nil, nil
			break
		}
	}
	return out
}
