// Package vpp plans a virtual power plant: a portfolio of resources as one two-stage program, its value
// along the grid's dimensions, and how that value is shared.
//
//	program, err := vpp.Formulate(plant, members, setting)
//	plan, err := program.Solve(ctx, highs.Solver{})
//
// Formulating and solving are separate, so that a caller can add constraints of its own to
// program.Model in between.
//
// # The program
//
// For members S, scenarios s with probability π_s and steps t of Δ hours,
//
//	n_{t,s} = Σ_i net_{i,t,s} − D_{t,s}                       what is delivered to the grid, MW
//	q_{t,s} = e_t − n_{t,s}                                   short of the day-ahead position e_t, MW
//	E_s = −Σ_t C^el_t(−n_{t,s} Δ) − Σ_i cost_{i,s}            economic value
//	L_s =  Σ_t C^imb_t(q_{t,s} Δ)                             imbalance cost
//	N_s = −C^carbon(emissions − allowances) − C^cert(obligation − certificates)
//
//	max  w_e E[E_s] − w_r β CVaR(L) + w_n E[N_s]
//
// with the piecewise-linear cost curves C of the markets (package market; those that are not convex take
// binaries) and the grid's weights
// w. The position is decided before the scenario is known, and so is whatever the units decide here and
// now; the rest follows the scenario. Source of the structure: Dong, Wang, Yang, Shi, JRSE 18, 015306
// (2026), as far as its public summary tells it; the readings chosen are listed at [Readings].
//
// # Heat, gas and CO2
//
// What members hand each other of heat, gas and captured CO2 sums to zero in every scenario and step
// ([Exchange]); none of the three leaves the plant. Electricity is bought and sold in one place, the
// plant's electricity market, within its connection; a grid connection as a member is refused. Gas has no
// market of the plant's: members such as der.GasSupply buy it, and may be several. Carbon of purchases is
// [Markets.GridEmission].
//
// # Several plants
//
// [FindEquilibrium] joins plants in markets whose prices follow what all of them buy, as price takers, as
// Cournot players or as a planner would, in one program whose optimum is the equilibrium. It reports, per
// market, by how much any price differs from the one at the quantities found, and accounts for every
// payment, with the counterparty outside, so that money sums to zero.
//
// # Trust
//
// [Plan.Verify] recomputes a plan from the data and the schedules alone, in code that shares nothing with
// the program; package audit holds the rules of each kind of unit. [Obstacles] says what makes a plant
// impossible before anything is solved, [Program.Explain] what the rest was, [Program.Statistics] whether
// numbers lie too far apart.
//
// # Other futures
//
// [Plan.Recourse] holds what a plan decided here and now and lets the rest follow futures that it was not
// made for, such as the unreduced sample. [ValueOfInformation] says what planning with the futures is worth
// (VSS) and what knowing them would be (EVPI), [Interval] how sure a mean over several samples is.
//
// # Again and again
//
// A [Session] keeps a plant's program in the solver while weights, prices, demands and members change.
// [Carry] returns the members as they stand after some steps, for the next window of a rolling horizon.
// [Coalitions] plans each coalition once for many callers.
//
// # Units and signs
//
// MW, MWh, hours, currency, t CO2. Injection, sale and profit are positive. Losses are costs: imbalance
// cost, VaR and CVaR are positive when money is lost.
package vpp
