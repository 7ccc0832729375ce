package fleet

import (
	"context"
	"fmt"
	"math"

	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/milp"
)

// assign gives each DER a place, such that each VPP receives of each class the
// split of the class program, in mean DERs: the largest sum of values under
// these quotas, a transport problem. Few DERs of a class are split in it; they
// go to their largest part, and the error is carried to the next class of the
// kind.
func (x *population) assign(ctx context.Context, solver milp.Solver, c *classes, g *guess, values [][]float64) ([]int, error) {
	place := make([]int, len(x.all))
	kinds := x.problem.kinds()
	err := inParallel(len(kinds), func(kind int) error {
		carry := make([]float64, len(x.venues)) // size that each VPP still lacks
		done := map[int]bool{}
		for _, i := range kinds[kind] {
			k := c.class[i]
			if done[k] {
				continue
			}
			done[k] = true
			if err := x.assignClass(ctx, solver, c, k, g, values, carry, place); err != nil {
				return err
			}
		}
		return nil
	})
	return place, err
}

// quotas returns the split of class k with the carried sizes, in mean DERs. For
// example, a VPP that lacks half a battery of the class before gets half a
// battery more of this one.
func (c *classes) quotas(k int, g *guess, unit float64, carry []float64) []float64 {
	count, sum := c.problem.count(k), 0.0
	out := make([]float64, len(carry))
	for v := range out {
		out[v] = max(0, g.members[v][k]+carry[v]/unit)
		sum += out[v]
	}
	if sum > count {
		for v := range out {
			out[v] *= count / sum
		}
	}
	return out
}

// assignClass sets the places of the DERs of class k and updates the carried
// sizes.
func (x *population) assignClass(ctx context.Context, solver milp.Solver, c *classes, k int, g *guess, values [][]float64, carry []float64, place []int) error {
	var (
		m         = milp.New()
		objective milp.Expr
		members   = c.members[k]
		parts     = make([]milp.Expr, len(x.venues))
		share     = make([][]milp.Var, len(members))
		largest   = 0.0
		unit      = 0.0 // size of a mean DER
	)
	for _, i := range members {
		for _, w := range values[i] {
			largest = max(largest, math.Abs(w))
			unit += math.Abs(w) / (float64(len(values[i])) * c.problem.count(k))
		}
	}
	if largest == 0 {
		largest, unit = 1, 1 // without value every place is right
	}
	for q, i := range members {
		var sum milp.Expr
		for v := range parts {
			z := m.Var(milp.At("", "share", i, v), 0, 1)
			share[q] = append(share[q], z)
			sum.Add(z.Expr())
			parts[v].Add(z.Times(c.units[i]))
			objective.Add(z.Times((values[i][v] - x.outside(i)) / largest))
		}
		m.AtMost(milp.At("", "once", i), sum, milp.Const(1))
	}
	const room = 1e-6 // of a class, for the tolerance of the class program
	slack := room * c.problem.count(k)
	for v, n := range c.quotas(k, g, unit, carry) {
		row := m.AtMost(milp.At("", "quota", v), parts[v], milp.Const(0))
		m.SetLimits(row, max(0, n-slack), n+slack)
	}
	m.Maximize(objective)
	s, err := solved(ctx, solver, m, "the assignment of a class")
	if err != nil {
		return err
	}
	// The part of its quota that a VPP does not receive is left to the next
	// class.
	for v := range carry {
		carry[v] += g.members[v][k] * unit
	}
	for q, i := range members {
		// The rest of a DER stays outside, which can be its largest part.
		best, most := Nowhere, 1.0
		for v := range parts {
			most -= s.Value(share[q][v])
		}
		for v := range parts {
			if z := s.Value(share[q][v]); z > most {
				best, most = v, z
			}
		}
		place[i] = best
		if best != Nowhere {
			carry[best] -= c.units[i] * unit
		}
	}
	return nil
}

// bounded is the bound of one system of prices.
type bounded struct {
	total float64
	trade []float64 // G_v, per VPP
}

