package highs

import "github.com/trigrid/trigrid/milp"

// modelStatus is HiGHS's HighsModelStatus.
type modelStatus int32

const (
	presolveError         modelStatus = 3
	solveError            modelStatus = 4
	postsolveError        modelStatus = 5
	modelEmpty            modelStatus = 6
	optimal               modelStatus = 7
	infeasible            modelStatus = 8
	unboundedOrInfeasible modelStatus = 9
	unbounded             modelStatus = 10
	objectiveBound        modelStatus = 11
	objectiveTarget       modelStatus = 12
	timeLimit             modelStatus = 13
	iterationLimit        modelStatus = 14
	unknown               modelStatus = 15
	solutionLimit         modelStatus = 16
	interrupted           modelStatus = 17
	memoryLimit           modelStatus = 18
)

// String says in words why HiGHS stopped.
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

// failed reports whether HiGHS itself failed, as opposed to the model.
func (s modelStatus) failed() bool {
	return s == presolveError || s == solveError || s == postsolveError
}

// status translates why HiGHS stopped into what is known about the program; ok is false where
// HiGHS failed.
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
