package operate

import (
	"math"
	"slices"
	"strconv"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/scenario"
)

// here reports whether a stay includes the next step of a fleet of cars, of dt
// hours, and whether that step is its last one. A stay has the whole steps
// between Arrive and Depart.
func here(u *der.EVFleet, x *der.EVStay, dt float64) (now, last bool) {
	begin, tiny := u.Before.Passed, 1e-6*dt
	now = x.Arrive <= begin+tiny && begin+dt <= x.Depart+tiny
	return now, now && begin+2*dt > x.Depart+tiny
}

// share returns the connected share of a stay in the only step of a set.
func share(x *der.EVStay, now *scenario.Set) float64 {
	if x.Connected == "" {
		return 1
	}
	return now.At(x.Connected, 0, 0)
}

// stayOf returns the state of stay i before the next step.
func stayOf(u *der.EVFleet, i int) der.StayState {
	if u.Before.Stays != nil {
		return u.Before.Stays[i]
	}
	return der.StayState{Energy: u.Stays[i].Has}
}

// atOnce returns the power of a car that charges as fast as it can until it has
// the energy that it wants, MW. With the symbols of [der.EVFleet] and κ of its
// falling limit,
//
//	c = max(0, min(A P, (Wants − e) / (η Δ), A (P + κ (K − e)) / (1 + A κ η Δ)))
func atOnce(x *der.EVStay, share, energy, efficiency, dt float64) float64 {
	gain := efficiency * dt
	mw := min(share*x.Charge, (x.Wants-energy)/gain)
	if from, ok := x.TaperFrom.Get(); ok {
		slope := (x.Charge - x.TaperPower) / (x.Capacity - from)
		mw = min(mw, share*(x.Charge+slope*(from-energy))/(1+share*slope*gain))
	}
	return max(0, mw)
}

// carsRule returns the ports of a fleet of cars in its next step: each charges
// at once, and none discharges.
func carsRule(u *der.EVFleet, now *scenario.Set) der.Ports {
	var (
		dt                    = now.HoursAt(0)
		one                   = func(v float64) []float64 { return []float64{v} }
		drawn, energy, lacked float64
		y                     der.Ports
	)
	for i := range u.Stays {
		x, n := &u.Stays[i], "_"+strconv.Itoa(i+1)
		state := stayOf(u, i)
		stays, last := here(u, x, dt)
		charge, stored := 0.0, 0.0
		if stays {
			charge = atOnce(x, share(x, now), state.Energy, u.Efficiency, dt)
			stored = state.Energy + u.Efficiency*charge*dt
		}
		if last && (state.Connected || share(x, now) > 0) { // a car that never came wants nothing
			lacked += max(0, x.Wants-stored)
		}
		drawn, energy = drawn+charge, energy+stored
		y.Traces = append(y.Traces, der.Path{Name: "energy" + n, Unit: "MWh", Values: one(stored)})
		if x.Discharge > 0 {
			y.Injected = one(0)
			y.Traces = append(y.Traces, der.Path{Name: "charge" + n, Unit: "MW", Values: one(charge)}, der.Path{Name: "discharge" + n, Unit: "MW", Values: one(0)})
		}
	}
	y.Withdrawn = one(drawn)
	y.Traces = append(y.Traces, der.Path{Name: "energy", Unit: "MWh", Values: one(energy)}, der.Path{Name: "unmet", Unit: "MWh", Values: one(lacked)})
	return y
}

// carsAfter returns a fleet of cars after a step of its rule.
func carsAfter(u *der.EVFleet, now *scenario.Set) *der.EVFleet {
	next, dt := *u, now.HoursAt(0)
	next.Before = der.FleetState{Passed: u.Before.Passed + dt}
	for i := range u.Stays {
		x, state := &u.Stays[i], stayOf(u, i)
		if stays, _ := here(u, x, dt); stays {
			state.Energy = min(state.Energy+u.Efficiency*dt*atOnce(x, share(x, now), state.Energy, u.Efficiency, dt), x.Capacity)
			state.Connected = state.Connected || share(x, now) > 0
		}
		next.Before.Stays = append(next.Before.Stays, state)
	}
	return &next
}

// heatPumpRule returns the ports of a heat pump in its next step. With the
// symbols of [der.HeatPump], hot water comes first: the tank is filled. The
// rest of the power holds the lower end of the comfort band, and none is used
// above it:
//
//	w = min(P, (E − (1−σ)^Δ e + D Δ) / (COP_w Δ)),   m = what D lacks then
//	p = min(P − w, max(0, (U/COP) ((T_min − k T) / (1−k) − A)))
func heatPumpRule(u *der.HeatPump, now *scenario.Set) der.Ports {
	var (
		dt              = now.HoursAt(0)
		one             = func(v float64) []float64 { return []float64{v} }
		outside         = now.At(u.Outside, 0, 0)
		building, water = u.COPAt(outside)
		heating         float64
		traces          []der.Path
	)
	if u.Water.Draw != "" {
		kept := u.Water.Initial * math.Pow(1-u.Water.SelfDischarge, dt)
		draw := now.At(u.Water.Draw, 0, 0)
		heating = min(u.MaxPower, max(0, u.Water.Energy-kept+draw*dt)/(water*dt))
		stored := kept + (water*heating-draw)*dt
		traces = []der.Path{
			{Name: "water", Unit: "MWh", Values: one(min(max(0, stored), u.Water.Energy))},
			{Name: "unmet_water", Unit: "MW", Values: one(max(0, -stored/dt))},
			{Name: "water_power", Unit: "MW", Values: one(heating)},
		}
	}
	loss := u.Loss * dt / u.Capacity
	left, rest := math.Exp(-loss), -math.Expm1(-loss)
	wanted := u.Loss / building * ((u.MinTemperature-left*u.Initial)/rest - outside)
	power := min(u.MaxPower-heating, max(0, wanted))
	temperature := left*u.Initial + rest*(outside+building*power/u.Loss)
	return der.Ports{
		Withdrawn: one(power + heating),
		Traces:    slices.Concat([]der.Path{{Name: "temperature", Unit: "°C", Values: one(temperature)}}, traces),
	}
}
