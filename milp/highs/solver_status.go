package highs

import "github.com/trigrid/trigrid/milp"

// modelStatus is HiGHS's HighsModelStatus.
type modelStatus int32

const (
	presolveError         modelStatus = 3  // see lastResorts
	solveError            modelStatus = 4  // see lastResorts
	postsolveError        modelStatus = 5  // see lastResorts
	modelEmpty            modelStatus = 6  // no columns and no rows
	optimal               modelStatus = 7  // within gap and tolerances
	infeasible            modelStatus = 8  // proven
	unboundedOrInfeasible modelStatus = 9  // presolve does not distinguish them; see decide
	unbounded             modelStatus = 10 // of the relaxation, if there are integers; see decide
	objectiveBound        modelStatus = 11 // option objective_bound
	objectiveTarget       modelStatus = 12 // option objective_target
	timeLimit             modelStatus = 13 // option time_limit
	iterationLimit        modelStatus = 14 // simplex or interior point
	unknown               modelStatus = 15 // HiGHS gave up without a proof
	solutionLimit         modelStatus = 16 // option mip_max_nodes, mip_max_leaves and others
	interrupted           modelStatus = 17 // by a callback
	memoryLimit           modelStatus = 18 // HiGHS ran out of memory
)

// String returns HiGHS's reason for stopping in words.
func (s modelStatus) String() string {
	switch s {
	case presolveError:
		return "error in presolve"
	case solveError:
		return "error in the solve"
	case postsolveError:
		return "error in postsolve"
	case modelEmpty:
		return "empty model"
	case optimal:
		return "optimal"
	case infeasible:
		return "infeasible"
	case unboundedOrInfeasible:
		return "primal infeasible or unbounded"
	case unbounded:
		return "unbounded"
	case objectiveBound:
		return "objective bound reached"
	case objectiveTarget:
		return "objective target reached"
	case timeLimit:
		return "time limit"
	case iterationLimit:
		return "iteration limit"
	case unknown:
		return "unknown"
	case solutionLimit:
		return "solution limit"
	case interrupted:
		return "interrupted"
	case memoryLimit:
		return "memory limit"
	}
	return "error inside HiGHS"
}

// failed reports whether HiGHS failed, independent of the model.
func (s modelStatus) failed() bool {
	return s == presolveError || s == solveError || s == postsolveError
}

// status translates HiGHS's reason for stopping; ok is false if HiGHS failed. A
// limit with values is Feasible, without values NoSolution.
func (s modelStatus) status(hasValues bool) (_ milp.Status, ok bool) {
	switch s {
	case optimal, modelEmpty:
		return milp.Optimal, true
	case infeasible:
		return milp.Infeasible, true
	case unboundedOrInfeasible:
		return milp.Undecided, true
	case unbounded:
		return milp.Unbounded, true
	case objectiveBound, objectiveTarget, timeLimit, iterationLimit, solutionLimit, memoryLimit, interrupted, unknown:
		if hasValues {
			return milp.Feasible, true
		}
		return milp.NoSolution, true
	}
	return 0, false
}
