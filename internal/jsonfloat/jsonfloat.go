// Package jsonfloat has a number that JSON cannot always hold.
package jsonfloat

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
)

// Float is a float64 in JSON with all bits. A number that is not finite is a
// text: "+Inf", "-Inf" or "NaN".
//
// For example, the absolute gap of a program that a limit ended before it had a
// bound is "+Inf".
type Float float64

// MarshalJSON implements [json.Marshaler].
func (x Float) MarshalJSON() ([]byte, error) {
	if f := float64(x); math.IsInf(f, 0) || math.IsNaN(f) {
		return []byte(strconv.Quote(strconv.FormatFloat(f, 'g', -1, 64))), nil
	}
	return json.Marshal(float64(x))
}

// UnmarshalJSON implements [json.Unmarshaler]. It returns an error for anything
// but a number or the text of one.
func (x *Float) UnmarshalJSON(text []byte) error {
	plain := string(text)
	if len(text) > 0 && text[0] == '"' {
		if err := json.Unmarshal(text, &plain); err != nil {
			return err
		}
	}
	f, err := strconv.ParseFloat(plain, 64)
	if err != nil {
		return fmt.Errorf("%s is no number", text)
	}
	*x = Float(f)
	return nil
}
