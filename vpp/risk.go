package vpp

import "github.com/trigrid/trigrid/milp"

// Risk measures the cost that a distribution of losses threatens with. It must be convex, grow with
// every loss, and be safe for concurrent use. [CVaR] is the default; a measure of one's own needs only
// these methods.
type Risk interface {
	// Add states the measure for a program in which it is minimised, one loss per scenario, and returns
	// it. Names of what it adds start with unit.
	Add(m *milp.Model, unit string, loss []milp.Expr, probability []float64) (milp.Expr, error)
	// Of returns the measure of given losses, currency.
	Of(loss, probability []float64) (float64, error)
	// Density is the most that the measure can grow per unit of loss in one scenario, relative to the
	// scenario's probability; +Inf where that is not bounded.
	Density() float64
}

// Quantile is implemented by measures that go with a value at risk, which is then reported beside them.
type Quantile interface {
	VaR(loss, probability []float64) (float64, error)
}

// DefaultConfidence is the confidence of the CVaR that a setting without a risk measure uses.
const DefaultConfidence = 0.95

func (c Setting) risk() Risk {
	if c.Risk == nil {
		return CVaR{Confidence: DefaultConfidence}
	}
	return c.Risk
}
