package cvar

import (
	"errors"
	"fmt"

	"github.com/trigrid/trigrid/milp"
)

// Tail is conditional value at risk inside a program.
type Tail struct {
	CVaR milp.Expr
	// VaR is the variable z of the formulation; at an optimum that presses on CVaR it is a value at risk.
	// With confidence 0 there is none and the expression is 0.
	VaR milp.Expr
	// Excess has one variable per scenario: by how much it is worse than VaR. nil with confidence 0 and 1.
	Excess []milp.Var
}

// AddLosses adds the CVaR of losses, one expression per scenario, to a program:
//
//	CVaR = z + Σ_s π_s η_s / (1 − c),    η_s ≥ L_s − z,    η_s ≥ 0
//
// (Rockafellar and Uryasev, Journal of Risk 2, 2000). It is exact where the objective, or a
// constraint that binds, presses CVaR down; elsewhere it is an upper bound. With confidence 0 the result is
// the expectation and nothing is added; with confidence 1 it is a variable z ≥ L_s.
//
// Columns are named after name with the endings "_var" and "_excess" (by scenario), rows with "_tail".
// Probabilities are refused as in [Measure.OfLosses].
func (m Measure) AddLosses(p *milp.Model, name milp.Name, losses []milp.Expr, probability []float64) (Tail, error) {
	if err := errors.Join(m.Validate(), validateProbability(len(losses), probability)); err != nil {
		return Tail{}, fmt.Errorf("%v: %w", name, err)
	}
	return m.add(p, name, losses, probability), nil
}

// AddProfits adds the CVaR of profits, the mean of the smallest:
//
//	CVaR = z − Σ_s π_s η_s / (1 − c),    η_s ≥ z − V_s,    η_s ≥ 0
//
// It is exact where CVaR is pressed up and a lower bound elsewhere; see [Measure.AddLosses].
func (m Measure) AddProfits(p *milp.Model, name milp.Name, profits []milp.Expr, probability []float64) (Tail, error) {
	losses := make([]milp.Expr, len(profits))
	for s, v := range profits {
		losses[s] = v.Times(-1)
	}
	tail, err := m.AddLosses(p, name, losses, probability)
	tail.CVaR, tail.VaR = tail.CVaR.Times(-1), tail.VaR.Times(-1)
	return tail, err
}

func (m Measure) add(p *milp.Model, name milp.Name, losses []milp.Expr, probability []float64) Tail {
	if m.Confidence == 0 {
		var mean milp.Expr
		for s, loss := range losses {
			mean.Add(loss.Times(probability[s]))
		}
		return Tail{CVaR: mean}
	}
	rowName := name.Quantity + "_tail"
	// z has no bounds although the range of the losses offers some: that range changes with the bounds of
	// the variables, which a caller may switch later.
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
