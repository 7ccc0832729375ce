package casefile

import (
	"os"
	"reflect"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/scenario"
)

// Every field of a built-in kind has a key, so that no error of package der
// names a Go field. The exceptions have no key and are zero in a case file.
func TestEveryFieldOfAKindHasAKey(t *testing.T) {
	without := map[string]bool{
		"Pieces": true, "Formulation": true, "Unit": true, "Power": true, "Heat": true, "Forecast": true,
		"Before.Boundary": true, "Before.Hold": true, "Before.StopOutput": true, "StopReserve": true, // of thermal units
	}
	// The state of these loads at the start of a window: a case file begins a
	// horizon.
	states := map[string]map[string]bool{
		"carbon_capture":    {"Unit.Reserve": true}, // holds none
		"demand_response":   {"Before": true, "Before.Passed": true, "Before.Owed": true, "Before.Due": true, "Before.Ahead": true, "Calls.Before": true},
		"shiftable_load":    {"Passed": true, "Began": true},
		"ev_fleet":          {"Before": true, "Before.Passed": true, "Before.Stays": true},
		"transferable_load": {"Before": true, "Before.Passed": true, "Before.Owed": true, "Before.Running": true},
	}
	c, err := Load(os.DirFS("testdata"), "allkinds.json")
	require.NoError(t, err)
	kinds := map[string]string{
		"Wind": "wind", "PV": "pv", "Storage": "storage", "DemandResponse": "demand_response", "ShiftableLoad": "shiftable_load",
		"TransferableLoad": "transferable_load", "Load": "load", "Thermal": "thermal", "CarbonCapture": "carbon_capture", "CHP": "chp",
		"ExtractionCHP": "chp_extraction", "GasBoiler": "gas_boiler", "ElectricBoiler": "electric_boiler", "PowerToGas": "power_to_gas",
		"GasSupply": "gas_supply", "HeatDump": "heat_dump", "EVFleet": "ev_fleet", "HeatPump": "heat_pump", "RunOfRiver": "run_of_river", "Reservoir": "reservoir", "Site": "site", "Sequestration": "sequestration",
	}
	seen := map[string]bool{}
	for _, newDER := range c.ders {
		x := reflect.TypeOf(newDER()).Elem()
		kind := kinds[x.Name()]
		seen[kind] = true
		words := wordsOf(kind)
		for i := range x.NumField() {
			f := x.Field(i)
			paths := []string{f.Name}
			// The members of a struct of package der, such as Power.Max, are
			// named with their field.
			if of := f.Type; of.Kind() == reflect.Struct && of.PkgPath() == x.PkgPath() {
				for j := range of.NumField() {
					paths = append(paths, f.Name+"."+of.Field(j).Name)
				}
			}
			for _, path := range paths {
				if member := len(path) > 5 && path[:5] == "Unit."; without[path] || states[kind][path] || member && without[path[5:]] {
					continue
				}
				assert.Contains(t, words, path, kind)
			}
		}
	}
	assert.Len(t, seen, len(builtIn(scenario.Grid{})), "a case of all kinds")
}

func TestErrorsArePlacedAndInWords(t *testing.T) {
	words := wordsOf("storage")
	assert.Equal(t, `min_energy_mwh of "Energy" and depths[2].wear_per_mwh`, inWords(`MinEnergy of "Energy" and Depths[2].Wear`, words))
	assert.Equal(t, "depths ends early; other Words stay", inWords("Depths ends early; other Words stay", words))
}

func TestUsualNamesMeanKinds(t *testing.T) {
	for name, kinds := range usualNames() {
		assert.NotContains(t, builtIn(scenario.Grid{}), name)
		assert.NotEmpty(t, kinds)
		for _, kind := range kinds {
			assert.Contains(t, builtIn(scenario.Grid{}), kind, name)
		}
	}
}
