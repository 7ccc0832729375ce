package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Default penalties of the format: currency per MWh of load mismatch, and the
// divisor that gives the price of missing reserve.
const (
	mismatchByDefault = 1_000_000
	shortfallDivisor  = 10
)

// readEgret reads the format of Egret. Quantities of time are in hours and
// become steps; ramps are in MW per hour and become MW per step. A load
// mismatch and a reserve shortfall have prices.
//
// For example, with steps of 30 minutes a min_up_time of 2.2 h is 5 steps, and
// a ramp_up_60min of 40 MW/h is 20 MW per step.
func readEgret(data []byte, ignore []string) (*instance, error) {
	var file map[string]any
	if err := json.Unmarshal(data, &file); err != nil {
		return nil, err
	}
	var (
		// All nodes of the file share this report.
		root     = node{file, "$", &report{ignore: ignore}}
		system   = root.child("system")
		elements = root.child("elements")
		// The number of time keys is that of the steps; their texts have no
		// meaning here.
		keys, _ = system.child("time_keys").value.([]any)
		n       = len(keys)
		// Without the key the step is 0, which check reports.
		dt       = system.child("time_period_length_minutes").number(0) / 60
		mismatch = system.child("load_mismatch_cost").number(mismatchByDefault)
		inst     = &instance{
			steps: n, hours: dt, demand: make([]float64, n), mismatch: mismatch,
			shortfall: system.child("reserve_shortfall_cost").number(mismatch / shortfallDivisor),
			thermal:   map[string]*unit{}, renewable: map[string]*band{},
		}
	)
	if n == 0 || !(dt > 0) {
		return inst, nil // check reports it
	}
	// An instance without the key has no reserve requirement.
	if system.child("reserve_requirement").value != nil {
		inst.reserve = system.child("reserve_requirement").series(n)
	}
	refuseOthers(system, elements)
	// All buses are joined to one, so that loads add up.
	for _, load := range elements.child("load").children() {
		if load.child("in_service").value == false {
			continue
		}
		// A load with a price can be left unserved, which the audit does not
		// model.
		load.refuse("p_price")
		share := 1.0
		// A load on several buses has factors, whose sum can differ from 1.
		if buses := load.child("bus").child("values"); buses.value != nil {
			share = 0
			for _, factor := range buses.children() {
				share += factor.number(0)
			}
		}
		for t, mw := range load.child("p_load").series(n) {
			inst.demand[t] += share * mw
		}
	}
	for _, g := range elements.child("generator").children() {
		// The name of a generator is the last part of its path.
		name := g.path[strings.LastIndex(g.path, ".")+1:]
		switch kind := g.child("generator_type").value; {
		case g.child("in_service").value == false:
		// A generator that is not in service is no unit.
		case kind == "thermal":
			inst.thermal[name] = g.thermal(n, dt)
		case kind == "renewable" || kind == "virtual":
			// The bill has no cost of renewable output.
			if cost := g.child("p_cost"); cost.value != nil && !cost.zero() {
				g.refuse("p_cost")
			}
			inst.renewable[name] = &band{g.child("p_min").series(n), g.child("p_max").series(n)}
		default:
			g.child("generator_type").wrong("is %v, want thermal, renewable or virtual", kind)
		}
	}
	// All mistakes are reported at once.
	if found := root.report.found; len(found) > 0 {
		return nil, fmt.Errorf("%s", strings.Join(found, "\n"))
	}
	return inst, nil
}

// refuseOthers reports elements and reserve products that change the problem
// and that the audit does not check. Branches and storage are left to the
// library's option, which leaves them out.
func refuseOthers(system, elements node) {
	elements.refuse("fuel_supply")
	// The first place is the system, the only one that may require the audited
	// reserve.
	places := append([]node{system}, elements.child("zone").children()...)
	places = append(places, elements.child("area").children()...)
	for i, place := range places {
		for _, v := range place.children() {
			key := v.path[strings.LastIndex(v.path, ".")+1:]
			if !strings.HasSuffix(key, "_requirement") || i == 0 && key == "reserve_requirement" {
				continue
			}
			if !v.zero() {
				place.refuse(key)
			}
		}
	}
}

