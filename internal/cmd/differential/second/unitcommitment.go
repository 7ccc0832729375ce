package second

import (
	"math"
	"slices"
	"strings"
)

// System is a unit-commitment instance as a program, with the quantities that a
// schedule of the library has as well.
type System struct {
	*Program
	Units []Unit
}

// Unit is a generator of a system. On and Reserve are nil for one that always
// runs.
type Unit struct {
	Name                string
	On, Output, Reserve []Expr // per step; MW
}

// names returns the keys of an object in order.
//
// Maps have no order, and equal texts must give equal programs.
func (o object) names() []string {
	var out []string
	for key := range o {
		out = append(out, key)
	}
	slices.Sort(out)
	return out
}

// pairs reads a list of pairs of numbers.
//
// For example, [[2, 220], [4, 300]] are two categories of starts.
func (o object) pairs(key string) [][2]float64 {
	list, _ := o[key].([]any)
	var out [][2]float64
	for _, item := range list {
		pair := numbers(key, item)
		out = append(out, [2]float64{pair[0], pair[1]})
	}
	return out
}

// PGLib states an instance of the library pglib-uc as its MODEL.pdf does, with
// p above the minimum:
//
//	Σ_g (p + P u) + Σ_w p = D,   Σ r ≥ R
//	p + r ≤ (P̄ − P) u − max(P̄ − SU, 0) v,   p + r ≤ (P̄ − P) u − max(P̄ − SD, 0) w_{t+1}
//	p_t + r_t − p_{t−1} ≤ RU,   p_{t−1} − p_t ≤ RD
//	p = Σ_l (P_l − P_1) λ_l,   cost = Σ_l (C_l − C_1) λ_l,   Σ_l λ_l = u
//
// The cost of a start is that of its time off. Row (7) of the document charges
// a unit that begins off too much for some early restarts, so that it is left
// out.
//
// Source: Knueven, Ostrowski, Watson, "On mixed-integer programming
// formulations for the unit commitment problem", INFORMS J. Comput. 32 (2020)
// 857, and MODEL.pdf of pglib-uc.
func PGLib(text []byte) (out *System, err error) {
	defer caught(&err)
	root := parse(text)
	steps := int(root.num("time_periods", 0))
	p := &Program{}
	out = &System{Program: p}
	balance, reserve := make([]Expr, steps), make([]Expr, steps)
	for _, name := range root.object("thermal_generators").names() {
		g := root.object("thermal_generators").object(name)
		u := pglibThermal(p, name, g, steps)
		for t := range steps {
			balance[t] = sum(balance[t], u.Output[t])
			reserve[t] = sum(reserve[t], u.Reserve[t])
		}
		out.Units = append(out.Units, u)
	}
	for _, name := range root.object("renewable_generators").names() {
		g := root.object("renewable_generators").object(name)
		u := Unit{Name: name}
		low, high := g.path("power_output_minimum", steps), g.path("power_output_maximum", steps)
		for t := range steps {
			w := p.column(low[t], high[t], name+"_power", t)
			u.Output = append(u.Output, w)
			balance[t] = sum(balance[t], w)
		}
		out.Units = append(out.Units, u)
	}
	demand, required := root.path("demand", steps), root.path("reserves", steps)
	for t := range steps {
		p.equal(balance[t], num(demand[t]))
		p.atLeast(reserve[t], num(required[t]))
	}
	return out, nil
}

