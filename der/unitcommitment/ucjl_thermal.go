package unitcommitment

import (
	"fmt"
	"math"
	"slices"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/jsontree"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/optional"
)

// thermal reads a thermal generator. The first and the last point of its curve
// are its limits. Ramps and the limits of the first and last step on are, as in
// the program of the format,
//
//	(p_t − P_min) + r_t ≤ (p_{t−1} − P_min) + R_up        also in the step of a start
//	p_t + r_t ≤ SU in the step of a start,   p_t ≤ SD in the step before a stop
//
// so that a start reaches min(SU, P_min + R_up). In the first step the second
// row alone limits it. Reserve does not count before a stop.
//
// For example, a unit of 10 to 50 MW with a ramp of 5 MW per step starts at 15
// MW, and at 50 MW in the first step.
//
// Source: problem definition in the documentation of UnitCommitment.jl,
// sections on ramps and limits.
//
// The keys, with units if the name has none:
//
//	"Production cost curve (MW)", "Production cost curve ($)"   points; $ per step
//	"Startup costs ($)", "Startup delays (h)"                   see startCosts
//	"Ramp up limit (MW)", "Ramp down limit (MW)"                MW per step; none: no limit
//	"Startup limit (MW)", "Shutdown limit (MW)"                 SU, SD; none: no limit
//	"Minimum uptime (h)", "Minimum downtime (h)"                1 by default
//	"Initial status (h)", "Initial power (MW)"                  see state
//	"Must run?", "Commitment status"                            see commitment
//	"Reserve eligibility"                                       see eligible
func (f *ucjl) thermal(id string, g jsontree.Value) der.DER {
	for _, key := range []string{"Maximum daily energy (MWh)", "Maximum daily starts"} {
		if v := g.At(key); v.Given() {
			f.note(v, "is ignored, as by the program of the format")
		}
	}
	var (
		n, dt = f.set.Steps(), f.set.Hours()
		all   = f.curves(g)
		curve = all[0] // of all steps, unless it varies
		limit = func(key string) optional.Float {
			if v := g.At(key); v.Given() {
				return optional.Of(v.Number(0, milp.Inf))
			}
			return optional.Float{}
		}
		up, down   = limit("Ramp up limit (MW)"), limit("Ramp down limit (MW)")
		least      = curve[0].Output
		limits     = make([]float64, n)
		most       = 0.0
		start      = limit("Startup limit (MW)")
		stop       = limit("Shutdown limit (MW)")
		eligible   = f.eligible(id, g)
		fixed, run = f.commitment(g)
	)
	for t, points := range all {
		limits[t] = points[len(points)-1].Output
		most = max(most, limits[t])
	}
	if slices.ContainsFunc(all, func(points []der.CurvePoint) bool { return !slices.Equal(points, curve) }) {
		// The inner unit has limits without a cost, and the rows of p have the
		// cost.
		curve = slices.Compact([]der.CurvePoint{{Output: least}, {Output: most}})
	} else {
		all = nil
	}
	if v := g.At("Startup limit (MW)"); start.Or(least) < least && !v.Rejected() {
		f.note(v, "is %v, below the minimum, and is raised to %v, as by the program of the format", start, least)
		start = optional.Of(least)
	}
	if v := g.At("Shutdown limit (MW)"); stop.Or(least) < least && !v.Rejected() {
		v.Bad("is %v, with which the unit could never stop; want at least %v, the first point of the curve", stop, least)
		stop = optional.Of(least)
	}
	u := &der.Thermal{
		ID: id, MinOutput: least, MaxOutput: most, Curve: curve,
		RampUp: perHour(up, dt), RampDown: perHour(down, dt),
		MinUp: f.time(g.At("Minimum uptime (h)"), 1, 0), MinDown: f.time(g.At("Minimum downtime (h)"), 1, 0),
		MustRun:     run,
		Formulation: f.options.Formulation,
	}
	if eligible {
		u.Reserve = milp.Inf
	}
	f.startCosts(u, g)
	f.state(u, g)

	p := &profiled{
		unit: u, fixed: fixed, stopWithoutReserve: eligible, curves: all,
		least: slices.Repeat([]float64{least}, n), most: limits, start: make([]float64, n), stop: make([]float64, n),
	}
	for t, most := range limits {
		p.start[t] = min(most, start.Or(most), least+up.Or(most))
		p.stop[t] = min(most, stop.Or(most), least+down.Or(most))
	}
	// A stop in the first step depends on the output before, which has no
	// reserve.
	if u.Before.On {
		u.Before.StopOutput = optional.Of(min(stop.Or(max(most, u.Before.Output)), least+down.Or(max(most, u.Before.Output))))
	} else {
		// The ramp does not count in the first step.
		p.start[0] = min(limits[0], start.Or(limits[0]))
	}
	// The inner unit has the widest limits. The rows of p narrow them in the
	// steps that need it.
	u.StartOutput = optional.Of(slices.Max(p.start))
	u.StopOutput = optional.Of(slices.Max(p.stop))
	if eligible {
		u.StopOutput = optional.Of(most) // the rows of p have the limit
	}
	return p.simplest()
}

