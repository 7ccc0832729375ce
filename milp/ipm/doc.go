// Package ipm solves linear programs of package milp by an interior-point
// method in pure Go.
//
//	solution, err := ipm.Solver{Tolerance: 1e-5}.Solve(ctx, m)
//
// It is a second opinion on every linear program that package highs solves, and
// has no limit of 2 GiB. Large programs of many loosely coupled blocks suit it:
// the joint program of a fleet has a block per VPP and scenario, and shares
// only counts. Simplex methods are better at small programs that are solved
// again after a change, and a basic solution is sparser.
//
// # Method
//
// Mehrotra's predictor-corrector method with up to three further correctors
// keeps a primal and a dual point in the interior of their bounds. Each step
// factors a symmetric system of columns and rows, in an approximate minimum
// degree order that is found once per solve. The factorisation is multifrontal:
// it works on dense blocks of neighbouring columns, and on independent subtrees
// in parallel. The result does not depend on the number of threads. The types
// in this package state the equations and their sources.
//
// # Results
//
// Duals and reduced costs are changes of the objective per unit of a limit or
// bound, in the sense of the objective, as everywhere in package milp.
// [milp.Solution.Bound] is the dual objective, and Gap is its true distance,
// not 0. If several optima exist, the solution is near the centre of their
// face, not at a vertex.
//
// A solution is [milp.Optimal] only if it attains the tolerance in the units of
// the model. Rows are measured relative to the largest of 1, the limit and
// their terms, prices relative to the terms of their column, and the gap
// relative to the objective. If the method stalls, or a limit stops it, the
// status is [milp.Feasible] or [milp.NoSolution], and [milp.Solution.Stopped]
// states how far it came, for example
//
//	stalled: rows are missed by 6.2e-09, prices by 0.0e+00, the gap is 9.9e-06; the tolerance is 1e-08
//
// The bound leaves out prices of the wrong sign at absent bounds, which the
// tolerance limits. It is a bound in floating-point numbers, not a rigorous
// one.
//
// [milp.Infeasible] rests on prices that prove it. [milp.Unbounded] rests on a
// ray and on a point that satisfies the rows. A proof holds for points up to
// 10⁷ units of the scaled program. If columns without bounds limit it to them,
// the program of least violation of the rows must not find a point farther
// away; if it does, the status is [milp.Undecided]. If the iterates give no
// proof, two further programs are solved: that of least violation, and one over
// the directions in which all rows stay satisfied. If a ray exists, but no
// point was found, the status is [milp.Undecided].
//
// Models with integer variables are refused with [ErrInteger] and the
// variable's name.
//
// # Sessions
//
// A session keeps the elimination order of the whole matrix, a quarter of the
// time of a solve of 200,000 columns and rows. It keeps no point: started from
// a central point of the solve before, the relaxations of package decompose
// took 24 to 43 steps instead of 12 to 17.
//
// # Numbers
//
// Numbers of the method that one of its sources states are cited with the
// source. All others, such as the regularisation, the smallest pivot, the sizes
// of panels and the steps that count as a stall, are assumed. They decide how
// many steps a solve takes and whether it stalls, and not whether a solution is
// right: a solution and a proof are measured in the units of the model.
//
// # Limits
//
// The context and the time limit are polled inside the ordering, the analysis
// and, every two million multiplications, the factorisation. The need for
// memory is estimated before the factor is allocated, and compared with
// [Solver.MemoryLimit], 4 GiB unless set. The estimate has 200 bytes per column
// and row for the vectors of the method and the graph, 60 bytes per nonzero of
// the program and 8 bytes per nonzero of the factor.
//
// # Measured
//
// BenchmarkFleet has joint programs of fleets of six sizes beside HiGHS. These
// are single runs of the two smallest, in CPU seconds, on two shared cores
// under a load of 30, with HiGHS 1.15.1 as WebAssembly; ipm has the tolerance
// 1e-5, HiGHS its own:
//
//	classes, VPPs, hours, scenarios    ipm               HiGHS simplex    HiGHS ipm
//	5, 2, 24, 1                        0.02 (20 steps)   0.18             0.03 (13 steps)
//	10, 2, 24, 3                       0.16 (38 steps)   0.79             0.66 (32 steps)
//
// The joint program of examples/fleets with 40 classes, 10 VPPs, 24 hours and
// 10 scenarios, which has 166,350 columns and 188,500 rows, takes 53 steps and
// 12.4 CPU seconds on the same machine. The version before took 82 steps and
// 19.6 to 21.3 seconds there, at other times and under other loads, so that the
// ratio of the seconds is rough.
package ipm
