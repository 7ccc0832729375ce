package der

import (
	"math"

	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
)

// DemandResponse is a load that can be reduced for some time. Its energy comes
// back later.
//
//	N_t = L_t − c_t + r_t                                     metered load, MW
//	0 ≤ c_t ≤ min(C, α L_t) k_t,   0 ≤ r_t ≤ R                load reduction and rebound
//	r follows from c by a [Rebound] model with ratio κ        MWh back per MWh reduced
//	Σ_t k_t Δ ≤ H                                             hours with load reduction
//	cost = Σ_t (c_red c_t + c_shift r_t) Δ                    discomfort of the owner
//	benefit = tariff payment for c and for the energy N + c − deviations − cost
//
// k_t is 1, unless calls are decided the day before (DayAheadCalls) or limited
// (MaxHours, Calls). Payment is for c_t. It is measured against L_t + r_t, the
// metered load without the reduction.
//
// By default the DER brings its load: it withdraws L + r, and c is its load
// reduction. With Served it is the flexibility of a load that its VPP already
// serves: only c and r enter.
//
// For example, DemandResponse{Load: "office", MaxReductionShare:
// optional.Of(0.2), ReboundRatio: optional.Of(0.5)} sheds up to 20 % of an
// office's load and takes half of the energy back.
//
// Source: J. Renew. Sustain. Energy 18, 015306 (2026) for the balance of total
// reduction and total rebound and the payment for verified reduction. Its
// course over time follows [Rebound].
type DemandResponse struct {
	ID     string
	Load   string // series of the load L, MW; may be empty if Served and without MaxReductionShare
	Served bool   // the VPP already serves Load

	MaxReduction      optional.Float // C ≥ 0, MW. Absent: limited by Load alone
	MaxReductionShare optional.Float // α in [0, 1], fraction of Load. Absent: all of it
	MaxRebound        optional.Float // R ≥ 0, MW. Absent: no limit

	Rebound        Rebound        // model of the rebound; ReboundRecursive by default
	ReboundRatio   optional.Float // κ ≥ 0. Absent: 1, or 0.4 under ReboundDecaying
	ReboundWeights []float64      // b_1, b_2, … of ReboundRecursive, sum 1. Nil: 0.6, 0.3, 0.1
	ReboundHours   optional.Float // stage of ReboundRecursive, all of ReboundDecaying. Absent: 1 h
	Close          Close          // rule for rebound after the horizon; CloseByWrap by default

	DayAheadCalls bool           // k_t is decided the day before, equal in all scenarios
	MaxHours      optional.Float // H ≥ 0, h in the horizon. Absent: no limit
	Calls         Calls          // limits of single calls; none by default

	ReductionCost float64 // c_red ≥ 0, currency per MWh reduced
	ReboundCost   float64 // c_shift ≥ 0, currency per MWh that comes back

	Before ReboundState // rebound of the time before the grid; none by default
}

// Name implements [DER].
func (u *DemandResponse) Name() string { return u.ID }

// Model implements [DER]. Its columns are the load reduction "curtailed(s,t)"
// and "rebound(s,t)". If calls are limited, or exclude rebound in their steps,
// it has binaries "call(t)" or "call(s,t)", which are also the trace "call".
func (u *DemandResponse) Model(m *milp.Model, on milp.Expr, c Context) []Terms {
	var (
		out   = c.NewTerms()
		calls []milp.Expr
	)
	if u.DayAheadCalls {
		calls = u.calls(m, c.FirstStage(u.ID), on, c)
	}
	for s := range out {
		at := c.Namer(u.ID, s)
		if !u.DayAheadCalls && (u.MaxHours.Given() || u.Calls.limited() || u.Rebound.shifts()) {
			calls = u.calls(m, at, on, c)
		}
		load := u.load(c, s)
		maxCut := u.limits(load, c)
		peak := u.reboundLimit(maxCut, c)
		cut, back := make([]milp.Expr, c.Steps()), make([]milp.Expr, c.Steps())
		for t := range c.Steps() {
			mayCut, mayReturn := on, on
			if calls != nil {
				mayCut = calls[t]
			}
			if calls != nil && u.Rebound.shifts() {
				mayReturn = on.Minus(calls[t])
			}
			cut[t] = upTo(m, at("curtailed", t), maxCut[t], mayCut)
			if u.Calls.MinReduction > 0 {
				m.AtLeast(at("curtailed_least", t), cut[t], mayCut.Times(u.Calls.MinReduction))
			}
			back[t] = upTo(m, at("rebound", t), peak(t), mayReturn)
			dt := c.HoursAt(t)

			out[s].Reduce(t, cut[t])
			out[s].Withdraw(t, back[t])
			if !u.Served {
				out[s].Withdraw(t, on.Times(load[t]))
			}
			out[s].Cost.Add(cut[t].Times(u.ReductionCost*dt), back[t].Times(u.ReboundCost*dt))
			out[s].Watch("rebound", "MW", t, back[t])
			if calls != nil {
				out[s].Watch("call", "", t, calls[t])
			}
		}
		u.rebound(m, at, on, cut, back, c)
	}
	return out
}

