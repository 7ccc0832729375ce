// Package unitcommitment joins units into a power system on one bus that has to meet a demand and hold
// spinning reserve, and reads such systems from the two public file formats: that of the library pglib-uc
// and that of Egret.
//
//	system, err := unitcommitment.Read(file, unitcommitment.Options{})
//	program, err := system.Formulate()
//	solution, err := solver.Solve(ctx, program.Model)
//	err = program.WriteCSV(out, solution.Values, 0)
//
// A [System] is a two-stage one: units decide here and now whether they run and in each scenario of the
// set what they deliver, so the same type states deterministic and stochastic unit commitment.
//
// Units: MW, MWh, hours, currency. Cost is positive and is minimised.
package unitcommitment
