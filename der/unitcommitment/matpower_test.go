package unitcommitment_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/der/unitcommitment"
)

// matpowerOf returns a case of version 2 with bus 1 and the given load, and
// rows of gen and gencost. A machine is "Pmax Pmin" or "Pmax Pmin status".
func matpowerOf(load string, machines, costs []string, more ...string) string {
	var gen, cost strings.Builder
	for _, m := range machines {
		words := append(strings.Fields(m), "1")
		fmt.Fprintf(&gen, "\t1\t0\t0\t0\t0\t1\t100\t%s\t%s\t%s;\n", words[2], words[0], words[1])
	}
	for _, c := range costs {
		fmt.Fprintf(&cost, "\t%s;\n", c)
	}
	return fmt.Sprintf(`%% a case
function mpc = hand
mpc.version = '2';
mpc.baseMVA = 100;
mpc.bus = [ %% bus data
	1	3	%s	0	0	0	1	1	0	135	1	1.1	0.9;
];
mpc.gen = [
%s];
mpc.gencost = [
%s];
%s
`, load, gen.String(), cost.String(), strings.Join(more, "\n"))
}

// matpowerRules are small cases whose optimum is a calculation by hand.
var matpowerRules = []struct {
	name, text string
	decommit   bool
	cost       float64 // −1: infeasible
	why        string
}{
	{
		"highest power first", matpowerOf("10", []string{"50 0"}, []string{"2 0 0 3 0 7 5"}), false,
		75, "7 × 10 + 5",
	},
	{
		"two coefficients", matpowerOf("10", []string{"50 0"}, []string{"2 0 0 2 7 5"}), false,
		75, "7 × 10 + 5",
	},
	{
		"columns behind the last coefficient", matpowerOf("10", []string{"50 0", "0 0"}, []string{"2 0 0 2 7 5 9 9", "1 0 0 2 0 0 1 1"}), false,
		75, "the fourth column counts the coefficients",
	},
	{
		"one coefficient", matpowerOf("10", []string{"50 0"}, []string{"2 0 0 1 5"}), false,
		5, "a constant",
	},
	{
		"quadratic", matpowerOf("30", []string{"50 0", "50 0"}, []string{"2 0 0 3 0.1 10 5", "2 0 0 3 0.2 10 0"}), false,
		365, "0.2 × 20 = 0.4 × 10: 40 + 200 + 5 + 20 + 100",
	},
	{
		"points", matpowerOf("30", []string{"50 0"}, []string{"1 0 0 3 0 0 20 100 50 400"}), false,
		200, "5 per MWh up to 20 MW, 10 beyond",
	},
	{
		"beyond the points", matpowerOf("50", []string{"80 0"}, []string{"1 0 0 3 10 100 20 150 40 350"}), false,
		450, "the last line goes on: 350 + 10 × 10",
	},
	{
		"before the points", matpowerOf("5", []string{"80 0"}, []string{"1 0 0 2 10 100 20 150"}), false,
		75, "the first line goes on: 100 − 5 × 5",
	},
	{
		"machines in service run", matpowerOf("30", []string{"50 10", "50 0"}, []string{"2 0 0 2 100 0", "2 0 0 2 1 0"}), false,
		1020, "10 MW of the dear machine and 20 MW of the cheap one",
	},
	{
		"minimum above the load", matpowerOf("5", []string{"50 10"}, []string{"2 0 0 2 1 0"}), false,
		-1, "the machine cannot be off",
	},
	{
		"decommitment", matpowerOf("30", []string{"50 10", "50 0"}, []string{"2 70 80 2 100 9", "2 0 0 2 1 0"}), true,
		30, "the dear machine is off, without its constant and without the cost of a stop",
	},
	{
		"out of service", matpowerOf("30", []string{"50 0 0", "50 0"}, []string{"2 0 0 2 1 0", "2 0 0 2 3 0"}), false,
		90, "the second machine alone",
	},
	{
		"dispatchable load", matpowerOf("10", []string{"50 0", "0 -30"}, []string{"2 0 0 3 0.1 1 0", "2 0 0 2 5 0 0"}), false,
		10 + 10 + 0.1*400 - 50, "it pays 5 and takes 10 MW, until the machine costs 1 + 0.2 × 20 = 5: 20 + 40 − 50",
	},
	{
		"power of any sign", matpowerOf("-10", []string{"20 -20"}, []string{"1 0 0 3 -20 -100 0 0 20 200"}), false,
		-50, "takes 10 MW at 5",
	},
	{
		"reactive costs", matpowerOf("10", []string{"50 0"}, []string{"2 0 0 2 7 5", "2 0 0 2 100 100"}), false,
		75, "the second half of the rows",
	},
}

