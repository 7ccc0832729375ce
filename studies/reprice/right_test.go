package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/der/unitcommitment"
	"github.com/trigrid/trigrid/milp/highs"
)

// The library's schedule of each instance of testdata/right keeps every rule
// and costs the optimum that was calculated by hand.
func TestRightEgretCosts(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(instances, "right", "*.json"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		var expected struct {
			Right struct {
				Cost   float64
				Source string
			}
		}
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(text, &expected))
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		t.Run(name, func(t *testing.T) {
			inst, plan, _ := solved(t, file, unitcommitment.Options{}, highs.Exact)
			bill, broken := audit(inst, plan, 1e-5)
			t.Logf("right %s re-priced: %g, source: Egret's rule, %s; found %.6f, broken rules: %d",
				name, expected.Right.Cost, expected.Right.Source, bill.total(), len(broken))
			assert.Empty(t, broken)
			assert.InDelta(t, expected.Right.Cost, bill.total(), 1e-6*max(1, expected.Right.Cost))
		})
	}
}

// Egret's own totals, where its files are at hand.
func TestRightEgretFixturesRepriced(t *testing.T) {
	folder := os.Getenv("TRIGRID_DATA")
	if folder == "" {
		folder = filepath.Join("..", "..", "..", "shared", "data")
	}
	for file, right := range map[string]float64{"egret_tiny_uc_9.json": 52800, "egret_tiny_uc_12.json": 44002633.1250836} {
		path := filepath.Join(folder, "uc", file)
		if _, err := os.Stat(path); err != nil {
			t.Skip("needs the published instances: set TRIGRID_DATA to the folder that holds uc/*.json: ", err)
		}
		inst, plan, _ := solved(t, path, unitcommitment.Options{}, highs.Exact)
		bill, broken := audit(inst, plan, 1e-5)
		t.Logf("right %s re-priced: %.9g, source: total published in Egret's tests; found %.9g", file, right, bill.total())
		assert.Empty(t, broken)
		assert.InEpsilon(t, right, bill.total(), 1e-9)
	}
}

// Schedules that only another reading of the format would allow break a rule.
// The outputs are those of the units in MW; a unit is off at 0 MW.
func TestRightEgretRulesAreBroken(t *testing.T) {
	for _, c := range []struct {
		file   string
		output map[string][]float64
		want   string
	}{
		{"min_up_rounded_up", map[string][]float64{"base": {10, 6, 8, 8}, "peak": {2, 2, 0, 0}}, "peak, step 2: stops after 2 steps on, want at least 3"},
		{"hold_not_rounded", map[string][]float64{"cheap": {20, 20}, "held": {0, 0}}, "held, step 0: changes its state, want that of before the horizon for 1 steps"},
		{"hold_below_one_step", map[string][]float64{"cheap": {20, 20}, "held": {0, 0}}, "held, step 0: changes its state"},
		{"hold_off_not_rounded", map[string][]float64{"cheap": {10, 10, 10}, "dear": {5, 5, 5}}, "dear, step 0: changes its state"},
		{"on_above_p_max", map[string][]float64{"g": {8}}, "g, step 0: falls from 14 to 8 MW"},
		{"zero_ramp", map[string][]float64{"g": {8}, "dear": {0}}, "g, step 0: rises from 6 to 8 MW"},
		{"p_max_series", map[string][]float64{"cheap": {10, 10}, "dear": {0, 0}}, "cheap, step 1: 10 MW and 0 MW reserve, want 0 to 6"},
		{"p_min_series", map[string][]float64{"cheap": {10, 5}}, "cheap, step 1: 5 MW and 0 MW reserve, want 8 to 10"},
		{"startup_capacity_series", map[string][]float64{"quick": {8, 8}, "dear": {0, 0}}, "quick, step 0: starts at 8 MW"},
		{"shutdown_capacity_series", map[string][]float64{"g": {10, 0, 0}}, "g, step 0: 10 MW and 0 MW reserve before a stop, want at most 4"},
		{"initial_shutdown_capacity_low", map[string][]float64{"g": {0}}, "g, step 0: stops from 10 MW, want at most 4"},
		{"fixed_commitment_off", map[string][]float64{"cheap": {4, 4}, "off": {2, 2}, "dear": {0, 0}}, "off, step 0: on or off against fixed_commitment 0"},
		{"startup_curve", map[string][]float64{"g": {0, 0, 10}}, "g, step 0: off with -1 MW"},
		{"shutdown_curve", map[string][]float64{"g": {10, 0, 0, 0}}, "g, step 1: off with -4 MW"},
		{"half_ramp_by_default", map[string][]float64{"g": {5, 9}}, "g, step 0: starts at 5 MW and 0 MW reserve, want at most 4.5"},
	} {
		t.Run(c.file, func(t *testing.T) {
			inst, err := readInstance(filepath.Join(instances, "right", c.file+".json"), nil)
			require.NoError(t, err)
			plan := map[string]*run{}
			for name, output := range c.output {
				r := &run{make([]bool, inst.steps), output, make([]float64, inst.steps), make([]bool, inst.steps)}
				for s, mw := range output {
					r.on[s], r.seen[s] = mw > 0, true
				}
				plan[name] = r
			}
			_, broken := audit(inst, plan, 1e-5)
			t.Logf("right %s with outputs %v: %q, source: Egret's rule; found %q", c.file, c.output, c.want, broken)
			assert.Contains(t, strings.Join(broken, "\n"), c.want)
		})
	}
}

func TestRightEgretRefusalsOfTheAudit(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(instances, "right", "startup_cost_scalar.json"))
	require.NoError(t, err)
	for _, c := range []struct{ old, new, want string }{
		{`"elements": {`, `"elements": {"fuel_supply": {"pipe": {}},`, "$.elements.fuel_supply: is not audited"},
		{`"cheap": {`, `"cheap": {"fuel_supply": "pipe",`, "$.elements.generator.cheap.fuel_supply: is not audited"},
		{`"cheap": {`, `"cheap": {"aux_fuel_capable": true,`, "$.elements.generator.cheap.aux_fuel_capable: is not audited"},
		{`"cheap": {`, `"cheap": {"must_run": 1,`, "$.elements.generator.cheap.must_run: has no effect"},
		{`"l": {`, `"l": {"p_price": 25,`, "$.elements.load.l.p_price: is not audited"},
		{`"system": {`, `"system": {"flexible_ramp_up_requirement": 5,`, "$.system.flexible_ramp_up_requirement: is not audited"},
		{`"elements": {`, `"elements": {"area": {"a": {"regulation_down_requirement": 5}},`, "$.elements.area.a.regulation_down_requirement: is not audited"},
		{`"initial_status": 5`, `"initial_status": 0`, "$.elements.generator.cheap.initial_status: is 0"},
		{`"initial_p_output": 10`, `"initial_p_output": 2000`, "$.elements.generator.cheap.initial_p_output: is 2000"},
		{`"p_max": 10`, `"p_max": [10]`, "$.elements.generator.cheap.p_max: is [10], want one number"},
	} {
		name := filepath.Join(t.TempDir(), "instance.json")
		changed := strings.Replace(string(text), c.old, c.new, 1)
		require.NotEqual(t, string(text), changed)
		require.NoError(t, os.WriteFile(name, []byte(changed), 0o600))
		_, err := readInstance(name, nil)
		t.Logf("right %s: refused, source: Egret's program, where the key changes the problem or has no effect; found %v", c.new, err)
		assert.ErrorContains(t, err, c.want)
	}
}
