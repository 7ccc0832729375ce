package audit

import (
	"math"
	"strconv"

	"github.com/trigrid/trigrid/der"
)

// storage inspects a store: power and energy limits, charging and discharging apart, the balance
//
//	e_t = (1−σ)^Δ e_{t−1} + η_c c_t Δ − d_t Δ / η_d
//
// the energy at the end, runs per day and wear.
func (a *account) storage(u *der.Storage) {
	for s := range a.realised.Realised {
		var (
			p            = a.ports(s)
			energy       = u.Initial.Or(u.MinEnergy)
			kept         = math.Pow(1-u.SelfDischarge, a.dt)
			in, out      = flows(u, p, a.c.Steps())
			moved, given float64
		)
		for t := range a.c.Steps() {
			at := a.at(s, t)
			at.AtMost("charging power", in[t], u.Charge)
			at.AtMost("discharging power", out[t], u.Discharge)
			at.AtMost("charging and discharging at once", min(in[t], out[t]), 0)
			spare := value(p.Reserve, t)
			at.AtMost("reserve", spare, u.Reserve)
			at.AtMost("discharging power with reserve", out[t]-in[t]+spare, u.Discharge)
			energy = kept*energy + u.ChargeEfficiency*in[t]*a.dt - out[t]*a.dt/u.DischargeEfficiency
			at.Within("state of charge", u.MinEnergy, energy, u.Energy)
			at.AtLeast("state of charge after reserve", energy-spare*max(u.ReserveHours.Or(0), a.dt)/u.DischargeEfficiency, u.MinEnergy)
			if trace := p.Trace("energy"); trace != nil {
				at.Equal("reported state of charge", trace[t], energy)
			}
			last := t == a.c.Steps()-1
			midnight := math.Floor(float64(t+1)*a.dt/24+1e-9) > math.Floor(float64(t)*a.dt/24+1e-9)
			if u.End == der.EndAsBegun && last || u.End == der.EndDaily && (last || midnight) {
				at.Equal("state of charge at the end", energy, u.Initial.Or(u.MinEnergy))
			}
			moved += in[t] * a.dt
			given += out[t] * a.dt
		}
		if limit, ok := u.StartsPerDay.Get(); ok {
			a.runs(s, "starts of charging", in, out, limit)
			a.runs(s, "starts of discharging", out, in, limit)
		}
		wear := u.Wear * given
		if u.WearRule == der.WearThroughput {
			wear += u.Wear * moved
		}
		costs := map[string]float64{"wear": wear + a.bands(u, s, in, out)}
		if u.End == der.EndFree {
			costs["energy left"] = -u.EndValue * (energy - u.Initial.Or(u.MinEnergy))
		}
		a.cost(s, u.Depths != nil, costs)
	}
	a.absent("port that the kind does not have", func(p *der.Ports) [][]float64 {
		none := [][]float64{p.Reduced, p.Emission, p.Allowance, p.CO2, p.Renewable, p.Available, p.Conventional}
		for _, port := range []struct {
			carrier der.Carrier
			values  []float64
		}{{der.Electricity, p.Injected}, {der.Electricity, p.Withdrawn}, {der.Heat, p.Heat}, {der.Gas, p.Gas}} {
			if port.carrier != u.Port {
				none = append(none, port.values)
			}
		}
		return none
	})
}

// flows returns what a store takes in and gives out, MW.
func flows(u *der.Storage, p *der.Ports, steps int) (in, out []float64) {
	in, out = make([]float64, steps), make([]float64, steps)
	for t := range steps {
		switch u.Port {
		case der.Electricity:
			in[t], out[t] = value(p.Withdrawn, t), value(p.Injected, t)
		case der.Heat:
			in[t], out[t] = max(0, -value(p.Heat, t)), max(0, value(p.Heat, t))
		case der.Gas:
			in[t], out[t] = max(0, -value(p.Gas, t)), max(0, value(p.Gas, t))
		}
	}
	return in, out
}

// runs counts the starts of one direction that must lie in each day. A run may pause; only flow in the
// other direction ends it. It may begin anywhere between that flow and its own first flow, so that a start
// counts for a day only where all of these steps belong to it.
func (a *account) runs(s int, rule string, flow, other []float64, most float64) {
	const idle = 1e-6 // MW
	day := func(t int) int { return int(math.Floor(float64(t)*a.dt/24 + 1e-9)) }
	starts := map[int]int{}
	running, earliest := false, 0
	for t := range flow {
		switch {
		case other[t] > idle:
			running, earliest = false, t+1
		case flow[t] > idle && !running:
			running = true
			if day(earliest) == day(t) {
				starts[day(t)]++
			}
		}
	}
	for d := range day(len(flow)-1) + 1 {
		a.at(s, All).AtMost(rule+" in day "+strconv.Itoa(d), float64(starts[d]), most)
	}
}

// bands returns the wear by depth of cycle, currency: what is discharged from each band as the schedule
// reports it, which must add up, fit into the band and never exceed what is in it.
func (a *account) bands(u *der.Storage, s int, in, out []float64) float64 {
	var (
		cost   float64
		filled = u.Initial.Or(u.MinEnergy)
		above  float64
		total  = make([]float64, len(out))
	)
	for j, band := range u.Depths {
		trace := a.ports(s).Trace("discharge_" + strconv.Itoa(j+1))
		if trace == nil {
			return a.shallowFirst(u, in, out)
		}
		for t, mw := range trace {
			total[t] += mw
			cost += band.Wear * mw * a.dt
		}
	}
	for t := range total {
		if len(u.Depths) > 0 {
			a.at(s, t).Equal("discharge by band adds up", total[t], out[t])
		}
	}
	for j, band := range u.Depths {
		width := band.Depth - above
		if j == len(u.Depths)-1 {
			width = u.Energy - above
		}
		above = band.Depth
		given, start := 0.0, min(filled, width)
		filled -= start
		for _, mw := range a.ports(s).Trace("discharge_" + strconv.Itoa(j+1)) {
			given += mw * a.dt / u.DischargeEfficiency
		}
		stored := start
		for _, mw := range in {
			stored += mw * a.dt * u.ChargeEfficiency
		}
		a.at(s, All).AtMost("discharge of band "+strconv.Itoa(j+1), given, stored)
	}
	return cost
}

// shallowFirst returns the same cost for a schedule that does not report bands: each MWh enters and
// leaves the shallowest band that can take or give it.
func (a *account) shallowFirst(u *der.Storage, in, out []float64) float64 {
	var (
		n      = len(u.Depths)
		widths = make([]float64, n)
		held   = make([]float64, n)
		left   = u.Initial.Or(u.MinEnergy)
		above  float64
		cost   float64
	)
	for j, band := range u.Depths {
		widths[j] = band.Depth - above
		if j == n-1 {
			widths[j] = u.Energy - above
		}
		above = band.Depth
		held[j] = min(left, widths[j])
		left -= held[j]
	}
	for t := range in {
		add, take := in[t]*a.dt*u.ChargeEfficiency, out[t]*a.dt/u.DischargeEfficiency
		for j, band := range u.Depths {
			held[j] *= math.Pow(1-u.SelfDischarge, a.dt)
			room := min(add, widths[j]-held[j])
			held[j], add = held[j]+room, add-room
			gone := min(take, held[j])
			held[j], take = held[j]-gone, take-gone
			cost += band.Wear * gone * u.DischargeEfficiency
		}
	}
	return cost
}
