package main

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"testing/fstest"

	"github.com/trigrid/trigrid/casefile"
)

// size is the size of a case. Zero keeps that of the file.
type size struct {
	ders, vpps, scenarios int
	days                  int  // the days are equal forecasts
	quarters              bool // each hour is four steps of equal values
	linear                bool // without thermal units, so that programs have no binaries
}

// grownCase returns the calibrated case in another size: the first DERs and
// VPPs of its list, which begins again with new names when it ends, and its day
// over again.
//
// For example, 12 DERs of a case of five are the five, five named "-2" at the
// end, and two named "-3".
func grownCase(z size) (*casefile.Case, error) {
	text, err := os.ReadFile(calibrated)
	if err != nil {
		return nil, fmt.Errorf("%w; run the program from the root of the module", err)
	}
	text, err = grow(text, z)
	if err != nil {
		return nil, err
	}
	return casefile.Load(fstest.MapFS{"case.json": {Data: text}}, "case.json")
}

// grow changes the size of the text of a case.
//
// It changes the JSON object and not the data read from it, so that a grown
// case passes all checks of the reader. Keys that it does not change keep their
// values.
func grow(text []byte, z size) ([]byte, error) {
	var c map[string]any
	if err := json.Unmarshal(text, &c); err != nil {
		return nil, err
	}
	// Thermal units have the only binaries of the case.
	if z.linear {
		c["ders"] = slices.DeleteFunc(c["ders"].([]any), func(d any) bool { return d.(map[string]any)["kind"] == "thermal" })
	}
	cycle(c, "ders", z.ders)
	cycle(c, "vpps", z.vpps)
	delete(c, "outside_payoff") // names DERs that may be gone; its default is 0 for all
	delete(c, "sharing")        // the default is the Shapley value for few DERs and a sample for many
	scenarios := c["scenarios"].(map[string]any)
	if z.scenarios > 0 {
		// A reduction needs more samples than it keeps.
		scenarios["keep"] = z.scenarios
		scenarios["samples"] = max(scenarios["samples"].(float64), float64(2*z.scenarios))
	}
	if z.days > 31 { // the sample of a year is larger than its program
		scenarios["samples"] = max(20, 2*z.scenarios)
	}
	// Four times as many steps of a quarter of the length keep the hours of the
	// day, and repeated days add to them.
	grid := c["grid"].(map[string]any)
	days, parts := max(z.days, 1), 1
	if z.quarters {
		parts = 4
	}
	grid["step_hours"] = grid["step_hours"].(float64) / float64(parts)
	grid["steps"] = grid["steps"].(float64) * float64(parts*days)
	// stretch repeats each value of a series within its hour, and then the
	// whole day.
	stretch := func(object map[string]any, key string) {
		var path []any
		for _, v := range object[key].([]any) {
			path = append(path, slices.Repeat([]any{v}, parts)...)
		}
		object[key] = slices.Repeat(path, days)
	}
	for _, s := range scenarios["series"].([]any) {
		stretch(s.(map[string]any), "forecast_mw")
	}
	stretch(c["markets"].(map[string]any)["electricity"].(map[string]any), "buy_per_mwh")
	return json.Marshal(c)
}

// cycle makes a list of objects n long.
//
// Copies are shallow: the reader of cases changes no nested object. A length of
// 0 keeps the list.
func cycle(c map[string]any, key string, n int) {
	if n == 0 {
		return
	}
	list := c[key].([]any)
	out := make([]any, n)
	for i := range out {
		original := list[i%len(list)].(map[string]any)
		item := map[string]any{}
		for k, v := range original {
			item[k] = v
		}
		if round := i / len(list); round > 0 {
			item["name"] = fmt.Sprintf("%s-%d", original["name"], round+1)
		}
		out[i] = item
	}
	c[key] = out
}
