package home

import (
	"fmt"

	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/optional"
)

// Request is one planning problem. All slices over steps have one entry per
// step.
//
// Preferences decide between plans of equal money, in this order:
//
//  1. The sum of the peaks to lower is as small as possible.
//  2. Export and import that shall be late are: Σ_t (T−t)/T of them is as small
//     as possible.
//  3. Batteries with a priority k charge and discharge early: Σ_b k Σ_t (T−t)/T
//     (c + d) is as large as possible.
//  4. Energy is stored early: Σ_t Σ_b s is as large as possible for the
//     directions and on-off decisions found so far.
type Request struct {
	Seconds     []float64 // length of each step, at least 0.001
	Load        []float64 // Wh
	Solar       []float64 // forecast, Wh
	ImportPrice []float64 // p_N, currency per Wh
	ExportPrice []float64 // p_E, currency per Wh

	ChargeEfficiency    float64 // η_c in [0.001, 1]; default 0: 0.95
	DischargeEfficiency float64 // η_d in [0.001, 1]; default 0: 0.95

	MaxImport  optional.Float // N ≥ 0, W; absent: no limit
	MaxExport  optional.Float // ≥ 0, W; absent: no limit
	DemandRate optional.Float // r ≥ 0, currency per W of the highest import above MaxImport

	Preferences Preferences
	Batteries   []Battery
}

// Battery is a home battery, or a car with MaxDischarge 0.
//
// For example, Battery{Initial: 1000, Max: 5000, MaxCharge: 2500, MaxDischarge:
// 2500} is a battery of 5 kWh and 2.5 kW that charges from solar surplus and
// covers the load of the home.
type Battery struct {
	Initial  float64        // state of charge before step 0, ≥ 0, Wh
	Min, Max float64        // s_min and s_max ≥ 0, soft limits, Wh; if Min > Max, one is missed
	Capacity optional.Float // hard limit, Wh; absent: Max. A higher Initial raises it to Initial.

	MinCharge    float64 // C_min ≥ 0, W, of a step that charges
	MaxCharge    float64 // C ≥ 0, W
	MaxDischarge float64 // D ≥ 0, W
	Value        float64 // v of a Wh stored at the end, currency per Wh

	ChargeFromGrid  bool
	DischargeToGrid bool
	Priority        float64 // k ≥ 0, early charge and discharge

	Goals   []float64 // state of charge to reach at the end of each step, Wh, 0 for none; or nil
	Demands []float64 // energy to charge in each step, Wh, 0 for none; or nil
}

// Preferences decide between plans of equal money. The zero value has none. The
// keys of [ReadRequest] are in the comments.
type Preferences struct {
	LowImportPeak bool // attenuate_demand_peaks or attenuate_grid_peaks: low highest import
	LowExportPeak bool // attenuate_feedin_peaks or attenuate_grid_peaks: low highest export
	LateExport    bool // charge_before_export: early surplus is stored, later surplus exported
	LateImport    bool // discharge_before_import: batteries cover early load, the grid later load
}

// Ranges of valid numbers. Within them 16 digits are enough for every sum of a
// plan.
const (
	maxSteps  = 10_000
	maxEnergy = 1e9  // Wh, and W
	maxPrice  = 1e4  // currency per Wh
	minTime   = 1e-3 // s
	maxTime   = 1e8  // s
)

const (
	defaultEfficiency = 0.95
	leastEfficiency   = 1e-3 // keeps the energy behind maxEnergy finite
)

// withDefaults returns the request with both efficiencies set, or an error with
// all violations.
func (r Request) withDefaults() (Request, error) {
	if err := r.Validate(); err != nil {
		return r, err
	}
	if r.ChargeEfficiency == 0 {
		r.ChargeEfficiency = defaultEfficiency
	}
	if r.DischargeEfficiency == 0 {
		r.DischargeEfficiency = defaultEfficiency
	}
	return r, nil
}

