package draw

import (
	"math"
)

// der adds a DER of a kind with random options. Required keys come first; every
// optional key is given with a probability of its own, so that defaults occur
// as well. A farm, for example:
//
//	{"kind": "wind", "name": "wind 1", "capacity_mw": 3.1, "available": "wind 1",
//	 "curtailment_penalty_per_mwh": 0}
//
// Names of series are those of the DERs that read them: no series has two
// meanings.
func (r *source) der(kind string) {
	d := object{"kind": kind, "name": r.name(kind)}
	name := d["name"].(string)
	switch kind {
	case "wind", "pv":
		capacity := r.some(8)
		d["capacity_mw"] = capacity
		d["available"] = r.path(name, 0, capacity)
		r.number(d, 0.6, "maintenance_per_mwh", 40)
		r.number(d, 0.4, "curtailment_penalty_per_mwh", 300)
		if kind == "pv" {
			r.number(d, 0.5, "subsidy_per_mwh", 60)
		}
	case "storage":
		r.storage(d)
		if d["carrier"] == nil || d["carrier"] == "electricity" {
			r.bound(d, 0.5, "reserve_mw", 0.2, 5)
			// Reserve lasts at least one step.
			r.maybe(d, 0.3, "reserve_h", func() any { return r.hours * float64(1+r.IntN(3)) })
		}
	case "load":
		r.load(d, name, []string{"electricity", "heat", "gas"}[r.IntN(3)])
	case "demand_response":
		r.demandResponse(d, name)
	case "shiftable_load":
		// A run of up to three steps, whose first one must have power.
		length := 1 + r.IntN(min(3, r.steps))
		var profile []float64
		for range length {
			profile = append(profile, r.some(2))
		}
		profile[0] = r.between(0.1, 2)
		d["profile_mw"] = profile
		d["usual_h"] = float64(r.IntN(r.steps-length+1)) * r.hours
		r.window(d, length, d["usual_h"].(float64))
		r.number(d, 0.7, "shift_cost_per_mwh", 40)
	case "transferable_load":
		// The maximum is above every value of the usual load, so that the usual
		// load is a schedule.
		d["load"] = r.path(name, 0.2, 1.5)
		d["max_mw"] = r.between(1.5, 4)
		r.window(d, max(2, r.steps-1), math.NaN())
		r.number(d, 0.5, "min_mw", 0.25)
		r.maybe(d, 0.5, "min_run_h", func() any { return float64(r.IntN(3)) * r.hours })
		r.number(d, 0.6, "transfer_cost_per_mwh", 40)
	case "heat_pump":
		r.heatPump(d, name)
	case "run_of_river":
		r.river(d, name)
	case "reservoir":
		r.dam(d, name)
	case "site":
		r.site(d)
	case "ev_fleet":
		r.fleet(d, name)
	case "thermal":
		r.thermal(d)
		r.bound(d, 0.5, "reserve_mw", 0.2, 5)
	case "carbon_capture":
		r.capture(d)
	case "chp":
		r.backPressure(d)
	case "chp_extraction":
		r.extraction(d)
	case "gas_boiler", "electric_boiler", "power_to_gas":
		r.converter(d, kind)
	case "gas_supply":
		d["max_mw"] = r.between(5, 40)
		r.known = append(r.known, object{"name": name, "unit": "currency/MWh", "values": r.price()})
		d["price"] = name
		// Carbon counts once: at the purchase of gas, or at the stack.
		if !r.atStack {
			d["emission_t_per_mwh"] = r.between(0.1, 0.3)
		}
	case "heat_dump":
		d["max_mw"] = r.some(20)
		r.number(d, 0.6, "cost_per_mwh", 10)
	case "sequestration":
		d["max_t_per_h"] = r.between(2, 20)
		r.number(d, 0.7, "cost_per_t", 40)
		r.carbon(d)
	}
	r.ders = append(r.ders, d)
}

// price returns one price or one per step.
//
// It is a price of gas, in currency per MWh.
func (r *source) price() any {
	if r.chance(0.5) {
		return r.between(5, 120)
	}
	return r.values(5, 120)
}

// partners adds DERs to the others, each with a probability.
//
//	gas is burnt        a supply of gas
//	heat is made        a load of heat, a heat dump
//	CO2 is captured     a sequestration
//	methane is made     a unit with capture, whose CO2 it binds
//
// They are DERs without which most of the others have no schedule: a source of
// gas, a use of heat, a use of CO2. Now and then one is left out.
func (r *source) partners() {
	has := map[string]bool{}
	for _, d := range r.ders {
		has[d.(object)["kind"].(string)] = true
		if d.(object)["carrier"] == "heat" {
			has["heat"] = true
		}
		if d.(object)["carrier"] == "gas" {
			has["gas"] = true
		}
	}
	heat := has["chp"] || has["chp_extraction"] || has["gas_boiler"] || has["electric_boiler"]
	gas := has["chp"] || has["chp_extraction"] || has["gas_boiler"] || has["gas"]
	if gas && r.chance(0.95) {
		r.der("gas_supply")
	}
	if heat {
		if r.chance(0.7) {
			d := object{"kind": "load", "name": r.name("load")}
			r.load(d, d["name"].(string), "heat")
			r.ders = append(r.ders, d)
		}
		if r.chance(0.7) {
			r.der("heat_dump")
		}
	}
	if has["power_to_gas"] && !has["carbon_capture"] && r.chance(0.7) {
		r.der("carbon_capture")
		has["carbon_capture"] = true
	}
	if has["carbon_capture"] && r.chance(0.93) {
		r.der("sequestration")
	}
}

