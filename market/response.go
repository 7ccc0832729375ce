package market

import (
	"errors"
	"fmt"
	"math"

	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/optional"
)

// Conduct is the way in which participants account for their own effect on the
// price.
type Conduct int

const (
	// PriceTaking participants treat the price as given. It is the default, and
	// the limit of the clearing of many small participants.
	PriceTaking Conduct = iota
	// Cournot participants include the effect of their own quantity on the
	// price that they pay.
	Cournot
	// Social is the choice of a planner who minimises the total cost of the
	// market.
	Social
)

// String returns the name of the conduct.
func (c Conduct) String() string {
	switch c {
	case PriceTaking:
		return "price-taking"
	case Cournot:
		return "Cournot"
	case Social:
		return "social"
	}
	return fmt.Sprintf("Conduct(%d)", int(c))
}

// A Response is a price that moves with the net purchase Q = Σ_l q_l of all
// participants:
//
//	p(Q) = a + b Q, limited to [Floor, Cap]      a = Intercept, b = Slope
//
// If every participant l has a convex cost f_l apart from this market, each of
// three equilibria is the minimum of one convex program, min Σ_l f_l(q_l) +
// Φ(q), with the potential
//
//	price-taking   Φ = a Q + ½ b Q²                    ∂Φ/∂q_l = p(Q)
//	Cournot        Φ = a Q + ½ b Q² + ½ b Σ_l q_l²     ∂Φ/∂q_l = p(Q) + b q_l = d(q_l p(Q))/dq_l
//	social         Φ = a Q + b Q²                      ∂Φ/∂q_l = p(Q) + b Q   = d(Q p(Q))/dQ
//
// The derivative is the marginal cost on which each participant, or the
// planner, bases its quantity. Every potential is a common curve in Q plus an
// equal private curve in each q_l. [Response.Common] and [Response.Private]
// return them as tangents for a program with binaries.
//
// Under price-taking a floor or a cap is a flat part of p. Under the other two
// conducts the marginal cost decreases at a limit, so that no convex program
// covers both sides of it (under Cournot, no potential exists). Such a range
// returns [ErrPriceLimit].
//
// Source: Monderer and Shapley, Games and Economic Behavior 14 (1996), for the
// Cournot potential.
type Response struct {
	Intercept float64        // a, currency per unit
	Slope     float64        // b, currency per unit of net purchase, per unit; at least 0
	Floor     optional.Float // lowest price, currency per unit; absent: none
	Cap       optional.Float // highest price, currency per unit; absent: none
}

// ErrPriceLimit is the error for an equilibrium other than price-taking whose
// range includes a point at which a floor or cap begins.
var ErrPriceLimit = errors.New(
	"market: only price takers have a convex program across a floor or cap")

// Validate returns an error that lists every violation.
func (r Response) Validate() error {
	var bad faults.List
	if !finite(r.Intercept) {
		bad.Addf("price response: intercept is %v, want a finite number", r.Intercept)
	}
	if !notNegative(r.Slope) {
		bad.Addf("price response: slope %v, want at least 0; a falling price is not convex",
			r.Slope)
	}
	if floor, ceiling := r.limits(); !(floor <= ceiling) || floor == math.Inf(1) || ceiling == math.Inf(-1) {
		bad.Addf("price response: floor %v and cap %v, want floor ≤ cap", r.Floor, r.Cap)
	}
	return bad.Err()
}

// limits returns the price limits, infinite if absent.
func (r Response) limits() (floor, ceiling float64) {
	return r.Floor.Or(math.Inf(-1)), r.Cap.Or(math.Inf(1))
}

// Price returns p(Q) for the volume Q, currency per unit.
func (r Response) Price(volume float64) float64 {
	floor, ceiling := r.limits()
	return min(max(r.Intercept+r.Slope*volume, floor), ceiling)
}

// Range returns the interval of net purchases in which no price limit binds. It
// is empty (lower > upper) if a price without slope lies outside its limits.
func (r Response) Range() (lower, upper float64) {
	floor, ceiling := r.limits()
	if r.Slope == 0 {
		if r.Intercept < floor || r.Intercept > ceiling {
			return math.Inf(1), math.Inf(-1)
		}
		return math.Inf(-1), math.Inf(1)
	}
	return (floor - r.Intercept) / r.Slope, (ceiling - r.Intercept) / r.Slope
}

// Potential returns Φ at the net purchases own, one per participant, in
// currency.
func (r Response) Potential(conduct Conduct, own []float64) (float64, error) {
	total, squares := 0.0, 0.0
	for _, q := range own {
		total += q
		squares += q * q
	}
	if conduct == PriceTaking {
		return r.integral(total), nil
	}
	if lower, upper := r.Range(); total < lower || total > upper {
		return 0, fmt.Errorf(
			"%w: net purchase %v is outside [%v, %v]", ErrPriceLimit, total, lower, upper)
	}
	common, private := r.curvatures(conduct)
	return Quadratic{r.Intercept, common}.Value(total) + 0.5*private*squares, nil
}