// pglibThermal states one thermal generator and adds its cost.
func pglibThermal(p *Program, name string, g object, steps int) Unit {
	var (
		low, high    = g.num("power_output_minimum", 0), g.num("power_output_maximum", 0)
		up, down     = g.num("ramp_up_limit", 0), g.num("ramp_down_limit", 0)
		start, stop  = g.num("ramp_startup_limit", 0), g.num("ramp_shutdown_limit", 0)
		wasOn        = g.num("unit_on_t0", 0)
		minUp        = int(g.num("time_up_minimum", 0))
		minDown      = int(g.num("time_down_minimum", 0))
		above        = wasOn * (g.num("power_output_t0", 0) - low)
		points       = g.objects("piecewise_production")
		c1           = points[0].num("cost", 0)
		x            = &steam{name: name, minUp: slices.Repeat([]int{minUp}, steps), minDown: slices.Repeat([]int{minDown}, steps), must: g.num("must_run", 0) == 1, wasOn: wasOn == 1}
		out          = Unit{Name: name}
		total        Expr
		previous     = num(above)
		firstMW      = points[0].num("mw", 0)
		stopped, ran = g.num("time_down_t0", 0), g.num("time_up_t0", 0)
	)
	x.before, x.held = stopped, minDown-int(stopped)
	if x.wasOn {
		x.before, x.held = ran, minUp-int(ran)
	}
	for _, k := range g.objects("startup") {
		x.categories = append(x.categories, category{k.num("lag", 0), k.num("cost", 0)})
	}
	c := commit(p, x, steps)
	total = c.cost
	if x.wasOn && above > high-low-max(high-stop, 0) {
		p.equal(c.stop[0], Expr{}) // the row of the first stop
	}
	for t := range steps {
		// q is the power above the minimum, and previous that of the step
		// before.
		q, r := p.column(0, high-low, name+"_above", t), p.column(0, high-low, name+"_reserve", t)
		both := sum(q, r)
		p.atMost(both, sum(c.on[t].times(high-low), c.start[t].times(-max(high-start, 0))))
		if t+1 < steps {
			p.atMost(both, sum(c.on[t].times(high-low), c.stop[t+1].times(-max(high-stop, 0))))
		} else {
			p.atMost(both, c.on[t].times(high-low))
		}
		// Ramps apply to the power above the minimum, also at a start or a
		// stop.
		p.atMost(both.minus(previous), num(up))
		p.atMost(previous.minus(q), num(down))
		previous = q
		var rise, share Expr
		for l, point := range points {
			part := p.column(0, 1, name+"_part", l, t)
			rise = sum(rise, part.times(point.num("mw", 0)-firstMW))
			total = sum(total, part.times(point.num("cost", 0)-c1))
			share = sum(share, part)
		}
		p.equal(q, rise)
		p.equal(share, c.on[t])
		total = sum(total, c.on[t].times(c1))
		out.On = append(out.On, c.on[t])
		out.Output = append(out.Output, sum(q, c.on[t].times(low)))
		out.Reserve = append(out.Reserve, r)
	}
	p.Minimise = sum(p.Minimise, total)
	return out
}

// series reads one number, or an object {"data_type": "time_series", "values":
// […]}.
//
// An absent key gives the value absent in each step.
func (o object) series(key string, steps int, absent float64) []float64 {
	switch o[key].(type) {
	case nil:
		return slices.Repeat([]float64{absent}, steps)
	case float64:
		return o.path(key, steps)
	}
	return o.object(key).path("values", steps)
}

// Egret states the thermal and renewable part of an instance of Egret on one
// bus:
//
//	Σ p + unserved − surplus = load,   Σ r + shortfall ≥ requirement
//
// Penalties are per MWh: 1e6 for a mismatch if no price is stated, and a tenth
// of the mismatch price for a shortfall of the reserve. Costs are per hour,
// starts per start.
func Egret(text []byte) (out *System, err error) {
	defer caught(&err)
	root := parse(text)
	system, elements := root.object("system"), root.object("elements")
	keys, _ := system["time_keys"].([]any)
	steps, hours := len(keys), system.num("time_period_length_minutes", 60)/60
	p := &Program{}
	out = &System{Program: p}
	balance, reserve := make([]Expr, steps), make([]Expr, steps)
	for _, name := range elements.object("generator").names() {
		g := elements.object("generator").object(name)
		if g.has("in_service") && !g.flag("in_service") {
			continue
		}
		var u Unit
		if g.text("generator_type", "") == "thermal" {
			u = egretThermal(p, name, g, steps, hours)
		} else {
			u = Unit{Name: name}
			low, high := g.series("p_min", steps, 0), g.series("p_max", steps, 0)
			for t := range steps {
				u.Output = append(u.Output, p.column(low[t], high[t], name+"_power", t))
			}
		}
		for t := range steps {
			balance[t] = sum(balance[t], u.Output[t])
			if u.Reserve != nil {
				reserve[t] = sum(reserve[t], u.Reserve[t])
			}
		}
		out.Units = append(out.Units, u)
	}
	load := make([]float64, steps)
	for _, name := range elements.object("load").names() {
		l := elements.object("load").object(name)
		if l.has("in_service") && !l.flag("in_service") {
			continue
		}
		for t, mw := range l.series("p_load", steps, 0) {
			load[t] += mw
		}
	}
	mismatch := system.num("load_mismatch_cost", 1e6)
	shortfall := system.num("reserve_shortfall_cost", mismatch/10)
	required := system.series("reserve_requirement", steps, 0)
	for t := range steps {
		unserved, surplus := p.column(0, math.Inf(1), "unserved", t), p.column(0, math.Inf(1), "surplus", t)
		p.equal(sum(balance[t], unserved, surplus.times(-1)), num(load[t]))
		short := p.column(0, math.Inf(1), "shortfall", t)
		p.atLeast(sum(reserve[t], short), num(required[t]))
		p.Minimise = sum(p.Minimise, sum(unserved, surplus).times(mismatch*hours), short.times(shortfall*hours))
	}
	return out, nil
}

