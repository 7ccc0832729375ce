package main

import (
	"encoding/json"
	"math"
)

// readPGLib reads the format of pglib-uc. Steps are one hour long. Demand and
// reserve are hard: a shortage breaks a rule instead of costing money. Keys
// that the audit does not use are ignored.
//
// The error is one of the JSON text. Method check finds wrong lengths.
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
	// Infinite penalties make balance and reserve hard rules.
	inst := &instance{
		steps: file.Periods, hours: 1, demand: file.Demand, reserve: file.Reserves,
		mismatch: math.Inf(1), shortfall: math.Inf(1),
		thermal: map[string]*unit{}, renewable: map[string]*band{},
	}
	for name, g := range file.Thermal {
		u := &unit{
			min: g.Min, max: g.Max, rampUp: g.RampUp, rampDown: g.RampDown,
			// pglib-uc limits ramps of the output above the minimum. A unit
			// that starts comes from zero above its minimum, so its first
			// output is at most the minimum plus one ramp, and likewise the
			// last before a stop. Reserve needs no ramp down: with it the limit
			// of a stop is the only one.
			start: math.Min(g.Start, g.Min+g.RampUp), stop: math.Min(g.Stop, g.Min+g.RampDown), stopHeld: g.Stop,
			minUp: g.MinUp, minDown: g.MinDown, mustRun: g.MustRun == 1,
			wasOn: g.On == 1, past: g.Down, before: g.Before,
		}
		// The file has both times; the one of the other state is 0.
		if u.wasOn {
			u.past = g.Up
		}
		// Lags are hours off, which are steps of this format.
		for _, s := range g.StartUp {
			u.lags, u.startCosts = append(u.lags, s.Lag), append(u.startCosts, s.Cost)
		}
		// A point is an output in MW with the cost of an hour.
		for _, p := range g.Points {
			u.points = append(u.points, [2]float64{p.MW, p.Cost})
		}
		inst.thermal[name] = u
	}
	// Limits stay as long as they are; check reports a wrong length.
	for name, g := range file.Renewable {
		inst.renewable[name] = &band{g.Min, g.Max}
	}
	return inst, nil
}
