package vpp

import (
	"github.com/trigrid/trigrid/cvar"
	"github.com/trigrid/trigrid/milp"
)

// CVaR is the conditional value at risk: the mean of the worst 1 − α of the
// losses, with α = Confidence. For example, CVaR{0.5} of the equally likely
// losses 0 and 150 is 150. It is coherent, and a linear program states it:
//
//	CVaR_α(L) = min_z z + Σ_s π_s max(0, L_s − z) / (1 − α)
//
// Source: Rockafellar, Uryasev, Optimization of conditional value-at-risk, J.
// Risk 2 (2000), theorem 1.
type CVaR struct {
	Confidence float64 // α in [0, 1]: 0 is the expectation, 1 the worst case
}

var _ interface {
	Risk
	Quantile
} = CVaR{}

// Add implements [Risk].
func (r CVaR) Add(m *milp.Model, name string, loss []milp.Expr, probability []float64) (milp.Expr, error) {
	tail, err := cvar.Measure(r).AddLosses(m, milp.At(name, "risk"), loss, probability)
	return tail.CVaR, err
}

// Of implements [Risk].
func (r CVaR) Of(loss, probability []float64) (float64, error) {
	risk, err := cvar.Measure(r).OfLosses(loss, probability)
	return risk.CVaR, err
}

// VaR implements [Quantile].
func (r CVaR) VaR(loss, probability []float64) (float64, error) {
	risk, err := cvar.Measure(r).OfLosses(loss, probability)
	return risk.VaR, err
}

// Density implements [Risk]. It returns 1/(1−α), and +Inf for the worst case.
func (r CVaR) Density() float64 { return 1 / (1 - r.Confidence) }

// Validate returns an error if the confidence is outside [0, 1].
func (r CVaR) Validate() error { return cvar.Measure(r).Validate() }
