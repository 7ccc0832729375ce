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

// quadratic is the potential a q + ½ b q².
type quadratic struct{ linear, curvature float64 }

func (g quadratic) Value(q float64) float64 { return q * (g.linear + 0.5*g.curvature*q) }
func (g quadratic) Slope(q float64) float64 { return g.linear + g.curvature*q }

// integral is the potential of price takers, the integral of the price. It is
// convex even with a floor or a cap, because the price does not decrease.
type integral struct{ market.Response }

func (g integral) Slope(q float64) float64 { return g.Price(q) }
func (g integral) Value(q float64) float64 {
	v, err := g.Potential(market.PriceTaking, []float64{q})
	if err != nil {
		panic(fmt.Sprintf("vpp: the potential of price takers exists for every quantity: %v", err))
	}
	return v
}

// commonPotential returns the part of the potential that depends on the total
// volume Q. With the price a + b Q:
//
//	price taking   ∫_0^Q price
//	Cournot        a Q + ½ b Q²     plus ½ b q_l² for each participant
//	social         a Q + b Q²
func commonPotential(r market.Response, conduct market.Conduct) potential {
	switch conduct {
	case market.Cournot:
		return quadratic{r.Intercept, r.Slope}
	case market.Social:
		return quadratic{r.Intercept, 2 * r.Slope}
	}
	return integral{r}
}

// envelope is a column θ above some tangents of a potential Φ,
//
//	θ ≥ Φ(a) + Φ'(a) (q − a)    for each point a with a tangent
//
// Φ is convex, so that the envelope is nowhere above Φ and equal to it at each
// a.
type envelope struct {
	model      *milp.Model
	name       milp.Name
	theta, at  milp.Expr
	potential  potential
	tangentsAt []float64 // ascending
}

func newEnvelope(m *milp.Model, name milp.Name, at milp.Expr, g potential) *envelope {
	return &envelope{model: m, name: name, theta: m.Var(name, -milp.Inf, milp.Inf).Expr(), at: at, potential: g}
}

// start adds tangents at 0 and at nine points of a range.
func (e *envelope) start(lower, upper float64) {
	const intervals = 8
	e.add(0)
	for k := range intervals + 1 {
		e.add(lower + (upper-lower)*float64(k)/intervals)
	}
}

// add adds the tangent at a, and reports whether it is new: no other tangent is
// within 1e-9 of it.
func (e *envelope) add(a float64) bool {
	i, _ := slices.BinarySearch(e.tangentsAt, a)
	tiny := 1e-9 * max(1, math.Abs(a))
	if i < len(e.tangentsAt) && e.tangentsAt[i]-a <= tiny || i > 0 && a-e.tangentsAt[i-1] <= tiny {
		return false
	}
	e.tangentsAt = slices.Insert(e.tangentsAt, i, a)
	slope := e.potential.Slope(a)
	e.model.AtLeast(e.name, e.theta, e.at.Minus(milp.Const(a)).Times(slope).Plus(milp.Const(e.potential.Value(a))))
	return true
}

// refine adds tangents at q and halfway to its neighbours, and reports whether
// the first one is new. If the next optimum is near q, its error is at most a
// sixteenth: the distance to a tangent is at most a quarter, and the error of a
// quadratic function grows with the square.
func (e *envelope) refine(q float64) bool {
	i, _ := slices.BinarySearch(e.tangentsAt, q)
	var halfway []float64
	if i > 0 {
		halfway = append(halfway, 0.5*(e.tangentsAt[i-1]+q))
	}
	if i < len(e.tangentsAt) {
		halfway = append(halfway, 0.5*(e.tangentsAt[i]+q))
	}
	if !e.add(q) {
		return false
	}
	for _, a := range halfway {
		e.add(a)
	}
	return true
}
