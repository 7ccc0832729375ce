package vpp

import (
	"fmt"
	"math"
)

// Value is the value of a plan in the three dimensions of the grid, currency
// over the horizon. All fields except Worst and the risk are expectations over
// the scenarios.
//
//	E = Trade + Reserve − Payments economic, minus Imbalance with [InEconomicToo]
//	N = −E[carbon + certificates]  environment
//	V = w_e E − w_r β R + w_n N    integrated value, from which members are paid
//
// The objective replaces Payments by the costs that [DispatchObjective]
// selects, so that the dispatch does not depend on transfers between the VPP
// and its members.
type Value struct {
	Economic    float64 // E, the surplus of the VPP itself
	Cost        float64 // members' own costs
	Payments    float64 // to the members under the tariff
	Trade       float64 // from selling and buying energy
	Reserve     float64 `json:",omitempty"` // from offered reserve
	Imbalance   float64 // imbalance cost
	VaR         float64 // value at risk of the loss; 0 if the risk measure is not a [Quantile]
	Risk        float64 // R, risk of the loss; by default the CVaR of the imbalance cost
	Worst       float64 // largest loss of a scenario
	Environment float64 // N
	Objective   float64 // maximised by the program
	Integrated  float64 // V
}

// setValue computes the value from the results of the scenarios.
func (p *Plan) setValue() error {
	var (
		c           = p.Setting
		v           = &p.Value
		probability = c.Set.Probabilities()
		loss        = make([]float64, len(p.Results))
		costs       float64 // in the objective
	)
	v.Worst = math.Inf(-1)
	for s := range p.Results {
		r := &p.Results[s]
		v.Trade += probability[s] * r.Trade
		v.Reserve += probability[s] * r.Reserve
		v.Cost += probability[s] * r.Cost
		v.Payments += probability[s] * r.Payments
		v.Imbalance += probability[s] * r.Imbalance
		v.Environment -= probability[s] * (r.Carbon + r.Certificate)
		v.Worst = max(v.Worst, r.Loss)
		costs += probability[s] * p.memberCost(r)
		loss[s] = r.Loss
	}
	v.Economic = v.Trade + v.Reserve - v.Payments
	var err error
	if v.Risk, err = c.risk().Of(loss, probability); err != nil {
		return fmt.Errorf("%s%w", p.VPP.prefix(), err)
	}
	if q, ok := c.risk().(Quantile); ok {
		if v.VaR, err = q.VaR(loss, probability); err != nil {
			return fmt.Errorf("%s%w", p.VPP.prefix(), err)
		}
	}
	dispatch := v.Trade + v.Reserve - costs
	if c.Modelling.ImbalanceAccounting == InEconomicToo {
		v.Economic -= v.Imbalance
		dispatch -= v.Imbalance
	}
	rest := -c.Weights.Risk*p.VPP.RiskAversion*v.Risk + c.Weights.Environment*v.Environment
	v.Objective = c.Weights.Economic*dispatch + rest
	v.Integrated = c.Weights.Economic*v.Economic + rest
	return nil
}

// loss returns the loss of a scenario whose risk is measured, currency.
func (p *Plan) loss(r *Result) float64 {
	if p.Setting.Modelling.RiskOf == ImbalanceCost {
		return r.Imbalance
	}
	return r.Imbalance + r.Carbon + r.Certificate - (r.Trade + r.Reserve - p.memberCost(r))
}

// memberCost returns the costs of members in the objective, currency.
func (p *Plan) memberCost(r *Result) float64 {
	if p.Setting.Modelling.DispatchObjective == TariffPayments {
		return r.Payments + r.Penalties
	}
	return r.Cost
}
