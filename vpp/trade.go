package vpp

import (
	"fmt"
	"math"

	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/milp"
)

// trade puts a market into a program: it returns the cost, to be minimised, of the net purchase per
// step under the market's rules. Without a market the cost is zero.
func trade(m *milp.Model, x market.Market, name func(what string) func(period int) milp.Name, buying, selling string, perStep func(t int) milp.Expr) (milp.Expr, error) {
	var total milp.Expr
	if x == nil {
		return total, nil
	}
	for period := range x.Periods() {
		var (
			q        milp.Expr
			from, to = x.Span(period)
			curve    = x.Curve(period)
			at       = func(what string) milp.Name { return name(what)(period) }
		)
		for t := from; t < to; t++ {
			q.Add(perStep(t))
		}
		if curve.Convex() {
			total.Add(cost(m, at, curve, q, buying, selling))
			continue
		}
		paid, err := bentCost(m, at(buying+"_cost"), curve, q)
		if err != nil {
			return total, fmt.Errorf("the %s market is not convex in period %d: %w", x.Trades(), period, err)
		}
		total.Add(paid)
	}
	return total, nil
}

// bentCost puts a price curve that is not convex into a program, such as one that pays more for a sale than
// it charges for a purchase, or rewards in steeper and steeper bands. It takes binaries, one between any two
// pieces, and a net purchase between finite bounds. What is bought and sold is one net quantity, so that
// nothing is gained by doing both.
func bentCost(m *milp.Model, name milp.Name, curve market.Curve, q milp.Expr) (milp.Expr, error) {
	lower, upper := q.Range()
	least, most := curve.Limits()
	lower, upper = min(0, max(lower, least)), max(0, min(upper, most))
	if math.IsInf(lower, 0) || math.IsInf(upper, 0) {
		return milp.Expr{}, fmt.Errorf("it needs binaries, and those a bound on what is traded, which is between %v and %v; "+
			"give the plant an ImportLimit and an ExportLimit, or the market limits", lower, upper)
	}
	var points milp.Curve
	points.X, points.Y = curve.Within(lower, upper).Points()
	if len(points.X) == 0 { // nothing can be traded
		m.Equal(name, q, milp.Const(0))
		return milp.Const(curve.Fixed), nil
	}
	return m.Piecewise(name, points, q, milp.Const(1)), nil
}

// cost puts a convex price curve into a program: it returns the cost of the net purchase q as an
// expression to be minimised,
//
//	q = Σ_k b_k − Σ_k s_k,   0 ≤ b_k ≤ B_k,  0 ≤ s_k ≤ S_k,   C(q) = C(0) + Σ_k p_k b_k − Σ_k r_k s_k
//
// with the blocks of the curve in the order in which they are used. Since prices do not fall on the
// buying side and do not rise on the selling side as quantities grow, the cheapest b, s for a given q
// fill in that order, and the expression equals the curve at an optimum.
//
// Where one price holds on both sides the curve is a line and needs no variable at all.
func cost(m *milp.Model, name func(what string) milp.Name, curve market.Curve, q milp.Expr, buying, selling string) milp.Expr {
	if segments := curve.Segments(); len(segments) == 1 && math.IsInf(segments[0].Lower, -1) && math.IsInf(segments[0].Upper, 1) {
		return q.Times(segments[0].Slope).Plus(milp.Const(curve.Fixed))
	}
	var (
		buy, sell = curve.Blocks()
		total     = milp.Const(curve.Fixed)
		traded    milp.Expr
	)
	add := func(what string, sign float64, blocks []market.Block) {
		for k, block := range blocks {
			label := what
			if k > 0 {
				label = fmt.Sprintf("%s_block%d", what, k+1)
			}
			x := m.Var(name(label), 0, block.Quantity)
			traded.Add(x.Times(sign))
			total.Add(x.Times(sign * block.Price))
		}
	}
	add(buying, 1, buy)
	add(selling, -1, sell)
	m.Equal(name(buying+"_balance"), q, traded)
	return total
}

// pay returns what a net purchase per step costs under a market's rules, currency. A quantity that lies
// beyond a limit by no more than the solver's tolerance counts as at the limit. Without a market nothing
// is paid.
func pay(x market.Market, perStep func(t int) float64) float64 {
	total := 0.0
	if x == nil {
		return total
	}
	for p := range x.Periods() {
		from, to := x.Span(p)
		q := 0.0
		for t := from; t < to; t++ {
			q += perStep(t)
		}
		total += payCurve(x.Curve(p), q)
	}
	return total
}

// payCurve returns what a net purchase costs along one curve, limits being kept as in pay.
func payCurve(curve market.Curve, q float64) float64 {
	lower, upper := curve.Limits()
	tolerance := 1e-6 * max(1, math.Abs(q))
	if q < lower && q > lower-tolerance {
		q = lower
	}
	if q > upper && q < upper+tolerance {
		q = upper
	}
	return curve.Cost(q)
}
