package audit

import (
	"math"

	"github.com/trigrid/trigrid/der"
)

// demandResponse inspects a load with the load reduction R and the rebound B,
// MW. The withdrawal is the load D plus the rebound; if the load is served by
// the VPP, it is the rebound alone.
//
//	0 ≤ R_t ≤ min(MaxReduction, share D_t),   0 ≤ B_t ≤ MaxRebound
//	min(R_t, B_t) = 0                      for a free or deferred rebound
//	Σ_t [R_t > 0] Δ ≤ MaxHours             in each scenario; for day-ahead calls over all scenarios
//	cost = Σ_t (c_red R_t + c_reb B_t) Δ   discomfort
//
// For rebound and calls see the methods below.
func (a *account) demandResponse(u *der.DemandResponse) {
	const idle = 1e-6 // MW
	var (
		steps   = a.c.Steps()
		called  = make([]bool, steps) // in any scenario
		shifted = u.Rebound == der.ReboundFree || u.Rebound == der.ReboundDeferred
		closed  = steps // first step without reductions under CloseByBan
	)
	for closed > 0 && a.lastRebound(u, closed-1) > a.hours(0, steps)+a.tiny() {
		closed--
	}
	for s := range a.realised.Realised {
		var (
			p                 = a.ports(s)
			reduced, back     = make([]float64, steps), make([]float64, steps)
			hours, discomfort float64
		)
		for t := range steps {
			at := a.at(s, t)
			reduced[t], back[t] = value(p.Reduced, t), value(p.Withdrawn, t)
			most := math.Inf(1)
			if u.Load != "" {
				load := a.c.Set.At(u.Load, s, t)
				most = u.MaxReductionShare.Or(1) * load
				if !u.Served {
					back[t] -= load // the withdrawal contains the load
				}
			}
			most = min(most, u.MaxReduction.Or(math.Inf(1)))
			at.AtMost("load reduction limit", reduced[t], most)
			at.AtLeast("load taken in full", back[t], 0)
			if limit, ok := u.MaxRebound.Get(); ok {
				at.AtMost("rebound limit", back[t], limit)
			}
			// The last steps have no reduction if its rebound would be after
			// the horizon.
			if u.Close == der.CloseByBan && t >= closed {
				at.AtMost("load reduction too late for its rebound", reduced[t], 0)
			}
			if reduced[t] > idle {
				called[t] = true
				hours += a.dt(t)
			}
			if shifted {
				at.AtMost("load reduction and rebound at once", min(reduced[t], back[t]), 0)
			}
			discomfort += (u.ReductionCost*reduced[t] + u.ReboundCost*back[t]) * a.dt(t)
		}
		a.rebound(u, s, reduced, back)
		a.callRules(u.Calls, s, reduced)
		if limit, ok := u.MaxHours.Get(); ok {
			a.at(s, All).AtMost("hours of load reduction", hours, limit)
		}
		a.cost(s, false, map[string]float64{"discomfort": discomfort})
	}
	if u.DayAheadCalls {
		a.calls(u, called, shifted)
	}
	a.absent(func(p *der.Ports) [][]float64 {
		return [][]float64{p.Injected, p.Heat, p.Gas, p.Reserve, p.Emission, p.Allowance, p.CO2, p.Renewable, p.Available, p.Conventional}
	})
}

// calls inspects day-ahead calls: one set of steps for all scenarios. A step
// that is called in any scenario has no rebound in all scenarios, and all
// called steps together are at most MaxHours.
func (a *account) calls(u *der.DemandResponse, called []bool, shifted bool) {
	hours := 0.0
	for t, yes := range called {
		if !yes {
			continue
		}
		hours += a.dt(t)
		if !shifted {
			continue // the rebound follows from a kernel
		}
		// The day-ahead decision excludes a rebound in this step, in every
		// scenario.
		for s := range a.realised.Realised {
			back := value(a.ports(s).Withdrawn, t)
			if !u.Served {
				back -= a.c.Set.At(u.Load, s, t)
			}
			a.at(s, t).AtMost("rebound in a step called the day before", back, 0)
		}
	}
	if limit, ok := u.MaxHours.Get(); ok {
		a.at(All, All).AtMost("hours called the day before", hours, limit)
	}
}

