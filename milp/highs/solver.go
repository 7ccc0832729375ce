package highs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/trigrid/trigrid/milp"
)

// Solver solves models with HiGHS. The zero value is ready for use: it takes
// the native library if there is one and the WebAssembly build otherwise, with
// one thread, HiGHS's own tolerances and no limit.
//
// A Solver is a value without state. Copies and concurrent use are safe. For
// example, Solver{Gap: Exact, TimeLimit: time.Minute} proves optima, for up to
// a minute.
type Solver struct {
	Backend Backend

	// TimeLimit is the wall time per solve, without the time to load the build
	// at its first use. Default 0: no limit. At the limit the best solution so
	// far has the status [milp.Feasible]. A call of HiGHS that has not stopped
	// a tenth of the limit or half a second later, whichever is more, is left
	// behind; see [ErrAbandoned].
	TimeLimit time.Duration
	// MemoryLimit is the memory of one solve in bytes. Default 0: 1 GiB;
	// negative: none. A solve that needs more ends with the status
	// [milp.NoSolution], or [milp.Feasible] if HiGHS could still return its
	// best solution, and Stopped is "memory limit".
	//
	// The WebAssembly build cannot exceed the limit; its own limit is 2 GiB.
	// The native library has no limit. On Linux the solver watches the memory
	// of the process outside of Go, coarsely: it may grow by the limit per
	// running solve. On other systems the limit has no effect on the native
	// library.
	MemoryLimit int64
	// MaxNodes and MaxIterations limit the work of a solve: nodes of branch and
	// bound, and iterations of the simplex method over all its linear programs,
	// which HiGHS checks between two of them. Default 0, or negative: no limit.
	// At the limit the status is [milp.Feasible] or [milp.NoSolution], with the
	// best solution and bound so far, and Stopped is "node limit" or "iteration
	// limit". Unlike a time limit, they give the same result on every run of
	// one build with one thread, under any load of the machine.
	MaxNodes, MaxIterations int64
	// Gap is the relative gap |bound − incumbent| / |incumbent| at which a
	// solve of a program with integers stops. Default 0: HiGHS's 1e-4; [Exact]:
	// none.
	Gap float64
	// AbsoluteGap is the gap |bound − incumbent| at which the solve stops, in
	// units of the objective. Default 0: HiGHS's 1e-6, divided by
	// [milp.Data.ObjectiveScale]; [Exact]: none.
	AbsoluteGap float64
	Threads     int // default 0: one; the WebAssembly build has only one
	Seed        int // of HiGHS's tie-breaking; 0 is HiGHS's default
	Presolve    Presolve
	Search      Search // emphasis in a program with integers

	// Progress, if not nil, is called during the solve of a program with
	// integers: for every better solution, and about five times a second. It
	// runs on another goroutine while Solve waits for it, and never after Solve
	// has returned.
	Progress func(Progress)

	// Log, if not nil, receives HiGHS's log, line by line. Write must be safe
	// for concurrent use if the solver is used concurrently.
	Log io.Writer

	// Options are further options of HiGHS by name, for example
	// "mip_heuristic_effort": "0.1". They are applied last. An unknown option
	// or an invalid value is an error. mip_abs_gap, objective_bound and
	// objective_target are in units of the objective.
	Options map[string]string

	stub *builds // replaces the builds of the process in tests; nil otherwise
}

// Exact as a gap requires a proof of optimality.
const Exact = -1

// Backend selects the build of HiGHS.
type Backend int

// Backends.
const (
	Auto   Backend = iota // native, otherwise WebAssembly
	Native                // a shared library of this machine
	Wasm                  // the WebAssembly build
)

// String returns the name of the backend in lower case.
func (b Backend) String() string {
	switch b {
	case Auto:
		return "auto"
	case Native:
		return "native"
	case Wasm:
		return "wasm"
	}
	return fmt.Sprintf("Backend(%d)", int(b))
}

// Presolve selects whether HiGHS simplifies a program before it solves it.
type Presolve int

// Settings of presolve.
const (
	// PresolveChoose, the default, turns presolve off for programs with
	// integers, because HiGHS 1.15.1 with presolve returns a wrong optimum for
	// some of them. HiGHS decides for linear programs.
	PresolveChoose Presolve = iota
	PresolveOff             // often faster for two-stage programs
	PresolveOn              // always
)

// Search selects the emphasis of branch and bound.
type Search int

// Settings of the search.
const (
	// SearchBalanced is HiGHS's own balance between better solutions and better
	// bounds. It is the default.
	SearchBalanced Search = iota
	// SearchProof turns off restarts and the heuristics that solve subproblems
	// (RINS, RENS, root reduced cost), as far as the version of HiGHS has them.
	// It suits programs with tight relaxations and a small gap. With loose
	// relaxations the first good solution may come late.
	SearchProof
)