// egretThermal states one thermal generator and adds its cost. Rules of the
// format:
//
//	minimum times             rounded up, at least one step
//	rest of a minimum time    ⌈(U − hours before) / Δ⌉, from the hours of the file
//	times off of start costs  to the nearest step, halves to even; hours before as well
//	status before             above 0 is on
//	first and last step on    p_min + (capacity − p_min) Δ, by default p_min + half a ramp
func egretThermal(p *Program, name string, g object, steps int, hours float64) Unit {
	var (
		low, high = g.series("p_min", steps, 0), g.series("p_max", steps, 0)
		up, down  = g.limit("ramp_up_60min"), g.limit("ramp_down_60min")
		status    = g.num("initial_status", 0)
		least     = g.num("min_down_time", 0)
		whole     = func(h float64) int { return max(1, int(math.Ceil(h/hours-1e-6))) }
		x         = &steam{name: name, low: low, high: high, up: slices.Repeat([]float64{up * hours}, steps), down: slices.Repeat([]float64{down * hours}, steps)}
		fuel      = g.num("fuel_cost", 0)
		out       = Unit{Name: name}
	)
	x.minUp, x.minDown = slices.Repeat([]int{whole(g.num("min_up_time", 0))}, steps), slices.Repeat([]int{whole(least)}, steps)
	x.wasOn = status > 0
	if x.wasOn {
		least, x.output = g.num("min_up_time", 0), g.num("initial_p_output", 0)
	}
	x.held = int(math.Ceil((least-math.Abs(status))/hours - 1e-6))
	x.before = math.RoundToEven(math.Abs(status) / hours)
	for t := range steps {
		// The range above the minimum is that of an hour, of which a step takes
		// its part.
		x.start = append(x.start, low[t]+(g.num("startup_capacity", low[t]+up/2)-low[t])*hours)
		x.stop = append(x.stop, low[t]+(g.num("shutdown_capacity", low[t]+down/2)-low[t])*hours)
	}
	x.firstStop = x.stop[0]
	if list, ok := g["fixed_commitment"].(map[string]any); ok {
		values, _ := list["values"].([]any)
		for _, v := range values {
			// A value other than 0 and 1, such as null, leaves the step free.
			forced, ok := v.(float64)
			if !ok {
				forced = math.NaN()
			}
			x.forced = append(x.forced, forced)
		}
	}
	x.shutDown = g.num("shutdown_cost", 0)
	fixed := g.num("non_fuel_startup_cost", 0)
	switch {
	case g["startup_fuel"] != nil:
		for _, k := range g.pairs("startup_fuel") {
			x.categories = append(x.categories, category{math.RoundToEven(k[0] / hours), k[1]*fuel + fixed})
		}
	case g["startup_cost"] != nil:
		if cost, ok := g["startup_cost"].(float64); ok {
			x.categories = []category{{0, cost + fixed}}
		} else {
			for _, k := range g.pairs("startup_cost") {
				x.categories = append(x.categories, category{math.RoundToEven(k[0] / hours), k[1] + fixed})
			}
		}
	default:
		x.categories = []category{{0, fixed}}
	}
	for t := range steps {
		x.lines = append(x.lines, egretLines(g, fuel, low[t], high[t]))
	}

	c := commit(p, x, steps)
	for t := range steps {
		out.Reserve = append(out.Reserve, p.column(0, math.Inf(1), name+"_reserve", t))
	}
	output, hourly := x.dispatch(p, c, 0, out.Reserve)
	for t := range steps {
		p.Minimise = sum(p.Minimise, hourly[t].times(hours))
	}
	p.Minimise = sum(p.Minimise, c.cost)
	out.On, out.Output = c.on, output
	return out
}

// egretLines returns the lines of the cost per hour: a polynomial of degree two
// by two chords between the limits, or the pieces of a curve.
func egretLines(g object, fuel, low, high float64) []line {
	noLoad, factor := g.num("non_fuel_no_load_cost", 0), 1.0
	curve := g.object("p_cost")
	if g.has("p_fuel") {
		curve, factor = g.object("p_fuel"), fuel
	}
	if strings.HasPrefix(curve.text("cost_curve_type", ""), "poly") {
		v := curve.object("values")
		return chords(v.num("0", 0)+noLoad, v.num("1", 0), v.num("2", 0), low, high, 2)
	}
	points := curve.pairs("values")
	if len(points) == 1 {
		return []line{{points[0][1]*factor + noLoad, 0}}
	}
	var out []line
	for k := 1; k < len(points); k++ {
		slope := (points[k][1] - points[k-1][1]) / (points[k][0] - points[k-1][0])
		out = append(out, line{(points[k][1]-slope*points[k][0])*factor + noLoad, slope * factor})
	}
	return out
}
