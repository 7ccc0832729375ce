package draw

import "math"

// fleet sets the keys of electric cars: one to three stays of one or more
// steps, in numbers of steps or in hours. Half of the cars can feed in, a third
// has a limit that falls, and some come late, or not at all, in some scenarios:
//
//	"stays": [{"arrive_step": 1, "depart_step": 4, "capacity_kwh": 2600, "has_kwh": 900,
//	 "wants_kwh": 1800, "charge_kw": 1500, "discharge_kw": 700, "connected": "ev_fleet 1 a"}]
//
// A car has some MWh, so that it matters beside the other DERs.
func (r *source) fleet(d object, name string) {
	d["efficiency"] = r.efficiency(0.7)
	d["unmet_cost_per_mwh"] = r.some(500)
	r.number(d, 0.6, "wear_per_mwh", 30)
	var stays []any
	for i := range 1 + r.IntN(3) {
		from := r.IntN(r.steps)
		to := from + 1 + r.IntN(r.steps-from)
		capacity := 100 * (1 + r.IntN(40)) // kWh
		x := object{
			"capacity_kwh": capacity, "has_kwh": capacity * r.IntN(5) / 4, "wants_kwh": capacity * r.IntN(5) / 4,
			"charge_kw": math.Round(1000 * r.some(3)),
		}
		if r.chance(0.5) {
			x["arrive_step"], x["depart_step"] = from, to
		} else {
			x["arrive_h"], x["depart_h"] = float64(from)*r.hours, float64(to)*r.hours
		}
		r.maybe(x, 0.5, "discharge_kw", func() any { return math.Round(1000 * r.some(2)) })
		r.maybe(x, 0.35, "taper_from_kwh", func() any { return capacity * r.IntN(4) / 4 })
		if _, ok := x["taper_from_kwh"]; ok {
			r.maybe(x, 0.5, "taper_kw", func() any { return math.Round(x["charge_kw"].(float64) * float64(r.IntN(5)) / 4) })
		}
		if r.chance(0.4) {
			x["connected"] = r.connected(name + " " + string(rune('a'+i)))
		}
		stays = append(stays, x)
	}
	d["stays"] = stays
}

// connected adds a series of shares with a path per scenario and returns its
// name. A share is 0, 1 or between.
func (r *source) connected(name string) string {
	var paths []any
	for range r.scenarios {
		path := make([]float64, r.steps)
		for t := range path {
			path[t] = []float64{0, 0.5, 1, 1}[r.IntN(4)]
		}
		paths = append(paths, path)
	}
	r.series = append(r.series, object{"name": name, "paths_mw": paths})
	return name
}
