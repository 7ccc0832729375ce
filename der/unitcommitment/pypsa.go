package unitcommitment

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/internal/jsontree"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
)

// ReadPyPSA reads the operation of a PyPSA network from a folder of CSV files: generators, storage
// units, stores, loads and a limit of CO2, all buses joined to one. Limits of lines, links and
// transformers are noted and ignored.
//
// Three weights of a snapshot are apart: objective weights multiply costs, generator weights energy
// and emissions, store weights the hours of a store. Times of a commitment count snapshots, and ramps
// are per snapshot. A network with extendable capacities is rejected, because the model decides none;
// [Options.Ignore] with "p_nom_extendable" or "e_nom_extendable" runs it at p_nom_opt or, without that
// column, at p_nom.
//
// Source: the documentation of the components and of the optimisation of PyPSA 1.
func ReadPyPSA(folder fs.FS, options Options) (*System, error) {
	f := &pypsa{
		bad:     faults.List{Prefix: "unitcommitment: ", Max: maxViolations},
		options: options, folder: folder,
		sheets: map[string]*sheet{}, series: map[string]*sheet{},
		buses: map[string]bool{}, names: map[string]bool{own: true}, carriers: map[string]float64{}, lifted: map[string]int{},
	}
	if err := f.open(); err != nil {
		return nil, err
	}
	f.read()
	if err := f.bad.Err(); err != nil {
		return nil, err
	}
	if err := f.system.Validate(); err != nil {
		return nil, err
	}
	return f.system, nil
}

// pypsa reads a folder.
type pypsa struct {
	bad     faults.List
	options Options
	folder  fs.FS
	sheets  map[string]*sheet // by list, such as "generators"
	series  map[string]*sheet // by list and attribute, such as "generators-p_max_pu"

	system    *System
	snapshots int
	cost      []float64 // objective weights divided by the hours of a step
	stores    []float64 // weights of stores, hours
	energy    []float64 // weights of generators, hours
	buses     map[string]bool
	names     map[string]bool    // of units
	lifted    map[string]int     // rows with an ignored key, by file and key
	carriers  map[string]float64 // t CO2 per MWh of primary energy
}

// Lists of components and other tables of a network. Those in quietLists change nothing here.
var (
	readLists  = []string{"buses", "carriers", "generators", "global_constraints", "investment_periods", "loads", "network", "scenarios", "snapshots", "storage_units", "stores"}
	noteLists  = []string{"lines", "links", "transformers"}
	quietLists = []string{"shapes", "sub_networks", "line_types", "transformer_types", "shunt_impedances"}
)

// open reads all tables of the folder.
func (f *pypsa) open() error {
	entries, err := fs.ReadDir(f.folder, ".")
	if err != nil {
		return fmt.Errorf("unitcommitment: %w", err)
	}
	f.system = &System{Demand: demandSeries}
	for _, entry := range entries {
		name, csv := strings.CutSuffix(entry.Name(), ".csv")
		if entry.IsDir() || !csv {
			continue
		}
		list, attribute, perSnapshot := strings.Cut(name, "-")
		known := slices.Contains(readLists, list) || slices.Contains(noteLists, list)
		switch {
		case slices.Contains(quietLists, list):
		case list == "processes" || known && strings.HasSuffix(attribute, "-pw"):
			if s := f.sheet(entry.Name()); s != nil && len(s.rows) > 0 {
				f.refuse(entry.Name(), name, "%s: has %d rows, which are not part of this model; remove them", entry.Name(), len(s.rows))
			}
		case !known:
			f.note("%s: is no table of the format and is ignored", entry.Name())
		case perSnapshot:
			f.series[name] = f.sheet(entry.Name())
		default:
			f.sheets[list] = f.sheet(entry.Name())
		}
	}
	if f.bad.Len() == 0 && f.sheets["buses"] == nil {
		return errors.New("unitcommitment: the folder has no buses.csv; give the folder that n.export_to_csv_folder wrote")
	}
	return nil
}

// sheet reads a table.
func (f *pypsa) sheet(file string) *sheet { return readSheet(f.folder, file, &f.bad) }

func (f *pypsa) note(format string, args ...any) {
	f.system.Notes = append(f.system.Notes, fmt.Sprintf(format, args...))
}