// rebound inspects the time of the rebound. With the kernel k and the ratio ρ,
//
//	recursive, decaying   B_t = Σ_j k_j R_{t−j}, see later for steps of different lengths
//	free                  ρ Σ_t R_t = Σ_t B_t
//	deferred              as free, and ρ Σ_{τ≤t} R_τ ≥ Σ_{τ≤t} B_τ for each t: not in advance
//	none                  B_t = 0
//
// If the day closes by wrapping, a rebound after the horizon returns at its
// beginning.
func (a *account) rebound(u *der.DemandResponse, s int, reduced, back []float64) {
	ratio := u.ReboundRatio.Or(1)
	switch u.Rebound {
	case der.ReboundRecursive, der.ReboundDecaying:
		for t, mw := range a.due(u, s, reduced) {
			a.at(s, t).Equal("rebound", back[t], mw)
		}
	case der.ReboundFree, der.ReboundDeferred:
		owed := u.Before.Owed // MWh
		for t := range reduced {
			owed += (ratio*reduced[t] - back[t]) * a.dt(t)
			if u.Rebound == der.ReboundDeferred {
				a.at(s, t).AtLeast("rebound in advance: energy owed", owed, 0)
			}
		}
		a.at(s, All).Equal("energy owed at the end", owed, 0)
	case der.ReboundNone:
		for t := range back {
			a.at(s, t).Equal("rebound", back[t], 0)
		}
	}
}

// due returns the expected rebound of a recursive or decaying model, MW. It
// contains the part of reductions before the grid. Rebound that came back
// before the grid must have its reductions.
func (a *account) due(u *der.DemandResponse, s int, reduced []float64) []float64 {
	out := make([]float64, len(reduced))
	for t := range out { // each pulse adds the energy that it has in the step
		for _, x := range u.Before.Due {
			if both := min(x.From+x.Hours, a.hours(0, t+1)) - max(x.From, a.hours(0, t)); both > 0 {
				out[t] += x.Power * both / a.dt(t)
			}
		}
	}
	if _, equal := a.c.Set.Grid().EqualSteps(); !equal || u.Before.Passed > 0 {
		now, ahead := a.later(u, reduced)
		for j, mwh := range ahead {
			a.at(s, All).Equal("reductions for rebound that came back before them", mwh, u.Before.Ahead[j].Power*u.Before.Ahead[j].Hours)
		}
		for t := range out {
			out[t] += now[t]
		}
		return out
	}
	for t, mw := range reduced {
		for k, share := range kernel(u, a.dt(0)) { // k + 1 steps after the reduction
			if to := t + k + 1; to < len(out) {
				out[to] += share * mw
			} else if u.Close == der.CloseByWrap {
				out[to%len(out)] += share * mw
			}
		}
	}
	return out
}

