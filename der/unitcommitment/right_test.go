package unitcommitment_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/der/unitcommitment"
	"github.com/trigrid/trigrid/milp/highs"
)

// Each file of testdata/right is an Egret or pglib-uc instance with its optimum
// and a calculation by hand under the key "right", which no reader uses. The
// rules are those of Egret's program for data of its release 0.5.0 and later.
func TestRightEgretOptima(t *testing.T) {
	files, err := filepath.Glob("testdata/right/*.json")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		var expected struct {
			Right struct {
				Cost   float64
				Source string
			}
		}
		require.NoError(t, json.Unmarshal(text, &expected))
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		t.Run(name, func(t *testing.T) {
			for _, f := range []der.Formulation{der.Plain, der.PGLib, der.EgretTight, der.Tight} {
				s, err := unitcommitment.Read(strings.NewReader(string(text)), unitcommitment.Options{Formulation: f})
				require.NoError(t, err)
				found := solve(t, highs.Solver{Gap: highs.Exact, AbsoluteGap: highs.Exact}, formulate(t, s).Model).Objective
				if f == der.Tight {
					t.Logf("right %s: %g, source: Egret's rule, %s; found %.6f", name, expected.Right.Cost, expected.Right.Source, found)
				}
				assert.InDelta(t, expected.Right.Cost, found, 1e-6*max(1, expected.Right.Cost), "%v", f)
			}
		})
	}
}

// Totals of Egret's own tests of these two files.
func TestRightEgretFixtures(t *testing.T) {
	for _, c := range []struct {
		file  string
		right float64
	}{
		{"egret_tiny_uc_9.json", 52800},
		{"egret_tiny_uc_12.json", 44002633.1250836},
	} {
		found := solve(t, highs.Solver{Gap: highs.Exact, AbsoluteGap: highs.Exact}, formulate(t, readFile(t, c.file, unitcommitment.Options{})).Model).Objective
		t.Logf("right %s: %.9g, source: total published in Egret's tests; found %.9g", c.file, c.right, found)
		assert.InEpsilon(t, c.right, found, 1e-9)
	}
}

// Data that change the problem and that the model lacks are refused with their
// path.
func TestRightEgretRefusals(t *testing.T) {
	for _, c := range refusals() {
		t.Run(c.name, func(t *testing.T) {
			text := c.apply(t, testFile(t, "right/startup_cost_scalar.json"))
			_, err := unitcommitment.Read(strings.NewReader(text), unitcommitment.Options{})
			t.Logf("right %s: refused at %s, source: Egret's program, where the key changes the problem or has no effect; found %v", c.name, c.want, err)
			assert.ErrorContains(t, err, c.want)
			if c.ignore != "" {
				_, err := unitcommitment.Read(strings.NewReader(text), unitcommitment.Options{Ignore: []string{c.ignore}})
				assert.NoError(t, err)
			}
		})
	}
}

type refusal struct{ name, old, new, want, ignore string }

func (c refusal) apply(t *testing.T, text string) string {
	t.Helper()
	require.Contains(t, text, c.old)
	return strings.Replace(text, c.old, c.new, 1)
}

func refusals() []refusal {
	const (
		system = `"system": {`
		cheap  = `"cheap": {`
		load   = `"l": {`
	)
	all := []refusal{
		{"fuel supply", `"elements": {`, `"elements": {"fuel_supply": {"pipe": {}},`, "$.elements.fuel_supply: has 1 entries", "fuel_supply"},
		{"fuel supply of a unit", cheap, cheap + `"fuel_supply": "pipe",`, "$.elements.generator.cheap.fuel_supply: ", "fuel_supply"},
		{"second fuel", cheap, cheap + `"aux_fuel_capable": true,`, "$.elements.generator.cheap.aux_fuel_capable: ", "aux_fuel_capable"},
		{"must run", cheap, cheap + `"must_run": 1,`, "$.elements.generator.cheap.must_run: ", "must_run"},
		{"price-responsive load", load, load + `"p_price": 25,`, "$.elements.load.l.p_price: ", "p_price"},
		{"requirement of a zone", `"elements": {`, `"elements": {"zone": {"z": {"spinning_reserve_requirement": 5}},`, "$.elements.zone.z.spinning_reserve_requirement: ", "spinning_reserve_requirement"},
		{"reserve of an area", `"elements": {`, `"elements": {"area": {"a": {"reserve_requirement": 5}},`, "$.elements.area.a.reserve_requirement: ", "reserve_requirement"},
		{"cost by step", `"data_type": "cost_curve", "cost_curve_type": "polynomial", "values": {"1": 20}`, `"data_type": "time_series", "values": [{}]`, "$.elements.generator.cheap.p_cost: varies by step", ""},
		{"fuel curve as cost", `"data_type": "cost_curve"`, `"data_type": "fuel_curve"`, `$.elements.generator.cheap.p_cost.data_type: is "fuel_curve"`, ""},
		{"one point", `"cost_curve_type": "polynomial", "values": {"1": 20}`, `"values": [[3, 20]]`, "$.elements.generator.cheap.p_cost.values: ", ""},
		{"two start costs", cheap, cheap + `"startup_cost": 1, "startup_fuel": 1, "fuel_cost": 2,`, "$.elements.generator.cheap.startup_fuel: ", ""},
		{"initial output out of reach", `"ramp_down_60min": 1000, "startup_capacity": 10, "shutdown_capacity": 10, "min_up_time": 1, "min_down_time": 1, "initial_status": 5, "initial_p_output": 10`, `"ramp_down_60min": 4, "initial_status": 5, "initial_p_output": 14.5`, "$.elements.generator.cheap.initial_p_output: is 14.5, want a number from 0 to 14", ""},
	}
	for _, product := range []string{
		"regulation_up", "regulation_down", "spinning_reserve", "non_spinning_reserve", "supplemental_reserve", "flexible_ramp_up", "flexible_ramp_down",
	} {
		key := product + "_requirement"
		all = append(all, refusal{product, system, system + `"` + key + `": {"data_type": "time_series", "values": [3]},`, "$.system." + key + ": ", key})
	}
	return all
}
