package der

import (
	"math"

	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/scenario"
)

// Rebound is a model of the energy that comes back after a load reduction. κ is
// [DemandResponse.ReboundRatio]. For example, 1 MW reduced for one hour with κ
// = 1 and the default weights of ReboundRecursive returns 0.6, 0.3 and 0.1 MW
// in the three hours that follow.
type Rebound int

const (
	// ReboundRecursive, the default, returns fixed fractions in the stages that
	// follow. A stage has n steps:
	//
	//	r_t = κ (b_1 c_{t−n} + b_2 c_{t−2n} + b_3 c_{t−3n} + …)
	//
	// On steps of different lengths the same rule holds at every instant, with
	// stages of ReboundHours, and r_t is its mean over step t.
	//
	// It is the usual three-stage model of heating and cooling.
	ReboundRecursive Rebound = iota

	// ReboundFree returns the energy in any step, before or after the
	// reduction:
	//
	//	Σ_t r_t = κ Σ_t c_t,   never both in one step
	//
	// This is load shifting without a fixed pattern. Source: Xue et al.,
	// Renewable Energy Resources 37(8), 2019.
	ReboundFree

	// ReboundDeferred is ReboundFree without a return in advance:
	//
	//	o_t = o_{t−1} + (κ c_t − r_t) Δ ≥ 0,   o_T = 0    MWh owed; never both in one step
	//
	// o_{−1} is 0, or [ReboundState.Owed], which [ReboundFree] adds to its sum
	// as well.
	ReboundDeferred

	// ReboundDecaying returns the fraction κ of the energy in the D steps after
	// each reduction, in amounts that fall linearly:
	//
	//	r_t = κ Σ_{k=1..D} w_k c_{t−k},   w_k = 2 (D + 1 − k) / (D (D + 1))
	//
	// Usual values are κ = 0.3 to 0.5 within 45 to 60 minutes. The steps must
	// have one length.
	ReboundDecaying

	// ReboundNone returns nothing: the load is not served at all, such as
	// lighting.
	ReboundNone
)

// Close is the rule for rebound that would fall after the end of the horizon,
// under [ReboundRecursive] and [ReboundDecaying]. No energy is lost at the end.
type Close int

const (
	CloseByWrap Close = iota // it falls into the first steps of a periodic horizon; the default
	CloseByBan               // no reduction is so late that its rebound would leave the horizon
)

// shifts reports whether rebound is a decision of its own. A binary then
// excludes it from the steps of the reduction.
func (r Rebound) shifts() bool { return r == ReboundFree || r == ReboundDeferred }

// rebound adds the rows that determine the rebound r (back) from the reduction
// c (cut) of one scenario.
func (u *DemandResponse) rebound(m *milp.Model, at func(string, int) milp.Name, on milp.Expr, cut, back []milp.Expr, c Context) {
	switch u.Rebound {
	case ReboundRecursive, ReboundDecaying:
		clock := c.clock()
		// before is the rebound of reductions before the grid.
		before := func(t int) milp.Expr {
			if u.Before.Due == nil {
				return milp.Expr{}
			}
			return on.Times(mean(u.Before.Due, clock.at(t), clock.at(t+1)))
		}
		if !clock.equal() || u.Close == CloseByWrap && u.Before.Passed > 0 {
			u.reboundByTime(m, at, cut, back, before, clock)
			u.repayAhead(m, at, on, cut, clock)
			return
		}
		kernel := u.kernel(clock.dt)
		for t := range back {
			due := before(t)
			for lag, share := range kernel {
				from := t - lag - 1
				if from < 0 && u.Close == CloseByBan {
					break
				}
				if share != 0 {
					due.Add(cut[(from+len(cut))%len(cut)].Times(share))
				}
			}
			m.Equal(at("rebound", t), back[t], due)
		}
	case ReboundFree:
		var returned, reduced milp.Expr
		clock := c.clock()
		for t := range back {
			returned.Add(back[t].Times(clock.weight(t)))
			reduced.Add(cut[t].Times(clock.weight(t)))
		}
		due := reduced.Times(u.ratio())
		if u.Before.Owed != 0 {
			due = due.Plus(on.Times(u.Before.Owed / clock.hours(0)))
		}
		m.Equal(at("rebound_total", len(back)-1), returned, due)
	case ReboundDeferred:
		var before milp.Expr
		if u.Before.Owed != 0 {
			before = on.Times(u.Before.Owed)
		}
		for t := range back {
			upper := milp.Inf
			if t == len(back)-1 {
				upper = 0
			}
			owed := m.Var(at("owed", t), 0, upper).Expr()
			m.Equal(at("owed", t), owed, milp.Sum(before, cut[t].Times(u.ratio()*c.HoursAt(t)), back[t].Times(-c.HoursAt(t))))
			before = owed
		}
	case ReboundNone:
		// The upper limit of the rebound is zero already.
	}
}

