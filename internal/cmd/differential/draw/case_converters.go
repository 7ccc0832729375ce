package draw

import (
	"math"
)

// thermal sets the keys of a thermal unit, with or without capture. Minimum
// times, times off of start costs and the hours before the horizon are whole
// steps, or now and then 0.4 of a step more:
//
//	"min_up_h": 2.4, "before": {"on": true, "hours": 1, "output_mw": 2}
//
// The output before the horizon is within the limits, because case files have
// no other.
func (r *source) thermal(d object) {
	// Now and then the unit has one output only.
	low := r.some(2)
	high := max(0.5, low)
	if r.chance(0.95) {
		high = math.Round((high+r.some(5))*100) / 100
	}
	d["min_output_mw"], d["max_output_mw"] = low, high
	// A ramp of a step is often below the minimum output.
	r.bound(d, 0.5, "ramp_up_mw_per_h", 0.3/r.hours, 4/r.hours)
	r.bound(d, 0.5, "ramp_down_mw_per_h", 0.3/r.hours, 4/r.hours)
	r.maybe(d, 0.3, "start_output_mw", func() any { return r.between(low, high) })
	r.maybe(d, 0.3, "stop_output_mw", func() any { return r.between(low, high) })
	r.maybe(d, 0.5, "min_up_h", func() any { return r.time(0, 4) })
	r.maybe(d, 0.5, "min_down_h", func() any { return r.time(0, 4) })
	if r.chance(0.1) {
		d["must_run"] = true
	}
	r.maybe(d, 0.5, "before", func() any {
		b := object{"on": r.chance(0.6)}
		r.maybe(b, 0.7, "hours", func() any { return r.time(1, 4) })
		if b["on"] == true {
			b["output_mw"] = r.between(low, high)
			if r.chance(0.2) {
				b["output_mw"] = low
			}
		}
		return b
	})
	r.number(d, 0.6, "no_load_cost_per_h", 120)
	if r.chance(0.35) && high > 0 {
		// One block, or two with a rising price; the last one ends at the
		// maximum.
		middle := math.Round((low+high)*50) / 100
		price := r.between(-10, 150)
		blocks := []any{object{"up_to_mw": high, "price_per_mwh": price}}
		if middle > 0 && middle > low && middle < high {
			blocks = []any{object{"up_to_mw": middle, "price_per_mwh": price}, object{"up_to_mw": high, "price_per_mwh": price + r.between(0, 80)}}
		}
		d["blocks"] = blocks
	} else {
		r.maybe(d, 0.9, "linear_cost_per_mwh", func() any { return r.between(-10, 200) })
		r.number(d, 0.25, "quadratic_cost_per_mw2h", 12)
	}
	// A start costs more after a longer time off.
	r.maybe(d, 0.6, "start_up", func() any {
		cost := r.some(300)
		list := []any{object{"cost": cost}}
		if r.chance(0.4) {
			list[0].(object)["after_h"] = r.time(0, 1)
		}
		if r.chance(0.6) {
			list = append(list, object{"after_h": r.time(2, 3), "cost": cost + r.some(200)})
			if r.chance(0.4) {
				list = append(list, object{"after_h": r.time(4, 5), "cost": cost + 200 + r.some(200)})
			}
		}
		return list
	})
	r.number(d, 0.4, "shut_down_cost", 80)
	r.number(d, 0.4, "maintenance_per_mwh", 20)
	r.number(d, 0.7, "emission_t_per_mwh", 1)
	r.number(d, 0.5, "quota_t_per_mwh", 0.9)
}

// capture sets the keys of a thermal unit with carbon capture. The tank is half
// full if it has content, at the beginning and at the end. A tank of 0 t is
// none.
func (r *source) capture(d object) {
	r.thermal(d)
	d["emission_t_per_mwh"] = r.between(0.2, 1)
	d["capture_efficiency"] = r.efficiency(0.5)
	if r.chance(0.2) {
		d["min_split"] = r.between(0.05, 0.2)
	}
	r.bound(d, 0.5, "max_split", 0.3, 1)
	// A minimum beside a maximum of 0 leaves no range.
	if d["min_split"] != nil && d["max_split"] == 0.0 {
		delete(d, "min_split")
	}
	if d["min_output_mw"].(float64) >= 0.4 { // at the minimum some power is left
		r.number(d, 0.7, "fixed_power_mw", 0.1)
	} else {
		delete(d, "min_split")
	}
	r.number(d, 0.7, "absorb_mwh_per_t", 0.2)
	r.number(d, 0.7, "release_mwh_per_t", 0.3)
	r.number(d, 0.5, "solvent_cost_per_t", 20)
	// The content before the grid is half of the tank, and it must be there at
	// the end again, unless the end has a content of its own.
	if r.chance(0.5) {
		tank := r.some(4)
		d["tank_t"] = tank
		r.maybe(d, 0.7, "in_tank_t", func() any { return math.Round(tank*50) / 100 })
		r.maybe(d, 0.25, "end_in_tank_t", func() any { return tank * float64(r.IntN(5)) / 4 })
		r.bound(d, 0.4, "max_release_t_per_h", 0.2, 4)
	}
	r.carbon(d)
}

