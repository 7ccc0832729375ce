package casefile

import (
	"fmt"
	"slices"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/optional"
)

// readStorage reads a battery, or a heat store with "carrier": "heat".
// Efficiencies are fractions in (0, 1], one per direction. depths are bands of
// depth of discharge with a wear of their own, such as [{"depth_mwh": 1,
// "wear_per_mwh": 20}, {"depth_mwh": 2, "wear_per_mwh": 60}]. end_energy_mwh is
// the energy that "end" requires, initial_mwh by default. before is the state
// beside the energy: {"day_hours": 8, "charging_starts": 1, "charging": true}
// has begun one run of charging since its day began 8 h before the grid, and
// charges still.
//
//	{"kind": "storage", "name": "hot water", "carrier": "heat", "charge_mw": 2, "discharge_mw": 2,
//	 "energy_mwh": 4, "initial_mwh": 2, "charge_efficiency": 0.98, "discharge_efficiency": 0.98,
//	 "self_discharge_per_hour": 0.01, "end": "free", "end_value_per_mwh": 200}
func readStorage(v Fields, _ map[string]bool) func() der.DER {
	initial := v.At("initial_mwh").Number(0, unbounded)
	u := der.Storage{
		ID:                  v.At("name").Text(),
		Port:                carrier(v.At("carrier")),
		Charge:              v.At("charge_mw").Number(0, unbounded),
		Discharge:           v.At("discharge_mw").Number(0, unbounded),
		MinEnergy:           v.At("min_energy_mwh").NumberOr(0, 0, unbounded),
		Energy:              v.At("energy_mwh").Number(0, unbounded),
		Initial:             optional.Of(initial),
		ChargeEfficiency:    efficiency(v.At("charge_efficiency")),
		DischargeEfficiency: efficiency(v.At("discharge_efficiency")),
		SelfDischarge:       v.At("self_discharge_per_hour").NumberOr(0, 0, 0.999),
		Reserve:             v.At("reserve_mw").NumberOr(0, 0, unbounded),
		ReserveHours:        v.At("reserve_h").Optional(0, unbounded),
		Wear:                v.At("wear_per_mwh").NumberOr(0, 0, unbounded),
		WearRule:            der.WearRule(v.At("wear_rule").OneOf("throughput", "discharge")),
		StartsPerDay:        v.At("starts_per_day").OptionalCount(0, 1000),
		End:                 der.End(v.At("end").OneOf("as_begun", "daily", "free")),
		EndEnergy:           v.At("end_energy_mwh").Optional(0, unbounded),
		EndValue:            v.At("end_value_per_mwh").NumberOr(0, -unbounded, unbounded),
	}
	if b := v.At("before"); b.Given() && b.Object() {
		u.Before = der.StorageState{
			DayHours:          b.At("day_hours").NumberOr(0, 0, unbounded),
			ChargingStarts:    b.At("charging_starts").OptionalCount(0, 1000).Or(0),
			DischargingStarts: b.At("discharging_starts").OptionalCount(0, 1000).Or(0),
			Charging:          b.At("charging").FlagOr(false),
			Discharging:       b.At("discharging").FlagOr(false),
		}
		for _, x := range b.At("in_bands_mwh").ListOrNone() {
			u.Before.InBands = append(u.Before.InBands, x.Number(0, unbounded))
		}
	}
	for _, d := range v.At("depths").ListOrNone() {
		u.Depths = append(u.Depths, der.DepthBand{Depth: d.At("depth_mwh").Number(0, unbounded), Wear: d.At("wear_per_mwh").Number(0, unbounded)})
	}
	// The DER's own Validate also rejects these contradictions, but without the
	// path in the file.
	sound := !v.At("energy_mwh").rejected() && !v.At("min_energy_mwh").rejected()
	if sound && u.MinEnergy > u.Energy {
		v.At("min_energy_mwh").Wrong(fmt.Sprintf("no more than energy_mwh, %v", u.Energy))
	}
	if sound && !v.At("initial_mwh").rejected() && (initial < u.MinEnergy || initial > u.Energy) {
		v.At("initial_mwh").Wrong(fmt.Sprintf("a number from min_energy_mwh, %v, to energy_mwh, %v", u.MinEnergy, u.Energy))
	}
	return func() der.DER {
		x := u
		x.Depths, x.Before.InBands = slices.Clone(u.Depths), slices.Clone(u.Before.InBands)
		return &x
	}
}
