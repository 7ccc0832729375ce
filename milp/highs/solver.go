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

// Solver solves models with HiGHS. The zero value is ready: it takes the native library where there
// is one and the WebAssembly build otherwise, one thread, HiGHS's own tolerances, no limit.
//
// A Solver is a value without state; copies and concurrent use are fine.
type Solver struct {
	Backend Backend

	TimeLimit   time.Duration // per solve; 0 for none
	Gap         float64       // relative, |bound − incumbent| / |incumbent|; 0 for HiGHS's 1e-4, [Exact] for none
	AbsoluteGap float64       // in units of the objective; 0 for HiGHS's 1e-6, [Exact] for none
	Threads     int           // 0 for 1; the WebAssembly build has only one
	Seed        int           // of HiGHS's tie-breaking; 0 is HiGHS's own default
	Presolve    Presolve
	Search      Search // where the time of a program with integers goes

	// Progress, if not nil, is called while a program with integers is being solved, at least for
	// every better solution and about five times a second. It is called on the goroutine that
	// called Solve, which waits for it.
	Progress func(Progress)

	// Log, if not nil, receives what HiGHS reports about a solve, line by line. Write must be safe
	// for concurrent use where the solver is used concurrently.
	Log io.Writer

	// Options are further options of HiGHS by name, for instance "mip_heuristic_effort": "0.1".
	// They are applied last; one that HiGHS does not know or a value that it refuses is an error.
	Options map[string]string
}

// Exact as a gap asks for the optimum itself.
const Exact = -1

// Backend says which build of HiGHS to use.
type Backend int

const (
	Auto   Backend = iota // native, else WebAssembly
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

// Presolve says whether HiGHS simplifies a program before it solves it.
type Presolve int

const (
	PresolveChoose Presolve = iota // HiGHS decides
	PresolveOff
	PresolveOn
)

// Search says where HiGHS puts its time in a program with integers.
type Search int

const (
	// SearchBalanced is HiGHS's own balance between looking for better solutions and proving. The default.
	SearchBalanced Search = iota
	// SearchProof leaves out the heuristics that solve programs of their own (RINS, RENS, reduced costs)
	// and restarts, as far as this version of HiGHS knows them. It suits programs with tight relaxations
	// that are to be solved to a small gap; with loose ones the first good solution may come late.
	SearchProof
)

// Progress is what a running solve of a program with integers knows so far.
type Progress struct {
	Incumbent  float64 // objective of the best solution so far, NaN before the first
	Bound      float64 // no solution is better than this
	Gap        float64 // as [milp.Solution.Gap]
	Nodes      int64   // of the search tree
	Iterations int64   // of the simplex method
	Time       time.Duration
}

var (
	_ milp.Solver = Solver{}
	_ milp.Opener = Solver{}
)

// Solve implements [milp.Solver]. When ctx is cancelled the solve stops and the error wraps ctx.Err().
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
	h, err := s.object()
	if err != nil {
		return nil, err
	}
	defer h.close()
	if err := h.pass(d); err != nil {
		return nil, err
	}
	if err := h.start(d); err != nil {
		return nil, err
	}
	return s.run(ctx, h, d)
}

// program is the model as HiGHS should see it: bounds of integer variables are rounded inwards.
// Presolve of HiGHS 1.10 and of 1.15 reports some feasible programs as infeasible when an integer
// variable has a bound such as 0.7.
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
		if !copied {
			d.Lower, d.Upper, copied = slices.Clone(d.Lower), slices.Clone(d.Upper), true
		}
		d.Lower[j], d.Upper[j] = lower, upper
	}
	return d
}

// refuse reports what forbids a solve before it begins.
func (s Solver) refuse(ctx context.Context, m *milp.Model) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("highs: not started: %w", err)
	}
	if m == nil {
		return errors.New("highs: no model")
	}
	if err := m.Err(); err != nil {
		return fmt.Errorf("highs: refused: %w", err)
	}
	return nil
}

// object returns a HiGHS object with the solver's options.
func (s Solver) object() (object, error) {
	options, err := s.options()
	if err != nil {
		return object{}, err
	}
	p, err := s.port()
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

// start proposes the model's start where it can help: in a program with integers.
func (h object) start(d milp.Data) error {
	if d.Start == nil || !hasIntegers(d) {
		return nil
	}
	return h.propose(d.Start, len(d.Cost))
}

func hasIntegers(d milp.Data) bool {
	for _, integer := range d.Integer {
		if integer {
			return true
		}
	}
	return false
}
