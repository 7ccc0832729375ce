package draw

// heatPump sets the keys of a heat pump, with a tank in half of all cases.
// Outdoor temperatures are known, and lie below, between and above the points
// of the COP.
func (r *source) heatPump(d object, name string) {
	values := make([]float64, r.steps)
	for t := range values {
		values[t] = r.between(-15, 25)
	}
	r.known = append(r.known, object{"name": name + " outside", "unit": "°C", "values": values})
	d["outside"] = name + " outside"
	d["max_mw"] = r.some(3)
	d["cop"] = r.cop()
	d["loss_mw_per_k"], d["capacity_mwh_per_k"] = r.between(0.02, 0.4), r.between(0.2, 3)
	// A building can begin below, in or above its comfort band, which can have
	// a width of 0.
	low := r.between(15, 21)
	d["min_c"], d["max_c"], d["initial_c"] = low, low+r.some(4), r.between(12, 25)
	d["discomfort_cost_per_k_h"] = r.some(80)
	r.number(d, 0.6, "end_value_per_k", 40)
	r.maybe(d, 0.5, "water", func() any {
		// The tank begins at a quarter of its capacity or a multiple, so also
		// empty and full.
		energy := r.some(4)
		w := object{
			"draw": r.path(name+" water", 0, 2), "energy_mwh": energy, "initial_mwh": energy * float64(r.IntN(5)) / 4,
			"unmet_cost_per_mwh": r.some(400),
		}
		r.maybe(w, 0.5, "cop", func() any { return r.cop() })
		r.number(w, 0.4, "self_discharge_per_hour", 0.05)
		r.number(w, 0.5, "end_value_per_mwh", 80)
		return w
	})
}

// cop returns one to three points from cold to warm.
func (r *source) cop() []any {
	var out []any
	at := -12.0
	for range 1 + r.IntN(3) {
		out = append(out, object{"outside_c": at, "cop": r.between(1, 5)})
		// The reader refuses equal temperatures.
		at += r.between(2, 12)
	}
	return out
}
