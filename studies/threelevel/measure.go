package main

import (
	"context"
	"math"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/internal/parallel"
	"github.com/trigrid/trigrid/vpp"
)

// outcome holds expectations over the scenarios at the paper's allocation, both
// VPPs together. Money is in currency. CVaR is the sum of the two VPPs' risks.
type outcome struct {
	Payoff, Revenue map[string]float64 // per DER; revenue is its own, before the gain is shared

	Economic, CVaR, Environment, Imbalance float64
	Deviation                              float64 // expected absolute imbalance, MWh
	Used, Available                        float64 // renewable energy, MWh
}

// coalitions returns the coalitions of each VPP of a region. None of them is
// solved yet.
func coalitions(o options, region trigrid.Region) ([]*vpp.Coalitions, error) {
	out := make([]*vpp.Coalitions, len(region.VPPs))
	for v, p := range region.VPPs {
		var err error
		if out[v], err = vpp.NewCoalitions(vpp.Problem{VPP: p, Members: region.DERs, Setting: region.Setting}, o.solver); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// plan solves the coalitions in which for each VPP, in parallel. The results
// stay cached in vpps.
func plan(ctx context.Context, o options, vpps []*vpp.Coalitions, which []vpp.Coalition) error {
	var jobs []func() error
	for _, p := range vpps {
		for _, s := range which {
			jobs = append(jobs, func() error { _, err := p.Plan(ctx, s); return err })
		}
	}
	return parallel.Run(o.workers, jobs)
}

// subsets returns all subsets of s, the empty set and s included. Shapley
// values need all of them. For example, the subsets of {1, 3} are {}, {1}, {3}
// and {1, 3}.
func subsets(s vpp.Coalition) []vpp.Coalition {
	out := []vpp.Coalition{0}
	for within := s; within != 0; within = (within - 1) & s {
		out = append(out, within)
	}
	return out
}

// measure returns the outcome of the paper's allocation in a region.
func measure(ctx context.Context, o options, region trigrid.Region) (*outcome, error) {
	vpps, err := coalitions(o, region)
	if err != nil {
		return nil, err
	}
	out := &outcome{Payoff: map[string]float64{}, Revenue: map[string]float64{}}
	for v, p := range vpps {
		var s vpp.Coalition
		for i, unit := range region.DERs {
			if allocation()[unit.Name()] == region.VPPs[v].Name {
				s = s.With(i)
			}
		}
		// A payoff needs the value of every subset of the members.
		if err := plan(ctx, o, vpps[v:v+1], subsets(s)); err != nil {
			return nil, err
		}
		plan, err := p.Plan(ctx, s)
		if err != nil {
			return nil, err
		}
		of, err := p.OutcomesOf(subsets(s)...)
		if err != nil {
			return nil, err
		}
		payoffs := vpp.Payoffs(s, of, vpp.Shapley{}, region.VPPs[v].PassThrough)
		for i, payoff := range payoffs {
			out.Payoff[region.DERs[i].Name()] = payoff
			out.Revenue[region.DERs[i].Name()] = of(s).Revenue[i]
		}
		out.add(plan, region)
	}
	return out, nil
}

// add adds the plan of one VPP to the totals.
func (o *outcome) add(plan *vpp.Plan, region trigrid.Region) {
	o.Economic += plan.Value.Economic
	o.CVaR += plan.Value.Risk
	o.Environment += plan.Value.Environment
	o.Imbalance += plan.Value.Imbalance
	o.Deviation += plan.Deviation()
	for s, r := range plan.Results {
		o.Used += region.Setting.Set.Probability(s) * r.Renewable
		o.Available += region.Setting.Set.Probability(s) * r.Available
	}
}

// game is the choice of a VPP by the DERs of a region. It implements
// [evogame.Game]: player i is DER i, strategy v < M is VPP v, and strategy M is
// the outside option. All coalitions must be solved.
type game struct {
	region trigrid.Region
	vpps   []*vpp.Coalitions
}

// Players implements [evogame.Game].
func (g game) Players() int { return len(g.region.DERs) }

// Strategies implements [evogame.Game].
func (g game) Strategies(int) int { return len(g.vpps) + 1 }

// Payoff implements [evogame.Game].
func (g game) Payoff(player int, profile []int) float64 {
	v := profile[player]
	if v == len(g.vpps) {
		return g.region.Outside[g.region.DERs[player].Name()]
	}
	var s vpp.Coalition
	for i, chosen := range profile {
		if chosen == v {
			s = s.With(i)
		}
	}
	of, err := g.vpps[v].OutcomesOf(subsets(s)...)
	if err != nil {
		return math.NaN() // which no dynamic takes for a payoff
	}
	return vpp.Payoffs(s, of, vpp.Shapley{}, g.region.VPPs[v].PassThrough)[player]
}