// refuse records a violation that [Options.Ignore] can lift, and reports whether it is lifted. The notes
// of what is lifted are by file and key.
func (f *pypsa) refuse(file, key, format string, args ...any) (ignored bool) {
	if slices.Contains(f.options.Ignore, key) {
		f.lifted[file+": "+key]++
		return true
	}
	f.bad.Addf("%s, or ignore %q", fmt.Sprintf(format, args...), key)
	return false
}

// components calls read for each row of a list. Two rows with one name are a violation.
func (f *pypsa) components(list string, read func(x component)) {
	s := f.sheets[list]
	if s == nil {
		return
	}
	seen := map[string]bool{}
	for _, row := range s.rows {
		x := component{file: f, list: list, row: row, name: row.cells[0], of: s}
		if seen[x.name] {
			f.bad.Addf("%s: line %d: %q is given twice, want each name once", s.file, row.line, x.name)
		}
		seen[x.name] = true
		read(x)
	}
	// A column of a component that the network lacks is probably misspelt.
	for _, name := range slices.Sorted(maps.Keys(f.series)) {
		if of, _, _ := strings.Cut(name, "-"); of != list || f.series[name] == nil {
			continue
		}
		for i, column := range f.series[name].header {
			if i > 0 && !seen[column] {
				f.bad.Addf("%s: column %d is %q, which %s does not have", f.series[name].file, i+1, column, s.file)
			}
		}
	}
}

// read reads the network. Violations are collected in f.bad.
func (f *pypsa) read() {
	f.readSnapshots()
	for _, list := range []string{"investment_periods", "scenarios"} {
		if s := f.sheets[list]; s != nil && len(s.rows) > 0 {
			f.bad.Addf("%s: has %d rows, want none: the network has one period and one scenario", s.file, len(s.rows))
		}
	}
	f.components("buses", func(x component) {
		f.buses[x.name] = true
		switch carrier := x.text("carrier"); strings.ToLower(carrier) {
		case "", "ac", "dc", "electricity":
		default:
			f.refuse("buses.csv", "carrier", "%s: is %q, want AC or DC, because other carriers are not part of this model; remove the bus",
				x.place("carrier"), carrier)
		}
	})
	f.components("carriers", func(x component) {
		f.carriers[x.name] = x.number("co2_emissions", 0, math.Inf(-1), finite)
	})
	f.constraints()
	f.demand()
	f.components("generators", f.generator)
	f.components("storage_units", f.storageUnit)
	f.components("stores", f.store)
	f.network()
	f.misspelt()
	for _, key := range slices.Sorted(maps.Keys(f.lifted)) {
		f.note("%s is ignored in %s", key, plural(f.lifted[key], "row", "rows"))
	}
}

// layouts of the time of a snapshot.
var snapshotLayouts = []string{"2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02", "2006-01-02T15:04:05", "2006-01-02T15:04:05Z07:00"}

func snapshotTime(text string) (time.Time, bool) {
	for _, layout := range snapshotLayouts {
		if at, err := time.Parse(layout, text); err == nil {
			return at, true
		}
	}
	return time.Time{}, false
}

