package jsontree

import (
	"fmt"
	"math"
	"slices"
)

// Path returns the place of the value, such as "$.ders[2].capacity_mw": "$" is
// the document, and items of a list count from 0.
func (v Value) Path() string { return v.path }

// Given reports whether the value is present and not null.
func (v Value) Given() bool { return v.present && v.content != nil }

// Missing reports whether the value is absent. A null is present.
func (v Value) Missing() bool { return !v.present }

// Is reports whether the value equals content, which is a bool, a float64 or a
// string.
func (v Value) Is(content any) bool {
	switch content.(type) {
	case bool, float64, string:
		return v.content == content
	}
	return false
}

// Float returns the number, and false if the value is no number. It records no
// violation.
func (v Value) Float() (float64, bool) {
	x, ok := v.content.(float64)
	return x, ok
}

// IsObject reports whether the value is an object.
func (v Value) IsObject() bool {
	_, ok := v.content.(*object)
	return ok
}

// Len returns the number of members of an object or of items of a list, and
// zero for anything else.
func (v Value) Len() int {
	switch content := v.content.(type) {
	case *object:
		return len(content.names)
	case []Value:
		return len(content)
	}
	return 0
}

// Bad records a violation at this place, in the format of [fmt.Sprintf].
func (v Value) Bad(format string, args ...any) {
	v.doc.violations = append(v.doc.violations, v.violation(format, args...))
}

func (v Value) violation(format string, args ...any) violation {
	return violation{path: v.path, text: fmt.Sprintf(format, args...), absent: !v.Given()}
}

// Rejected reports whether [Value.Wrong] has recorded a violation at this
// place. A check of one key against another leaves out rejected values, because
// they have stand-ins.
func (v Value) Rejected() bool { return v.doc.rejected[v.path] }