func TestMATPOWERRules(t *testing.T) {
	for _, c := range matpowerRules {
		t.Run(c.name, func(t *testing.T) {
			s, err := unitcommitment.Read(strings.NewReader(c.text), unitcommitment.Options{Decommit: c.decommit})
			require.NoError(t, err)
			found, feasible := optimum(t, s)
			t.Logf("right %s: %g, %s; found %.6f", c.name, c.cost, c.why, found)
			require.Equal(t, c.cost != -1, feasible)
			if feasible {
				assert.InDelta(t, c.cost, found, 1e-6*max(1, c.cost))
			}
		})
	}
}

// The load of all buses that are not isolated, with their shunt conductance;
// comments, continuations and names of buses.
const matpowerForms = `%{
mpc.bus = 'in a comment';
%}
function mpc = forms
%% MATPOWER Case Format : Version 2
mpc.version = '2'; mpc.baseMVA = 100.0;	% two statements
mpc.bus = [
	1, 3, 10.5, 0, 2, 0, 1, 1, 0, 135, 1, 1.1, 0.9 % commas
	2	1	4	0	0	0	1	1	0	135	...  a continuation
		1	1.1	0.9;
	7	4	99	0	9	0	1	1	0	135	1	1.1	0.9; 8	1	-3	0	0	0	1	1	0	135	1	1.1	0.9;

];
mpc.gen = [
	2	0	0	0	0	1	100	1	50	0	0	0	0	0	0	0	0	0	0	0	0;
	7	0	0	0	0	1	100	1	50	0	0	0	0	0	0	0	0	0	0	0	0;
	8	0	0	0	0	1	100	-1	50	0	0	0	0	0	0	0	0	0	0	0	0;
];
mpc.gencost = [2 1500 0 3 0 2 0; 2 0 0 3 0 1 0; 2 0 0 3 0 1 0];
mpc.branch = [
	1	2	0	0.1	0	250	0	0	0	0	1	-360	360;
	1	8	0	0.1	0	0	0	0	0	0	1	-360	360;
];
mpc.dcline = [1 2 1 0 0 0 0 1 1 0 10 0 0 0 0 0.1 0];
mpc.bus_name = {
	'one % of';
	'two';
	'seven'; 'eight';
};
mpc.genfuel = { 'coal'; 'gas'; 'gas' };
mpc.note = [1 2 3];
define_constants;
[PQ, PV, REF, NONE, BUS_I, BUS_TYPE, PD, QD, GS, BS, BUS_AREA, VM, ...
    VA, BASE_KV, ZONE, VMAX, VMIN] = idx_bus;
end
`

func TestMATPOWERForms(t *testing.T) {
	s, err := unitcommitment.Read(strings.NewReader(matpowerForms), unitcommitment.Options{})
	require.NoError(t, err)
	assert.Equal(t, []float64{10.5 + 2 + 4 - 3}, s.Set.Path("demand", 0))
	require.Len(t, s.Units, 1)
	assert.Equal(t, "gen1", s.Units[0].Name())
	found, _ := optimum(t, s)
	assert.InDelta(t, 27, found, 1e-9)
	assert.Equal(t, []string{
		"bus: 1 bus is isolated and left out, with the load",
		"gen: 2 machines are out of service and left out",
		"gencost: the costs of starts and stops of 1 machine are ignored, because a case is one step",
		"branch: 2 branches are ignored, because all buses are joined; 1 of them has a limit",
		"dcline: 1 direct-current line is ignored, because all buses are joined; losses and costs are left out",
		"note: is ignored",
	}, s.Notes)
}

// Version 1 has the matrices as variables.
func TestMATPOWERVersion1(t *testing.T) {
	text := "function [baseMVA, bus, gen, branch, areas, gencost] = old\n" +
		strings.ReplaceAll(matpowerOf("10", []string{"50 0"}, []string{"2 0 0 2 7 5"}), "mpc.", "")
	text = strings.Replace(text, "function mpc = hand\nversion = '2';\n", "", 1)
	s, err := unitcommitment.Read(strings.NewReader(text), unitcommitment.Options{})
	require.NoError(t, err)
	found, _ := optimum(t, s)
	assert.InDelta(t, 75, found, 1e-9)
}

