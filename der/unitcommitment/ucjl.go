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
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
)

// ucjl reads the format of UnitCommitment.jl, versions 0.2 to 0.4: MW, hours
// and minutes. Money, ramps and penalties of the file are per step of any
// length, so that the reader divides them by the hours of a step: 100 per step
// of half an hour become 200 per hour.
//
// The members of a file, and the functions that read them:
//
//	Parameters                          version, grid, demand
//	Buses                               demand
//	Generators                          generators, thermal
//	Price-sensitive loads               loads
//	Storage units                       storage
//	Reserves                            reserves
//	Transmission lines, Contingencies   network
//
// Source: the sections on the input format and on the problem definition in the
// documentation of UnitCommitment.jl 0.4.
type ucjl struct {
	root    jsontree.Value
	options Options
	system  *System
	set     *scenario.Set
	buses   map[string]bool
	spin    []string        // names of spinning reserves
	names   map[string]bool // of units
}

// unserved is the name of the unit that stands for load that is not served.
const unserved = "unserved load"

// ucjlPenalty is the default price of unserved load, currency per MW and step.
const ucjlPenalty = 1000

// read returns the system. Violations are recorded in the root with their
// paths.
func (f *ucjl) read() *System {
	parameters := f.root.At("Parameters")
	f.version(parameters)
	f.set = f.grid(parameters)
	f.system = &System{Set: f.set, Demand: demandSeries}
	f.buses, f.names = map[string]bool{}, map[string]bool{own: true, unserved: true}
	f.demand(parameters)
	f.reserves()
	f.generators()
	f.loads()
	f.storage()
	f.network()
	for _, key := range []string{"Scenario name", "Scenario weight"} {
		parameters.At(key) // of a file that is one of several scenarios
	}
	f.root.At("SOURCE")
	f.unknown()
	return f.system
}

// note adds a note with the path of its subject.
func (f *ucjl) note(at jsontree.Value, format string, args ...any) {
	f.system.Notes = append(f.system.Notes, at.Path()+": "+fmt.Sprintf(format, args...))
}

// version rejects versions with unknown rules. Version 0.2 states one reserve
// for the whole system.
func (f *ucjl) version(parameters jsontree.Value) {
	v := parameters.At("Version")
	text := v.Text()
	if text == "" {
		return
	}
	known := func(version string) bool { return text == version || strings.HasPrefix(text, version+".") }
	if !known("0.2") && !known("0.3") && !known("0.4") {
		v.Wrong("a version from 0.2 to 0.4")
	}
}

// grid reads the horizon and the step, which divides the hour. Older files call
// the horizon "Time (h)".
//
// For example, 24 h in steps of 15 minutes are 96 steps, so that lists of the
// file have 96 numbers.
func (f *ucjl) grid(parameters jsontree.Value) *scenario.Set {
	step := parameters.At("Time step (min)")
	minutes := step.CountOr(60, 1, 60)
	if 60%minutes != 0 {
		step.Wrong("a divisor of 60")
		minutes = 60
	}
	var horizon jsontree.Value
	var found []string
	scale := 1.0
	for _, key := range []string{"Time horizon (h)", "Time (h)", "Time horizon (min)"} {
		v := parameters.At(key)
		if v.Given() || horizon.Missing() && len(found) == 0 {
			horizon, scale = v, 60
			if strings.HasSuffix(key, "(min)") {
				scale = 1
			}
		}
		if v.Given() {
			found = append(found, key)
		}
	}
	if len(found) == 0 {
		horizon = parameters.At("Time horizon (h)")
	}
	if len(found) > 1 {
		horizon.Bad("stands beside %q, want one of them", found[0])
	}
	total := horizon.Number(0, maxSteps) * scale
	n := total / float64(minutes)
	if n != math.Trunc(n) {
		horizon.Bad("is %v minutes, want a multiple of the step of %v minutes", total, minutes)
		n = 1
	}
	return newSet(horizon, int(n), time.Duration(minutes)*time.Minute)
}

// perStep reads one number for all steps or a list of one number per step.
//
// For example, "Load (MW)": 40 and "Load (MW)": [40, 40, 40] are the same load
// in three steps.
func (f *ucjl) perStep(v jsontree.Value, lower, upper float64) []float64 {
	return v.NumbersOrOne(f.set.Steps(), lower, upper)
}

// perStepOr reads as perStep does, or returns a default in every step.
func (f *ucjl) perStepOr(v jsontree.Value, absent, lower, upper float64) []float64 {
	if !v.Given() {
		return slices.Repeat([]float64{absent}, f.set.Steps())
	}
	return f.perStep(v, lower, upper)
}

