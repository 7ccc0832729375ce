package unitcommitment

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/jsontree"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/scenario"
)

// egret reads the format of Egret: one JSON object with the members "system" and "elements".
type egret struct {
	root    jsontree.Value
	options Options
}

// Default penalties of Egret, currency per MWh.
const (
	egretMismatch  = 1e4
	egretShortfall = 1e3
)

// longestStep bounds the length of a step, a week in minutes.
const longestStep = 7 * 24 * 60

// read returns the system. Violations are recorded in the root with their paths.
func (f egret) read() *System {
	var (
		system   = f.root.At("system")
		elements = f.root.At("elements")
		minutes  = system.At("time_period_length_minutes").Number(1, longestStep)
		keys     = system.At("time_keys")
		set      = newSet(keys, len(keys.List()), time.Duration(math.Round(minutes*float64(time.Minute))))
		s        = &System{
			Set: set, Demand: demandSeries,
			MismatchPrice:  nonzero(system.At("load_mismatch_cost").NumberOr(egretMismatch, 0, milp.Inf)),
			ShortfallPrice: nonzero(system.At("reserve_shortfall_cost").NumberOr(egretShortfall, 0, milp.Inf)),
		}
	)
	// Violations are collected in the tree, so that reading continues after each of them.
	f.refuseForeign(system, elements)
	add(elements.At("load"), set, demandSeries, f.demand(elements.At("load"), set.Steps()))
	if requirement := system.At("reserve_requirement"); requirement.Given() {
		s.Reserve = reserveSeries
		add(requirement, set, reserveSeries, series(requirement, set.Steps(), 0))
	}
	each(elements.At("generator"), func(name string, g jsontree.Value) {
		if !g.At("in_service").SwitchOr(true) {
			return
		}
		switch kind := g.At("generator_type").Text(); kind {
		case "thermal":
			s.Units = append(s.Units, checked(g, set, func() der.DER { return f.thermal(name, g, set) }))
		case "renewable":
			s.Units = append(s.Units, checked(g, set, func() der.DER { return f.renewable(name, g, set) }))
		default:
			g.At("generator_type").Wrong(`"thermal" or "renewable"`)
		}
	})
	return s
}

// refuseForeign reports every element and requirement of a file that changes the problem and that
// this model lacks. Without the report the optimum would silently be that of another problem.
func (f egret) refuseForeign(system, elements jsontree.Value) {
	each(elements, func(kind string, all jsontree.Value) {
		switch kind {
		case "bus", "load", "generator":
			return // buses are joined, loads are added up, generators are read
		case "zone", "area":
			each(all, func(_ string, zone jsontree.Value) { f.refuseRequirements(zone) })
			return
		}
		if all.Len() > 0 && !slices.Contains(f.options.Ignore, kind) {
			all.Bad("has %d entries, which are not part of this model; remove them or ignore %q", all.Len(), kind)
		}
	})
	f.refuseRequirements(system)
}

// refuseRequirements reports every ancillary service except spinning reserve, such as
// "regulation_up_requirement".
func (f egret) refuseRequirements(at jsontree.Value) {
	each(at, func(key string, v jsontree.Value) {
		foreign := strings.HasSuffix(key, "_requirement") && key != "reserve_requirement"
		if foreign && v.Given() && !slices.Contains(f.options.Ignore, key) {
			v.Bad("is not part of this model; remove it or ignore %q", key)
		}
	})
}

// demand returns the sum of all loads in service, MW per step.
func (f egret) demand(loads jsontree.Value, steps int) []float64 {
	total := make([]float64, steps)
	each(loads, func(_ string, load jsontree.Value) {
		if !load.At("in_service").SwitchOr(true) {
			return
		}
		for t, mw := range series(load.At("p_load"), steps, -milp.Inf) {
			total[t] += mw
		}
	})
	return total
}

// series reads one number for all steps, or an object with a time series:
//
//	{"data_type": "time_series", "values": [10, 20, 30]}
func series(v jsontree.Value, steps int, lower float64) []float64 {
	if v.IsObject() {
		if kind := v.At("data_type"); !kind.Is("time_series") {
			kind.Wrong(`"time_series"`)
		}
		return v.At("values").Numbers(steps, lower, milp.Inf)
	}
	return slices.Repeat([]float64{v.Number(lower, milp.Inf)}, steps)
}

