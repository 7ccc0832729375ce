package casefile_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/casefile"
	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/milp/highs"
	"github.com/trigrid/trigrid/vpp"
)

// Every numeric key of case files, at 0, at 1e-6 and absent. The keys are those
// that the reader itself lists beside an unknown one, so that a new key takes
// part without a change of this test.
//
// A key that accepts 0 must give nearly the same data and nearly the same
// optimum as 1e-6: a reader or a kind that takes 0 as absent jumps from its
// default. A key that rejects 0 names its path. If absent and 0 give the same
// data, so must 1e-6, which the first rule contains.
func TestRightZeroIsContinuousForEveryKey(t *testing.T) {
	found, checked, excluded := map[string]int{}, map[string]bool{}, map[string]string{}
	bases := zeroBases(t)
	for _, name := range slices.Sorted(maps.Keys(bases)) {
		for _, key := range numericKeys(t, bases[name]) {
			outcome, why := checkZero(t, name, bases[name], key, !checked[key.name])
			found[outcome]++
			if outcome == "excluded" {
				excluded[key.name] = why
				continue
			}
			checked[key.name] = true
		}
	}
	// Some keys mean nothing beside others, such as a start cost of a boiler
	// that never stops. Each of them has a meaning in another document.
	for name, why := range excluded {
		assert.True(t, checked[name], "%s: 0 is accepted in every document, and 1e-6 in none: %s", name, why)
	}
	t.Logf("keys of case files at 0, 1e-6 and absent | 0 is close to 1e-6, or refused with its path | "+
		"comparison of data and optima | %v", found)
	assert.Greater(t, found["continuous"], 100)
}

// counts are keys of whole numbers, for which 1e-6 is no value. Each has
// another test of its zero.
var counts = map[string]string{
	"$.seed":                                "no quantity: any seed is as good as another",
	"$.ders[demand_response].calls.max":     "TestRightZerosOfCases",
	"$.ders[ev_fleet].stays[0].arrive_step": "TestStaysAreReadInHoursOrSteps",
	"$.ders[storage].starts_per_day":        "TestRightZerosOfCases",
}

// checkZero compares one key at 0 and 1e-6: the data, and on request the
// optima. It returns the outcome, and the reason of an exclusion.
func checkZero(t *testing.T, base string, doc map[string]any, key place, solve bool) (outcome, why string) {
	t.Helper()
	at := func(x float64) (trigrid.Region, error) {
		return regionOf(t, key.set(doc, key.value(x)))
	}
	what := fmt.Sprintf("%s %s", base, key.name)
	zero, errZero := at(0)
	tiny, errTiny := at(1e-6)
	if errZero != nil {
		assert.Contains(t, errZero.Error(), owner.FindString(key.path), what)
		return "refused", ""
	}
	if _, count := counts[key.name]; count {
		assert.ErrorContains(t, errTiny, "whole number", what)
		return "count", ""
	}
	if errTiny != nil {
		return "excluded", errTiny.Error()
	}
	if difference := different(reflect.ValueOf(zero), reflect.ValueOf(tiny), "region"); difference != "" {
		assert.Fail(t, what, "data at 0 and at 1e-6: %s", difference)
		return "jump", ""
	}
	if !solve {
		return "equal data", ""
	}
	// A solver ignores coefficients below its tolerance, so that a still
	// smaller value is solved too.
	tiniest, err := at(1e-8)
	require.NoError(t, err, what)
	a, b, c := optimum(t, zero, key), optimum(t, tiny, key), optimum(t, tiniest, key)
	if math.IsInf(a, 0) || math.IsInf(b, 0) {
		assert.Equal(t, []float64{a, a}, []float64{b, c}, what)
		return "infeasible", ""
	}
	assert.InDelta(t, a, b, 0.05+1e-5*math.Abs(a), "%s: optimum at 0 and at 1e-6", what)
	assert.InDelta(t, a, c, 0.05+1e-5*math.Abs(a), "%s: optimum at 0 and at 1e-8", what)
	return "continuous", ""
}

