package unitcommitment_test

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/der/unitcommitment"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/milp/highs"
	"github.com/trigrid/trigrid/optional"
)

var exact = highs.Solver{Gap: highs.Exact, AbsoluteGap: highs.Exact}

// ucjlOf returns a file of UnitCommitment.jl with one bus "b". parts are
// members of the root, such as `"Generators": {…}`.
func ucjlOf(horizon, load string, parts ...string) string {
	return fmt.Sprintf(`{"Parameters": {"Version": "0.4", %s}, "Buses": {"b": {"Load (MW)": %s}}, %s}`,
		horizon, load, strings.Join(append(parts, `"SOURCE": ""`), ", "))
}

// unitOf returns the member of a thermal generator that is off since 100 h;
// later members replace it.
func unitOf(name, mw, cost string, more ...string) string {
	state := `"Initial status (h)": -100, "Initial power (MW)": 0`
	if len(more) > 0 && strings.Contains(more[0], "Initial status") {
		state, more = more[0], more[1:]
	}
	all := append([]string{
		`"Bus": "b"`, `"Type": "Thermal"`, `"Production cost curve (MW)": ` + mw, `"Production cost curve ($)": ` + cost, state,
	}, more...)
	return fmt.Sprintf("%q: {%s}", name, strings.Join(all, ", "))
}

func generators(units ...string) string {
	return `"Generators": {` + strings.Join(units, ", ") + `}`
}

const (
	hours1  = `"Time horizon (h)": 1`
	hours2  = `"Time horizon (h)": 2`
	halves2 = `"Time horizon (h)": 1, "Time step (min)": 30`
)