// reboundByTime adds the rows of a fixed course on steps of different lengths,
// or on a part of a horizon that wraps:
//
//	r_t Δ_t = κ Σ_k b_k Σ_i c_i |step t ∩ (step i + k H)|      H is the stage, hours
//
// Steps that leave the horizon return at its beginning under CloseByWrap.
// before is the rebound of reductions before the grid.
func (u *DemandResponse) reboundByTime(m *milp.Model, at func(string, int) milp.Name, cut, back []milp.Expr, before func(int) milp.Expr, c clock) {
	delays, shares := u.stages(c)
	horizon, passed := c.at(c.steps), u.Before.Passed
	for t := range back {
		due := before(t)
		for i := range cut {
			share := 0.0
			for k, b := range shares {
				from, to := c.at(i)+delays[k], c.at(i+1)+delays[k]
				share += b * shared(from, to, c.at(t), c.at(t+1))
				if u.Close == CloseByWrap {
					share += b * shared(from-horizon, to-horizon, passed+c.at(t), passed+c.at(t+1))
				}
			}
			if share > 0 {
				due.Add(cut[i].Times(u.ratio() * share / c.hours(t)))
			}
		}
		m.Equal(at("rebound", t), back[t], due)
	}
}

// repayAhead adds the rows of rebound that came back before the grid: the
// reductions at the end of the horizon must be those that it belongs to.
//
//	κ Σ_k b_k Σ_i c_i |pulse ∩ (step i + k H − horizon)| = power Δ of the pulse
func (u *DemandResponse) repayAhead(m *milp.Model, at func(string, int) milp.Name, on milp.Expr, cut []milp.Expr, c clock) {
	delays, shares := u.stages(c)
	horizon := c.at(c.steps)
	for j, x := range u.Before.Ahead {
		var returns milp.Expr
		for i := range cut {
			share := 0.0
			for k, b := range shares {
				share += b * shared(c.at(i)+delays[k]-horizon, c.at(i+1)+delays[k]-horizon, x.From, x.From+x.Hours)
			}
			if share > 0 {
				returns.Add(cut[i].Times(u.ratio() * share / x.Hours))
			}
		}
		if !nothing(returns) || x.Power > 0 {
			m.Equal(at("ahead", j), returns, on.Times(x.Power))
		}
	}
}

// shared returns the length that the intervals [a, b] and [from, to] share.
// Less than a nanosecond is rounding.
func shared(a, b, from, to float64) float64 {
	const rounding = 1e-12 // hours
	if length := min(b, to) - max(a, from); length > rounding {
		return length
	}
	return 0
}

// lastCut returns the step from which on a reduction is forbidden under
// CloseByBan.
func (u *DemandResponse) lastCut(c clock) int {
	if c.equal() {
		return c.steps - lastShare(u.kernel(c.dt))
	}
	if u.Rebound != ReboundRecursive || u.ratio() == 0 {
		return c.steps
	}
	weights := u.weights()
	stages := len(weights)
	for stages > 0 && weights[stages-1] == 0 {
		stages--
	}
	open := c.steps
	for open > 0 && c.at(open)+float64(stages)*u.hours() > c.at(c.steps)+c.tiny {
		open--
	}
	return open
}

// kernel returns the rebound 1, 2, … steps after a reduction of 1 MW for one
// step, MW. It is empty for a free rebound and for none. hours is the length of
// a step.
func (u *DemandResponse) kernel(hours float64) []float64 {
	switch u.Rebound {
	case ReboundRecursive:
		n := int(math.Round(u.hours() / hours))
		weights := u.weights()
		out := make([]float64, n*len(weights))
		for k, b := range weights {
			out[n*(k+1)-1] = u.ratio() * b
		}
		return out
	case ReboundDecaying:
		n := int(math.Round(u.hours() / hours))
		out := make([]float64, n)
		for k := range out {
			out[k] = u.ratio() * 2 * float64(n-k) / float64(n*(n+1))
		}
		return out
	}
	return nil
}

