package vpp

import (
	"math"
	"slices"
)

// floor returns, per step, the least that one more MWh inside the plant can be worth, in currency of the
// members' costs; nil where nothing can be said.
//
// One more MWh at step t of scenario s can always be sold, at the lowest price r_t on the selling side,
// and can at worst lengthen a surplus, whose cost per MWh is l_t. The objective weighs that cost with at
// most w_r β d, where d is the risk measure's density, and the price with w_e:
//
//	value ≥ r_t − (w_r β d / w_e) l_t
//
// (plus l_t once more where the economic value pays for imbalance; where risk is of the total loss, a
// negative r_t counts up to 1 + w_r β d / w_e times). The bound needs a connection that never refuses
// energy.
func floor(p VPP, c Setting) []float64 {
	if c.Weights.Economic <= 0 || p.ExportLimit.Given() || c.Modelling.DispatchObjective != OwnCosts {
		return nil
	}
	var (
		ratio = 0.0
		out   = make([]float64, c.Set.Steps())
	)
	if k := c.Weights.Risk * p.RiskAversion; k > 0 {
		ratio = k * c.risk().Density() / c.Weights.Economic
	}
	if math.IsInf(ratio, 1) {
		return nil // the worst case counts whatever its probability
	}
	for period := range c.Markets.Electricity.Periods() {
		curve := c.Markets.Electricity.Curve(period)
		if lower, _ := curve.Limits(); !math.IsInf(lower, -1) {
			return nil
		}
		price := slices.Min(curve.Slopes)
		if c.Modelling.RiskOf == TotalLoss && price < 0 {
			price *= 1 + ratio
		}
		from, to := c.Markets.Electricity.Span(period)
		for t := from; t < to; t++ {
			out[t] = price
		}
	}
	if c.Markets.Imbalance == nil {
		return out
	}
	if c.Modelling.ImbalanceAccounting == InEconomicToo {
		ratio++
	}
	for period := range c.Markets.Imbalance.Periods() {
		curve := c.Markets.Imbalance.Penalty(period)
		if lower, _ := curve.Limits(); !math.IsInf(lower, -1) {
			return nil
		}
		from, to := c.Markets.Imbalance.Span(period)
		for t := from; t < to; t++ {
			out[t] -= ratio * max(0, -slices.Min(curve.Slopes))
		}
	}
	return out
}