// ucjlRules are small instances whose optimum is a calculation by hand. The
// rules are those of the problem definition and of the program of
// UnitCommitment.jl 0.4.
var ucjlRules = []struct {
	name, text string
	cost       float64 // −1: infeasible
	why        string
}{
	{
		"cost per step", ucjlOf(halves2, "50", generators(unitOf("g", "[0, 100]", "[0, 1000]"))),
		1000, "two steps of half an hour cost 500 each, as hours would",
	},
	{
		"ramp per step", ucjlOf(`"Time horizon (min)": 45, "Time step (min)": 15`, "[20, 30, 40]", generators(unitOf("g", "[0, 100]", "[0, 1000]",
			`"Initial status (h)": 1, "Initial power (MW)": 10`, `"Ramp up limit (MW)": 10`))),
		900, "10 MW more in each quarter of an hour: 10 × (20 + 30 + 40)",
	},
	{
		"tight ramp", ucjlOf(hours2, "[20, 30]", generators(unitOf("g", "[0, 100]", "[0, 1000]",
			`"Initial status (h)": 1, "Initial power (MW)": 10`, `"Ramp up limit (MW)": 5`))),
		15350, "15 and 20 MW; 15 MW unserved at 1000: 350 + 15000",
	},
	{
		"ramp in the step of a start", ucjlOf(hours2, "[0, 40]", generators(unitOf("g", "[10, 50]", "[100, 500]", `"Ramp up limit (MW)": 5`))),
		25150, "on only in the second hour, at 10 + 5 MW; 25 MW unserved: 150 + 25000",
	},
	{
		"no ramp into a start in the first step", ucjlOf(hours1, "40", generators(unitOf("g", "[10, 50]", "[100, 500]", `"Ramp up limit (MW)": 5`))),
		400, "40 MW at once",
	},
	{
		"start-up limit", ucjlOf(hours1, "40", generators(unitOf("g", "[10, 50]", "[100, 500]", `"Startup limit (MW)": 30`))),
		10300, "30 MW and 10 MW unserved",
	},
	{
		"shut-down limit", ucjlOf(hours2, "[40, 0]", generators(unitOf("g", "[10, 50]", "[100, 500]", `"Shutdown limit (MW)": 30`))),
		10300, "the unit must stop after the first hour, so that it makes 30 MW; 10 MW unserved",
	},
	{
		"ramp down before a stop", ucjlOf(hours2, "[40, 0]", generators(unitOf("g", "[10, 50]", "[100, 500]", `"Ramp down limit (MW)": 5`))),
		25150, "15 MW, the minimum and a ramp; 25 MW unserved",
	},
	{
		"start by the time off", ucjlOf(hours2, "[0, 10]", generators(unitOf("g", "[10, 50]", "[20, 100]",
			`"Initial status (h)": -2, "Initial power (MW)": 0`, `"Startup delays (h)": [1, 3]`, `"Startup costs ($)": [100, 500]`))),
		520, "off since 2 h and for one more: 3 h, the last entry",
	},
	{
		"warm start", ucjlOf(hours2, "[0, 10]", generators(unitOf("g", "[10, 50]", "[20, 100]",
			`"Initial status (h)": -1, "Initial power (MW)": 0`, `"Startup delays (h)": [1, 3]`, `"Startup costs ($)": [100, 500]`))),
		120, "off for 2 h in all",
	},
	{
		"repaired delay", ucjlOf(hours2, "[0, 10]", generators(unitOf("g", "[10, 50]", "[20, 100]",
			`"Initial status (h)": -1, "Initial power (MW)": 0`, `"Startup delays (h)": [1, 1]`, `"Startup costs ($)": [100, 500]`))),
		520, "the second delay becomes 2 h, the time off",
	},
	{
		"no capacity", ucjlOf(hours1, "10", generators(unitOf("g", "[0, 10]", "[0, 100]"), unitOf("h", "[0, 0]", "[5, 5]"))),
		100, "a unit without capacity is left out",
	},
	{
		"start costs do not depend on the step", ucjlOf(halves2, "10", generators(unitOf("g", "[10, 50]", "[20, 100]", `"Startup costs ($)": [300]`))),
		340, "one start and two steps",
	},
	{
		"minimum downtime in hours", ucjlOf(`"Time horizon (h)": 2, "Time step (min)": 30`, "10", generators(unitOf("g", "[10, 50]", "[20, 100]",
			`"Initial status (h)": -1, "Initial power (MW)": 0`, `"Minimum downtime (h)": 2`, `"Startup delays (h)": [2]`))),
		20040, "off for one more hour, two steps: 2 × 10 × 1000 + 2 × 20",
	},
	{
		"minimum uptime in hours", ucjlOf(hours2, "[10, 0]", generators(unitOf("g", "[10, 50]", "[20, 100]", `"Minimum uptime (h)": 2`))),
		10000, "a start would last into the hour without load, so that none pays",
	},
	{
		"no surplus", ucjlOf(hours1, "5", generators(unitOf("g", "[10, 50]", "[20, 100]", `"Must run?": true`))),
		-1, "the minimum of 10 MW exceeds the load",
	},
	{
		"must run in one step", ucjlOf(hours2, "10", generators(unitOf("g", "[10, 50]", "[200, 1000]", `"Must run?": [false, true]`),
			unitOf("h", "[0, 50]", "[0, 50]"))),
		210, "10 MW of the dear unit in the second hour and of the cheap one in the first",
	},
	{
		"fixed commitment", ucjlOf(`"Time horizon (h)": 3`, "10", generators(unitOf("g", "[10, 50]", "[20, 100]", `"Commitment status": [true, false, null]`, `"Startup costs ($)": [7]`))),
		10054, "on, off with 10 MW unserved, on again: 2 × 20 + 2 × 7 + 10000",
	},
	{
		"penalty per step", ucjlOf(halves2+`, "Power balance penalty ($/MW)": [500, 2000]`, "10", generators()),
		25000, "10 × 500 + 10 × 2000",
	},
	{
		"one point", ucjlOf(hours1, "100", generators(unitOf("g", "[100]", "[10000]"))),
		10000, "a block of exactly 100 MW",
	},
	{
		"raised segment", ucjlOf(hours1, "30", generators(unitOf("g", "[0, 10, 20, 30]", "[0, 100, 150, 350]"))),
		400, "the second segment costs 10 per MW as the first, not 5; the third 20: 100 + 100 + 200",
	},
	{
		"curve by step", ucjlOf(halves2, "30", generators(unitOf("g", "[10, 20, [40, 25]]", "[100, [300, 200], [900, 300]]"))),
		600 + 300 + 5000, "30 MW for 300 + 10 × 30; then 25 MW for 300 and 5 MW unserved",
	},
	{
		"capacity by step", ucjlOf(`"Time horizon (h)": 3`, "10", generators(unitOf("g", "[0, [10, 4, 0]]", "[[5, 6, 7], [25, 14, 7]]", `"Must run?": true`))),
		25 + 14 + 7 + 16000, "10, 4 and 0 MW; 6 and 10 MW unserved",
	},
	{
		"reserve under a capacity by step", ucjlOf(hours2, "10", generators(unitOf("g", "[0, [30, 15]]", "[0, [300, 300]]", `"Reserve eligibility": ["r"]`)),
			`"Reserves": {"r": {"Type": "spinning", "Amount (MW)": 10, "Shortfall penalty ($/MW)": 8}}`),
		100 + 200 + 5*8, "20 MW of reserve are left, then 5",
	},
	{
		"reserve from a second unit", ucjlOf(hours1, "80", generators(
			unitOf("a", "[0, 100]", "[0, 1000]", `"Reserve eligibility": ["r"]`), unitOf("b", "[0, 100]", "[0, 1500]")),
			`"Reserves": {"r": {"Type": "Spinning", "Amount (MW)": 30, "Shortfall penalty ($/MW)": 200}}`),
		850, "a makes 70 MW and holds 30 MW, b makes 10 MW: 700 + 150",
	},
	{
		"reserve shortfall", ucjlOf(halves2, "80", generators(unitOf("a", "[0, 100]", "[0, 1000]", `"Reserve eligibility": ["r"]`)),
			`"Reserves": {"r": {"Type": "spinning", "Amount (MW)": [30, 10], "Shortfall penalty ($/MW)": 200}}`),
		3600, "10 MW short in the first step, per step: 2 × 800 + 2000",
	},
	{
		"reserve without a penalty", ucjlOf(hours1, "80", generators(unitOf("a", "[0, 100]", "[0, 1000]", `"Reserve eligibility": ["r"]`)),
			`"Reserves": {"r": {"Type": "spinning", "Amount (MW)": 30}}`),
		10700, "the requirement is hard, so that 10 MW stay unserved: 700 + 10000",
	},
	{
		"two reserves", ucjlOf(hours1, "60", generators(unitOf("a", "[0, 100]", "[0, 1000]", `"Reserve eligibility": ["r", "q"]`)),
			`"Reserves": {"r": {"Type": "spinning", "Amount (MW)": 30, "Shortfall penalty ($/MW)": 300}, "q": {"Type": "spinning", "Amount (MW)": 20, "Shortfall penalty ($/MW)": 100}}`),
		1600, "40 MW for 50 MW: the cheaper one is 10 MW short: 600 + 1000",
	},
	{
		"reserve by product", ucjlOf(hours1, "60", generators(unitOf("a", "[0, 100]", "[0, 1000]", `"Reserve eligibility": ["r"]`), unitOf("b", "[0, 5]", "[0, 100]", `"Reserve eligibility": ["q"]`)),
			`"Reserves": {"r": {"Type": "spinning", "Amount (MW)": 30, "Shortfall penalty ($/MW)": 300}, "q": {"Type": "spinning", "Amount (MW)": 20, "Shortfall penalty ($/MW)": 100}}`),
		2100, "b holds 5 of 20 MW for q: 600 + 1500; the 10 MW that a has left do not count",
	},
	{
		"reserve before a stop", ucjlOf(hours2, "[50, 0]", generators(unitOf("a", "[0, 100]", "[0, 1000]",
			`"Shutdown limit (MW)": 50`, `"Commitment status": [true, false]`, `"Reserve eligibility": ["r"]`)),
			`"Reserves": {"r": {"Type": "spinning", "Amount (MW)": [50, 0], "Shortfall penalty ($/MW)": 1000}}`),
		500, "the limit of the last hour is one of the output alone",
	},
	{
		"reserve in the step of a start", ucjlOf(hours1, "30", generators(unitOf("a", "[0, 100]", "[0, 1000]", `"Startup limit (MW)": 40`, `"Reserve eligibility": ["r"]`)),
			`"Reserves": {"r": {"Type": "spinning", "Amount (MW)": 50, "Shortfall penalty ($/MW)": 7}}`),
		580, "40 − 30 MW held: 300 + 40 × 7",
	},
	{
		"version 0.2", strings.Replace(ucjlOf(hours1, "80", generators(unitOf("a", "[0, 100]", "[0, 1000]", `"Provides spinning reserves?": true`)),
			`"Reserves": {"Spinning (MW)": 30}`), `"0.4"`, `"0.2.1"`, 1),
		10700, "one hard reserve",
	},
	{
		"price-sensitive load", ucjlOf(halves2, "10", generators(unitOf("g", "[0, 30]", "[0, 300]")),
			`"Price-sensitive loads": {"p": {"Bus": "b", "Revenue ($/MW)": 25, "Demand (MW)": [50, 5]}}`),
		-175, "20 MW and 5 MW at 25: 300 + 150 − 625",
	},
	{
		"profiled unit", ucjlOf(halves2, "10", `"Generators": {"w": {"Bus": "b", "Type": "Profiled", "Minimum power (MW)": 4, "Maximum power (MW)": 9, "Cost ($/MW)": [2, 2000]}}`),
		15018, "9 MW and 1 MW unserved; then 4 MW at 2000 and 6 MW unserved: 18 + 1000 + 8000 + 6000",
	},
	{
		"storage", ucjlOf(halves2, "[0, 10]", `"Storage units": {"s": {"Bus": "b", "Maximum level (MWh)": 20, "Initial level (MWh)": 10, "Loss factor": 0.1,
			"Charge cost ($/MW)": 2, "Discharge cost ($/MW)": 3, "Discharge efficiency": 0.5, "Maximum charge rate (MW)": 5, "Maximum discharge rate (MW)": 20}}`),
		1924.3, "0.9 × 0.9 × 10 MWh are 8.1 MW for half an hour: 8.1 × 3 + 1.9 × 1000",
	},
	{
		"level in the last period", ucjlOf(hours1, "3", generators(unitOf("g", "[0, 30]", "[0, 300]")), `"Storage units": {"s": {"Bus": "b", "Maximum level (MWh)": 20, "Last period minimum level (MWh)": 6,
			"Charge cost ($/MW)": 2, "Discharge cost ($/MW)": 3, "Charge efficiency": 0.75, "Maximum charge rate (MW)": 50, "Maximum discharge rate (MW)": 20}}`),
		126, "8 MW charged at 2, and 11 MW at 10",
	},
	{
		"minimum rate", ucjlOf(hours1, "3", generators(unitOf("g", "[0, 30]", "[0, 300]")), `"Storage units": {"s": {"Bus": "b", "Maximum level (MWh)": 20, "Initial level (MWh)": 20,
			"Charge cost ($/MW)": 0, "Discharge cost ($/MW)": 0, "Maximum charge rate (MW)": 5, "Minimum discharge rate (MW)": 4, "Maximum discharge rate (MW)": 20,
			"Allow simultaneous charging and discharging": false}}`),
		30, "4 MW would be too much, and there is no surplus: 3 × 10",
	},
	{
		"both directions at once", ucjlOf(hours1, "3", generators(unitOf("g", "[0, 30]", "[0, 300]")), `"Storage units": {"s": {"Bus": "b", "Maximum level (MWh)": 20, "Initial level (MWh)": 20,
			"Charge cost ($/MW)": 0, "Discharge cost ($/MW)": 0, "Maximum charge rate (MW)": 5, "Minimum discharge rate (MW)": 4, "Maximum discharge rate (MW)": 20}}`),
		0, "allowed by default: 4 MW or more out and the rest in",
	},
}

