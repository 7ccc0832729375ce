package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"os"
	"slices"
)

// instance is what both file formats say, in MW, steps and currency.
type instance struct {
	steps           int
	hours           float64 // length of a step
	demand, reserve []float64
	mismatch        float64 // currency per MWh; infinite where demand must be met
	shortfall       float64 // currency per MWh; infinite where reserve must be held
	thermal         map[string]*unit
	renewable       map[string]*band
}

// unit is a thermal unit, its limits per step.
type unit struct {
	min, max, rampUp, rampDown, start, stop float64 // MW
	minUp, minDown                          int     // steps
	mustRun, wasOn                          bool
	past                                    int // steps in that state
	before                                  float64
	points                                  [][2]float64 // MW and currency per hour
	lags                                    []int        // steps off
	startCosts                              []float64
	stopCost                                float64
}

// band is a renewable unit.
type band struct{ least, most []float64 }

func readInstance(name string) (*instance, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	var (
		kind map[string]json.RawMessage
		inst *instance
	)
	if err = json.Unmarshal(data, &kind); err == nil {
		if kind["elements"] != nil {
			inst, err = readEgret(data)
		} else {
			inst, err = readPGLib(data)
		}
	}
	if err == nil {
		err = inst.check()
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return inst, nil
}

// check reports what would keep an audit from reading an instance.
func (x *instance) check() error {
	var bad []error
	complain := func(format string, args ...any) { bad = append(bad, fmt.Errorf(format, args...)) }
	if x.steps < 1 || !(x.hours > 0) {
		complain("%d steps of %v h, want at least one of some length", x.steps, x.hours)
	}
	long := func(what string, n int) {
		if n != x.steps {
			complain("%s has %d values, want one for each of %d steps", what, n, x.steps)
		}
	}
	long("the demand", len(x.demand))
	if x.reserve != nil {
		long("the reserve requirement", len(x.reserve))
	}
	for _, name := range slices.Sorted(maps.Keys(x.renewable)) {
		long("the lower limit of "+name, len(x.renewable[name].least))
		long("the upper limit of "+name, len(x.renewable[name].most))
	}
	for _, name := range slices.Sorted(maps.Keys(x.thermal)) {
		if len(x.thermal[name].points) == 0 {
			complain("unit %s has no production cost", name)
		}
	}
	return errors.Join(bad...)
}

func readPGLib(data []byte) (*instance, error) {
	var file struct {
		Periods  int       `json:"time_periods"`
		Demand   []float64 `json:"demand"`
		Reserves []float64 `json:"reserves"`
		Thermal  map[string]struct {
			MustRun  int     `json:"must_run"`
			Min      float64 `json:"power_output_minimum"`
			Max      float64 `json:"power_output_maximum"`
			RampUp   float64 `json:"ramp_up_limit"`
			RampDown float64 `json:"ramp_down_limit"`
			Start    float64 `json:"ramp_startup_limit"`
			Stop     float64 `json:"ramp_shutdown_limit"`
			MinUp    int     `json:"time_up_minimum"`
			MinDown  int     `json:"time_down_minimum"`
			Before   float64 `json:"power_output_t0"`
			On       int     `json:"unit_on_t0"`
			Up       int     `json:"time_up_t0"`
			Down     int     `json:"time_down_t0"`
			StartUp  []struct {
				Lag  int     `json:"lag"`
				Cost float64 `json:"cost"`
			} `json:"startup"`
			Points []struct {
				MW   float64 `json:"mw"`
				Cost float64 `json:"cost"`
			} `json:"piecewise_production"`
		} `json:"thermal_generators"`
		Renewable map[string]struct {
			Min []float64 `json:"power_output_minimum"`
			Max []float64 `json:"power_output_maximum"`
		} `json:"renewable_generators"`
	}
	if err := json.Unmarshal(data, &file); err != nil {
		return nil, err
	}
	inst := &instance{
		steps: file.Periods, hours: 1, demand: file.Demand, reserve: file.Reserves,
		mismatch: math.Inf(1), shortfall: math.Inf(1),
		thermal: map[string]*unit{}, renewable: map[string]*band{},
	}
	for name, g := range file.Thermal {
		u := &unit{
			min: g.Min, max: g.Max, rampUp: g.RampUp, rampDown: g.RampDown,
			// The ramp holds for the output above the minimum in the first and last step too.
			start: math.Min(g.Start, g.Min+g.RampUp), stop: math.Min(g.Stop, g.Min+g.RampDown),
			minUp: g.MinUp, minDown: g.MinDown, mustRun: g.MustRun == 1,
			wasOn: g.On == 1, past: g.Down, before: g.Before,
		}
		if u.wasOn {
			u.past = g.Up
		}
		for _, s := range g.StartUp {
			u.lags, u.startCosts = append(u.lags, s.Lag), append(u.startCosts, s.Cost)
		}
		for _, p := range g.Points {
			u.points = append(u.points, [2]float64{p.MW, p.Cost})
		}
		inst.thermal[name] = u
	}
	for name, g := range file.Renewable {
		inst.renewable[name] = &band{g.Min, g.Max}
	}
	return inst, nil
}

// perStep is a number or {"values": [...]}.
type perStep []float64

func (p *perStep) UnmarshalJSON(data []byte) error {
	var series struct{ Values []float64 }
	if json.Unmarshal(data, &series) == nil {
		*p = series.Values
		return nil
	}
	var one float64
	if err := json.Unmarshal(data, &one); err != nil {
		return err
	}
	*p = perStep{one}
	return nil
}

// spread returns a value per step: zeros for none, one number for all; a series is left as long as it is.
func (p perStep) spread(n int) []float64 {
	if len(p) > 1 {
		return p
	}
	out := make([]float64, n)
	if len(p) == 1 {
		for t := range out {
			out[t] = p[0]
		}
	}
	return out
}

func readEgret(data []byte) (*instance, error) {
	var file struct {
		System struct {
			Keys      []any    `json:"time_keys"`
			Minutes   float64  `json:"time_period_length_minutes"`
			Mismatch  *float64 `json:"load_mismatch_cost"`
			Shortfall *float64 `json:"reserve_shortfall_cost"`
			Reserve   perStep  `json:"reserve_requirement"`
		} `json:"system"`
		Elements struct {
			Load map[string]struct {
				InService *bool   `json:"in_service"`
				P         perStep `json:"p_load"`
			} `json:"load"`
			Generator map[string]struct {
				Type      string       `json:"generator_type"`
				InService *bool        `json:"in_service"`
				MustRun   any          `json:"must_run"`
				Min       perStep      `json:"p_min"`
				Max       perStep      `json:"p_max"`
				RampUp    float64      `json:"ramp_up_60min"`
				RampDown  float64      `json:"ramp_down_60min"`
				Start     *float64     `json:"startup_capacity"`
				Stop      *float64     `json:"shutdown_capacity"`
				MinUp     float64      `json:"min_up_time"`
				MinDown   float64      `json:"min_down_time"`
				Status    float64      `json:"initial_status"`
				Before    float64      `json:"initial_p_output"`
				StartUp   [][2]float64 `json:"startup_cost"`
				StartFuel [][2]float64 `json:"startup_fuel"`
				FuelPrice float64      `json:"fuel_cost"`
				FixedUp   float64      `json:"non_fuel_startup_cost"`
				FixedOn   float64      `json:"non_fuel_no_load_cost"`
				StopCost  float64      `json:"shutdown_cost"`
				Cost      *egretCurve  `json:"p_cost"`
				Fuel      *egretCurve  `json:"p_fuel"`
			} `json:"generator"`
		} `json:"elements"`
	}
	if err := json.Unmarshal(data, &file); err != nil {
		return nil, err
	}
	var (
		n    = len(file.System.Keys)
		dt   = file.System.Minutes / 60
		inst = &instance{
			steps: n, hours: dt, demand: make([]float64, n), mismatch: 1e4, shortfall: 1e3,
			thermal: map[string]*unit{}, renewable: map[string]*band{},
		}
		whole = func(hours float64) int { return int(math.RoundToEven(hours / dt)) }
	)
	if file.System.Mismatch != nil {
		inst.mismatch = *file.System.Mismatch
	}
	if file.System.Shortfall != nil {
		inst.shortfall = *file.System.Shortfall
	}
	if file.System.Reserve != nil {
		inst.reserve = file.System.Reserve.spread(n)
	}
	for name, load := range file.Elements.Load {
		if load.InService != nil && !*load.InService {
			continue
		}
		series := load.P.spread(n)
		if len(series) != n {
			return nil, fmt.Errorf("load %s has %d values, want one for each of %d steps", name, len(series), n)
		}
		for t, mw := range series {
			inst.demand[t] += mw
		}
	}
	for name, g := range file.Elements.Generator {
		if g.InService != nil && !*g.InService {
			continue
		}
		if g.Type == "renewable" {
			inst.renewable[name] = &band{g.Min.spread(n), g.Max.spread(n)}
			continue
		}
		lo, hi := g.Min.spread(1)[0], g.Max.spread(1)[0]
		room := func(given *float64, ramp float64) float64 { // in the first or last step
			limit := lo + ramp/2
			if given != nil {
				limit = *given
			}
			return math.Min(hi, lo+(limit-lo)*dt)
		}
		u := &unit{
			min: lo, max: hi, rampUp: g.RampUp * dt, rampDown: g.RampDown * dt,
			start: room(g.Start, g.RampUp), stop: room(g.Stop, g.RampDown),
			minUp: whole(g.MinUp), minDown: whole(g.MinDown), mustRun: g.MustRun == true || g.MustRun == 1.0,
			wasOn: g.Status > 0, past: whole(math.Abs(g.Status)), before: g.Before, stopCost: g.StopCost,
		}
		starts, price := g.StartUp, 1.0
		if g.StartFuel != nil {
			starts, price = g.StartFuel, g.FuelPrice
		}
		for _, s := range starts {
			u.lags, u.startCosts = append(u.lags, whole(s[0])), append(u.startCosts, g.FixedUp+price*s[1])
		}
		if starts == nil {
			u.lags, u.startCosts = []int{0}, []float64{g.FixedUp}
		}
		switch {
		case g.Fuel != nil:
			u.points = g.Fuel.points(lo, hi, g.FuelPrice, g.FixedOn)
		case g.Cost != nil:
			u.points = g.Cost.points(lo, hi, 1, g.FixedOn)
		default:
			u.points = [][2]float64{{lo, g.FixedOn}, {hi, g.FixedOn}}
		}
		if u.points == nil {
			return nil, fmt.Errorf("unit %s: a cost curve that is neither polynomial nor piecewise", name)
		}
		inst.thermal[name] = u
	}
	return inst, nil
}

// egretCurve is cost or fuel over output.
type egretCurve struct {
	CostKind string          `json:"cost_curve_type"`
	FuelKind string          `json:"fuel_curve_type"`
	Values   json.RawMessage `json:"values"`
}

// points cuts a polynomial into two chords of equal width; a piecewise curve has points of its own.
func (c *egretCurve) points(lo, hi, price, fixed float64) [][2]float64 {
	var polynomial map[string]float64
	if json.Unmarshal(c.Values, &polynomial) == nil {
		at := func(p float64) [2]float64 {
			return [2]float64{p, fixed + price*(polynomial["0"]+polynomial["1"]*p+polynomial["2"]*p*p)}
		}
		return [][2]float64{at(lo), at((lo + hi) / 2), at(hi)}
	}
	var points [][2]float64
	if json.Unmarshal(c.Values, &points) != nil {
		return nil
	}
	for i := range points {
		points[i][1] = fixed + price*points[i][1]
	}
	return points
}