// bound returns the bound that prices prove. values are the answers to them.
func (x *population) bound(ctx context.Context, duals, values [][]float64) (bounded, error) {
	out := bounded{trade: make([]float64, len(x.venues))}
	err := inParallel(len(x.venues), func(v int) (err error) {
		out.trade[v], err = x.venues[v].trading(ctx, x.linear, duals[v])
		return err
	})
	if err != nil {
		return out, err
	}
	// The rounding of a sum is relative to its terms, which can cancel.
	size := 0.0
	add := func(x float64) {
		out.total += x
		size += math.Abs(x)
	}
	for _, g := range out.trade {
		add(g)
	}
	for i := range values {
		best := x.outside(i)
		for _, w := range values[i] {
			best = max(best, w)
		}
		add(best)
	}
	out.total += outwards * max(1, size)
	return out, nil
}

// Bound returns an upper bound of the welfare of all splits. It holds for any
// prices, one per row of the program of each VPP as in [Assignment.Duals].
// Wrong prices make it loose, and never false:
//
//	bound, err := p.Bound(ctx, solver, assignment.Duals)     // again assignment.Bound
//
// Answers of DERs are exact, and the values of VPPs are those of the solver,
// with its tolerances. The sum is rounded up by 1e-9 of its terms.
func (p *Distinct) Bound(ctx context.Context, solver milp.Solver, duals [][]float64) (float64, error) {
	x, err := p.prepare(ctx, solver)
	if err != nil {
		return 0, err
	}
	bad := faults.List{Prefix: "fleet: prices: "}
	x.fits(&bad, duals)
	if err := bad.Err(); err != nil {
		return 0, err
	}
	values, err := x.answers(ctx, x.tariffs(duals))
	if err != nil {
		return 0, err
	}
	b, err := x.bound(ctx, duals, values)
	return b.total, err
}

// fits adds the violations of prices, one per row of the program of each VPP.
func (x *population) fits(bad *faults.List, duals [][]float64) {
	bad.Require(len(duals) == len(x.venues), "there are prices of %d VPPs, want %d", len(duals), len(x.venues))
	for v := range min(len(duals), len(x.venues)) {
		x.fitsVPP(bad, v, duals[v])
	}
}

// fitsVPP adds the violations of the prices of VPP v.
func (x *population) fitsVPP(bad *faults.List, v int, duals []float64) {
	rows := len(x.venues[v].joined)
	bad.Require(len(duals) == rows, "VPP %q has %d prices, want one for each of %d rows", x.venues[v].name, len(duals), rows)
	for i, y := range duals {
		bad.Finite(fmt.Sprintf("price %d of VPP %q", i, x.venues[v].name), y, "")
	}
}

// DistinctProof is the certificate of an assignment, see [Assignment].
type DistinctProof struct {
	Values  []float64 // per VPP: a value that it reaches with its DERs
	Welfare float64   // Σ Values, and the payoffs of the DERs outside
	Bound   float64   // no split has a larger welfare, rounded up
	Gap     float64   // Bound − Welfare
	Regret  float64   // no single DER gains more by a move, rounded up
}

// Verify computes the certificate of an assignment from the data alone. It uses
// Place, and Duals and Supports as prices, no other field: bounds hold for any
// prices. The VPPs reach their values by columns of their own, up to
// o.Tolerance and o.Regret.
func (p *Distinct) Verify(ctx context.Context, solver milp.Solver, a *Assignment, o DistinctOptions) (*DistinctProof, error) {
	o = o.withDefaults(solver)
	x, err := p.prepare(ctx, solver)
	if err != nil {
		return nil, err
	}
	x.masters = o.Masters
	if err := x.accepts(a); err != nil {
		return nil, err
	}
	values, err := x.answers(ctx, x.tariffs(a.Duals))
	if err != nil {
		return nil, err
	}
	b, err := x.bound(ctx, a.Duals, values)
	if err != nil {
		return nil, err
	}
	c, err := x.classify(values, o.Classes, o.Types)
	if err != nil {
		return nil, err
	}
	reached, err := x.dispatchAll(ctx, a.Place, c.class, firstOf(a.Supports), x.aim(a.Place, values, o)/4)
	if err != nil {
		return nil, err
	}
	m := newMoves(a.Place, reached)
	if err := x.tightenAll(ctx, m, a.Supports); err != nil {
		return nil, err
	}
	out := &DistinctProof{Values: m.values, Bound: b.total, Regret: x.regret(m)}
	for _, value := range m.values {
		out.Welfare += value
	}
	for i, v := range a.Place {
		if v == Nowhere {
			out.Welfare += x.outside(i)
		}
	}
	out.Gap = max(0, out.Bound-out.Welfare)
	return out, nil
}

