package unitcommitment

import (
	"math"
	"time"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/scenario"
)

// pglib reads the format of pglib-uc.
type pglib struct {
	root    value
	options Options
}

func (f pglib) read() *System {
	var (
		periods = f.root.at("time_periods")
		set     = newSet(periods, int(periods.number(1)), time.Hour)
		s       = &System{Set: set, Demand: demandSeries}
	)
	add(f.root.at("demand"), set, demandSeries, f.root.at("demand").numbers(set.Steps(), 0))
	if f.root.has("reserves") {
		s.Reserve = reserveSeries
		add(f.root.at("reserves"), set, reserveSeries, f.root.at("reserves").numbers(set.Steps(), 0))
	}
	f.root.at("thermal_generators").each(func(name string, g value) {
		s.Units = append(s.Units, checked(g, set, func() der.DER { return f.thermal(name, g) }))
	})
	f.root.at("renewable_generators").each(func(name string, g value) {
		s.Units = append(s.Units, checked(g, set, func() der.DER { return f.renewable(name, g, set) }))
	})
	return s
}

func (f pglib) thermal(name string, g value) *der.Thermal {
	mw := func(key string) float64 { return g.at(key).number(0) }
	u := &der.Thermal{
		ID:          name,
		MinOutput:   mw("power_output_minimum"),
		MaxOutput:   mw("power_output_maximum"),
		RampUp:      mw("ramp_up_limit"),
		RampDown:    mw("ramp_down_limit"),
		MinUp:       mw("time_up_minimum"),
		MinDown:     mw("time_down_minimum"),
		MustRun:     g.at("must_run").flag(false),
		Reserve:     milp.Inf,
		Formulation: f.options.Formulation,
	}
	// The model limits the rise above the minimum by the ramp in the step of a start too, and likewise
	// before a stop.
	u.StartOutput = min(mw("ramp_startup_limit"), u.MinOutput+u.RampUp)
	u.StopOutput = min(mw("ramp_shutdown_limit"), u.MinOutput+u.RampDown)
	refuseNoRamp(u, g.at("ramp_up_limit"), g.at("ramp_down_limit"))
	if on := g.at("unit_on_t0"); on.number(0) == 1 {
		u.Before = der.ThermalState{On: true, Hours: g.at("time_up_t0").number(1), Output: mw("power_output_t0")}
	} else {
		on.flag(false)
		u.Before = der.ThermalState{Hours: g.at("time_down_t0").number(1)}
	}
	for _, s := range g.at("startup").list() {
		u.StartUp = append(u.StartUp, der.StartCost{After: s.at("lag").number(0), Cost: s.at("cost").number(0)})
	}
	var points []der.CurvePoint
	for i, p := range g.at("piecewise_production").list() {
		point := der.CurvePoint{Output: p.at("mw").number(0), Cost: p.at("cost").number(math.Inf(-1))}
		if i > 0 && point.Output <= points[i-1].Output {
			p.at("mw").bad("is %v, want more than the %v of the point before", point.Output, points[i-1].Output)
		}
		points = append(points, point)
	}
	u.Curve = envelope(points)
	if len(u.Curve) == 0 {
		g.at("piecewise_production").wrong("at least one point")
	}
	return u
}

func (f pglib) renewable(name string, g value, set *scenario.Set) *Band {
	u := &Band{ID: name, Min: name + ".min", Max: name + ".max"}
	add(g, set, u.Min, g.at("power_output_minimum").numbers(set.Steps(), 0))
	add(g, set, u.Max, g.at("power_output_maximum").numbers(set.Steps(), 0))
	return u
}
