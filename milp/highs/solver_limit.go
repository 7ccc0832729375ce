package highs

import (
	"maps"
	"strconv"
	"time"

	"github.com/trigrid/trigrid/milp"
)

var (
	_ milp.Limited  = Solver{}
	_ milp.Observed = Solver{}
)

// Limit implements [milp.Limited]. It compares also with limits in
// Solver.Options.
func (s Solver) Limit(l milp.Limits) milp.Solver {
	if relative, _ := s.gaps(units{cost: 1}); l.Gap > relative {
		s.Gap = l.Gap
		s.Options = without(s.Options, "mip_rel_gap")
	}
	s.MaxNodes, s.Options = smaller(s.MaxNodes, l.Nodes, s.Options, "mip_max_nodes")
	s.MaxIterations, s.Options = smaller(s.MaxIterations, l.Iterations, s.Options, "simplex_iteration_limit")
	if l.Time > 0 {
		own, err := strconv.ParseFloat(s.Options["time_limit"], 64)
		if err == nil && own > l.Time.Seconds() {
			s.Options = without(s.Options, "time_limit")
		}
		if s.TimeLimit <= 0 || l.Time < s.TimeLimit {
			s.TimeLimit = max(l.Time, time.Millisecond)
		}
	}
	if cutoff, given := l.Cutoff.Get(); given {
		const option = "objective_bound"
		own, err := strconv.ParseFloat(s.Options[option], 64)
		if err != nil || cutoff < own {
			s.Options = maps.Clone(s.Options)
			if s.Options == nil {
				s.Options = make(map[string]string, 1)
			}
			s.Options[option] = float(cutoff)
		}
	}
	return s
}

// AllowedGap implements [milp.Limited]. It returns the larger one of the
// relative and the absolute gap, and at least 1e-6 and 1e-9 of the objective,
// the differences that HiGHS itself ignores.
func (s Solver) AllowedGap(objective float64) float64 {
	return s.allowed(objective, units{cost: 1})
}

// Observe implements [milp.Observed].
func (s Solver) Observe(f func(milp.Progress)) milp.Solver {
	before := s.Progress
	s.Progress = func(p Progress) {
		if before != nil {
			before(p)
		}
		f(milp.Progress{Incumbent: p.Incumbent, Bound: p.Bound})
	}
	return s
}

// smaller returns the smaller of the limits own, 0 or less for none, and limit.
// It removes the option of the same meaning if that is larger, because options
// have precedence over fields.
func smaller(own, limit int64, options map[string]string, name string) (int64, map[string]string) {
	if limit <= 0 {
		return own, options
	}
	if value, err := strconv.ParseInt(options[name], 10, 64); err == nil && value > limit {
		options = without(options, name)
	}
	if own <= 0 || limit < own {
		own = limit
	}
	return own, options
}

// without returns options without one of them. The argument stays unchanged.
func without(options map[string]string, name string) map[string]string {
	if _, ok := options[name]; !ok {
		return options
	}
	options = maps.Clone(options)
	delete(options, name)
	return options
}
