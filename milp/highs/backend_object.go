package highs

import (
	"context"
	"fmt"
	"math"

	"github.com/trigrid/trigrid/milp"
)

// required lists the functions of the C API that this package calls with a
// HiGHS object. A library that lacks one of them is rejected when it is opened,
// not in the middle of a solve.
var required = [...]string{
	"Highs_addRows",               // further rows, in a session
	"Highs_changeColsBoundsBySet", // bounds of columns, in a session
	"Highs_changeColsCostBySet",   // costs, in a session and in decide
	"Highs_changeObjectiveOffset", // constant, in a session
	"Highs_changeObjectiveSense",  // minimum or maximum, in a session
	"Highs_changeRowsBoundsBySet", // limits of rows, in a session
	"Highs_clearModel",            // not called; all supported versions have it
	"Highs_clearSolver",           // forgets basis and solution before a repeated run
	"Highs_getDoubleInfoValue",    // the bound of branch and bound
	"Highs_getInt64InfoValue",     // the number of nodes
	"Highs_getIntInfoValue",       // iterations and the status of the values
	"Highs_getIntOptionValue",     // the scaling to restore after a repeated run
	"Highs_getModelStatus",        // the reason for stopping
	"Highs_getSolution",           // values and duals
	"Highs_passMip",               // the whole model
	"Highs_run",                   // the solve
	"Highs_setCallback",           // the function for all callbacks
	"Highs_setSolution",           // a complete start
	"Highs_setSparseSolution",     // a partial start
	"Highs_setStringOptionValue",  // options of any type
	"Highs_startCallback",         // turns on one type of callback
	"Highs_stopCallback",          // not called; all supported versions have it
	"Highs_zeroAllClocks",         // the time limit counts from the last zero
}

// object is a HiGHS object, which holds one model.
type object struct {
	port
}

// do calls a function that returns a HighsStatus: -1 for an error, 0 for
// success, 1 for a warning. Warnings are ignored.
func (h object) do(function string, args ...any) error {
	status, err := h.call(context.Background(), function, args...)
	if err != nil {
		return fmt.Errorf("highs: %w", err)
	}
	if status < 0 {
		return fmt.Errorf("highs: call of %s failed in %s", function, h.name())
	}
	return nil
}

// set sets an option of any type from its text, as HiGHS's option files do.
func (h object) set(name, value string) error {
	if h.do("Highs_setStringOptionValue", name, value) != nil {
		return fmt.Errorf("highs: option %q with value %q was rejected; want an option of %s and a valid value",
			name, value, h.name())
	}
	return nil
}

// pass transfers the whole model in one call, in HiGHS's units; see units.
func (h object) pass(d milp.Data) error {
	const rowwise = 2 // MatrixFormat kRowwise
	// A program without integers passes a null pointer, with which HiGHS calls
	// its LP solver.
	var integrality []int32
	for j, integer := range d.Integer {
		if integer {
			if integrality == nil {
				integrality = make([]int32, len(d.Cost))
			}
			integrality[j] = 1
		}
	}
	d = unitsOf(d).in(d)
	return h.do("Highs_passMip",
		int32(len(d.Cost)), int32(len(d.RowLower)), int32(len(d.Column)), int32(rowwise),
		sense(d), d.Constant, d.Cost, d.Lower, d.Upper, d.RowLower, d.RowUpper,
		d.RowStart, d.Column, d.Coefficient, integrality)
}

// sense returns HiGHS's code of the objective's sense.
func sense(d milp.Data) int32 {
	if d.Maximize {
		return -1
	}
	return 1
}

// changeCosts replaces the costs of the columns in set, which is ascending; set
// and cost have the same length, also in changeBounds and changeLimits. Costs
// and limits are in HiGHS's units.
func (h object) changeCosts(set []int32, cost []float64) error {
	return h.do("Highs_changeColsCostBySet", int32(len(set)), set, cost)
}

// changeBounds replaces bounds of columns.
func (h object) changeBounds(set []int32, lower, upper []float64) error {
	return h.do("Highs_changeColsBoundsBySet", int32(len(set)), set, lower, upper)
}

// changeLimits replaces limits of rows.
func (h object) changeLimits(set []int32, lower, upper []float64) error {
	return h.do("Highs_changeRowsBoundsBySet", int32(len(set)), set, lower, upper)
}

// addRows adds the rows of d from index first on, in a program whose units are
// 1.
func (h object) addRows(d milp.Data, first int) error {
	begin := d.RowStart[first]
	start := make([]int32, 0, len(d.RowLower)-first)
	for _, at := range d.RowStart[first:len(d.RowLower)] {
		start = append(start, at-begin)
	}
	column, coefficient := d.Column[begin:], d.Coefficient[begin:]
	return h.do("Highs_addRows", int32(len(start)), d.RowLower[first:], d.RowUpper[first:],
		int32(len(column)), start, column, coefficient)
}

// changeObjective replaces sense and constant of the objective.
func (h object) changeObjective(d milp.Data, u units) error {
	if err := h.do("Highs_changeObjectiveSense", sense(d)); err != nil {
		return err
	}
	return h.do("Highs_changeObjectiveOffset", u.cost*d.Constant)
}

// propose transfers a start. HiGHS completes a partial start by fixing the
// proposed integers and solving for the rest. It drops an infeasible start;
// this is not an error.
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

// integerInfo returns an integer result of the last run, or -1 if it is not
// available.
func (h object) integerInfo(name string) (v int32) {
	if h.do("Highs_getIntInfoValue", name, &v) != nil {
		return -1
	}
	return v
}

// nodes returns the number of branch-and-bound nodes of the last run.
func (h object) nodes() (v int64) {
	if h.do("Highs_getInt64InfoValue", "mip_node_count", &v) != nil {
		return 0
	}
	return max(v, 0)
}

// floatInfo returns a result of the last run, or NaN if it is not available.
func (h object) floatInfo(name string) (v float64) {
	if h.do("Highs_getDoubleInfoValue", name, &v) != nil {
		return math.NaN()
	}
	return v
}

// modelStatus returns HiGHS's reason for the end of the last run.
func (h object) modelStatus() (modelStatus, error) {
	v, err := h.call(context.Background(), "Highs_getModelStatus")
	return modelStatus(v), err
}

// hasValues reports whether the last run left values that satisfy the program.
func (h object) hasValues() bool {
	const feasible = 2 // SolutionStatus kSolutionStatusFeasible
	return h.integerInfo("primal_solution_status") == feasible
}

// solution returns values and reduced costs per column and duals per row.
func (h object) solution(cols, rows int) (x, reduced, duals []float64, err error) {
	x, reduced = make([]float64, cols), make([]float64, cols)
	activity := make([]float64, rows)
	duals = make([]float64, rows)
	err = h.do("Highs_getSolution", fill(x), fill(reduced), fill(activity), fill(duals))
	return x, reduced, duals, err
}
