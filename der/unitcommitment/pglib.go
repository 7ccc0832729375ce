package unitcommitment

import (
	"time"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/jsontree"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
)

// pglib reads the format of pglib-uc. Its steps are hours, and it has one bus.
//
// Powers are in MW, ramps in MW per step, times in steps, costs in currency:
//
//	{"time_periods": 2, "demand": [50, 60], "reserves": [5, 6],
//	 "thermal_generators": {"g": {…}}, "renewable_generators": {"wind": {…}}}
//
// Source: Knueven, Ostrowski and Watson, "On mixed-integer programming
// formulations for the unit commitment problem", INFORMS J. Comput. 32(4) 2020,
// and the description of the format in pglib-uc.
type pglib struct {
	root    jsontree.Value
	options Options
}

// read returns the system. Violations are recorded in the root with their
// paths.
func (f pglib) read() *System {
	var (
		periods = f.root.At("time_periods")
		set     = newSet(periods, periods.Count(1, maxSteps), time.Hour)
		s       = &System{Set: set, Demand: demandSeries}
	)
	add(f.root.At("demand"), set, demandSeries, f.root.At("demand").Numbers(set.Steps(), 0, milp.Inf))
	if f.root.At("reserves").Given() {
		s.Reserve = reserveSeries
		add(f.root.At("reserves"), set, reserveSeries, f.root.At("reserves").Numbers(set.Steps(), 0, milp.Inf))
	}
	each(f.root.At("thermal_generators"), func(name string, g jsontree.Value) {
		s.Units = append(s.Units, checked(g, set, func() der.DER { return f.thermal(name, g) }))
	})
	each(f.root.At("renewable_generators"), func(name string, g jsontree.Value) {
		s.Units = append(s.Units, checked(g, set, func() der.DER { return f.renewable(name, g, set) }))
	})
	return s
}

// thermal reads a thermal generator. Start-up categories are lists of lag, in
// hours, and cost.
//
// For example, [{"lag": 2, "cost": 100}, {"lag": 6, "cost": 150}] charges 100
// for a start after 2 to 5 hours off and 150 after 6 hours or more.
// "piecewise_production" is a list of mw and cost per hour, from the minimum to
// the maximum output.
func (f pglib) thermal(name string, g jsontree.Value) *der.Thermal {
	mw := func(key string) float64 { return g.At(key).Number(0, milp.Inf) }
	u := &der.Thermal{
		ID:          name,
		MinOutput:   mw("power_output_minimum"),
		MaxOutput:   mw("power_output_maximum"),
		RampUp:      optional.Of(mw("ramp_up_limit")),
		RampDown:    optional.Of(mw("ramp_down_limit")),
		MinUp:       mw("time_up_minimum"),
		MinDown:     mw("time_down_minimum"),
		MustRun:     g.At("must_run").SwitchOr(false),
		Reserve:     milp.Inf,
		Formulation: f.options.Formulation,
	}
	// The model of the library limits the rise above the minimum by the ramp in
	// the step of a start as well, and the fall before a stop. Output plus
	// reserve has the limit of a stop alone.
	u.StartOutput = optional.Of(min(mw("ramp_startup_limit"), u.MinOutput+u.RampUp.Or(0)))
	u.StopOutput = optional.Of(min(mw("ramp_shutdown_limit"), u.MinOutput+u.RampDown.Or(0)))
	if limit := mw("ramp_shutdown_limit"); limit > u.StopOutput.Or(0) {
		u.StopReserve = optional.Of(limit)
	}
	if g.At("unit_on_t0").Count(0, 1) == 1 {
		// The program has the output above the minimum, which is not negative.
		output := g.At("power_output_t0").Number(u.MinOutput, max(u.MinOutput, u.MaxOutput))
		u.Before = der.ThermalState{On: true, Hours: optional.Of(g.At("time_up_t0").Number(1, milp.Inf)), Output: output}
	} else {
		u.Before = der.ThermalState{Hours: optional.Of(g.At("time_down_t0").Number(1, milp.Inf))}
	}
	for _, s := range g.At("startup").List() {
		u.StartUp = append(u.StartUp, der.StartCost{After: s.At("lag").Number(0, milp.Inf), Cost: s.At("cost").Number(0, milp.Inf)})
	}
	var points []der.CurvePoint
	for i, p := range g.At("piecewise_production").List() {
		point := der.CurvePoint{Output: p.At("mw").Number(0, milp.Inf), Cost: p.At("cost").Number(-milp.Inf, milp.Inf)}
		if i > 0 && point.Output <= points[i-1].Output {
			p.At("mw").Bad("is %v, want more than the %v of the point before", point.Output, points[i-1].Output)
		}
		points = append(points, point)
	}
	// Points above the convex envelope cannot be part of an optimum of the
	// library's model.
	u.Curve = envelope(points)
	if len(u.Curve) == 0 {
		g.At("piecewise_production").Wrong("at least one point")
	}
	return u
}

// renewable reads a renewable generator as a [Band].
func (f pglib) renewable(name string, g jsontree.Value, set *scenario.Set) *Band {
	u := &Band{ID: name, Min: name + ".min", Max: name + ".max"}
	add(g, set, u.Min, g.At("power_output_minimum").Numbers(set.Steps(), 0, milp.Inf))
	add(g, set, u.Max, g.At("power_output_maximum").Numbers(set.Steps(), 0, milp.Inf))
	return u
}
