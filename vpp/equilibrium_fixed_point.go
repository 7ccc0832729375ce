package vpp

import (
	"context"
	"fmt"
	"math"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/milp"
)

// fixedPoint lets every trader plan at given prices and moves the prices towards those that the plans
// make:
//
//	p^{k+1} = (1 − d) p^k + d p(Q(p^k)),   p^0 = p(0)
//
// until no price is further from p(Q) than the tolerance. The plans of the round with the smallest
// residual are returned, whether or not that is within the tolerance; they are accounted at the prices
// that their volumes make.
func fixedPoint(ctx context.Context, solver milp.Solver, traders []Participant, c Setting, o EquilibriumOptions) (*Equilibrium, error) {
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
		for _, trader := range traders {
			plan, err := answer(ctx, solver, trader, c, prices)
			if err != nil {
				return nil, err
			}
			out.Plans = append(out.Plans, plan)
		}
		largest := 0.0
		next := movedPrices{}
		for _, m := range c.Markets.traded() {
			traded := account(m, out.Plans)
			table := make([][]float64, c.Set.Len())
			for s := range table {
				table[s] = make([]float64, m.Periods())
				for period := range table[s] {
					was, is := prices[m.Trades()][s][period], traded.Price[s][period]
					if weightOf(c, m) > 0 { // a price that nobody acts on cannot be wrong
						traded.Residual = max(traded.Residual, math.Abs(is-was))
					}
					table[s][period] = was + o.Damping*(is-was)
				}
			}
			next[m.Trades()] = table
			largest = max(largest, traded.Residual)
			out.Markets = append(out.Markets, traded)
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
		if err := plan.resettle(); err != nil {
			return nil, err
		}
	}
	return best, nil
}

func weightOf(c Setting, m market.Market) float64 {
	if m.Trades() == market.Electricity {
		return c.Weights.Economic
	}
	return c.Weights.Environment
}

// answer returns what a trader does at given prices.
func answer(ctx context.Context, solver milp.Solver, trader Participant, c Setting, prices movedPrices) (*Plan, error) {
	relied := promises([]Participant{trader}, c)
	for {
		x := assemble(milp.New(), trader.VPP, trader.Members, c, certain, func(unit der.DER) []float64 { return relied[unit.Name()] })
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
			return nil, fmt.Errorf("equilibrium by fixed point: %w", err)
		}
		if !withdraw(relied, plan) {
			return plan, nil
		}
	}
}

// resettle accounts a plan anew, at the prices that it now has.
func (p *Plan) resettle() error {
	for i := range p.Members {
		m := &p.Members[i]
		*m = Member{DER: m.DER, Schedule: m.Schedule}
	}
	p.Value = Value{}
	for _, exchange := range p.exchanges() {
		exchange.Supplied = nil
	}
	return p.settle(der.Context{Set: p.Setting.Set, Tariff: p.VPP.Tariff})
}
