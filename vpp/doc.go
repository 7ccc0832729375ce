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
// with the convex piecewise-linear cost curves C of the markets (package market) and the grid's weights
// w. The position is decided before the scenario is known, and so is whatever the units decide here and
// now; the rest follows the scenario. Source of the structure: Dong, Wang, Yang, Shi, JRSE 18, 015306
// (2026), as far as its public summary tells it; the readings chosen are listed at [Readings].
//
// # Units and signs
//
// MW, MWh, hours, currency, t CO2. Injection, sale and profit are positive. Losses are costs: imbalance
// cost, VaR and CVaR are positive when money is lost.
package vpp