// owner matches the outermost part of a path: the violation of a key can stand
// at another key of the same DER, or at all weights.
var owner = regexp.MustCompile(`^\$\.\w+(\[\d+\])?`)

// optimum returns the value of a small coalition, or −Inf if it has no plan:
// the DER of the key, and DERs that supply gas and take its heat and CO2.
func optimum(t *testing.T, r trigrid.Region, key place) float64 {
	t.Helper()
	with := map[string]bool{"wind farm": true, "gas network": true, "cooling": true, "storage of carbon": true}
	if len(key.keys) > 1 && key.keys[0] == "ders" {
		with[r.DERs[key.keys[1].(int)].Name()] = true
	} else {
		with["turbine"], with["offices"] = true, true
	}
	with["coal with capture"], with["gas boiler"] = with["methanation"], with["methanation"] || with["gas boiler"]
	members := slices.DeleteFunc(slices.Clone(r.DERs), func(d der.DER) bool { return !with[d.Name()] })
	plan, err := vpp.Problem{VPP: r.VPPs[0], Members: members, Setting: r.Setting}.Solve(t.Context(), highs.Solver{Gap: 1e-7})
	testsolver.Skip(t, err)
	if err != nil {
		require.ErrorIs(t, err, milp.ErrInfeasible, key.name)
		return math.Inf(-1)
	}
	return plan.Value.Objective
}

// different returns the first place at which two data differ by more than 2e-3,
// relative above 1. Kinds, lengths, texts and absence must be equal.
func different(a, b reflect.Value, at string) string {
	if a.Kind() != b.Kind() || a.IsValid() && a.Type() != b.Type() {
		return fmt.Sprintf("%s: %v and %v", at, a.Kind(), b.Kind())
	}
	switch a.Kind() {
	case reflect.Pointer, reflect.Interface:
		if a.IsNil() || b.IsNil() {
			if a.IsNil() != b.IsNil() {
				return at + ": one is nil"
			}
			return ""
		}
		return different(a.Elem(), b.Elem(), at)
	case reflect.Struct:
		for i := range a.NumField() {
			switch a.Type().Field(i).Name {
			case "Warnings", "Curve": // sentences with numbers; points that coincide at 0
				continue
			}
			if d := different(a.Field(i), b.Field(i), at+"."+a.Type().Field(i).Name); d != "" {
				return d
			}
		}
	case reflect.Slice, reflect.Array:
		if a.Len() != b.Len() {
			return fmt.Sprintf("%s: lengths %d and %d", at, a.Len(), b.Len())
		}
		for i := range a.Len() {
			if d := different(a.Index(i), b.Index(i), fmt.Sprintf("%s[%d]", at, i)); d != "" {
				return d
			}
		}
	case reflect.Map:
		if a.Len() != b.Len() {
			return fmt.Sprintf("%s: lengths %d and %d", at, a.Len(), b.Len())
		}
		for _, k := range a.MapKeys() {
			if d := different(a.MapIndex(k), b.MapIndex(k), fmt.Sprintf("%s[%v]", at, k)); d != "" {
				return d
			}
		}
	case reflect.Float64:
		x, y := a.Float(), b.Float()
		if x != y && !(math.Abs(x-y) <= 2e-3*max(1, math.Abs(x))) {
			return fmt.Sprintf("%s: %v and %v", at, x, y)
		}
	case reflect.Bool:
		if a.Bool() != b.Bool() {
			return fmt.Sprintf("%s: %v and %v", at, a.Bool(), b.Bool())
		}
	case reflect.Int, reflect.Int64:
		if a.Int() != b.Int() {
			return fmt.Sprintf("%s: %v and %v", at, a.Int(), b.Int())
		}
	case reflect.String:
		if a.String() != b.String() {
			return fmt.Sprintf("%s: %q and %q", at, a.String(), b.String())
		}
	}
	return ""
}

