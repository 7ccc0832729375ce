package highs

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"
)

// option is an option of HiGHS and its value as text.
type option struct {
	name, value string
	ifKnown     bool // leave it out where this version of HiGHS does not have it
}

// noTimeLimit stands for none. It is finite so that a clock that jumps ahead stops a solve.
const noTimeLimit = 50 * 365 * 24 * time.Hour

// options translates the solver's fields into options of HiGHS; all mistakes are reported at once.
func (s Solver) options() ([]option, error) {
	var (
		list     []option
		problems []error
	)
	add := func(name, value string) { list = append(list, option{name: name, value: value}) }
	gap := func(field, name string, v float64) {
		switch {
		case v == Exact:
			add(name, "0")
		case math.IsNaN(v) || v < 0:
			problems = append(problems, fmt.Errorf("highs: %s is %g; use 0 for HiGHS's default, Exact for none, or a positive number", field, v))
		case v > 0:
			add(name, float(v))
		}
	}

	add("output_flag", "false") // listen turns it on once the callback is there to take the text
	if s.Progress != nil {
		add("mip_min_logging_interval", "0.2")
	}
	add("small_matrix_value", "1e-12") // with HiGHS's own 1e-9, "1e-10 x ≥ 1" has no solution
	gap("Gap", "mip_rel_gap", s.Gap)
	gap("AbsoluteGap", "mip_abs_gap", s.AbsoluteGap)
	if s.Threads < 0 {
		problems = append(problems, fmt.Errorf("highs: Threads is %d; use 0 or 1 for one thread", s.Threads))
	}
	if s.TimeLimit < 0 {
		problems = append(problems, fmt.Errorf("highs: TimeLimit is %v; use 0 for none", s.TimeLimit))
	}
	add("time_limit", float(noTimeLimit.Seconds())) // s.TimeLimit is set before each run
	if s.Seed < 0 || s.Seed > math.MaxInt32 {
		problems = append(problems, fmt.Errorf("highs: Seed is %d; HiGHS takes 0 to %d", s.Seed, math.MaxInt32))
	}
	if s.Seed != 0 {
		add("random_seed", strconv.Itoa(s.Seed))
	}
	if s.Presolve < PresolveChoose || s.Presolve > PresolveOn {
		problems = append(problems, fmt.Errorf("highs: Presolve is %d, which is none of its values", s.Presolve))
	}
	add("presolve", s.presolve())
	// The feasibility jump of HiGHS 1.11 and later takes 50 to 90 ms of every solve, however small
	// the program, and programs that have a start or an obvious solution gain nothing from it.
	list = append(list, option{"mip_heuristic_run_feasibility_jump", "false", true})
	if s.Search < SearchBalanced || s.Search > SearchProof {
		problems = append(problems, fmt.Errorf("highs: Search is %d, which is none of its values", s.Search))
	}
	if s.Search == SearchProof {
		add("mip_heuristic_effort", "0")
		for _, name := range []string{"mip_heuristic_run_rins", "mip_heuristic_run_rens", "mip_heuristic_run_root_reduced_cost", "mip_allow_restart"} {
			list = append(list, option{name, "false", true})
		}
	}
	if s.Backend < Auto || s.Backend > Wasm {
		problems = append(problems, fmt.Errorf("highs: Backend is %d, which is none of its values", s.Backend))
	}

	names := make([]string, 0, len(s.Options))
	for name := range s.Options {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		add(name, s.Options[name])
	}
	return list, errors.Join(problems...)
}

func float(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

// limitTime sets the time limit of the next run.
func (h object) limitTime(s Solver) error {
	if _, own := s.Options["time_limit"]; own || s.TimeLimit <= 0 {
		return nil
	}
	return h.set("time_limit", float(s.TimeLimit.Seconds()))
}

// since returns the solver with what is left of its time limit.
func (s Solver) since(begin time.Time) Solver {
	if s.TimeLimit > 0 {
		s.TimeLimit = max(s.TimeLimit-time.Since(begin), time.Millisecond)
	}
	return s
}

// gaps returns the relative and the absolute gap at which HiGHS will stop.
func (s Solver) gaps() (relative, absolute float64) {
	choose := func(field, standard float64, name string) float64 {
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
	return choose(s.Gap, 1e-4, "mip_rel_gap"), choose(s.AbsoluteGap, 1e-6, "mip_abs_gap")
}

// presolve is what HiGHS is told about presolve, in its spelling.
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
