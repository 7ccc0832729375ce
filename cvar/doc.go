// Package cvar measures conditional value at risk: the mean of the worst outcomes.
//
// [Measure.OfLosses] and [Measure.OfProfits] measure it on numbers, a value and a probability per
// scenario. [Measure.AddLosses] and [Measure.AddProfits] add it to a program, where the values are
// expressions; minimising the result makes the plan itself shy of bad outcomes.
//
// The level is always called Confidence: 0.95 looks at the worst 5 % of probability. Confidence 0 is the
// expectation, confidence 1 the worst case. (Elsewhere the same level is called α, β, 1−α or 1−β.) A loss
// is worse the larger it is, a profit the smaller; of both, results are reported in their own sign, so
// that the risk of a profit is a small or negative profit. Units are those of the values.
//
// With few scenarios a high confidence measures nothing but the worst of them: ten equally likely
// scenarios cannot tell 0.9 from 0.99.
package cvar
