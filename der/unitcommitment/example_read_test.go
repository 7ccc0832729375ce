package unitcommitment_test

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/der/unitcommitment"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
)

// Read recognises the format of a file.
func ExampleRead() {
	for _, name := range []string{"testdata/pglib.json", "testdata/egret.json"} {
		file, err := os.Open(name)
		if err != nil {
			fmt.Println(err)
			return
		}
		defer file.Close()
		system, err := unitcommitment.Read(file, unitcommitment.Options{})
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(len(system.Units), "units,", system.Set.Steps(), "steps, slack at", system.MismatchPrice)
	}
	// Output:
	// 5 units, 8 steps, slack at absent
	// 5 units, 8 steps, slack at 100000
}

// All violations of a file are reported at once, each with its path.
func ExampleReadPGLib() {
	_, err := unitcommitment.ReadPGLib(strings.NewReader(`{
		"time_periods": 2, "demand": [60, -1], "thermal_generators": {}, "renewable_generators": {"farm": {
		"power_output_minimum": [0, 0], "power_output_maximum": [50]}}}`), unitcommitment.Options{})
	fmt.Println(err)
	// Output:
	// unitcommitment: $.demand[1]: is -1, want a number of at least 0
	// unitcommitment: $.renewable_generators.farm.power_output_maximum: is a list of 1, want a list of 2 numbers, one per step
}

// A file with storage is an error, unless the storage may be ignored.
func ExampleOptions() {
	const file = `{"system": {"time_keys": ["1"], "time_period_length_minutes": 60}, "elements": {
		"load": {"town": {"p_load": 60}}, "storage": {"battery": {}},
		"generator": {"farm": {"generator_type": "renewable", "p_max": 70}}}}`
	_, err := unitcommitment.ReadEgret(strings.NewReader(file), unitcommitment.Options{})
	fmt.Println(err)
	system, err := unitcommitment.ReadEgret(strings.NewReader(file), unitcommitment.Options{Ignore: []string{"storage"}})
	fmt.Println(system.Units[0].Name(), err)
	// Output:
	// unitcommitment: $.elements.storage: has 1 entries, which are not part of this model; remove them or ignore "storage"
	// farm <nil>
}

// Without a price the balance is a hard constraint; with a price it has slack
// in both directions.
func ExampleSystem() {
	set := scenario.Single(scenario.Grid{Step: time.Hour, Steps: 1})
	_ = set.AddForecast("demand", "MW", []float64{110})
	_ = set.AddForecast("wind", "MW", []float64{60})
	system := &unitcommitment.System{
		Set: set, Demand: "demand",
		Units: []der.DER{
			&unitcommitment.Band{ID: "farm", Max: "wind"},
			&der.Thermal{ID: "turbine", MinOutput: 10, MaxOutput: 40, Linear: 20},
		},
	}
	for _, system.MismatchPrice = range []optional.Float{{}, optional.Of(1000)} {
		program, err := system.Formulate()
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(program.Balance[0][0].Name(), "has slack:", program.Unserved != nil)
	}
	// Output:
	// system.balance(0,0) has slack: false
	// system.balance(0,0) has slack: true
}

// The schedule of a solution has one line per unit and step.
func ExampleProgram_WriteCSV() {
	set := scenario.Single(scenario.Grid{Step: time.Hour, Steps: 2})
	_ = set.AddForecast("demand", "MW", []float64{40, 50})
	_ = set.AddForecast("wind", "MW", []float64{60, 60})
	system := &unitcommitment.System{
		Set: set, Demand: "demand",
		Units: []der.DER{&unitcommitment.Band{ID: "farm", Max: "wind"}},
	}
	program, err := system.Formulate()
	if err != nil {
		fmt.Println(err)
		return
	}
	values := []float64{40, 50} // of the columns farm.power(0,0) and farm.power(0,1), as a solver returns them
	fmt.Println(program.Model.VarAt(0).Name(), program.WriteCSV(os.Stdout, values, 0))
	// Output:
	// unit,step,on,output_mw,reserve_mw
	// farm,0,1,40,0
	// farm,1,1,50,0
	// farm.power(0,0) <nil>
}

// A band delivers a series exactly, or any power below it.
func ExampleBand() {
	set := scenario.Single(scenario.Grid{Step: time.Hour, Steps: 1})
	_ = set.AddForecast("flow", "MW", []float64{7})
	for _, band := range []*unitcommitment.Band{{ID: "river", Min: "flow", Max: "flow"}, {ID: "gate", Max: "flow"}} {
		m := milp.New()
		terms := band.Model(m, milp.Const(1), der.Context{Set: set})
		fmt.Print(band.Name(), " delivers ")
		fmt.Println(terms[0].Injected[0].Range())
	}
	// Output:
	// river delivers 7 7
	// gate delivers 0 7
}