// Wrong records that the value is not of the wanted kind, and its actual kind,
// such as "is null, want a list". The members below it count as read: they
// cannot be read as members of the wanted kind, so that reporting them as
// unknown keys would be a false follow-up.
func (v Value) Wrong(want string) {
	v.doc.rejected[v.path] = true
	switch content := v.content.(type) {
	case nil: // null and absent values have no content
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

// At returns a member of an object and marks its key as read. An absent member,
// or a member of a value that is no object, is a Value that is not given and
// has the path of the member.
func (v Value) At(name string) Value {
	if o, ok := v.content.(*object); ok {
		o.read[name] = true
		if member, ok := o.values[name]; ok {
			return member
		}
	}
	return Value{doc: v.doc, path: v.path + "." + name}
}

// Below returns a value that only records violations, at a path below this one.
// For example, Below("points[1].gas_mw") of "$.ders[0]" is
// "$.ders[0].points[1].gas_mw".
func (v Value) Below(path string) Value { return Value{doc: v.doc, path: v.path + "." + path} }

// Object records a violation unless the value is an object, and reports whether
// it is.
func (v Value) Object() bool {
	if !v.IsObject() {
		v.Wrong("an object")
		return false
	}
	return true
}

// Members calls f for every member of an object in the order of the text, and
// marks it as read. It calls f for no member if the value is not given.
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

// Each calls f for every member of an object in the order of the text. It
// neither marks the members as read nor records a violation.
func (v Value) Each(f func(name string, member Value)) {
	if o, ok := v.content.(*object); ok {
		for _, name := range o.names {
			f(name, o.values[name])
		}
	}
}

// List returns the items of a list. It records a violation and returns nil if
// the value is no list, so that a loop over the items does nothing.
func (v Value) List() []Value {
	items, ok := v.content.([]Value)
	if !ok {
		v.Wrong("a list")
	}
	return items
}

// ListOrNone returns the items of a list, or nil if the value is not given.
func (v Value) ListOrNone() []Value {
	if !v.Given() {
		return nil
	}
	return v.List()
}

// Text returns a text. It records a violation and returns "" if the value is no
// text or an empty one: names and words of a format are never empty.
func (v Value) Text() string {
	s, ok := v.content.(string)
	if !ok || s == "" {
		v.Wrong("a text")
	}
	return s
}

// TextOr returns a text, or absent if the value is not given.
func (v Value) TextOr(absent string) string {
	if !v.Given() {
		return absent
	}
	return v.Text()
}

// OneOf returns the index of the text in words, or 0 if the value is not given:
// the first word is the default. For example, v.OneOf("k_means", "k_medoids")
// returns 1 for "k_medoids".
func (v Value) OneOf(words ...string) int {
	if !v.Given() {
		return 0
	}
	s, _ := v.content.(string) // "" for other kinds, which is none of the words
	for i, word := range words {
		if s == word {
			return i
		}
	}
	v.Wrong(fmt.Sprintf("one of %q", words))
	return 0
}

// Number returns a number in [lower, upper]. Both limits may be infinite. For
// example, Number(0, 8) of the text "two" records "is "two", want a number from
// 0 to 8" and returns the stand-in 0.
func (v Value) Number(lower, upper float64) float64 {
	x, ok := v.content.(float64)
	if ok && x >= lower && x <= upper {
		return x
	}
	// A limit that only keeps products finite is not worth a mention, unless
	// the number exceeds it.
	open := func(limit float64) bool {
		return math.Abs(limit) >= vast && !(ok && math.Abs(x) >= vast)
	}
	switch {
	case open(lower) && open(upper):
		v.Wrong("a number")
	case open(upper):
		v.Wrong(fmt.Sprintf("a number of at least %v", lower))
	case open(lower):
		v.Wrong(fmt.Sprintf("a number of at most %v", upper))
	default:
		v.Wrong(fmt.Sprintf("a number from %v to %v", lower, upper))
	}
	return standIn(lower, upper)
}

// vast is the size from which limits are left out of messages: "at least 0",
// not "from 0 to 1e+15".
const vast = 1e15

// NumberAs is [Value.Number] with a description of the wanted number in place
// of the limits, such as "a share of the forecast: 0.20 for 20 %".
func (v Value) NumberAs(lower, upper float64, want string) float64 {
	x, ok := v.content.(float64)
	if ok && x >= lower && x <= upper {
		return x
	}
	v.Wrong(want)
	return standIn(lower, upper)
}

// standIn returns the number in [lower, upper] that is nearest to zero. Zero
// makes the fewest follow-up violations in checks of one key against another,
// such as minimum and maximum.
func standIn(lower, upper float64) float64 { return min(max(0, lower), upper) }

// NumberOr returns a number in [lower, upper], or absent if the value is not
// given.
func (v Value) NumberOr(absent, lower, upper float64) float64 {
	if !v.Given() {
		return absent
	}
	return v.Number(lower, upper)
}

// Count returns a whole number in [lower, upper]. JSON has no integers: 3, 3.0
// and 3e0 are all 3.
func (v Value) Count(lower, upper int) int {
	// The stand-in of Number is whole, so that a number out of range records
	// one violation only.
	x := v.Number(float64(lower), float64(upper))
	if x != math.Trunc(x) {
		v.Wrong("a whole number")
	}
	return int(x)
}

// CountOr returns a whole number in [lower, upper], or absent if the value is
// not given.
func (v Value) CountOr(absent, lower, upper int) int {
	if !v.Given() {
		return absent
	}
	return v.Count(lower, upper)
}

// FlagOr returns true or false, or absent if the value is not given. Texts such
// as "yes" and the numbers 0 and 1 are violations; see SwitchOr.
func (v Value) FlagOr(absent bool) bool {
	if !v.Given() {
		return absent
	}
	b, ok := v.content.(bool)
	if !ok {
		v.Wrong("true or false")
		return absent
	}
	return b
}

// SwitchOr returns true or false, which may also be written as 1 or 0, or
// absent if the value is not given.
func (v Value) SwitchOr(absent bool) bool {
	switch {
	case !v.Given():
		return absent
	case v.Is(true), v.Is(1.0):
		return true
	case v.Is(false), v.Is(0.0):
		return false
	}
	v.Wrong("true or false, 1 or 0")
	return absent
}

// Pair returns a list of two numbers in [lower, upper], such as the point [2.5,
// 400] of a cost curve. Other lists record one violation and give two
// stand-ins.
func (v Value) Pair(lower, upper float64) [2]float64 {
	items, ok := v.content.([]Value)
	if !ok || len(items) != 2 {
		v.Wrong("a pair of numbers")
		return [2]float64{standIn(lower, upper), standIn(lower, upper)}
	}
	return [2]float64{items[0].Number(lower, upper), items[1].Number(lower, upper)}
}

// Numbers returns a list of n numbers in [lower, upper], one per step. A list
// of another length records one violation. The result has n items in any case,
// so that callers may index it.
func (v Value) Numbers(n int, lower, upper float64) []float64 {
	return v.numbers(n, lower, upper, "")
}

// numbers is Numbers with a further form in the text of a violation.
func (v Value) numbers(n int, lower, upper float64, or string) []float64 {
	// A wrong length leaves all stand-ins, because the places of the given
	// numbers are unknown.
	out := slices.Repeat([]float64{standIn(lower, upper)}, n)
	items, ok := v.content.([]Value)
	if !ok || len(items) != n {
		v.Wrong(fmt.Sprintf("a list of %d numbers, one per step%s", n, or))
		return out
	}
	for i, item := range items {
		out[i] = item.Number(lower, upper)
	}
	return out
}

// NumbersOrOne returns n numbers in [lower, upper], given as a list or as one
// number for all steps: with n = 3, both [4, 4, 4] and 4 are 4, 4, 4.
func (v Value) NumbersOrOne(n int, lower, upper float64) []float64 {
	if _, one := v.content.(float64); one {
		return slices.Repeat([]float64{v.Number(lower, upper)}, n)
	}
	return v.numbers(n, lower, upper, ", or one number for all")
}
