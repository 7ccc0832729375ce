package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/internal/testsolver"
)

// fleetCase has 2000 roofs of 1 kW and 800 batteries for two villages, over two
// steps of six hours.
const fleetCase = `{
  "name": "villages", "seed": 1,
  "grid": {"start": "2030-03-01T00:00", "steps": 2, "step_hours": 6},
  "scenarios": {"samples": 20, "keep": 2, "persistence": 0.8, "series": [
    {"name": "sun", "capacity_mw": 0.001, "forecast_mw": [0.0004, 0.0006], "error_sigma": 0.1},
    {"name": "upper", "forecast_mw": [1, 2], "error_sigma": 0.1}, {"name": "lower", "forecast_mw": [2, 1], "error_sigma": 0.1}
  ]},
  "weights": {"economic": 0.5, "risk": 0.2, "environment": 0.3},
  "risk": {"confidence": 0.6},
  "markets": {"electricity": {"buy_per_mwh": [40, 90], "sell_fraction": 0.4}, "imbalance": {"short_multiple": 1.3, "long_multiple": 0.5}},
  "vpps": [{"name": "north", "demand": "upper", "risk_aversion": 0.2, "pass_through": 1, "tariff": {"injection_fraction": 0.6}}, {"name": "south", "demand": "lower", "risk_aversion": 0.5, "pass_through": 1, "tariff": {"injection_fraction": 0.6}}],
  "ders": [
    {"kind": "pv", "name": "roof", "count": 2000, "capacity_mw": 0.001, "available": "sun", "maintenance_per_mwh": 2},
    {"kind": "storage", "name": "battery", "count": 800, "charge_mw": 0.001, "discharge_mw": 0.001, "energy_mwh": 0.004, "initial_mwh": 0.002,
     "charge_efficiency": 0.95, "discharge_efficiency": 0.95, "wear_per_mwh": 1}
  ]
}`

// A case file with a count of 1000 or more gives rows per class, a report and a
// table that can be read back.
func TestFleetCase(t *testing.T) {
	testsolver.New(t)
	dir := t.TempDir()
	file := filepath.Join(dir, "case.json")
	require.NoError(t, os.WriteFile(file, []byte(fleetCase), 0o644))
	var out, errs strings.Builder
	args := []string{"-case", file, "-budget", "-1s", "-json", filepath.Join(dir, "result.json"), "-report", filepath.Join(dir, "report"), "-results", filepath.Join(dir, "run.csv")}
	require.NoError(t, run(t.Context(), args, &out, &errs), errs.String())
	for _, want := range []string{"certified equilibrium of fleets, marginal sharing", "roof ", "battery", "2 VPPs, 2800 DERs in 2 classes, 2 scenarios, one joint program", "another split of the DERs adds at most 0.0", "in one VPP receive equal payments", "from 2 starts end at this equilibrium", "2 large DERs per class: ", "roof#"} {
		require.Contains(t, out.String(), want)
	}
	page, err := os.ReadFile(filepath.Join(dir, "report", "index.html"))
	require.NoError(t, err)
	require.Contains(t, string(page), "2,800 DERs in 2 classes")
	rows, err := os.ReadFile(filepath.Join(dir, "run.csv"))
	require.NoError(t, err)
	require.Contains(t, string(rows), ",class,payoff,currency,")
}

// Two villages with batteries only have no renewable energy, of which no share
// is used.
func TestFleetCaseWithoutRenewables(t *testing.T) {
	testsolver.New(t)
	dir := t.TempDir()
	file := filepath.Join(dir, "case.json")
	start, end := strings.Index(fleetCase, `    {"kind": "pv"`), strings.Index(fleetCase, `    {"kind": "storage"`)
	require.NoError(t, os.WriteFile(file, []byte(fleetCase[:start]+strings.Replace(fleetCase[end:], `"count": 800`, `"count": 1800`, 1)), 0o644))
	var out, errs strings.Builder
	require.NoError(t, run(t.Context(), []string{"-case", file, "-report", filepath.Join(dir, "report"), "-results", filepath.Join(dir, "run.csv")}, &out, &errs), errs.String())
	require.Equal(t, 2, strings.Count(out.String(), "no renewables"), out.String())
	require.NotContains(t, out.String(), "100.0 %  ")
	page, err := os.ReadFile(filepath.Join(dir, "report", "index.html"))
	require.NoError(t, err)
	require.Contains(t, string(page), "renewable utilisation")
	require.NotContains(t, string(page), `<td class="n">1.000</td>`)
}
