package vpp

import (
	"fmt"
	"math"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/milp"
)

// smoothCost is the quadratic part of the cost of a market in one scenario.
type smoothCost struct {
	der.ConvexCost
	market   market.Market
	scenario int
}

// addMarket adds a market to a program and returns the cost of the net
// purchase, to be minimised: Σ_p C_p(q_p), where q_p is the sum of perStep over
// the steps of settlement period p. Without a market the cost is zero. buying
// and selling name the columns. Quadratic parts of the cost are tangents in the
// program, and are returned to be refined.
func addMarket(m *milp.Model, x market.Market, name func(what string) func(period int) milp.Name, buying, selling string, perStep func(t int) milp.Expr) (milp.Expr, []der.ConvexCost, error) {
	var (
		total milp.Expr
		parts der.Terms // holds the quadratic parts
	)
	if x == nil {
		return total, nil, nil
	}
	for period := range x.Periods() {
		var (
			q        milp.Expr
			from, to = x.Span(period)
			at       = func(what string) milp.Name { return name(what)(period) }
		)
		for t := from; t < to; t++ {
			q.Add(perStep(t))
		}
		curve, quadratic, smooth := split(x, period)
		if smooth {
			lower, upper := curve.Limits()
			parts.AddConvex(m, at(buying+"_response"), q, milp.Const(1), quadratic, lower, upper)
		}
		if curve.Convex() {
			total.Add(convexCost(m, at, curve, q, buying, selling))
			continue
		}
		cost, err := nonConvexCost(m, at(buying+"_cost"), curve, q)
		if err != nil {
			return total, nil, &notConvex{period, curve, err}
		}
		total.Add(cost)
	}
	total.Add(parts.Cost)
	return total, parts.Convex, nil
}

// split returns the cost of a period as a curve and, for a [market.Smooth] one,
// a quadratic part.
func split(x market.Market, period int) (market.Curve, market.Quadratic, bool) {
	if s, ok := x.(market.Smooth); ok {
		return s.Split(period)
	}
	return x.Curve(period), market.Quadratic{}, false
}

// nonConvexCost adds a curve that is not convex, such as a sale price above the
// purchase price, or a reward in increasing bands. It needs a binary between
// each two pieces and finite bounds of the net purchase q. The curve is a
// function of the net quantity, so that the program cannot gain by buying and
// selling at once.
func nonConvexCost(m *milp.Model, name milp.Name, curve market.Curve, q milp.Expr) (milp.Expr, error) {
	lower, upper := q.Range()
	smallest, largest := curve.Limits()
	// The range must include 0, the first point of the cost curve.
	lower, upper = min(0, max(lower, smallest)), max(0, min(upper, largest))
	if math.IsInf(lower, 0) || math.IsInf(upper, 0) {
		return milp.Expr{}, fmt.Errorf("its binaries need bounds of the traded quantity, which is in [%v, %v]; "+
			"give VPP.ImportLimit and VPP.ExportLimit, or limits of the market", lower, upper)
	}
	var points milp.Curve
	points.X, points.Y = curve.Within(lower, upper).Points()
	if len(points.X) == 0 { // the range is the single point 0
		m.Equal(name, q, milp.Const(0))
		return milp.Const(curve.Fixed), nil
	}
	return m.Piecewise(name, points, q, milp.Const(1)), nil
}

// convexCost adds a convex cost curve C and returns the cost of the net
// purchase q, to be minimised,
//
//	q = Σ_k b_k − Σ_k s_k,   0 ≤ b_k ≤ B_k,  0 ≤ s_k ≤ S_k
//	C(q) = C(0) + Σ_k p_k b_k − Σ_k r_k s_k
//
// with purchase blocks of size B_k at price p_k and sale blocks of size S_k at
// price r_k. Convexity means p_1 ≤ p_2 ≤ … and r_1 ≥ r_2 ≥ …, so that an
// optimum uses the blocks in their order and the expression equals the curve. A
// straight line needs no column.
func convexCost(m *milp.Model, name func(what string) milp.Name, curve market.Curve, q milp.Expr, buying, selling string) milp.Expr {
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

// payment returns the cost of a realised net purchase per step, currency; 0
// without a market.
func payment(x market.Market, perStep func(t int) float64) float64 {
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
		curve, quadratic, _ := split(x, p)
		total += curvePayment(curve, q) + quadratic.Value(q)
	}
	return total
}

// curvePayment returns the cost of a net purchase q on one curve. A quantity
// beyond a limit by at most the tolerance of a solver, 1e-6 relative, counts as
// the limit; the cost beyond a limit is infinite.
func curvePayment(curve market.Curve, q float64) float64 {
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