// Progress is the state of a running solve of a program with integers.
type Progress struct {
	Incumbent  float64       // objective of the best solution so far, NaN before the first
	Bound      float64       // no solution has a better objective
	Gap        float64       // as [milp.Solution.Gap]
	Nodes      int64         // of the branch-and-bound tree
	Iterations int64         // of the simplex method
	Time       time.Duration // since the start of the solve
}

var (
	_ milp.Solver = Solver{}
	_ milp.Opener = Solver{}
)

// Solve implements [milp.Solver]. If ctx is cancelled, the solve stops and the
// error wraps ctx.Err().
func (s Solver) Solve(ctx context.Context, m *milp.Model) (*milp.Solution, error) {
	if err := s.refuse(ctx, m); err != nil {
		return nil, err
	}
	d := program(m)
	if err := outOfRange(m, d); err != nil {
		return nil, err
	}
	if len(d.Cost) == 0 {
		return empty(d), nil
	}
	h, err := s.object(ctx)
	if err != nil {
		return nil, err
	}
	defer h.close()
	begin := time.Now()
	out, err := s.fresh(ctx, h, d)
	if err != nil {
		return unsolved(ctx, h, d, begin, err)
	}
	return out, nil
}

// fresh solves a program with a new object.
func (s Solver) fresh(ctx context.Context, h object, d milp.Data) (*milp.Solution, error) {
	if err := h.pass(d); err != nil {
		return nil, err
	}
	if err := h.start(d); err != nil {
		return nil, err
	}
	return s.run(ctx, h, d)
}

// unsolved turns the error of a solve that lost its result at the time or
// memory limit into a solution without values and bound. Other errors stay
// errors, also that of the context.
func unsolved(ctx context.Context, h object, d milp.Data, begin time.Time, err error) (*milp.Solution, error) {
	memory, abandoned := errors.Is(err, errMemory), errors.Is(err, ErrAbandoned)
	if ctx.Err() != nil || !memory && !abandoned {
		return nil, err
	}
	out := &milp.Solution{
		Status: milp.NoSolution, Stopped: timeLimit.String(), Abandoned: abandoned,
		Objective: math.NaN(), Bound: worst(d, milp.NoSolution), Gap: math.Inf(1),
		Time: time.Since(begin), Backend: h.name(),
	}
	if memory {
		out.Stopped = memoryLimit.String()
	}
	if abandoned {
		out.Stopped += ", which HiGHS ignored"
	}
	return out, nil
}

// program returns the model with the bounds of integer variables rounded
// inwards. Presolve of HiGHS 1.10 and 1.15 reports some feasible programs as
// infeasible if an integer variable has a bound such as 0.7. The model's own
// arrays stay unchanged.
func program(m *milp.Model) milp.Data {
	const tolerance = 1e-6 // HiGHS's mip_feasibility_tolerance
	d := m.Data()
	var copied bool
	for j, integer := range d.Integer {
		if !integer {
			continue
		}
		lower, upper := math.Ceil(d.Lower[j]-tolerance), math.Floor(d.Upper[j]+tolerance)
		if lower == d.Lower[j] && upper == d.Upper[j] {
			continue
		}
		// The arrays of d belong to the model, so the first change copies them.
		if !copied {
			d.Lower, d.Upper, copied = slices.Clone(d.Lower), slices.Clone(d.Upper), true
		}
		d.Lower[j], d.Upper[j] = lower, upper
	}
	return d
}

// refuse returns the error of a solve that cannot start.
func (s Solver) refuse(ctx context.Context, m *milp.Model) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("highs: the context ended before the solve: %w", err)
	}
	if m == nil {
		return errors.New("highs: no model")
	}
	if err := m.Err(); err != nil {
		return fmt.Errorf("highs: invalid model: %w", err)
	}
	return nil
}

// object returns a HiGHS object with the solver's options. The thread count is
// set first, because the backend may reduce it.
func (s Solver) object(ctx context.Context) (object, error) {
	options, err := s.options()
	if err != nil {
		return object{}, err
	}
	p, err := s.port(ctx)
	if err != nil {
		return object{}, err
	}
	h := object{p}
	options = slices.Insert(options, 0, option{name: "threads", value: strconv.Itoa(h.useThreads(max(s.Threads, 1)))})
	for _, o := range options {
		if err := h.set(o.name, o.value); err != nil && !o.ifKnown {
			h.close()
			return object{}, err
		}
	}
	return h, nil
}

// start proposes the model's start if the program has integers. HiGHS solves a
// linear program from its own basis.
func (h object) start(d milp.Data) error {
	if d.Start == nil || !hasIntegers(d) {
		return nil
	}
	return h.propose(unitsOf(d).values(d.Start), len(d.Cost))
}

// hasIntegers reports whether any variable is integer.
func hasIntegers(d milp.Data) bool {
	for _, integer := range d.Integer {
		if integer {
			return true
		}
	}
	return false
}
