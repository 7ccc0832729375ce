package weights

import (
	"encoding/json"
	"math"
)

// signalsJSON is the JSON form of [Signals].
type signalsJSON struct {
	CleanShare   *float64 `json:"clean_share"`
	Volatility   *float64 `json:"volatility"`
	SupplyMargin *float64 `json:"supply_margin"`
}

// MarshalJSON implements [json.Marshaler]. The keys are clean_share, volatility
// and supply_margin; a signal that is not measured is null, because JSON has no
// NaN.
func (s Signals) MarshalJSON() ([]byte, error) {
	of := func(x float64) *float64 {
		if math.IsNaN(x) {
			return nil
		}
		return &x
	}
	return json.Marshal(signalsJSON{of(s.CleanShare), of(s.Volatility), of(s.SupplyMargin)})
}

// UnmarshalJSON implements [json.Unmarshaler]. A null and an absent key are
// NaN.
func (s *Signals) UnmarshalJSON(text []byte) error {
	var x signalsJSON
	if err := json.Unmarshal(text, &x); err != nil {
		return err
	}
	of := func(x *float64) float64 {
		if x == nil {
			return math.NaN()
		}
		return *x
	}
	*s = Signals{of(x.CleanShare), of(x.Volatility), of(x.SupplyMargin)}
	return nil
}
