// Package scenario describes uncertain time series as weighted scenarios.
//
// A [Set] contains named series (wind power, demand, prices) over a [Grid] of
// time steps, with one path per scenario and one probability per scenario.
// Programs only read a Set. A Set can be built by hand with [New], or by
// [Generate], which runs four stages:
//
//	data       [ReadCSV] reads a [Table]; [LearnErrors] learns forecast errors from its columns
//	marginals  a [Marginal] per series and step is the distribution of one value
//	sampling   a [Design] spreads points over the unit cube; a [Copula] joins steps and series
//	reduction  a [Reducer] keeps a few weighted representatives; [Compare] measures the loss
//
// # Units and time
//
// The caller states the unit of a series when it is added: MW for power, MWh
// for energy, currency per MWh for prices. The package converts no units. Step
// t covers [Start+t·Step, Start+(t+1)·Step), and a value at step t is the mean
// over that step. Probabilities are positive and sum to 1.
//
// # Determinism
//
// Random numbers come from a [math/rand/v2.Source] that the caller passes in.
// The same state of the source gives the same bytes on any number of cores.
//
// # Files
//
// Files of one subject share a prefix: set_, table_, marginal_, learn_,
// copula_, design, generate, reduce_ (one file per algorithm) and quality_.
package scenario
