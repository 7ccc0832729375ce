package der

import (
	"fmt"
	"math"

	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
)

// The optional interfaces of a kind. Other packages find them by type assertion
// on the interface, so that a kind of another module has the same abilities as
// the kinds of this package.

// Validator is a DER that checks its data before a program is built. Validate
// reports all violations at once, each with its field, its value and the
// expected range, for example
//
//	der: storage ES: Charge is -1, want a finite number of at least 0 MW
type Validator interface {
	Validate(set *scenario.Set) error
}

// Stateful is a DER that rolls forward: it returns its own state at the end of
// a window, the start of the next window of a rolling horizon.
//
// RollForward returns the DER after the given number of steps of one scenario,
// 1 ≤ steps ≤ the steps of the grid. c is the context in which the schedule was
// planned. The receiver is not changed; a DER without a state returns itself. A
// state that the type cannot represent is an error and is never dropped.
//
// Two windows equal one: the optimum of the rest, planned with the DER that
// RollForward returns, plus the money of the steps before is the optimum of all
// steps. Package dertest checks it. After all steps of the grid the next window
// is a new horizon: budgets and levels go on, and a load that runs once, or
// that makes up for its energy by the end, begins anew.
//
// A state outside its limits by the tolerance of a solver, 1e-5 relative to the
// limit and absolute below 1, is moved to the limit; one further outside is an
// error.
//
// For example, a [Storage] with Initial 1 MWh and 3.5 MWh at the end of step 5
// returns a copy with Initial 3.5 after 6 steps.
type Stateful interface {
	DER
	RollForward(realised *Ports, c Context, scenario, steps int) (DER, error)
}

// Overlapper is a DER that must not feed in and withdraw at once, and that
// leaves out the binaries against it wherever [Context.MinMarginalValue] shows
// that both at once cannot pay.
//
// A caller may set an infinite bound that has no proof, solve the smaller
// program and then test the schedule with Overlaps. If a step overlaps, the
// caller states the binaries of that step and solves again. Only a kind with
// this interface may receive an unproven bound.
type Overlapper interface {
	DER

	// Overlaps reports whether a realised schedule feeds in and withdraws at
	// once at step t, beyond the tolerance of a solver.
	Overlaps(realised *Ports, t int) bool
}

// Bounded is a DER that bounds its exchange more closely than the bounds of its
// columns do, because its steps depend on each other: a store discharges no
// more than it holds, a turbine climbs no faster than its ramp. An
// infeasibility diagnosis intersects both bounds.
type Bounded interface {
	DER

	// Bounds returns limits that hold for every schedule of the DER in a
	// scenario, independent of the other members of its VPP. Limits need not be
	// attained.
	Bounds(c Context, scenario int) Bounds
}

// Bounds limits the power that a DER feeds into its VPP, MW per step, by
// [Carrier]; withdrawal is negative. [Context.NewBounds] returns bounds without
// a limit.
type Bounds struct {
	Min, Max [3][]float64
}

// NewBounds returns bounds that allow any exchange.
func (c Context) NewBounds() Bounds {
	var b Bounds
	for port := range b.Min {
		b.Min[port], b.Max[port] = make([]float64, c.Steps()), make([]float64, c.Steps())
		for t := range c.Steps() {
			b.Min[port][t], b.Max[port][t] = math.Inf(-1), math.Inf(1)
		}
	}
	return b
}

// Limit narrows the bounds of a port at step t to [lower, upper], MW.
func (b *Bounds) Limit(port Carrier, t int, lower, upper float64) {
	b.Min[port][t] = max(b.Min[port][t], lower)
	b.Max[port][t] = min(b.Max[port][t], upper)
}

// Diagnoser is a DER that recognises data without any schedule: a store, for
// example, that decays below its minimum energy although it charges all the
// time. Such data pass [Validator], because they depend on the horizon.
type Diagnoser interface {
	DER

	// Diagnose returns the reason why the DER alone has no schedule, or nil if
	// it finds none. The message begins with kind and name and gives the step.
	Diagnose(c Context) error
}

// Class groups kinds in a report. DERs of one class have related colours.
type Class int

const (
	ClassOther Class = iota // the next free colour; a DER without [Classified]
	ClassWind
	ClassSolar
	ClassThermal
	ClassStorage
	ClassFlexibleLoad
	ClassHydro
)

// String returns the class in lower case.
func (c Class) String() string {
	names := [...]string{"other", "wind", "solar", "thermal", "storage", "flexible load", "hydro"}
	if c < 0 || int(c) >= len(names) {
		return fmt.Sprintf("class %d", int(c))
	}
	return names[c]
}

// Classified is a DER that names its class for reports.
type Classified interface {
	DER
	Class() Class
}

// StateDescriber is a DER that describes its states, recorded by [Terms.Watch].
// A report draws the initial value and the limits beside the scenarios of a
// state.
type StateDescriber interface {
	DER

	// DescribeState returns the range of the state with the given name. An
	// unknown name has no range.
	DescribeState(name string) StateRange
}

