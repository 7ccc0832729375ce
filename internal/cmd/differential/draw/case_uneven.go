package draw

import (
	"encoding/json"
	"math"
	"math/rand/v2"
)

// Uneven returns the case file of [Case] on steps of different lengths, of
// which the first one is often the rest of a step: 7 minutes from 06:53 on.
// Times of DERs that have no meaning on the new steps are replaced by ones that
// have. A seed gives the same instance on every machine.
//
// For example, steps of 7, 30 and 60 minutes begin at 06:53, 07:00 and 07:30.
func Uneven(seed uint64) []byte {
	var root object
	if err := json.Unmarshal(Case(seed), &root); err != nil {
		panic(err) // Case writes JSON
	}
	r := rand.New(rand.NewPCG(seed, 2))
	grid := root["grid"].(object)
	steps := int(grid["steps"].(float64))
	minutes := make([]int, steps)
	longest, horizon := 0, 0
	for t := range minutes {
		minutes[t] = []int{15, 15, 30, 45, 60}[r.IntN(5)]
	}
	grid["start"] = "2020-04-15T06:45"
	if r.IntN(3) > 0 {
		minutes[0], grid["start"] = 7, "2020-04-15T06:53"
	}
	hours := make([]any, steps)
	for t, n := range minutes {
		longest, horizon = max(longest, n), horizon+n
		hours[t] = float64(n) / 60
	}
	equal := grid["step_hours"].(float64)
	grid["step_hours"] = hours

	v := root["vpps"].([]any)[0].(object)
	// One amount for all steps becomes an amount per hour times the length of
	// each step.
	if free, ok := v["free_allocation_t_per_step"].(float64); ok {
		list := make([]any, steps)
		for t, n := range minutes {
			list[t] = free * float64(n) / 60
		}
		v["free_allocation_t_per_step"] = list
	}
	// Hours and days are settled only if each full hour is the end of a step.
	if carbon, ok := root["markets"].(object)["carbon"].(object); ok {
		if ladder, ok := carbon["ladder"].(object); ok && ladder["settled"] != "horizon" && !hourly(grid["start"] == "2020-04-15T06:45", minutes) {
			ladder["settled"] = "step"
		}
	}
	items := root["ders"].([]any)
	for _, item := range items {
		parts, _ := item.(object)["parts"].([]any)
		items = append(items, parts...)
	}
	for _, item := range items {
		d := item.(object)
		switch d["kind"] {
		case "storage":
			// The day begins with the grid, so that no day ends within a step.
			if b, ok := d["before"].(object); ok {
				delete(b, "day_hours")
			}
			if d["reserve_h"] != nil { // at least the longest step
				d["reserve_h"] = float64(longest) / 60
			}
		case "shiftable_load":
			// The values of a run last a quarter of an hour each, and the whole
			// run fits into the horizon.
			profile := d["profile_mw"].([]any)
			lasts := 15
			for lasts*len(profile) > horizon {
				profile = profile[:len(profile)-1]
			}
			d["profile_mw"] = profile
			if len(profile) == 0 {
				d["profile_mw"], lasts = []any{0.5}, 7
			}
			d["profile_hours"], d["usual_h"] = float64(lasts)/60, 0
			delete(d, "from_h")
			delete(d, "to_h")
		case "ev_fleet":
			// Hours become the steps that they were.
			for _, item := range d["stays"].([]any) {
				for _, what := range []string{"arrive", "depart"} {
					if at, ok := item.(object)[what+"_h"].(float64); ok {
						item.(object)[what+"_step"] = math.Round(at / equal)
						delete(item.(object), what+"_h")
					}
				}
			}
		case "transferable_load":
			delete(d, "from_h")
			delete(d, "to_h")
			// The usual load needs less than half of the maximum on all
			// lengths.
			d["max_mw"] = 6.0
			if _, ok := d["min_run_h"]; ok {
				// A minimum run of a quarter of an hour is at most one step of
				// most lengths.
				d["min_run_h"] = math.Min(d["min_run_h"].(float64), 0.25)
			}
		case "demand_response":
			recurse(r, d, longest, horizon)
		}
	}
	return text(root)
}

// recurse gives a demand response a rebound that unequal steps support: stages
// of at least the longest step, within the horizon.
//
// longest and horizon are minutes. The stages have the weights 0.7 and 0.3, or
// 1 if only one fits.
func recurse(r *rand.Rand, d object, longest, horizon int) {
	if d["rebound"] == "decaying" {
		d["rebound"] = "recursive"
	}
	if d["rebound"] != nil && d["rebound"] != "recursive" {
		return
	}
	stage := longest + []int{0, 5, 20}[r.IntN(3)]
	d["rebound_hours"], d["rebound_weights"] = float64(stage)/60, []any{0.7, 0.3}
	switch {
	case stage > horizon:
		d["rebound"] = "none"
		delete(d, "rebound_hours")
		delete(d, "rebound_weights")
	case 2*stage > horizon:
		d["rebound_weights"] = []any{1.0}
	}
}

// hourly reports whether hours of the clock, and the end, are ends of steps,
// from 06:45 or 06:53.
//
// For example, steps of 7, 30, 30 and 60 minutes from 06:53 end at 07:00,
// 07:30, 08:00 and 09:00.
func hourly(quarter bool, minutes []int) bool {
	at := 53
	if quarter {
		at = 45
	}
	for _, n := range minutes {
		if at/60 != (at+n-1)/60 {
			return false // the step spans a full hour
		}
		at += n
	}
	return at%60 == 0
}