// later returns the expected rebound of the reductions in the grid, MW, and the
// energy that comes back in each pulse of Before.Ahead, MWh. The energy of each
// reduction comes back evenly in an interval of the length of its step, one,
// two, … rebound times later. The energy is cut at the ends of the steps that
// the interval meets. An interval after the horizon moves to the beginning of
// the horizon, which is Before.Passed hours before the grid.
//
// For example, 1 MW reduced in a step of 7 minutes comes back after an hour for
// 7 minutes, which may lie in two steps.
func (a *account) later(u *der.DemandResponse, reduced []float64) (out, ahead []float64) {
	var (
		n       = len(reduced)
		horizon = a.hours(0, n)
		stage   = u.ReboundHours.Or(1)
		shares  = u.ReboundWeights
	)
	if shares == nil {
		shares = []float64{0.6, 0.3, 0.1}
	}
	ratio := u.ReboundRatio.Or(1)
	if u.Rebound == der.ReboundDecaying {
		ratio, shares, stage = 1, kernel(u, a.dt(0)), a.dt(0) // the kernel contains the ratio
	}
	out, ahead = make([]float64, n), make([]float64, len(u.Before.Ahead))
	for i, mw := range reduced {
		for k, b := range shares {
			from := a.hours(0, i) + float64(k+1)*stage
			rest := a.dt(i) // hours of the interval that are not yet assigned
			for rest > 1e-12 {
				if from >= horizon-1e-12 {
					if u.Close == der.CloseByBan {
						break
					}
					from -= horizon + u.Before.Passed
				}
				if from < -1e-12 { // before the grid
					part := rest
					for j, x := range u.Before.Ahead {
						begins, ends := x.From-u.Before.Passed, x.From+x.Hours-u.Before.Passed
						if from >= begins-1e-12 && from < ends-1e-12 {
							part = min(rest, ends-from)
							ahead[j] += ratio * b * mw * part
							break
						}
					}
					from, rest = from+part, rest-part
					continue
				}
				t := 0
				for t < n-1 && a.hours(0, t+1) <= from+1e-12 {
					t++
				}
				part := min(rest, a.hours(0, t+1)-from)
				out[t] += ratio * b * mw * part / a.dt(t)
				from, rest = from+part, rest-part
			}
		}
	}
	return out, ahead
}

// lastRebound returns the end of the last rebound of a reduction in step t,
// hours from the start.
func (a *account) lastRebound(u *der.DemandResponse, t int) float64 {
	if _, equal := a.c.Set.Grid().EqualSteps(); !equal {
		if u.Rebound != der.ReboundRecursive || u.ReboundRatio.Or(1) == 0 {
			return 0
		}
		stages := []float64{0.6, 0.3, 0.1}
		if u.ReboundWeights != nil {
			stages = u.ReboundWeights
		}
		last := 0
		for stage, b := range stages {
			if b != 0 {
				last = stage + 1
			}
		}
		return a.hours(0, t+1) + float64(last)*u.ReboundHours.Or(1)
	}
	shares := kernel(u, a.dt(0))
	last := len(shares) // delay of the last rebound; 0 if nothing comes back
	for last > 0 && shares[last-1] == 0 {
		last--
	}
	return a.hours(0, t+1+last)
}

// kernel returns the rebound 1, 2, … steps after a reduction of 1 MW in one
// step, MW. With n steps in ReboundHours:
//
//	recursive   weights b_1, b_2, … after n, 2n, … steps; default 0.6, 0.3, 0.1 and ratio 1
//	decaying    ratio (n − k) / Σ_k (n − k) after k + 1 steps, for k = 0 … n − 1; default ratio 0.4
//
// For example, a decaying rebound with n = 2 and ratio 0.6 is 0.4 and 0.2.
func kernel(u *der.DemandResponse, dt float64) []float64 {
	n := int(math.Round(u.ReboundHours.Or(1) / dt))
	switch u.Rebound {
	case der.ReboundRecursive:
		ratio, weights := u.ReboundRatio.Or(1), u.ReboundWeights
		if weights == nil {
			weights = []float64{0.6, 0.3, 0.1}
		}
		// Stage j returns its weight after j + 1 rebound times; the steps
		// between have no rebound.
		out := make([]float64, n*len(weights))
		for stage, b := range weights {
			out[(stage+1)*n-1] = ratio * b
		}
		return out
	case der.ReboundDecaying:
		ratio := u.ReboundRatio.Or(0.4)
		out, sum := make([]float64, n), float64(n*(n+1))/2
		for k := range out {
			out[k] = ratio * float64(n-k) / sum
		}
		return out
	}
	return nil
}
