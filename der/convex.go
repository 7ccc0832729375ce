package der

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/trigrid/trigrid/milp"
)

// Convex is a convex function of one variable. Slope is its derivative, or a
// subgradient at a kink:
//
//	Value(x) ≥ Value(a) + Slope(a) (x − a)    for all x and a of the range
type Convex interface {
	Value(x float64) float64
	Slope(x float64) float64
}

// ConvexCost is a convex cost f of one variable x of a DER, currency, while a
// binary u is 1:
//
//	y = f(x) if u = 1,   y = 0 if u = 0            lower u ≤ x ≤ upper u
//	y ≥ f(a) u + f'(a) (x − a u)                   tangent at a, one row per a
//
// The tangents bound y from below, so that an optimum is too good by at most
// f(x) − y. They hold for u = 0 too, and no other rows in x, y and u are
// tighter: u multiplies their constants. A VPP adds tangents at its optimum
// until the error is small, and computes amounts with f itself.
// [Terms.AddConvex] adds a convex cost of any kind of DER.
//
// For example, f(x) = x² on [0, 4] has its first tangents at 0, 1, 2, 3 and 4.
// At x = 1.5 they give y ≥ 2 instead of 2.25, and a further tangent at 1.5
// gives 2.25.
//
// Source: Frangioni, Gentile, "Perspective cuts for a class of convex 0–1 mixed
// integer programs", Math. Program. 106 (2006) 225.
type ConvexCost struct {
	Points []float64 // of the first tangents, ascending

	name         milp.Name
	f            Convex
	x, on        milp.Expr
	z            milp.Var // y / unit
	unit         float64  // largest slope, currency per unit of x
	lower, upper float64
	rows         []int   // of the first tangents
	more         float64 // n − 1 for n equal DERs that follow one schedule, see [Fleet]
}

// firstTangents is the number of equidistant tangents in the program of Model.
const firstTangents = 5

// AddConvex adds the convex cost f(v) to the cost of a scenario, currency. v is
// between lower and upper if on is 1, and 0 if on is 0. name is the name of a
// new column, and begins those of its rows. Cost must contain the cost once,
// with the factor 1.
//
// For example, a cost of 0.2 p² per hour of an output of up to 80 MW is
//
//	terms[s].AddConvex(m, at("fuel", t), output, on, square{0.2 * c.HoursAt(t)}, 0, 80)
//
// The column is in units of v, so that its rows do not depend on the unit of
// money.
func (x *Terms) AddConvex(m *milp.Model, name milp.Name, v, on milp.Expr, f Convex, lower, upper float64) {
	unit := max(math.Abs(f.Slope(lower)), math.Abs(f.Slope(upper)))
	if lower == upper || unit == 0 {
		x.Cost.Add(on.Times(f.Value(lower)))
		return
	}
	k := ConvexCost{name: name, f: f, x: v, on: on, unit: unit, lower: lower, upper: upper}
	smallest := math.Inf(-1) // of the tangents
	for i := range firstTangents {
		a := lower + (upper-lower)*float64(i)/(firstTangents-1)
		k.Points = append(k.Points, a)
		smallest = max(smallest, min(k.tangent(a, lower), k.tangent(a, upper)))
	}
	smallest = min(0, smallest/unit)
	n := MaxCount(on)
	k.z = m.Var(name, smallest*n, max(0, f.Value(lower)/unit, f.Value(upper)/unit)*n)
	for i, a := range k.Points {
		if f.Slope(a) != 0 || f.Value(a) != 0 || smallest != 0 { // otherwise the row is z ≥ 0
			k.rows = append(k.rows, k.AddTangent(m, a, i).Index())
		}
	}
	x.Cost.Add(k.z.Times(unit))
	x.Convex = append(x.Convex, k)
}

// tangent returns the value at x of the tangent at a, currency.
func (k *ConvexCost) tangent(a, x float64) float64 { return k.f.Value(a) + k.f.Slope(a)*(x-a) }

// row returns the name of a row or a column.
func (k *ConvexCost) row(what string, number int) milp.Name {
	return milp.At(k.name.Owner, k.name.Quantity+what+strconv.Itoa(number+1), k.name.Indices()...)
}

// AddTangent adds the tangent at a point to a program and returns its row. The
// program is that of Model or a copy of it. number, from 0, distinguishes the
// tangents of one cost.
func (k *ConvexCost) AddTangent(m *milp.Model, point float64, number int) milp.Row {
	return m.AtLeast(k.row("_tangent", number), m.VarAt(k.z.Index()).Expr(), milp.Sum(
		in(m, k.x).Times(k.f.Slope(point)/k.unit), in(m, k.on).Times(k.tangent(point, 0)/k.unit)))
}