// place is a numeric key of a document.
type place struct {
	path string // in the notation of violations, such as $.ders[3].max_mw
	name string // with kinds in place of indices, such as $.ders[chp].max_mw
	keys []any  // steps from the root: string or int
	list int    // length of the list that the key wants, 0: one number
}

// value returns x in the form that the key wants.
func (p place) value(x float64) any {
	if p.list > 0 {
		return slices.Repeat([]any{x}, p.list)
	}
	return x
}

// set returns a copy of the document with the key at v. The other spelling of
// the same quantity, as in injection_per_mwh and injection_fraction, is
// removed.
func (p place) set(doc map[string]any, v any) map[string]any {
	text, err := json.Marshal(doc)
	if err != nil {
		panic(err)
	}
	var out map[string]any
	if err := json.Unmarshal(text, &out); err != nil {
		panic(err)
	}
	var at any = out
	for _, key := range p.keys[:len(p.keys)-1] {
		switch key := key.(type) {
		case string:
			at = at.(map[string]any)[key]
		case int:
			at = at.([]any)[key]
		}
	}
	owner, key := at.(map[string]any), p.keys[len(p.keys)-1].(string)
	for _, a := range []string{"_per_mwh", "_fraction"} {
		for _, b := range []string{"_per_mwh", "_fraction"} {
			if stem, ok := strings.CutSuffix(key, a); ok && a != b {
				delete(owner, stem+b)
			}
		}
	}
	if key == "linear_cost_per_mwh" || key == "quadratic_cost_per_mw2h" {
		if _, blocks := owner["blocks"]; blocks {
			v = nil // the reader rejects both together
		}
	}
	owner[key] = v
	return out
}

// regionOf loads a document and returns its region.
func regionOf(t *testing.T, doc map[string]any) (trigrid.Region, error) {
	t.Helper()
	text, err := json.Marshal(doc)
	require.NoError(t, err)
	c, err := casefile.Load(fstest.MapFS{"x.json": {Data: text}}, "x.json")
	if err != nil {
		return trigrid.Region{}, err
	}
	return c.Region(t.Context(), casefile.Options{})
}

var knownHere = regexp.MustCompile(`unknown key;[^\[]* known here: \[([^\]]*)\]`)

// numericKeys returns every key of every object of a document that reads a
// number or a list of numbers, present or not.
func numericKeys(t *testing.T, doc map[string]any) []place {
	t.Helper()
	var out []place
	var walk func(v any, p place)
	walk = func(v any, p place) {
		switch v := v.(type) {
		case []any:
			for i, item := range v {
				q := place{fmt.Sprintf("%s[%d]", p.path, i), fmt.Sprintf("%s[%d]", p.name, i), append(slices.Clone(p.keys), i), 0}
				if object, ok := item.(map[string]any); ok && object["kind"] != nil {
					q.name = fmt.Sprintf("%s[%s]", p.name, object["kind"])
				}
				walk(item, q)
			}
		case map[string]any:
			if p.path == "$.outside_payoff" { // its keys are names of DERs
				return
			}
			below := func(key string) place {
				return place{p.path + "." + key, p.name + "." + key, append(slices.Clone(p.keys), key), 0}
			}
			_, err := regionOf(t, below("?").set(doc, 0))
			require.Error(t, err, p.path)
			known := map[string]bool{}
			for _, line := range strings.Split(err.Error(), "\n") {
				if match := knownHere.FindStringSubmatch(line); match != nil && strings.HasPrefix(line, p.path+".?:") {
					for _, key := range strings.Fields(match[1]) {
						known[key] = true
					}
				}
			}
			require.NotEmpty(t, known, "%s: %v", p.path, err)
			for _, key := range slices.Sorted(maps.Keys(known)) {
				if q, ok := numeric(t, doc, below(key)); ok {
					out = append(out, q)
				}
				walk(v[key], below(key))
			}
		}
	}
	walk(doc, place{path: "$", name: "$"})
	return out
}

