// Package fleet finds the equilibrium of a region with many equal DERs:
// thousands to millions in classes, which share VPPs.
//
// A class k has N_k equal DERs, of which n_kv join VPP v. J_v(n) is the optimum
// of the program of VPP v with these members ([vpp.Value.Objective]). If the
// schedules of a DER are a convex set, J_v is concave in n, because all limits
// of the program are linear in n. The equilibrium is then the solution of one
// linear program over all VPPs:
//
//	max Σ_v Σ_q (w_q / t_q) J_v(t_q n_v) + Σ_k u_k (N_k − Σ_v n_kv)      0 ≤ n,  Σ_v n_kv ≤ N_k
//
// The nodes t_q and weights w_q belong to the sharing rule. [Marginal] has the
// node 1, and its potential is the welfare. [AumannShapley] has the nodes of a
// quadrature over 0 to 1. u_k is the payoff of a DER outside of all VPPs.
//
//	p := fleet.Problem{VPPs: vpps, Fleets: []der.Fleet{{Unit: battery, Count: 25000}}, Setting: setting}
//	e, err := p.Solve(ctx, solver)
//	c, err := p.Verify(ctx, solver, e)
//	fmt.Println(c.Gap/c.Gain, c.Regret)
//
// A [Certificate] bounds the welfare of all splits and the gain of a DER that
// moves. It follows from the data and the prices of the equilibrium alone.
// [Problem.Round] moves to whole DERs, and [Game] runs the dynamics of package
// evogame on a smooth potential.
//
// [Distinct] is the same choice by thousands of DERs that differ in every
// parameter, each of which joins one VPP as a whole. Its bound and its
// [Assignment] rest on answers of the DERs to prices.
//
// Payoffs, welfare and regrets are in units of the objective of a VPP, over the
// horizon. Counts are in DERs.
//
// Sources: Sandholm, "Potential games with continuous player sets", J. Economic
// Theory 97 (2001) 81, for equilibria as maximisers; Aumann, Shapley, Values of
// Non-Atomic Games (1974); Hart, Mas-Colell, "Potential, value, and
// consistency", Econometrica 57 (1989) 589, for the potential.
package fleet
