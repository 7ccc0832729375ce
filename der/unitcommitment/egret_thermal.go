package unitcommitment

import (
	"fmt"
	"math"
	"slices"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/jsontree"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
)

// egretUnit reads one thermal generator of an Egret file.
type egretUnit struct {
	file  egret
	g     jsontree.Value
	set   *scenario.Set
	price float64 // of fuel, if a fuel curve or start-up fuel is given
}

// read returns the unit: a [der.Thermal] if one number per limit describes it,
// otherwise a [profiled] unit around one. Egret converts hours to steps by
// three rules:
//
//	minimum times             rounded up, at least one step       2.2 h are 3 steps of an hour
//	times off of start costs  to the nearest step, halves to even 2.5 h are 2 steps
//	rest of a minimum time    ⌈(U − hours before) / Δ⌉            U = 2.2 h, 1 h before: 2 steps
//
// The third rule uses the hours of the file, not steps. It decides how long the
// state before the horizon must last.
func (x egretUnit) read(name string) der.DER {
	for _, key := range []string{"fuel_supply", "aux_fuel_supply"} {
		x.file.refuse(x.g, key, "limits the fuel of a unit,")
	}
	if v := x.g.At("aux_fuel_capable"); !v.Is(false) && !v.Is(0.0) {
		x.file.refuse(x.g, "aux_fuel_capable", "is a second fuel,")
	}
	// Egret's program does not read must_run, which other formats have.
	if v := x.g.At("must_run"); v.SwitchOr(false) && !slices.Contains(x.file.options.Ignore, "must_run") {
		v.Bad(`has no effect in Egret; write "fixed_commitment": 1, or ignore "must_run"`)
	}
	if x.g.At("p_fuel").Given() || x.g.At("startup_fuel").Given() {
		x.price = x.constant("fuel_cost", jsontree.Value.Number, 0)
	}
	var (
		g     = x.g
		n, dt = x.set.Steps(), x.set.Hours()
		ramp  = func(key string) float64 { return g.At(key).Number(0, milp.Inf) }
		least = x.limit("p_min", slices.Repeat([]float64{0}, n))
		u     = &der.Thermal{
			ID:          name,
			RampUp:      optional.Of(ramp("ramp_up_60min")),
			RampDown:    optional.Of(ramp("ramp_down_60min")),
			MinUp:       stepsUp(g.At("min_up_time").NumberOr(0, 0, milp.Inf), dt) * dt,
			MinDown:     stepsUp(g.At("min_down_time").NumberOr(0, 0, milp.Inf), dt) * dt,
			ShutDown:    g.At("shutdown_cost").NumberOr(0, 0, milp.Inf),
			Pieces:      x.file.options.Pieces,
			Reserve:     milp.Inf,
			Formulation: x.file.options.Formulation,
		}
		p = &profiled{unit: u, least: least, most: series(g.At("p_max"), n, 0)}
	)
	p.start = x.room(p, "startup_capacity", u.RampUp)
	p.stop = x.room(p, "shutdown_capacity", u.RampDown)
	u.MinOutput, u.MaxOutput = slices.Min(p.least), slices.Max(p.most)
	u.StartOutput, u.StopOutput = optional.Of(slices.Max(p.start)), optional.Of(slices.Max(p.stop))
	for t := range n {
		if p.least[t] > p.most[t] {
			g.At("p_min").Bad("is %v in step %d, want at most p_max, %v", p.least[t], t, p.most[t])
			break
		}
	}
	x.commitment(p)
	x.startCost(u)
	x.before(p)
	x.productionCost(p)
	x.standstill(p)
	return p.simplest()
}

// limit reads a limit, MW per step, or returns the default.
func (x egretUnit) limit(key string, absent []float64) []float64 {
	if !x.g.At(key).Given() {
		return absent
	}
	return series(x.g.At(key), x.set.Steps(), 0)
}

// room returns the highest output in the first step after a start or in the
// last before a stop. Egret gives the range above the minimum for one hour. It
// scales with the step and is half a ramp by default.
//
// For example, a p_min of 20, a capacity of 50 and steps of half an hour give
// 20 + 30/2 = 35 MW. Without a capacity and with a ramp of 40 MW per hour, the
// range is 20 MW, and the limit 30 MW.
func (x egretUnit) room(p *profiled, key string, ramp optional.Float) []float64 {
	dt, byDefault := x.set.Hours(), make([]float64, len(p.least))
	for t, mw := range p.least {
		byDefault[t] = mw + ramp.Or(0)/2
	}
	limits := x.limit(key, byDefault)
	out := make([]float64, len(limits))
	for t, limit := range limits {
		if limit < p.least[t] {
			x.g.At(key).Bad("is %v in step %d, want at least p_min, %v", limit, t, p.least[t])
			return slices.Clone(p.least)
		}
		out[t] = scaled(limit, p.least[t], p.most[t], dt)
	}
	return out
}

// scaled returns the limit of a step of dt hours, at most most, from that of an
// hour.
func scaled(limit, least, most, dt float64) float64 {
	if dt == 1 { // without rounding
		return min(limit, most)
	}
	return min(least+(limit-least)*dt, most)
}

