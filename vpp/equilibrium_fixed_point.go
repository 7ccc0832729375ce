package vpp

import (
	"context"
	"fmt"
	"math"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/milp"
)

// fixedPoint iterates the prices of all markets,
//
//	p^{k+1} = (1 − d) p^k + d p(Q(p^k)),   p^0 = p(0)
//
// until all residuals |p(Q) − p| are within the tolerance, where Q(p) is the
// volume of the participants at prices p and d the damping. It returns the
// round with the smallest residual, even if that is not within the tolerance,
// with payments at the prices that its volumes cause.
func fixedPoint(ctx context.Context, solver milp.Solver, participants []Participant, c Setting, o EquilibriumOptions) (*Equilibrium, error) {
	prices := movedPrices{}
	for _, m := range c.Markets.traded() {
		response := responseOf(m)
		table := make([][]float64, c.Set.Len())
		for s := range table {
			table[s] = make([]float64, m.Periods())
			for period := range table[s] {
				table[s][period] = response(period).Price(0)
			}
		}
		prices[m.Trades()] = table
	}
	var (
		best     *Equilibrium
		smallest = math.Inf(1)
	)
	for round := 1; round <= o.Rounds; round++ {
		out := &Equilibrium{AbsoluteGap: math.NaN()}
		for _, participant := range participants {
			plan, err := respond(ctx, solver, participant, c, prices)
			if err != nil {
				return nil, err
			}
			out.Plans = append(out.Plans, plan)
		}
		largest := 0.0
		next := movedPrices{}
		for _, m := range c.Markets.traded() {
			clearing := clearingOf(m, out.Plans)
			table := make([][]float64, c.Set.Len())
			for s := range table {
				table[s] = make([]float64, m.Periods())
				for period := range table[s] {
					was, is := prices[m.Trades()][s][period], clearing.Price[s][period]
					// A price with weight 0 does not affect a plan and has no
					// residual.
					if weightOf(c, m) > 0 {
						clearing.Residual = max(clearing.Residual, math.Abs(is-was))
					}
					table[s][period] = was + o.Damping*(is-was)
				}
			}
			next[m.Trades()] = table
			largest = max(largest, clearing.Residual)
			out.Markets = append(out.Markets, clearing)
		}
		if largest < smallest {
			best, smallest = out, largest
		}
		best.Rounds = round
		if smallest <= o.Tolerance {
			break
		}
		prices = next
	}
	for _, plan := range best.Plans {
		for _, m := range best.Markets {
			plan.moved[m.Market.Trades()] = m.Price
		}
		if err := plan.reevaluate(); err != nil {
			return nil, err
		}
	}
	return best, nil
}

// weightOf returns the weight of the dimension in which a market counts.
func weightOf(c Setting, m market.Market) float64 {
	if m.Trades() == market.Electricity {
		return c.Weights.Economic
	}
	return c.Weights.Environment
}

// respond returns the plan of a participant at given prices.
func respond(ctx context.Context, solver milp.Solver, participant Participant, c Setting, prices movedPrices) (*Plan, error) {
	bounds := withoutRules([]Participant{participant}, c)
	for {
		x := participant.problem(c).assemble(milp.New(), certain, func(d der.DER) []float64 { return bounds[d.Name()] })
		x.moved = movedPrices{}
		for good, table := range prices {
			x.moved[good] = table
		}
		objective, err := x.join()
		if err != nil {
			return nil, err
		}
		x.Model.Maximize(objective)
		ties.Break(x.Model)
		if err := x.Model.Err(); err != nil {
			return nil, err
		}
		plan, err := x.Solve(ctx, solver)
		if err != nil {
			return nil, fmt.Errorf("%sfixed point: %w", equilibriumPrefix, err)
		}
		if !tighten(bounds, plan) {
			return plan, nil
		}
	}
}

// reevaluate computes all amounts of a plan again, at its present prices.
func (p *Plan) reevaluate() error {
	for i := range p.Members {
		m := &p.Members[i]
		*m = Member{DER: m.DER, Schedule: m.Schedule}
	}
	p.Value = Value{}
	for _, exchange := range p.exchanges() {
		exchange.Supplied = nil
	}
	return p.evaluate(p.settlement())
}
