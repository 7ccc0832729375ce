// Package unitcommitment combines units to a power system on one bus. The
// system must meet a demand and hold spinning reserve. The package reads such
// systems from five public formats: pglib-uc, Egret, UnitCommitment.jl, PyPSA
// and MATPOWER.
//
//	system, err := unitcommitment.ReadPath(name, unitcommitment.Options{})
//	program, err := system.Formulate()
//	solution, err := solver.Solve(ctx, program.Model)
//	err = program.WriteCSV(out, solution.Values, 0)
//
// A [System] is a two-stage problem. Units decide in the first stage whether
// they run, and in each scenario of the set how much they deliver. One scenario
// gives deterministic unit commitment, several scenarios stochastic unit
// commitment.
//
// # Units and signs
//
// Power is in MW, energy in MWh, time in hours, money in currency. Cost is
// positive and is minimised.
//
// # Differences of the formats
//
//	                     pglib-uc             Egret
//	step                 1 h                  any number of minutes
//	minimum times        whole steps          hours, rounded up to steps
//	output before        within the limits    up to a ramp outside the limits
//	mismatch, shortfall  not allowed          1e6 per MWh and a tenth of it by default
//	first step on        ramp_startup_limit   startup_capacity, half a ramp by default
//	production cost      points               points or polynomial of degree two
//	network              one bus              all buses are joined
//
//	                     UnitCommitment.jl    PyPSA                    MATPOWER
//	step                 divisor of an hour   any, with three weights  one of 1 h
//	money                per step             per hour, weighted       per hour
//	ramps                MW per step          per unit and snapshot    not read
//	minimum times        hours                snapshots                none
//	unserved load        1000 per MW, step    not allowed              not allowed
//	first step on        limit and ramp       limit, also from below   none
//	production cost      points               linear and quadratic     points or polynomial
//	network              joined, noted        joined, noted            joined, noted
//
// Egret files can have elements that change the problem and that this model
// lacks, such as branches with limits, storage, fuel supply and reserve
// products. They are errors unless [Options.Ignore] names them. In the formats
// of JSON a zero is zero: a ramp of 0 keeps the output, and a mismatch price of
// 0 makes unserved load free. An absent key has the default of the format.
package unitcommitment
