package main

import (
	"context"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/internal/command"
	"github.com/trigrid/trigrid/vpp"
)

// outcome is what the source's allocation comes to, both plants together, currency in expectation.
type outcome struct {
	Payoff, Revenue map[string]float64 // per unit

	Economic, CVaR, Environment, Imbalance float64
	Deviation                              float64 // expected absolute imbalance, MWh
	Used, Available                        float64 // renewable energy, MWh
}

// coalitions returns the plants of a region, nothing planned yet.
func coalitions(o options, region trigrid.Region) ([]*vpp.Coalitions, error) {
	out := make([]*vpp.Coalitions, len(region.VPPs))
	for v, p := range region.VPPs {
		var err error
		if out[v], err = vpp.NewCoalitions(p, region.DERs, region.Setting, o.solver); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// plan plans some coalitions of each plant.
func plan(ctx context.Context, o options, plants []*vpp.Coalitions, which []vpp.Coalition) error {
	var jobs []func() error
	for _, p := range plants {
		for _, s := range which {
			jobs = append(jobs, func() error { _, err := p.Plan(ctx, s); return err })
		}
	}
	return command.Parallel(o.workers, jobs)
}

// subsets returns every coalition within one.
func subsets(s vpp.Coalition) []vpp.Coalition {
	out := []vpp.Coalition{0}
	for within := s; within != 0; within = (within - 1) & s {
		out = append(out, within)
	}
	return out
}

// measure returns what the source's allocation comes to in a region.
func measure(ctx context.Context, o options, region trigrid.Region) (*outcome, error) {
	plants, err := coalitions(o, region)
	if err != nil {
		return nil, err
	}
	out := &outcome{Payoff: map[string]float64{}, Revenue: map[string]float64{}}
	for v, p := range plants {
		var s vpp.Coalition
		for i, unit := range region.DERs {
			if allocation()[unit.Name()] == region.VPPs[v].Name {
				s = s.With(i)
			}
		}
		if err := plan(ctx, o, plants[v:v+1], subsets(s)); err != nil {
			return nil, err
		}
		plan, err := p.Plan(ctx, s)
		if err != nil {
			return nil, err
		}
		for i, payoff := range vpp.Payoffs(s, p.Outcomes(), vpp.Shapley{}, region.VPPs[v].Share) {
			out.Payoff[region.DERs[i].Name()] = payoff
			out.Revenue[region.DERs[i].Name()] = p.Outcomes()(s).Revenue[i]
		}
		out.Economic += plan.Value.Economic
		out.CVaR += plan.Value.Risk
		out.Environment += plan.Value.Environment
		out.Imbalance += plan.Value.Imbalance
		out.Deviation += plan.Deviation()
		for k, r := range plan.Results {
			out.Used += region.Setting.Set.Probability(k) * r.Renewable
			out.Available += region.Setting.Set.Probability(k) * r.Available
		}
	}
	return out, nil
}

// game is the choice of plant, or of none, between the units of a region whose coalitions are planned.
type game struct {
	region trigrid.Region
	plants []*vpp.Coalitions
}

func (g game) Players() int       { return len(g.region.DERs) }
func (g game) Strategies(int) int { return len(g.plants) + 1 }

// Payoff implements evogame.Game; the last strategy is to join no plant.
func (g game) Payoff(unit int, profile []int) float64 {
	v := profile[unit]
	if v == len(g.plants) {
		return g.region.Outside[g.region.DERs[unit].Name()]
	}
	var s vpp.Coalition
	for i, chosen := range profile {
		if chosen == v {
			s = s.With(i)
		}
	}
	return vpp.Payoffs(s, g.plants[v].Outcomes(), vpp.Shapley{}, g.region.VPPs[v].Share)[unit]
}