func TestUnitCommitmentJLRules(t *testing.T) {
	for _, c := range ucjlRules {
		t.Run(c.name, func(t *testing.T) {
			for _, f := range []der.Formulation{der.Tight, der.Plain, der.PGLib, der.EgretTight} {
				s, err := unitcommitment.Read(strings.NewReader(c.text), unitcommitment.Options{Formulation: f})
				require.NoError(t, err)
				found, feasible := optimum(t, s)
				if f == der.Tight {
					t.Logf("right %s: %g, %s; found %.6f", c.name, c.cost, c.why, found)
				}
				require.Equal(t, c.cost != -1, feasible, "%v", f)
				if feasible {
					assert.InDelta(t, c.cost, found, 1e-6*max(1, c.cost), "%v", f)
				}
			}
		})
	}
}

// optimum returns the optimum of a system, and false if it is infeasible.
func optimum(t *testing.T, s *unitcommitment.System) (float64, bool) {
	t.Helper()
	p := formulate(t, s)
	for range 30 {
		solution, err := exact.Solve(t.Context(), p.Model)
		testsolver.Skip(t, err)
		require.NoError(t, err)
		if solution.Status == milp.Infeasible {
			return 0, false
		}
		require.NoError(t, solution.Err())
		if missed := p.Refine(solution.Values, 1e-5); missed <= 1e-5 {
			return solution.Objective + missed, true
		}
	}
	t.Fatal("the error of quadratic costs does not fall")
	return 0, false
}

