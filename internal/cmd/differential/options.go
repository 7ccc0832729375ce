package main

import (
	"encoding/json"
	"strings"
)

// optionsOf returns the options of an instance: kinds of DER, keys, words of
// keys, and limits of 0. "storage.end=free" is a word, "storage.starts_per_day"
// a key, "storage.starts_per_day=0" a zero.
//
// format is a name of formats. Case files are grouped by the kinds of their
// DERs, other instances by format.
func optionsOf(format string, text []byte) map[string]bool {
	out := map[string]bool{format: true}
	var root map[string]any
	if json.Unmarshal(text, &root) != nil {
		return out
	}
	if !strings.HasSuffix(format, "case") {
		walk(out, format, root)
		return out
	}
	// The kind of a DER is the group of its keys.
	ders, _ := root["ders"].([]any)
	for _, item := range ders {
		d, _ := item.(map[string]any)
		kind, _ := d["kind"].(string)
		delete(d, "kind")
		out[kind] = true
		walk(out, kind, d)
	}
	delete(root, "ders")
	delete(root, "scenarios")
	for key, member := range root {
		out[key] = true
		walk(out, key, member)
	}
	return out
}

// walk adds the options below a key. Names of elements are not options.
//
// For example, {"calls": {"max": 0}} below "demand_response" adds
// "demand_response.calls", "demand_response.calls.max" and
// "demand_response.calls.max=0".
func walk(out map[string]bool, path string, value any) {
	switch x := value.(type) {
	case map[string]any:
		for key, member := range x {
			place := path + "." + key
			if named(path) {
				place = path + ".*"
			}
			out[place] = true
			walk(out, place, member)
		}
	case []any:
		for _, item := range x {
			if _, ok := item.(map[string]any); ok {
				walk(out, path, item)
			}
		}
	case string:
		// Names, and references to series, are data of the instance. Other
		// texts are words of the format.
		key := path[strings.LastIndex(path, ".")+1:]
		if !strings.Contains(key, "name") && key != "available" && key != "connected" && key != "outside" && key != "draw" && key != "demand" && key != "load" && key != "price" && key != "start" && key != "notes" {
			out[path+"="+x] = true
		}
	// A zero is an option because a default may take its place.
	case float64:
		if x == 0 {
			out[path+"=0"] = true
		}
	}
}

// named reports whether the members of an object are elements with names.
//
// For example, the generators "G1" and "G2" of "pglib.thermal_generators" are
// the one option "pglib.thermal_generators.*".
func named(path string) bool {
	for _, end := range []string{"_generators", "elements.generator", "elements.load", "elements.bus"} {
		if strings.HasSuffix(path, end) {
			return true
		}
	}
	return false
}
