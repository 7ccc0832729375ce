package vpp

import (
	"context"
	"math"
	"sync"
)

// knownRanges are the ranges of one plan as far as they have been computed.
type knownRanges struct {
	mu      sync.Mutex
	plan    *Plan
	ranges  Ranges
	value   bool // Integrated is known
	revenue bool // Revenue and Stated are known
}

// Ranged returns the outcome of a coalition with its ranges, see
// [Problem.Ranges]. Integrated is then the middle of its range, and AbsoluteGap
// half of its width. It plans the coalition if necessary and computes the
// ranges of a plan once. It is safe for concurrent use.
func (x *Coalitions) Ranged(ctx context.Context, s Coalition) (*Outcome, error) {
	o, err := x.Outcome(ctx, s)
	if err != nil {
		return nil, err
	}
	if o.Ranges != nil {
		return o, nil // an answer with ranges
	}
	r, err := x.complete(ctx, s)
	if err != nil {
		return nil, err
	}
	return o.WithRanges(r), nil
}

// Unranged returns an outcome with infinite ranges, for a coalition whose
// ranges are not computed.
func (o *Outcome) Unranged() *Outcome {
	r := &Ranges{Integrated: everything(), Revenue: map[int]Range{}, Stated: map[int]Range{}}
	for _, i := range o.Coalition.Members() {
		r.Revenue[i], r.Stated[i] = everything(), everything()
	}
	return o.WithRanges(r)
}

// WithRanges returns the outcome with ranges. A bounded range decides the
// value, its middle, and the absolute gap is half of its width.
func (o *Outcome) WithRanges(r *Ranges) *Outcome {
	out := *o
	out.Ranges = r
	if low, high := r.Integrated.Low, r.Integrated.High; !math.IsInf(high-low, 1) {
		out.Value.Integrated = (low + high) / 2
	}
	out.AbsoluteGap = r.Integrated.Half()
	return &out
}

// maxBounded is the number of columns above which Coalitions computes no bounds
// for a coalition with many gap-optimal integers: the linear programs of the
// bounds take far longer than its search. Their ranges are then infinite;
// [Problem.Ranges] has no such limit.
const maxBounded = 5000

func large(plan *Plan) bool { return len(plan.Solution.Values) > maxBounded }

// complete computes the missing ranges of a coalition. A call after an error
// continues with them.
func (x *Coalitions) complete(ctx context.Context, s Coalition) (*Ranges, error) {
	plan, err := x.Plan(ctx, s)
	if err != nil {
		return nil, err
	}
	x.mu.Lock()
	k := x.ranges[s]
	if k == nil || k.plan != plan {
		k = &knownRanges{plan: plan}
		x.ranges[s] = k
	}
	x.mu.Unlock()

	k.mu.Lock()
	defer k.mu.Unlock()
	problem := x.problem
	problem.Members = x.members(s)
	if !k.value {
		found, listed, err := problem.listed(ctx, x.solver, plan)
		switch {
		case err != nil || listed:
		case large(plan):
			found.Integrated = everything()
		default:
			found.Integrated, err = problem.boundedValue(ctx, x.solver, plan)
		}
		if err != nil {
			return nil, failed(problem.VPP.Name, s.Size(), err)
		}
		k.ranges, k.value, k.revenue = *found, true, listed
		k.ranges.Stated = x.renumbered(s, found.Stated)
		k.ranges.Revenue = x.renumbered(s, problem.withInside(plan, found.Stated))
	}
	if !k.revenue {
		stated := make(map[int]Range, s.Size())
		for no := range problem.Members {
			stated[no] = everything()
		}
		if !large(plan) {
			if stated, err = problem.boundedRevenue(ctx, x.solver, plan); err != nil {
				return nil, failed(problem.VPP.Name, s.Size(), err)
			}
		}
		k.ranges.Stated = x.renumbered(s, stated)
		k.ranges.Revenue, k.revenue = x.renumbered(s, problem.withInside(plan, stated)), true
	}
	out := k.ranges
	return &out, nil
}

// renumbered returns amounts by number in the coalition as amounts by number of
// the DER.
func (x *Coalitions) renumbered(s Coalition, amounts map[int]Range) map[int]Range {
	out := make(map[int]Range, len(amounts))
	for k, i := range s.Members() {
		if r, ok := amounts[k]; ok {
			out[i] = r
		}
	}
	return out
}

// PayoffRanges returns the ranges of the payoffs of [Payoffs],
//
//	U_i ∈ R_i + θ (share_i ± tolerance)
//
// from outcomes with ranges: those of [Coalitions.Ranged]; a run passes those
// of [ShareableRanges]. The shares are those at the middle of the values, and
// the tolerance is that of the rule if each value changes by half the width of
// its range.
//
// [ByService] can share by contributions from schedules, which have no range.
// If the schedule of a compared coalition is not certain, see
// [Ranges.Schedules], each part is between 0 and 1.
func PayoffRanges(s Coalition, of Outcomes, rule Sharing, theta float64) map[int]Range {
	var (
		shares    = rule.Shares(s, of)
		tolerance = rule.Tolerance(s, of)
		out       = make(map[int]Range, s.Size())
		uncertain = false
	)
	if service, ok := rule.(ByService); ok && service.Contribution != Worth {
		for _, t := range Required(rule, s) {
			uncertain = uncertain || of(t).Ranges.Schedules != 1
		}
	}
	for _, i := range s.Members() {
		share := Range{shares[i], shares[i]}
		if uncertain {
			gain := Gain(s, of)
			share = Range{min(0, gain), max(0, gain)}
		}
		own := of(s).Ranges.Revenue[i]
		if theta > 0 {
			share = share.widened(tolerance)
			own.Low, own.High = own.Low+theta*share.Low, own.High+theta*share.High
		}
		out[i] = own
	}
	return out
}