// commitment reads steps in which the unit must be on (1) or off (0); null
// leaves the step free.
//
// For example, {"data_type": "time_series", "values": [1, null, 0]} is on, free
// and off.
func (x egretUnit) commitment(p *profiled) {
	const wrong = "0, 1 or null"
	v := x.g.At("fixed_commitment")
	if !v.Given() || slices.Contains(x.file.options.Ignore, "fixed_commitment") {
		return
	}
	fixed := slices.Repeat([]jsontree.Value{v}, x.set.Steps())
	if v.IsObject() {
		if kind := v.At("data_type"); !kind.Is("time_series") {
			kind.Wrong(`"time_series"`)
		}
		if fixed = v.At("values").List(); len(fixed) != x.set.Steps() {
			v.At("values").Wrong(fmt.Sprintf("a list of %d, one per step", x.set.Steps()))
			return
		}
	}
	p.fixed = make([]optional.Float, x.set.Steps())
	for t, at := range fixed {
		switch {
		case at.Is(1.0), at.Is(true):
			p.fixed[t] = optional.Of(1)
		case at.Is(0.0), at.Is(false):
			p.fixed[t] = optional.Of(0)
		case at.Given():
			at.Wrong(wrong)
			return // once
		}
	}
	// Must-run has rows of its own in every formulation.
	if !slices.ContainsFunc(p.fixed, func(x optional.Float) bool { return x != optional.Of(1) }) {
		p.unit.MustRun, p.fixed = true, nil
	}
}

// before reads the state before the horizon. initial_status has the hours on,
// positive, or off, negative. Any number above 0 is on: 0.5 is on since half an
// hour.
//
// For example, −2.5 with steps of an hour and a min_down_time of 4 is off since
// 2 steps for the start cost, and stays off for ⌈4 − 2.5⌉ = 2 more steps.
func (x egretUnit) before(p *profiled) {
	var (
		u       = p.unit
		dt      = x.set.Hours()
		at      = x.g.At("initial_status")
		status  = at.Number(-milp.Inf, milp.Inf)
		hours   = math.Abs(status)
		minimum = u.MinUp
		key     = "min_up_time"
		state   = der.ThermalState{On: status > 0}
	)
	switch {
	case status == 0:
		at.Wrong("hours: on above 0, off below 0")
		return
	case status < 0:
		minimum, key = u.MinDown, "min_down_time"
	}
	// The time in the state counts in whole steps, to the nearest, for the cost
	// of a start.
	past := math.RoundToEven(hours / dt)
	if past >= 1 {
		state.Hours = optional.Of(past * dt)
	} else if status < 0 && len(u.StartUp) > 1 {
		at.Wrong(fmt.Sprintf("hours that round to at least one step of %v h, which the start costs need", dt))
	}
	rest := stepsUp(max(0, x.g.At(key).NumberOr(0, 0, milp.Inf)-hours), dt)
	follows := 0.0 // the rest that a unit has without Hold
	if past >= 1 {
		follows = max(0, math.Round(minimum/dt)-past)
	}
	if rest != follows {
		state.Hold = optional.Of(rest * dt)
	}
	if state.On {
		state.Output = x.output(p)
		// The limit of a stop in the first step is not capped at p_max, because
		// the output before it may be above.
		least := x.g.At("initial_p_min").NumberOr(p.least[0], 0, milp.Inf)
		limit := x.limit("shutdown_capacity", []float64{p.least[0] + u.RampDown.Or(0)/2})[0]
		limit = scaled(x.g.At("initial_shutdown_capacity").NumberOr(limit, 0, milp.Inf), least, milp.Inf, dt)
		if (state.Output <= limit) != (state.Output <= u.StopOutput.Or(0)) {
			state.StopOutput = optional.Of(max(0, limit))
		}
	}
	u.Before = state
}

// output reads the output before the horizon of a unit that is on. It may lie
// outside the limits of the first step by one ramp.
//
// For example, a unit of 20 to 50 MW with ramps of 10 MW per hour ran between
// 10 and 60 MW.
func (x egretUnit) output(p *profiled) float64 {
	var (
		dt    = x.set.Hours()
		lower = max(0, p.least[0]-p.unit.RampUp.Or(0)*dt)
		upper = p.most[0] + p.unit.RampDown.Or(0)*dt
	)
	return x.g.At("initial_p_output").Number(lower, upper)
}

// stepsUp rounds hours up to whole steps: 2.2 h are 3 steps of an hour. A
// billionth of a step is taken for rounding: 0.3 h are 3 steps of 0.1 h.
func stepsUp(hours, dt float64) float64 { return math.Ceil(hours/dt - 1e-9) }

// wholeSteps rounds hours to the nearest whole number of steps, halves to even.
// It returns hours: 1.25 h are 2.5 steps of half an hour, which become 2 steps
// or 1 h.
func wholeSteps(hours, dt float64) float64 { return math.RoundToEven(hours/dt) * dt }

// standstill reads the output while the unit starts and stops: power in the
// steps before a start and from a stop on, the nearest step first. Egret cuts
// both curves to the minimum time off and charges no fuel for them.
// future_status, if positive, is the hours from the end of the horizon to the
// next start.
//
// For example, "startup_curve": [30, 10] gives 10 MW two steps and 30 MW one
// step before a start.
func (x egretUnit) standstill(p *profiled) {
	dt := x.set.Hours()
	curve := func(key string) []float64 {
		var out []float64
		for _, mw := range x.g.At(key).ListOrNone() {
			out = append(out, mw.Number(0, milp.Inf))
		}
		longest := stepsUp(x.g.At("min_down_time").NumberOr(0, 0, milp.Inf), dt)
		return out[:int(min(longest, float64(len(out))))]
	}
	p.rising, p.falling = curve("startup_curve"), curve("shutdown_curve")
	if future := x.g.At("future_status").NumberOr(0, -milp.Inf, milp.Inf); future > 0 {
		p.startsIn = stepsUp(future, dt)
	}
	if status := x.g.At("initial_status").Number(-milp.Inf, milp.Inf); status < 0 {
		p.offFor = stepsUp(-status, dt)
	}
}
