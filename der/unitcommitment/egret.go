package unitcommitment

import (
	"math"
	"slices"
	"strings"
	"time"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/scenario"
)

// egret reads the format of Egret.
type egret struct {
	root    value
	options Options
}

// Penalties that Egret assumes where a file gives none, currency per MWh.
const (
	egretMismatch  = 1e4
	egretShortfall = 1e3
)

func (f egret) read() *System {
	var (
		system   = f.root.at("system")
		elements = f.root.at("elements")
		minutes  = system.at("time_period_length_minutes").number(0)
		keys     = system.at("time_keys")
		set      = newSet(keys, len(keys.list()), time.Duration(math.Round(max(minutes, 1e-3)*float64(time.Minute))))
		s        = &System{
			Set: set, Demand: demandSeries,
			MismatchPrice:  system.at("load_mismatch_cost").numberOr(0, egretMismatch),
			ShortfallPrice: system.at("reserve_shortfall_cost").numberOr(0, egretShortfall),
		}
	)
	f.refuseForeign(system, elements)
	add(elements.at("load"), set, demandSeries, f.demand(elements.at("load"), set.Steps()))
	if requirement := system.at("reserve_requirement"); requirement.content != nil {
		s.Reserve = reserveSeries
		add(requirement, set, reserveSeries, series(requirement, set.Steps(), 0))
	}
	elements.at("generator").each(func(name string, g value) {
		if !g.at("in_service").flag(true) {
			return
		}
		switch kind := g.at("generator_type").text(); kind {
		case "thermal":
			s.Units = append(s.Units, checked(g, set, func() der.DER { return f.thermal(name, g, set) }))
		case "renewable":
			s.Units = append(s.Units, checked(g, set, func() der.DER { return f.renewable(name, g, set) }))
		default:
			g.at("generator_type").wrong(`"thermal" or "renewable"`)
		}
	})
	return s
}

// refuseForeign reports every element and requirement that may stand in a file, changes its problem and
// is not part of this model.
func (f egret) refuseForeign(system, elements value) {
	elements.each(func(kind string, all value) {
		content, ok := all.content.(members)
		switch kind {
		case "bus", "load", "generator":
			return
		case "zone", "area":
			all.each(func(_ string, zone value) { f.refuseRequirements(zone) })
			return
		}
		if ok && len(content.names) > 0 && !slices.Contains(f.options.Ignore, kind) {
			all.bad("has %d entries, which are not part of this model; remove them or ignore %q", len(content.names), kind)
		}
	})
	f.refuseRequirements(system)
}

// refuseRequirements reports every ancillary service that is asked for, but for spinning reserve.
func (f egret) refuseRequirements(at value) {
	at.each(func(key string, v value) {
		if strings.HasSuffix(key, "_requirement") && key != "reserve_requirement" && v.content != nil && !slices.Contains(f.options.Ignore, key) {
			v.bad("is not part of this model; remove it or ignore %q", key)
		}
	})
}

// demand adds up all loads in service.
func (f egret) demand(loads value, steps int) []float64 {
	total := make([]float64, steps)
	loads.each(func(_ string, load value) {
		if !load.at("in_service").flag(true) {
			return
		}
		for t, mw := range series(load.at("p_load"), steps, math.Inf(-1)) {
			total[t] += mw
		}
	})
	return total
}

// series reads a number that holds in every step, or a time series.
func series(v value, steps int, least float64) []float64 {
	if _, ok := v.content.(members); ok {
		if kind := v.at("data_type"); kind.content != "time_series" {
			kind.wrong(`"time_series"`)
		}
		return v.at("values").numbers(steps, least)
	}
	return slices.Repeat([]float64{v.number(least)}, steps)
}

