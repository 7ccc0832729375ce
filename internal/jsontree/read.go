package jsontree

import (
	"fmt"
	"math"
	"slices"
)

// Path says where the value stands, as "$.units[2].capacity_mw".
func (v Value) Path() string { return v.path }

// Given reports whether the value is there and not null.
func (v Value) Given() bool { return v.present && v.content != nil }

// Missing reports whether the value is absent; null is not.
func (v Value) Missing() bool { return !v.present }

// Is reports whether the value is the given bool, float64 or string.
func (v Value) Is(content any) bool {
	switch content.(type) {
	case bool, float64, string:
		return v.content == content
	}
	return false
}

// IsObject reports whether the value is an object.
func (v Value) IsObject() bool {
	_, ok := v.content.(*object)
	return ok
}

// Len returns the number of members of an object or of items of a list, and zero for anything else.
func (v Value) Len() int {
	switch content := v.content.(type) {
	case *object:
		return len(content.names)
	case []Value:
		return len(content)
	}
	return 0
}

// Bad records that something is wrong at this place.
func (v Value) Bad(format string, args ...any) {
	v.doc.violations = append(v.doc.violations, v.violation(format, args...))
}

func (v Value) violation(format string, args ...any) error {
	return fmt.Errorf("%s: %s", v.path, fmt.Sprintf(format, args...))
}

// Wrong records that the value is not what was wanted, and what it is instead. What lies below it counts as
// asked for: that nobody reads the members of an object in the place of a text says nothing about them.
func (v Value) Wrong(want string) {
	v.doc.refused[v.path] = true
	switch content := v.content.(type) {
	case nil:
		if !v.present {
			v.Bad("is missing, want %s", want)
			return
		}
		v.Bad("is null, want %s", want)
	case string:
		v.Bad("is %q, want %s", content, want)
	case []Value:
		v.Bad("is a list of %d, want %s", len(content), want)
	case *object:
		v.Bad("is an object, want %s", want)
	default:
		v.Bad("is %v, want %s", content, want)
	}
}

// At returns a member of an object. What is absent is a value too: not given, with its path.
func (v Value) At(name string) Value {
	if o, ok := v.content.(*object); ok {
		o.asked[name] = true
		if member, ok := o.values[name]; ok {
			return member
		}
	}
	return Value{doc: v.doc, path: v.path + "." + name}
}

// Object records a violation unless the value is an object, and reports whether it is.
func (v Value) Object() bool {
	if !v.IsObject() {
		v.Wrong("an object")
		return false
	}
	return true
}

// Members calls f for every member of an object in the order of the text; absent is empty.
func (v Value) Members(f func(name string, member Value)) {
	if !v.Given() {
		return
	}
	if !v.Object() {
		return
	}
	for _, name := range v.content.(*object).names {
		f(name, v.At(name))
	}
}

// List returns the items of a list.
func (v Value) List() []Value {
	items, ok := v.content.([]Value)
	if !ok {
		v.Wrong("a list")
	}
	return items
}

// ListOrNone returns the items of a list, none where it is absent.
func (v Value) ListOrNone() []Value {
	if !v.Given() {
		return nil
	}
	return v.List()
}

// Text returns a text that is not empty.
func (v Value) Text() string {
	s, ok := v.content.(string)
	if !ok || s == "" {
		v.Wrong("a text")
	}
	return s
}

// TextOr returns a text, or a default where it is absent.
func (v Value) TextOr(otherwise string) string {
	if !v.Given() {
		return otherwise
	}
	return v.Text()
}

// OneOf returns which of the given words the text is, by number; the first where it is absent.
func (v Value) OneOf(words ...string) int {
	if !v.Given() {
		return 0
	}
	s, _ := v.content.(string)
	for i, word := range words {
		if s == word {
			return i
		}
	}
	v.Wrong(fmt.Sprintf("one of %q", words))
	return 0
}

// Number returns a number in [least, most]; the limits may be infinite.
func (v Value) Number(least, most float64) float64 {
	x, ok := v.content.(float64)
	if ok && x >= least && x <= most {
		return x
	}
	switch {
	case math.IsInf(least, -1) && math.IsInf(most, 1):
		v.Wrong("a number")
	case math.IsInf(most, 1):
		v.Wrong(fmt.Sprintf("a number of at least %v", least))
	case math.IsInf(least, -1):
		v.Wrong(fmt.Sprintf("a number of at most %v", most))
	default:
		v.Wrong(fmt.Sprintf("a number from %v to %v", least, most))
	}
	return standIn(least, most)
}

// standIn returns the number in [least, most] that is nearest to zero.
func standIn(least, most float64) float64 { return min(max(0, least), most) }

// NumberOr returns a number in [least, most], or a default where it is absent.
func (v Value) NumberOr(otherwise, least, most float64) float64 {
	if !v.Given() {
		return otherwise
	}
	return v.Number(least, most)
}

// Count returns a whole number in [least, most].
func (v Value) Count(least, most int) int {
	x := v.Number(float64(least), float64(most))
	if x != math.Trunc(x) {
		v.Wrong("a whole number")
	}
	return int(x)
}

// CountOr returns a whole number in [least, most], or a default where it is absent.
func (v Value) CountOr(otherwise, least, most int) int {
	if !v.Given() {
		return otherwise
	}
	return v.Count(least, most)
}

// FlagOr returns true or false, or a default where it is absent.
func (v Value) FlagOr(otherwise bool) bool {
	if !v.Given() {
		return otherwise
	}
	b, ok := v.content.(bool)
	if !ok {
		v.Wrong("true or false")
		return otherwise
	}
	return b
}

// SwitchOr returns true or false, which may also be written as 1 or 0, or a default where it is absent.
func (v Value) SwitchOr(otherwise bool) bool {
	switch {
	case !v.Given():
		return otherwise
	case v.Is(true), v.Is(1.0):
		return true
	case v.Is(false), v.Is(0.0):
		return false
	}
	v.Wrong("true or false, 1 or 0")
	return otherwise
}

// Pair returns a list of two numbers in [least, most].
func (v Value) Pair(least, most float64) [2]float64 {
	items, ok := v.content.([]Value)
	if !ok || len(items) != 2 {
		v.Wrong("a pair of numbers")
		return [2]float64{standIn(least, most), standIn(least, most)}
	}
	return [2]float64{items[0].Number(least, most), items[1].Number(least, most)}
}

// Numbers returns a list of n numbers in [least, most].
func (v Value) Numbers(n int, least, most float64) []float64 {
	out := slices.Repeat([]float64{standIn(least, most)}, n)
	items, ok := v.content.([]Value)
	if !ok || len(items) != n {
		v.Wrong(fmt.Sprintf("a list of %d numbers, one per step", n))
		return out
	}
	for i, item := range items {
		out[i] = item.Number(least, most)
	}
	return out
}

// NumbersOrOne returns n numbers in [least, most], given as a list or as one number for all.
func (v Value) NumbersOrOne(n int, least, most float64) []float64 {
	if _, one := v.content.(float64); one {
		return slices.Repeat([]float64{v.Number(least, most)}, n)
	}
	return v.Numbers(n, least, most)
}
