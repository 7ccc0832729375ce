package cvar

import (
	"fmt"

	"github.com/trigrid/trigrid/milp"
)

// Tail is conditional value at risk inside a program. Its expressions can be
// used in the objective and in further rows.
type Tail struct {
	// CVaR is the expression of the measure, in the unit and sign of the
	// values.
	CVaR milp.Expr
	// VaR is the variable z of the formulation. At an optimum in which CVaR
	// matters it is a value at risk. With confidence 0 it is the constant 0.
	VaR milp.Expr
	// Excess has one variable η_s per scenario: the part of the loss beyond
	// VaR. It is nil with confidence 0 and 1.
	Excess []milp.Var
}

// AddLosses adds the CVaR of losses to a program, with one expression L_s and
// one probability π_s per scenario:
//
//	CVaR = z + Σ_s π_s η_s / (1 − c)
//	η_s ≥ L_s − z,   η_s ≥ 0               row "tail(s)", column "excess(s)"
//
// Source: Rockafellar and Uryasev, Journal of Risk 2 (2000). The expression
// equals CVaR if the objective or a binding row pushes it down; otherwise it is
// an upper bound. With confidence 0 it is the expectation and adds no rows or
// columns. With confidence 1 it is a variable z with z ≥ L_s for every scenario
// of positive probability.
//
// Names begin with name: AddLosses(p, milp.At("vpp", "risk"), …) adds the
// columns "vpp.risk_var" and "vpp.risk_excess(s)" and the rows
// "vpp.risk_tail(s)". Invalid input returns an error and adds nothing;
// probabilities are checked as in [Measure.OfLosses].
func (m Measure) AddLosses(p *milp.Model, name milp.Name, losses []milp.Expr, probability []float64) (Tail, error) {
	bad := violations()
	bad.Add(m.Validate())
	bad.Add(validateProbability(len(losses), probability))
	if err := bad.Err(); err != nil {
		return Tail{}, fmt.Errorf("%v: %w", name, err)
	}
	return m.add(p, name, losses, probability), nil
}

// AddProfits adds the CVaR of profits V_s, the mean of the smallest, to a
// program:
//
//	CVaR = z − Σ_s π_s η_s / (1 − c)
//	η_s ≥ z − V_s,   η_s ≥ 0
//
// The expression equals CVaR if the objective or a binding row pushes it up;
// otherwise it is a lower bound. Names and errors are those of
// [Measure.AddLosses].
func (m Measure) AddProfits(p *milp.Model, name milp.Name, profits []milp.Expr, probability []float64) (Tail, error) {
	losses := make([]milp.Expr, len(profits))
	for s, v := range profits {
		losses[s] = v.Times(-1)
	}
	tail, err := m.AddLosses(p, name, losses, probability)
	tail.CVaR, tail.VaR = tail.CVaR.Times(-1), tail.VaR.Times(-1)
	return tail, err
}

// add adds the columns and rows of AddLosses for input that has been checked.
func (m Measure) add(p *milp.Model, name milp.Name, losses []milp.Expr, probability []float64) Tail {
	if m.Confidence == 0 {
		var mean milp.Expr
		for s, loss := range losses {
			mean.Add(loss.Times(probability[s]))
		}
		return Tail{CVaR: mean}
	}
	rowName := name.Quantity + "_tail"
	// The range of the losses would give bounds on z. z has none, because that
	// range changes with the bounds of the variables, which the caller may
	// change later.
	z := p.Var(milp.At(name.Owner, name.Quantity+"_var"), -milp.Inf, milp.Inf).Expr()
	if m.Confidence == 1 {
		for s, loss := range losses {
			if probability[s] > 0 {
				p.AtLeast(milp.At(name.Owner, rowName, s), z, loss)
			}
		}
		return Tail{CVaR: z, VaR: z}
	}
	out := Tail{CVaR: z, VaR: z, Excess: make([]milp.Var, len(losses))}
	columnName := name.Quantity + "_excess"
	for s, loss := range losses {
		excess := p.Var(milp.At(name.Owner, columnName, s), 0, milp.Inf)
		p.AtLeast(milp.At(name.Owner, rowName, s), excess.Expr().Plus(z), loss)
		out.CVaR.Add(excess.Times(probability[s] / (1 - m.Confidence)))
		out.Excess[s] = excess
	}
	return out
}