// node is a value of a file with its path. All nodes of a file share one
// report.
type node struct {
	value  any
	path   string
	report *report
}

// report collects the mistakes of a file. ignore has the keys that are no
// mistakes.
type report struct{ found, ignore []string }

// wrong adds a mistake with the path of the value, such as
//
//	$.elements.generator.g.initial_status: is 0 or missing, …
func (v node) wrong(format string, args ...any) {
	v.report.found = append(v.report.found, v.path+": "+fmt.Sprintf(format, args...))
}

// child returns a member of an object, with a nil value if there is none.
//
// For example, child("p_min") of "$.elements.generator.g" is
// "$.elements.generator.g.p_min".
func (v node) child(key string) node {
	members, _ := v.value.(map[string]any)
	return node{members[key], v.path + "." + key, v.report}
}

// children returns the members of an object, sorted by key.
func (v node) children() []node {
	members, _ := v.value.(map[string]any)
	var out []node
	for _, key := range slices.Sorted(maps.Keys(members)) {
		out = append(out, v.child(key))
	}
	return out
}

// refuse reports a key that is there and not empty, unless the caller leaves it
// out. An audit without the rule behind the key would find every schedule
// lawful in that respect.
//
// For example, refuse("fuel_supply") reports an instance whose fuel is limited.
func (v node) refuse(key string) {
	c := v.child(key)
	if slices.Contains(v.report.ignore, key) {
		return
	}
	if members, ok := c.value.(map[string]any); c.value != nil && c.value != false && (!ok || len(members) > 0) {
		c.wrong("is not audited; remove it or use -ignore %s", key)
	}
}

// zero reports whether a number, or each value of a series, is 0.
func (v node) zero() bool {
	list, ok := v.child("values").value.([]any)
	if !ok {
		return v.value == 0.0
	}
	return !slices.ContainsFunc(list, func(x any) bool { return x != 0.0 })
}

// number returns a number, or absent if the value is missing or null.
func (v node) number(absent float64) float64 {
	switch x := v.value.(type) {
	case nil:
		return absent
	case float64:
		return x
	case map[string]any: // a series that does not vary
		if list, ok := x["values"].([]any); ok && len(list) > 0 {
			first, isNumber := list[0].(float64)
			if isNumber && !slices.ContainsFunc(list, func(y any) bool { return y != first }) {
				return first
			}
		}
	}
	v.wrong("is %v, want one number", v.value)
	return absent
}

// series returns n values: zeros if the value is missing, equal values of a
// number, or those of {"data_type": "time_series", "values": […]}. A list of
// another length, or with another kind of value, is reported.
func (v node) series(n int) []float64 {
	out := make([]float64, n)
	list, ok := v.child("values").value.([]any)
	// A number stands for all steps.
	if !ok {
		return slices.Repeat([]float64{v.number(0)}, n)
	}
	if len(list) != n {
		v.wrong("has %d values, want one for each of %d steps", len(list), n)
		return out
	}
	for t, x := range list {
		mw, isNumber := x.(float64)
		if !isNumber {
			v.wrong("has %v in step %d, want a number", x, t)
		}
		out[t] = mw
	}
	return out
}

// numbers returns a list of numbers, or nil if the value is no list.
func (v node) numbers() []float64 {
	list, _ := v.value.([]any)
	var out []float64
	for _, x := range list {
		mw, ok := x.(float64)
		if !ok {
			v.wrong("has %v, want numbers", x)
		}
		out = append(out, mw)
	}
	return out
}

// pairs returns a list of pairs of numbers.
//
// For example, [[2, 100], [8, 250]] are two costs of a start by hours off.
func (v node) pairs() [][2]float64 {
	list, ok := v.value.([]any)
	if !ok {
		v.wrong("is %v, want a list of pairs", v.value)
	}
	var out [][2]float64
	for i, x := range list {
		pair := node{x, fmt.Sprintf("%s[%d]", v.path, i), v.report}.numbers()
		if len(pair) != 2 {
			v.wrong("has %v, want a pair", x)
			continue
		}
		out = append(out, [2]float64{pair[0], pair[1]})
	}
	return out
}
