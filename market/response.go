package market

import (
	"errors"
	"fmt"
	"math"

	"github.com/trigrid/trigrid/internal/faults"
)

// A Conduct says how participants take their own effect on the price into account.
type Conduct int

const (
	// PriceTaking participants treat the price as given. It is the default, and what the clearing of
	// many small parties on a relay chain comes to.
	PriceTaking Conduct = iota
	// Cournot participants know that their own quantity moves the price they pay.
	Cournot
	// Social is the quantity a planner chooses who pays the whole bill of the market.
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

// A Response is a price that moves with the net purchase Q = Σ_l q_l of all participants:
//
//	p(Q) = Intercept + Slope · Q, held between Floor and Cap
//
// If every participant l has a convex cost f_l apart from this market, then each of three equilibria
// is the minimum of one convex program, Σ_l f_l(q_l) + Φ(q), with the potential
//
//	price-taking   Φ = a Q + ½ b Q²                    ∂Φ/∂q_l = p(Q)
//	Cournot        Φ = a Q + ½ b Q² + ½ b Σ_l q_l²     ∂Φ/∂q_l = p(Q) + b q_l = d(q_l p(Q))/dq_l
//	social         Φ = a Q + b Q²                      ∂Φ/∂q_l = p(Q) + b Q   = d(Q p(Q))/dQ
//
// (a = Intercept, b = Slope): the derivative on the right is the marginal cost each participant, or
// the planner, goes by. Every one is a common curve in Q plus an equal private curve in each q_l,
// which [Response.Common] and [Response.Private] return ready for a program with binaries.
//
// Under price-taking a floor or a cap is only a flat stretch of p. Under the other two the marginal
// cost falls where a limit is reached, so no convex program exists across it: under Cournot not even
// a potential. Such a range is refused with [ErrPriceLimit].
type Response struct {
	Intercept float64 // a, currency per unit
	Slope     float64 // b, currency per unit of net purchase, per unit; at least 0
	Floor     float64 // currency per unit
	Cap       float64 // currency per unit; Floor and Cap both 0 means no limits
}

// ErrPriceLimit is returned where an equilibrium other than price-taking would reach across a floor
// or cap.
var ErrPriceLimit = errors.New("market: only price takers have a convex program across a floor or cap")

// Validate reports all violations at once.
func (r Response) Validate() error {
	var bad faults.List
	if !finite(r.Intercept) {
		bad.Addf("price response: intercept %v is not finite", r.Intercept)
	}
	if !notNegative(r.Slope) {
		bad.Addf("price response: slope %v; a price that falls as more is bought is not convex, give at least 0", r.Slope)
	}
	if math.IsNaN(r.Floor) || math.IsNaN(r.Cap) || r.Floor > r.Cap || r.Floor == math.Inf(1) || r.Cap == math.Inf(-1) {
		bad.Addf("price response: floor %v and cap %v; the floor must not exceed the cap", r.Floor, r.Cap)
	}
	return bad.Err()
}

// limits returns the price limits with the zero value read as none.
func (r Response) limits() (floor, ceiling float64) {
	if r.Floor == 0 && r.Cap == 0 {
		return math.Inf(-1), math.Inf(1)
	}
	return r.Floor, r.Cap
}

// Price returns p(Q), currency per unit.
func (r Response) Price(volume float64) float64 {
	floor, ceiling := r.limits()
	return min(max(r.Intercept+r.Slope*volume, floor), ceiling)
}

// Range returns the net purchases between which no price limit binds. It is empty (lower > upper)
// if a price without slope lies outside its limits.
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

// Potential returns Φ at the participants' net purchases, currency.
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
		return 0, fmt.Errorf("%w: net purchase %v is outside [%v, %v]", ErrPriceLimit, total, lower, upper)
	}
	common, private := r.curvatures(conduct)
	return Quadratic{r.Intercept, common}.Value(total) + 0.5*private*squares, nil
}

// Marginal returns ∂Φ/∂q_l, currency per unit: what one more unit costs the participant with net
// purchase own when all together buy total. At a price limit it is the value on the inner side.
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

// integral returns ∫ p from 0 to the volume, across the limits too.
func (r Response) integral(volume float64) float64 {
	lower, upper := r.Range()
	if lower > upper {
		return r.Price(0) * volume
	}
	// Beyond the range p is constant. Everything is counted from the point of the range nearest 0.
	upTo := func(q float64) float64 {
		inside := min(max(q, lower), upper)
		return Quadratic{r.Intercept, r.Slope}.Value(inside) + r.Price(q)*(q-inside)
	}
	return upTo(volume) - upTo(0)
}

// Common returns the part of Φ that depends on the net purchase of all, as a convex curve in Q on
// lower ≤ Q ≤ upper that is at most maxError (currency) below it; see [Quadratic.Tangents].
func (r Response) Common(conduct Conduct, lower, upper, maxError float64) (Curve, error) {
	if err := r.Validate(); err != nil {
		return Curve{}, err
	}
	curvature, _ := r.curvatures(conduct)
	if err := checkTangents(curvature, lower, upper, maxError); err != nil {
		return Curve{}, err
	}
	if !(lower <= 0 && upper >= 0) {
		return Curve{}, fmt.Errorf("price response: the range [%v, %v] does not contain 0", lower, upper)
	}
	from, to := r.Range()
	if conduct != PriceTaking && (lower < from || upper > to) {
		return Curve{}, fmt.Errorf("%w: narrow the net purchase from [%v, %v] to within [%v, %v]", ErrPriceLimit, lower, upper, from, to)
	}
	return r.pieces(Quadratic{r.Intercept, curvature}, 0, lower, upper, maxError), nil
}

// Private returns the part of Φ that depends on one participant's own net purchase, ½ b q² under
// Cournot and nothing otherwise, as a convex curve at most maxError (currency) below it.
func (r Response) Private(conduct Conduct, lower, upper, maxError float64) (Curve, error) {
	if err := r.Validate(); err != nil {
		return Curve{}, err
	}
	_, curvature := r.curvatures(conduct)
	return Quadratic{Curvature: curvature}.Tangents(lower, upper, maxError)
}

// Own returns what one participant pays, q · p(q + others), if the net purchase of all others is
// known: a residual demand curve. It is at most maxError (currency) below the true cost. With a
// slope it is convex, except that the marginal cost falls where a buyer reaches the cap or a seller
// the floor; [Curve.Convex] tells.
func (r Response) Own(others, lower, upper, maxError float64) (Curve, error) {
	if err := r.Validate(); err != nil {
		return Curve{}, err
	}
	if err := checkTangents(2*r.Slope, lower, upper, maxError); err != nil {
		return Curve{}, err
	}
	if !(lower <= 0 && upper >= 0) || !finite(others) {
		return Curve{}, fmt.Errorf("price response: own purchases in [%v, %v] beside %v of others; the range must contain 0 and the others be finite",
			lower, upper, others)
	}
	return r.pieces(Quadratic{r.Intercept + r.Slope*others, 2 * r.Slope}, others, lower, upper, maxError), nil
}

// pieces returns the curve with slope g' where no price limit binds and the limit's price where one
// does. The price follows q + others. Pieces touch g nearest to zero; a stretch at a limit carries
// the error reached at its end and adds none.
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