// tinyRatio is the smallest κ above 0. Unlike 0, it keeps an hour free of
// reductions for the rebound.
const tinyRatio = 1e-9

// ratio returns κ.
func (u *DemandResponse) ratio() float64 {
	if u.Rebound == ReboundDecaying {
		return u.ReboundRatio.Or(0.4)
	}
	return u.ReboundRatio.Or(1)
}

// weights returns b_1, b_2, …
func (u *DemandResponse) weights() []float64 {
	if u.ReboundWeights == nil {
		return []float64{0.6, 0.3, 0.1}
	}
	return u.ReboundWeights
}

// hours returns the length of a stage, or of the whole rebound under
// ReboundDecaying.
func (u *DemandResponse) hours() float64 { return u.ReboundHours.Or(1) }

// validateRebound reports violations of the rebound model on the grid of a set.
func (u *DemandResponse) validateRebound(v *faults.List, set *scenario.Set) {
	if u.Rebound < ReboundRecursive || u.Rebound > ReboundNone {
		v.Addf("Rebound is %d, want one of the five models from ReboundRecursive to ReboundNone", u.Rebound)
		return
	}
	v.Require(u.Close >= CloseByWrap && u.Close <= CloseByBan, "Close is %d, want CloseByWrap or CloseByBan", u.Close)
	if ratio := u.ReboundRatio.Or(0); ratio > 0 && ratio < tinyRatio {
		v.Addf("ReboundRatio is %v, want 0 or at least %v: a smaller one is lost in the tolerances of a solver", ratio, tinyRatio)
	}
	v.AtLeast("ReboundRatio", u.ReboundRatio.Or(0), 0, "MWh back per MWh cut")
	sum := 0.0
	for _, b := range u.ReboundWeights {
		v.AtLeast("ReboundWeights", b, 0, "as a share")
		sum += b
	}
	if u.ReboundWeights != nil && !(math.Abs(sum-1) <= 1e-9) {
		v.Addf("ReboundWeights sum to %v, want 1; ReboundRatio scales them", sum)
	}
	v.Positive("ReboundHours", u.hours(), "h")
	if u.Rebound.shifts() || u.Rebound == ReboundNone || set.Steps() == 0 || !(u.hours() > 0) || math.IsInf(u.hours(), 0) {
		return
	}
	clock := clockOf(set.Grid())
	if !clock.equal() {
		u.validateByTime(v, clock, longestStep(set))
		return
	}
	stage := u.hours() / set.Hours()
	if n := math.Round(stage); n < 1 || math.Abs(stage-n) > 1e-6 {
		v.Addf("ReboundHours is %v h, want a whole multiple of the grid's step of %v h", u.hours(), set.Hours())
		return
	}
	horizon := set.Steps() + whole(math.Ceil(u.Before.Passed/set.Hours()-tinyStep))
	if n := len(u.kernel(set.Hours())); n > horizon {
		v.Addf("rebound lasts %d steps, want at most the %d steps of the horizon; "+
			"shorten ReboundWeights or ReboundHours", n, horizon)
	}
}

// validateByTime reports violations of a rebound with a fixed course on steps
// of different lengths.
func (u *DemandResponse) validateByTime(v *faults.List, c clock, longest float64) {
	if u.Rebound == ReboundDecaying {
		v.Addf("Rebound is ReboundDecaying, whose course is defined for equal steps, and the steps of the grid differ in length; " +
			"use ReboundRecursive with ReboundWeights")
		return
	}
	v.Require(u.hours() >= longest-c.tiny, "ReboundHours is %v h, want at least the longest step of %.4g h", u.hours(), longest)
	if all := float64(len(u.weights())) * u.hours(); all > u.Before.Passed+c.at(c.steps)+c.tiny {
		v.Addf("rebound lasts %.4g h, want at most the %.4g h of the horizon; shorten ReboundWeights or ReboundHours",
			all, u.Before.Passed+c.at(c.steps))
	}
}
