package home

import (
	"context"

	"github.com/trigrid/trigrid/milp"
)

// preference is an objective to maximise among plans of equal money.
type preference struct {
	objective milp.Expr
	slack     float64 // by which later preferences may fall short of its optimum
}

// preferences returns the objectives that the request asks for, in the order of [Request].
func (p *program) preferences() []preference {
	var out []preference
	r := p.r
	n := r.Steps()
	early := func(t int) float64 { return float64(n-t) / float64(n) }

	var peaks milp.Expr
	if r.Charging == AttenuateDemandPeaks || r.Charging == AttenuateGridPeaks {
		peaks.Add(p.peakOf("import_peak", p.imports, p.importsAbove))
	}
	if r.Charging == AttenuateFeedInPeaks || r.Charging == AttenuateGridPeaks {
		peaks.Add(p.peakOf("export_peak", p.exports))
	}
	if !peaks.IsConst() {
		out = append(out, preference{peaks.Times(-1), 1e-3}) // W
	}
	var flows, favoured milp.Expr
	for t := range n {
		if r.Charging == ChargeBeforeExport {
			flows.Add(p.exports[t].Times(-early(t)), p.exportsLost[t].Times(-early(t)))
		}
		if r.Discharging == DischargeBeforeImport {
			flows.Add(p.imports[t].Times(-early(t)), p.importsAbove[t].Times(-early(t)))
		}
		for i, b := range r.Batteries {
			if b.Priority > 0 {
				favoured.Add(milp.Sum(p.batteries[i].charge[t], p.batteries[i].discharge[t]).Times(b.Priority * early(t)))
			}
		}
	}
	for _, e := range []milp.Expr{flows, favoured} {
		if !e.IsConst() {
			out = append(out, preference{e, 1e-3}) // Wh
		}
	}
	return out
}

// peakOf returns the highest power of the sum of flows, W.
func (p *program) peakOf(name string, flows ...[]milp.Expr) milp.Expr {
	powers := []milp.Expr{milp.Const(0)}
	for t := range p.r.Steps() {
		var sum milp.Expr
		for _, f := range flows {
			sum.Add(f[t])
		}
		powers = append(powers, sum.Times(1/p.r.hours(t)))
	}
	return p.m.Ceiling(milp.Named(name), powers...)
}

// stored returns Σ_t Σ_b s.
func (p *program) stored() milp.Expr {
	var sum milp.Expr
	for _, c := range p.batteries {
		sum.Add(c.state...)
	}
	return sum
}

// prefer maximises a preference and adds its optimum as a row, so that later ones keep it.
func (s *search) prefer(ctx context.Context, x preference) error {
	s.m.Maximize(x.objective)
	s.m.ClearProposals()
	for j, value := range s.values {
		s.m.Propose(s.m.VarAt(j), value)
	}
	found, err := s.solve(ctx, s.m)
	if err != nil {
		return err
	}
	values := found.Values
	if found.Err() != nil {
		values = s.values // the plan so far keeps every row
	}
	s.answer.Preferred = s.answer.Preferred && found.Status == milp.Optimal
	best, err := s.settle(ctx, values)
	if err != nil {
		return err
	}
	s.m.AtLeast(milp.Named("preference"), x.objective, milp.Const(best-x.slack))
	return nil
}
