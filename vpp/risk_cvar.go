package vpp

import (
	"github.com/trigrid/trigrid/cvar"
	"github.com/trigrid/trigrid/milp"
)

// CVaR is the conditional value at risk of the losses, the mean of the worst 1 − Confidence of them: see
// package cvar. It is convex, coherent and a linear program.
type CVaR struct {
	Confidence float64 // in [0, 1]: 0 is the expectation, 1 the worst case
}

var _ interface {
	Risk
	Quantile
} = CVaR{}

// Add implements [Risk].
func (r CVaR) Add(m *milp.Model, unit string, loss []milp.Expr, probability []float64) (milp.Expr, error) {
	tail, err := cvar.Measure(r).AddLosses(m, milp.At(unit, "risk"), loss, probability)
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

// Density implements [Risk]: the tail counts 1/(1−c) times; +Inf for the worst case.
func (r CVaR) Density() float64 { return 1 / (1 - r.Confidence) }

// Validate reports a confidence that is none.
func (r CVaR) Validate() error { return cvar.Measure(r).Validate() }
