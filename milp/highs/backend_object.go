package highs

import (
	"context"
	"fmt"
	"math"

	"github.com/trigrid/trigrid/milp"
)

// required are the functions of the C API that this package uses on a HiGHS object. A library that
// lacks one is refused when it is opened.
var required = [...]string{
	"Highs_changeColsBoundsBySet",
	"Highs_changeColsCostBySet",
	"Highs_changeObjectiveOffset",
	"Highs_changeObjectiveSense",
	"Highs_changeRowsBoundsBySet",
	"Highs_clearModel",
	"Highs_clearSolver",
	"Highs_getDoubleInfoValue",
	"Highs_getInt64InfoValue",
	"Highs_getIntInfoValue",
	"Highs_getIntOptionValue",
	"Highs_getModelStatus",
	"Highs_getSolution",
	"Highs_passMip",
	"Highs_run",
	"Highs_setCallback",
	"Highs_setSolution",
	"Highs_setSparseSolution",
	"Highs_setStringOptionValue",
	"Highs_startCallback",
	"Highs_stopCallback",
	"Highs_zeroAllClocks",
}

// object is a HiGHS object holding one model.
type object struct {
	port
}

// do calls a function whose result is a HighsStatus: -1 for an error, 1 for a warning.
func (h object) do(function string, args ...any) error {
	status, err := h.call(context.Background(), function, args...)
	if err != nil {
		return fmt.Errorf("highs: %w", err)
	}
	if status < 0 {
		return fmt.Errorf("highs: %s was refused by %s", function, h.name())
	}
	return nil
}

// set sets an option of any type from its text, as HiGHS's option files do.
func (h object) set(name, value string) error {
	if h.do("Highs_setStringOptionValue", name, value) != nil {
		return fmt.Errorf("highs: %s has no option %q or refuses the value %q for it", h.name(), name, value)
	}
	return nil
}

// pass hands over the whole model in one call.
func (h object) pass(d milp.Data) error {
	const rowwise = 2
	var integrality []int32
	for j, integer := range d.Integer {
		if integer {
			if integrality == nil {
				integrality = make([]int32, len(d.Cost))
			}
			integrality[j] = 1
		}
	}
	return h.do("Highs_passMip",
		int32(len(d.Cost)), int32(len(d.RowLower)), int32(len(d.Column)), int32(rowwise),
		sense(d), d.Constant, d.Cost, d.Lower, d.Upper, d.RowLower, d.RowUpper,
		d.RowStart, d.Column, d.Coefficient, integrality)
}

func sense(d milp.Data) int32 {
	if d.Maximize {
		return -1
	}
	return 1
}

// Changes of a model in place. Each set lists indices in increasing order.

func (h object) changeCosts(set []int32, cost []float64) error {
	return h.do("Highs_changeColsCostBySet", int32(len(set)), set, cost)
}

func (h object) changeBounds(set []int32, lower, upper []float64) error {
	return h.do("Highs_changeColsBoundsBySet", int32(len(set)), set, lower, upper)
}

func (h object) changeLimits(set []int32, lower, upper []float64) error {
	return h.do("Highs_changeRowsBoundsBySet", int32(len(set)), set, lower, upper)
}

func (h object) changeObjective(d milp.Data) error {
	if err := h.do("Highs_changeObjectiveSense", sense(d)); err != nil {
		return err
	}
	return h.do("Highs_changeObjectiveOffset", d.Constant)
}

// propose hands over a start. HiGHS completes a partial one by fixing the integers it names and
// solving for the rest; it drops one that turns out infeasible, which is not an error.
func (h object) propose(start []float64, cols int) error {
	var (
		set   = make([]int32, 0, len(start))
		value = make([]float64, 0, len(start))
	)
	for j, v := range start {
		if !math.IsNaN(v) {
			set, value = append(set, int32(j)), append(value, v)
		}
	}
	switch len(set) {
	case 0:
		return nil
	case cols:
		return h.do("Highs_setSolution", value, []float64(nil), []float64(nil), []float64(nil))
	}
	return h.do("Highs_setSparseSolution", int32(len(set)), set, value)
}

func (h object) integerInfo(name string) (v int32) {
	if h.do("Highs_getIntInfoValue", name, &v) != nil {
		return -1
	}
	return v
}

func (h object) nodes() (v int64) {
	if h.do("Highs_getInt64InfoValue", "mip_node_count", &v) != nil {
		return 0
	}
	return max(v, 0)
}

func (h object) floatInfo(name string) (v float64) {
	if h.do("Highs_getDoubleInfoValue", name, &v) != nil {
		return math.NaN()
	}
	return v
}

// modelStatus asks why the last run stopped.
func (h object) modelStatus() (modelStatus, error) {
	v, err := h.call(context.Background(), "Highs_getModelStatus")
	return modelStatus(v), err
}

// hasValues reports whether the last run left values that satisfy the program.
func (h object) hasValues() bool {
	const feasible = 2 // SolutionStatus kSolutionStatusFeasible
	return h.integerInfo("primal_solution_status") == feasible
}

func (h object) solution(cols, rows int) (x, reduced, duals []float64, err error) {
	x, reduced = make([]float64, cols), make([]float64, cols)
	activity := make([]float64, rows)
	duals = make([]float64, rows)
	err = h.do("Highs_getSolution", fill(x), fill(reduced), fill(activity), fill(duals))
	return x, reduced, duals, err
}
