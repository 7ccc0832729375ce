// Package evogame lets strategies spread through populations in proportion to what they earn, and says
// honestly where that ends.
//
// A population stands for one decision maker who adapts, such as a resource choosing a power plant: its
// state x_i is the probability of each strategy. With payoffs U_i(a) for every pure profile a,
//
//	f_i(v; x) = Σ_{a: a_i = v} Π_{j≠i} x_{j,a_j} U_i(a)         expected payoff of strategy v
//	dx_{i,v}/dt = x_{i,v} ( f_i(v; x) − Σ_u x_{i,u} f_i(u; x) )    replicator dynamics
//
// # What converges
//
// Of these dynamics, with several populations, exactly the strict pure Nash profiles are asymptotically
// stable (Balkenborg, Schlag 2007; Ritzberger, Weibull 1995). A game may have none, one or several, and
// nothing ties them to the profile with the highest welfare. So the package never assumes convergence:
// [Run] returns a [Verdict] with its reason, [StrictNash] lists all candidates, [BasinShares] says how
// often each is reached, [MeasureWelfare] how far each is from the best profile, and [ExactPotential]
// whether the game is one in which the dynamics must settle.
//
// # The games
//
//   - [Game]: finite, by payoff function; [Tabulate] evaluates it into a [Table], [NewCached] on demand.
//   - [PopulationGame]: payoffs as a function of the state; what the dynamics need. [Table] is one, as
//     are [Matrix] (one population against itself), [Classes] (classes of equal units, exact) and
//     [Shares] (classes so large that only shares matter).
//
// Payoffs are in any unit, for instance currency per day; time is in the reciprocal unit for dynamics
// whose speed is a payoff difference, so that scaling the payoffs scales time and nothing else.
package evogame