// window sets "from_h" and "to_h", the hours in which a load of some steps may
// run, around the usual start.
//
// length is the number of steps of the load, and usual its usual start in
// hours, or NaN for a load without one.
func (r *source) window(d object, length int, usual float64) {
	from, to := 0, r.steps
	if r.chance(0.5) && r.steps > length {
		from = r.IntN(r.steps - length + 1)
		to = from + length + r.IntN(r.steps-from-length+1)
	}
	if !math.IsNaN(usual) { // the usual start lies in the window
		at := int(math.Round(usual / r.hours))
		from, to = min(from, at), max(to, at+length)
	}
	if from > 0 || r.chance(0.3) {
		d["from_h"] = float64(from) * r.hours
	}
	if to < r.steps || r.chance(0.3) {
		d["to_h"] = float64(to) * r.hours
	}
}

// load sets the keys of a load of one carrier, which can be shed more often
// than not.
//
// name is the name of its series of demand, up to 4 MW.
func (r *source) load(d object, name, carrier string) {
	d["demand"] = r.path(name, 0, 4)
	if carrier != "electricity" || r.chance(0.3) {
		d["carrier"] = carrier
	}
	// Heat and gas have no market, so that a load of them without shedding
	// often has no schedule.
	if carrier != "electricity" || r.chance(0.5) {
		d["sheddable_share"] = []float64{1, 1, 1, 0.5}[r.IntN(4)]
		d["shed_cost_per_mwh"] = r.some(1000)
	}
	// A load burns its gas. If the carbon counts at the purchase, the load
	// emits nothing.
	switch {
	case carrier == "gas" && !r.atStack:
		d["emission_t_per_mwh"] = 0
	case carrier == "gas" || r.chance(0.1):
		r.number(d, 0.5, "emission_t_per_mwh", 0.3)
	}
}

// efficiency returns a fraction that is 1 now and then. At 1 nothing is lost,
// so that a store could charge and discharge at once for nothing.
func (r *source) efficiency(low float64) float64 {
	if r.chance(0.15) {
		return 1
	}
	return r.between(low, 0.99)
}

// storage sets the keys of a store of any carrier. The initial energy is one of
// five levels between the limits, both included; a store of 0 MWh and a power
// of 0 MW occur. Two bands of depth have rising wear, and the last one reaches
// to the bottom, as the kind requires:
//
//	"depths": [{"depth_mwh": 0.3 E, "wear_per_mwh": 12}, {"depth_mwh": E, "wear_per_mwh": 40}]
func (r *source) storage(d object) {
	energy := r.some(8)
	low := 0.0
	if r.chance(0.3) {
		// A fifth of the energy, rounded to 0.01 MWh.
		low = math.Round(energy*20) / 100
		low = min(low, energy)
	}
	d["charge_mw"], d["discharge_mw"], d["energy_mwh"] = r.some(4), r.some(4), energy
	d["charge_efficiency"], d["discharge_efficiency"] = r.efficiency(0.7), r.efficiency(0.7)
	if low > 0 || r.chance(0.1) {
		d["min_energy_mwh"] = low
	}
	initial := low + (energy-low)*float64(r.IntN(5))/4
	d["initial_mwh"] = min(energy, max(low, math.Round(initial*100)/100))
	r.word(d, 0.4, "carrier", "electricity", "heat", "gas")
	r.number(d, 0.3, "self_discharge_per_hour", 0.05)
	r.word(d, 0.5, "wear_rule", "throughput", "discharge")
	if r.chance(0.3) {
		// The first band has about three tenths of the energy.
		first := math.Round(energy*30) / 100
		d["depths"] = []any{
			object{"depth_mwh": first, "wear_per_mwh": r.between(0, 20)}, object{"depth_mwh": energy, "wear_per_mwh": r.between(20, 60)},
		}
		// A small store has one band only.
		if first == 0 || first >= energy {
			d["depths"] = []any{object{"depth_mwh": max(energy, 0.01), "wear_per_mwh": r.between(0, 20)}}
		}
	} else {
		r.number(d, 0.6, "wear_per_mwh", 30)
	}
	r.maybe(d, 0.25, "starts_per_day", func() any {
		if r.limits && r.chance(0.3) {
			return 0
		}
		return 1 + r.IntN(2)
	})
	r.word(d, 0.7, "end", "as_begun", "daily", "free", "free")
	if d["end"] == "free" {
		r.maybe(d, 0.7, "end_value_per_mwh", func() any { return r.between(-20, 200) })
	} else {
		// The end can be out of reach; then both statements are infeasible.
		r.maybe(d, 0.2, "end_energy_mwh", func() any { return low + (energy-low)*float64(r.IntN(5))/4 })
	}
	r.maybe(d, 0.3, "before", func() any { return r.before(d) })
}

