package vpp

import "math"

// ByService shares in proportion to what each member contributes to the regulation service,
//
//	φ_i = g_i / Σ_j g_j,  share_i = φ_i W(S)
//
// the rule of the JRSE 2026 paper as its summary tells it (Dong, Wang, Yang, Shi, JRSE 18, 015306); the
// contribution g_i is not defined there, nor what happens where nobody contributes. The rule guarantees no
// pure Nash equilibrium, and a negative gain falls hardest on the best contributor.
type ByService struct {
	Contribution Contribution
	Idle         Idle // where no member contributes
}

// Contribution is a reading of "contribution to the regulation service".
type Contribution int

const (
	// Reduction is g_i = max(0, D(S∖i) − D(S)), by how much the member lowers the expected absolute
	// deviation D. The default.
	Reduction Contribution = iota
	// Delivered is the energy that the member delivers in the direction that reduces the deviation.
	Delivered
	// Worth is g_i = max(0, V(S) − V(S∖i)), what the coalition would lose without the member. Unlike
	// [Marginal] it divides the gain that there is.
	Worth
)

// Idle says what becomes of the gain of a coalition in which no member contributes.
type Idle int

const (
	// SplitEqually gives every member the same. The default.
	SplitEqually Idle = iota
	// ShareNothing leaves the gain, or the loss, with the plant; the budget does not balance then.
	ShareNothing
)

// Shares implements [Sharing].
func (r ByService) Shares(s Coalition, of Outcomes) map[int]float64 {
	var (
		units       = s.Members()
		gain        = Gain(s, of)
		weight, sum = r.contributions(s, of)
		out         = make(map[int]float64, len(units))
	)
	for _, i := range units {
		switch {
		case sum > 0:
			out[i] = gain * weight[i] / sum
		case r.Idle == SplitEqually:
			out[i] = gain / float64(len(units))
		default:
			out[i] = 0
		}
	}
	return out
}

// contributions returns g_i and their sum.
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

// Spread implements [Sharing]. Contributions that come from schedules are taken as they are. Those of
// [Worth] are off by δ_i, what the two coalitions left open, which moves φ by no more than
// Σδ / (Σg − Σδ), nor by more than 1.
func (r ByService) Tolerance(s Coalition, of Outcomes) float64 {
	open := of(s).AbsoluteGap + of(0).AbsoluteGap
	if r.Contribution != Worth {
		return open
	}
	_, sum := r.contributions(s, of)
	loose := 0.0
	for _, i := range s.Members() {
		loose += of(s).AbsoluteGap + of(s.Without(i)).AbsoluteGap
	}
	moved := 0.0
	switch {
	case loose > 0 && sum > loose:
		moved = min(1, loose/(sum-loose))
	case loose > 0:
		moved = 1
	}
	return open + moved*(math.Abs(Gain(s, of))+open)
}

func (r ByService) String() string {
	switch r.Contribution {
	case Delivered:
		return "regulation service (energy delivered)"
	case Worth:
		return "regulation service (value lost without the member)"
	}
	return "regulation service (deviation reduced)"
}