// readSnapshots reads the snapshots with their weights, and makes the grid. Without a table there is
// one snapshot. Without equal distances the steps count as hours, which changes no cost.
func (f *pypsa) readSnapshots() {
	var (
		s      = f.sheets["snapshots"]
		labels = []string{"now"}
		grid   = scenario.Grid{Step: time.Hour, Steps: 1}
	)
	if s != nil {
		labels = nil
		column := max(0, s.column("snapshot"))
		for _, row := range s.rows {
			labels = append(labels, row.cells[column])
		}
		for _, level := range []string{"period", "timestep"} {
			if s.column(level) > 0 {
				f.bad.Addf("%s: column %q is there, want none: the network has one investment period", s.file, level)
			}
		}
		if n := len(labels); n < 1 || n > maxSteps {
			f.bad.Addf("%s: has %d rows, want 1 to %d", s.file, n, maxSteps)
			labels = []string{"now"}
		}
		grid = snapshotGrid(labels)
	}
	f.snapshots = len(labels)
	f.system.Set = scenario.Single(grid)
	dt := grid.Hours()
	if first, times := snapshotTime(labels[0]); times && grid.Start.IsZero() && len(labels) > 1 {
		f.note("snapshots.csv: the times from %s on are not equidistant; steps count as hours", first.Format(time.DateTime))
	}
	weights := func(name string) []float64 {
		out := slices.Repeat([]float64{1}, f.snapshots)
		if s == nil {
			return out
		}
		column := s.column(name)
		if old := s.column("weightings"); column < 0 {
			column = old // one weight for all uses
		}
		for t, row := range s.rows {
			if column < 0 || t == f.snapshots {
				break
			}
			x, err := strconv.ParseFloat(row.cells[column], 64)
			if err != nil || !(x >= 0) || math.IsInf(x, 1) {
				f.bad.Addf("%s: line %d, column %d (%s): is %q, want a weight of at least 0", s.file, row.line, column+1, s.header[column], row.cells[column])
				continue
			}
			out[t] = x
		}
		return out
	}
	f.cost, f.stores, f.energy = weights("objective"), weights("stores"), weights("generators")
	for t := range f.cost {
		f.cost[t] /= dt
	}
	for _, name := range slices.Sorted(maps.Keys(f.series)) {
		if f.series[name] != nil {
			f.align(f.series[name], labels)
		}
	}
}

// snapshotGrid returns equal steps from the first to the last time. Without times it has hours and no
// start.
func snapshotGrid(labels []string) scenario.Grid {
	grid := scenario.Grid{Step: time.Hour, Steps: len(labels)}
	first, known := snapshotTime(labels[0])
	if !known {
		return grid
	}
	if len(labels) == 1 {
		grid.Start = first
		return grid
	}
	before, step := first, time.Duration(0)
	for i, label := range labels[1:] {
		at, known := snapshotTime(label)
		if i == 0 {
			step = at.Sub(before)
		}
		if !known || step <= 0 || at.Sub(before) != step {
			return grid
		}
		before = at
	}
	return scenario.Grid{Start: first, Step: step, Steps: len(labels)}
}

// align checks that a table has one row per snapshot. Rows count by position, as in PyPSA; a time that
// differs from that of the snapshot is a violation.
func (f *pypsa) align(s *sheet, labels []string) {
	if len(s.rows) != len(labels) {
		f.bad.Addf("%s: has %d rows, want %d, one per snapshot", s.file, len(s.rows), len(labels))
		return
	}
	for t, row := range s.rows {
		at, known := snapshotTime(row.cells[0])
		want, both := snapshotTime(labels[t])
		if known && both && !at.Equal(want) {
			f.bad.Addf("%s: line %d: is for %s, want snapshot %s; sort the rows", s.file, row.line, row.cells[0], labels[t])
			return
		}
	}
}

// constraints reads the limits of CO2. The tightest one counts.
func (f *pypsa) constraints() {
	emits := slices.ContainsFunc(slices.Collect(maps.Values(f.carriers)), func(x float64) bool { return x != 0 })
	f.components("global_constraints", func(x component) {
		var (
			kind      = x.text("type")
			attribute = x.text("carrier_attribute")
			sense     = x.text("sense")
			limit     = x.number("constant", 0, -finite, math.Inf(1))
		)
		if (kind == "" || kind == "primary_energy") && (attribute == "" || attribute == "co2_emissions") && sense == "<=" && x.text("investment_period") == "" {
			if emits && !math.IsInf(limit, 1) {
				f.system.EmissionLimit = optional.Of(min(limit, f.system.EmissionLimit.Or(limit)))
			}
			return
		}
		f.refuse(x.of.file, "global_constraints", "%s: line %d: %q is %s of %s with sense %q, want a primary_energy limit <= of co2_emissions",
			x.of.file, x.row.line, x.name, cmpOr(kind, "primary_energy"), cmpOr(attribute, "co2_emissions"), cmpOr(sense, "=="))
	})
}

// cmpOr returns the text, or another one if it is empty.
func cmpOr(text, absent string) string {
	if text == "" {
		return absent
	}
	return text
}

