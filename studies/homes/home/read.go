package home

import (
	"fmt"
	"io"

	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/internal/jsontree"
	"github.com/trigrid/trigrid/optional"
)

// Case is a recorded request with the recorded answer.
type Case struct {
	Request Request
	Status  string    // of the answer, "Optimal" if it has none; "" without an answer
	Answer  *Schedule // nil if there is no answer or its status is not "Optimal"
	// Ignored names keys of the request that this package does not have, and is
	// "" if there are none. A rule behind such a key is not in the plan.
	Ignored string
}

// ReadRequest reads a request in JSON, with the keys of the evcc optimizer:
//
//	{"eta_c": 0.95, "eta_d": 0.95,
//	 "grid": {"p_max_imp": 11000, "p_max_exp": 7000, "prc_p_exc_imp": 0.1},
//	 "strategy": {"charging_strategy": "charge_before_export",
//	              "discharging_strategy": "discharge_before_import"},
//	 "time_series": {"dt": […], "gt": […], "ft": […], "p_N": […], "p_E": […]},
//	 "batteries": [{"s_initial": 1000, "s_min": 0, "s_max": 5000, "s_capacity": 5000, "c_min": 0,
//	                "c_max": 2500, "d_max": 2500, "p_a": 0.0002, "charge_from_grid": false,
//	                "discharge_to_grid": false, "c_priority": 0, "s_goal": […], "p_demand": […]}]}
//
// The keys eta_c to strategy, and the last six of a battery, are optional. The
// error lists all violations with their paths, unknown keys included.
// [ReadCase] reads recorded files, in which the request has an answer beside
// it.
func ReadRequest(reader io.Reader) (Request, error) {
	root, err := jsontree.Parse(reader)
	if err != nil {
		return Request{}, fmt.Errorf("home: request: %w", err)
	}
	r := readRequest(root)
	if err := root.Violations(); err != nil {
		if root.At("request").Given() { // the request of a recorded case is one level deeper
			return Request{}, fmt.Errorf("home: request: is a recorded case, read it with ReadCase:\n%w", err)
		}
		return Request{}, fmt.Errorf("home: request:\n%w", err)
	}
	return r, r.Validate()
}

// ReadCase reads a recorded case: an object with the keys "request", as for
// [ReadRequest], and "expected_response" with the recorded answer.
//
//	{"request": {…}, "expected_response": {"status": "Optimal", "grid_import": […], …}}
//
// An "expected_response" is optional. Keys of the request without a rule here
// are not errors but [Case.Ignored], so that later versions of the optimizer
// can be compared.
func ReadCase(reader io.Reader) (*Case, error) {
	root, err := jsontree.Parse(reader)
	if err != nil {
		return nil, fmt.Errorf("home: case: %w", err)
	}
	c := &Case{Request: readRequest(root.At("request"))}
	if answer := root.At("expected_response"); answer.Given() {
		if c.Status = answer.At("status").TextOr("Optimal"); c.Status == "Optimal" {
			c.Answer = readAnswer(answer, c.Request)
		}
	}
	if found := root.Found(); len(found) > 0 {
		var bad faults.List
		for _, err := range found {
			bad.Add(err)
		}
		return nil, fmt.Errorf("home: case:\n%w", bad.Err())
	}
	// No value is wrong, so that the violations left are unknown keys.
	if err := root.At("request").Violations(); err != nil {
		c.Ignored = err.Error()
	}
	return c, c.Request.Validate()
}

// readRequest reads the keys of a request and records violations in the
// document.
func readRequest(v jsontree.Value) Request {
	if !v.Object() {
		return Request{}
	}
	r := Request{
		ChargeEfficiency:    v.At("eta_c").NumberOr(defaultEfficiency, leastEfficiency, 1),
		DischargeEfficiency: v.At("eta_d").NumberOr(defaultEfficiency, leastEfficiency, 1),
	}
	if grid := v.At("grid"); grid.Given() && grid.Object() {
		r.MaxImport = readOptional(grid.At("p_max_imp"), maxEnergy)
		r.MaxExport = readOptional(grid.At("p_max_exp"), maxEnergy)
		r.DemandRate = readOptional(grid.At("prc_p_exc_imp"), maxPrice)
		if rate := grid.At("prc_p_exc_imp"); rate.Given() && !grid.At("p_max_imp").Given() {
			rate.Bad("is given without p_max_imp; set p_max_imp, 0 if every W is charged")
		}
	}
	if strategy := v.At("strategy"); strategy.Given() && strategy.Object() {
		r.Preferences.read(strategy.At("charging_strategy"))
		r.Preferences.read(strategy.At("discharging_strategy"))
	}
	series := v.At("time_series")
	if !series.Object() {
		return r
	}
	seconds := series.At("dt")
	n := seconds.Len()
	if n < 1 || n > maxSteps {
		seconds.Wrong(fmt.Sprintf("a list of 1 to %d numbers", maxSteps))
		n = 0
	} else {
		r.Seconds = seconds.Numbers(n, minTime, maxTime)
	}
	// Without steps, the lengths of the other lists cannot be wrong.
	list := func(v jsontree.Value, lower, upper float64) []float64 {
		if n == 0 {
			for _, item := range v.ListOrNone() {
				item.Number(lower, upper)
			}
			return nil
		}
		return v.Numbers(n, lower, upper)
	}
	r.Load = list(series.At("gt"), -maxEnergy, maxEnergy)
	r.Solar = list(series.At("ft"), -maxEnergy, maxEnergy)
	r.ImportPrice = list(series.At("p_N"), -maxPrice, maxPrice)
	r.ExportPrice = list(series.At("p_E"), -maxPrice, maxPrice)
	for _, item := range v.At("batteries").ListOrNone() {
		r.Batteries = append(r.Batteries, readBattery(item, list))
	}
	return r
}

