package vpp

import "math"

// ByService divides the gain in proportion to the contributions g_i to the
// regulation service,
//
//	φ_i = g_i / Σ_j g_j,  share_i = φ_i W(S)
//
// For example, contributions of 3 and 1 MWh divide a gain of 100 into 75 and
// 25. The rule does not guarantee a pure Nash equilibrium. A negative gain is
// paid mostly by the largest contributor.
//
// Source: Dong, Wang, Yang, Shi, J. Renew. Sustain. Energy 18, 015306 (2026),
// as described by its public summary, which defines neither g_i nor the
// division if all contributions are 0. Contribution and Idle select both.
type ByService struct {
	Contribution Contribution
	Idle         Idle // if all contributions are 0
}

// Contribution is a definition of the contribution g_i to the regulation
// service.
type Contribution int

const (
	// Reduction is g_i = max(0, D(S∖i) − D(S)), the reduction of the expected
	// absolute deviation D by member i, MWh. The default.
	Reduction Contribution = iota
	// Delivered is the energy of member i that offsets the deviation of the
	// others, MWh.
	Delivered
	// Worth is g_i = max(0, V(S) − V(S∖i)), currency. Unlike [Marginal], it
	// divides the actual gain.
	Worth
)

// Idle selects the use of the gain if all contributions are 0.
type Idle int

const (
	// SplitEqually pays each member the same amount. The default.
	SplitEqually Idle = iota
	// ShareNothing leaves the gain or loss with the VPP. The budget is then not
	// balanced.
	ShareNothing
)

// Shares implements [Sharing].
func (r ByService) Shares(s Coalition, of Outcomes) map[int]float64 {
	var (
		members     = s.Members()
		gain        = Gain(s, of)
		weight, sum = r.contributions(s, of)
		out         = make(map[int]float64, len(members))
	)
	for _, i := range members {
		switch {
		case sum > 0:
			out[i] = gain * weight[i] / sum
		case r.Idle == SplitEqually:
			out[i] = gain / float64(len(members))
		default:
			out[i] = 0
		}
	}
	return out
}

// contributions returns the g_i and their sum.
func (r ByService) contributions(s Coalition, of Outcomes) (g map[int]float64, sum float64) {
	here := of(s)
	g = make(map[int]float64, s.Size())
	for _, i := range s.Members() {
		switch r.Contribution {
		case Delivered:
			g[i] = max(0, here.Service[i])
		case Worth:
			g[i] = max(0, here.Value.Integrated-of(s.Without(i)).Value.Integrated)
		default:
			g[i] = max(0, of(s.Without(i)).Deviation-here.Deviation)
		}
		sum += g[i]
	}
	return g, sum
}

// Tolerance implements [Sharing]. Contributions that come from schedules count
// as exact. A contribution of [Worth] has the error δ_i, the sum of two
// absolute gaps. The errors change φ by at most Σδ / (Σg − Σδ), and never by
// more than 1.
func (r ByService) Tolerance(s Coalition, of Outcomes) float64 {
	gap := of(s).AbsoluteGap + of(0).AbsoluteGap // of the gain
	if r.Contribution != Worth {
		return gap
	}
	_, sum := r.contributions(s, of)
	errors := 0.0 // Σδ
	for _, i := range s.Members() {
		errors += of(s).AbsoluteGap + of(s.Without(i)).AbsoluteGap
	}
	change := 0.0 // of φ
	switch {
	case errors > 0 && sum > errors:
		change = min(1, errors/(sum-errors))
	case errors > 0:
		change = 1
	}
	return gap + change*(math.Abs(Gain(s, of))+gap)
}

// String returns the name of the rule with its contribution.
func (r ByService) String() string {
	switch r.Contribution {
	case Delivered:
		return "regulation service (energy delivered)"
	case Worth:
		return "regulation service (value lost without the member)"
	}
	return "regulation service (deviation reduced)"
}