// demand adds up the loads. The sign of a load is −1 by default.
func (f *pypsa) demand() {
	total := make([]float64, f.snapshots)
	f.components("loads", func(x component) {
		f.bus(x)
		if !x.flag("active", true) {
			return
		}
		sign := x.number("sign", -1, -finite, finite)
		for t, mw := range x.each("p_set", 0, -finite, finite) {
			total[t] -= sign * mw
		}
	})
	if err := f.system.Set.AddForecast(demandSeries, "MW", total); err != nil {
		f.bad.Add(err)
	}
}

// bus checks the bus of a component.
func (f *pypsa) bus(x component) {
	if name := x.text("bus"); !f.buses[name] {
		x.bad("bus", "is %q, want a bus of buses.csv", name)
	}
}

// add adds a unit, and the violations of its data if the cells are valid.
func (f *pypsa) add(x component, before int, u der.DER) {
	f.system.Units = append(f.system.Units, u)
	if v, ok := u.(der.Validator); ok && f.bad.Len() == before {
		if err := v.Validate(f.system.Set); err != nil {
			f.bad.Addf("%s: line %d: %w", x.of.file, x.row.line, err)
		}
	}
}

// emission returns the emissions of a carrier, t CO2 per MWh of primary energy.
func (f *pypsa) emission(x component) float64 { return f.carriers[x.text("carrier")] }

// network notes the elements that joining all buses leaves out.
func (f *pypsa) network() {
	for _, list := range noteLists {
		s := f.sheets[list]
		if s == nil || len(s.rows) == 0 {
			continue
		}
		var priced []string
		f.components(list, func(x component) {
			lossless := x.number("efficiency", 1, math.Inf(-1), math.Inf(1)) == 1
			if !lossless || x.number("marginal_cost", 0, math.Inf(-1), math.Inf(1)) != 0 {
				priced = append(priced, x.name)
			}
		})
		text := fmt.Sprintf("%s: %s ignored with limits, losses and costs, because all buses are joined",
			s.file, plural(len(s.rows), "row is", "rows are"))
		if len(priced) > 0 && list == "links" {
			text += fmt.Sprintf("; %s a loss or a cost", plural(len(priced), "of them has", "of them have"))
		}
		f.note("%s", text)
	}
}

// misspelt notes columns that nothing reads and that resemble a column of the format.
func (f *pypsa) misspelt() {
	for _, list := range slices.Sorted(maps.Keys(f.sheets)) {
		s := f.sheets[list]
		if s == nil || slices.Contains(noteLists, list) {
			continue
		}
		known := slices.Sorted(maps.Keys(s.used))
		for i, column := range s.header {
			if i == 0 || s.used[column] || slices.Contains(quietColumns, column) {
				continue
			}
			if meant, found := jsontree.Nearest(column, known); found && s.column(meant) < 0 {
				f.note("%s: column %q is no column of the format and is ignored; did you mean %q?", s.file, column, meant)
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(f.series)) {
		if s := f.series[name]; s != nil && !s.read && !slices.Contains(quietColumns, path.Base(strings.SplitN(name, "-", 2)[1])) {
			if list, _, _ := strings.Cut(name, "-"); !slices.Contains(noteLists, list) {
				f.note("%s: is ignored", s.file)
			}
		}
	}
}

// quietColumns are columns of the format that do not matter to the operation of one bus.
var quietColumns = []string{
	"active", "annual_cost", "build_year", "capital_cost", "color", "control", "crs", "discount_rate", "e", "e_nom_max", "e_nom_min",
	"e_nom_mod", "e_nom_opt", "e_nom_set", "fom_cost", "generator", "lifetime", "location", "marginal_price", "max_growth",
	"max_relative_growth", "mu", "mu_lower", "mu_upper", "nice_name", "now", "overnight_cost", "p", "p_dispatch", "p_nom_max",
	"p_nom_min", "p_nom_mod", "p_nom_opt", "p_nom_set", "p_store", "pypsa_version", "q", "q_set", "spill", "srid", "start_up",
	"state_of_charge", "status", "shut_down", "sub_network", "type", "unit", "v_ang", "v_mag_pu", "v_mag_pu_max", "v_mag_pu_min",
	"v_mag_pu_set", "v_nom", "weight", "x", "y",
}
