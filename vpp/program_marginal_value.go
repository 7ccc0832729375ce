package vpp

import (
	"math"
	"slices"
)

// minMarginalValues returns a lower bound of the marginal value of energy per
// step, in currency of members' costs per MWh. It returns nil if no bound is
// known. A DER uses the bound to leave out binaries: see [der.Context].
//
// One more MWh in step t and scenario s can be sold at the lowest sale price
// r_t. At worst it increases a surplus, which costs l_t per MWh. The objective
// weights that cost with at most w_r β d, where d is the density of the risk
// measure, and the price with w_e:
//
//	value ≥ r_t − (w_r β d / w_e) l_t
//
// With [InEconomicToo], l_t counts once more. With [TotalLoss], a negative r_t
// counts up to 1 + w_r β d / w_e times. The bound holds only if the connection
// accepts all energy.
//
// For example, with a sale price of 40, l = 10, w_e = 0.5, w_r β = 0.5 and d =
// 2, the value is at least 40 − 2·10 = 20.
func (p Problem) minMarginalValues() []float64 {
	c := p.Setting
	if c.Weights.Economic <= 0 || p.VPP.ExportLimit.Given() || c.Modelling.DispatchObjective != OwnCosts {
		return nil
	}
	var (
		ratio = 0.0
		out   = make([]float64, c.Set.Steps())
	)
	if k := c.Weights.Risk * p.VPP.RiskAversion; k > 0 {
		ratio = k * c.risk().Density() / c.Weights.Economic
	}
	if math.IsInf(ratio, 1) {
		return nil // a worst case counts regardless of its probability
	}
	for period := range c.Markets.Electricity.Periods() {
		curve := c.Markets.Electricity.Curve(period)
		if lower, _ := curve.Limits(); !math.IsInf(lower, -1) {
			return nil // the market limits sales
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
