package highs

import (
	"maps"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/trigrid/trigrid/internal/faults"
)

// option is an option of HiGHS and its value as text.
type option struct {
	name, value string
	ifKnown     bool // skip the option if this version of HiGHS lacks it
}

// noTimeLimit is the time limit of a solver without one. It is finite so that a
// clock that jumps ahead stops a solve; see clock in wasm_host.go.
const noTimeLimit = 50 * 365 * 24 * time.Hour

// options returns the solver's fields as options of HiGHS, or an error that
// lists all invalid fields.
func (s Solver) options() ([]option, error) {
	var list []option
	bad := faults.List{Prefix: "highs: "}
	add := func(name, value string) { list = append(list, option{name: name, value: value}) }
	addIfKnown := func(name string) { list = append(list, option{name, "false", true}) }
	gap := func(field, name string, v float64) {
		switch {
		case v == Exact:
			add(name, "0")
		case math.IsNaN(v) || v < 0:
			bad.Addf("%s is %g; want 0 for HiGHS's default, Exact for none, or a positive number", field, v)
		case v > 0:
			add(name, float(v))
		}
	}

	add("output_flag", "false") // listen turns it on after the log callback is set
	if s.Progress != nil {
		add("mip_min_logging_interval", "0.2") // seconds between calls of Progress
	}
	add("small_matrix_value", "1e-12") // the default of 1e-9 drops the coefficient of 1e-10 x ≥ 1
	gap("Gap", "mip_rel_gap", s.Gap)
	gap("AbsoluteGap", "mip_abs_gap", s.AbsoluteGap) // inUnits sets it again before each run
	bad.Require(s.Threads >= 0, "Threads is %d; want 0 or 1 for one thread, or more", s.Threads)
	bad.Require(s.TimeLimit >= 0, "TimeLimit is %v; want 0 for none, or a positive duration", s.TimeLimit)
	add("time_limit", float(noTimeLimit.Seconds())) // limitTime sets s.TimeLimit before each run
	if s.MaxNodes > 0 {
		add("mip_max_nodes", strconv.FormatInt(min(s.MaxNodes, math.MaxInt32), 10))
	}
	bad.Require(s.Seed >= 0 && s.Seed <= math.MaxInt32,
		"Seed is %d; want 0 to %d", s.Seed, math.MaxInt32)
	if s.Seed != 0 {
		add("random_seed", strconv.Itoa(s.Seed))
	}
	bad.Require(s.Presolve >= PresolveChoose && s.Presolve <= PresolveOn,
		"Presolve is %d; want PresolveChoose, PresolveOff or PresolveOn", s.Presolve)
	add("presolve", s.presolve())
	// The feasibility jump of HiGHS 1.11 and later takes 50 to 90 ms of every
	// solve, also of a tiny one. Programs with a start or an obvious solution
	// gain nothing from it.
	addIfKnown("mip_heuristic_run_feasibility_jump")
	bad.Require(s.Search >= SearchBalanced && s.Search <= SearchProof,
		"Search is %d; want SearchBalanced or SearchProof", s.Search)
	if s.Search == SearchProof {
		add("mip_heuristic_effort", "0")
		addIfKnown("mip_heuristic_run_rins")
		addIfKnown("mip_heuristic_run_rens")
		addIfKnown("mip_heuristic_run_root_reduced_cost")
		addIfKnown("mip_allow_restart")
	}
	bad.Require(s.Backend >= Auto && s.Backend <= Wasm,
		"Backend is %d; want Auto, Native or Wasm", s.Backend)

	// Options come last so that they override the fields, sorted so that errors
	// are reproducible.
	for _, name := range slices.Sorted(maps.Keys(s.Options)) {
		add(name, s.Options[name])
	}
	return list, bad.Err()
}

// float formats a number with the shortest text that reads back to the same
// bits.
func float(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

// limitTime sets the time limit of the next run. A limit in Solver.Options has
// precedence.
func (h object) limitTime(s Solver) error {
	if _, own := s.Options["time_limit"]; own || s.TimeLimit <= 0 {
		return nil
	}
	return h.set("time_limit", float(s.TimeLimit.Seconds()))
}

// since returns the solver with the remaining part of its time limit. At least
// a millisecond remains, because 0 means no limit.
func (s Solver) since(begin time.Time) Solver {
	if s.TimeLimit > 0 {
		s.TimeLimit = max(s.TimeLimit-time.Since(begin), time.Millisecond)
	}
	return s
}

// memoryLimit returns the limit in bytes, 0 for none.
func (s Solver) memoryLimit() int64 {
	const standard = 1 << 30
	switch {
	case s.MemoryLimit < 0:
		return 0
	case s.MemoryLimit == 0:
		return standard
	}
	return s.MemoryLimit
}

// limitIterations sets HiGHS's own limit, which holds for linear programs only.
// In branch and bound the listener counts them.
func (h object) limitIterations(s Solver, integers bool) error {
	const option = "simplex_iteration_limit"
	if _, own := s.Options[option]; own || s.MaxIterations <= 0 || integers {
		return nil
	}
	return h.set(option, strconv.FormatInt(min(s.MaxIterations, math.MaxInt32), 10))
}

// gaps returns the relative and the absolute gap at which HiGHS stops, in the
// model's units.
func (s Solver) gaps(u units) (relative, absolute float64) {
	choose := func(field, standard float64, name string) float64 {
		// A gap set by name overrides the field, as in options.
		if text, ok := s.Options[name]; ok {
			if v, err := strconv.ParseFloat(text, 64); err == nil {
				return v
			}
		}
		switch field {
		case 0:
			return standard
		case Exact:
			return 0
		}
		return field
	}
	return choose(s.Gap, 1e-4, "mip_rel_gap"), choose(s.AbsoluteGap, 1e-6/u.cost, "mip_abs_gap")
}

// presolve returns HiGHS's value of the option presolve.
func (s Solver) presolve() string {
	if text, ok := s.Options["presolve"]; ok {
		return text
	}
	switch s.Presolve {
	case PresolveOff:
		return "off"
	case PresolveOn:
		return "on"
	}
	return "choose"
}
