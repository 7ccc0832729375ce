package main

import (
	"math"
	"slices"
)

// thermal returns a thermal unit of a file with n steps of dt hours.
//
// Limits of the unit are in MW, ramps in MW per step, and times in steps.
// Values that break the format are reported and replaced by stand-ins.
func (v node) thermal(n int, dt float64) *unit {
	for _, key := range []string{"fuel_supply", "aux_fuel_supply", "aux_fuel_capable"} {
		v.refuse(key)
	}
	if run := v.child("must_run"); (run.value == true || run.value == 1.0) && !slices.Contains(v.report.ignore, "must_run") {
		run.wrong("has no effect in Egret, want fixed_commitment or -ignore must_run")
	}
	var (
		// Minimum times are rounded up. A billionth of a step is taken for
		// rounding.
		ceil = func(hours float64) int { return int(math.Min(math.Ceil(hours/dt-1e-9), 1e9)) }
		up   = v.child("ramp_up_60min").number(0)
		down = v.child("ramp_down_60min").number(0)
		lo   = v.child("p_min").series(n)
		hi   = v.child("p_max").series(n)
		// room returns the highest outputs in the first step after a start or
		// in the last before a stop. The range above the minimum is for an
		// hour, by default half a ramp.
		room = func(key string, ramp float64) (perStep []float64, firstHourly float64) {
			hourly := make([]float64, n)
			for t := range hourly {
				hourly[t] = lo[t] + ramp/2
			}
			if v.child(key).value != nil {
				hourly = v.child(key).series(n)
			}
			perStep = make([]float64, n)
			for t := range perStep {
				perStep[t] = math.Min(hi[t], lo[t]+(hourly[t]-lo[t])*dt)
			}
			return perStep, hourly[0]
		}
		status   = v.child("initial_status").number(0)
		minUp    = v.child("min_up_time").number(0)
		minDown  = v.child("min_down_time").number(0)
		start, _ = room("startup_capacity", up)
		stop, _  = room("shutdown_capacity", down)
		u        = &unit{
			min: slices.Min(lo), max: slices.Max(hi), leastAt: lo, mostAt: hi, startAt: start, stopAt: stop,
			rampUp: up * dt, rampDown: down * dt, minUp: max(1, ceil(minUp)), minDown: max(1, ceil(minDown)),
			stopCost: v.child("shutdown_cost").number(0),
			// The time in the state before counts to the nearest step for the
			// cost of a start.
			wasOn: status > 0, past: int(math.RoundToEven(math.Abs(status) / dt)),
			rising: v.child("startup_curve").numbers(), falling: v.child("shutdown_curve").numbers(),
		}
	)
	if status == 0 {
		v.child("initial_status").wrong("is 0 or missing, want hours on above 0 or hours off below 0")
	}
	// A unit that has run 1.75 of 2 h has a quarter of an hour left, one step
	// of 30 minutes. The rest of a minimum time comes from hours, not from
	// steps.
	rest := minUp
	if !u.wasOn {
		rest, u.offFor = minDown, ceil(-status)
	}
	hold := max(0, ceil(rest-math.Abs(status)))
	u.hold = &hold
	if future := v.child("future_status").number(0); future > 0 {
		u.startsIn = ceil(future)
	}
	// Both curves end with the minimum time off, after which the unit may be on
	// again.
	u.rising = u.rising[:min(len(u.rising), ceil(minDown))]
	u.falling = u.falling[:min(len(u.falling), ceil(minDown))]
	v.initialOutput(u, room, down, dt)
	v.fixedStates(u, n)
	v.startCosts(u, minDown, dt)
	v.curve(u)
	return u
}

// initialOutput reads the output before the horizon, which is 0 while off, and
// its limit for a stop in the first step.
//
// For example, a shutdown capacity of 40 MW at a minimum of 30 MW is 35 MW on
// steps of half an hour.
func (v node) initialOutput(u *unit, room func(string, float64) ([]float64, float64), down, dt float64) {
	if !u.wasOn {
		return
	}
	// One step of a ramp must lead from the output into the limits of the first
	// step.
	u.before = v.child("initial_p_output").number(math.NaN())
	if !(u.before >= u.leastAt[0]-u.rampUp && u.before <= u.mostAt[0]+u.rampDown) {
		v.child("initial_p_output").wrong("is %v, want %v to %v",
			u.before, u.leastAt[0]-u.rampUp, u.mostAt[0]+u.rampDown)
	}
	// This limit is not capped at p_max, because the output before may be above
	// p_max.
	_, hourly := room("shutdown_capacity", down)
	least := v.child("initial_p_min").number(u.leastAt[0])
	first := least + (v.child("initial_shutdown_capacity").number(hourly)-least)*dt
	u.firstStop = &first
}

