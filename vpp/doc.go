// Package vpp plans a virtual power plant (VPP): a portfolio of distributed
// energy resources (DER) as one two-stage program, its value in the dimensions
// of the grid, and the division of that value.
//
//	problem := vpp.Problem{VPP: village, Members: ders, Setting: setting}
//	plan, err := problem.Solve(ctx, highs.Solver{})
//
// [Problem.Formulate] returns the program before it is solved. A caller can add
// constraints to its Model and then call [Program.Solve].
//
// # The program
//
// S is the coalition of members, s a scenario of probability π_s, t a step of Δ
// hours.
//
//	n_{t,s} = Σ_{i∈S} net_{i,t,s} − D_{t,s}                     delivered power, MW
//	q_{t,s} = e_t − n_{t,s}                                     shortage against the schedule, MW
//	E_s = −Σ_p C^el_p(−Σ_{t∈p} n_{t,s} Δ) − Σ_i cost_{i,s}      economic value, currency
//	L_s =  Σ_p C^imb_p(Σ_{t∈p} q_{t,s} Δ)                       imbalance cost, currency
//	N_s = −C^carbon(emission − allowance) − C^cert(owed − earned)   environmental value
//
//	max  w_e E[E_s] − w_r β CVaR_α(L) + w_n E[N_s]
//
// D is the demand that the VPP serves, e the day-ahead schedule, p a settlement
// period, β the risk aversion, w the weights of the grid. C are the piecewise
// linear cost curves of package market. A curve that is not convex adds
// binaries.
//
// The day-ahead schedule and the first-stage decisions of members are equal in
// all scenarios. All other columns exist once per scenario.
//
// Source: Dong, Wang, Yang, Shi, J. Renew. Sustain. Energy 18, 015306 (2026),
// as described by its public summary. [Modelling] lists the options for the
// points that the summary leaves open.
//
// # Heat, gas and CO2
//
// Heat, gas and captured CO2 balance among the members in each scenario and
// step ([Exchange]). Only electricity crosses the boundary of the VPP, in its
// electricity market. A grid connection as a member is rejected. Members such
// as [der.GasSupply] buy gas. [Markets.GridEmission] is the carbon of purchased
// electricity.
//
// Members pay each other for goods, at the prices of the tariff or at the
// marginal values inside the VPP. For example, at a heat price of 40 a boiler
// receives 80 per hour for 2 MW, which the loads pay. The payments for a good
// sum to zero.
//
// # Gains and payoffs
//
// A member has its own revenue and a share of the gain V(S) − V(∅) ([Payoffs]).
// A run shares the gain in money and covers the costs of members: [Shareable],
// [Reservations]. [Modelling] has the readings of the source.
//
// # Several VPPs
//
// [FindEquilibrium] solves several VPPs in markets whose prices respond to the
// volume of all of them. Participants are price takers, Cournot players or
// members of a social plan. The result contains the residual of each price and
// all payments; together with the outside counterparty they sum to zero.
//
// # Verification and diagnosis
//
// [Plan.Verify] recomputes a plan from data and schedules, in code that the
// program does not share; package vpp/audit has the rules of each DER kind.
// [Problem.Diagnose] finds limits that no schedule can meet, before any
// solution. [Program.Explain] finds conflicting rows of an infeasible program.
// [Program.Statistics] reports the range of coefficients.
//
// # Ranges of values
//
// A solver stops at a gap ε, so that another one can return another plan.
// [Problem.Ranges] returns intervals that contain the integrated value and the
// revenues of each of these plans, from a proof of the integers that have an
// objective of at least z − ε. [PayoffRanges] returns those of the payoffs. A
// plan has the smallest expected imbalance cost of all optima with its
// integers.
//
// # Other scenarios and rolling windows
//
// [Plan.Recourse] holds the first-stage decisions of a plan and solves the
// second stage for other scenarios. [Problem.ValueOfInformation] computes VSS
// and EVPI, and [Interval] a confidence interval over samples. [RollForward]
// returns the members in their state after some steps. A [Session] keeps the
// program in the solver while data change. [Coalitions] solves each coalition
// once.
//
// # Units and signs
//
// MW, MWh, hours, currency, t CO2. Injection, sale and profit are positive.
// Losses are costs: imbalance cost, VaR and CVaR are positive if money is lost.
package vpp
