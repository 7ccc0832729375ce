package casefile_test

import (
	"encoding/json"
	"maps"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/optional"
)

// carrying returns the small case with one DER, of which more has the keys
// beside the required ones.
func carrying(t *testing.T, kind, more string) map[string]any {
	t.Helper()
	required := map[string]string{
		"storage": `{"charge_mw": 2, "discharge_mw": 2, "energy_mwh": 4, "initial_mwh": 2, "charge_efficiency": 1, "discharge_efficiency": 1}`,
		"carbon_capture": `{"min_output_mw": 1, "max_output_mw": 3, "linear_cost_per_mwh": 50, "emission_t_per_mwh": 0.9,
			"capture_efficiency": 0.9, "tank_t": 2, "in_tank_t": 1}`,
		"gas_boiler": `{"min_mw": 1, "max_mw": 3, "efficiency": 0.9}`,
		"thermal":    `{"min_output_mw": 1, "max_output_mw": 3, "linear_cost_per_mwh": 50}`,
	}
	unit, keys := map[string]any{"kind": kind, "name": "U"}, map[string]any{}
	require.NoError(t, json.Unmarshal([]byte(required[kind]), &unit))
	require.NoError(t, json.Unmarshal([]byte(more), &keys), more)
	maps.Copy(unit, keys)
	doc := smallCase(t, `{}`)
	doc["ders"] = []any{unit}
	return doc
}

// The state in which a DER begins, and the one in which it must end, are those
// of the file. An energy or tank of 0 at the end is not an absent one.
func TestCarriedStatesOfACase(t *testing.T) {
	of := func(kind, more string) der.DER {
		r, err := regionOf(t, carrying(t, kind, more))
		require.NoError(t, err, more)
		return r.DERs[0]
	}
	store := of("storage", `{"end_energy_mwh": 0, "starts_per_day": 2,
		"depths": [{"depth_mwh": 1, "wear_per_mwh": 2}, {"depth_mwh": 4, "wear_per_mwh": 6}],
		"before": {"day_hours": 8, "charging_starts": 2, "discharging_starts": 1, "charging": true, "in_bands_mwh": [0.5, 1.5]}}`).(*der.Storage)
	assert.Equal(t, optional.Of(0), store.EndEnergy)
	assert.Equal(t, der.StorageState{DayHours: 8, ChargingStarts: 2, DischargingStarts: 1, Charging: true, InBands: []float64{0.5, 1.5}}, store.Before)
	assert.True(t, of("storage", `{"before": {"discharging": true}}`).(*der.Storage).Before.Discharging)
	assert.Equal(t, optional.Of(3.5), of("storage", `{"end": "daily", "end_energy_mwh": 3.5}`).(*der.Storage).EndEnergy)
	assert.False(t, of("storage", `{"end_energy_mwh": null}`).(*der.Storage).EndEnergy.Given())

	assert.Equal(t, optional.Of(0), of("carbon_capture", `{"end_in_tank_t": 0}`).(*der.CarbonCapture).EndInTank)
	assert.False(t, of("carbon_capture", `{}`).(*der.CarbonCapture).EndInTank.Given())
	assert.True(t, of("gas_boiler", `{"runs_before": true, "switchable": true}`).(*der.GasBoiler).Heat.RunsBefore)
}

// All violations of a DER are reported at once, each with its path and the
// wanted value.
func TestViolationsOfCarriedStates(t *testing.T) {
	for _, c := range []struct {
		kind, more string
		want       []string
	}{
		{"storage", `{"end_energy_mwh": -1, "before": {"day_hours": -1, "charging_starts": 1.5, "discharging_starts": -1, "charging": 1,
			"discharging": "no", "in_bands_mwh": [-1, "x"], "hours": 1}}`, []string{
			"$.ders[0].end_energy_mwh: is -1, want a number of at least 0",
			"$.ders[0].before.day_hours: is -1, want a number of at least 0",
			"$.ders[0].before.charging_starts: is 1.5, want a whole number",
			"$.ders[0].before.discharging_starts: is -1, want a number from 0 to 1000",
			"$.ders[0].before.charging: is 1, want true or false",
			`$.ders[0].before.discharging: is "no", want true or false`,
			"$.ders[0].before.in_bands_mwh[0]: is -1, want a number of at least 0",
			`$.ders[0].before.in_bands_mwh[1]: is "x", want a number of at least 0`,
			"$.ders[0].before.hours: unknown key",
		}},
		{"storage", `{"end_energy_mwh": 5, "before": {"charging": true, "discharging": true, "in_bands_mwh": [1]}}`, []string{
			"$.ders[0].end_energy_mwh: is 5, want a number in [0, 4] MWh, from min_energy_mwh to energy_mwh",
			"$.ders[0].before.charging: and before.discharging are both true, want at most one run in progress",
			"$.ders[0].before.in_bands_mwh: has 1 energies, want one for each of the 0 bands of depths",
		}},
		{"storage", `{"depths": [{"depth_mwh": 1, "wear_per_mwh": 2}, {"depth_mwh": 4, "wear_per_mwh": 6}], "before": {"in_bands_mwh": [2, 0]}}`, []string{
			"$.ders[0].before.in_bands_mwh[0]: is 2, want a number in [0, 1] MWh, the upper end being the width of the band",
		}},
		{"storage", `{"end": "free", "end_energy_mwh": 0}`, []string{
			`$.ders[0].end_energy_mwh: is 0 but the energy at the end is free; set end to "as_begun" or "daily", or leave end_energy_mwh out`,
		}},
		{"storage", `{"before": [8]}`, []string{"$.ders[0].before: is a list of 1, want an object"}},
		{"carbon_capture", `{"end_in_tank_t": 3}`, []string{"$.ders[0].end_in_tank_t: is 3, want a number in [0, 2] t CO2, the upper end being tank_t"}},
		{"carbon_capture", `{"end_in_tank_t": "full"}`, []string{`$.ders[0].end_in_tank_t: is "full", want a number of at least 0`}},
		{"gas_boiler", `{"runs_before": 1, "before_mw": -2}`, []string{
			"$.ders[0].runs_before: is 1, want true or false", "$.ders[0].before_mw: is -2, want a number of at least 0",
		}},
		{"thermal", `{"must_run": true, "min_down_h": 3, "before": {"hours": 1}}`, []string{
			"$.ders[0].must_run: contradicts before: off for 1 h of the 3 h of min_down_h; set before.hours to at least min_down_h, or must_run to false",
		}},
	} {
		_, err := regionOf(t, carrying(t, c.kind, c.more))
		for _, violation := range c.want {
			assert.ErrorContains(t, err, violation, c.more)
		}
	}
}
