// Package der models distributed energy resources (DER), one file per kind. A
// file has the equations with their source, the data, the contribution to a
// program ([DER.Model]) and the owner's money for a realised schedule
// ([DER.Benefit]).
//
// Units. Power is in MW, energy in MWh, money in the currency of the case,
// carbon in t CO2, prices per MWh or per t. Step t covers [t, t+1) of the grid,
// and a power is constant within its step. Steps may differ in length: Δ in an
// equation of step t is the length of that step, and a ramp into a step takes
// place in it. A number of hours is a number of steps only on equal steps;
// otherwise it is measured from the beginning of the step in which it begins.
// Injection into the VPP is positive, and so is money received. Power is
// measured at the meter of the DER; losses inside it appear in its states only.
//
// # Kinds
//
//	generation    Wind, PV, RunOfRiver, Reservoir, Thermal, CHP, ExtractionCHP
//	storage       Storage, for electricity, heat or gas
//	loads         Load, DemandResponse, ShiftableLoad, TransferableLoad, EVFleet, HeatPump
//	conversion    GasBoiler, ElectricBoiler, PowerToGas
//	carbon        CarbonCapture, Sequestration
//	connections   GasSupply, GridConnection, HeatDump, Site (several DERs behind one connection)
//
// [Module], [Array] and [Elasticity] turn irradiance and prices into series.
// [scenario.WindPower] does the same for wind speeds.
//
// # Absent and zero
//
// A limit, ramp, ratio or count whose absence differs from zero has type
// [optional.Float]. The zero value is absent and selects the default in the
// field's comment. optional.Of(0) is zero: a ramp of zero keeps the output
// constant, no ramp allows any change.
//
// # Carbon
//
// One tonne of CO2 counts once. By default it is credited at the unit that
// captures it and charged wherever gas is burnt, gas made from captured CO2
// included; [CarbonRule] describes the alternative. CO2 that passes between
// members is a good ([Terms.CO2]), not an emission.
//
// # A new kind
//
// A new kind is a type with the three methods of [DER], in any package. It
// needs no change here. Package dertest checks it. The optional interfaces give
// it the abilities of the built-in kinds:
//
//	Validator        checks the data before a program is built
//	Stateful         rolls forward: the DER at the start of the next window
//	Overlapper       leaves out binaries against simultaneous operation
//	Bounded          bounds on its exchange, for infeasibility diagnosis
//	Diagnoser        reports data that admit no schedule
//	Classified       class and colour in the report
//	StateDescriber   limits and initial value of a state in the report
//	Stepwise         money of each step in results
//	Rated            rated supply, for capacity factors and the supply margin of a region
//	Projected        clean generation and load that its data state, for the signals of a region
//	Responder        answers to prices without a solver, for fleets of distinct DERs
//	Averaged         the mean of several DERs, for classes of them
//	CarbonCounter    the place at which it counts carbon
//	GridTrader       trades with the power grid outside the market of its VPP
//	Storer           withdraws electricity to feed it in again, which no obligation counts
//	Measured         sizes of its data, for warnings about wrong units
//	Unequal          supports steps of different lengths
//	Scaler           states whether its program with on = n is that of n equal DERs
//
// A kind without one of them has its default. For example, one that is neither
// Projected nor Rated leaves the signals of its region unmeasured.
// examples/customder has a heat pump that implements seven of them.
package der
