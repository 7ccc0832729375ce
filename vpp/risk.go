package vpp

import "github.com/trigrid/trigrid/milp"

// Risk is a risk measure of the losses of the scenarios. It must be convex,
// nondecreasing in each loss, and safe for concurrent use. [CVaR] is the
// default. A caller can implement another measure, such as the semideviation.
type Risk interface {
	// Add adds the measure to a program that minimises it and returns it as an
	// expression. loss has one expression per scenario, currency. The names of
	// all columns and rows begin with name.
	Add(m *milp.Model, name string, loss []milp.Expr, probability []float64) (milp.Expr, error)
	// Of returns the measure of given losses, currency.
	Of(loss, probability []float64) (float64, error)
	// Density returns the largest growth of the measure per unit of loss in one
	// scenario, divided by the probability of the scenario; +Inf if it is
	// unbounded. The expectation has density 1.
	Density() float64
}

// Quantile is implemented by measures with a value at risk, which [Value] then
// reports.
type Quantile interface {
	VaR(loss, probability []float64) (float64, error)
}

// DefaultConfidence is the confidence of the CVaR in a setting without a risk
// measure.
const DefaultConfidence = 0.95

// risk returns the risk measure or its default.
func (c Setting) risk() Risk {
	if c.Risk == nil {
		return CVaR{Confidence: DefaultConfidence}
	}
	return c.Risk
}
