package der

import "math"

// Prices are values of the ports of a DER in one scenario, in units of the
// objective of its VPP: per MW, per t CO2 or per MWh, as the ports of [Ports]
// count. Every slice has one value per step.
//
// For example, at an internal price of 50 per MWh, an economic weight of 0.4, a
// probability of 0.1 and steps of an hour, Injected and Reduced are 2,
// Withdrawn is −2, and Cost is −0.04.
type Prices struct {
	Injected, Withdrawn, Reduced       []float64 // per MW
	Heat, Gas, Reserve                 []float64 // per MW
	Emission, Allowance, CO2           []float64 // per t CO2
	Renewable, Available, Conventional []float64 // per MWh

	Cost float64 // per currency unit of the DER's own costs; negative, as a rule
}

// Worth returns the value of realised ports at the prices.
func (p *Prices) Worth(x *Ports) float64 {
	worth := p.Cost * x.Cost
	for _, port := range [...]struct{ price, amount []float64 }{
		{p.Injected, x.Injected},
		{p.Withdrawn, x.Withdrawn},
		{p.Reduced, x.Reduced},
		{p.Heat, x.Heat},
		{p.Gas, x.Gas},
		{p.Reserve, x.Reserve},
		{p.Emission, x.Emission},
		{p.Allowance, x.Allowance},
		{p.CO2, x.CO2},
		{p.Renewable, x.Renewable},
		{p.Available, x.Available},
		{p.Conventional, x.Conventional},
	} {
		for t, amount := range port.amount {
			worth += port.price[t] * amount
		}
	}
	return worth
}

// Responder is a DER that answers prices without a solver: by a closed form or
// an exact recursion.
//
//	π_s(p) = max_{x in X_s} p x        X_s: the schedules of [DER.Model] in scenario s
//
// Thousands of different DERs are coordinated by their answers; see package
// fleet. A DER without this interface answers by a program of its Model.
//
// For example, a PV system answers an injection price of 2 per MW with all of
// its output, and a price of −1 with none.
type Responder interface {
	DER

	// Responds reports whether the methods below hold for the data of the DER
	// in the context: its program has no integers that are free, and no
	// decision joins the scenarios.
	Responds(c Context) bool

	// Answer returns π_s(p), or −Inf if the DER has no schedule. If dst is not
	// nil, Answer sets it to a best schedule, without traces, and reuses its
	// slices.
	Answer(p *Prices, c Context, scenario int, dst *Ports) float64

	// Limits returns an upper bound of the absolute value of each port and of
	// the cost, over all schedules. It need not be attained.
	Limits(c Context, scenario int) Ports
}

var (
	_ Responder = (*PV)(nil)
	_ Responder = (*Wind)(nil)
	_ Responder = (*Storage)(nil)
	_ Responder = (*DemandResponse)(nil)
)

// cleared returns a path of n zeros, in the memory of an old one if it
// suffices.
func cleared(path []float64, n int) []float64 {
	if cap(path) < n {
		return make([]float64, n)
	}
	path = path[:n]
	clear(path)
	return path
}

// Responds implements [Responder].
func (u *PV) Responds(Context) bool { return true }

// Answer implements [Responder].
func (u *PV) Answer(p *Prices, c Context, s int, dst *Ports) float64 {
	return u.core().answer(p, c, s, dst)
}

// Limits implements [Responder].
func (u *PV) Limits(c Context, s int) Ports { return u.core().limits(c, s) }

// Responds implements [Responder].
func (u *Wind) Responds(Context) bool { return true }

// Answer implements [Responder].
func (u *Wind) Answer(p *Prices, c Context, s int, dst *Ports) float64 {
	return u.core().answer(p, c, s, dst)
}

// Limits implements [Responder].
func (u *Wind) Limits(c Context, s int) Ports { return u.core().limits(c, s) }

// answer uses all available output in the steps in which a MWh used is worth
// more than one curtailed.
func (u renewable) answer(p *Prices, c Context, s int, dst *Ports) float64 {
	available := c.Set.Path(u.available, s)
	if dst != nil {
		*dst = Ports{
			Injected: cleared(dst.Injected, len(available)), Renewable: cleared(dst.Renewable, len(available)),
			Available: cleared(dst.Available, len(available)),
		}
	}
	var (
		worth   = 0.0
		used    = p.Cost * (u.maintenance - u.subsidy - u.penalty) // per MWh
		offered = p.Cost * u.penalty
		clock   = c.clock() // reads the lengths of equal steps once
	)
	for t, mw := range available {
		dt := clock.hours(t)
		gain := p.Injected[t] + (p.Renewable[t]+used)*dt // per MW
		worth += mw * (max(0, gain) + (p.Available[t]+offered)*dt)
		if dst == nil {
			continue
		}
		dst.Available[t] = mw * dt
		dst.Cost += u.penalty * mw * dt
		if gain > 0 {
			dst.Injected[t], dst.Renewable[t] = mw, mw*dt
			dst.Cost += (u.maintenance - u.subsidy - u.penalty) * mw * dt
		}
	}
	return worth
}

