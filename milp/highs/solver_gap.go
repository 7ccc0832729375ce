package highs

import (
	"maps"
	"math"
	"strconv"

	"github.com/trigrid/trigrid/milp"
)

var (
	_ milp.Gapped  = Solver{}
	_ milp.Limiter = Solver{}
	_ milp.Cutter  = Solver{}
)

// AllowedGap implements [milp.Gapped]. It returns the larger one of the relative and the absolute
// gap, and at least 1e-6 and 1e-9 of the objective, the differences that HiGHS itself ignores.
func (s Solver) AllowedGap(objective float64) float64 {
	relative, absolute := s.Gap, s.AbsoluteGap
	switch {
	case relative == 0:
		relative = 1e-4
	case relative < 0: // Exact
		relative = 0
	}
	return max(relative*math.Abs(objective), absolute, 1e-6, 1e-9*math.Abs(objective))
}

// Limited implements [milp.Limiter] with MaxNodes.
func (s Solver) Limited(nodes int64) milp.Solver {
	if s.MaxNodes <= 0 || s.MaxNodes > nodes {
		s.MaxNodes = nodes
	}
	return s
}

// Cut implements [milp.Cutter] with HiGHS's objective_bound.
func (s Solver) Cut(objective float64) milp.Solver {
	s.Options = maps.Clone(s.Options)
	if s.Options == nil {
		s.Options = make(map[string]string, 1)
	}
	s.Options["objective_bound"] = strconv.FormatFloat(objective, 'g', -1, 64)
	return s
}
