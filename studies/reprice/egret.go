package main

import (
	"encoding/json"
	"fmt"
	"math"
)

// perStep is a quantity of an Egret file: a number, or {"data_type":
// "time_series", "values": […]} with one value per step.
type perStep []float64

// UnmarshalJSON implements [json.Unmarshaler].
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

// spread returns one value per step: n zeros if p is absent, n equal values if
// p is a number. A series keeps its length, so that check can report a wrong
// one.
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

// readEgret reads the format of Egret. Quantities of time are in hours and
// become steps; ramps are in MW per hour and become MW per step. A load
// mismatch and a reserve shortfall have prices. If the file has none, the
// defaults of Egret apply, 10 000 and 1 000 currency per MWh.
//
// For example, with steps of 30 minutes a min_up_time of 2 h is 4 steps, and a
// ramp_up_60min of 40 MW/h is 20 MW per step.
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
		// Times round to the nearest step, as in Egret: 2.2 h are 2 steps of an
		// hour.
		whole = func(hours float64) int { return int(math.RoundToEven(hours / dt)) }
	)
	if file.System.Mismatch != nil {
		inst.mismatch = *file.System.Mismatch
	}
	if file.System.Shortfall != nil {
		inst.shortfall = *file.System.Shortfall
	}
	// An instance without the key has no reserve requirement.
	if file.System.Reserve != nil {
		inst.reserve = file.System.Reserve.spread(n)
	}
	for name, load := range file.Elements.Load {
		// Elements that are out of service are left out; an absent key means in
		// service.
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
		// A renewable unit has limits per step and no commitment.
		if g.Type == "renewable" {
			inst.renewable[name] = &band{g.Min.spread(n), g.Max.spread(n)}
			continue
		}
		lo, hi := g.Min.spread(1)[0], g.Max.spread(1)[0]
		// room returns the highest output in the first step after a start or in
		// the last before a stop. If the file has no limit, half of an hourly
		// ramp above the minimum is allowed.
		room := func(given *float64, ramp float64) float64 {
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
		// Start-up and production are given as cost, or as fuel with a price.
		starts, price := g.StartUp, 1.0
		if g.StartFuel != nil {
			starts, price = g.StartFuel, g.FuelPrice
		}
		for _, s := range starts {
			u.lags, u.startCosts = append(u.lags, whole(s[0])), append(u.startCosts, g.FixedUp+price*s[1])
		}
		// A unit without start-up data starts at the non-fuel cost, after any
		// time off.
		if starts == nil {
			u.lags, u.startCosts = []int{0}, []float64{g.FixedUp}
		}
		// A unit without a curve has the cost of an hour on at every output.
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

// egretCurve is cost (currency per hour) or fuel per hour as a function of
// output.
type egretCurve struct {
	CostKind string          `json:"cost_curve_type"`
	FuelKind string          `json:"fuel_curve_type"`
	Values   json.RawMessage `json:"values"`
}

// points returns the curve as points of MW and currency per hour, or nil if the
// values have neither form. A polynomial c₀ + c₁p + c₂p² becomes two chords of
// equal width, as in Egret; a piecewise curve has points of its own. price is
// the fuel price and fixed the cost of an hour on.
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