// before returns the state that an earlier window of the day leaves in a store:
// the time since the day began, the starts in it, a run that goes on, and the
// energy in each band of depth.
func (r *source) before(d object) object {
	b := object{"day_hours": r.passed()}
	if d["starts_per_day"] != nil {
		b["charging_starts"], b["discharging_starts"] = r.IntN(3), r.IntN(2)
		if r.chance(0.5) {
			b[[]string{"charging", "discharging"}[r.IntN(2)]] = true
		}
	}
	if bands, ok := d["depths"].([]any); ok {
		initial, first := d["initial_mwh"].(float64), bands[0].(object)["depth_mwh"].(float64)
		if len(bands) == 1 {
			b["in_bands_mwh"] = []float64{initial}
			return b
		}
		// The first band has anything between the least and the most that its
		// width and the rest allow.
		least, most := max(0, initial-(d["energy_mwh"].(float64)-first)), min(first, initial)
		held := least + (most-least)*float64(r.IntN(3))/2
		b["in_bands_mwh"] = []float64{held, initial - held}
	}
	return b
}

// passed returns the time from the beginning of a day to the grid, h, a whole
// number of steps below 24 h. A day that ends within the grid leaves more than
// one hour, because a shorter rest would belong to that day.
func (r *source) passed() float64 {
	at := float64(r.IntN(r.steps+1)) * r.hours // the end of the day, from the start of the grid
	left := float64(r.steps)*r.hours - at
	if at == 0 || at > 24 || left > 0 && left <= 1 {
		return 0
	}
	return 24 - at
}

// demandResponse sets the keys of a load that can be reduced. All models of the
// rebound occur with all limits of calls, also those that leave little: a call
// of at least two steps in a horizon of two.
func (r *source) demandResponse(d object, name string) {
	d["load"] = r.path(name, 0, 3)
	r.flag(d, 0.4, "served")
	r.bound(d, 0.4, "max_reduction_mw", 0.2, 2)
	r.bound(d, 0.6, "max_reduction_share", 0.1, 1)
	r.bound(d, 0.25, "max_rebound_mw", 0.2, 3)
	r.word(d, 0.9, "rebound", "recursive", "free", "deferred", "decaying", "none")
	r.bound(d, 0.5, "rebound_ratio", 0.2, 1.3)
	// Only the recursive rebound, which is the default, has weights.
	if d["rebound"] == "recursive" || d["rebound"] == nil {
		r.maybe(d, 0.4, "rebound_weights", func() any { return [][]float64{{1}, {0.7, 0.3}, {0.5, 0.3, 0.2}}[r.IntN(3)] })
	}
	if d["rebound"] == nil || d["rebound"] == "recursive" || d["rebound"] == "decaying" {
		r.maybe(d, 0.6, "rebound_hours", func() any { return float64(1+r.IntN(2)) * r.hours })
		r.shortened(d)
		r.word(d, 0.6, "rebound_close", "wrap", "ban")
	}
	r.flag(d, 0.3, "day_ahead_calls")
	r.maybe(d, 0.3, "max_hours", func() any {
		if r.limits && r.chance(0.3) {
			return 0
		}
		return float64(1+r.IntN(r.steps)) * r.hours
	})
	r.maybe(d, 0.4, "calls", func() any {
		calls := object{}
		low := 1 + r.IntN(2)
		r.maybe(calls, 0.6, "min_h", func() any { return float64(low) * r.hours })
		r.maybe(calls, 0.5, "max_h", func() any { return float64(low+r.IntN(2)) * r.hours })
		r.maybe(calls, 0.5, "max", func() any {
			if r.limits && r.chance(0.3) {
				return 0
			}
			return 1 + r.IntN(2)
		})
		// A minimum per call beside a limit of 0 MW leaves no call.
		if d["max_reduction_mw"] != 0.0 {
			r.number(calls, 0.4, "min_mw", 0.2)
		}
		return calls
	})
	r.number(d, 0.7, "reduction_cost_per_mwh", 150)
	r.number(d, 0.4, "rebound_cost_per_mwh", 50)
}

// shortened shortens a rebound that lasts longer than the horizon, which
// readers reject.
//
// By default a rebound has three stages of one hour each.
func (r *source) shortened(d object) {
	stages, hours := 3, 1.0
	if list, ok := d["rebound_weights"].([]float64); ok {
		stages = len(list)
	}
	if d["rebound"] == "decaying" {
		stages = 1
	}
	if x, ok := d["rebound_hours"].(float64); ok {
		hours = x
	}
	// Rebound hours are whole steps on equal steps.
	if steps := int(math.Ceil(hours/r.hours - 1e-9)); stages*steps > r.steps || !whole(hours/r.hours) {
		d["rebound_hours"] = r.hours
		if stages > r.steps {
			d["rebound_weights"] = []float64{0.75, 0.25}
		}
	}
}
