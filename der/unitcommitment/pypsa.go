package unitcommitment

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/faults"
)

// ReadPyPSA reads the operation of a PyPSA network from a folder of CSV files:
// generators, storage units, stores, loads and a limit of CO2, all buses joined
// to one. Limits of lines, links and transformers are noted and ignored.
//
// Three weights of a snapshot are apart: objective weights multiply costs,
// generator weights energy and emissions, store weights the hours of a store.
// Times of a commitment count snapshots, and ramps are per snapshot. A network
// with extendable capacities is rejected, because the model decides none;
// [Options.Ignore] with "p_nom_extendable" or "e_nom_extendable" runs it at
// p_nom_opt or, without that column, at p_nom.
//
// Source: the documentation of the components and of the optimisation of PyPSA
// 1.
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
//
// The files of a folder, and the functions that read them:
//
//	snapshots.csv              readSnapshots
//	buses.csv, carriers.csv    read
//	loads.csv                  demand
//	generators.csv             generator
//	storage_units.csv          storageUnit
//	stores.csv                 store
//	global_constraints.csv     constraints
//	links.csv, lines.csv, …    network
//	generators-p_max_pu.csv    each, as all tables per snapshot: LIST-ATTRIBUTE.csv
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

// Lists of components and other tables of a network. Those in quietLists change
// nothing here.
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
		// Rows of these are data without which the optimum would be another
		// one.
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

// refuse records a violation that [Options.Ignore] can lift, and reports
// whether it is lifted. A lifted violation counts by file and key, so that a
// network of a thousand extendable generators has one note.
func (f *pypsa) refuse(file, key, format string, args ...any) (ignored bool) {
	if slices.Contains(f.options.Ignore, key) {
		f.lifted[file+": "+key]++
		return true
	}
	f.bad.Addf("%s, or ignore %q", fmt.Sprintf(format, args...), key)
	return false
}

// components calls read for each row of a list. Two rows with one name are a
// violation.
func (f *pypsa) components(list string, read func(x component)) {
	s := f.sheets[list]
	if s == nil {
		return
	}
	// PyPSA keeps the last of two rows with one name, with a warning.
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
		instead := ""
		if nominal, ok := strings.CutSuffix(key, "_extendable"); ok {
			// Keys are such as "generators.csv: p_nom_extendable".
			_, nominal, _ = strings.Cut(nominal, ": ")
			instead = fmt.Sprintf("; the capacity is %s_opt, or %s if that is absent", nominal, nominal)
		}
		f.note("%s is ignored in %s%s", key, plural(f.lifted[key], "row", "rows"), instead)
	}
}

// demand adds up the loads. The sign of a load is −1 by default.
//
// The demand is −Σ sign × p_set. For example, a load of 30 MW and one of sign 1
// with 5 MW, which feeds in, give 25 MW.
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