// calls adds the binaries k_t and their limits.
func (u *DemandResponse) calls(m *milp.Model, at func(string, int) milp.Name, on milp.Expr, c Context) []milp.Expr {
	k := make([]milp.Expr, c.Steps())
	for t := range k {
		k[t] = switched(m, at("call", t), on)
	}
	if hours, ok := u.MaxHours.Get(); ok {
		var called milp.Expr
		for t := range k {
			called.Add(k[t].Times(c.HoursAt(t)))
		}
		m.AtMost(at("call_hours", c.Steps()-1), called, on.Times(hours))
	}
	if u.Calls.limited() {
		u.Calls.state(m, at, on, k, c.clock())
	}
	return k
}

// load returns the load L in a scenario, MW, or nil if the DER has no series.
func (u *DemandResponse) load(c Context, s int) []float64 {
	if u.Load == "" {
		return nil
	}
	return c.Set.Path(u.Load, s)
}

// limits returns the upper limit of the load reduction in each step, MW.
// CloseByBan forbids reductions in the last steps, whose rebound would leave
// the horizon.
func (u *DemandResponse) limits(load []float64, c Context) []float64 {
	maxCut := make([]float64, c.Steps())
	open := c.Steps()
	if u.Close == CloseByBan {
		open = u.lastCut(c.clock())
	}
	for t := range max(open, 0) {
		maxCut[t] = math.Inf(1)
		if load != nil {
			maxCut[t] = load[t] * u.MaxReductionShare.Or(1)
		}
		maxCut[t] = min(maxCut[t], u.MaxReduction.Or(math.Inf(1)))
	}
	return maxCut
}

// lastShare returns the number of steps after a reduction up to the last one
// with rebound, 0 if nothing comes back.
func lastShare(kernel []float64) int {
	for n := len(kernel); n > 0; n-- {
		if kernel[n-1] != 0 {
			return n
		}
	}
	return 0
}

// reboundLimit returns R. If R is absent, it returns a bound that follows from
// the load reduction: all energy in one step for a free rebound, κ times the
// largest reduction for a fixed one. maxCut holds the limits of the reduction.
func (u *DemandResponse) reboundLimit(maxCut []float64, c Context) func(t int) float64 {
	clock := c.clock()
	peak, sum := 0.0, 0.0
	for t, mw := range maxCut {
		peak = max(peak, mw)
		sum += mw * clock.weight(t)
	}
	always := func(mw float64) func(int) float64 { return func(int) float64 { return mw } }
	limit, limited := u.MaxRebound.Get()
	switch {
	case u.Rebound == ReboundNone:
		return always(0)
	case limited:
		return always(limit)
	case u.Rebound.shifts():
		owed := max(0, u.Before.Owed) // MWh
		return func(t int) float64 { return u.ratio()*sum/clock.weight(t) + owed/clock.hours(t) }
	}
	return func(t int) float64 { return u.ratio()*peak + mean(u.Before.Due, clock.at(t), clock.at(t+1)) }
}

// Benefit implements [DER]. Its items are those of the payment and
// "discomfort".
func (u *DemandResponse) Benefit(realised Schedule, c Context, scenario int) Benefit {
	b := c.Payment(realised, scenario)
	p := &realised.Realised[scenario]
	load := u.load(c, scenario)
	cost := 0.0
	for t := range c.Steps() {
		back := at(p.Withdrawn, t)
		if !u.Served {
			back -= load[t]
		}
		cost += (u.ReductionCost*at(p.Reduced, t) + u.ReboundCost*back) * c.HoursAt(t)
	}
	b.Pay("discomfort", cost)
	return b
}

// Validate implements [Validator].
func (u *DemandResponse) Validate(set *scenario.Set) error {
	v := checks("demand response", u.ID)
	if u.Load != "" || !u.Served || u.MaxReductionShare.Given() {
		checkSeries(v, set, "Load", u.Load, math.Inf(1))
	}
	v.AtLeast("MaxReduction", u.MaxReduction.Or(0), 0, "MW")
	v.Require(u.Load != "" || u.MaxReduction.Given(),
		"MaxReduction is absent and Load is empty, want one of them to limit the load reduction")
	v.Between("MaxReductionShare", u.MaxReductionShare.Or(0), 0, 1, "of Load")
	v.AtLeast("MaxRebound", u.MaxRebound.Or(0), 0, "MW")
	v.AtLeast("MaxHours", u.MaxHours.Or(0), 0, "h")
	v.AtLeast("ReductionCost", u.ReductionCost, 0, "currency per MWh")
	v.AtLeast("ReboundCost", u.ReboundCost, 0, "currency per MWh")
	u.Calls.validate(v, clockOf(set.Grid()))
	if limit, ok := u.MaxReduction.Get(); ok && limit >= 0 && u.Calls.MinReduction > limit {
		v.Addf("Calls.MinReduction is %v MW, want at most MaxReduction, %v MW", u.Calls.MinReduction, limit)
	}
	u.validateRebound(v, set)
	u.Before.validate(v, u)
	return v.Err()
}

// Class implements [Classified].
func (u *DemandResponse) Class() Class { return ClassFlexibleLoad }

// Quantities implements [Measured].
func (u *DemandResponse) Quantities() []Quantity {
	var q quantities
	q.add(PowerOf, "MaxReduction", u.MaxReduction)
	q.add(PowerOf, "MaxRebound", u.MaxRebound)
	q.add(PowerOf, "Calls.MinReduction", u.Calls.MinReduction)
	q.add(PriceOf, "ReductionCost", u.ReductionCost)
	q.add(PriceOf, "ReboundCost", u.ReboundCost)
	return q
}
