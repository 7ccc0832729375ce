package unitcommitment

import (
	"slices"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/milp"
)

// holdProducts adds the rows of all products: "held_<product>(s,t)" for the
// requirement and, for each unit, "share(s,t)" for the division of its reserve.
//
// With share x_ik of unit i in product k, reserve r_i and shortfall s_k:
//
//	Σ_i x_ik + s_k ≥ R_k,   Σ_k x_ik ≤ r_i,   cost = price_k s_k Δ         MW, currency
func (p *Program) holdProducts(c der.Context) {
	products := p.system.Products
	if len(products) == 0 {
		return
	}
	p.Held = make([][][]milp.Row, len(products))
	for scene := range c.Scenarios() {
		var (
			held = make([][]milp.Expr, len(products)) // per product and step
			name = c.Namer(own, scene)
		)
		for k := range held {
			held[k] = make([]milp.Expr, c.Steps())
		}
		for i, u := range p.system.Units {
			p.divideReserve(c, scene, u.Name(), p.Terms[i][scene].Reserve, held)
		}
		for k, product := range products {
			var (
				required     = p.system.Set.Path(product.Requirement, scene)
				price, slack = product.ShortfallPrice.Get()
				rows         = make([]milp.Row, c.Steps())
			)
			for t := range c.Steps() {
				if slack {
					short := p.Model.Var(name("shortfall_"+product.Name, t), 0, milp.Inf).Expr()
					held[k][t].Add(short)
					p.Cost[scene].Add(short.Times(price * c.Hours()))
				}
				rows[t] = p.Model.AtLeast(name("held_"+product.Name, t), held[k][t], milp.Const(required[t]))
			}
			p.Held[k] = append(p.Held[k], rows)
		}
	}
}

// divideReserve adds the reserve of a unit to the products that list it. A unit
// of one product needs no columns, because all its reserve counts.
func (p *Program) divideReserve(c der.Context, scene int, unit string, reserve []milp.Expr, held [][]milp.Expr) {
	if reserve == nil {
		return
	}
	var mine []int
	for k, product := range p.system.Products {
		if slices.Contains(product.Units, unit) {
			mine = append(mine, k)
		}
	}
	name := c.Namer(unit, scene)
	for t := range c.Steps() {
		// Columns of shares would be equal to the reserve.
		if len(mine) == 1 {
			held[mine[0]][t].Add(reserve[t])
			continue
		}
		var sum milp.Expr
		for _, k := range mine {
			share := p.Model.Var(name("for_"+p.system.Products[k].Name, t), 0, milp.Inf).Expr()
			held[k][t].Add(share)
			sum.Add(share)
		}
		if len(mine) > 1 {
			p.Model.AtMost(name("share", t), sum, reserve[t])
		}
	}
}

// limitEmission adds the row "emission(s)". Units without emissions add
// nothing.
//
// The row is Σ_i Σ_t emission_it ≤ limit, t CO2, in each scenario.
func (p *Program) limitEmission(scene int, limit float64) {
	var total milp.Expr
	for i := range p.Terms {
		total.Add(p.Terms[i][scene].Emission...)
	}
	p.Model.AtMost(milp.At(own, "emission", scene), total, milp.Const(limit))
}

// Refine makes the program more exact at a solution. Quadratic costs are
// bounded from below by tangents, which a solution can undercut. Refine returns
// the expected cost that the solution misses, currency, and adds a tangent for
// every cost that misses more than its part of the tolerance. Zero is returned
// for a program without such costs.
//
//	for {
//		solution, err = solver.Solve(ctx, program.Model)
//		if missed := program.Refine(solution.Values, 0.01); missed <= 0.01 { break }
//	}
//
// For example, tangents of p² at 0, 1, … miss 0.25 at p = 1.5, and nothing
// after one round.
func (p *Program) Refine(values []float64, tolerance float64) float64 {
	var (
		missed float64
		count  int
	)
	for i := range p.Terms {
		for scene := range p.Terms[i] {
			count += len(p.Terms[i][scene].Convex)
		}
	}
	for i := range p.Terms {
		for scene := range p.Terms[i] {
			probability := p.system.Set.Probability(scene)
			// Each cost may miss an equal part of the tolerance, so that all of
			// them miss no more than the whole.
			for j := range p.Terms[i][scene].Convex {
				cost := &p.Terms[i][scene].Convex[j]
				gap := probability * cost.Error(values)
				missed += max(0, gap)
				if x, on := cost.At(values); on && gap > tolerance/float64(count) {
					p.rounds++
					cost.AddTangent(p.Model, x, len(cost.Points)+p.rounds)
				}
			}
		}
	}
	return missed
}
