// Package cvar measures conditional value at risk (CVaR), the mean of the worst
// outcomes.
//
// [Measure.OfLosses] and [Measure.OfProfits] compute it from numbers: one value
// and one probability per scenario. [Measure.AddLosses] and
// [Measure.AddProfits] add it to a program as a linear expression, so that the
// program can minimise or bound the risk of its own plan.
//
// # Level and signs
//
// The level is always called Confidence. Confidence 0.95 refers to the worst 5
// % of probability, confidence 0 is the expectation, and confidence 1 is the
// worst case. (Other texts write α, β, 1−α or 1−β for the same level.) Large
// losses are bad; small profits are bad. Results keep the sign of the values:
// the CVaR of a profit is a small or negative profit. Units are those of the
// values.
//
// For example, four equally likely losses 10, 20, 30 and 40 at confidence 0.6
// have the worst 0.4 of probability at 40 and at part of 30, so that CVaR =
// (0.25·40 + 0.15·30)/0.4 = 36.25.
//
// With few scenarios a high confidence measures only the worst of them. Ten
// equally likely scenarios have the same CVaR at 0.9 and at 0.99.
package cvar