// one reads a number. A list of one number per step must not vary.
func (f *ucjl) one(v jsontree.Value, lower, upper float64) float64 {
	if v.Items() == nil {
		return v.Number(lower, upper)
	}
	values := v.Numbers(f.set.Steps(), lower, upper)
	if varies(values) {
		v.Bad("varies by step, which is not part of this model; want one number")
	}
	return values[0]
}

// rate returns prices per MWh from prices per MW and step.
func (f *ucjl) rate(perStep []float64) []float64 {
	out := make([]float64, len(perStep))
	for t, x := range perStep {
		out[t] = x / f.set.Hours()
	}
	return out
}

// time reads a number of hours that is a whole number of steps.
func (f *ucjl) time(v jsontree.Value, absent, lower float64) float64 {
	hours := v.NumberOr(absent, lower, milp.Inf)
	if steps := hours / f.set.Hours(); math.Abs(steps-math.Round(steps)) > 1e-9 {
		v.Bad("is %v h, want a whole number of steps of %v h", hours, f.set.Hours())
	}
	return hours
}

// bus reads the bus of a component.
func (f *ucjl) bus(at jsontree.Value) {
	if v := at.At("Bus"); !f.buses[v.Text()] && !v.Rejected() {
		v.Wrong("the name of a bus")
	}
}

// demand adds up the loads of all buses. Load can stay unserved at its penalty.
// There is no surplus: the program of the format has none.
//
// For example, a load of 10 MW and a penalty of 1000 per MW give a unit of 0 to
// 10 MW that costs 2000 per MWh in steps of half an hour. It is a unit, because
// the penalty can vary by step.
func (f *ucjl) demand(parameters jsontree.Value) {
	total := make([]float64, f.set.Steps())
	each(f.root.At("Buses"), func(name string, bus jsontree.Value) {
		f.buses[name] = true
		for t, mw := range f.perStep(bus.At("Load (MW)"), 0, milp.Inf) {
			total[t] += mw
		}
	})
	add(f.root.At("Buses"), f.set, demandSeries, total)
	penalty := f.perStepOr(parameters.At("Power balance penalty ($/MW)"), ucjlPenalty, 0, milp.Inf)
	f.system.Units = append(f.system.Units, &dispatched{
		id: unserved, least: make([]float64, f.set.Steps()), most: total, price: f.rate(penalty),
	})
}

// unit adds a unit. Names of generators, loads and storage units are apart in
// the format; a name that another unit has gets the kind behind it.
func (f *ucjl) unit(at jsontree.Value, name, kind string, read func(id string) der.DER) {
	id := distinct(f.names, name, kind)
	f.system.Units = append(f.system.Units, checked(at, f.set, func() der.DER { return read(id) }))
}

// distinct returns a name that no unit has, and records it: "p1", and "p1
// (load)" if "p1" exists.
func distinct(names map[string]bool, name, kind string) string {
	for names[name] {
		name += " (" + kind + ")"
	}
	names[name] = true
	return name
}

// generators reads thermal and profiled generators.
//
// A thermal generator has a cost curve and a commitment, see thermal. A
// profiled one, such as a wind farm, delivers any power P_t between two limits
// at a price:
//
//	"Minimum power (MW)"   least_t, 0 by default
//	"Maximum power (MW)"   most_t
//	"Cost ($/MW)"          currency per MW and step
//
// For example, a cost of 3 per MW in steps of half an hour is 6 per MWh.
func (f *ucjl) generators() {
	each(f.root.At("Generators"), func(name string, g jsontree.Value) {
		f.bus(g)
		kind := g.At("Type")
		switch strings.ToLower(kind.TextOr("thermal")) {
		case "thermal":
			// The last point is the capacity. A unit without one can only cost
			// money.
			if points := g.At("Production cost curve (MW)").Items(); len(points) > 0 && points[len(points)-1].Is(0.0) {
				f.note(g, "has a capacity of 0 MW and is left out")
				g.Members(func(string, jsontree.Value) {}) // its keys are not unknown
				return
			}
			f.unit(g, name, "generator", func(id string) der.DER { return f.thermal(id, g) })
		case "profiled":
			f.unit(g, name, "generator", func(id string) der.DER {
				return &dispatched{
					id:    id,
					least: f.perStepOr(g.At("Minimum power (MW)"), 0, -milp.Inf, milp.Inf),
					most:  f.perStep(g.At("Maximum power (MW)"), -milp.Inf, milp.Inf),
					price: f.rate(f.perStep(g.At("Cost ($/MW)"), -milp.Inf, milp.Inf)),
				}
			})
		default:
			kind.Wrong(`"Thermal" or "Profiled"`)
		}
	})
}