func TestMATPOWERFaults(t *testing.T) {
	sound := matpowerOf("10", []string{"50 0", "60 0"}, []string{"2 0 0 3 0.01 7 5 0", "1 0 0 2 0 0 60 90"})
	_, err := unitcommitment.Read(strings.NewReader(sound), unitcommitment.Options{})
	require.NoError(t, err)
	for _, c := range []struct{ name, old, new, want string }{
		{"no matrix", "mpc.gencost = [", "mpc.costs = [", "the matrix mpc.gencost is missing, want one row per machine"},
		{"computed matrix", "mpc.baseMVA = 100;", "mpc.bus(:, 3) = mpc.bus(:, 3) / 1e3;", `line 4: "mpc.bus(:, 3) = mpc.bus(:, 3) / 1e3" computes data, which is not read; run it in MATPOWER and write the result with savecase`},
		{"computed number", "mpc.baseMVA = 100;", "mpc.baseMVA = 50 * 2;", `line 4: "mpc.baseMVA = 50 * 2" computes data`},
		{"loop", "mpc.baseMVA = 100;", "for i = 1:3", `line 4: "for i = 1:3" computes data`},
		{"twice", "mpc.baseMVA = 100;", "mpc.gen = [1 2];", `line 8: "mpc.gen = … a second time" computes data`},
		{"operator", "];\nmpc.gencost", "]';\nmpc.gencost", `line 8: "mpc.gen = […]'" computes data`},
		{"expression", "\t135\t", "\t135/sqrt(3)\t", `line 6, column 21: "135/sqrt(3)" in mpc.bus is no number; write the value itself`},
		{"no end", "];\nmpc.gencost", "\nmpc.gencost", `line 12: the matrix mpc.gen of line 8 has no closing bracket before`},
		{"ragged", "\t1.1\t0.9;\n", "\t1.1\t0.9;\n2 1;\n", "line 7: a row of mpc.bus has 2 columns, want 13 as the first row"},
		{"narrow", "2 0 0 3 0.01 7 5 0;\n\t1 0 0 2 0 0 60 90", "2 0 0;\n\t1 0 0", "line 13: a row of mpc.gencost has 3 columns, want at least 4"},
		{"rows", "\t1 0 0 2 0 0 60 90;\n", "", "line 12: mpc.gencost has 1 rows, want 2, one per machine"},
		{"coefficients", "2 0 0 3 0.01", "2 0 0 5 0.01", "line 13, column 8: asks for 5 points or coefficients, but the row has 4"},
		{"half a coefficient", "2 0 0 3 0.01", "2 0 0 2.5 0.01", "line 13, column 8: the number of points or coefficients is 2.5, want a whole number"},
		{"cubic", "2 0 0 3 0.01 7 5 0", "2 0 0 4 0.01 7 5 1", "line 13, column 10: the coefficient of power 3 is 0.01, which is not part of this model"},
		{"concave", "2 0 0 3 0.01", "2 0 0 3 -0.01", "line 13, column 10: the coefficient of p² is -0.01, want at least 0"},
		{"one point", "1 0 0 2 0 0", "1 0 0 1 0 0", "line 14, column 8: has 1 points, want at least 2"},
		{"points backwards", "1 0 0 2 0 0 60 90", "1 0 0 2 60 0 0 90", "line 14, column 15: a point is at 0 MW, want more than the 60 MW before"},
		{"cost model", "1 0 0 2 0 0", "3 0 0 2 0 0", "line 14, column 2: the cost model is 3, want 1, points, or 2, a polynomial"},
		{"limits", "\t50\t0;", "\t50\t70;", "Pmin of machine 1 is 70, want at most Pmax, 50"},
		{"infinite limit", "\t50\t0;", "\tInf\t0;", "Pmax is +Inf, want a finite number"},
		{"no bus", "\t1\t0\t0\t0\t0\t1\t100\t1\t60", "\t9\t0\t0\t0\t0\t1\t100\t1\t60", "line 10, column 2: machine 2 is at bus 9, which no row of bus has"},
		{"load", "\t3\t10\t", "\t3\tNaN\t", "line 6, column 6: the load is NaN, want a finite number"},
		{"bus number", "\t1\t3\t10", "\t1.5\t3\t10", "line 6, column 2: the number of a bus is 1.5, want a whole number"},
		{"extra limits", "mpc.baseMVA = 100;", "mpc.A = [1 2];", `line 4: mpc.A adds to the problem and is not part of this model; remove it or ignore "A"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.Contains(t, sound, c.old)
			s, err := unitcommitment.Read(strings.NewReader(strings.Replace(sound, c.old, c.new, 1)), unitcommitment.Options{})
			assert.Nil(t, s)
			require.ErrorContains(t, err, "unitcommitment: ")
			require.ErrorContains(t, err, c.want)
		})
	}
	s, err := unitcommitment.Read(strings.NewReader(strings.Replace(sound, "mpc.baseMVA = 100;", "mpc.A = [1 2];", 1)), unitcommitment.Options{Ignore: []string{"A"}})
	require.NoError(t, err)
	assert.Contains(t, s.Notes, "A: is ignored")
	s, err = unitcommitment.Read(strings.NewReader(strings.NewReplacer("7 5 0;", "7 5 0 0 0;", "1 0 0 2 0 0 60 90", "1 0 0 3 0 0 30 60 60 90").Replace(sound)), unitcommitment.Options{})
	require.NoError(t, err)
	assert.Equal(t, []string{"gencost: line 14: the curve is not convex, and the largest of its lines counts, as in MATPOWER"}, s.Notes)
}

// Random cases: the optimum of linear costs is that of the merit order, which
// this test fills by hand.
func TestMATPOWERMeritOrder(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 30 {
		var (
			machines, costs []string
			best            float64
			n               = 2 + random.IntN(5)
			left            []float64 // MW above the minimum
			price           []float64
			load            float64
		)
		for range n {
			least, room, p, c := random.IntN(10), random.IntN(40), random.IntN(30)-5, random.IntN(9)
			machines = append(machines, fmt.Sprintf("%d %d", least+room, least))
			if random.IntN(2) == 0 {
				costs = append(costs, fmt.Sprintf("2 0 0 2 %d %d 0 0", p, c))
			} else {
				costs = append(costs, fmt.Sprintf("1 0 0 2 1 %d 3 %d", p+c, 3*p+c))
			}
			left, price = append(left, float64(room)), append(price, float64(p))
			best += float64(c) + float64(p*least)
			load += float64(least)
		}
		rest := 0.0
		for _, mw := range left {
			rest += mw
		}
		rest *= random.Float64()
		s, err := unitcommitment.Read(strings.NewReader(matpowerOf(fmt.Sprint(load+rest), machines, costs)), unitcommitment.Options{})
		require.NoError(t, err)
		for range n {
			cheapest := 0
			for i := range price {
				if left[cheapest] == 0 || left[i] > 0 && price[i] < price[cheapest] {
					cheapest = i
				}
			}
			mw := min(rest, left[cheapest])
			best += mw * price[cheapest]
			rest -= mw
			left[cheapest] = 0
		}
		found, feasible := optimum(t, s)
		require.True(t, feasible)
		assert.InDelta(t, best, found, 1e-6)
	}
}

func FuzzReadMATPOWER(f *testing.F) {
	f.Add(matpowerForms, uint16(0), "")
	for i, token := range []string{"1e300", "-1", "Inf", "NaN", "]", "[", "'", "%", "...", "1 2", "mpc.", "=", "{", "\v"} {
		f.Add("", uint16(31*i), token)
	}
	sound1 := matpowerOf("10", []string{"50 0", "60 -5"}, []string{"2 0 0 3 0.01 7 5 0", "1 0 0 2 0 0 60 90"})
	f.Fuzz(func(t *testing.T, arbitrary string, position uint16, token string) {
		if token != "" {
			arbitrary = spoiled(sound1, position, token)
		}
		s, err := unitcommitment.ReadMATPOWER(strings.NewReader(arbitrary), unitcommitment.Options{Decommit: position%2 == 0})
		sound(t, s, err)
	})
}

func FuzzReadUnitCommitmentJL(f *testing.F) {
	for _, c := range ucjlRules[:3] {
		f.Add(c.text, uint16(0), "")
	}
	for i, token := range []string{"1e300", "-1", "0", "null", `"g"`, "1e-300", "[1, 2]", "true", "7, 7", `"Profiled"`} {
		f.Add("", uint16(31*i), token)
	}
	text := ucjlOf(hours2, "[10, 20]", generators(
		unitOf("g", "[10, 20, 50]", "[20, 40, 200]", `"Startup delays (h)": [1, 4]`, `"Startup costs ($)": [10, 20]`, `"Reserve eligibility": ["r", "q"]`,
			`"Ramp up limit (MW)": 5`, `"Shutdown limit (MW)": 15`, `"Must run?": [false, true]`, `"Minimum uptime (h)": 2`),
		`"w": {"Bus": "b", "Type": "Profiled", "Maximum power (MW)": 5, "Cost ($/MW)": 1}`),
		`"Reserves": {"r": {"Type": "spinning", "Amount (MW)": 5}, "q": {"Type": "spinning", "Amount (MW)": 5, "Shortfall penalty ($/MW)": 9}}`,
		`"Price-sensitive loads": {"p": {"Bus": "b", "Revenue ($/MW)": 25, "Demand (MW)": 5}}`,
		`"Storage units": {"s": {"Bus": "b", "Maximum level (MWh)": 5, "Charge cost ($/MW)": 1, "Discharge cost ($/MW)": 1, "Maximum charge rate (MW)": 5, "Maximum discharge rate (MW)": 5}}`)
	f.Fuzz(func(t *testing.T, arbitrary string, position uint16, token string) {
		if token != "" {
			arbitrary = spoiled(text, position, token)
		}
		s, err := unitcommitment.ReadUnitCommitmentJL(strings.NewReader(arbitrary), unitcommitment.Options{})
		sound(t, s, err)
	})
}
