package sweep

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/internal/jsonfloat"
	"github.com/trigrid/trigrid/weights"
)

// Outcome is one row of the table of a sweep. Equal cases have equal outcomes,
// whichever process, worker or journal they come from.
type Outcome struct {
	Case     string         `json:"case"`
	Settings []Setting      `json:"settings,omitempty"`
	Weights  weights.Vector `json:"weights"`
	Failed   string         `json:"failed,omitempty"` // the error of the run; the numbers are then missing
	Cut      bool           `json:"cut,omitempty"`    // a budget or an interrupt ended the run

	Value    weights.Values     `json:"value"`    // as in [Row]
	Numbers  map[string]float64 `json:"numbers"`  // by quantity with unit, see [Quantities]
	Payoffs  map[string]float64 `json:"payoffs"`  // by DER, currency
	Profile  trigrid.Profile    `json:"profile"`  // nil: no feasible allocation
	Planning string             `json:"planning"` // as [trigrid.Result.Planning]
	Solver   string             `json:"solver"`
}

// Quantities returns the names of [Outcome.Numbers] in their order.
func Quantities() []string {
	return []string{
		"economic_currency", "cvar_currency", "imbalance_currency", "deviation_mwh", "used_mwh", "available_mwh",
		"emission_t", "largest_gap_currency", "programs",
	}
}

// fill adds the numbers of a result.
func (out *Outcome) fill(res *trigrid.Result) error {
	out.Cut, out.Planning, out.Solver = res.Cut, res.Planning, res.Solver
	out.Profile = maps.Clone(res.Recommendation.Profile)
	// A run without an allocation is no error of the run, but its row would
	// have zeros as results.
	if len(res.Settlement) == 0 && out.Profile == nil {
		return errors.New("no feasible allocation is known")
	}
	var row Row // sums over the VPPs, as a sweep of weights has them
	for _, plan := range res.Plans {
		if plan != nil { // nil: a VPP that never runs
			row.add(plan)
		}
	}
	out.Value = row.Value
	values := []float64{ // in the order of Quantities
		row.Economic, row.CVaR, row.Imbalance, row.Deviation, row.Used, row.Available, row.Emission, res.LargestGap,
		float64(len(res.Coalitions)),
	}
	out.Numbers = map[string]float64{}
	for i, name := range Quantities() {
		out.Numbers[name] = values[i]
	}
	out.Payoffs = map[string]float64{}
	for _, d := range res.DERs {
		out.Payoffs[d.Name] = d.Payoff
	}
	return nil
}

// Setting returns the value of a key in an outcome, "" if the case does not set
// it.
func (out *Outcome) Setting(key string) string {
	i := slices.IndexFunc(out.Settings, func(s Setting) bool { return s.Key == key })
	if i < 0 {
		return ""
	}
	return out.Settings[i].Value
}

// numeric returns the value of a setting as a number.
func numeric(value string) (float64, bool) {
	x, err := strconv.ParseFloat(value, 64)
	return x, err == nil && !math.IsNaN(x) && !math.IsInf(x, 0) // "nan" is a text here
}

// Quantity returns a number of an outcome by its name: one of [Quantities], or
// "value_economic", "value_risk", "value_environment" and "value_total",
// currency.
func (out *Outcome) Quantity(name string) (float64, error) {
	switch name {
	case "value_economic":
		return out.Value.Economic, nil
	case "value_risk":
		return out.Value.Risk, nil
	case "value_environment":
		return out.Value.Environment, nil
	case "value_total":
		return out.Value.Total(), nil
	}
	if x, ok := out.Numbers[name]; ok {
		return x, nil
	}
	return 0, fmt.Errorf("sweep: an outcome has no number %q", name)
}

// plainOutcome is an [Outcome] without methods.
type plainOutcome Outcome

// wireOutcome is the JSON of an [Outcome]. Its maps hide those of the outcome.
type wireOutcome struct {
	*plainOutcome
	Numbers map[string]jsonfloat.Float `json:"numbers"`
	Payoffs map[string]jsonfloat.Float `json:"payoffs"`
}

// MarshalJSON implements [json.Marshaler]. Numbers keep their bits. One that is
// infinite, such as the gap of a program that a limit ended before it had a
// bound, is the text "+Inf" or "-Inf".
func (out Outcome) MarshalJSON() ([]byte, error) {
	return json.Marshal(wireOutcome{(*plainOutcome)(&out), convert[jsonfloat.Float](out.Numbers), convert[jsonfloat.Float](out.Payoffs)})
}

// UnmarshalJSON implements [json.Unmarshaler].
func (out *Outcome) UnmarshalJSON(text []byte) error {
	in := wireOutcome{plainOutcome: (*plainOutcome)(out)}
	if err := json.Unmarshal(text, &in); err != nil {
		return err
	}
	out.Numbers, out.Payoffs = convert[float64](in.Numbers), convert[float64](in.Payoffs)
	return nil
}

// convert returns a map with values of another type; nil stays nil, so that a
// row that a log has is equal to one of a run.
func convert[B, A ~float64](of map[string]A) map[string]B {
	if of == nil {
		return nil
	}
	out := make(map[string]B, len(of))
	for name, x := range of {
		out[name] = B(x)
	}
	return out
}