// loads reads price-sensitive loads. They take power up to their demand and pay
// for it.
//
// A load of "Demand (MW)" D_t that pays "Revenue ($/MW)" V_t per step is a unit
// with power from −D_t to 0 and the price V_t/Δ, so that its cost is negative
// if it takes power.
func (f *ucjl) loads() {
	each(f.root.At("Price-sensitive loads"), func(name string, load jsontree.Value) {
		f.bus(load)
		f.unit(load, name, "load", func(id string) der.DER {
			u := &dispatched{
				id: id, least: f.perStep(load.At("Demand (MW)"), 0, milp.Inf), most: make([]float64, f.set.Steps()),
				price: f.rate(f.perStep(load.At("Revenue ($/MW)"), -milp.Inf, milp.Inf)),
			}
			for t, mw := range u.least {
				u.least[t] = 0 - mw // not −0
			}
			return u
		})
	})
}

// storage reads storage units. The loss is per step; the efficiencies are per
// MWh.
//
// With loss λ, charge efficiency η and discharge efficiency κ, the energy is
//
//	e_t = (1 − λ_t) e_{t−1} + Δ (η_t c_t − d_t / κ_t)       MWh
//
// Levels are in MWh, rates in MW, and costs per MW and step. The levels of the
// last period replace wider ones of every period.
func (f *ucjl) storage() {
	each(f.root.At("Storage units"), func(name string, s jsontree.Value) {
		f.bus(s)
		f.unit(s, name, "storage", func(id string) der.DER {
			var (
				n = f.set.Steps()
				u = &reservoir{
					id:             id,
					minLevel:       f.perStepOr(s.At("Minimum level (MWh)"), 0, 0, milp.Inf),
					maxLevel:       f.perStep(s.At("Maximum level (MWh)"), 0, milp.Inf),
					chargePrice:    f.rate(f.perStep(s.At("Charge cost ($/MW)"), -milp.Inf, milp.Inf)),
					dischargePrice: f.rate(f.perStep(s.At("Discharge cost ($/MW)"), -milp.Inf, milp.Inf)),
					charging:       f.perStepOr(s.At("Charge efficiency"), 1, 0, 1),
					discharging:    f.perStepOr(s.At("Discharge efficiency"), 1, math.SmallestNonzeroFloat32, 1),
					keep:           f.perStepOr(s.At("Loss factor"), 0, 0, 1),
					minCharge:      f.perStepOr(s.At("Minimum charge rate (MW)"), 0, 0, milp.Inf),
					maxCharge:      f.perStep(s.At("Maximum charge rate (MW)"), 0, milp.Inf),
					minDischarge:   f.perStepOr(s.At("Minimum discharge rate (MW)"), 0, 0, milp.Inf),
					maxDischarge:   f.perStep(s.At("Maximum discharge rate (MW)"), 0, milp.Inf),
					initial:        s.At("Initial level (MWh)").NumberOr(0, 0, milp.Inf),
					hours:          slices.Repeat([]float64{f.set.Hours()}, n),
					exclusive:      make([]bool, n),
				}
			)
			// The limits of the last period come on top of those of every
			// period.
			for t := range u.keep {
				u.keep[t] = 1 - u.keep[t]
			}
			for t, both := range f.flags(s.At("Allow simultaneous charging and discharging"), optional.Of(1)) {
				u.exclusive[t] = both == optional.Of(0)
			}
			u.minLevel[n-1] = max(u.minLevel[n-1], s.At("Last period minimum level (MWh)").NumberOr(u.minLevel[n-1], 0, milp.Inf))
			u.maxLevel[n-1] = min(u.maxLevel[n-1], s.At("Last period maximum level (MWh)").NumberOr(u.maxLevel[n-1], 0, milp.Inf))
			return u
		})
	})
}

// flags reads true, false or null, or a list of one of them per step: 1, 0 or
// the default.
//
// For example, "Must run?": [true, null] is 1 in step 0 and the default in step
// 1.
func (f *ucjl) flags(v jsontree.Value, absent optional.Float) []optional.Float {
	out := slices.Repeat([]optional.Float{absent}, f.set.Steps())
	if !v.Given() {
		return out
	}
	items := v.Items()
	if items == nil {
		items = slices.Repeat([]jsontree.Value{v}, f.set.Steps())
	} else if len(items) != f.set.Steps() {
		v.Wrong(fmt.Sprintf("true, false or a list of %d of them, one per step", f.set.Steps()))
		return out
	}
	for t, item := range items {
		switch {
		case !item.Given():
		case item.SwitchOr(false):
			out[t] = optional.Of(1)
		default:
			out[t] = optional.Of(0)
		}
		if item.Rejected() {
			break // once
		}
	}
	return out
}
