package audit

import (
	"math"
	"strconv"
	"time"

	"github.com/trigrid/trigrid/der"
)

// storage inspects a store of electricity, heat or gas with charging power c,
// discharging power d, reserve r, MW, and stored energy e, MWh:
//
//	c_t ≤ Charge,   d_t ≤ Discharge,   min(c_t, d_t) = 0
//	e_t = (1−σ)^Δ e_{t−1} + η_c c_t Δ − d_t Δ / η_d,   E_min ≤ e_t ≤ E_max
//	d_t − c_t + r_t ≤ Discharge,   e_t − r_t max(h, Δ) / η_d ≥ E_min     reserve for h hours
//	e_T = e_end, or e = e_end at each midnight, or free with a value      e_end = EndEnergy, else e_0
//	cost = w Σ_t (c_t + d_t) Δ + wear by depth − v (e_T − e_0)           v if the end is free
//
// The day of the first step began Before.DayHours before it. With
// WearDischarge, only d counts as throughput. The number of runs per day is
// limited: see runs.
func (a *account) storage(u *der.Storage) {
	day := a.days(u.Before.DayHours)
	for s := range a.realised.Realised {
		var (
			p            = a.ports(s)
			energy       = u.Initial.Or(u.MinEnergy) // e_{t−1}, then e_t
			in, out      = flows(u, p, a.c.Steps())
			moved, given float64
		)
		for t := range a.c.Steps() {
			at := a.at(s, t)
			at.AtMost("charging power", in[t], u.Charge)
			at.AtMost("discharging power", out[t], u.Discharge)
			at.AtMost("charging and discharging at once", min(in[t], out[t]), 0)
			spare := value(p.Reserve, t) // MW
			at.AtMost("reserve", spare, u.Reserve)
			at.AtMost("discharging power with reserve", out[t]-in[t]+spare, u.Discharge)
			// The energy is recomputed from the flows; the trace of the program
			// is only compared with it.
			energy = math.Pow(1-u.SelfDischarge, a.dt(t))*energy + u.ChargeEfficiency*in[t]*a.dt(t) - out[t]*a.dt(t)/u.DischargeEfficiency
			at.Within("state of charge", u.MinEnergy, energy, u.Energy)
			at.AtLeast("state of charge after reserve", energy-spare*max(u.ReserveHours.Or(0), a.dt(t))/u.DischargeEfficiency, u.MinEnergy)
			if trace := p.Trace("energy"); trace != nil {
				at.Equal("reported state of charge", trace[t], energy)
			}
			// A step that ends at midnight is the last one of its day.
			last := t == a.c.Steps()-1
			midnight := !last && day[t+1] > day[t]
			if u.End == der.EndAsBegun && last || u.End == der.EndDaily && (last || midnight) {
				at.Equal("state of charge at the end", energy, u.EndEnergy.Or(u.Initial.Or(u.MinEnergy)))
			}
			moved += in[t] * a.dt(t)
			given += out[t] * a.dt(t)
		}
		if limit, ok := u.StartsPerDay.Get(); ok {
			x := u.Before
			a.runs(s, "starts of charging", in, out, limit, pastRuns{day, x.ChargingStarts, x.Charging})
			a.runs(s, "starts of discharging", out, in, limit, pastRuns{day, x.DischargingStarts, x.Discharging})
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
	a.absent(func(p *der.Ports) [][]float64 {
		// The ports of the other carriers are absent, too.
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

// flows returns the charging and the discharging power of a store, MW. Heat and
// gas have one signed port, so that they cannot flow in both directions at
// once.
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

// runs checks that the runs of one direction that start in a day are at most a
// limit. A run may pause; only a flow in the other direction ends it. It starts
// between the end of that flow and its own first flow. A start counts for a day
// only if all these steps are in the day.
//
// For example, charging in hours 1 and 5 is one run, with discharging in hour 3
// it is two.
func (a *account) runs(s int, rule string, flow, other []float64, most float64, past pastRuns) {
	const idle = 1e-6 // MW
	starts, day := map[int]int{}, past.days
	running, earliest := past.active, 0 // earliest step in which the present run can have started
	for t := range flow {
		switch {
		case other[t] > idle:
			running, earliest = false, t+1
		case flow[t] > idle && !running:
			running = true
			if day[earliest] == day[t] {
				starts[day[t]]++
			}
		}
	}
	for d := range day[len(flow)-1] + 1 {
		begun := float64(starts[d])
		if d == 0 {
			begun += past.begun
		}
		a.at(s, All).AtMost(rule+" in day "+strconv.Itoa(d), begun, max(most, past.begun*number(d == 0)))
	}
}

// pastRuns holds the number of the day of each step, the runs of one direction
// that began in day 0 before the horizon, and whether one of them goes on.
type pastRuns struct {
	days   []int
	begun  float64
	active bool
}

// days returns the number of the day in which each step begins. Day 0 began the
// given hours before the grid, and a day ends at the same time of the clock on
// the next date. A rest at the end of the grid is no day of its own if it lasts
// an hour or less, so that 25 hours are one day.
func (a *account) days(passed float64) []int {
	grid := a.c.Set.Grid()
	began := grid.Start.Add(-time.Duration(math.Round(passed*3600)) * time.Second)
	out := make([]int, grid.Steps)
	for t := range out {
		if t > 0 {
			out[t] = out[t-1]
		}
		for !grid.Time(t).Before(began.AddDate(0, 0, out[t]+1)) {
			out[t]++
		}
	}
	rest, last := 0, out[grid.Steps-1]
	for rest < grid.Steps && out[grid.Steps-1-rest] == last {
		rest++
	}
	if last > 0 && grid.Time(grid.Steps).Sub(grid.Time(grid.Steps-rest)) <= time.Hour {
		for t := grid.Steps - rest; t < grid.Steps; t++ {
			out[t] = last - 1
			if rest < grid.Steps {
				out[t] = out[grid.Steps-rest-1]
			}
		}
	}
	return out
}

// bands returns the wear by depth of cycle, currency. Band j has the width E_j
// and the wear w_j. The schedule reports the discharge d_{j,t} of each band as
// a trace:
//
//	Σ_j d_{j,t} = d_t
//	Σ_t d_{j,t} Δ / η_d ≤ initial energy of the band + η_c Σ_t c_t Δ
//	wear = Σ_j Σ_t w_j d_{j,t} Δ
//
// The second rule is necessary, not sufficient: it assumes that a band can
// receive all charged energy. Without traces the wear is that of shallowFirst.
func (a *account) bands(u *der.Storage, s int, in, out []float64) float64 {
	var (
		cost   float64
		filled = initialBands(u)
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
			cost += band.Wear * mw * a.dt(t)
		}
	}
	for t := range total {
		if len(u.Depths) > 0 {
			a.at(s, t).Equal("discharge by band adds up", total[t], out[t])
		}
	}
	for j, band := range u.Depths {
		width := band.Depth - above // MWh
		if j == len(u.Depths)-1 {   // the last band reaches the capacity
			width = u.Energy - above
		}
		above = band.Depth
		given, start := 0.0, min(filled[j], width)
		for t, mw := range a.ports(s).Trace("discharge_" + strconv.Itoa(j+1)) {
			given += mw * a.dt(t) / u.DischargeEfficiency
		}
		stored := start // upper bound of the energy that was ever in the band
		for t, mw := range in {
			stored += mw * a.dt(t) * u.ChargeEfficiency
		}
		a.at(s, All).AtMost("discharge of band "+strconv.Itoa(j+1), given, stored)
	}
	return cost
}

// shallowFirst returns the wear by depth of a schedule without traces,
// currency: each MWh enters the shallowest band with room and leaves the
// shallowest band with energy. This order has the smallest wear if the wear
// increases with the depth.
func (a *account) shallowFirst(u *der.Storage, in, out []float64) float64 {
	var (
		n      = len(u.Depths)
		widths = make([]float64, n)
		held   = initialBands(u)
		above  float64
		cost   float64
	)
	for j, band := range u.Depths {
		widths[j] = band.Depth - above
		if j == n-1 {
			widths[j] = u.Energy - above
		}
		above = band.Depth
	}
	for t := range in {
		add, take := in[t]*a.dt(t)*u.ChargeEfficiency, out[t]*a.dt(t)/u.DischargeEfficiency
		for j, band := range u.Depths {
			// Losses apply to each band; then energy is added, then withdrawn.
			held[j] *= math.Pow(1-u.SelfDischarge, a.dt(t))
			room := min(add, widths[j]-held[j])
			held[j], add = held[j]+room, add-room
			gone := min(take, held[j])
			held[j], take = held[j]-gone, take-gone
			cost += band.Wear * gone * u.DischargeEfficiency
		}
	}
	return cost
}

// initialBands returns the energy in each band at the start, MWh: as
// Before.InBands states, or the initial energy from the shallowest band on.
func initialBands(u *der.Storage) []float64 {
	if u.Before.InBands != nil {
		return append([]float64(nil), u.Before.InBands...)
	}
	out := make([]float64, len(u.Depths))
	left, above := u.Initial.Or(u.MinEnergy), 0.0
	for j, band := range u.Depths {
		width := band.Depth - above
		if j == len(out)-1 {
			width = u.Energy - above
		}
		above = band.Depth
		out[j] = min(left, width)
		left -= out[j]
	}
	return out
}
