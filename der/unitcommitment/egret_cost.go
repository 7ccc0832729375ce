package unitcommitment

import (
	"math"
	"slices"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/jsontree"
	"github.com/trigrid/trigrid/milp"
)

// startCost reads one cost or pairs [hours off, cost], or the same with fuel.
// Fuel is multiplied by the fuel price, and a fixed cost is added to each
// category. With none of them the fixed cost is that of every start.
//
// The three forms, for a unit with a fuel price of 5 and a fixed cost of 20:
//
//	"startup_cost": 100                      120 for each start
//	"startup_cost": [[1, 100], [4, 150]]     120 after 1 to 3 h off, 170 after 4 h or more
//	"startup_fuel": [[1, 10], [4, 16]]       5 × 10 + 20 = 70, and 5 × 16 + 20 = 100
func (x egretUnit) startCost(u *der.Thermal) {
	var (
		fixed      = x.g.At("non_fuel_startup_cost").NumberOr(0, 0, milp.Inf)
		cost, fuel = x.g.At("startup_cost"), x.g.At("startup_fuel")
		price      = 1.0
	)
	switch {
	case cost.Given() && fuel.Given():
		fuel.Bad(`stands beside "startup_cost", want one of the two`)
		return
	case fuel.Given():
		cost, price = fuel, x.price
	case !cost.Given():
		if fixed > 0 {
			u.StartUp = []der.StartCost{{Cost: fixed}}
		}
		return
	}
	if cost.Items() == nil { // no list, also no empty one
		u.StartUp = []der.StartCost{{Cost: fixed + price*cost.Number(0, milp.Inf)}}
		return
	}
	for _, pair := range pairs(cost) {
		u.StartUp = append(u.StartUp, der.StartCost{After: wholeSteps(pair[0], x.set.Hours()), Cost: fixed + price*pair[1]})
	}
	if len(u.StartUp) == 0 {
		cost.Wrong("a cost or at least one pair of hours off and cost")
	}
}

// productionCost reads a polynomial of degree two, points of a cost curve, or
// points of a fuel curve. The fixed cost per hour is part of the polynomial's
// constant, or of every point.
//
// The forms of "p_cost", currency per hour at an output in MW:
//
//	{"data_type": "cost_curve", "cost_curve_type": "polynomial", "values": {"0": 50, "1": 20}}
//	{"data_type": "cost_curve", "cost_curve_type": "piecewise", "values": [[10, 250], [50, 1050]]}
//
// Both are 50 + 20 p between 10 and 50 MW. "p_fuel" has the same with
// fuel_curve, in units of fuel per hour, which the fuel price turns into
// currency.
func (x egretUnit) productionCost(p *profiled) {
	var (
		u            = p.unit
		fixed        = x.constant("non_fuel_no_load_cost", orZero, -milp.Inf)
		curve, price = x.g.At("p_cost"), 1.0
		kind         = "cost_curve"
	)
	if x.g.At("p_fuel").Given() {
		curve, kind, price = x.g.At("p_fuel"), "fuel_curve", x.price
	} else if !curve.Given() {
		u.NoLoad = fixed
		return
	}
	if curve.At("data_type").Is("time_series") {
		curve.Bad("varies by step, which is not part of this model; want one curve")
		return
	}
	if data := curve.At("data_type"); !data.Is(kind) {
		data.Wrong(`"` + kind + `"`)
		return
	}
	switch form := curve.At(kind + "_type"); {
	case form.Is("polynomial"):
		// {"0": c, "1": b, "2": a}: the key is the power of the output.
		each(curve.At("values"), func(power string, c jsontree.Value) {
			switch x := price * c.Number(-milp.Inf, milp.Inf); power {
			case "0":
				u.NoLoad = x
			case "1":
				u.Linear = x
			case "2":
				u.Quadratic = x
			default:
				c.Bad("is the coefficient of power %s, want powers 0 to 2", power)
			}
		})
		u.NoLoad += fixed
		// The chords of the quadratic run from p_min to p_max of each step.
		if u.Quadratic != 0 && (varies(p.least) || varies(p.most)) {
			curve.Bad("is quadratic, which is not part of this model beside limits that vary by step; want pieces")
		}
	case form.Is("piecewise"), !form.Given():
		for _, pair := range x.clipped(curve.At("values"), u.MinOutput, u.MaxOutput) {
			u.Curve = append(u.Curve, der.CurvePoint{Output: pair[0], Cost: fixed + price*pair[1]})
		}
	default:
		form.Wrong(`"polynomial" or "piecewise"`)
	}
}

