package home

import (
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/optional"
)

func TestAllViolationsOfARequestAreReported(t *testing.T) {
	r := Request{
		Seconds: wh(3600, 0), Load: wh(1), Solar: wh(0, math.NaN()), ImportPrice: wh(0, math.Inf(1)), ExportPrice: wh(0, 0),
		ChargeEfficiency: 1.5, DischargeEfficiency: -1,
		MaxImport: optional.Float{}, MaxExport: optional.Of(-5), DemandRate: optional.Of(1),
		Batteries: []Battery{{Min: 2, Max: 1, Goals: wh(1), Demands: wh(-1, 0)}, {
			Initial: -1, Capacity: optional.Of(-1), MinCharge: -1, MaxCharge: 1e12, MaxDischarge: math.NaN(), Value: 1e9, Priority: -1,
		}},
	}
	const want = `home: Seconds[1] is 0, want a number in [0.001, 1e+08] s
home: Load has 1 values, want 2, one per step
home: Solar[1] is NaN, want a number in [-1e+09, 1e+09] Wh
home: ImportPrice[1] is +Inf, want a number in [-10000, 10000] currency per Wh
home: ChargeEfficiency is 1.5, want a number in [0.001, 1]
home: DischargeEfficiency is -1, want a number in [0.001, 1]
home: MaxExport is -5, want a number in [0, 1e+09] W
home: DemandRate is given without MaxImport; set MaxImport, 0 if every W is charged
home: Batteries[0].Goals has 1 values, want 2, one per step
home: Batteries[0].Demands[0] is -1, want a number in [0, 1e+09] Wh
home: Batteries[1].Initial is -1, want a number in [0, 1e+09] Wh
home: Batteries[1].Capacity is -1, want a number in [0, 1e+09] Wh
home: Batteries[1].MinCharge is -1, want a number in [0, 1e+09] W
home: Batteries[1].MaxCharge is 1e+12, want a number in [0, 1e+09] W
home: Batteries[1].MaxDischarge is NaN, want a number in [0, 1e+09] W
home: Batteries[1].Priority is -1, want a number in [0, 1e+09]
home: Batteries[1].Value is 1e+09, want a number in [-10000, 10000] currency per Wh`
	require.EqualError(t, r.Validate(), want)
	_, err := Plan(t.Context(), r, Options{})
	require.EqualError(t, err, want)
	_, _, err = Program(r)
	require.EqualError(t, err, want)
	_, err = Audit(r, &Schedule{}, 1e-6)
	require.EqualError(t, err, want)
	assert.EqualError(t, Request{}.Validate(), "home: Seconds has 0 steps, want 1 to 10000")
}

// text is a request with every key.
const text = `{"eta_c": 0.9, "eta_d": 0.8,
 "grid": {"p_max_imp": 11000, "p_max_exp": 7000, "prc_p_exc_imp": 0.1},
 "strategy": {"charging_strategy": "attenuate_grid_peaks", "discharging_strategy": "discharge_before_import"},
 "time_series": {"dt": [600, 3600], "gt": [1, 2], "ft": [3, 4], "p_N": [0.1, 0.2], "p_E": [0.3, 0.4]},
 "batteries": [{"s_initial": 1000, "s_min": 5, "s_max": 5000, "s_capacity": 6000, "c_min": 1, "c_max": 2500,
   "d_max": 2600, "p_a": 0.0002, "charge_from_grid": true, "discharge_to_grid": true, "c_priority": 2,
   "s_goal": [0, 7], "p_demand": [8, 0]}]}`

