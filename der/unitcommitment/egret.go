package unitcommitment

import (
	"math"
	"slices"
	"strings"
	"time"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/jsontree"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
)

// egret reads the format of Egret: one JSON object with the members "system"
// and "elements".
//
// The smallest file has one unit and one load:
//
//	{"system": {"time_keys": ["1", "2"], "time_period_length_minutes": 60},
//	 "elements": {"load": {"town": {"bus": "b", "p_load": 50}},
//	              "generator": {"g": {"generator_type": "thermal", …}}}}
//
// Source: the documentation and the data model of Egret
// (github.com/grid-parity-exchange/Egret).
type egret struct {
	root    jsontree.Value
	options Options
}

// Default penalties of Egret: the price of a load mismatch, currency per MWh,
// and the fraction of the stated or default mismatch price that a reserve
// shortfall costs.
const (
	egretMismatch  = 1e6
	egretShortfall = 0.1
)

// longestStep bounds the length of a step, a week in minutes.
const longestStep = 7 * 24 * 60

// read returns the system. Violations are recorded in the root with their
// paths.
func (f egret) read() *System {
	var (
		system   = f.root.At("system")
		elements = f.root.At("elements")
		minutes  = system.At("time_period_length_minutes").Number(1, longestStep)
		keys     = system.At("time_keys")
		set      = newSet(keys, len(keys.List()), time.Duration(math.Round(minutes*float64(time.Minute))))
		s        = &System{
			Set: set, Demand: demandSeries,
		}
		mismatch  = system.At("load_mismatch_cost").NumberOr(egretMismatch, 0, milp.Inf)
		shortfall = system.At("reserve_shortfall_cost").NumberOr(egretShortfall*mismatch, 0, milp.Inf)
	)
	// A price of zero makes the slack free; it does not remove the slack.
	s.MismatchPrice, s.ShortfallPrice = optional.Of(mismatch), optional.Of(shortfall)
	// Violations are collected in the tree, so that reading continues after
	// each of them.
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
			s.Units = append(s.Units, checked(g, set, func() der.DER { return egretUnit{file: f, g: g, set: set}.read(name) }))
		case "renewable", "virtual": // Egret treats both alike
			s.Units = append(s.Units, checked(g, set, func() der.DER { return f.renewable(name, g, set) }))
		default:
			g.At("generator_type").Wrong(`"thermal", "renewable" or "virtual"`)
		}
	})
	return s
}

// refuseForeign reports every element and requirement of a file that changes
// the problem and that this model lacks. Without the report the optimum would
// silently be that of another problem.
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

// refuseRequirements reports every requirement of a reserve product, such as
// "regulation_up_requirement". The model has the one reserve of
// "reserve_requirement", which Egret states for the whole system only. A
// requirement of zero changes nothing.
func (f egret) refuseRequirements(at jsontree.Value) {
	system := strings.HasSuffix(at.Path(), ".system")
	each(at, func(key string, v jsontree.Value) {
		foreign := strings.HasSuffix(key, "_requirement") && !(system && key == "reserve_requirement")
		if foreign && !zero(v) {
			f.refuse(at, key, "is the requirement of a reserve product,")
		}
	})
}

// refuse reports a key of at that is given and changes the problem, unless
// [Options.Ignore] has it.
func (f egret) refuse(at jsontree.Value, key, reason string) {
	if v := at.At(key); v.Given() && !slices.Contains(f.options.Ignore, key) {
		v.Bad("%s which is not part of this model; remove it or ignore %q", reason, key)
	}
}

// zero reports whether a number or every value of a time series is 0.
//
// For example, 0 and {"values": [0, 0]} are zero, and {"values": [0, 1]} is
// not.
func zero(v jsontree.Value) bool {
	nonzero := func(x jsontree.Value) bool { return !x.Is(0.0) }
	return v.Is(0.0) || v.IsObject() && v.At("values").Len() > 0 && !slices.ContainsFunc(v.At("values").Items(), nonzero)
}

// demand returns the sum of all loads in service, MW per step.
func (f egret) demand(loads jsontree.Value, steps int) []float64 {
	total := make([]float64, steps)
	each(loads, func(_ string, load jsontree.Value) {
		if !load.At("in_service").SwitchOr(true) {
			return
		}
		f.refuse(load, "p_price", "is the price of a load that may be left unserved,")
		share := distributed(load.At("bus"))
		for t, mw := range series(load.At("p_load"), steps, -milp.Inf) {
			total[t] += share * mw
		}
	})
	return total
}

// distributed returns the part of a load that the buses take: 1 for a bus, and
// the sum of the factors for a distribution, which need not be 1:
//
//	{"data_type": "load_distribution_factor", "values": {"a": 0.6, "b": 0.3}}
func distributed(bus jsontree.Value) float64 {
	if !bus.IsObject() {
		return 1
	}
	if kind := bus.At("data_type"); !kind.Is("load_distribution_factor") {
		kind.Wrong(`"load_distribution_factor"`)
	}
	sum := 0.0
	each(bus.At("values"), func(_ string, factor jsontree.Value) { sum += factor.Number(-milp.Inf, milp.Inf) })
	return sum
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

// renewable reads a renewable generator as a [Band] between p_min, 0 by
// default, and p_max.
func (f egret) renewable(name string, g jsontree.Value, set *scenario.Set) *Band {
	if !zero(g.At("p_cost")) {
		f.refuse(g, "p_cost", "is a cost of a renewable unit,")
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
