package casefile

import (
	"github.com/trigrid/trigrid/internal/jsontree"
	"github.com/trigrid/trigrid/optional"
)

// Fields is one value of a case file with its path: an object, a list, a
// number, a text, true or false, null, or a value that is absent. The reader of
// a custom kind of DER gets the object of the DER.
//
//	func Read(v casefile.Fields, series map[string]bool) func() der.DER {
//		u := HeatPump{
//			ID:    v.At("name").Text(),
//			Power: v.At("power_mw").Number(0, 1000),     // must be present
//			COP:   v.At("cop").NumberOr(3, 1, 10),       // 3 if absent
//		}
//		return func() der.DER { x := u; return &x }
//	}
//
// A read of a value of the wrong kind, or out of its range, records a violation
// with the path and the expected value and returns a stand-in within the range,
// so that a reader needs no checks of its own. [Loader.Load] reports all
// violations together, and every key that no method has read as unknown.
//
// Copies of a Fields share the violations. Fields are not safe for concurrent
// use.
type Fields struct{ value jsontree.Value }

// Path returns the place of the value in the file, such as
// "$.ders[2].capacity_mw".
func (f Fields) Path() string { return f.value.Path() }

// Given reports whether the value is present and not null.
func (f Fields) Given() bool { return f.value.Given() }

// At returns the member of an object with the given key. The result of an
// absent member is not given and has the path of the member.
//
// For example, v.At("tariff").At("injection_per_mwh") of the first VPP has the
// path "$.vpps[0].tariff.injection_per_mwh".
func (f Fields) At(key string) Fields { return Fields{f.value.At(key)} }

// Object reports whether the value is an object, and records a violation if it
// is not.
func (f Fields) Object() bool { return f.value.Object() }

// Members calls use for every member of an object, in the order of the file. It
// does nothing if the value is absent or null.
func (f Fields) Members(use func(key string, member Fields)) {
	f.value.Members(func(key string, member jsontree.Value) { use(key, Fields{member}) })
}

// List returns the items of a list.
func (f Fields) List() []Fields { return fieldsOf(f.value.List()) }

// ListOrNone returns the items of a list, or nil if the value is absent or
// null.
func (f Fields) ListOrNone() []Fields { return fieldsOf(f.value.ListOrNone()) }

// fieldsOf wraps values in their order.
func fieldsOf(values []jsontree.Value) []Fields {
	out := make([]Fields, len(values))
	for i, v := range values {
		out[i] = Fields{v}
	}
	return out
}

// rejected reports whether a read has found the value wrong, so that its
// stand-in was returned. A check of one key against another leaves out rejected
// values.
func (f Fields) rejected() bool { return f.value.Rejected() }

// Text returns a text that is not empty. Its stand-in is "".
func (f Fields) Text() string { return f.value.Text() }

// TextOr returns a text that is not empty, or absent if the value is absent or
// null.
func (f Fields) TextOr(absent string) string { return f.value.TextOr(absent) }

// OneOf returns the index of the text in words. It returns 0 if the value is
// absent or null, so that the first word is the default.
//
// For example, OneOf("as_begun", "daily", "free") returns 1 for the text
// "daily".
func (f Fields) OneOf(words ...string) int { return f.value.OneOf(words...) }

// Number returns a number in [lower, upper]. Both limits may be infinite. Its
// stand-in is the number in the range that is nearest to zero.
//
// For example, Number(0.5, 1) records a violation for 2 and returns 0.5.
func (f Fields) Number(lower, upper float64) float64 { return f.value.Number(lower, upper) }

// NumberOr returns a number in [lower, upper], or absent if the value is absent
// or null. The absent number may be outside the range, for example infinite.
func (f Fields) NumberOr(absent, lower, upper float64) float64 {
	return f.value.NumberOr(absent, lower, upper)
}

// Optional returns a number in [lower, upper], or an absent one if the value is
// absent or null. It reads quantities whose absence differs from zero: an
// export limit of 0 forbids exports, an absent one is no limit.
func (f Fields) Optional(lower, upper float64) optional.Float {
	if !f.Given() {
		return optional.Float{}
	}
	return optional.Of(f.Number(lower, upper))
}

// OptionalCount returns a whole number in [lower, upper], or an absent one if
// the value is absent or null. A count of 0 is a limit, as in
// [Fields.Optional].
func (f Fields) OptionalCount(lower, upper int) optional.Float {
	if !f.Given() {
		return optional.Float{}
	}
	return optional.Of(float64(f.Count(lower, upper)))
}

// Count returns a whole number in [lower, upper]. The numbers 3, 3.0 and 3e0 of
// a file are all 3; 3.5 is a violation.
func (f Fields) Count(lower, upper int) int { return f.value.Count(lower, upper) }

// CountOr returns a whole number in [lower, upper], or absent if the value is
// absent or null.
func (f Fields) CountOr(absent, lower, upper int) int { return f.value.CountOr(absent, lower, upper) }

// FlagOr returns true or false, or absent if the value is absent or null.
func (f Fields) FlagOr(absent bool) bool { return f.value.FlagOr(absent) }

// Numbers returns a list of n numbers in [lower, upper], such as one price per
// step. A list of another length is a violation, and the result has n
// stand-ins.
func (f Fields) Numbers(n int, lower, upper float64) []float64 {
	return f.value.Numbers(n, lower, upper)
}

// NumbersOrOne returns n numbers in [lower, upper], given as a list of n or as
// one number for all. For example, 400 and [400, 400, 400] are equal for n = 3.
func (f Fields) NumbersOrOne(n int, lower, upper float64) []float64 {
	return f.value.NumbersOrOne(n, lower, upper)
}

// Series returns the name of one of the case's series. It records a violation
// if series lacks the name.
func (f Fields) Series(series map[string]bool) string {
	name := f.Text()
	if !series[name] && name != "" {
		f.Wrong(oneOf("the name of one of the scenarios' series", name, names(series)))
	}
	return name
}

// violations returns the number of violations that reading has found so far in
// the whole file.
func (f Fields) violations() int { return len(f.value.Found()) }

// Bad records a violation at this value, in the format of [fmt.Sprintf]. For
// example, Bad("is %v MW, want less than %v MW", 9, 8) records
// "$.ders[2].power_mw: is 9 MW, want less than 8 MW".
func (f Fields) Bad(format string, args ...any) { f.value.Bad(format, args...) }

// Wrong records that the value is not the wanted one. For example, Wrong("at
// most max_mw, 5") records "$.ders[2].min_mw: is 6, want at most max_mw, 5".
func (f Fields) Wrong(want string) { f.value.Wrong(want) }
