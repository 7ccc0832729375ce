// Package scenario describes the futures a plan has to face.
//
// A [Set] holds named series (wind power, demand, prices) over a [Grid] of equal time steps, once for
// each of a few weighted futures. Programs read it; they never ask where it came from. It can be built
// by hand, or by [Generate], which joins the four parts of the usual chain:
//
//	data       [ReadCSV] reads a [Table], [LearnErrors] learns forecast errors from pairs of columns
//	marginals  a [Marginal] per series and step says how a single value is distributed
//	sampling   a [Design] spreads points over the unit cube, a [Copula] joins steps and series
//	reduction  a [Reducer] keeps a few weighted representatives; [Compare] says what was lost
//
// Units are those the caller states when a series is added: MW for power, MWh for energy, currency per
// MWh for prices. The package converts nothing. Step t covers [Start+t·Step, Start+(t+1)·Step), and a
// value at step t is the mean over that step. Probabilities are positive and sum to one.
//
// Randomness comes from a [math/rand/v2.Source] that the caller passes in. The same source state gives
// the same bytes on any number of cores.
package scenario
