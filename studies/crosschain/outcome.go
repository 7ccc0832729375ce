package main

import (
	"context"
	"fmt"

	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/vpp"
)

// outcome is the result of one VPP in the terms of the paper's tables. All
// fields are expectations over the scenarios of a day (or week); payments are
// positive.
type outcome struct {
	VPP          string  `json:"vpp"`                    // "all" for the sum
	Cost         float64 `json:"cost_cny"`               // running costs plus all payments
	Power        float64 `json:"power_cny"`              // payments for electricity
	Carbon       float64 `json:"carbon_cny"`             // payments for allowances
	Certificates float64 `json:"certificates_cny"`       // payments for certificates
	Emission     float64 `json:"emission_t"`             // CO2, grid purchases included
	Intensity    float64 `json:"intensity_t_per_10kcny"` // t CO2 per 10 000 CNY, as in the paper
	Renewable    float64 `json:"renewable_share"`        // used fraction of available sun and wind
}

// read returns the outcome of a plan. A plan counts trade as revenue, so its
// sign changes here.
func read(p *vpp.Plan) outcome {
	out := outcome{VPP: p.VPP.Name, Renewable: p.RenewableUtilisation()}
	for s, r := range p.Results {
		probability := p.Setting.Set.Probability(s)
		out.Power -= probability * r.Trade
		out.Carbon += probability * r.Carbon
		out.Certificates += probability * r.Certificate
		out.Emission += probability * r.Emission
		out.Cost += probability * (r.Cost - r.Trade + r.Carbon + r.Certificate + r.Imbalance)
	}
	out.Intensity = out.Emission / out.Cost * 1e4
	return out
}

// cleared is an equilibrium of several VPPs with their outcomes.
type cleared struct {
	VPPs      []outcome
	Residuals map[string]float64 // per good: price found less price at the quantities, CNY per unit
	Rounds    int
	Converged bool

	equilibrium *vpp.Equilibrium
}

// play returns the equilibrium of the sites on the day of the profiles.
func play(
	ctx context.Context, solver milp.Solver, all []site, r rules, conduct market.Conduct,
) (*cleared, error) {
	set, err := forecastDay(all)
	if err != nil {
		return nil, err
	}
	c, err := r.setting(set)
	if err != nil {
		return nil, err
	}
	return clear(ctx, solver, participants(all, r.carbonQuota), c, conduct)
}

// clear returns the equilibrium of the participants in a setting. Every plan is
// recomputed from its data before its figures are used.
func clear(
	ctx context.Context, solver milp.Solver, all []vpp.Participant, c vpp.Setting, conduct market.Conduct,
) (*cleared, error) {
	// Prices are found to 0.05 CNY per unit; the residuals of the result show
	// the rest.
	found, err := vpp.FindEquilibrium(ctx, solver, all, c, vpp.EquilibriumOptions{Conduct: conduct, Tolerance: 0.05})
	if err != nil {
		return nil, err
	}
	out := &cleared{
		Residuals: map[string]float64{}, Rounds: found.Rounds, Converged: found.Converged, equilibrium: found,
	}
	for _, plan := range found.Plans {
		if err := plan.Verify(1e-5); err != nil {
			return nil, fmt.Errorf("the plan of %s does not hold: %w", plan.VPP.Name, err)
		}
		out.VPPs = append(out.VPPs, read(plan))
	}
	for _, m := range found.Markets {
		out.Residuals[m.Market.Trades().String()] = m.Residual
	}
	return out, nil
}

// total returns the sum over the VPPs. Ratios are those of the sums, not sums
// of ratios.
func (x *cleared) total() outcome {
	out := outcome{VPP: "all"}
	var available, used float64
	for i, p := range x.VPPs {
		out.Cost += p.Cost
		out.Power += p.Power
		out.Carbon += p.Carbon
		out.Certificates += p.Certificates
		out.Emission += p.Emission
		for _, r := range x.equilibrium.Plans[i].Results[:1] { // a cleared day has one scenario
			available += r.Available
			used += r.Renewable
		}
	}
	out.Intensity = out.Emission / out.Cost * 1e4
	out.Renewable = used / available
	return out
}
