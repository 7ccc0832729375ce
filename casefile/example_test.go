package casefile_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing/fstest"

	"github.com/trigrid/trigrid/casefile"
	"github.com/trigrid/trigrid/der"
)

func ExampleLoad() {
	c, err := casefile.Load(os.DirFS("../testdata"), "valley.json")
	if err != nil {
		panic(err)
	}
	region, err := c.Region(context.Background(), casefile.Options{})
	if err != nil {
		panic(err)
	}
	for _, v := range region.VPPs {
		fmt.Printf("VPP %s, risk aversion %g\n", v.Name, v.RiskAversion)
	}
	for _, d := range region.DERs {
		fmt.Println("DER", d.Name())
	}
	fmt.Println(region.Setting.Set.Len(), "scenarios of", region.Setting.Set.Steps(), "steps")
	// Output:
	// VPP Town, risk aversion 0.2
	// VPP Mill, risk aversion 0.8
	// DER farm
	// DER turbine
	// DER battery
	// 3 scenarios of 6 steps
}

// tiny returns a file system with one case of two steps, whose parts "vpps" and
// "ders" are given.
func tiny(vpps, ders string) fstest.MapFS {
	return fstest.MapFS{"case.json": {Data: []byte(`{
		"name": "tiny",
		"grid": {"start": "2020-04-15T00:00", "steps": 2},
		"scenarios": {"probabilities": [1], "series": [{"name": "wind", "paths_mw": [[1, 2]]}]},
		"weights": {"economic": 0.4, "risk": 0.2, "environment": 0.4},
		"risk": {"confidence": 0.9},
		"markets": {"electricity": {"buy_per_mwh": [40, 50], "sell_fraction": 0.5}},
		"vpps": [` + vpps + `],
		"ders": [` + ders + `]
	}`)}}
}

// All violations of a file are reported at once, each with its path.
func ExampleLoad_violations() {
	_, err := casefile.Load(tiny(
		`{"name": "P", "risk_aversion": 0, "pass_through": 2, "tariff": {}, "demand": "town"}`,
		`{"kind": "wind", "name": "W", "capacity_mw": -8, "available": "wind", "colour": "red"}`), "case.json")
	fmt.Println(err)
	// Output:
	// case.json:
	// $.vpps[0].demand: is "town", want the name of one of the scenarios' series: ["wind"]
	// $.vpps[0].pass_through: is 2, want a number from 0 to 1
	// $.ders[0].capacity_mw: is -8, want a number of at least 0
	// $.ders[0].colour: unknown key; known here: [available capacity_mw count curtailment_penalty_per_mwh kind maintenance_per_mwh name]
}

// A file names a kind of DER of this program: a pump, which takes its power in
// every step.
func ExampleFields() {
	read := func(v casefile.Fields, _ map[string]bool) func() der.DER {
		name := v.At("name").Text()
		profile := v.At("power_mw").NumbersOrOne(2, 0, 1000)
		hours := v.At("start_h").NumberOr(0, 0, 24)
		return func() der.DER {
			return &der.ShiftableLoad{ID: name, Profile: slices.Clone(profile), Usual: hours}
		}
	}
	loader := casefile.Loader{Kinds: map[string]casefile.DERReader{"pump": read}}
	c, err := loader.Load(tiny(
		`{"name": "P", "risk_aversion": 0, "pass_through": 1, "tariff": {}}`,
		`{"kind": "pump", "name": "deep well", "power_mw": 3}`), "case.json")
	if err != nil {
		panic(err)
	}
	region, err := c.Region(context.Background(), casefile.Options{})
	fmt.Println(region.DERs[0].Name(), region.DERs[0].(*der.ShiftableLoad).Profile, err)
	// Output: deep well [3 3] <nil>
}

// The same case with other seeds has other scenarios.
func ExampleCase_Region() {
	c, err := casefile.Load(os.DirFS("../examples/threelevel"), "case.json")
	if err != nil {
		panic(err)
	}
	for seed := range uint64(2) {
		region, err := c.Region(context.Background(), casefile.Options{Seed: &seed})
		if err != nil {
			panic(err)
		}
		fmt.Printf("seed %d: %d scenarios of a sample of %d, which begins with %.1f MW of wind at noon\n",
			seed, region.Setting.Set.Len(), region.Sample.Len(), region.Sample.At("wind1", 0, 12))
	}
	// Output:
	// seed 0: 10 scenarios of a sample of 500, which begins with 4.7 MW of wind at noon
	// seed 1: 10 scenarios of a sample of 500, which begins with 5.2 MW of wind at noon
}

// Convert replaces the old keys and keeps everything else.
func ExampleConvert() {
	old := `{"plants": [{"name": "VPP1", "share": 0.5}],
 "units": [{"kind": "wind", "name": "W1"}]}
`
	if err := casefile.Convert(os.Stdout, strings.NewReader(old), casefile.CaseKeys()); err != nil {
		panic(err)
	}
	// Output:
	// {"vpps": [{"name": "VPP1", "pass_through": 0.5}],
	//  "ders": [{"kind": "wind", "name": "W1"}]}
}

func ExampleCaseKeys() {
	for _, key := range casefile.CaseKeys()[:6] {
		fmt.Println(key.Path, key.Old, "->", key.New)
	}
	// Output:
	// $ plants -> vpps
	// $ units -> ders
	// $ readings -> modelling
	// $.modelling scheduling -> dispatch_objective
	// $.modelling imbalance_charged -> imbalance_accounting
	// $.vpps[] share -> pass_through
}