// Optima computed by GLPK and CBC from another statement of the same problem,
// and the schedule that goes with them.
func TestAnchorUnitCommitmentJL(t *testing.T) {
	for _, c := range []struct {
		file string
		cost float64
		g2   string // holds reserve in the hourly case only
		step time.Duration
	}{
		{"ucjl_case14.json", 27090.70495649, "1", time.Hour},
		{"ucjl_case14_30min.json", 23090.70495649, "0", 30 * time.Minute},
	} {
		s := readFile(t, c.file, unitcommitment.Options{})
		assert.Equal(t, c.step, s.Set.Grid().Step)
		p := formulate(t, s)
		solution := solve(t, exact, p.Model)
		anchor(t, c.file, solution.Objective, c.cost, 1e-12)

		var out bytes.Buffer
		require.NoError(t, p.WriteCSV(&out, solution.Values, 0))
		rows, err := csv.NewReader(&out).ReadAll()
		require.NoError(t, err)
		power := map[string][]float64{}
		for _, row := range rows[1:] {
			mw, err := strconv.ParseFloat(row[3], 64)
			require.NoError(t, err)
			power[row[0]] = append(power[row[0]], mw)
			if row[0] == "g2" {
				assert.Equal(t, c.g2, row[2])
			}
		}
		// g3, g4 and g5 have the same prices, so that only their sum is unique.
		for k := range power["g3"] {
			power["g3"][k] += power["g4"][k] + power["g5"][k]
		}
		for unit, want := range map[string][]float64{
			"g1": {135, 135, 130.064, 130}, "g2": {0, 0, 0, 0}, "g6": {0, 0, 0, 0}, "unserved load": {0, 0, 0, 0},
			"g3": {66 + 66 + 93.5048, 66 + 66 + 74.96721, 66 + 66 + 66, 66 + 66 + 61.4296},
		} {
			assert.InDeltaSlice(t, want, power[unit], 1e-4, "%s of %s", unit, c.file)
		}
		joined := strings.Join(s.Notes, "\n")
		assert.Contains(t, joined, "$.Transmission lines: the 20 lines are ignored, because all buses are joined; with a limit: l1")
		assert.Contains(t, joined, "$.Contingencies: the 19 contingencies are ignored")
	}
}

