// Package optional has a number that can be absent. The library uses it for
// physical and contractual quantities whose absence differs from zero: an
// export limit of 0 MW forbids exports, no export limit allows any. Options of
// runs and solvers are plain numbers, for which zero is the documented default.
package optional

import (
	"encoding/json"
	"strconv"
)

// Float is a float64 or absent. The zero value is absent. Two Floats are equal
// (==) if both are absent or both hold equal numbers.
type Float struct {
	value float64
	given bool
}

// Of returns a Float that holds x; Of(0) is zero, not absent.
func Of(x float64) Float { return Float{x, true} }

// Given reports whether f holds a number.
func (f Float) Given() bool { return f.given }

// Get returns the number and true, or 0 and false if f is absent.
func (f Float) Get() (float64, bool) { return f.value, f.given }

// Or returns the number, or absent if f is absent.
func (f Float) Or(absent float64) float64 {
	if f.given {
		return f.value
	}
	return absent
}

// String returns the number in its shortest form, or "absent".
func (f Float) String() string {
	if !f.given {
		return "absent"
	}
	return strconv.FormatFloat(f.value, 'g', -1, 64)
}

// IsZero reports whether f is absent, so that encoding/json's omitzero leaves
// out absent fields and keeps zeros.
func (f Float) IsZero() bool { return !f.given }

// MarshalJSON writes the number, or null if f is absent. NaN and infinities are
// errors, as in [json.Marshal].
func (f Float) MarshalJSON() ([]byte, error) {
	if !f.given {
		return []byte("null"), nil
	}
	return json.Marshal(f.value)
}

// UnmarshalJSON reads a number, or absent from null.
func (f *Float) UnmarshalJSON(text []byte) error {
	var x *float64
	if err := json.Unmarshal(text, &x); err != nil {
		return err
	}
	*f = Float{}
	if x != nil {
		*f = Of(*x)
	}
	return nil
}
