package der

import (
	"math"

	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/scenario"
)

// DER contributes one resource to a two-stage program and says what a realised schedule is worth to it.
//
// Implementations are plain data: both methods only read it, may be called from several goroutines at
// once and give the same result each time.
type DER interface {
	// Name identifies the unit among all units of a region; names of columns and rows start with it.
	Name() string

	// Model adds the unit's columns and rows to m and returns one [Terms] per scenario of c.Set. A
	// variable made before the loop over scenarios is here-and-now, one made inside is wait-and-see.
	//
	// on is the constant 1, or the membership binary of a VPP that is choosing its members. Every
	// constant (base load, initial state of charge, must-run) and every limit is multiplied by it, so
	// that on = 0 is feasible and leaves all Terms at zero.
	Model(m *milp.Model, on milp.Expr, c Context) []Terms

	// Benefit returns what scenario s of a realised schedule is worth to the unit's owner, itemised:
	// what the tariff pays and charges (see [Context.Payment]) less the unit's own costs. It equals
	// payment less [Terms.Cost] at every optimum of a program in which cost has weight; at other solutions
	// Terms.Cost may lie above it, because a cost that is stated by its epigraph is only pressed down.
	Benefit(realised Schedule, c Context, scenario int) Benefit
}

// Validator is implemented by units that can say what is wrong with their data before a program is
// built. Validate names every violation at once, each with its field and what was expected.
type Validator interface {
	Validate(set *scenario.Set) error
}

// Context is what surrounds a unit: the grid and futures, and what its VPP pays and charges.
type Context struct {
	Set    *scenario.Set
	Tariff Tariff

	// Floor is, per step, the least that one more MWh of electricity at the unit's meter can be worth to
	// its VPP, in currency; negative where energy can be a burden. Units use it to leave out binaries
	// that can never matter. Nil means that nothing is known. It must be nil where the objective values
	// a MWh fed in differently from a MWh not taken out, as one does that counts tariff payments.
	MinMarginalValues []float64
}

// Steps returns the number of steps of the grid.
func (c Context) Steps() int { return c.Set.Steps() }

// Hours returns the length of one step.
func (c Context) Hours() float64 { return c.Set.Hours() }

// Scenarios returns the number of futures.
func (c Context) Scenarios() int { return c.Set.Len() }

// NewTerms returns empty terms, one per scenario.
func (c Context) NewTerms() []Terms {
	out := make([]Terms, c.Scenarios())
	for s := range out {
		out[s].steps = c.Steps()
	}
	return out
}

// floor returns the least worth of a MWh at a unit's port and whether anything is known about it. Floor
// speaks of electricity; only the promise of an infinite floor (see [Overlapper]) holds for heat and gas
// as well.
func (c Context) MinMarginalValue(port Carrier, t int) (currency float64, known bool) {
	if c.MinMarginalValues == nil || port != Electricity && !math.IsInf(c.MinMarginalValues[t], 1) {
		return 0, false
	}
	return c.MinMarginalValues[t], true
}

// Namer returns a function that names wait-and-see columns and rows: at("charge", t) is
// "unit.charge(s,t)".
func (c Context) Namer(unit string, scenario int) func(what string, t int) milp.Name {
	return func(what string, t int) milp.Name { return milp.At(unit, what, scenario, t) }
}

// FirstStage returns a function that names here-and-now columns and rows: at("on", t) is "unit.on(t)".
func (c Context) FirstStage(unit string) func(what string, t int) milp.Name {
	return func(what string, t int) milp.Name { return milp.At(unit, what, t) }
}