func TestARequestIsRead(t *testing.T) {
	r, err := ReadRequest(strings.NewReader(text))
	require.NoError(t, err)
	assert.Equal(t, Request{
		Seconds: wh(600, 3600), Load: wh(1, 2), Solar: wh(3, 4), ImportPrice: wh(0.1, 0.2), ExportPrice: wh(0.3, 0.4),
		ChargeEfficiency: 0.9, DischargeEfficiency: 0.8,
		MaxImport: optional.Of(11000), MaxExport: optional.Of(7000), DemandRate: optional.Of(0.1),
		Preferences: Preferences{LowImportPeak: true, LowExportPeak: true, LateImport: true},
		Batteries: []Battery{{
			Initial: 1000, Min: 5, Max: 5000, Capacity: optional.Of(6000), MinCharge: 1, MaxCharge: 2500,
			MaxDischarge: 2600, Value: 0.0002, ChargeFromGrid: true, DischargeToGrid: true, Priority: 2,
			Goals: wh(0, 7), Demands: wh(8, 0),
		}},
	}, r)
}

// The optional keys may be absent, null, or empty lists.
func TestAbsentKeysHaveDefaults(t *testing.T) {
	const series = `"time_series": {"dt": [600], "gt": [1], "ft": [3], "p_N": [0.1], "p_E": [0.3]}`
	const battery = `"s_initial": 1, "s_min": 0, "s_max": 5, "c_min": 0, "c_max": 2, "d_max": 2, "p_a": 0`
	want := Request{
		Seconds: wh(600), Load: wh(1), Solar: wh(3), ImportPrice: wh(0.1), ExportPrice: wh(0.3),
		ChargeEfficiency: 0.95, DischargeEfficiency: 0.95,
		Batteries: []Battery{{Initial: 1, Max: 5, MaxCharge: 2, MaxDischarge: 2}},
	}
	for _, text := range []string{
		`{` + series + `, "batteries": [{` + battery + `}]}`,
		`{` + series + `, "batteries": [{` + battery + `, "s_goal": [], "p_demand": null, "s_capacity": null}], "grid": null,
		  "strategy": {"charging_strategy": "none", "discharging_strategy": ""}, "eta_c": null}`,
	} {
		r, err := ReadRequest(strings.NewReader(text))
		require.NoError(t, err)
		assert.Equal(t, want, r)
	}
	for word, want := range map[string]Preferences{
		"charge_before_export":    {LateExport: true},
		"discharge_before_import": {LateImport: true},
		"attenuate_demand_peaks":  {LowImportPeak: true},
		"attenuate_feedin_peaks":  {LowExportPeak: true},
	} {
		r, err := ReadRequest(strings.NewReader(`{` + series + `, "strategy": {"charging_strategy": "` + word + `"}}`))
		require.NoError(t, err)
		assert.Equal(t, want, r.Preferences)
	}
}

func TestAllViolationsOfATextAreReported(t *testing.T) {
	_, err := ReadRequest(strings.NewReader(`{"eta_c": 2, "colour": 1,
 "grid": {"prc_p_exc_imp": 0.1},
 "strategy": {"charging_strategy": "fast"},
 "time_series": {"dt": [600, 0], "gt": [1], "ft": [3, "x"], "p_N": [0.1, 0.2]},
 "batteries": [{"s_initial": -1, "s_min": 9, "s_max": 5, "c_mn": 1, "c_max": 2500, "d_max": 2600, "p_a": 0.0002}, 7]}`))
	require.EqualError(t, err, `home: request:
$.eta_c: is 2, want a number from 0.001 to 1
$.grid.prc_p_exc_imp: is given without p_max_imp; set p_max_imp, 0 if every W is charged
$.strategy.charging_strategy: is "fast", want one of ["none" "charge_before_export" "discharge_before_import" "attenuate_demand_peaks" "attenuate_feedin_peaks" "attenuate_grid_peaks"]
$.time_series.dt[1]: is 0, want a number from 0.001 to 1e+08
$.time_series.gt: is a list of 1, want a list of 2 numbers, one per step
$.time_series.ft[1]: is "x", want a number from -1e+09 to 1e+09
$.time_series.p_E: is missing, want a list of 2 numbers, one per step
$.batteries[0].s_initial: is -1, want a number from 0 to 1e+09
$.batteries[1]: is 7, want an object
$.colour: unknown key; known here: [batteries eta_c eta_d grid strategy time_series]
$.batteries[0].c_mn: unknown key; did you mean "c_min"? known here: [c_max c_min c_priority charge_from_grid d_max discharge_to_grid p_a p_demand s_capacity s_goal s_initial s_max s_min]`)

	_, err = ReadRequest(strings.NewReader(`{"time_series": {"dt": [], "gt": "x"}}`))
	require.ErrorContains(t, err, "$.time_series.dt: is a list of 0, want a list of 1 to 10000 numbers")
	require.ErrorContains(t, err, `$.time_series.gt: is "x", want a list`)
	_, err = ReadRequest(strings.NewReader(`{"request": {}}`))
	assert.EqualError(t, err, `home: request: is a recorded case, read it with ReadCase:
$.time_series: is missing, want an object
$.request: unknown key; known here: [eta_c eta_d grid strategy time_series]`)
	_, err = ReadRequest(strings.NewReader("[1"))
	require.ErrorContains(t, err, "home: request: $")
}

