// Package decompose solves two-stage programs with many scenarios by decomposition.
//
//	min c x + Σ_s Q_s(x)   over the first stage x, some of it integer
//	Q_s(x) = min q_s y     with  l_s ≤ T_s x + W_s y ≤ u_s
//
// The method is that of Van Slyke and Wets (SIAM J. Applied Mathematics 17 (1969) 638): a program
// of the first stage with cuts that describe Σ Q_s from below, and one linear program per scenario
// that gives the cuts. Three parts make it fast:
//
//   - A trust region around the best point, from the solution on a few scenarios, keeps steps short.
//   - Sessions keep the basis of all linear programs. Scenarios are solved on all cores.
//   - Branch and bound stands above the relaxation. A cut holds at every node, so that most nodes
//     need few evaluations of the scenarios or none.
//
// The bound of a solution is proven by the cuts, within the tolerance of the solver of the linear
// programs. Results do not depend on the number of cores.
//
// [Solver] is a milp.Solver:
//
//	solver := decompose.Solver{Of: highs.Solver{}}
//
// The work grows with the number of scenarios, that of a program of all scenarios about with its
// square. Integers of a scenario, such as the direction of a battery at negative prices, become
// part of the first stage; programs with many of them are not decomposed.
package decompose
