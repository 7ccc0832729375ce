package casefile

import (
	"fmt"
	"slices"

	"github.com/trigrid/trigrid/der"
)

// readHeatPump reads a heat pump that heats a building, and water with the key
// "water". outside is a series of outdoor temperatures, °C. cop are points of
// outdoor temperature and heat per electricity; water has those of the building
// unless it has its own.
//
//	{"kind": "heat_pump", "name": "homes", "max_mw": 0.4, "outside": "outdoor",
//	 "cop": [{"outside_c": -10, "cop": 2.2}, {"outside_c": 10, "cop": 4}], "loss_mw_per_k": 0.03,
//	 "capacity_mwh_per_k": 1.2, "initial_c": 20.5, "min_c": 20, "max_c": 22,
//	 "discomfort_cost_per_k_h": 40,
//	 "water": {"draw": "hot_water", "energy_mwh": 0.6, "initial_mwh": 0.3, "unmet_cost_per_mwh": 500}}
func readHeatPump(v Fields, series map[string]bool) func() der.DER {
	const coldest, hottest = -90, 200 // °C, those of der.HeatPump
	u := der.HeatPump{
		ID:             v.At("name").Text(),
		MaxPower:       v.At("max_mw").Number(0, unbounded),
		Outside:        v.At("outside").Series(series),
		COP:            readCOP(v.At("cop").List()),
		Loss:           v.At("loss_mw_per_k").Number(smallest, unbounded),
		Capacity:       v.At("capacity_mwh_per_k").Number(smallest, unbounded),
		Initial:        v.At("initial_c").Number(coldest, hottest),
		MinTemperature: v.At("min_c").Number(coldest, hottest),
		MaxTemperature: v.At("max_c").Number(coldest, hottest),
		DiscomfortCost: v.At("discomfort_cost_per_k_h").Number(0, unbounded),
		EndValue:       v.At("end_value_per_k").NumberOr(0, 0, unbounded),
	}
	if u.MinTemperature > u.MaxTemperature && !v.At("min_c").rejected() && !v.At("max_c").rejected() {
		v.At("min_c").Wrong(fmt.Sprintf("no more than max_c, %v", u.MaxTemperature))
	}
	if w := v.At("water"); w.Given() && w.Object() {
		u.Water = der.HotWater{
			Draw:          w.At("draw").Series(series),
			COP:           readCOP(w.At("cop").ListOrNone()),
			Energy:        w.At("energy_mwh").Number(0, unbounded),
			Initial:       w.At("initial_mwh").Number(0, unbounded),
			SelfDischarge: w.At("self_discharge_per_hour").NumberOr(0, 0, 0.999),
			UnmetCost:     w.At("unmet_cost_per_mwh").Number(0, unbounded),
			EndValue:      w.At("end_value_per_mwh").NumberOr(0, 0, unbounded),
		}
		if u.Water.Initial > u.Water.Energy && !w.At("initial_mwh").rejected() && !w.At("energy_mwh").rejected() {
			w.At("initial_mwh").Wrong(fmt.Sprintf("no more than energy_mwh, %v", u.Water.Energy))
		}
	}
	return func() der.DER {
		x := u
		x.COP, x.Water.COP = slices.Clone(u.COP), slices.Clone(u.Water.COP)
		return &x
	}
}

// readCOP reads points of a coefficient of performance, from cold to warm.
func readCOP(items []Fields) []der.COPPoint {
	var out []der.COPPoint
	for i, x := range items {
		point := der.COPPoint{Outside: x.At("outside_c").Number(-90, 90), COP: x.At("cop").Number(smallest, 100)}
		if i > 0 && point.Outside <= out[i-1].Outside && !x.At("outside_c").rejected() {
			x.At("outside_c").Wrong(fmt.Sprintf("more than that of the point before, %v", out[i-1].Outside))
		}
		out = append(out, point)
	}
	return out
}
