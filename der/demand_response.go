package der

import (
	"math"

	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/scenario"
)

// DemandResponse is a load that can be cut for a while and comes back later.
//
//	N_t = L_t − c_t + r_t                                       metered load, MW
//	0 ≤ c_t ≤ min(C, α L_t) k_t,   0 ≤ r_t ≤ R                  curtailment and rebound
//	r follows from c by one of the [Rebound] readings; κ MWh come back per MWh cut
//	Σ_t k_t Δ ≤ H                                               hours with curtailment
//	cost = Σ_t (c_cut c_t + c_shift r_t) Δ                      discomfort of its owner
//	benefit = tariff payment for c and for the energy N + c taken out, less deviations − cost
//
// k_t is 1 unless curtailment is called the day before (DayAheadCalls) or its hours or calls are limited
// (MaxHours, Calls). The reduction that is paid for is c_t, measured against the load that would have been
// metered without it, L_t + r_t.
//
// Without Served the unit brings its load: it takes out L + r and counts c as reduction. With Served it
// stands for the flexibility of a load that its VPP serves already: only c and r enter.
//
// Source: J. Renew. Sustain. Energy 18, 015306 (2026) for the balance of total curtailment and total
// rebound and the payment for verified reduction; its course in time has the readings of [Rebound].
type DemandResponse struct {
	ID     string
	Load   string // series of the load L, MW; may be empty where Served and Share is 0
	Served bool   // the VPP serves Load already

	MaxReduction      float64 // C ≥ 0, MW. 0: limited by Load alone
	MaxReductionShare float64 // α, (0, 1], largest share of Load that can be cut. 0: all of it
	MaxRebound        float64 // R ≥ 0, MW. 0: no limit

	Rebound        Rebound   // how the energy comes back; ReboundRecursive by default
	ReboundRatio   float64   // κ > 0, MWh back per MWh cut. 0: 1, or 0.4 under ReboundDecaying
	ReboundWeights []float64 // b_1, b_2, … of ReboundRecursive, sum 1. Nil: 0.6, 0.3, 0.1
	ReboundHours   float64   // of one stage of ReboundRecursive or of all of ReboundDecaying. 0: 1 h
	Close          Close     // what happens to rebound after the horizon; CloseByWrap by default

	DayAheadCalls bool    // which steps may curtail is decided the day before, the same in all scenarios
	MaxHours      float64 // H, most hours with curtailment in the horizon. 0: no limit
	Calls         Calls   // how long and how often it may be cut; no limits by default

	ReductionCost float64 // c_cut ≥ 0, currency per MWh cut
	ReboundCost   float64 // c_shift ≥ 0, currency per MWh that comes back
}

var (
	_ DER       = (*DemandResponse)(nil)
	_ Validator = (*DemandResponse)(nil)
)

// Name implements [DER].
func (u *DemandResponse) Name() string { return u.ID }

// Model implements [DER]. Its columns are "curtailed(s,t)" and "rebound(s,t)"; where calls are limited
// or must be kept apart from rebound, binaries "call(t)" or "call(s,t)".
func (u *DemandResponse) Model(m *milp.Model, on milp.Expr, c Context) []Terms {
	var (
		dt    = c.Hours()
		out   = c.NewTerms()
		calls []milp.Expr
	)
	if u.DayAheadCalls {
		calls = u.calls(m, c.FirstStage(u.ID), on, c)
	}
	for s := range out {
		at := c.Namer(u.ID, s)
		if !u.DayAheadCalls && (u.MaxHours > 0 || u.Calls.limited() || u.Rebound.shifts()) {
			calls = u.calls(m, at, on, c)
		}
		load := u.load(c, s)
		most := u.limits(load, c)
		peak := u.largestRebound(most)
		cut, back := make([]milp.Expr, c.Steps()), make([]milp.Expr, c.Steps())
		for t := range c.Steps() {
			mayCut, mayReturn := on, on
			if calls != nil {
				mayCut = calls[t]
			}
			if calls != nil && u.Rebound.shifts() {
				mayReturn = on.Minus(calls[t])
			}
			cut[t] = upTo(m, at("curtailed", t), most[t], mayCut)
			if u.Calls.MinReduction > 0 {
				m.AtLeast(at("curtailed_least", t), cut[t], mayCut.Times(u.Calls.MinReduction))
			}
			back[t] = upTo(m, at("rebound", t), peak, mayReturn)

			out[s].Reduce(t, cut[t])
			out[s].Withdraw(t, back[t])
			if !u.Served {
				out[s].Withdraw(t, on.Times(load[t]))
			}
			out[s].Cost.Add(cut[t].Times(u.ReductionCost*dt), back[t].Times(u.ReboundCost*dt))
			out[s].Watch("rebound", "MW", t, back[t])
		}
		u.rebound(m, at, cut, back, c)
	}
	return out
}

