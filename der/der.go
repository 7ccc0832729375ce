package der

import (
	"math"

	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/scenario"
)

// DER adds one resource to a two-stage program and evaluates a realised
// schedule for its owner.
//
// Implementations are plain data. Both methods only read it, may run in several
// goroutines at once and return the same result each time.
type DER interface {
	// Name identifies the DER in its region. Names of columns and rows begin
	// with it.
	Name() string

	// Model adds columns and rows to m and returns one [Terms] per scenario of
	// c.Set. A variable created before the loop over scenarios is first-stage
	// (here-and-now); one created inside is second-stage (wait-and-see).
	//
	// on is the constant 1, or a membership binary if a VPP selects its
	// members. Every constant (base load, initial energy, must-run) and every
	// limit is multiplied by on, so that on = 0 is feasible and sets all Terms
	// to zero. Bounds of columns are numbers, and contain the limits at
	// [MaxCount](on). A kind that scales, see [Scaler], also receives the
	// number of DERs of a [Fleet].
	Model(m *milp.Model, on milp.Expr, c Context) []Terms

	// Benefit returns the owner's money for scenario s of a realised schedule,
	// itemised, in currency: the payments of the tariff ([Context.Payment])
	// minus the DER's own costs. At every optimum of a program that gives
	// weight to cost it equals payment minus [Terms.Cost]. At other solutions
	// Terms.Cost may be larger, because a cost that inequalities bound from
	// below is only pressed down.
	Benefit(realised Schedule, c Context, scenario int) Benefit
}

// Context is the surroundings of a DER: the grid with its scenarios, and the
// tariff of its VPP.
type Context struct {
	Set    *scenario.Set
	Tariff Tariff

	// Inside has the prices of goods for which the tariff states none. A plan
	// sets them to the marginal values of its program; they are absent while
	// the program is formulated.
	Inside InsidePrices

	// MinMarginalValues is, per step, a lower bound of the value that one more
	// MWh of electricity at the meter has for the VPP, in currency per MWh. It
	// is negative if energy can be a burden. A kind uses it to leave out
	// binaries that no optimum needs; see [Context.MinMarginalValue].
	//
	// Nil: no bound is known. It must be nil if the objective values one MWh
	// fed in and one MWh not withdrawn differently, as an objective with tariff
	// payments does.
	MinMarginalValues []float64
}

// Steps returns the number of steps of the grid.
func (c Context) Steps() int { return c.Set.Steps() }

// HoursAt returns the length of step t in hours.
func (c Context) HoursAt(t int) float64 { return c.Set.HoursAt(t) }

// Hours returns the length of every step in hours. It panics with a
// *[scenario.UnequalSteps] if the lengths differ. A kind for all grids reads
// [Context.HoursAt] and implements [Unequal]; a VPP rejects other kinds before
// it calls them on such a grid.
func (c Context) Hours() float64 { return c.Set.Hours() }

// Window returns the context of the steps [from, to): their series, prices and
// bounds. It shares memory with c.
func (c Context) Window(from, to int) Context {
	cut := func(path []float64) []float64 { return between(path, from, to) }
	each := func(paths [][]float64) [][]float64 {
		if paths == nil {
			return nil
		}
		out := make([][]float64, len(paths))
		for s := range paths {
			out[s] = cut(paths[s])
		}
		return out
	}
	x := c.Tariff
	return Context{
		Set: c.Set.Window(from, to),
		Tariff: Tariff{
			Injection: cut(x.Injection), Withdrawal: cut(x.Withdrawal), LoadReduction: cut(x.LoadReduction),
			Shortage: cut(x.Shortage), Surplus: cut(x.Surplus), Heat: cut(x.Heat), Gas: cut(x.Gas), CO2: cut(x.CO2),
		},
		Inside:            InsidePrices{Heat: each(c.Inside.Heat), Gas: each(c.Inside.Gas), CO2: each(c.Inside.CO2)},
		MinMarginalValues: cut(c.MinMarginalValues),
	}
}

// Scenarios returns the number of scenarios.
func (c Context) Scenarios() int { return c.Set.Len() }

// NewTerms returns empty terms, one per scenario.
func (c Context) NewTerms() []Terms {
	out := make([]Terms, c.Scenarios())
	for s := range out {
		out[s].steps = c.Steps()
	}
	return out
}

// MinMarginalValue returns a lower bound of the value of one more MWh at a
// port, currency per MWh, and whether such a bound is known. MinMarginalValues
// describes electricity. The infinite bound of an [Overlapper] holds for heat
// and gas as well.
//
// For example, a store whose round trip loses 10 % of the energy does not need
// a binary at step t if the bound is 20 per MWh: charging and discharging at
// once would burn energy of positive value.
func (c Context) MinMarginalValue(port Carrier, t int) (bound float64, known bool) {
	if c.MinMarginalValues == nil || port != Electricity && !math.IsInf(c.MinMarginalValues[t], 1) {
		return 0, false
	}
	return c.MinMarginalValues[t], true
}

// Namer returns a function that names second-stage columns and rows of a DER:
// at("charge", 17) is "battery.charge(3,17)" in scenario 3.
func (c Context) Namer(id string, scenario int) func(quantity string, t int) milp.Name {
	return func(quantity string, t int) milp.Name { return milp.At(id, quantity, scenario, t) }
}

// FirstStage returns a function that names first-stage columns and rows of a
// DER: at("on", 17) is "turbine.on(17)".
func (c Context) FirstStage(id string) func(quantity string, t int) milp.Name {
	return func(quantity string, t int) milp.Name { return milp.At(id, quantity, t) }
}