// The commitment of least cost, by hand: W at 260 MW for 13270, and Y at 105 MW
// for 21050 + 5 × 241 with a start of 5000.
func TestAnchorUnitCommitmentJLStarts(t *testing.T) {
	solution := solve(t, exact, formulate(t, readFile(t, "ucjl_aelmp.json", unitcommitment.Options{})).Model)
	anchor(t, "ucjl_aelmp.json", solution.Objective, 40525, 1e-12)
}

// The reader states for each place what it wants there.
func TestUnitCommitmentJLFaults(t *testing.T) {
	sound := ucjlOf(hours2, "[10, 20]", generators(
		unitOf("g", "[10, 20, 50]", "[20, 40, 200]", `"Startup delays (h)": [1, 4]`, `"Startup costs ($)": [10, 20]`, `"Reserve eligibility": ["r"]`),
		`"w": {"Bus": "b", "Type": "Profiled", "Maximum power (MW)": 5, "Cost ($/MW)": 1}`),
		`"Reserves": {"r": {"Type": "spinning", "Amount (MW)": 5}}`,
		`"Price-sensitive loads": {"p": {"Bus": "b", "Revenue ($/MW)": 25, "Demand (MW)": 5}}`,
		`"Storage units": {"s": {"Bus": "b", "Maximum level (MWh)": 5, "Charge cost ($/MW)": 1, "Discharge cost ($/MW)": 1, "Maximum charge rate (MW)": 5, "Maximum discharge rate (MW)": 5}}`)
	_, err := unitcommitment.Read(strings.NewReader(sound), unitcommitment.Options{})
	require.NoError(t, err)
	for _, c := range []struct{ name, old, new, want string }{
		{"version", `"0.4"`, `"0.5"`, `$.Parameters.Version: is "0.5", want a version from 0.2 to 0.4`},
		{"no version", `"Version": "0.4", `, ``, `$.Parameters.Version: is missing`},
		{"step", hours2, hours2 + `, "Time step (min)": 25`, "$.Parameters.Time step (min): is 25, want a divisor of 60"},
		{"part of a step", hours2, `"Time horizon (min)": 90`, "$.Parameters.Time horizon (min): is 90 minutes, want a multiple of the step of 60 minutes"},
		{"two horizons", hours2, hours2 + `, "Time horizon (min)": 120`, `stands beside "Time horizon (h)"`},
		{"no horizon", hours2, `"Time step (min)": 60`, `$.Parameters.Time horizon (h): is missing`},
		{"load", "[10, 20]", "[10, 20, 30]", "$.Buses.b.Load (MW): is a list of 3, want a list of 2 numbers, one per step"},
		{"negative load", "[10, 20]", "[10, -20]", "$.Buses.b.Load (MW)[1]: is -20, want a number of at least 0"},
		{"bus", `"Bus": "b", "Type": "Thermal"`, `"Bus": "c", "Type": "Thermal"`, `$.Generators.g.Bus: is "c", want the name of a bus`},
		{"type", `"Profiled"`, `"hydro"`, `$.Generators.w.Type: is "hydro", want "Thermal" or "Profiled"`},
		{"points", "[10, 20, 50]", "[10, 20]", "$.Generators.g.Production cost curve ($): is a list of 3, want as many as the 2 points in MW"},
		{"descending points", "[10, 20, 50]", "[10, 60, 50]", "$.Generators.g.Production cost curve (MW)[2]: is 50, want at least the 60 of the point before"},
		{"minimum by step", "[10, 20, 50]", "[[10, 5], 20, 50]", "$.Generators.g.Production cost curve (MW)[0]: varies by step, which is not part of this model for the minimum"},
		{"no points", "[10, 20, 50]", "[]", "$.Generators.g"},
		{"delays", `[1, 4]`, `[1, 4, 8]`, "$.Generators.g.Startup costs ($): has 2 entries, want one for each of the 3 startup delays"},
		{"late delay", `[1, 4]`, `[2, 4]`, "$.Generators.g.Startup delays (h)[0]: is 2 h, want at most the minimum downtime of 1 h"},
		{"half a delay", `[1, 4]`, `[1, 4.5]`, "$.Generators.g.Startup delays (h)[1]: is 4.5 h, want a whole number of steps of 1 h"},
		{"no state", `"Initial status (h)": -100, `, ``, "$.Generators.g.Initial status (h): is missing, want hours: on above 0, off below 0"},
		{"state 0", `"Initial status (h)": -100`, `"Initial status (h)": 0`, "$.Generators.g.Initial status (h): is 0, want hours"},
		{"power while off", `"Initial power (MW)": 0`, `"Initial power (MW)": 5`, "$.Generators.g.Initial power (MW): is 5, want 0 for a unit that is off"},
		{"shut-down limit", `"Startup delays (h)"`, `"Shutdown limit (MW)": 5, "Startup delays (h)"`, "$.Generators.g.Shutdown limit (MW): is 5, with which the unit could never stop; want at least 10"},
		{"must run and off", `"Startup delays (h)"`, `"Must run?": true, "Commitment status": [true, false], "Startup delays (h)"`, "$.Generators.g.Commitment status: is false in step 1, in which the unit must run"},
		{"reserve", `["r"]`, `["q"]`, `$.Generators.g.Reserve eligibility[0]: is "q", want one of the reserves ["r"]`},
		{"reserve type", `"spinning"`, `"primary"`, `$.Reserves.r.Type: is "primary", want "spinning" or "flexiramp"`},
		{"flexible ramping", `"spinning"`, `"flexiramp"`, `$.Reserves.r: is of type flexiramp, which is not part of this model; remove it or ignore "flexiramp"`},
		{"penalty by step", `"Amount (MW)": 5`, `"Amount (MW)": 5, "Shortfall penalty ($/MW)": [1, 2]`, "$.Reserves.r.Shortfall penalty ($/MW): varies by step"},
		{"limits", `"Maximum power (MW)": 5`, `"Maximum power (MW)": 5, "Minimum power (MW)": 6`, `$.Generators.w: unitcommitment: unit "w": step 0: from 6 to 5 MW`},
		{"level", `"Maximum level (MWh)": 5`, `"Maximum level (MWh)": 5, "Minimum level (MWh)": [6, 5]`, `$.Storage units.s: unitcommitment: storage "s": step 0: energy from 6 to 5 MWh`},
		{"efficiency", `"Maximum level (MWh)": 5`, `"Maximum level (MWh)": 5, "Discharge efficiency": 0`, `$.Storage units.s.Discharge efficiency: is 0`},
		{"word for a switch", `"Startup delays (h)"`, `"Must run?": "yes", "Startup delays (h)"`, `$.Generators.g.Must run?: is "yes", want true or false`},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.Contains(t, sound, c.old)
			s, err := unitcommitment.Read(strings.NewReader(strings.Replace(sound, c.old, c.new, 1)), unitcommitment.Options{})
			assert.Nil(t, s)
			require.ErrorContains(t, err, c.want)
		})
	}
	_, err = unitcommitment.Read(strings.NewReader(strings.NewReplacer(`"0.4"`, `"9"`, `"Bus": "b"`, `"Bus": "c"`).Replace(sound)), unitcommitment.Options{})
	require.Error(t, err)
	assert.Equal(t, 5, strings.Count(err.Error(), "\n")+1, "all at once: %v", err)
}