// fixedStates reads fixed_commitment: 1 on, 0 off, null free, for all steps or
// as a series.
//
// For example, {"values": [1, null, 0]} fixes the first and the last of three
// steps.
func (v node) fixedStates(u *unit, n int) {
	fixed := v.child("fixed_commitment")
	if fixed.value == nil {
		return
	}
	list, ok := fixed.child("values").value.([]any)
	if !ok { // one value for all steps
		list = slices.Repeat([]any{fixed.value}, n)
	}
	if len(list) != n {
		fixed.wrong("has %d values, want one for each of %d steps", len(list), n)
		return
	}
	for _, x := range list {
		switch x {
		case 1.0, true:
			u.fixed = append(u.fixed, 1)
		case 0.0, false:
			u.fixed = append(u.fixed, 0)
		case nil:
			u.fixed = append(u.fixed, -1)
		default:
			fixed.wrong("has %v, want 0, 1 or null", x)
			u.fixed = append(u.fixed, -1)
		}
	}
}

// startCosts reads a cost or fuel per start: one number, or pairs of hours off
// and amount. Hours off become steps, to the nearest. Without either a start
// has the non-fuel cost.
//
// For example, the pairs (2, 100) and (8, 250) have the lags 4 and 16 on steps
// of half an hour.
func (v node) startCosts(u *unit, minDown, dt float64) {
	fixed := v.child("non_fuel_startup_cost").number(0)
	// A cost has the factor 1; fuel has the price of the generator.
	given, price := v.child("startup_cost"), 1.0
	if fuel := v.child("startup_fuel"); fuel.value != nil {
		if given.value != nil {
			fuel.wrong("stands beside startup_cost")
		}
		given, price = fuel, v.child("fuel_cost").number(math.NaN())
	}
	// The first category also applies to shorter times off, so that its lag has
	// no effect.
	switch given.value.(type) {
	case nil:
		u.lags, u.startCosts = []int{0}, []float64{fixed}
	case float64:
		u.lags, u.startCosts = []int{0}, []float64{fixed + price*given.number(0)}
	default:
		for _, pair := range given.pairs() {
			u.lags = append(u.lags, int(math.RoundToEven(pair[0]/dt)))
			u.startCosts = append(u.startCosts, fixed+price*pair[1])
		}
	}
}

// curve reads the cost of an hour on: points of cost or fuel, or a polynomial
// of degree two. A quadratic becomes two chords of equal width, as in Egret.
// Points are cut at the limits, or extended to them by the slope of the nearest
// two.
func (v node) curve(u *unit) {
	fixed := v.child("non_fuel_no_load_cost").number(0)
	cost, kind, price := v.child("p_cost"), "cost_curve", 1.0
	if v.child("p_fuel").value != nil {
		cost, kind, price = v.child("p_fuel"), "fuel_curve", v.child("fuel_cost").number(math.NaN())
	}
	if cost.value == nil { // the cost of an hour on at every output
		u.points = [][2]float64{{u.min, fixed}, {u.max, fixed}}
		return
	}
	if data := cost.child("data_type"); data.value != kind {
		data.wrong("is %v, want %s", data.value, kind)
		return
	}
	form := cost.child(kind + "_type")
	switch form.value {
	case "polynomial":
		c, b, a := cost.child("values").child("0").number(0), cost.child("values").child("1").number(0), cost.child("values").child("2").number(0)
		// Chords between the limits of each step would differ from step to
		// step.
		if a != 0 && (slices.Min(u.mostAt) != u.max || slices.Max(u.leastAt) != u.min) {
			cost.wrong("is quadratic beside limits that vary by step")
		}
		for _, p := range []float64{u.min, (u.min + u.max) / 2, u.max} {
			u.points = append(u.points, [2]float64{p, fixed + price*(c+b*p+a*p*p)})
		}
	case nil, "piecewise":
		points := cost.child("values").pairs()
		// A single point is the cost of a unit that has one output only.
		if len(points) == 0 || len(points) == 1 && points[0][0] != u.min {
			cost.child("values").wrong("has %d points, want two or one at p_min", len(points))
			return
		}
		for i := range points {
			points[i][1] = fixed + price*points[i][1]
		}
		u.points = cut(points, u.min, u.max)
	default:
		form.wrong("is %v, want polynomial or piecewise", form.value)
	}
}

// cut returns the points of a curve from lo to hi, with both ends. For example,
// the curve (0, 0), (10, 200) from 0 to 8 MW is (0, 0), (8, 160).
func cut(points [][2]float64, lo, hi float64) [][2]float64 {
	if len(points) == 1 {
		return points
	}
	line := func(a, b [2]float64, p float64) [2]float64 {
		return [2]float64{p, a[1] + (b[1]-a[1])/(b[0]-a[0])*(p-a[0])}
	}
	var out [][2]float64
	for i, p := range points {
		if p[0] >= lo && p[0] <= hi {
			out = append(out, p)
		}
		if i+1 < len(points) {
			// An end between two points lies on the line through them.
			next := points[i+1]
			for _, end := range []float64{lo, hi} {
				if p[0] < end && end < next[0] {
					out = append(out, line(p, next, end))
				}
			}
		}
	}
	// An end outside lies on the line through the nearest two points.
	last := len(points) - 1
	if lo < points[0][0] {
		out = slices.Insert(out, 0, line(points[0], points[1], lo))
	}
	if hi > points[last][0] {
		out = append(out, line(points[last-1], points[last], hi))
	}
	return out
}