// Validate reports all violations of the ranges stated in the fields' comments.
func (r Request) Validate() error {
	bad := faults.List{Prefix: "home: ", Max: 100}
	n := len(r.Seconds)
	bad.Require(n >= 1 && n <= maxSteps, "Seconds has %d steps, want 1 to %d", n, maxSteps)
	series := func(name string, values []float64, lower, upper float64, unit string) {
		if bad.Require(len(values) == n, "%s has %d values, want %d, one per step", name, len(values), n) {
			for t, x := range values {
				bad.Between(fmt.Sprintf("%s[%d]", name, t), x, lower, upper, unit)
			}
		}
	}
	series("Seconds", r.Seconds, minTime, maxTime, "s")
	series("Load", r.Load, -maxEnergy, maxEnergy, "Wh")
	series("Solar", r.Solar, -maxEnergy, maxEnergy, "Wh")
	series("ImportPrice", r.ImportPrice, -maxPrice, maxPrice, "currency per Wh")
	series("ExportPrice", r.ExportPrice, -maxPrice, maxPrice, "currency per Wh")
	for _, e := range []struct {
		name  string
		value float64
	}{{"ChargeEfficiency", r.ChargeEfficiency}, {"DischargeEfficiency", r.DischargeEfficiency}} {
		if e.value != 0 {
			bad.Between(e.name, e.value, leastEfficiency, 1, "")
		}
	}
	bad.Between("MaxImport", r.MaxImport.Or(0), 0, maxEnergy, "W")
	bad.Between("MaxExport", r.MaxExport.Or(0), 0, maxEnergy, "W")
	bad.Between("DemandRate", r.DemandRate.Or(0), 0, maxPrice, "currency per W")
	bad.Require(!r.DemandRate.Given() || r.MaxImport.Given(),
		"DemandRate is given without MaxImport; set MaxImport, 0 if every W is charged")
	for i, b := range r.Batteries {
		at := func(field string) string { return fmt.Sprintf("Batteries[%d].%s", i, field) }
		for _, x := range []struct {
			name  string
			value float64
			unit  string
		}{
			{"Initial", b.Initial, "Wh"},
			{"Min", b.Min, "Wh"},
			{"Max", b.Max, "Wh"},
			{"Capacity", b.Capacity.Or(0), "Wh"},
			{"MinCharge", b.MinCharge, "W"},
			{"MaxCharge", b.MaxCharge, "W"},
			{"MaxDischarge", b.MaxDischarge, "W"},
			{"Priority", b.Priority, ""},
		} {
			bad.Between(at(x.name), x.value, 0, maxEnergy, x.unit)
		}
		bad.Between(at("Value"), b.Value, -maxPrice, maxPrice, "currency per Wh")
		if b.Goals != nil {
			series(at("Goals"), b.Goals, 0, maxEnergy, "Wh")
		}
		if b.Demands != nil {
			series(at("Demands"), b.Demands, 0, maxEnergy, "Wh")
		}
	}
	return bad.Err()
}

// Steps returns the number of steps.
func (r Request) Steps() int { return len(r.Seconds) }

// hours returns the length of a step, h.
func (r Request) hours(t int) float64 { return r.Seconds[t] / 3600 }

// capacity returns the hard limit of the state of charge. A battery that starts
// above its capacity could otherwise have no plan, for example if its meter is
// wrong by 1 %.
func (b Battery) capacity() float64 { return max(b.Capacity.Or(b.Max), b.Initial) }

// demand returns the energy that battery b must charge in step t, min(demand, C
// h), 0 for none.
func (r Request) demand(b Battery, t int) float64 {
	if b.Demands == nil {
		return 0
	}
	return min(b.Demands[t], b.MaxCharge*r.hours(t))
}

// base returns b, the money from which the weights of penalties are derived:
// the largest price per Wh, with the demand rate spread over the shortest step.
func (r Request) base() float64 {
	const least = 1e-4
	b := least
	for t := range r.Seconds {
		b = max(b, r.ImportPrice[t], r.ExportPrice[t], r.DemandRate.Or(0)/r.hours(t))
	}
	for _, x := range r.Batteries {
		b = max(b, x.Value)
	}
	return b
}
