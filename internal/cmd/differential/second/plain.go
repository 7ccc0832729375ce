package second

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"runtime"
)

// object is a JSON object. Its methods panic with a [violation] if the text
// does not have the form that they read; [Case] and the other statements return
// it as an error.
type object map[string]any

// violation is a reason why an instance cannot be stated.
type violation string

// fail ends a statement with a violation, which caught turns into an error.
func fail(format string, arguments ...any) {
	panic(violation(fmt.Sprintf(format, arguments...)))
}

// caught turns a violation into an error.
func caught(err *error) {
	switch v := recover().(type) {
	case nil:
	case violation:
		*err = fmt.Errorf("second: %s", string(v))
	case runtime.Error: // a list that is too short
		*err = fmt.Errorf("second: the instance is incomplete: %w", v)
	default:
		panic(v)
	}
}

// parse reads one JSON object.
func parse(text []byte) object {
	var out object
	if err := json.NewDecoder(bytes.NewReader(text)).Decode(&out); err != nil {
		fail("%v", err)
	}
	return out
}

// has reports whether a key is given.
func (o object) has(key string) bool { return o[key] != nil }

// num returns a number, or absent without the key.
//
// A value of another type is a violation.
func (o object) num(key string, absent float64) float64 {
	switch x := o[key].(type) {
	case nil:
		return absent
	case float64:
		return x
	}
	fail("%q is %v, want a number", key, o[key])
	return 0
}

// limit returns an upper limit, which is infinite without the key.
func (o object) limit(key string) float64 { return o.num(key, math.Inf(1)) }

// text returns a text, or absent without the key.
func (o object) text(key, absent string) string {
	switch x := o[key].(type) {
	case nil:
		return absent
	case string:
		return x
	}
	fail("%q is %v, want a text", key, o[key])
	return ""
}

// flag returns true or false; an absent key is false.
func (o object) flag(key string) bool { x, _ := o[key].(bool); return x }

// object returns a member, empty without the key.
func (o object) object(key string) object {
	x, _ := o[key].(map[string]any)
	return x
}

// objects returns the items of a list.
//
// An item that is no object reads as an empty one, so that its required keys
// are violations.
func (o object) objects(key string) []object {
	list, _ := o[key].([]any)
	var out []object
	for _, item := range list {
		x, _ := item.(map[string]any)
		out = append(out, x)
	}
	return out
}

// list returns a list of numbers.
func (o object) list(key string) []float64 { return numbers(key, o[key]) }

// numbers reads a list of numbers.
//
// A value that is no list has no numbers.
func numbers(key string, value any) []float64 {
	list, _ := value.([]any)
	var out []float64
	for _, item := range list {
		x, ok := item.(float64)
		if !ok {
			fail("%q has the item %v, want a number", key, item)
		}
		out = append(out, x)
	}
	return out
}

// path returns one number per step from a list or from one number; zeros
// without the key.
//
// For example, path("price", 3) of {"price": 5} is 5, 5, 5.
func (o object) path(key string, steps int) []float64 {
	out := make([]float64, steps)
	switch x := o[key].(type) {
	case nil:
	case float64:
		for t := range out {
			out[t] = x
		}
	default:
		out = numbers(key, x)
		if len(out) != steps {
			fail("%q has %d values, want %d", key, len(out), steps)
		}
	}
	return out
}