func TestACaseIsRead(t *testing.T) {
	read := func(text string) (*Case, error) { return ReadCase(strings.NewReader(text)) }
	request := strings.Replace(text, `"prc_p_exc_imp": 0.1`, `"prc_p_exc_imp": null, "colour": 3`, 1)
	const battery = `{"charging_power": [1, 2], "discharging_power": [3, 4], "state_of_charge": [5, 6]}`
	const flows = `"grid_import": [1, 2], "grid_export": [3, 4], "grid_import_overshoot": [], "grid_export_overshoot": [5, 6]`
	c, err := read(`{"strict": true, "request": ` + request + `, "expected_response": {"status": "Optimal", ` + flows + `, "batteries": [` + battery + `]}}`)
	require.NoError(t, err)
	assert.Equal(t, &Schedule{
		Import: wh(1, 2), ImportAbove: wh(0, 0), Export: wh(3, 4), ExportLost: wh(5, 6),
		Batteries: []BatterySchedule{{Charge: wh(1, 2), Discharge: wh(3, 4), State: wh(5, 6)}},
	}, c.Answer)
	assert.Contains(t, c.Ignored, "$.request.grid.colour: unknown key")

	c, err = read(`{"request": ` + text + `, "expected_response": {"status": "Infeasible", "batteries": []}}`)
	require.NoError(t, err)
	assert.Equal(t, "Infeasible", c.Status)
	assert.Nil(t, c.Answer)
	assert.Empty(t, c.Ignored)

	_, err = read(`{"request": ` + text + `, "expected_response": {"status": "Optimal", "grid_import": [1], "grid_export": [3, 4], "batteries": []}}`)
	require.EqualError(t, err, `home: case:
$.expected_response.grid_import: is a list of 1, want a list of 2 numbers, one per step
$.expected_response.batteries: has 0 batteries, want 1 as in the request`)
	_, err = read(`{}`)
	require.EqualError(t, err, "home: case:\n$.request: is missing, want an object")
}

// FuzzReadRequest requires that a request that is read is valid, that its idle
// plan keeps every rule, and that its program has no mistake.
func FuzzReadRequest(f *testing.F) {
	f.Add(text)
	f.Add(`{"time_series": {"dt": [600], "gt": [1], "ft": [3], "p_N": [0.1], "p_E": [0.3]}}`)
	f.Add(`{"time_series": {"dt": [], "gt": [1]}, "batteries": [{}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		if c, err := ReadCase(strings.NewReader(`{"request": ` + text + `}`)); err == nil {
			require.NoError(t, c.Request.Validate())
		}
		r, err := ReadRequest(strings.NewReader(text))
		if err != nil {
			return
		}
		require.NoError(t, r.Validate())
		_, err = Audit(r, Idle(r), 1e-3)
		require.NoError(t, err)
		m, unit, err := Program(r)
		require.NoError(t, err)
		require.NoError(t, m.Err())
		require.Positive(t, unit)
	})
}
