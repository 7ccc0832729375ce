package casefile

import (
	"maps"
	"slices"
	"strings"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/scenario"
)

// builtIn returns the readers of the kinds of DER of package der. docs/case.md
// lists their keys.
//
// Times of some kinds can be stated as numbers of steps of the grid.
//
// All readers have the same form: each key of the file sets the field of the
// same meaning, a key with NumberOr is optional, and the returned function
// copies the DER with its lists, because regions must not share DERs.
func builtIn(grid scenario.Grid) map[string]DERReader {
	return map[string]DERReader{
		"wind":              readWind,
		"pv":                readPV,
		"storage":           readStorage,
		"demand_response":   readDemandResponse,
		"load":              readLoad,
		"shiftable_load":    readShiftableLoad,
		"transferable_load": readTransferableLoad,
		"ev_fleet":          fleetReader(grid),
		"thermal":           readThermal,
		"carbon_capture":    readCarbonCapture,
		"chp":               readCHP,
		"chp_extraction":    readExtractionCHP,
		"gas_boiler":        readGasBoiler,
		"electric_boiler":   readElectricBoiler,
		"power_to_gas":      readPowerToGas,
		"heat_pump":         readHeatPump,
		"run_of_river":      readRunOfRiver,
		"reservoir":         readReservoir,
		"gas_supply":        readGasSupply,
		"heat_dump":         readHeatDump,
		"sequestration":     readSequestration,
		// Parts may be of any kind, so that readDERs reads sites.
		"site": func(Fields, map[string]bool) func() der.DER { return nil },
	}
}

// maxCount is the largest number of equal DERs of an item. It is assumed:
// numbers above it are read as mistakes.
const maxCount = 1_000_000_000

// readDERs reads the list "ders". An item with a count above 1 is a [der.Fleet]
// of equal DERs, each of which is checked as one.
//
// An item of an unknown kind is a violation, and has no element in the result.
func (l Loader) readDERs(v Fields, grid scenario.Grid, series map[string]bool) []derItem {
	var items []derItem
	for _, item := range listOfSome(v, "DER") {
		found := item.violations()
		newDER := l.readDER(item, grid, series)
		kind := item.At("kind").TextOr("")
		_, own := l.Kinds[kind]
		var parts []derItem
		if kind == "site" && !own {
			newDER, parts = l.readSite(item, grid, series)
		}
		if newDER == nil {
			continue
		}
		one := newDER()
		if n := item.At("count").CountOr(1, 1, maxCount); n > 1 {
			unit := newDER
			newDER = func() der.DER { return &der.Fleet{Unit: unit(), Count: n} }
		}
		items = append(items, derItem{
			at: item, kind: kind, own: own, newDER: newDER, der: one, sound: item.violations() == found, parts: parts,
		})
	}
	return items
}

// readDER reads one item of the list "ders" with the reader of its kind. It
// returns nil after a violation that leaves no DER.
func (l Loader) readDER(v Fields, grid scenario.Grid, series map[string]bool) func() der.DER {
	if !v.Object() {
		return nil
	}
	readers := builtIn(grid)
	maps.Copy(readers, l.Kinds)
	kind := v.At("kind").Text()
	read, ok := readers[kind]
	if !ok {
		if kind != "" { // an absent kind is reported already
			v.At("kind").Wrong(oneOfKinds(kind, slices.Sorted(maps.Keys(readers))))
		}
		v.value.Ignore() // the keys depend on the kind, so that none can be reported as unknown
		return nil
	}
	return read(v, series)
}

// usualNames returns the kinds that other names of resources mean.
//
// They occur in hints only: a file must have the kinds of [builtIn] or
// [Loader.Kinds].
func usualNames() map[string][]string {
	return map[string][]string{
		"battery": {"storage"}, "bess": {"storage"}, "ess": {"storage"}, "tank": {"storage"}, "heat_storage": {"storage"},
		"solar": {"pv"}, "photovoltaic": {"pv"}, "generator": {"thermal"}, "gas_turbine": {"thermal"}, "turbine": {"thermal"},
		"wind_turbine": {"wind"}, "wind_farm": {"wind"}, "dr": {"demand_response"}, "demand": {"load", "demand_response"},
		"heat_load": {"load"}, "cogeneration": {"chp"}, "electrolyser": {"power_to_gas"}, "electrolyzer": {"power_to_gas"},
		"ev": {"ev_fleet"}, "car": {"ev_fleet"}, "cars": {"ev_fleet"}, "electric_vehicle": {"ev_fleet"}, "charger": {"ev_fleet"},
		"hydro": {"reservoir", "run_of_river"}, "ror": {"run_of_river"}, "dam": {"reservoir"},
		"household": {"site"}, "home": {"site"}, "connection": {"site"}, "microgrid": {"site"},
		"p2g": {"power_to_gas"}, "gas": {"gas_supply"}, "ccs": {"carbon_capture"},
	}
}

// oneOfKinds describes the wanted kind with all known ones and those that are
// probably meant, such as "storage" for "battery".
func oneOfKinds(kind string, known []string) string {
	if meant := usualNames()[strings.ToLower(kind)]; meant != nil {
		return oneOf("one of the kinds", "", known) + didYouMean(meant)
	}
	return oneOf("one of the kinds", kind, known)
}

// carrier reads the energy carrier at the meter of a storage or a load.
func carrier(v Fields) der.Carrier { return der.Carrier(v.OneOf("electricity", "heat", "gas")) }

// efficiency reads a fraction in (0, 1].
func efficiency(v Fields) float64 {
	return v.value.NumberAs(smallest, 1, "a fraction above 0 and at most 1")
}

// carbonRule reads the place at which the carbon of gas and of captured CO2 is
// counted. One rule holds for all DERs of a region, which the region checks.
func carbonRule(v Fields) der.CarbonRule {
	return der.CarbonRule(v.At("carbon").OneOf("at_stack", "at_purchase"))
}
