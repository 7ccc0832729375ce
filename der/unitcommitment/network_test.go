package unitcommitment_test

import (
	"encoding/csv"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/der/unitcommitment"
	"github.com/trigrid/trigrid/milp"
)

// The published figures of three files are those of networks, which the readers
// leave out. A network here adds one balance per bus to the program that was
// read, so that every unit is compared with the published optimum.
type network struct {
	units map[string]string    // bus by name of a unit
	load  map[string][]float64 // MW per step by bus
	lines []networkLine
}

// networkLine carries susceptance × (angle − angle) from one bus to the other,
// or any power within its limits if the susceptance is 0.
type networkLine struct {
	from, to     string
	susceptance  float64
	lower, upper float64
}

// add adds the balances and returns their rows by bus and step.
func (n network) add(t *testing.T, s *unitcommitment.System, p *unitcommitment.Program) map[string][]milp.Row {
	t.Helper()
	var buses []string
	for bus := range n.load {
		buses = append(buses, bus)
	}
	slices.Sort(buses)
	rows := map[string][]milp.Row{}
	for k := range s.Set.Steps() {
		out := map[string]*milp.Expr{}
		angle := map[string]milp.Expr{}
		for _, bus := range buses {
			out[bus] = &milp.Expr{}
			angle[bus] = p.Model.Var(milp.At(bus, "angle", k), -milp.Inf, milp.Inf).Expr()
		}
		for i, l := range n.lines {
			flow := p.Model.Var(milp.At("line", "flow", i, k), l.lower, l.upper).Expr()
			out[l.from].Add(flow)
			out[l.to].Add(flow.Times(-1))
			if l.susceptance != 0 {
				p.Model.Equal(milp.At("line", "law", i, k), flow, angle[l.from].Minus(angle[l.to]).Times(l.susceptance))
			}
		}
		for i, u := range s.Units {
			if bus, placed := n.units[u.Name()]; placed {
				require.Contains(t, out, bus)
				out[bus].Add(p.Terms[i][0].Net(k).Times(-1))
			}
		}
		for _, bus := range buses {
			rows[bus] = append(rows[bus], p.Model.Equal(milp.At(bus, "balance", k), out[bus].Times(-1), milp.Const(n.load[bus][k])))
		}
	}
	return rows
}

// Published in the tests of UnitCommitment.jl: prices of one step on networks
// of two and three buses.
func TestAnchorUnitCommitmentJLPrices(t *testing.T) {
	for _, c := range []struct {
		file string
		want map[string]float64
	}{
		{"ucjl_lmp_1.json", map[string]float64{"A": 50, "B": 50}},
		{"ucjl_lmp_2.json", map[string]float64{"A": 50, "B": 60}},
		{"ucjl_lmp_3.json", map[string]float64{"A": 50, "B": 70, "C": 100}},
		{"ucjl_lmp_4.json", map[string]float64{"A": 50, "B": 70, "C": 90}},
	} {
		text, err := os.ReadFile(filepath.Join(dataFolder(t), c.file))
		require.NoError(t, err)
		var file struct {
			Buses map[string]struct {
				Load float64 `json:"Load (MW)"`
			}
			Generators map[string]struct{ Bus string }
			Lines      map[string]struct {
				From        string   `json:"Source bus"`
				To          string   `json:"Target bus"`
				Susceptance float64  `json:"Susceptance (S)"`
				Limit       *float64 `json:"Normal flow limit (MW)"`
			} `json:"Transmission lines"`
		}
		require.NoError(t, json.Unmarshal(text, &file))
		n := network{units: map[string]string{}, load: map[string][]float64{}}
		for name, bus := range file.Buses {
			n.load[name] = []float64{bus.Load}
		}
		for name, g := range file.Generators {
			n.units[name] = g.Bus
		}
		for _, l := range file.Lines {
			limit := math.Inf(1)
			if l.Limit != nil {
				limit = *l.Limit
			}
			n.lines = append(n.lines, networkLine{l.From, l.To, l.Susceptance, -limit, limit})
		}
		s := readFile(t, c.file, unitcommitment.Options{})
		p := formulate(t, s)
		rows := n.add(t, s, p)
		best := solve(t, exact, p.Model)
		fixed := p.Model.Relaxed()
		for j := range p.Model.Vars() {
			if v := p.Model.VarAt(j); p.Model.IsInteger(v) {
				fixed.Fix(fixed.VarAt(j), math.Round(best.Values[j]))
			}
		}
		solution := solve(t, exact, fixed)
		for bus, want := range c.want {
			// The balance of the system is the sum of the others, so that both
			// have a part of the price.
			found := solution.Dual(rows[bus][0]) + solution.Dual(p.Balance[0][0])
			anchor(t, c.file+" price at "+bus, found, want, 1e-9)
		}
	}
}

