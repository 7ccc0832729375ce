package unitcommitment_test

import (
	"context"
	"fmt"
	"strings"
	"testing/fstest"
	"time"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/der/unitcommitment"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/milp/highs"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
)

// A folder is a PyPSA network, and a file shows its format.
func ExampleReadPath() {
	for _, path := range []string{"testdata/pypsa", "testdata/ucjl.json", "testdata/matpower.m"} {
		system, err := unitcommitment.ReadPath(path, unitcommitment.Options{})
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(len(system.Units), "units,", system.Set.Steps(), "steps,", len(system.Notes), "notes")
	}
	// Output:
	// 4 units, 4 steps, 1 notes
	// 6 units, 8 steps, 1 notes
	// 3 units, 1 steps, 3 notes
}

// The name of a format is that of the flag of the command.
func ExampleParseFormat() {
	format, err := unitcommitment.ParseFormat("unitcommitment.jl")
	fmt.Println(format == unitcommitment.FormatUnitCommitmentJL, format, err)
	// Output:
	// true unitcommitment.jl <nil>
}

// A misspelt key is noted, because the format allows keys of other programs.
func ExampleReadUnitCommitmentJL() {
	system, err := unitcommitment.ReadUnitCommitmentJL(strings.NewReader(`{
		"Parameters": {"Version": "0.4", "Time horizon (h)": 1, "Time step (min)": 30},
		"Buses": {"b": {"Load (MW)": [40, 50]}},
		"Generators": {"g": {"Bus": "b", "Type": "Profiled", "Maximum power (MW)": 60, "Cost ($/MW)": 7, "Minimum powr (MW)": 5}}}`),
		unitcommitment.Options{})
	fmt.Println(system.Set.Grid().Step, err)
	fmt.Println(system.Notes[0])
	// Output:
	// 30m0s <nil>
	// $.Generators.g.Minimum powr (MW): is no key of the format and is ignored; did you mean "Minimum power (MW)"?
}

// Violations have the line and the column of a table.
func ExampleReadPyPSA() {
	folder := fstest.MapFS{
		"buses.csv":      {Data: []byte("name\ncity\n")},
		"generators.csv": {Data: []byte("name,bus,p_nom,p_nom_extendable\nwind,coast,100,False\ngas,city,-80,False\n")},
	}
	_, err := unitcommitment.ReadPyPSA(folder, unitcommitment.Options{})
	fmt.Println(err)
	// Output:
	// unitcommitment: generators.csv: line 2, column 2 (bus of wind): is "coast", want a bus of buses.csv
	// unitcommitment: generators.csv: line 3, column 3 (p_nom of gas): is -80, want a number of at least 0
}

// A case is a program. Statements that compute data are errors, because their
// result is unknown.
func ExampleReadMATPOWER() {
	_, err := unitcommitment.ReadMATPOWER(strings.NewReader(`function mpc = feeder
mpc.bus = [1 3 3715 0 0 0 1 1 0 12.66 1 1.1 0.9];
mpc.gen = [1 0 0 0 0 1 100 1 10 0];
mpc.gencost = [2 0 0 2 20 0];
mpc.bus(:, 3) = mpc.bus(:, 3) / 1e3; % from kW to MW
`), unitcommitment.Options{})
	fmt.Println(strings.ReplaceAll(err.Error(), "; ", ";\n"))
	// Output:
	// unitcommitment: line 5: "mpc.bus(:, 3) = mpc.bus(:, 3) / 1e3" computes data, which is not read;
	// run it in MATPOWER and write the result with savecase
}

// Only the gas turbine can hold the fast reserve of 30 MW. It has 40 − 15 MW
// left beside the farm.
func ExampleProduct() {
	set := scenario.Single(scenario.Grid{Step: time.Hour, Steps: 1})
	_ = set.AddForecast("demand", "MW", []float64{75})
	_ = set.AddForecast("wind", "MW", []float64{60})
	_ = set.AddForecast("fast", "MW", []float64{30})
	system := &unitcommitment.System{
		Set: set, Demand: "demand",
		Units: []der.DER{
			&unitcommitment.Band{ID: "farm", Max: "wind"},
			&der.Thermal{ID: "turbine", MinOutput: 10, MaxOutput: 40, Linear: 20, Reserve: milp.Inf},
		},
		Products: []unitcommitment.Product{{Name: "fast", Requirement: "fast", Units: []string{"turbine"}, ShortfallPrice: optional.Of(100)}},
	}
	program, err := system.Formulate()
	if err != nil {
		fmt.Println(err)
		return
	}
	solution, err := highs.Solver{Gap: highs.Exact}.Solve(context.Background(), program.Model)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("cost %.0f, of which 5 MW of shortfall 500\n", solution.Objective)
	// Output:
	// cost 800, of which 5 MW of shortfall 500
}

// Tangents of a quadratic cost miss a part of it, which falls with every round.
func ExampleProgram_Refine() {
	system, err := unitcommitment.Read(strings.NewReader(`mpc.bus = [1 3 30 0 0 0 1 1 0 135 1 1.1 0.9];
mpc.gen = [1 0 0 0 0 1 100 1 47 0; 1 0 0 0 0 1 100 1 53 0];
mpc.gencost = [2 0 0 3 0.1 10 0; 2 0 0 3 0.2 10 0];`), unitcommitment.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	program, err := system.Formulate()
	if err != nil {
		fmt.Println(err)
		return
	}
	for range 20 {
		solution, err := highs.Solver{Gap: highs.Exact}.Solve(context.Background(), program.Model)
		if err != nil {
			fmt.Println(err)
			return
		}
		if missed := program.Refine(solution.Values, 1e-3); missed <= 1e-3 {
			fmt.Printf("cost %.2f\n", solution.Objective+missed)
			return
		}
	}
	// Output:
	// cost 360.00
}
