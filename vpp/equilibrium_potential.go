package vpp

import (
	"fmt"
	"math"
	"slices"

	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/milp"
)

// potential is a convex function of one quantity.
type potential interface {
	Value(q float64) float64 // currency
	Slope(q float64) float64 // currency per unit
}

// quadratic is market.Quadratic as a potential.
type quadratic struct{ linear, curvature float64 }

func (g quadratic) Value(q float64) float64 { return q * (g.linear + 0.5*g.curvature*q) }
func (g quadratic) Slope(q float64) float64 { return g.linear + g.curvature*q }

// integral is the potential of price takers, which floor and cap do not keep from being convex.
type integral struct{ market.Response }

func (g integral) Slope(q float64) float64 { return g.Price(q) }
func (g integral) Value(q float64) float64 {
	v, err := g.Potential(market.PriceTaking, []float64{q})
	if err != nil {
		panic(fmt.Sprintf("vpp: price takers have a potential everywhere: %v", err))
	}
	return v
}

func commonPotential(r market.Response, conduct market.Conduct) potential {
	switch conduct {
	case market.Cournot:
		return quadratic{r.Intercept, r.Slope}
	case market.Social:
		return quadratic{r.Intercept, 2 * r.Slope}
	}
	return integral{r}
}

// envelope is a variable θ that is at least as large as each of some tangents of a potential:
//
//	θ ≥ Φ(a) + Φ'(a) (q − a)    for all a touched
//
// It lies nowhere above Φ, since Φ is convex, and equals it where a tangent touches.
type envelope struct {
	model     *milp.Model
	name      milp.Name
	theta, at milp.Expr
	potential potential
	touched   []float64 // ascending
}

func newEnvelope(m *milp.Model, name milp.Name, at milp.Expr, g potential) *envelope {
	return &envelope{model: m, name: name, theta: m.Var(name, -milp.Inf, milp.Inf).Expr(), at: at, potential: g}
}

// spread touches the potential at nine places of a range and at 0, to begin with.
func (e *envelope) spread(lower, upper float64) {
	const intervals = 8
	e.touch(0)
	for k := range intervals + 1 {
		e.touch(lower + (upper-lower)*float64(k)/intervals)
	}
}

// touch adds a tangent and reports whether it is new: no other touches as near as makes a difference.
func (e *envelope) touch(a float64) bool {
	i, _ := slices.BinarySearch(e.touched, a)
	tiny := 1e-9 * max(1, math.Abs(a))
	if i < len(e.touched) && e.touched[i]-a <= tiny || i > 0 && a-e.touched[i-1] <= tiny {
		return false
	}
	e.touched = slices.Insert(e.touched, i, a)
	slope := e.potential.Slope(a)
	e.model.AtLeast(e.name, e.theta, e.at.Minus(milp.Const(a)).Times(slope).Plus(milp.Const(e.potential.Value(a))))
	return true
}

// refine touches the potential at a quantity and halfway to its neighbours, which leaves at most a
// sixteenth of the error there if the optimum stays near. It reports whether there was anything to add.
func (e *envelope) refine(q float64) bool {
	i, _ := slices.BinarySearch(e.touched, q)
	near := []float64{q}
	if i > 0 {
		near = append(near, 0.5*(e.touched[i-1]+q))
	}
	if i < len(e.touched) {
		near = append(near, 0.5*(e.touched[i]+q))
	}
	if !e.touch(q) {
		return false
	}
	for _, a := range near[1:] {
		e.touch(a)
	}
	return true
}
