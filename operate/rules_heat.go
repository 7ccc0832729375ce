package operate

import (
	"fmt"
	"math"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/optional"
)

// heatUnit is a converter that can give heat in the next step.
type heatUnit struct {
	index     int     // of the member
	rank      int     // combined heat and power 0, gas boilers 1, electric boilers 2
	heat      float64 // MW of heat per MW of x
	low, high float64 // of the flow x while it runs, MW
	stops     bool    // it may stand still
	x         float64 // its flow
	runs      bool
	points    []der.OperatingPoint // of an extraction unit within its ramps
}

// span returns the range of a running converter in the next step, and whether
// it may stand still instead, as [der.Operation] states them.
func span(o der.Operation, dt float64) (low, high float64, stops bool) {
	known := o.Boundary == der.BeforeKnown
	ran := o.Before > idle || o.RunsBefore && o.Switchable
	if !known {
		return o.Min, o.Max, o.Switchable
	}
	up, down := o.RampUp.Or(math.Inf(1))*dt, o.RampDown.Or(math.Inf(1))*dt
	if o.Switchable && !ran {
		return o.Min, min(o.Max, max(o.Min, up)), true
	}
	low, high = max(o.Min, o.Before-down), min(o.Max, o.Before+up)
	return low, high, o.Switchable && o.Before <= max(o.Min, down)
}

// gasOf returns the operation of a unit in terms of the gas that it burns: the
// narrower one of the limits on power and on heat.
func gasOf(u *der.CHP) der.Operation {
	o, power, heat := u.Power, 1/u.ElectricEfficiency, 1/u.HeatEfficiency
	narrower := func(a, b optional.Float) optional.Float {
		if !a.Given() && !b.Given() {
			return a
		}
		return optional.Of(min(a.Or(math.Inf(1))*power, b.Or(math.Inf(1))*heat))
	}
	o.Min = max(o.Min*power, u.MinHeat*heat)
	o.Max = max(o.Min, min(o.Max*power, u.MaxHeat.Or(math.Inf(1))*heat)) // equal up to rounding
	o.RampUp, o.RampDown = narrower(o.RampUp, u.HeatRampUp), narrower(o.RampDown, u.HeatRampDown)
	o.Before *= power
	return o
}

// heatUnitOf returns a member as a unit of heat.
func heatUnitOf(d der.DER, index int, dt float64) (heatUnit, bool) {
	h := heatUnit{index: index}
	switch u := d.(type) {
	case *der.CHP:
		h.low, h.high, h.stops = span(gasOf(u), dt)
		h.heat = u.HeatEfficiency
	case *der.ExtractionCHP:
		h.points, h.stops = extractionPoints(u, dt)
		h.heat = 1
		h.low, h.high = heatRange(h.points)
	case *der.GasBoiler:
		h.low, h.high, h.stops = span(u.Heat, dt)
		h.heat, h.rank = 1, 1
	case *der.ElectricBoiler:
		h.low, h.high, h.stops = span(u.Power, dt)
		h.heat, h.rank = u.Efficiency, 2
	default:
		return h, false
	}
	if !h.stops {
		h.x, h.runs = h.low, true
	}
	return h, true
}

// serveHeat sets the flows of the units for a heat demand. Units run in their
// order as far as needed. A unit that is needed for less than its minimum runs
// only if the demand cannot be shed; others are then lowered, and dumps take
// the rest.
func (g *goodsStep) serveHeat(wanted float64) error {
	// Units that run already are filled first, because a start costs money and
	// time.
	missing := wanted
	for _, h := range g.units {
		if h.runs {
			missing -= h.x * h.heat
		}
	}
	for k := range g.units {
		h := &g.units[k]
		switch {
		case missing <= dust || h.high <= 0: // a unit without heat does not help
		case h.runs:
			more := min(h.high-h.x, missing/h.heat)
			h.x += more
			missing -= more * h.heat
		case missing >= h.low*h.heat:
			h.x, h.runs = min(h.high, missing/h.heat), true
			missing -= h.x * h.heat
		}
	}
	// Demand that may be shed is shed before another unit starts above the
	// need.
	if missing > 0 {
		missing = g.shed(der.Heat, missing)
	}
	for k := range g.units {
		if h := &g.units[k]; missing > dust && !h.runs && h.high > 0 {
			h.x, h.runs = h.low, true
			missing -= h.x * h.heat
		}
	}
	// Heat has no other source than the members of the VPP.
	if missing > dust {
		return impossible(fmt.Sprintf("the rules lack %.6g MW of heat", missing))
	}
	// A minimum output can exceed the demand; the units return it in reverse
	// order.
	surplus := max(0, -missing)
	for k := len(g.units) - 1; k >= 0; k-- {
		if h := &g.units[k]; h.runs && surplus > 0 {
			less := min(h.x-h.low, surplus/h.heat)
			h.x -= less
			surplus -= less * h.heat
		}
	}
	for i, d := range g.state {
		if u, ok := d.(*der.HeatDump); ok {
			taken := min(u.Max, surplus)
			g.ports[i] = der.Ports{Heat: []float64{-taken}}
			surplus -= taken
		}
	}
	if surplus > dust {
		return impossible(fmt.Sprintf("the rules have %.6g MW of heat left that no load, store or dump takes", surplus))
	}
	return nil
}

// heatPrice returns the cost of the last unit in use: gas or power, and
// maintenance, per MWh of heat. The power of a combined unit is worth the price
// of electricity. It is 0 without a unit.
func (g *goodsStep) heatPrice(gas, power float64) float64 {
	price := 0.0
	for _, h := range g.units {
		if h.x <= idle {
			continue
		}
		switch u := g.state[h.index].(type) {
		case *der.CHP:
			price = max(0, gas+(u.Maintenance-power)*u.ElectricEfficiency) / u.HeatEfficiency
		case *der.ExtractionCHP:
			at := leastGas(h.points, h.x)
			price = max(0, gas*at.Gas+(u.Maintenance-power)*at.Power) / at.Heat
		case *der.GasBoiler:
			price = gas/u.Efficiency + u.Maintenance
		case *der.ElectricBoiler:
			price = max(0, power+u.Maintenance) / u.Efficiency
		}
	}
	return price
}
