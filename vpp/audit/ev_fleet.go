package audit

import (
	"math"
	"strconv"

	"github.com/trigrid/trigrid/der"
)

// evFleet inspects a fleet of electric cars. With the charge c, the discharge d
// and the energy e of each stay, and the share A of its charger that is
// connected, 0 outside the stay,
//
//	e_t = e_{t−1} + η c_t Δ − d_t Δ / η,   0 ≤ e_t ≤ E
//	c_t ≤ A P,   d_t ≤ A D,   min(c_t, d_t) = 0
//	c_t ≤ A (P + (F − P) (e_t − K) / (E − K))       with a falling limit
//	W_t = Σ c_t,   I_t = Σ d_t                      over the stays
//	unmet ≥ Σ max(0, Wants − e) at the ends of stays of cars that have come
//	cost = w Σ_t I_t Δ + c_u Σ_t unmet_t
//
// A car that never discharges has no trace of c, which then follows from e. A
// schedule without energies of the cars is checked as a whole: its sums must
// keep the sums of the limits.
func (a *account) evFleet(u *der.EVFleet) {
	for s := range a.realised.Realised {
		var (
			p     = a.ports(s)
			steps = a.c.Steps()
			in    = make([]float64, steps)
			out   = make([]float64, steps)
			unmet = make([]float64, steps)
			known = true // the energy of each car
		)
		for i := range u.Stays {
			known = a.stay(u, i, s, in, out, unmet) && known
		}
		given, lacks := 0.0, 0.0
		for t := range steps {
			at, lack := a.at(s, t), value(p.Trace("unmet"), t)
			if known {
				at.Equal("charge of all cars", value(p.Withdrawn, t), in[t])
				at.Equal("discharge of all cars", value(p.Injected, t), out[t])
				at.AtLeast("unmet energy", lack, unmet[t])
			} else {
				at.AtMost("charge of all cars", value(p.Withdrawn, t), in[t])
				at.AtMost("discharge of all cars", value(p.Injected, t), out[t])
			}
			given += value(p.Injected, t) * a.dt(t)
			lacks += lack
		}
		a.cost(s, true, map[string]float64{"wear": u.Wear * given, "unmet energy": u.UnmetCost * lacks})
	}
	a.absent(func(p *der.Ports) [][]float64 {
		return [][]float64{p.Reduced, p.Heat, p.Gas, p.Reserve, p.Emission, p.Allowance, p.CO2, p.Renewable, p.Available, p.Conventional}
	})
}

// stay adds the flows and the unmet energy of one stay, or its limits if the
// schedule lacks the energy of the car. It reports whether the schedule has it.
func (a *account) stay(u *der.EVFleet, i, s int, in, out, unmet []float64) bool {
	var (
		x                 = u.Stays[i]
		p                 = a.ports(s)
		n                 = "_" + strconv.Itoa(i+1)
		energies          = p.Trace("energy" + n)
		charges, releases = p.Trace("charge" + n), p.Trace("discharge" + n)
		from, to          = a.window(der.Window{From: x.Arrive}, u.Before.Passed)
		before, came      = x.Has, false
	)
	if u.Before.Stays != nil {
		before, came = u.Before.Stays[i].Energy, u.Before.Stays[i].Connected
	}
	for to > 0 && a.hours(0, to) > x.Depart-u.Before.Passed+a.tiny() {
		to--
	}
	for t := from; t < to; t++ {
		at, share := a.at(s, t), 1.0
		if x.Connected != "" {
			share = a.c.Set.At(x.Connected, s, t)
		}
		came = came || share > 0
		if energies == nil {
			in[t], out[t] = in[t]+share*x.Charge, out[t]+share*x.Discharge
			continue
		}
		charge, release := (energies[t]-before)/(u.Efficiency*a.dt(t)), 0.0
		if x.Discharge > 0 {
			charge, release = value(charges, t), value(releases, t)
		}
		in[t], out[t] = in[t]+charge, out[t]+release
		at.Within("charge of car"+n, 0, charge, share*x.Charge)
		at.Within("discharge of car"+n, 0, release, share*x.Discharge)
		at.AtMost("charge and discharge of car"+n+" at once", min(charge, release), 0)
		before += u.Efficiency*charge*a.dt(t) - release*a.dt(t)/u.Efficiency
		at.Equal("reported energy of car"+n, energies[t], before)
		at.Within("energy of car"+n, 0, before, x.Capacity)
		if knee, ok := x.TaperFrom.Get(); ok {
			at.AtMost("falling limit of car"+n, charge, share*(x.Charge+(x.TaperPower-x.Charge)*(before-knee)/(x.Capacity-knee)))
		}
	}
	if came && to > 0 {
		unmet[to-1] += math.Max(0, x.Wants-before)
	}
	return energies != nil
}