// Published in the baseline table of pglib-opf, and computed by HiGHS from
// another statement.
func TestAnchorMATPOWER(t *testing.T) {
	const file = "pglib_opf_case30_ieee.m"
	s := readFile(t, file, unitcommitment.Options{})
	assert.Equal(t, []string{"branch: 41 branches are ignored, because all buses are joined; 41 of them have a limit"}, s.Notes)
	// By hand: 271 MW at the lower price, the rest of 283.4 MW at the higher
	// one.
	anchor(t, file+" on one bus", solve(t, exact, formulate(t, s).Model).Objective, 271*18.421528+12.4*52.182254, 1e-12)

	text, err := os.ReadFile(filepath.Join(dataFolder(t), file))
	require.NoError(t, err)
	for _, c := range []struct {
		convention string
		want       float64
		b          func(r, x, tap float64) float64
	}{
		{"x/(r²+x²), no taps", 7472.814670, func(r, x, _ float64) float64 { return x / (r*r + x*x) }},
		{"1/x, no taps", 7506.477279, func(_, x, _ float64) float64 { return 1 / x }},
		{"1/(x tap)", 7504.440462, func(_, x, tap float64) float64 { return 1 / (x * tap) }},
	} {
		n := network{units: map[string]string{}, load: map[string][]float64{}}
		for _, row := range matpowerRows(t, string(text), "bus") {
			n.load[row[0]] = []float64{numberOf(t, row[2])}
		}
		for i, row := range matpowerRows(t, string(text), "gen") {
			n.units["gen"+strconv.Itoa(i+1)] = row[0]
		}
		for _, row := range matpowerRows(t, string(text), "branch") {
			tap := numberOf(t, row[8])
			if tap == 0 {
				tap = 1
			}
			rating := numberOf(t, row[5])
			n.lines = append(n.lines, networkLine{row[0], row[1], 100 * c.b(numberOf(t, row[2]), numberOf(t, row[3]), tap), -rating, rating})
		}
		p := formulate(t, s)
		n.add(t, s, p)
		solution := solve(t, exact, p.Model)
		anchor(t, file+" with "+c.convention, solution.Objective, c.want, 1e-9)
	}
}

// matpowerRows returns the cells of a matrix by splitting the text, without the
// reader.
func matpowerRows(t *testing.T, text, name string) [][]string {
	t.Helper()
	_, rest, found := strings.Cut(text, "mpc."+name+" = [")
	require.True(t, found)
	rest, _, _ = strings.Cut(rest, "];")
	var rows [][]string
	for line := range strings.Lines(rest) {
		if line, _, _ = strings.Cut(line, ";"); strings.TrimSpace(line) != "" {
			rows = append(rows, strings.Fields(line))
		}
	}
	return rows
}

func numberOf(t *testing.T, text string) float64 {
	t.Helper()
	x, err := strconv.ParseFloat(text, 64)
	require.NoError(t, err)
	return x
}

// tableOf returns a CSV table by columns and rows.
func tableOf(t *testing.T, path string) []map[string]string {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	rows, err := csv.NewReader(strings.NewReader(string(text))).ReadAll()
	require.NoError(t, err)
	var out []map[string]string
	for _, row := range rows[1:] {
		named := map[string]string{}
		for i, cell := range row {
			named[rows[0][i]] = cell
		}
		out = append(out, named)
	}
	return out
}

