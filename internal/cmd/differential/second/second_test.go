package second_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/internal/cmd/differential/second"
)

// each runs a test with every solver of the machine.
func each(t *testing.T, test func(*testing.T, second.Solver)) {
	t.Helper()
	for _, s := range []second.Solver{second.CBC, second.GLPK} {
		t.Run(string(s), func(t *testing.T) {
			if !s.Installed() {
				t.Skipf("%s is not installed; scripts/second-solvers.sh installs it", s)
			}
			test(t, s)
		})
	}
}

// A unit of 1 to 2 MW costs 10 to start and 20 per MWh; it earns 50 in the
// first hour and 5 in the second, and must stay on for both: 2·50 + 1·5 − 3·20
// − 10 = 35. Half of it counts.
func TestCaseHasTheOptimumByHand(t *testing.T) {
	const text = `{"name": "hand", "grid": {"start": "2020-04-15T00:00", "steps": 2},
		"scenarios": {"probabilities": [1], "series": []},
		"weights": {"economic": 0.5, "risk": 0, "environment": 0.5}, "risk": {"confidence": 0.5},
		"markets": {"electricity": {"buy_per_mwh": [50, 5], "sell_fraction": 1}},
		"vpps": [{"name": "V", "risk_aversion": 0, "pass_through": 0, "tariff": {}}],
		"ders": [{"kind": "thermal", "name": "U", "min_output_mw": 1, "max_output_mw": 2, "linear_cost_per_mwh": 20,
			"min_up_h": 2, "start_up": [{"cost": 10}]}]}`
	each(t, func(t *testing.T, solver second.Solver) {
		statement, err := second.Case([]byte(text))
		require.NoError(t, err)
		answer, err := solver.Solve(t.Context(), statement.Program)
		require.NoError(t, err)
		require.Equal(t, second.Optimal, answer.Status)
		assert.InDelta(t, -17.5, answer.Objective, 1e-9)
		// Standing still is feasible and earns nothing.
		still := statement.Program.Copy()
		for _, n := range statement.Net[0] {
			still.Fix(n, 0, 0)
		}
		answer, err = solver.Solve(t.Context(), still)
		require.NoError(t, err)
		require.Equal(t, second.Optimal, answer.Status)
		assert.InDelta(t, 0, answer.Objective, 1e-9)
		still.Fix(statement.Net[0][0], 1, 0)
		answer, err = solver.Solve(t.Context(), still)
		require.NoError(t, err)
		assert.Equal(t, second.Infeasible, answer.Status)
	})
}

// Two hours of 100 and 30 MW. The cheap unit has 60 MW at 10 from 20 MW on, so
// that 40 MW are unserved in the first hour at the default price of 1e6: 900 +
// 4e7.
func TestEgretHasTheOptimumByHand(t *testing.T) {
	const text = `{"system": {"time_keys": ["1", "2"], "time_period_length_minutes": 60},
		"elements": {"load": {"a": {"p_load": {"data_type": "time_series", "values": [100, 30]}}},
		"generator": {"G": {"generator_type": "thermal", "p_min": 20, "p_max": 60, "ramp_up_60min": 60, "ramp_down_60min": 60,
			"startup_capacity": 60, "shutdown_capacity": 60, "initial_status": -5, "initial_p_output": 0,
			"p_cost": {"data_type": "cost_curve", "cost_curve_type": "piecewise", "values": [[20, 200], [60, 600]]}}}}}`
	each(t, func(t *testing.T, solver second.Solver) {
		system, err := second.Egret([]byte(text))
		require.NoError(t, err)
		answer, err := solver.Solve(t.Context(), system.Program)
		require.NoError(t, err)
		assert.InDelta(t, 900+4e7, answer.Objective, 1e-3)
	})
}

// The unit is cold after 3 h off and costs 50 then; 30 MW for one hour cost
// 300.
func TestPGLibHasTheOptimumByHand(t *testing.T) {
	const text = `{"time_periods": 1, "demand": [30], "reserves": [10], "renewable_generators": {},
		"thermal_generators": {"G": {"must_run": 0, "power_output_minimum": 20, "power_output_maximum": 60, "ramp_up_limit": 60,
			"ramp_down_limit": 60, "ramp_startup_limit": 40, "ramp_shutdown_limit": 60, "time_up_minimum": 1, "time_down_minimum": 1,
			"power_output_t0": 0, "unit_on_t0": 0, "time_up_t0": 0, "time_down_t0": 3,
			"startup": [{"lag": 1, "cost": 5}, {"lag": 3, "cost": 50}],
			"piecewise_production": [{"mw": 20, "cost": 200}, {"mw": 60, "cost": 600}]}}}`
	each(t, func(t *testing.T, solver second.Solver) {
		system, err := second.PGLib([]byte(text))
		require.NoError(t, err)
		answer, err := solver.Solve(t.Context(), system.Program)
		require.NoError(t, err)
		assert.InDelta(t, 350, answer.Objective, 1e-6)
	})
}

// Text that is no instance is an error, not a panic.
func TestStatementsReturnErrors(t *testing.T) {
	for _, text := range []string{"", "[]", `{"grid": {"steps": "x"}}`, `{"ders": [{"kind": "unknown"}], "vpps": [{}]}`} {
		_, err := second.Case([]byte(text))
		assert.ErrorContains(t, err, "second: ", text)
	}
}