// Marginal returns ∂Φ/∂q_l, currency per unit: the cost of one more unit for
// the participant with net purchase own if the net purchase of all is total. At
// a price limit it is the value on the inner side.
func (r Response) Marginal(conduct Conduct, own, total float64) float64 {
	p := r.Price(total)
	if lower, upper := r.Range(); total < lower || total > upper {
		return p // the price no longer moves
	}
	switch conduct {
	case Cournot:
		return p + r.Slope*own
	case Social:
		return p + r.Slope*total
	}
	return p
}

// curvatures returns the curvature of Φ in Q and in each q_l.
func (r Response) curvatures(conduct Conduct) (common, private float64) {
	switch conduct {
	case Cournot:
		return r.Slope, r.Slope
	case Social:
		return 2 * r.Slope, 0
	}
	return r.Slope, 0
}

// integral returns ∫ p from 0 to the volume, including the parts beyond the
// price limits.
func (r Response) integral(volume float64) float64 {
	lower, upper := r.Range()
	if lower > upper {
		return r.Price(0) * volume
	}
	// Beyond the range p is constant. upTo integrates from 0 along the range to
	// its end, then at the constant price.
	upTo := func(q float64) float64 {
		inside := min(max(q, lower), upper)
		return Quadratic{r.Intercept, r.Slope}.Value(inside) + r.Price(q)*(q-inside)
	}
	return upTo(volume) - upTo(0)
}

// Common returns the part of Φ that depends on Q as a convex curve on lower ≤ Q
// ≤ upper, at most maxError (currency) below it, see [Quadratic.Tangents]. It
// returns an error for an invalid response, an infinite range or one without 0,
// and [ErrPriceLimit] as described there.
func (r Response) Common(conduct Conduct, lower, upper, maxError float64) (Curve, error) {
	if err := r.Validate(); err != nil {
		return Curve{}, err
	}
	curvature, _ := r.curvatures(conduct)
	if err := checkTangents(curvature, lower, upper, maxError); err != nil {
		return Curve{}, err
	}
	if !(lower <= 0 && upper >= 0) {
		return Curve{}, fmt.Errorf(
			"price response: the range [%v, %v] does not contain 0; widen it",
			lower, upper)
	}
	from, to := r.Range()
	if conduct != PriceTaking && (lower < from || upper > to) {
		return Curve{}, fmt.Errorf("%w: narrow the net purchase from [%v, %v] to within [%v, %v]",
			ErrPriceLimit, lower, upper, from, to)
	}
	return r.pieces(Quadratic{r.Intercept, curvature}, 0, lower, upper, maxError), nil
}

// Private returns the part of Φ that depends on one participant's own net
// purchase, ½ b q² under Cournot and 0 otherwise, as a convex curve at most
// maxError (currency) below it.
func (r Response) Private(conduct Conduct, lower, upper, maxError float64) (Curve, error) {
	if err := r.Validate(); err != nil {
		return Curve{}, err
	}
	_, curvature := r.curvatures(conduct)
	return Quadratic{Curvature: curvature}.Tangents(lower, upper, maxError)
}

// Own returns the cost q · p(q + others) of one participant for a fixed net
// purchase of all others, as a curve at most maxError (currency) below it. It
// is convex, except that the marginal cost decreases at the point at which a
// buyer reaches the cap or a seller the floor; check [Curve.Convex].
func (r Response) Own(others, lower, upper, maxError float64) (Curve, error) {
	if err := r.Validate(); err != nil {
		return Curve{}, err
	}
	if err := checkTangents(2*r.Slope, lower, upper, maxError); err != nil {
		return Curve{}, err
	}
	if !(lower <= 0 && upper >= 0) || !finite(others) {
		return Curve{}, fmt.Errorf(
			"price response: own purchases in [%v, %v] beside %v of others; "+
				"the range must contain 0 and the others be finite", lower, upper, others)
	}
	return r.pieces(Quadratic{r.Intercept + r.Slope*others, 2 * r.Slope}, others, lower, upper, maxError), nil
}

// pieces returns the curve with slope g' inside the price limits and with the
// price of the limit beyond. The price depends on q + others. Tangents touch g
// at the point of the range nearest to zero; a part at a limit keeps the error
// at its end and adds none.
func (r Response) pieces(g Quadratic, others, lower, upper, maxError float64) Curve {
	var c Curve
	from, to := r.Range()
	from, to = from-others, to-others
	if from > to || lower >= to || upper <= from {
		c.extend(lower, r.Price(0.5*(lower+upper)+others), upper)
		return c
	}
	from, to = max(from, lower), min(to, upper)
	anchor := min(max(0, from), to)
	c.extend(lower, r.Price(lower+others), from)
	c.tangents(g.Slope(anchor), g.Curvature, anchor, from, to, maxError)
	c.extend(to, r.Price(upper+others), upper)
	return c
}