// AddEnvelope adds the tangents at ascending points to a copy of the program.
// If u is fixed at 1 there, the largest tangent is stated as blocks d_i with
// one slope each,
//
//	x = lower + Σ d_i,   y ≥ g(lower) + Σ slope_i d_i,   0 ≤ d_i ≤ width_i
//
// where block i is the range in which tangent i is the largest. The slopes
// rise, so that an optimum fills the blocks in their order. Two rows hold any
// number of tangents. They replace the first tangents, whose points must be
// among the given ones. If u is fixed at another number, as for a [Fleet], it
// multiplies the constants and the widths.
func (k *ConvexCost) AddEnvelope(m *milp.Model, points []float64) {
	lower, upper := in(m, k.on).Range()
	switch {
	case lower != upper:
		for i, a := range points {
			if !slices.Contains(k.Points, a) {
				k.AddTangent(m, a, firstTangents+i)
			}
		}
		return
	case lower < 0.5:
		return // off, at no cost
	}
	for _, row := range k.rows {
		m.SetLimits(m.RowAt(row), -milp.Inf, milp.Inf)
	}
	var (
		at = k.lower
		x  = milp.Const(at * lower)
		y  = milp.Const(k.tangent(points[0], at) / k.unit * lower)
	)
	for i, a := range points {
		end := k.upper
		if i+1 < len(points) {
			end = min(max(k.meet(a, points[i+1]), at), end)
		}
		if end > at {
			block := m.Var(k.row("_block", i), 0, (end-at)*lower)
			x.Add(block.Expr())
			y.Add(block.Times(k.f.Slope(a) / k.unit))
			at = end
		}
	}
	m.Equal(k.row("_blocks", 0), in(m, k.x), x)
	m.AtLeast(k.row("_envelope", 0), m.VarAt(k.z.Index()).Expr(), y)
}

// meet returns the point at which the tangents at a < b meet.
func (k *ConvexCost) meet(a, b float64) float64 {
	rise := k.f.Slope(b) - k.f.Slope(a)
	if rise <= 0 {
		return b // the same line
	}
	return (k.tangent(a, 0) - k.tangent(b, 0)) / rise
}

// in returns an expression in a copy of its model.
func in(m *milp.Model, e milp.Expr) milp.Expr {
	sum := milp.Const(e.Constant())
	for v, factor := range e.Terms {
		sum.Add(m.VarAt(v.Index()).Times(factor))
	}
	return sum
}

// Range returns the ends of the range of x while u is 1.
func (k *ConvexCost) Range() (lower, upper float64) { return k.lower, k.upper }

// At returns x at a solution and whether u is above 0. If u is between 0 and 1,
// as in a relaxation, it returns x / u.
func (k *ConvexCost) At(values []float64) (x float64, on bool) {
	u := k.on.Value(values)
	if u < 1e-6 { // off, within the tolerance of a solver
		return 0, false
	}
	return min(max(k.x.Value(values)/u, k.lower), k.upper), true
}

// Error returns u f(x/u) − y at a solution, currency: the part of the cost that
// the tangents miss. It is negative if the objective gives the cost no weight,
// because y can then exceed the cost.
func (k *ConvexCost) Error(values []float64) float64 {
	return k.CostAt(values) - (1+k.more)*k.unit*values[k.z.Index()]
}

// CostAt returns u f(x/u) at a solution, currency, for all DERs of a fleet.
func (k *ConvexCost) CostAt(values []float64) float64 {
	x, on := k.At(values)
	if !on {
		return 0
	}
	return (1 + k.more) * k.on.Value(values) * k.f.Value(x)
}

// times makes the cost that of n DERs with the same x.
func (k *ConvexCost) times(n float64) { k.more = (1+k.more)*n - 1 }

// Verify returns an error if the function is not convex, or if Slope is no
// subgradient of Value, at 33 points of the range.
func (k *ConvexCost) Verify() error {
	const n = 32
	size := 0.0
	at := func(i int) float64 { return k.lower + (k.upper-k.lower)*float64(i)/n }
	for i := range n + 1 {
		size = max(size, math.Abs(k.f.Value(at(i))))
	}
	for i := range n + 1 {
		for j := range n + 1 {
			if above := k.tangent(at(i), at(j)) - k.f.Value(at(j)); !(above <= 1e-9*size) {
				return fmt.Errorf("der: convex cost %v: the tangent at %.6g exceeds the cost at %.6g by %.6g; "+
					"give a convex function and its slope", k.name, at(i), at(j), above)
			}
		}
	}
	return nil
}

// CostAt returns the cost of the scenario at a solution, currency: Cost with
// the true values of its convex costs.
func (x *Terms) CostAt(values []float64) float64 {
	cost := x.Cost.Value(values)
	for i := range x.Convex {
		cost += x.Convex[i].Error(values)
	}
	return cost
}