// Repairs that the format's own program makes, and keys that it does not have,
// are noted.
func TestUnitCommitmentJLNotes(t *testing.T) {
	text := ucjlOf(hours1, "30", generators(unitOf("g", "[10, 20, 30]", "[0, 100, 150]", `"Startup limit (MW)": 5`,
		`"Startup delays (h)": [1, 2]`, `"Startup costs ($)": [20, 10]`, `"Ramp up limit": 3`, `"Maximum daily starts": 2`)),
		`"Reserves": {"f": {"Type": "flexiramp", "Amount (MW)": 5}}`)
	s, err := unitcommitment.Read(strings.NewReader(text), unitcommitment.Options{Ignore: []string{"flexiramp"}})
	require.NoError(t, err)
	joined := strings.Join(s.Notes, "\n")
	for _, want := range []string{
		"$.Reserves.f: the flexible ramping reserve is ignored",
		"$.Generators.g.Production cost curve ($): is not convex",
		"$.Generators.g.Startup limit (MW): is 5, below the minimum, and is raised to 10",
		"$.Generators.g.Startup costs ($): falls from 20 to 10",
		"$.Generators.g.Maximum daily starts: is ignored",
		`$.Generators.g.Ramp up limit: is no key of the format and is ignored; did you mean "Ramp up limit (MW)"?`,
	} {
		assert.Contains(t, joined, want)
	}
	assert.Len(t, s.Notes, 6)
	found, _ := optimum(t, s)
	assert.InDelta(t, 20*1000+20, found, 1e-6, "10 MW at the raised limit, 20 MW unserved, the raised start cost")
}

