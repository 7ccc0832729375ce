// Package audit recomputes schedules of DERs from their data. It shares no code
// with the programs that planned the schedules: it reads the data fields of the
// kinds of package der and never calls Model, so that an error in a formulation
// cannot hide itself. It calls Benefit to compare it with the cost that is
// computed here.
//
//	var x audit.Inspection
//	known := audit.Inspect(&x, battery, schedule, context)
//	err := x.Err() // nil, or *Violations with all violated rules
//
// A rule compares a number with another number or a limit, within a tolerance:
//
//	|found − want| ≤ τ max(1, |found|, |want|),   τ = 1e-6 by default
//
// vpp.Plan.Verify calls this package for each member and has the rules of the
// VPP itself. A kind outside package der implements [Inspected] and states its
// own rules.
//
// Each file has the rules of one family of kinds; the comment of each function
// gives the equations. The symbols are those of package der, with the step
// length Δ in hours. Units are MW, MWh, hours, currency, t CO2.
package audit