func (u renewable) limits(c Context, s int) Ports {
	available := c.Set.Path(u.available, s)
	out := Ports{Injected: available, Renewable: make([]float64, len(available))}
	for t, mw := range available {
		out.Renewable[t] = mw * c.HoursAt(t)
		out.Cost += (u.maintenance + u.subsidy + u.penalty) * out.Renewable[t]
	}
	out.Available = out.Renewable
	return out
}

// Responds implements [Responder]: the rebound follows from the reduction by a
// fixed course without a limit of its own, or there is none, and no call is
// counted.
func (u *DemandResponse) Responds(c Context) bool {
	_, equal := c.Set.Grid().EqualSteps()
	return equal && !u.Rebound.shifts() && !u.DayAheadCalls && !u.MaxHours.Given() && !u.Calls.limited() &&
		u.Calls.MinReduction == 0 && (!u.MaxRebound.Given() || u.Rebound == ReboundNone) &&
		u.Before.Passed == 0 && u.Before.Due == nil && u.Before.Ahead == nil
}

// Answer implements [Responder]. Each step reduces all it can if one MW is
// worth more than its rebound,
//
//	gain_t = p_red,t + cost c_red Δ + Σ_k kernel_k (p_wd,t+k + cost c_shift Δ)
//
// because the rebound of a step is a sum over reductions.
func (u *DemandResponse) Answer(p *Prices, c Context, s int, dst *Ports) float64 {
	var (
		dt     = c.HoursAt(0)
		kernel = u.kernel(dt)
		load   = u.load(c, s)
		limits = u.limits(load, c)
		n      = len(limits)
		worth  = 0.0
	)
	if dst != nil {
		*dst = Ports{Reduced: cleared(dst.Reduced, n), Withdrawn: cleared(dst.Withdrawn, n)}
	}
	if !u.Served {
		for t, mw := range load {
			worth += p.Withdrawn[t] * mw
			if dst != nil {
				dst.Withdrawn[t] = mw
			}
		}
	}
	for t, most := range limits {
		gain := p.Reduced[t] + p.Cost*u.ReductionCost*dt
		for lag, share := range kernel {
			if share != 0 {
				// The rebound lasts no longer than the horizon, which it can
				// wrap around once.
				at := t + lag + 1
				if at >= n {
					at -= n
				}
				gain += share * (p.Withdrawn[at] + p.Cost*u.ReboundCost*dt)
			}
		}
		if !(gain > 0) || most == 0 {
			continue
		}
		worth += most * gain
		if dst == nil {
			continue
		}
		dst.Reduced[t] = most
		dst.Cost += most * u.ReductionCost * dt
		for lag, share := range kernel {
			dst.Withdrawn[(t+lag+1)%n] += share * most
			dst.Cost += share * most * u.ReboundCost * dt
		}
	}
	return worth
}

// Limits implements [Responder].
func (u *DemandResponse) Limits(c Context, s int) Ports {
	load := u.load(c, s)
	out := Ports{Reduced: u.limits(load, c), Withdrawn: make([]float64, c.Steps())}
	peak := 0.0
	for t, mw := range out.Reduced {
		peak = max(peak, mw)
		out.Cost += mw * (u.ReductionCost + u.ratio()*u.ReboundCost) * c.HoursAt(t)
	}
	for t := range out.Withdrawn {
		if u.Rebound != ReboundNone {
			out.Withdrawn[t] = u.ratio() * peak
		}
		if !u.Served {
			out.Withdrawn[t] += load[t]
		}
	}
	return out
}

// Responds implements [Responder]: the store needs no binary, because no
// optimum charges and discharges at once, and it has neither reserve nor a wear
// by depth.
func (u *Storage) Responds(c Context) bool {
	if u.Reserve > 0 || u.StartsPerDay.Given() || u.Depths != nil {
		return false
	}
	for t := range c.Steps() {
		if u.bothCanPay(c, t) {
			return false
		}
	}
	return true
}

// Limits implements [Responder].
func (u *Storage) Limits(c Context, _ int) Ports {
	var (
		n    = c.Steps()
		in   = make([]float64, n)
		out  = make([]float64, n)
		both = make([]float64, n)
		x    Ports
	)
	for t := range n {
		in[t], out[t], both[t] = u.Discharge, u.Charge, max(u.Charge, u.Discharge)
		x.Cost += u.Wear * (u.Charge + u.Discharge) * c.HoursAt(t)
	}
	if u.End == EndFree {
		x.Cost += math.Abs(u.EndValue) * u.Energy
	}
	switch u.Port {
	case Heat:
		x.Heat = both
	case Gas:
		x.Gas = both
	default:
		x.Injected, x.Withdrawn = in, out
	}
	return x
}