// carbon sets the place at which CO2 is credited. One rule holds for all DERs
// of a case, since mixed rules count a tonne twice.
func (r *source) carbon(d object) {
	if !r.atStack {
		d["carbon"] = "at_purchase"
	} else {
		r.word(d, 0.3, "carbon", "at_stack")
	}
}

// course sets the keys that all converters share: ramps, boundary and switching
// of a converter with the range [low, high] MW.
func (r *source) course(d object, low, high float64) {
	r.bound(d, 0.35, "ramp_up_mw_per_h", 0.3/r.hours, 3/r.hours)
	r.bound(d, 0.35, "ramp_down_mw_per_h", 0.3/r.hours, 3/r.hours)
	r.word(d, 0.6, "boundary", "known", "free", "cyclic")
	if low > 0 && r.chance(0.8) || r.chance(0.3) {
		d["switchable"] = true
		r.number(d, 0.7, "start_cost", 100)
	}
	known := d["boundary"] == nil || d["boundary"] == "known"
	if d["switchable"] != nil && known {
		r.flag(d, 0.8, "runs_before")
	}
	// Ramps of a unit that cannot stand still, or that ran before, begin from
	// an output in its range.
	runs := d["switchable"] == nil || d["runs_before"] == true
	if known && runs && low > 0 || r.chance(0.4) {
		d["before_mw"] = r.between(low, high)
	}
}

// minimum sets an optional minimum below high and returns it.
//
// It is at most six tenths of high, in hundredths of a MW.
func (r *source) minimum(d object, high float64) float64 {
	low := 0.0
	if r.chance(0.4) {
		low = math.Floor(high*r.Float64()*60) / 100
		d["min_mw"] = low
	}
	return low
}

// quotas sets the carbon keys of a converter that burns gas.
//
// keys are the quotas of the kind, in t CO2 per MWh. If carbon counts at the
// purchase, the gas emits nothing here.
func (r *source) quotas(d object, keys ...string) {
	if r.atStack {
		r.number(d, 0.4, "emission_t_per_mwh_gas", 0.3)
	} else {
		d["emission_t_per_mwh_gas"] = 0
	}
	for _, key := range keys {
		r.number(d, 0.4, key, 0.4)
	}
}

// backPressure sets the keys of a CHP with a fixed ratio of heat to power.
func (r *source) backPressure(d object) {
	high := r.some(4)
	electric := r.between(0.2, 0.5)
	heat := r.between(0.2, 1-electric)
	d["electric_efficiency"], d["heat_efficiency"], d["max_mw"] = electric, heat, high
	low := r.minimum(d, high)
	r.course(d, low, high)
	// A limit of 0 beside a minimum of power leaves no range.
	if limit := r.limit(0.5, 4); r.chance(0.3) {
		d["max_heat_mw"] = limit + math.Ceil(low*heat/electric*100)/100
	}
	if r.chance(0.15) && d["max_heat_mw"] == nil {
		d["min_heat_mw"] = math.Floor(high*heat/electric*30) / 100
	}
	r.bound(d, 0.4, "heat_ramp_up_mw_per_h", 0.3/r.hours, 3/r.hours)
	r.bound(d, 0.4, "heat_ramp_down_mw_per_h", 0.3/r.hours, 3/r.hours)
	r.quotas(d, "quota_t_per_mwh_power", "quota_t_per_mwh_heat")
	r.number(d, 0.5, "maintenance_per_mwh", 20)
}

// extraction sets the keys of a CHP with operating points. Each point loses at
// least a twentieth of its gas, because power and heat cannot exceed it. A
// single point, points inside the polygon of the others, and points of 0 MW
// occur.
func (r *source) extraction(d object) {
	var points []any
	low, high := math.Inf(1), 0.0
	for range 1 + r.IntN(4) {
		power, heat := r.some(4), r.some(4)
		gas := math.Round((power+heat)*(1.05+r.Float64())*100+1) / 100
		points = append(points, object{"power_mw": power, "heat_mw": heat, "gas_mw": gas})
		low, high = min(low, power), max(high, power)
	}
	d["points"] = points
	r.course(d, low, high)
	r.quotas(d, "quota_t_per_mwh_power", "quota_t_per_mwh_heat")
	r.number(d, 0.5, "maintenance_per_mwh", 20)
}

// converter sets the keys of a boiler or of power-to-gas. The range is that of
// the heat of a gas boiler and of the power of the other two. The range may be
// the single value 0 MW.
func (r *source) converter(d object, kind string) {
	high := r.some(4)
	d["max_mw"], d["efficiency"] = high, r.efficiency(0.5)
	low := r.minimum(d, high)
	r.course(d, low, high)
	r.number(d, 0.5, "maintenance_per_mwh", 20)
	switch kind {
	case "gas_boiler":
		r.quotas(d, "quota_t_per_mwh_heat")
	case "power_to_gas":
		r.maybe(d, 0.4, "co2_t_per_mwh_gas", func() any { return r.between(0.05, 0.3) })
	}
}