// clipped reads points of a curve and returns those of the curve between two
// outputs. A curve that reaches beyond them is cut, and one that ends before
// them is extended by its first or last slope: [[10, 100], [50, 500]] between
// 20 and 60 MW is [[20, 200], [60, 600]].
func (x egretUnit) clipped(v jsontree.Value, lower, upper float64) [][2]float64 {
	points := slices.Compact(pairs(v))
	for i := 1; i < len(points); i++ {
		if points[i][0] <= points[i-1][0] {
			v.Bad("is at %v MW in point %d, want more than the %v MW of the point before", points[i][0], i, points[i-1][0])
			return nil
		}
	}
	switch {
	case len(points) == 0:
		if len(x.g.Found()) == 0 {
			v.Wrong("at least one point")
		}
		return nil
	case len(points) == 1 && !(equal(lower, upper) && equal(points[0][0], lower)):
		v.Wrong("at least two points, or one at p_min and p_max")
		return nil
	case len(points) == 1:
		return [][2]float64{{lower, points[0][1]}}
	}
	// at returns the curve at an output: a point's own cost, or the line of the
	// two points around it.
	at := func(mw float64) [2]float64 {
		for _, p := range points {
			if equal(p[0], mw) {
				return [2]float64{mw, p[1]}
			}
		}
		i := 1
		for i < len(points)-1 && points[i][0] < mw {
			i++
		}
		a, b := points[i-1], points[i]
		return [2]float64{mw, a[1] + (b[1]-a[1])*(mw-a[0])/(b[0]-a[0])}
	}
	// The ends come from the curve; points within them stay as they are.
	out := [][2]float64{at(lower)}
	if equal(lower, upper) {
		return out
	}
	for _, p := range points {
		if p[0] > lower && p[0] < upper && !equal(p[0], lower) && !equal(p[0], upper) {
			out = append(out, p)
		}
	}
	return append(out, at(upper))
}

// equal reports whether two outputs are equal within rounding.
//
// For example, a p_min of 0.3 and a point at 0.1 + 0.2 are equal.
func equal(a, b float64) bool { return math.Abs(a-b) <= 1e-9*max(math.Abs(a), math.Abs(b)) }

// varies reports whether the values of a series differ.
//
// For example, 3, 3, 3 does not vary. Numbers of a file are compared as they
// are, without a tolerance.
func varies(series []float64) bool { return slices.Min(series) != slices.Max(series) }

// constant reads a number with one of the readers of a value, or a time series
// of equal numbers.
//
// For example, {"data_type": "time_series", "values": [3, 3]} is 3.
func (x egretUnit) constant(key string, number func(v jsontree.Value, lower, upper float64) float64, lower float64) float64 {
	v := x.g.At(key)
	if !v.IsObject() {
		return number(v, lower, milp.Inf)
	}
	values := series(v, x.set.Steps(), lower)
	if varies(values) {
		v.Bad("varies by step, which is not part of this model; want one number")
	}
	return values[0]
}

// orZero reads a number that is 0 by default.
func orZero(v jsontree.Value, lower, upper float64) float64 { return v.NumberOr(0, lower, upper) }

// pairs reads a list of pairs of numbers, such as [[10, 300], [20, 700]].
func pairs(v jsontree.Value) [][2]float64 {
	var out [][2]float64
	for _, item := range v.List() {
		out = append(out, item.Pair(-milp.Inf, milp.Inf))
	}
	return out
}