// perHour returns a ramp per hour from one per step of dt hours.
func perHour(ramp optional.Float, dt float64) optional.Float {
	if mw, given := ramp.Get(); given {
		return optional.Of(mw / dt)
	}
	return ramp
}

// curves reads the points of the cost per step and returns those of the cost
// per hour, one curve per step with at least one point. Points can vary by
// step, except the first one, the minimum.
//
// For example, points at 10 and 30 MW of 200 and 500 $ in steps of half an hour
// are 400 and 1000 per hour: 30 per MWh between both.
func (f *ucjl) curves(g jsontree.Value) [][]der.CurvePoint {
	var (
		atMW   = g.At("Production cost curve (MW)")
		atCost = g.At("Production cost curve ($)")
		mw     = atMW.List()
		cost   = atCost.List()
		out    = slices.Repeat([][]der.CurvePoint{{{Output: 1}}}, f.set.Steps()) // stand-ins
	)
	switch {
	case atMW.Rejected() || atCost.Rejected():
		return out
	case len(mw) != len(cost):
		atCost.Bad("is a list of %d, want as many as the %d points in MW", len(cost), len(mw))
		return out
	case len(mw) == 0:
		atMW.Wrong("at least one point")
		return out
	}
	points := make([][]der.CurvePoint, f.set.Steps())
	for i := range mw {
		outputs, costs := f.perStep(mw[i], 0, milp.Inf), f.perStep(cost[i], -milp.Inf, milp.Inf)
		if i == 0 && varies(outputs) {
			mw[i].Bad("varies by step, which is not part of this model for the minimum; want one number")
		}
		for t := range points {
			points[t] = append(points[t], der.CurvePoint{Output: outputs[t], Cost: costs[t] / f.set.Hours()})
			// Later points can be right or wrong by the same slip, so that one
			// violation is enough.
			if i > 0 && outputs[t] < points[t][i-1].Output {
				mw[i].Bad("is %v, want at least the %v of the point before", outputs[t], points[t][i-1].Output)
				return out
			}
		}
	}
	raised := false
	for t := range points {
		var here bool
		out[t], here = convex(points[t], 1e-5/f.set.Hours())
		raised = raised || here
	}
	if raised {
		f.note(atCost, "is not convex; cheaper segments get the price of the segment before, as by the program of the format")
	}
	return out
}

// convex returns a curve whose segments do not get cheaper, and whether a price
// is raised by more than a tolerance. Segments without width, which have no
// cost, are left out.
//
// For example, segments of 10 MW at 10, 5 and 20 per MW become segments at 10,
// 10 and 20.
func convex(points []der.CurvePoint, tolerance float64) (curve []der.CurvePoint, raised bool) {
	curve = points[:1:1]
	before := math.Inf(-1) // price of the segment before
	for i, p := range points[1:] {
		width := p.Output - points[i].Output
		if width == 0 {
			continue
		}
		price := (p.Cost - points[i].Cost) / width
		if price < before {
			raised = raised || price < before-tolerance
			price = before
		}
		before = price
		curve = append(curve, der.CurvePoint{Output: p.Output, Cost: curve[len(curve)-1].Cost + price*width})
	}
	return curve, raised
}

