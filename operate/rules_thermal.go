package operate

import (
	"math"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/vpp"
)

// thermalRule returns the ports of a thermal unit in its next step: on if a
// purchase costs at least its average cost at full output, with its carbon. It
// keeps minimum times and ramps. A unit that has to stop from a high output
// first falls to an output from which it can.
func thermalRule(u *der.Thermal, dt float64, m vpp.Markets) der.Ports {
	var (
		known   = u.Before.Boundary == der.BeforeKnown
		wasOn   = known && u.Before.On
		hours   = math.Inf(1)
		rise    = u.RampUp.Or(math.Inf(1)) * dt
		fall    = u.RampDown.Or(math.Inf(1)) * dt
		start   = min(u.MaxOutput, u.StartOutput.Or(max(u.MinOutput, rise)))
		stop    = min(u.MaxOutput, u.StopOutput.Or(max(u.MinOutput, fall)))
		cost    = averageCost(u) + (u.EmissionFactor-u.Quota)*marginal(m.Carbon)
		pays    = u.MustRun || marginal(m.Electricity) >= cost
		on      = pays
		output  = 0.0
		tooLate = 1e-9 // hours
	)
	if known {
		hours = u.Before.Hours.Or(hours)
	}
	// The rest of the minimum time, from the side on which the unit is.
	hold := u.MinDown
	if wasOn {
		hold = u.MinUp
	}
	hold -= hours
	if held, ok := u.Before.Hold.Get(); ok && known {
		hold = held
	}
	switch {
	case hold > tooLate:
		on = wasOn
	case wasOn && !pays && u.Before.Output > u.Before.StopOutput.Or(stop)*(1+1e-9):
		on = true
	}
	switch {
	case on && wasOn && pays:
		output = min(u.MaxOutput, u.Before.Output+rise)
	case on && wasOn:
		output = max(u.MinOutput, u.Before.Output-fall)
	case on && known:
		output = start
	case on:
		output = u.MaxOutput // its state before is free
	}
	y := der.Ports{
		Injected: []float64{output}, Conventional: []float64{output * dt},
		Traces: []der.Path{
			{Name: "on", Values: flag(on)}, {Name: "start", Values: flag(known && on && !wasOn)}, {Name: "stop", Values: flag(!on && wasOn)},
		},
	}
	if u.EmissionFactor != 0 {
		y.Emission = []float64{u.EmissionFactor * output * dt}
	}
	if u.Quota != 0 {
		y.Allowance = []float64{u.Quota * output * dt}
	}
	return y
}

// flag returns 1 or 0 as the path of a step.
func flag(b bool) []float64 {
	if b {
		return []float64{1}
	}
	return []float64{0}
}

// averageCost returns the cost per MWh of a unit at full output, without carbon
// and starts.
func averageCost(u *der.Thermal) float64 {
	perHour := u.NoLoad + u.Linear*u.MaxOutput + u.Quadratic*u.MaxOutput*u.MaxOutput
	if n := len(u.Curve); n > 0 {
		perHour = u.Curve[n-1].Cost
	}
	if u.MaxOutput == 0 {
		return math.Inf(1)
	}
	return perHour/u.MaxOutput + u.Maintenance
}

// marginal returns the price of the next unit bought in the first period of a
// market, 0 without one.
func marginal(m market.Market) float64 {
	if m == nil {
		return 0
	}
	_, price := m.Curve(0).Marginal(0)
	return price
}
