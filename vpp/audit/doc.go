// Package audit recomputes what units did from their data and their schedule alone. It shares no code
// with the programs that planned the schedule: it reads the data fields of the kinds of package der and
// never calls their Model, so that an error in a formulation cannot hide behind itself. (It does call
// Benefit, to compare what it says with a cost computed here.)
//
//	var x audit.Inspection
//	known := audit.Inspect(&x, unit, schedule, context)
//	err := x.Err() // nil, or every broken rule
//
// A plan of package vpp calls it for each member, beside checks of its own: see vpp.Plan.Verify. A unit of
// another kind brings its rules along by implementing [Inspected].
//
// Units are those of package der: MW, MWh, hours, currency, t CO2.
package audit
