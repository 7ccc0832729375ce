package draw

// river sets the keys of a station without a reservoir.
func (r *source) river(d object, name string) {
	d["inflow"], d["turbine"] = r.water(name), r.turbine()
	r.number(d, 0.5, "residual_flow_m3_per_s", 8)
	r.number(d, 0.5, "maintenance_per_mwh", 30)
}

// dam sets the keys of a reservoir, of a few hours of its inflow. A volume of 0
// occurs as well.
func (r *source) dam(d object, name string) {
	d["inflow"], d["turbine"] = r.water(name), r.turbine()
	low, high := 0.0, r.some(0.3)
	if r.chance(0.4) {
		low = high / 4
		d["min_volume_hm3"] = low
	}
	between := func() float64 { return low + (high-low)*float64(r.IntN(5))/4 }
	d["max_volume_hm3"], d["initial_hm3"] = high, between()
	r.maybe(d, 0.5, "end_volume_hm3", func() any { return between() })
	r.number(d, 0.5, "min_release_m3_per_s", 12)
	r.bound(d, 0.5, "release_ramp_m3_per_s_h", 1, 10)
	r.number(d, 0.7, "released_m3_per_s", 15)
	d["unmet_cost_per_hm3"] = r.some(20000)
	r.number(d, 0.7, "end_value_per_hm3", 20000)
	r.number(d, 0.5, "maintenance_per_mwh", 30)
}

// water adds an inflow in m³/s, in half of all cases with a path per scenario.
func (r *source) water(name string) string {
	if r.chance(0.5) {
		return r.path(name, 0, 20)
	}
	r.known = append(r.known, object{"name": name, "unit": "m³/s", "values": r.values(0, 20)})
	return name
}

// turbine returns one to three points with a falling slope.
func (r *source) turbine() []any {
	var out []any
	discharge, power, slope := 0.0, 0.0, r.between(0.2, 1.5)
	for range 1 + r.IntN(3) {
		width := r.between(1, 8)
		discharge, power = discharge+width, power+width*slope
		out = append(out, object{"discharge_m3_per_s": discharge, "power_mw": power})
		slope *= r.between(0, 0.95)
	}
	return out
}
