// Package decompose solves two-stage programs with many scenarios by
// decomposition.
//
//	min c x + Σ_s q_s y_s   over the first stage x, some of it integer
//	l_s ≤ T_s x + W_s y_s ≤ u_s for each scenario s,   rows of x alone
//
// The integers are few and the same for all numbers of scenarios. Three
// programs divide the work:
//
//   - A sample of 12 scenarios, weighted so that they stand for all, is
//     searched by branch and bound over warm sessions of the simplex method.
//     Its leaves are parts that cover all integers.
//   - The whole program with the integers of the sample fixed gives the first
//     solution.
//   - The relaxation of the whole program over each leaf, by an interior-point
//     method, gives a bound. It ends as soon as the bound excludes the leaf. A
//     leaf that stays open is branched further.
//
// The elimination order of the interior-point method takes the matrix apart by
// scenarios, so that the work of a step grows with their number, and the number
// of steps grows slowly. The work of the simplex method grows about with the
// square. The sample decides the time alone: the bound of a solution is the
// least one of the parts of the whole program, within the tolerance of the
// solver of linear programs. Results do not depend on the number of cores.
//
// [Solver] is a milp.Solver:
//
//	solver := decompose.Solver{Of: highs.Solver{}, Linear: ipm.Solver{}}
//
// Integers of a scenario, such as the direction of a battery at negative
// prices, become part of the first stage; programs with many of them are not
// decomposed.
package decompose