// thermal reads a thermal generator. Times are rounded to whole steps, as in Egret.
func (f egret) thermal(name string, g jsontree.Value, set *scenario.Set) *der.Thermal {
	for _, key := range []string{"fixed_commitment", "aux_fuel_capable"} {
		if v := g.At(key); v.Given() && !v.Is(false) && !slices.Contains(f.options.Ignore, key) {
			v.Bad("is not part of this model; remove it or ignore %q", key)
		}
	}
	// Zero ramps and times are read as absent. refuseNoRamp reports zero ramps of units that need a
	// ramp.
	dt := set.Hours()
	u := &der.Thermal{
		ID:        name,
		MinOutput: g.At("p_min").Number(0, milp.Inf),
		MaxOutput: g.At("p_max").Number(0, milp.Inf),
		RampUp:    nonzero(g.At("ramp_up_60min").Number(0, milp.Inf)),
		RampDown:  nonzero(g.At("ramp_down_60min").Number(0, milp.Inf)),
		MinUp:     wholeSteps(g.At("min_up_time").Number(0, milp.Inf), dt),
		MinDown:   wholeSteps(g.At("min_down_time").Number(0, milp.Inf), dt),
		MustRun:   g.At("must_run").SwitchOr(false),
		ShutDown:  g.At("shutdown_cost").NumberOr(0, 0, milp.Inf),
		Pieces:    f.options.Pieces,

		Reserve:     milp.Inf,
		Formulation: f.options.Formulation,
	}
	// Egret gives the range above the minimum in the step of a start for one hour. It scales with
	// the step and is half a ramp by default.
	room := func(key string, ramp float64) float64 {
		limit := g.At(key).NumberOr(u.MinOutput+ramp/2, 0, milp.Inf)
		return min(u.MinOutput+(limit-u.MinOutput)*dt, u.MaxOutput)
	}
	u.StartOutput = nonzero(room("startup_capacity", u.RampUp.Or(0)))
	u.StopOutput = nonzero(room("shutdown_capacity", u.RampDown.Or(0)))
	refuseNoRamp(u, g.At("ramp_up_60min"), g.At("ramp_down_60min"))

	// initial_status has the hours on (positive) or off (negative) before the horizon.
	switch status := g.At("initial_status").Number(-milp.Inf, milp.Inf); {
	case (status >= 1 || status < 0) && wholeSteps(math.Abs(status), dt) == 0:
		g.At("initial_status").Wrong(fmt.Sprintf("hours that do not round to no step of %v h", dt))
	case status >= 1:
		output := g.At("initial_p_output").Number(0, milp.Inf)
		u.Before = der.ThermalState{On: true, Hours: nonzero(wholeSteps(status, dt)), Output: output}
	case status < 0:
		u.Before = der.ThermalState{Hours: nonzero(wholeSteps(-status, dt))}
	default:
		g.At("initial_status").Wrong("hours: on at least 1, off below 0")
	}
	f.startCost(u, g, dt)
	f.productionCost(u, g)
	return u
}

// wholeSteps rounds hours to the nearest whole number of steps, halves to even, as Egret does. It
// returns hours: 1.25 h are 2.5 steps of half an hour, which become 2 steps or 1 h.
func wholeSteps(hours, dt float64) float64 { return math.RoundToEven(hours/dt) * dt }

// startCost reads pairs [hours off, cost] or [hours off, fuel]. Fuel is multiplied by the fuel
// price, and a fixed cost is added to each category.
func (f egret) startCost(u *der.Thermal, g jsontree.Value, dt float64) {
	fixed := g.At("non_fuel_startup_cost").NumberOr(0, 0, milp.Inf)
	key, price := "startup_cost", 1.0
	switch {
	case g.At("startup_fuel").Given():
		key, price = "startup_fuel", g.At("fuel_cost").Number(0, milp.Inf)
	case !g.At("startup_cost").Given():
		if fixed > 0 {
			u.StartUp = []der.StartCost{{Cost: fixed}}
		}
		return
	}
	for _, pair := range pairs(g.At(key)) {
		u.StartUp = append(u.StartUp, der.StartCost{After: wholeSteps(pair[0], dt), Cost: fixed + price*pair[1]})
	}
}

// productionCost reads a polynomial of degree two, points of a cost curve, or points of a fuel
// curve. The fixed cost per hour is part of the polynomial's constant, or of every point.
func (f egret) productionCost(u *der.Thermal, g jsontree.Value) {
	fixed := g.At("non_fuel_no_load_cost").NumberOr(0, -milp.Inf, milp.Inf)
	curve, price := g.At("p_cost"), 1.0
	if g.At("p_fuel").Given() {
		curve, price = g.At("p_fuel"), g.At("fuel_cost").Number(0, milp.Inf)
	} else if !curve.Given() {
		u.NoLoad = fixed
		return
	}
	// The key of the type is "cost_curve_type" or "fuel_curve_type".
	switch kind := curve.At(strings.TrimSuffix(curve.At("data_type").Text(), "_curve") + "_curve_type"); {
	case kind.Is("polynomial"):
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
	case kind.Is("piecewise"), !kind.Given():
		for _, pair := range pairs(curve.At("values")) {
			u.Curve = append(u.Curve, der.CurvePoint{Output: pair[0], Cost: fixed + price*pair[1]})
		}
	default:
		kind.Wrong(`"polynomial" or "piecewise"`)
	}
}

// pairs reads a list of pairs of numbers, such as [[10, 300], [20, 700]].
func pairs(v jsontree.Value) [][2]float64 {
	var out [][2]float64
	for _, item := range v.List() {
		out = append(out, item.Pair(-milp.Inf, milp.Inf))
	}
	return out
}

// renewable reads a renewable generator as a [Band] between p_min, 0 by default, and p_max.
func (f egret) renewable(name string, g jsontree.Value, set *scenario.Set) *Band {
	if cost := g.At("p_cost"); cost.Given() && !cost.Is(0.0) && !slices.Contains(f.options.Ignore, "p_cost") {
		cost.Bad(`is a cost of a renewable unit, which is not part of this model; remove it or ignore "p_cost"`)
	}
	// Limits become series of the set, because they can vary by step.
	u := &Band{ID: name, Min: name + ".min", Max: name + ".max"}
	lower := make([]float64, set.Steps())
	if g.At("p_min").Given() {
		lower = series(g.At("p_min"), set.Steps(), 0)
	}
	add(g, set, u.Min, lower)
	add(g, set, u.Max, series(g.At("p_max"), set.Steps(), 0))
	return u
}