// StateRange is the range of a state, in the unit of its [Trace].
type StateRange struct {
	Initial  optional.Float // before the first step. Absent: unknown
	Min, Max optional.Float // limits in every step. Absent: none

	// Detail marks a part of another state, such as the energy of one car of a
	// fleet. A report leaves it out; results have it.
	Detail bool
}

// CarbonCounter is a DER that credits captured CO2 or charges the carbon of
// gas. [OneCarbonRule] compares the counts of all members of a VPP.
type CarbonCounter interface {
	DER
	CountsCarbon() CarbonCount
}

// Storer is a DER that withdraws electricity to feed it in again, such as a
// battery. Its withdrawals are no consumption: an obligation on the load of a
// VPP does not count them. The withdrawals of all other kinds count, those of
// boilers and of power-to-gas included.
type Storer interface {
	DER
	StoresElectricity() bool
}

// GridTrader is a DER that can trade with the power grid itself. A VPP rejects
// such a member, because the VPP trades electricity in its market: the member
// would let it buy in one place and sell in the other.
type GridTrader interface {
	DER
	TradesWithGrid() bool
}

var (
	_ = []Validator{
		(*Wind)(nil), (*PV)(nil), (*Storage)(nil), (*Thermal)(nil),
		(*Load)(nil), (*DemandResponse)(nil), (*ShiftableLoad)(nil), (*TransferableLoad)(nil),
		(*CHP)(nil), (*ExtractionCHP)(nil), (*GasBoiler)(nil), (*ElectricBoiler)(nil), (*PowerToGas)(nil),
		(*CarbonCapture)(nil), (*Sequestration)(nil), (*GasSupply)(nil), (*GridConnection)(nil), (*HeatDump)(nil),
	}
	_ = []Stateful{
		(*Wind)(nil), (*PV)(nil), (*Storage)(nil), (*Thermal)(nil),
		(*Load)(nil), (*DemandResponse)(nil), (*ShiftableLoad)(nil), (*TransferableLoad)(nil),
		(*CHP)(nil), (*ExtractionCHP)(nil), (*GasBoiler)(nil), (*ElectricBoiler)(nil), (*PowerToGas)(nil),
		(*CarbonCapture)(nil), (*Sequestration)(nil), (*GasSupply)(nil), (*GridConnection)(nil), (*HeatDump)(nil),
	}
	_ = []Classified{
		(*Wind)(nil), (*PV)(nil), (*Storage)(nil), (*Thermal)(nil), (*CHP)(nil), (*DemandResponse)(nil),
	}
	_ = []CarbonCounter{
		(*CarbonCapture)(nil), (*Sequestration)(nil), (*GasSupply)(nil),
		(*CHP)(nil), (*ExtractionCHP)(nil), (*GasBoiler)(nil), (*Load)(nil),
	}
	_ = []Bounded{(*Storage)(nil), (*Thermal)(nil), (*CarbonCapture)(nil), (*ExtractionCHP)(nil)}

	_ Overlapper     = (*Storage)(nil)
	_ Diagnoser      = (*Storage)(nil)
	_ StateDescriber = (*Storage)(nil)
	_ Storer         = (*Storage)(nil)
	_ GridTrader     = (*GridConnection)(nil)
)

// carryTolerance is the deviation of a carried state from its limits that
// counts as the tolerance of a solver: relative to the limits, absolute below
// 1.
const carryTolerance = 1e-5

// carried returns a state within its limits for the next window. A state
// outside by no more than [carryTolerance] is moved to the limit: 2e-7 MWh
// below an empty store are an empty store. A state further outside is an error,
// because the next window would begin beside the real state.
func carried(what string, value, lower, upper float64, unit string) (float64, error) {
	out := min(upper, max(lower, value))
	if !(math.Abs(value-out) <= carryTolerance*max(1, math.Abs(out))) {
		return 0, fmt.Errorf("%s is %.9g %s at the end of the window, want %.9g to %.9g; roll forward a schedule that keeps the limits",
			what, value, unit, lower, upper)
	}
	return out, nil
}

// carriedEnergy is [carried] for a sum of energies, MWh. The tolerance of a
// solver is then relative to the energy that moved.
func carriedEnergy(what string, value, moved, lower, upper float64) (float64, error) {
	if inside := min(upper, max(lower, value)); math.Abs(inside-value) <= carryTolerance*max(1, moved) {
		value = inside
	}
	return carried(what, value, lower, upper, "MWh")
}

// traced returns a state that a schedule must report for each of its steps.
func traced(realised *Ports, name string, steps int) ([]float64, error) {
	trace := realised.Trace(name)
	if len(trace) < steps {
		return nil, fmt.Errorf("the schedule does not report %q for %d steps; roll forward the schedule of a plan", name, steps)
	}
	return trace, nil
}