// pypsaAtOptimum returns the published network with the optimal capacities, as
// a folder, and the capacities by component and name.
func pypsaAtOptimum(t *testing.T) (fstest.MapFS, map[string]float64) {
	t.Helper()
	root := filepath.Join(filepath.Dir(dataFolder(t)), "pypsa")
	if _, err := os.Stat(root); err != nil {
		t.Skip("needs the published network: set TRIGRID_DATA to the folder that holds pypsa/storage-hvdc: ", err)
	}
	capacity := map[string]float64{}
	for _, row := range tableOf(t, filepath.Join(root, "storage-hvdc.optimal_capacity.csv")) {
		capacity[row["component"]+" "+row["name"]] = numberOf(t, row["p_nom_opt"])
	}
	folder := fstest.MapFS{}
	entries, err := os.ReadDir(filepath.Join(root, "storage-hvdc"))
	require.NoError(t, err)
	for _, entry := range entries {
		text, err := os.ReadFile(filepath.Join(root, "storage-hvdc", entry.Name()))
		require.NoError(t, err)
		folder[entry.Name()] = &fstest.MapFile{Data: text}
	}
	for list, kind := range map[string]string{"generators": "generator", "storage_units": "storage_unit"} {
		rows, err := csv.NewReader(strings.NewReader(string(folder[list+".csv"].Data))).ReadAll()
		require.NoError(t, err)
		nominal, extendable := slices.Index(rows[0], "p_nom"), slices.Index(rows[0], "p_nom_extendable")
		var out strings.Builder
		for i, row := range rows {
			if i > 0 {
				mw, found := capacity[kind+" "+row[0]]
				require.True(t, found, row[0])
				row[nominal], row[extendable] = strconv.FormatFloat(mw, 'g', -1, 64), "False"
			}
			out.WriteString(strings.Join(row, ",") + "\n")
		}
		folder[list+".csv"] = &fstest.MapFile{Data: []byte(out.String())}
	}
	return folder, capacity
}

// Computed from another statement: the operating cost at the optimal
// capacities. Lines obey the loop law with their reactance, links do not.
// Rounding of the printed capacities makes the problem tight, so that limits
// have 1e-7 MW to spare, as the source of the figure asks for.
func TestAnchorPyPSA(t *testing.T) {
	folder, capacity := pypsaAtOptimum(t)
	s, err := unitcommitment.ReadPyPSA(folder, unitcommitment.Options{})
	require.NoError(t, err)
	assert.Equal(t, []string{
		"lines.csv: 6 rows are ignored with limits, losses and costs, because all buses are joined",
		"links.csv: 2 rows are ignored with limits, losses and costs, because all buses are joined",
	}, s.Notes)
	require.Equal(t, 1000.0, s.EmissionLimit.Or(0))
	joined, feasible := optimum(t, s)
	require.True(t, feasible)

	root := filepath.Join(filepath.Dir(dataFolder(t)), "pypsa", "storage-hvdc")
	n := network{units: map[string]string{}, load: map[string][]float64{}}
	for _, row := range tableOf(t, filepath.Join(root, "loads-p_set.csv")) {
		for bus, mw := range row {
			if bus != "" {
				n.load[bus] = append(n.load[bus], numberOf(t, mw))
			}
		}
	}
	for _, list := range []string{"generators", "storage_units"} {
		for _, row := range tableOf(t, filepath.Join(root, list+".csv")) {
			n.units[row["name"]] = row["bus"]
		}
	}
	for _, row := range tableOf(t, filepath.Join(root, "lines.csv")) {
		limit, found := capacity["line "+row["name"]]
		require.True(t, found)
		n.lines = append(n.lines, networkLine{row["bus0"], row["bus1"], 1 / numberOf(t, row["x"]), -limit - 1e-7, limit + 1e-7})
	}
	for _, row := range tableOf(t, filepath.Join(root, "links.csv")) {
		limit, found := capacity["link "+row["name"]]
		require.True(t, found)
		n.lines = append(n.lines, networkLine{row["bus0"], row["bus1"], 0, -0.9*limit - 1e-7, 0.9*limit + 1e-7})
	}
	p := formulate(t, s)
	n.add(t, s, p)
	for j := range p.Model.Vars() {
		v := p.Model.VarAt(j)
		if lower, upper := v.Bounds(); v.Name().Quantity == "power" {
			p.Model.SetBounds(v, lower, upper+1e-7)
		}
	}
	solution := solve(t, exact, p.Model)
	anchor(t, "storage-hvdc operation", solution.Objective, 33533.478645, 1e-3/33533)
	assert.Less(t, joined, solution.Objective, "one bus is never dearer than the network")

	// The output of each generator in each snapshot, published to 5e-9 MW.
	power := map[string]float64{}
	for j := range p.Model.Vars() {
		if name := p.Model.VarAt(j).Name(); name.Quantity == "power" {
			power[name.Owner+" "+strconv.Itoa(name.Indices()[1])] = solution.Values[j]
		}
	}
	compared := 0
	for _, row := range tableOf(t, filepath.Join(filepath.Dir(root), "storage-hvdc.expected.csv")) {
		assert.InDelta(t, numberOf(t, row["p_mw"]), power[row["name"]+" "+row["snapshot"]], 1e-3, "%s in snapshot %s", row["name"], row["snapshot"])
		compared++
	}
	assert.Equal(t, 144, compared)
}