// startCosts reads the categories of starts by hours off. A start costs the
// last entry whose delay is not longer than the time off.
//
// For example, delays of 1, 4 and 8 h with costs of 100, 200 and 300 $ charge
// 200 after 5 h off. The last entry has no end: a unit that is off for a week
// starts for 300.
func (f *ucjl) startCosts(u *der.Thermal, g jsontree.Value) {
	var (
		atDelay = g.At("Startup delays (h)")
		atCost  = g.At("Startup costs ($)")
		delays  []float64
		costs   []float64
	)
	for _, v := range atDelay.ListOrNone() {
		delays = append(delays, f.time(v, 0, 0))
	}
	for _, v := range atCost.ListOrNone() {
		costs = append(costs, v.Number(0, milp.Inf))
	}
	if !atDelay.Given() {
		delays = []float64{1}
	}
	if !atCost.Given() {
		costs = make([]float64, min(1, len(delays)))
	}
	if len(delays) != len(costs) || len(delays) == 0 {
		atCost.Bad("has %d entries, want one for each of the %d startup delays", len(costs), len(delays))
		return
	}
	if first := max(u.MinDown, f.set.Hours()); len(delays) > 1 && delays[0] > first+1e-9 {
		atDelay.List()[0].Bad("is %v h, want at most the minimum downtime of %v h: starts before it would have no cost of their own", delays[0], first)
	}
	for i := range delays {
		if i > 0 && delays[i] <= delays[i-1] {
			later := delays[i-1] + f.set.Hours()
			f.note(atDelay, "falls from %v h to %v h; the later delay is raised to %v h, as by the program of the format",
				delays[i-1], delays[i], later)
			delays[i] = later
		}
		if i > 0 && costs[i] < costs[i-1] {
			f.note(atCost, "falls from %v to %v; the later cost is raised, as by the program of the format", costs[i-1], costs[i])
			costs[i] = costs[i-1]
		}
		u.StartUp = append(u.StartUp, der.StartCost{After: delays[i], Cost: costs[i]})
	}
}

// state reads the state before the horizon: hours on, positive, or off,
// negative.
//
// For example, −3 is off since 3 h. With a minimum downtime of 4 h, such a unit
// stays off for one more hour. A status of 0 has no meaning in the format.
func (f *ucjl) state(u *der.Thermal, g jsontree.Value) {
	var (
		at     = g.At("Initial status (h)")
		status = f.time(at, 1, -milp.Inf)
		output = g.At("Initial power (MW)").Number(-milp.Inf, milp.Inf)
	)
	switch {
	case !at.Given() || status == 0:
		at.Wrong("hours: on above 0, off below 0")
	case status > 0:
		u.Before = der.ThermalState{On: true, Hours: optional.Of(status), Output: output}
	default:
		if output > 1e-3 {
			g.At("Initial power (MW)").Bad("is %v, want 0 for a unit that is off", output)
		}
		u.Before = der.ThermalState{Hours: optional.Of(-status)}
	}
}

// commitment reads steps in which the unit is on or off, and whether it is on
// in all of them.
//
// "Commitment status" has true, false or null per step, and "Must run?" a
// switch, also per step. Null leaves the step to the optimum:
//
//	"Must run?": [true, false], "Commitment status": [null, false]      on, then off
func (f *ucjl) commitment(g jsontree.Value) (fixed []optional.Float, mustRun bool) {
	var (
		must   = f.flags(g.At("Must run?"), optional.Of(0))
		status = f.flags(g.At("Commitment status"), optional.Float{})
		free   = true
	)
	mustRun = true
	for t := range status {
		if must[t] == optional.Of(1) {
			if status[t] == optional.Of(0) {
				g.At("Commitment status").Bad("is false in step %d, in which the unit must run; change one of the two", t)
			}
			status[t] = must[t]
		}
		free = free && !status[t].Given()
		mustRun = mustRun && status[t] == optional.Of(1)
	}
	// The inner unit has rows for a unit that always runs in every formulation.
	if free || mustRun {
		return nil, mustRun
	}
	return status, false
}

// eligible reads the reserves that a unit may hold, and adds it to their
// products.
//
// The reserve itself has no limit of its own. The rows of the limits and ramps
// have p_t + r_t, so that a unit of 50 MW that delivers 40 MW holds at most 10
// MW.
func (f *ucjl) eligible(id string, g jsontree.Value) bool {
	holds := false
	if g.At("Provides spinning reserves?").SwitchOr(false) { // version 0.2
		holds = len(f.spin) == 1
	}
	g.At("Provides non-spinning reserves?")
	for _, v := range g.At("Reserve eligibility").ListOrNone() {
		name := v.Text()
		if !f.root.At("Reserves").At(name).Given() {
			v.Wrong(fmt.Sprintf("one of the reserves %q", f.spin))
			continue
		}
		holds = holds || slices.Contains(f.spin, name)
		for i := range f.system.Products {
			if f.system.Products[i].Name == name {
				f.system.Products[i].Units = append(f.system.Products[i].Units, id)
			}
		}
	}
	return holds
}