func (f egret) thermal(name string, g value, set *scenario.Set) *der.Thermal {
	for _, key := range []string{"fixed_commitment", "aux_fuel_capable"} {
		if v := g.at(key); v.content != nil && v.content != false && !slices.Contains(f.options.Ignore, key) {
			v.bad("is not part of this model; remove it or ignore %q", key)
		}
	}
	dt := set.Hours()
	u := &der.Thermal{
		ID:        name,
		MinOutput: g.at("p_min").number(0),
		MaxOutput: g.at("p_max").number(0),
		RampUp:    g.at("ramp_up_60min").number(0),
		RampDown:  g.at("ramp_down_60min").number(0),
		MinUp:     wholeSteps(g.at("min_up_time").number(0), dt),
		MinDown:   wholeSteps(g.at("min_down_time").number(0), dt),
		MustRun:   g.at("must_run").flag(false),
		ShutDown:  g.at("shutdown_cost").numberOr(0, 0),
		Pieces:    f.options.Pieces,

		Reserve:     milp.Inf,
		Formulation: f.options.Formulation,
	}
	if u.Pieces == 0 {
		u.Pieces = 2
	}
	// The room above the minimum in the step of a start is given for an hour; half a ramp by default.
	room := func(key string, ramp float64) float64 {
		limit := g.at(key).numberOr(0, u.MinOutput+ramp/2)
		return min(u.MinOutput+(limit-u.MinOutput)*dt, u.MaxOutput)
	}
	u.StartOutput = room("startup_capacity", u.RampUp)
	u.StopOutput = room("shutdown_capacity", u.RampDown)
	refuseNoRamp(u, g.at("ramp_up_60min"), g.at("ramp_down_60min"))

	switch status := g.at("initial_status").number(math.Inf(-1)); {
	case status >= 1:
		u.Before = der.ThermalState{On: true, Hours: wholeSteps(status, dt), Output: g.at("initial_p_output").number(0)}
	case status < 0:
		u.Before = der.ThermalState{Hours: wholeSteps(-status, dt)}
	default:
		g.at("initial_status").wrong("hours: on at least 1, off below 0")
	}
	f.startCost(u, g, dt)
	f.productionCost(u, g)
	return u
}

// wholeSteps rounds hours to the nearest number of whole steps, as Egret does.
func wholeSteps(hours, dt float64) float64 { return math.RoundToEven(hours/dt) * dt }

// startCost reads pairs of hours off and cost, or of hours off and fuel.
func (f egret) startCost(u *der.Thermal, g value, dt float64) {
	fixed := g.at("non_fuel_startup_cost").numberOr(0, 0)
	key, price := "startup_cost", 1.0
	switch {
	case g.has("startup_fuel"):
		key, price = "startup_fuel", g.at("fuel_cost").number(0)
	case !g.has("startup_cost"):
		if fixed > 0 {
			u.StartUp = []der.StartCost{{Cost: fixed}}
		}
		return
	}
	for _, pair := range pairs(g.at(key)) {
		u.StartUp = append(u.StartUp, der.StartCost{After: wholeSteps(pair[0], dt), Cost: fixed + price*pair[1]})
	}
}

// productionCost reads a polynomial of degree two, points of a cost curve, or points of a fuel curve.
func (f egret) productionCost(u *der.Thermal, g value) {
	fixed := g.at("non_fuel_no_load_cost").numberOr(math.Inf(-1), 0)
	curve, price := g.at("p_cost"), 1.0
	if g.has("p_fuel") {
		curve, price = g.at("p_fuel"), g.at("fuel_cost").number(0)
	} else if curve.content == nil {
		u.NoLoad = fixed
		return
	}
	switch kind := curve.at(strings.TrimSuffix(curve.at("data_type").text(), "_curve") + "_curve_type"); kind.content {
	case "polynomial":
		values := curve.at("values")
		values.each(func(power string, c value) {
			switch x := price * c.number(math.Inf(-1)); power {
			case "0":
				u.NoLoad = x
			case "1":
				u.Linear = x
			case "2":
				u.Quadratic = x
			default:
				c.bad("is the coefficient of power %s, want powers 0 to 2", power)
			}
		})
		u.NoLoad += fixed
	case "piecewise", nil:
		for _, pair := range pairs(curve.at("values")) {
			u.Curve = append(u.Curve, der.CurvePoint{Output: pair[0], Cost: fixed + price*pair[1]})
		}
	default:
		kind.wrong(`"polynomial" or "piecewise"`)
	}
}

// pairs reads a list of pairs of numbers.
func pairs(v value) [][2]float64 {
	var out [][2]float64
	for _, item := range v.list() {
		both, ok := item.content.([]value)
		if !ok || len(both) != 2 {
			item.wrong("a pair of numbers")
			continue
		}
		out = append(out, [2]float64{both[0].number(math.Inf(-1)), both[1].number(math.Inf(-1))})
	}
	return out
}

func (f egret) renewable(name string, g value, set *scenario.Set) *Band {
	if cost := g.at("p_cost"); cost.content != nil && cost.content != 0.0 && !slices.Contains(f.options.Ignore, "p_cost") {
		cost.bad(`is a cost of a renewable unit, which is not part of this model; remove it or ignore "p_cost"`)
	}
	u := &Band{ID: name, Min: name + ".min", Max: name + ".max"}
	least := make([]float64, set.Steps())
	if g.has("p_min") {
		least = series(g.at("p_min"), set.Steps(), 0)
	}
	add(g, set, u.Min, least)
	add(g, set, u.Max, series(g.at("p_max"), set.Steps(), 0))
	return u
}
