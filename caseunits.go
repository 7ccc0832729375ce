package trigrid

import (
	"fmt"
	"maps"
	"slices"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/optional"
)

// UnitReader reads a unit of one kind from its object in a case file; "kind" is read already. It returns
// a function that makes the unit, so that every region has units of its own, and may return nil after
// recording a violation. Series are the names of the case's series.
type UnitReader func(v Fields, series map[string]bool) func() der.DER

type unitOf = func() der.DER

// kinds returns the kinds of unit of package der; docs/case.md lists their fields.
func kinds() map[string]UnitReader {
	return map[string]UnitReader{
		"wind":              readWind,
		"pv":                readPV,
		"storage":           readStorage,
		"demand_response":   readDemandResponse,
		"load":              readLoad,
		"shiftable_load":    readShiftableLoad,
		"transferable_load": readTransferableLoad,
		"thermal":           readThermal,
		"carbon_capture":    readCarbonCapture,
		"chp":               readCHP,
		"chp_extraction":    readExtractionCHP,
		"gas_boiler":        readGasBoiler,
		"electric_boiler":   readElectricBoiler,
		"power_to_gas":      readPowerToGas,
		"gas_supply":        readGasSupply,
		"heat_dump":         readHeatDump,
		"sequestration":     readSequestration,
	}
}

func (l Loader) readUnit(v Fields, series map[string]bool) unitOf {
	if !v.Object() {
		return nil
	}
	known := kinds()
	maps.Copy(known, l.Kinds)
	kind := v.At("kind").Text()
	read, ok := known[kind]
	if !ok {
		v.At("kind").Wrong(fmt.Sprintf("one of %q", slices.Sorted(maps.Keys(known))))
		v.Members(func(string, Fields) {}) // which keys are known depends on the kind
		return nil
	}
	return read(v, series)
}

func seriesOfUnit(v Fields, series map[string]bool) string {
	name := v.Text()
	if !series[name] && name != "" {
		v.Wrong("the name of one of the scenarios' series")
	}
	return name
}

func readWind(v Fields, series map[string]bool) func() der.DER {
	u := der.Wind{
		ID:                 v.At("name").Text(),
		Capacity:           nonzero(v.At("capacity_mw").Number(0, huge)),
		Available:          seriesOfUnit(v.At("available"), series),
		Maintenance:        v.At("maintenance_per_mwh").NumberOr(0, 0, huge),
		CurtailmentPenalty: v.At("curtailment_penalty_per_mwh").NumberOr(0, 0, huge),
	}
	return func() der.DER { x := u; return &x }
}

func readPV(v Fields, series map[string]bool) func() der.DER {
	u := der.PV{
		ID:                 v.At("name").Text(),
		Capacity:           nonzero(v.At("capacity_mw").Number(0, huge)),
		Available:          seriesOfUnit(v.At("available"), series),
		Subsidy:            v.At("subsidy_per_mwh").NumberOr(0, 0, huge),
		Maintenance:        v.At("maintenance_per_mwh").NumberOr(0, 0, huge),
		CurtailmentPenalty: v.At("curtailment_penalty_per_mwh").NumberOr(0, 0, huge),
	}
	return func() der.DER { x := u; return &x }
}

// carrier reads the form of energy at a unit's meter.
func carrier(v Fields) der.Carrier { return der.Carrier(v.OneOf("electricity", "heat", "gas")) }

func readStorage(v Fields, _ map[string]bool) func() der.DER {
	initial := v.At("initial_mwh").Number(0, huge)
	u := der.Storage{
		ID:                  v.At("name").Text(),
		Port:                carrier(v.At("carrier")),
		Charge:              v.At("charge_mw").Number(0, huge),
		Discharge:           v.At("discharge_mw").Number(0, huge),
		MinEnergy:           v.At("min_energy_mwh").NumberOr(0, 0, huge),
		Energy:              v.At("energy_mwh").Number(0, huge),
		Initial:             optional.Of(initial),
		ChargeEfficiency:    v.At("charge_efficiency").Number(smallest, 1),
		DischargeEfficiency: v.At("discharge_efficiency").Number(smallest, 1),
		SelfDischarge:       v.At("self_discharge_per_hour").NumberOr(0, 0, 0.999),
		Wear:                v.At("wear_per_mwh").NumberOr(0, 0, huge),
		WearRule:            der.WearRule(v.At("wear_rule").OneOf("throughput", "discharge")),
		StartsPerDay:        nonzero(float64(v.At("starts_per_day").CountOr(0, 0, 1000))),
		End:                 der.End(v.At("end").OneOf("as_begun", "daily", "free")),
		EndValue:            v.At("end_value_per_mwh").NumberOr(0, -huge, huge),
	}
	for _, d := range v.At("depths").ListOrNone() {
		u.Depths = append(u.Depths, der.DepthBand{Depth: d.At("depth_mwh").Number(0, huge), Wear: d.At("wear_per_mwh").Number(0, huge)})
	}
	if u.MinEnergy > u.Energy {
		v.At("min_energy_mwh").Wrong(fmt.Sprintf("no more than energy_mwh, %v", u.Energy))
	}
	if initial < u.MinEnergy || initial > u.Energy {
		v.At("initial_mwh").Wrong(fmt.Sprintf("a number from min_energy_mwh, %v, to energy_mwh, %v", u.MinEnergy, u.Energy))
	}
	return func() der.DER {
		x := u
		x.Depths = slices.Clone(u.Depths)
		return &x
	}
}

// smallest keeps efficiencies above zero.
const smallest = 1e-6

// nonzero reads the number 0 as absent: a limit of zero is no limit in a case file.
func nonzero(x float64) optional.Float {
	if x == 0 {
		return optional.Float{}
	}
	return optional.Of(x)
}
