// Package evogame computes evolutionary dynamics of finite games: trajectories
// and their verdicts, strict Nash equilibria, basins of attraction, potentials
// and welfare.
//
// A population represents one decision maker that adapts, such as a DER that
// chooses a VPP. Its state x_i is a probability vector over its strategies.
// With payoffs U_i(a) for every pure profile a,
//
//	f_i(v; x) = Σ_{a: a_i = v} Π_{j≠i} x_{j,a_j} U_i(a)              expected payoff of strategy v
//	dx_{i,v}/dt = x_{i,v} ( f_i(v; x) − Σ_u x_{i,u} f_i(u; x) )      replicator dynamic
//
// For example, a DER that earns 8 in the VPP "north" and 6 in the VPP "south"
// moves from the uniform state to north: dx/dt = x (1−x) (8−6), with x the
// probability of north.
//
// # Convergence
//
// Under the replicator with several populations, the asymptotically stable
// states are exactly the strict pure Nash equilibria (Ritzberger, Weibull 1995;
// Balkenborg, Schlag 2007). A game may have none, one or several of them, and
// none needs to be the profile of highest welfare. Therefore:
//
//   - [Run] returns a [Verdict] with its reason, and NotConverged or Cycle are
//     ordinary results;
//   - [StrictNash] lists all candidates, and [Matrix.ESS] those of a symmetric
//     game;
//   - [BasinShares] estimates how often a dynamic reaches each of them;
//   - [MeasureWelfare] measures their distance from the best profile;
//   - [ExactPotential] tests for a property of the game that excludes cycles.
//
// # Games
//
//   - [Game] is a finite game in normal form, given by a payoff function.
//     [Tabulate] evaluates all payoffs into a [Table]; [NewCached] evaluates
//     them on demand.
//   - [PopulationGame] gives payoffs as functions of the state, which is the
//     input of a dynamic. Implementations are [Table], [Matrix] (one
//     population, random pairwise matching), [Classes] (classes of equal
//     players, exact) and [Continuum] (classes of infinitely many players).
//
// # Units
//
// Payoffs have any unit, for example currency per day; a higher payoff is
// better. Time has the reciprocal unit for dynamics whose speed is a payoff
// difference. Multiplying all payoffs by a constant then only rescales time.
//
// # Files
//
// File names start with the subject: game_* and table_* (finite games),
// population_* (states and population games, with their equilibria), dynamic_*
// (revision protocols), run_* (integration and verdicts), nash_* (equilibria of
// finite games, better replies, potential, welfare) and basin_* (sampled basins
// of attraction).
package evogame
