// Package weights holds the value weights that a grid publishes to its VPPs,
// and the ways to choose them.
//
// Three weights state how much the grid values economic surplus, avoided risk
// and environmental value. They are non-negative and sum to 1. A VPP maximises
//
//	V(w) = w_e V_eco − w_r β CVaR(L) + w_n V_env        w_e + w_r + w_n = 1
//
// with the risk aversion β and the imbalance cost L. For example, the balanced
// vector of the case study of J. Renew. Sustain. Energy 18, 015306 (2026) is
// 0.4/0.2/0.4.
//
//   - [Vector] is a point of the weight simplex.
//   - [Policy] sets a vector from grid [Signals]: [Fixed], rules as data
//     ([Table], [Directional], [TableByName]) and convex combinations
//     ([Blend]).
//   - [AHP] derives a vector from pairwise comparisons of the three aims.
//   - [Simplex], [Segment] and [Corners] enumerate vectors for a sweep.
//   - [Analyse] compares the outcomes of a sweep: gain, regret, compromise.
//
// Weights are dimensionless, in [0, 1]. Values are in currency, and a larger
// value is better in every dimension; risk is therefore minus a CVaR.
package weights
