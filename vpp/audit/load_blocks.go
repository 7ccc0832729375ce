package audit

import (
	"math"

	"github.com/trigrid/trigrid/der"
)

// shiftable inspects a load that runs once with a fixed profile P_0 … P_{n−1}.
// With the first step b of the run, equal in all scenarios, and the window
// [from, to),
//
//	W_t = P_{t−b}  for b ≤ t < b + n,   W_t = 0 otherwise,   from ≤ b ≤ to − n
//	cost = c_shift Σ_k P_k Δ   if b is not the usual start
//
// The first step of the run is the first step with more than half of P_0. If
// ProfileHours differs from the steps, P_t−b is the mean of the profile over
// step t: see runPower.
//
// A run that began before the grid goes on: W_t is the rest of its profile, and
// it costs nothing more.
func (a *account) shiftable(u *der.ShiftableLoad) {
	if began, ok := u.Began.Get(); ok {
		a.each(func(_, t int, p *der.Ports, at Spot) {
			at.Equal("power of the run", value(p.Withdrawn, t), a.profilePower(u, began+a.hours(0, t), a.dt(t)))
		})
		for s := range a.realised.Realised {
			a.cost(s, false, map[string]float64{"shifting": 0})
		}
		a.onlyWithdraws()
		return
	}
	begin := len(a.ports(0).Withdrawn) // outside the window if the load never runs
	for t := len(a.ports(0).Withdrawn) - 1; t >= 0; t-- {
		if a.ports(0).Withdrawn[t] > a.runPower(u, t, t)/2 {
			begin = t
		}
	}
	from, to := a.window(u.Window, u.Passed)
	last := begin // step after the run
	for last < len(a.ports(0).Withdrawn) && a.hours(begin, last) < a.profileHours(u)*float64(len(u.Profile))-a.tiny() {
		last++
	}
	if begin < last && a.hours(begin, last) < a.profileHours(u)*float64(len(u.Profile))-a.tiny() {
		last = to + 1 // it ends after the horizon
	}
	if begin == last {
		last = begin + len(u.Profile) // the load never runs
	}
	a.at(All, All).Within("first step of the run", float64(from), float64(begin), float64(to-(last-begin)))
	a.each(func(_, t int, p *der.Ports, at Spot) {
		want := 0.0
		if t >= begin && begin < a.c.Steps() {
			want = a.runPower(u, begin, t)
		}
		at.Equal("power of the run", value(p.Withdrawn, t), want)
	})
	shifting := 0.0
	shortest := a.dt(0)
	for t := range a.c.Steps() {
		shortest = min(shortest, a.dt(t))
	}
	if math.Abs(u.Passed+a.hours(0, begin)-u.Usual) > shortest/2 { // not the usual start, in hours
		for _, mw := range u.Profile {
			shifting += u.ShiftCost * mw * a.profileHours(u)
		}
	}
	for s := range a.realised.Realised {
		a.cost(s, false, map[string]float64{"shifting": shifting})
	}
	a.onlyWithdraws()
}

// profileHours returns the hours of one value of the profile.
func (a *account) profileHours(u *der.ShiftableLoad) float64 { return u.ProfileHours.Or(a.dt(0)) }

// runPower returns the power in step t of a run that begins with step b, MW:
// the energy of the run up to the end of the step less that up to its
// beginning, over its length.
func (a *account) runPower(u *der.ShiftableLoad, b, t int) float64 {
	return a.profilePower(u, a.hours(b, t), a.dt(t))
}

// profilePower returns the mean power of a run over a step of dt hours that
// begins the given hours after the run, MW.
func (a *account) profilePower(u *der.ShiftableLoad, after, dt float64) float64 {
	energy := func(hours float64) float64 { // MWh in the first hours of the run
		sum := 0.0
		for k, mw := range u.Profile {
			sum += mw * min(max(hours-float64(k)*a.profileHours(u), 0), a.profileHours(u))
		}
		return sum
	}
	return (energy(after+dt) - energy(after)) / dt
}

// transferable inspects a load that may draw its energy at other times inside a
// window. With the usual load D and the withdrawal W,
//
//	Σ_t W_t Δ = Σ_t D_t Δ + owed,   W_t = 0 or P_min ≤ W_t ≤ P_max,   runs of at least MinRun hours
//	cost = c_transfer Σ_t max(0, W_t − D_t) Δ
//
// The steps with operation are equal in all scenarios. If P_min is 0, a run can
// contain steps without power. Its visible length is then smaller than its true
// one, and the length of runs is not checked.
func (a *account) transferable(u *der.TransferableLoad) {
	const idle = 1e-6 // MW
	from, to := a.window(u.Window, u.Before.Passed)
	runs := make([]bool, a.c.Steps()) // in any scenario
	for s := range a.realised.Realised {
		drawn, needed, moved := 0.0, u.Before.Owed, 0.0 // MWh
		for t := range a.c.Steps() {
			at, mw, usual := a.at(s, t), value(a.ports(s).Withdrawn, t), a.c.Set.At(u.Load, s, t)
			drawn, needed = drawn+mw*a.dt(t), needed+usual*a.dt(t)
			moved += max(0, mw-usual) * a.dt(t)
			if mw > idle {
				runs[t] = true
				at.Within("power taken in", u.Min, mw, u.Max)
				at.Within("step in the window", float64(from), float64(t), float64(to-1))
			}
		}
		a.at(s, All).Equal("energy taken in", drawn, needed)
		a.cost(s, true, map[string]float64{"transfer": u.TransferCost * moved})
	}
	if u.Before.Running > 0 && u.Min > 0 && (len(runs) == 0 || !runs[0]) {
		a.at(All, 0).AtLeast("length of a run", u.Before.Running, u.MinRun)
	}
	begins := 0
	for t := range len(runs) + 1 { // the step after the horizon ends the last run
		if t < len(runs) && runs[t] {
			continue
		}
		if t > begins && u.Min > 0 {
			hours := a.hours(begins, t)
			if begins == 0 {
				hours += u.Before.Running
			}
			a.at(All, begins).AtLeast("length of a run", hours, u.MinRun)
		}
		begins = t + 1
	}
	if u.Min > 0 { // operation in one scenario is operation in all
		a.each(func(_, t int, p *der.Ports, at Spot) {
			at.AtLeast("power while running", value(p.Withdrawn, t), u.Min*number(runs[t]))
		})
	}
	a.onlyWithdraws()
}

// window returns the whole steps [from, to) inside a window of hours from the
// beginning of the horizon, of which a part has passed, h.
func (a *account) window(x der.Window, passed float64) (from, to int) {
	from, to = min(a.steps(0, max(0, x.From-passed)), a.c.Steps()), a.c.Steps()
	if end, ok := x.To.Get(); ok {
		end -= passed
		for to > 0 && a.hours(0, to) > end+a.tiny() {
			to--
		}
	}
	return from, to
}

// onlyWithdraws checks that no port except the withdrawal is used.
func (a *account) onlyWithdraws() {
	a.absent(func(p *der.Ports) [][]float64 {
		return [][]float64{
			p.Injected, p.Reduced, p.Heat, p.Gas, p.Reserve, p.Emission, p.Allowance, p.CO2, p.Renewable,
			p.Available, p.Conventional,
		}
	})
}
