package draw

// site sets the keys of one to three DERs of electricity behind one connection.
// Most sites can exceed their limits at a price; the limits of the others can
// leave no schedule.
func (r *source) site(d object) {
	kinds := []string{"wind", "pv", "storage", "shiftable_load", "transferable_load", "ev_fleet", "heat_pump", "run_of_river"}
	var parts []any
	outside := r.ders
	for range 1 + r.IntN(3) {
		r.ders = nil
		r.der(kinds[r.IntN(len(kinds))])
		for _, part := range r.ders {
			delete(part.(object), "carrier") // stores of heat need partners in the VPP
			// A site holds no reserve behind an export limit.
			delete(part.(object), "reserve_mw")
			delete(part.(object), "reserve_h")
			parts = append(parts, part)
		}
	}
	r.ders, d["parts"] = outside, parts
	r.bound(d, 0.8, "max_import_mw", 0.5, 6)
	r.bound(d, 0.8, "max_export_mw", 0.5, 6)
	if d["max_import_mw"] != nil || d["max_export_mw"] != nil {
		r.number(d, 0.75, "excess_cost_per_mwh", 300)
	}
}