// firstOf returns the first few prices of each VPP, which are those of its own
// members.
func firstOf(supports [][][]float64) [][][]float64 {
	const few = 14 // columns of more prices cost more than they help
	out := make([][][]float64, len(supports))
	for v := range out {
		out[v] = supports[v][:min(few, len(supports[v]))]
	}
	return out
}

// accepts returns an error if an assignment does not fit the problem.
func (x *population) accepts(a *Assignment) error {
	bad := faults.List{Prefix: "fleet: assignment: "}
	if a == nil {
		bad.Addf("it is nil, want the result of Solve")
		return bad.Err()
	}
	bad.Require(len(a.Place) == len(x.all), "Place has %d DERs, want %d", len(a.Place), len(x.all))
	for i, v := range a.Place {
		bad.Require(v >= Nowhere && v < len(x.venues), "DER %d is in VPP %d, want one of %d, or Nowhere", i, v, len(x.venues))
	}
	x.fits(&bad, a.Duals)
	bad.Require(len(a.Supports) == len(x.venues), "Supports has %d VPPs, want %d", len(a.Supports), len(x.venues))
	for v := range min(len(a.Supports), len(x.venues)) {
		bad.Require(len(a.Supports[v]) > 0, "VPP %q has no Supports, want at least one system of prices", x.venues[v].name)
		for _, duals := range a.Supports[v] {
			x.fitsVPP(&bad, v, duals)
		}
	}
	return bad.Err()
}

// aim returns the aimed error of the largest regret, from values at prices.
func (x *population) aim(place []int, values [][]float64, o DistinctOptions) float64 {
	payoffs := 0.0
	for i, v := range place {
		if v != Nowhere {
			payoffs += math.Abs(values[i][v])
		}
	}
	return max(o.Regret*payoffs/float64(len(place)), 1e-9)
}

// certify returns the assignment with the best bound of several systems of
// prices: those of the classes, those of the VPPs with their members, and
// mixtures of both, which are prices as well.
func (x *population) certify(ctx context.Context, place []int, classes [][]float64, reached []dispatched, empty []float64) (*Assignment, error) {
	out := &Assignment{Place: place, Bound: math.Inf(1), Relaxed: x.relaxed}
	for v := range reached {
		out.Values = append(out.Values, reached[v].value)
		out.Welfare += reached[v].value
		out.Empty += empty[v]
		out.Rounds += reached[v].rounds
	}
	for i := range x.all {
		out.Empty += x.outside(i)
		if place[i] == Nowhere {
			out.Welfare += x.outside(i)
		}
	}
	// Prices of the classes are common to all VPPs, and those of one VPP fit
	// its own members. The values of VPPs have kinks, so that the latter alone
	// would show regrets that do not exist.
	for _, duals := range systems(classes, reached) {
		values, err := x.answers(ctx, x.tariffs(duals))
		if err != nil {
			return nil, err
		}
		b, err := x.bound(ctx, duals, values)
		if err != nil {
			return nil, err
		}
		if b.total >= out.Bound {
			continue
		}
		out.Bound, out.Duals = b.total, duals
		out.Payoff, out.Regrets = make([]float64, len(place)), make([]float64, len(place))
		for i, v := range place {
			best := x.outside(i)
			out.Payoff[i] = best
			if v != Nowhere {
				out.Payoff[i] = values[i][v]
			}
			for _, w := range values[i] {
				best = max(best, w)
			}
			out.Regrets[i] = best - out.Payoff[i]
		}
	}
	if w := x.problem.Setting.Weights.Economic; w > 0 {
		for v, venue := range x.venues {
			out.Prices = append(out.Prices, venue.electricity(x.problem.Setting, out.Duals[v]))
		}
	}
	out.Gap, out.Gain = max(0, out.Bound-out.Welfare), out.Welfare-out.Empty
	return out, nil
}

// systems returns the prices of a certificate: those of the classes, those of
// the VPPs, and three mixtures of both.
func systems(classes [][]float64, reached []dispatched) [][][]float64 {
	var out [][][]float64
	for _, part := range []float64{0, 0.25, 0.5, 0.75, 1} {
		duals := make([][]float64, len(reached))
		for v := range duals {
			duals[v] = make([]float64, len(classes[v]))
			for i := range duals[v] {
				duals[v][i] = (1-part)*classes[v][i] + part*reached[v].duals[i]
			}
		}
		out = append(out, duals)
	}
	return out
}