// A unit without capacity has one note, and none for its keys.
func TestUnitCommitmentJLLeavesOutUnitsWithoutCapacity(t *testing.T) {
	s, err := unitcommitment.Read(strings.NewReader(ucjlOf(hours1, "10", generators(unitOf("h", "[0, 0]", "[5, 5]", `"Ramp up limit (MW)": 3`)))), unitcommitment.Options{})
	require.NoError(t, err)
	assert.Equal(t, []string{"$.Generators.h: has a capacity of 0 MW and is left out"}, s.Notes)
	assert.Len(t, s.Units, 1)
}

// A generator, a load and a storage unit may share a name in the format.
func TestUnitCommitmentJLNamesAreApart(t *testing.T) {
	text := ucjlOf(hours1, "0", `"Generators": {"x": {"Bus": "b", "Type": "Profiled", "Maximum power (MW)": 5, "Cost ($/MW)": 1}, "unserved load": {"Bus": "b", "Type": "Profiled", "Maximum power (MW)": 5, "Cost ($/MW)": 1}}`,
		`"Price-sensitive loads": {"x": {"Bus": "b", "Revenue ($/MW)": 25, "Demand (MW)": 5}}`)
	s, err := unitcommitment.Read(strings.NewReader(text), unitcommitment.Options{})
	require.NoError(t, err)
	var names []string
	for _, u := range s.Units {
		names = append(names, u.Name())
	}
	assert.Equal(t, []string{"unserved load", "x", "unserved load (generator)", "x (load)"}, names)
}