var (
	notNumeric = regexp.MustCompile(`want (a text|one of|true or false|an object|a list$|the name of)`)
	perStep    = regexp.MustCompile(`want a list of (\d+) numbers`)
)

// numeric reports whether a key reads a number, or a list of numbers per step.
func numeric(t *testing.T, doc map[string]any, p place) (place, bool) {
	t.Helper()
	_, err := regionOf(t, p.set(doc, 0.5))
	if err == nil {
		return p, true
	}
	for _, line := range strings.Split(err.Error(), "\n") {
		text, ok := strings.CutPrefix(line, p.path+": ")
		if !ok {
			continue
		}
		if match := perStep.FindStringSubmatch(text); match != nil {
			_, err := fmt.Sscan(match[1], &p.list)
			require.NoError(t, err)
			return p, true
		}
		if notNumeric.MatchString(text) {
			return p, false
		}
	}
	return p, true
}

// zeroBases returns documents that together have every object of the format.
func zeroBases(t *testing.T) map[string]map[string]any {
	t.Helper()
	read := func() map[string]any {
		text, err := os.ReadFile("testdata/allkinds.json")
		require.NoError(t, err)
		var doc map[string]any
		require.NoError(t, json.Unmarshal(text, &doc))
		delete(doc, "sharing")
		doc["sharing"] = "marginal"
		// Further units with the objects that the file lacks.
		var more []any
		require.NoError(t, json.Unmarshal([]byte(`[
			{"kind": "thermal", "name": "in blocks", "min_output_mw": 0, "max_output_mw": 2, "blocks": [{"up_to_mw": 1, "price_per_mwh": 300}, {"up_to_mw": 2, "price_per_mwh": 500}],
			 "before": {"on": true, "hours": 5, "output_mw": 1}},
			{"kind": "gas_supply", "name": "second network", "max_mw": 1, "price": "gas_price"}
		]`), &more))
		doc["ders"] = append(doc["ders"].([]any), more...)
		return doc
	}
	stated, penalties, sampled := read(), read(), read()
	ders := func(doc map[string]any, change func(kind string, u map[string]any)) {
		for _, item := range doc["ders"].([]any) {
			u := item.(map[string]any)
			change(u["kind"].(string), u)
		}
	}
	// Boilers that stop, and carbon that is counted where the gas is bought.
	ders(penalties, func(kind string, u map[string]any) {
		switch kind {
		case "gas_boiler", "electric_boiler", "power_to_gas":
			u["switchable"] = true
		case "storage":
			u["end"], u["depths"] = "free", nil
		}
		switch kind {
		case "gas_boiler", "chp", "chp_extraction":
			u["emission_t_per_mwh_gas"] = 0
		case "carbon_capture", "sequestration":
			u["carbon"] = "at_purchase"
		}
	})
	markets := penalties["markets"].(map[string]any)
	markets["imbalance"] = map[string]any{"short_per_mwh": 30, "long_per_mwh": 10}
	markets["reserve"] = map[string]any{"price_per_mw_h": 20, "max_offer_mw": 1}
	markets["electricity"].(map[string]any)["sell_per_mwh"] = []any{100, 100, 200, 200, 150, 150}
	delete(markets["electricity"].(map[string]any), "sell_fraction")
	scenarios := sampled["scenarios"].(map[string]any)
	delete(scenarios, "probabilities")
	scenarios["samples"], scenarios["keep"], scenarios["persistence"] = 2, 2, 0.5
	for _, item := range scenarios["series"].([]any) {
		series := item.(map[string]any)
		series["forecast_mw"] = series["paths_mw"].([]any)[0]
		series["error_sigma"], series["capacity_mw"] = 0.1, 10
		series["measured"] = map[string]any{"forecast_column": "a", "factor": 2}
		if series["name"] == "wind" || series["name"] == "sun" {
			series["capacity_mw"] = 4
		}
		delete(series, "paths_mw")
	}
	return map[string]map[string]any{"stated": stated, "penalties": penalties, "sampled": sampled}
}
