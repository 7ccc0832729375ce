package vpp

import (
	"slices"

	"github.com/trigrid/trigrid/milp"
)

// CVaR is the conditional value at risk of the losses, the mean of the worst 1 − Confidence of them.
type CVaR struct {
	Confidence float64 // in (0, 1); 0 is DefaultConfidence
}

// Add implements [Risk].
func (r CVaR) Add(m *milp.Model, unit string, loss []milp.Expr, probability []float64) milp.Expr {
	z := m.Var(milp.At(unit, "var"), -milp.Inf, milp.Inf)
	out := z.Expr()
	for s := range loss {
		e := m.Var(milp.At(unit, "excess", s), 0, milp.Inf)
		m.AtLeast(milp.At(unit, "excess", s), e.Expr(), loss[s].Minus(z.Expr()))
		out = out.Plus(e.Times(probability[s] / (1 - r.Confidence)))
	}
	return out
}

// Of implements [Risk].
func (r CVaR) Of(loss, probability []float64) float64 {
	idx := make([]int, len(loss))
	for i := range idx {
		idx[i] = i
	}
	slices.SortFunc(idx, func(a, b int) int {
		if loss[a] > loss[b] {
			return -1
		}
		return 1
	})
	left, sum := 1-r.Confidence, 0.0
	for _, i := range idx {
		p := min(left, probability[i])
		sum += p * loss[i]
		left -= p
	}
	return sum / (1 - r.Confidence)
}

// Density implements [Risk].
func (r CVaR) Density() float64 { return 1 / (1 - r.Confidence) }