// calls adds the binaries k_t and their limits.
func (u *DemandResponse) calls(m *milp.Model, at func(string, int) milp.Name, on milp.Expr, c Context) []milp.Expr {
	k := make([]milp.Expr, c.Steps())
	for t := range k {
		k[t] = switched(m, at("call", t), on)
	}
	if u.MaxHours > 0 {
		m.AtMost(at("call_hours", c.Steps()-1), milp.Sum(k...).Times(c.Hours()), on.Times(u.MaxHours))
	}
	if u.Calls.limited() {
		u.Calls.state(m, at, k, c.Hours())
	}
	return k
}

// load returns the unit's load in a scenario, MW; nil where it has none of its own.
func (u *DemandResponse) load(c Context, s int) []float64 {
	if u.Load == "" {
		return nil
	}
	return c.Set.Path(u.Load, s)
}

// limits returns the most that can be cut in each step, MW.
func (u *DemandResponse) limits(load []float64, c Context) []float64 {
	most := make([]float64, c.Steps())
	open := c.Steps()
	if u.Close == CloseByBan {
		open -= len(u.kernel(c.Hours()))
	}
	for t := range max(open, 0) {
		most[t] = math.Inf(1)
		if load != nil {
			most[t] = load[t]
			if u.MaxReductionShare > 0 {
				most[t] *= u.MaxReductionShare
			}
		}
		if u.MaxReduction > 0 {
			most[t] = min(most[t], u.MaxReduction)
		}
	}
	return most
}

// largestRebound returns R or, where it is not limited, the most that could ever come back in one step.
func (u *DemandResponse) largestRebound(most []float64) float64 {
	peak, sum := 0.0, 0.0
	for _, mw := range most {
		peak = max(peak, mw)
		sum += mw
	}
	switch {
	case u.Rebound == ReboundNone:
		return 0
	case u.MaxRebound > 0:
		return u.MaxRebound
	case u.Rebound.shifts():
		return u.ratio() * sum
	}
	return u.ratio() * peak
}

// Benefit implements [DER]; its items are the payment's and "discomfort".
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
		cost += (u.ReductionCost*at(p.Reduced, t) + u.ReboundCost*back) * c.Hours()
	}
	b.Pay("discomfort", cost)
	return b
}

// Validate implements [Validator].
func (u *DemandResponse) Validate(set *scenario.Set) error {
	v := checks("demand response", u.ID)
	if u.Load != "" || !u.Served || u.MaxReductionShare > 0 {
		checkSeries(v, set, "Load", u.Load, math.Inf(1))
	}
	v.AtLeast("MaxReduction", u.MaxReduction, 0, "MW")
	if u.Load == "" && u.MaxReduction == 0 {
		v.Addf("MaxReduction is 0 and Load is empty, want one of them to limit the load reduction")
	}
	v.Between("MaxReductionShare", u.MaxReductionShare, 0, 1, "of Load")
	v.AtLeast("MaxRebound", u.MaxRebound, 0, "MW")
	v.AtLeast("MaxHours", u.MaxHours, 0, "h")
	v.AtLeast("ReductionCost", u.ReductionCost, 0, "currency per MWh")
	v.AtLeast("ReboundCost", u.ReboundCost, 0, "currency per MWh")
	u.Calls.validate(v, set.Hours())
	if u.MaxReduction > 0 && u.Calls.MinReduction > u.MaxReduction {
		v.Addf("Calls.MinReduction is %v MW, want at most MaxReduction, %v MW", u.Calls.MinReduction, u.MaxReduction)
	}
	u.validateRebound(v, set)
	return v.Err()
}