// read sets the preferences that one word stands for.
//
//	charge_before_export      LateExport
//	discharge_before_import   LateImport
//	attenuate_demand_peaks    LowImportPeak
//	attenuate_feedin_peaks    LowExportPeak
//	attenuate_grid_peaks      both peaks
func (x *Preferences) read(v jsontree.Value) {
	if v.Is("") {
		return // as writers of Go send an absent word
	}
	switch v.OneOf("none", "charge_before_export", "discharge_before_import", "attenuate_demand_peaks",
		"attenuate_feedin_peaks", "attenuate_grid_peaks") {
	case 1:
		x.LateExport = true
	case 2:
		x.LateImport = true
	case 3:
		x.LowImportPeak = true
	case 4:
		x.LowExportPeak = true
	case 5:
		x.LowImportPeak, x.LowExportPeak = true, true
	}
}

// readBattery reads a battery; list reads a list of one number per step.
func readBattery(v jsontree.Value, list func(v jsontree.Value, lower, upper float64) []float64) Battery {
	if !v.Object() {
		return Battery{}
	}
	energy := func(key string) float64 { return v.At(key).Number(0, maxEnergy) }
	b := Battery{
		Initial:         energy("s_initial"),
		Min:             energy("s_min"),
		Max:             energy("s_max"),
		Capacity:        readOptional(v.At("s_capacity"), maxEnergy),
		MinCharge:       energy("c_min"),
		MaxCharge:       energy("c_max"),
		MaxDischarge:    energy("d_max"),
		Value:           v.At("p_a").Number(-maxPrice, maxPrice),
		ChargeFromGrid:  v.At("charge_from_grid").FlagOr(false),
		DischargeToGrid: v.At("discharge_to_grid").FlagOr(false),
		Priority:        v.At("c_priority").NumberOr(0, 0, maxEnergy),
	}
	// An empty list is none: writers of Go and Python send it for an absent
	// one.
	if goals := v.At("s_goal"); len(goals.ListOrNone()) > 0 {
		b.Goals = list(goals, 0, maxEnergy)
	}
	if demands := v.At("p_demand"); len(demands.ListOrNone()) > 0 {
		b.Demands = list(demands, 0, maxEnergy)
	}
	return b
}

// readOptional reads a limit of at least 0 that can be absent; null is absent.
func readOptional(v jsontree.Value, upper float64) optional.Float {
	if !v.Given() {
		return optional.Float{}
	}
	return optional.Of(v.Number(0, upper))
}

// readAnswer reads a recorded answer. Absent and empty lists of overshoots are
// zeros.
//
// The format calls energies per step powers: "charging_power" is in Wh. With a
// demand charge, grid_import has all import.
func readAnswer(v jsontree.Value, r Request) *Schedule {
	n := r.Steps()
	if !v.Object() || n == 0 {
		return nil
	}
	flows := func(v jsontree.Value) []float64 { return v.Numbers(n, -maxEnergy, maxEnergy) }
	overshoot := func(v jsontree.Value) []float64 {
		if v.Len() == 0 {
			return make([]float64, n)
		}
		return flows(v)
	}
	s := &Schedule{
		Import: flows(v.At("grid_import")), ImportAbove: overshoot(v.At("grid_import_overshoot")),
		Export: flows(v.At("grid_export")), ExportLost: overshoot(v.At("grid_export_overshoot")),
	}
	if r.DemandRate.Given() {
		clear(s.ImportAbove) // import contains it
	}
	batteries := v.At("batteries")
	for _, item := range batteries.List() {
		s.Batteries = append(s.Batteries, BatterySchedule{
			Charge:    flows(item.At("charging_power")),
			Discharge: flows(item.At("discharging_power")),
			State:     flows(item.At("state_of_charge")),
		})
	}
	if !batteries.Rejected() && len(s.Batteries) != len(r.Batteries) {
		batteries.Bad("has %d batteries, want %d as in the request", len(s.Batteries), len(r.Batteries))
	}
	return s
}