// The benchmark instances of the format are compressed.
func TestCompressedFilesAreRead(t *testing.T) {
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	_, err := z.Write([]byte(ucjlOf(hours1, "10", generators())))
	require.NoError(t, err)
	require.NoError(t, z.Close())
	s, err := unitcommitment.Read(bytes.NewReader(out.Bytes()), unitcommitment.Options{})
	require.NoError(t, err)
	assert.Equal(t, []float64{10}, s.Set.Path("demand", 0))
	_, err = unitcommitment.Read(bytes.NewReader(out.Bytes()[:out.Len()-4]), unitcommitment.Options{})
	require.ErrorContains(t, err, "unitcommitment: $: unexpected EOF")
}

// A format that is named is not guessed, so that its errors are about its own
// keys.
func TestFormatsAreNamed(t *testing.T) {
	for name, format := range map[string]unitcommitment.Format{
		"auto": unitcommitment.FormatAuto, "pglib-uc": unitcommitment.FormatPGLib, "egret": unitcommitment.FormatEgret,
		"unitcommitment.jl": unitcommitment.FormatUnitCommitmentJL, "pypsa": unitcommitment.FormatPyPSA, "matpower": unitcommitment.FormatMATPOWER,
	} {
		found, err := unitcommitment.ParseFormat(name)
		require.NoError(t, err)
		assert.Equal(t, format, found)
		assert.Equal(t, name, format.String())
	}
	_, err := unitcommitment.ParseFormat("matlab")
	require.ErrorContains(t, err, `format "matlab" is unknown, want one of auto, pglib-uc`)

	_, err = unitcommitment.Read(strings.NewReader(`{}`), unitcommitment.Options{})
	require.ErrorContains(t, err, `want one of them`)
	for format, want := range map[unitcommitment.Format]string{
		unitcommitment.FormatPGLib: "$.time_periods", unitcommitment.FormatEgret: "$.system", unitcommitment.FormatUnitCommitmentJL: "$.Parameters.Version",
		unitcommitment.FormatMATPOWER: "mpc.bus is missing", unitcommitment.FormatPyPSA: "give the folder",
	} {
		_, err := unitcommitment.Read(strings.NewReader(`{}`), unitcommitment.Options{Format: format})
		require.ErrorContains(t, err, want)
	}
}

// A product lists units of the system, and has a series.
func TestProductsAreValidated(t *testing.T) {
	s := &unitcommitment.System{
		Set: hours(t, map[string][]float64{"demand": {1, 1}, "fast": {1, 1}}), Demand: "demand", EmissionLimit: optional.Of(-1),
		Products: []unitcommitment.Product{
			{Name: "fast", Requirement: "fast", Units: []string{"gt"}, ShortfallPrice: optional.Of(-2)}, {Name: "fast", Requirement: "slow"},
		},
	}
	err := s.Validate()
	for _, want := range []string{
		"EmissionLimit is -1", `Products[0].Units names "gt"`, "Products[0].ShortfallPrice is -2",
		`Products[1].Name is "fast", want a name that no other product has`, `Products[1].Requirement names series "slow"`,
	} {
		require.ErrorContains(t, err, want)
	}
}
