package audit

import (
	"math"

	"github.com/trigrid/trigrid/der"
)

// demandResponse inspects a load that can be cut: limits of curtailment and rebound, the way the energy
// comes back, calls and their hours, and discomfort.
func (a *account) demandResponse(u *der.DemandResponse) {
	const idle = 1e-6 // MW
	var (
		steps   = a.c.Steps()
		called  = make([]bool, steps) // in any scenario
		shifted = u.Rebound == der.ReboundFree || u.Rebound == der.ReboundDeferred
		kernel  = kernel(u, a.dt)
	)
	for s := range a.realised.Realised {
		var (
			p                 = a.ports(s)
			cut, back         = make([]float64, steps), make([]float64, steps)
			hours, discomfort float64
		)
		for t := range steps {
			at := a.at(s, t)
			cut[t], back[t] = value(p.Reduced, t), value(p.Withdrawn, t)
			most := math.Inf(1)
			if u.Load != "" {
				load := a.c.Set.At(u.Load, s, t)
				most = u.MaxReductionShare.Or(1) * load
				if !u.Served {
					back[t] -= load
				}
			}
			most = min(most, u.MaxReduction.Or(math.Inf(1)))
			at.AtMost("load reduction limit", cut[t], most)
			at.AtLeast("load taken in full", back[t], 0)
			if limit, ok := u.MaxRebound.Get(); ok {
				at.AtMost("rebound limit", back[t], limit)
			}
			if u.Close == der.CloseByBan && t >= steps-len(kernel) {
				at.AtMost("load reduction too late for its rebound", cut[t], 0)
			}
			if cut[t] > idle {
				called[t] = true
				hours += a.dt
			}
			if shifted {
				at.AtMost("load reduction and rebound at once", min(cut[t], back[t]), 0)
			}
			discomfort += (u.ReductionCost*cut[t] + u.ReboundCost*back[t]) * a.dt
		}
		a.rebound(u, s, kernel, cut, back)
		a.callRules(u.Calls, s, cut)
		if limit, ok := u.MaxHours.Get(); ok {
			a.at(s, All).AtMost("hours of load reduction", hours, limit)
		}
		a.cost(s, false, map[string]float64{"discomfort": discomfort})
	}
	if u.DayAheadCalls {
		a.calls(u, called, shifted)
	}
	a.absent("port that the kind does not have", func(p *der.Ports) [][]float64 {
		return [][]float64{p.Injected, p.Heat, p.Gas, p.Reserve, p.Emission, p.Allowance, p.CO2, p.Renewable, p.Available, p.Conventional}
	})
}

// calls inspects what was decided the day before: one set of steps for all scenarios.
func (a *account) calls(u *der.DemandResponse, called []bool, shifted bool) {
	hours := 0.0
	for t, yes := range called {
		if !yes {
			continue
		}
		hours += a.dt
		if !shifted {
			continue
		}
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

// rebound inspects when the energy comes back, MW.
func (a *account) rebound(u *der.DemandResponse, s int, kernel, cut, back []float64) {
	ratio := u.ReboundRatio.Or(1)
	switch u.Rebound {
	case der.ReboundRecursive, der.ReboundDecaying:
		due := make([]float64, len(cut))
		for t, mw := range cut {
			for k, share := range kernel {
				if to := t + k + 1; to < len(due) {
					due[to] += share * mw
				} else if u.Close == der.CloseByWrap {
					due[to%len(due)] += share * mw
				}
			}
		}
		for t := range due {
			a.at(s, t).Equal("rebound", back[t], due[t])
		}
	case der.ReboundFree, der.ReboundDeferred:
		owed := 0.0
		for t := range cut {
			owed += (ratio*cut[t] - back[t]) * a.dt
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

// kernel returns what comes back 1, 2, … steps after a MW was cut for a step, MW.
func kernel(u *der.DemandResponse, dt float64) []float64 {
	n := int(math.Round(u.ReboundHours.Or(1) / dt))
	switch u.Rebound {
	case der.ReboundRecursive:
		ratio, weights := u.ReboundRatio.Or(1), u.ReboundWeights
		if weights == nil {
			weights = []float64{0.6, 0.3, 0.1}
		}
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
