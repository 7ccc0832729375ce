package operate

import (
	"context"
	"slices"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/vpp"
)

// relief stands for the demand of a VPP that is not served. It is no party: it
// exists in programs only, and its plan is removed before the members are read.
//
//	0 ≤ u_t ≤ U_t     electricity not served, MW; U_t is the demand of the VPP and of its loads
//	0 ≤ h_t ≤ H_t     heat not served, MW; H_t is the demand of its heat loads
type relief struct {
	id          string
	power, heat []float64 // U and H per step
}

// Name implements [der.DER].
func (u *relief) Name() string { return u.id }

// Model implements [der.DER]. Its columns are "power(s,t)" and "heat(s,t)". A
// step without demand has none.
func (u *relief) Model(m *milp.Model, on milp.Expr, c der.Context) []der.Terms {
	out := c.NewTerms()
	heated := slices.Max(u.heat) > 0
	for s := range out {
		at := c.Namer(u.id, s)
		for t := range c.Steps() {
			out[s].Inject(t, m.Var(at("power", t), 0, u.power[t]).Expr())
			if heated {
				out[s].SupplyHeat(t, m.Var(at("heat", t), 0, u.heat[t]).Expr())
			}
		}
	}
	return out
}

// Benefit implements [der.DER]. Energy that is not served has no owner.
func (u *relief) Benefit(realised der.Schedule, c der.Context, s int) der.Benefit {
	return c.Payment(realised, s)
}

// newRelief returns the largest relief of a VPP over the steps of a set of one
// scenario.
func (x *vppDay) newRelief(p vpp.Problem) *relief {
	set := p.Setting.Set
	u := &relief{id: "energy not served", power: make([]float64, set.Steps()), heat: make([]float64, set.Steps())}
	for slices.ContainsFunc(p.Members, func(d der.DER) bool { return d.Name() == u.id }) {
		u.id += "'"
	}
	for t := range u.power {
		if p.VPP.Demand != "" {
			u.power[t] = max(0, set.At(p.VPP.Demand, 0, t))
		}
		for _, d := range p.Members {
			power, heat := demanded(d, set, t)
			u.power[t] += power
			u.heat[t] += heat
		}
	}
	return u
}

// demanded returns the demand of the loads of a DER in step t of a set of one
// scenario, MW: those of a fleet and of the parts of a site, too.
func demanded(d der.DER, set *scenario.Set, t int) (power, heat float64) {
	for _, part := range der.PartsOf(d) {
		unit, n := single(part)
		load, ok := unit.(*der.Load)
		if !ok {
			continue
		}
		switch mw := n * max(0, set.At(load.Demand, 0, t)); load.Port {
		case der.Electricity:
			power += mw
		case der.Heat:
			heat += mw
		}
	}
	return power, heat
}

// relieved solves the window from step t on with the least demand that is not
// served, for a set of one scenario. Two programs find it, so that no price of
// lost load is needed, and a third one if reserve was sold:
//
//  1. minimise Σ_t (u_t + h_t) Δ over all rules of the VPP, with any reserve;
//  2. maximise Σ_t R_t Δ, at most the reserve that was sold, with u_t and h_t
//     at most those of the first program;
//  3. maximise the objective with these u_t, h_t and R_t.
//
// For example, a demand of 12 MW with 11 MW of supply has u = 1 MW at any
// prices, and holds no reserve. It returns an error that wraps
// [milp.ErrInfeasible] if serving no demand does not help.
func (x *vppDay) relieved(ctx context.Context, set *scenario.Set, t int, why error) (*vpp.Plan, error) {
	p, err := x.problem(set, t, x.state)
	if err != nil {
		return nil, err
	}
	u := x.newRelief(p)
	p.Members = append(slices.Clone(p.Members), u)
	sold := p.VPP.Offered
	p.VPP.Offered = nil
	x.r.count(2, 0)
	least, err := p.SolvePrepared(ctx, x.r.solver, func(program *vpp.Program) error {
		var sum milp.Expr
		for j := range program.Model.Vars() {
			if v := program.Model.VarAt(j); v.Name().Owner == u.id {
				sum.Add(v.Times(set.HoursAt(0)))
			}
		}
		offers(program, sold)
		program.Model.Minimize(sum)
		return nil
	})
	if err != nil {
		return nil, err
	}
	ports := least.Members[slices.IndexFunc(least.Members, func(m vpp.Member) bool { return m.DER.Name() == u.id })].Schedule.Realised[0]
	for k := range u.power {
		u.power[k] = slack(value(ports.Injected, k))
		u.heat[k] = slack(value(ports.Heat, k))
	}
	if sold != nil {
		x.r.count(1, 0)
		most, err := p.SolvePrepared(ctx, x.r.solver, func(program *vpp.Program) error {
			var sum milp.Expr
			for t, r := range offers(program, sold) {
				sum.Add(r.Times(set.HoursAt(t)))
			}
			program.Model.Maximize(sum)
			return nil
		})
		if err != nil {
			return nil, err
		}
		p.VPP.Offered = make([]float64, len(sold))
		for k, mw := range most.Offered {
			p.VPP.Offered[k] = min(max(0, mw-served), sold[k])
		}
	}
	plan, err := p.Solve(ctx, x.r.solver)
	if err != nil {
		return nil, err
	}
	// From here on the plan has the members only.
	i := slices.IndexFunc(plan.Members, func(m vpp.Member) bool { return m.DER.Name() == u.id })
	ports = plan.Members[i].Schedule.Realised[0]
	plan.Members = slices.Delete(plan.Members, i, i+1)
	lost := make([]loss, set.Steps())
	for k := range lost {
		lost[k] = loss{power: value(ports.Injected, k), heat: value(ports.Heat, k)}
		if sold != nil {
			lost[k].reserve = sold[k] - p.VPP.Offered[k]
		}
	}
	x.relief, x.reliefOf, x.why = lost, plan, reasonOf(why)
	return plan, nil
}

// offers limits the reserve offers of a program to the reserve that was sold
// and returns their columns. Without reserve that was sold it changes nothing.
func offers(program *vpp.Program, sold []float64) []milp.Var {
	out := make([]milp.Var, len(sold))
	if sold == nil {
		return out
	}
	for j := range program.Model.Vars() {
		v := program.Model.VarAt(j)
		if name := v.Name(); name.Owner == program.VPP.Name && name.Quantity == "reserve_offer" {
			t := name.Indices()[0]
			program.Model.SetBounds(v, 0, sold[t])
			out[t] = v
		}
	}
	return out
}

// slack returns a bound for the second program, which has the first one's
// solution within the tolerance of a solver.
func slack(mw float64) float64 {
	if mw <= served {
		return 0
	}
	return mw + served
}

// served is the demand that counts as served in any case, MW: ten times the
// tolerance of a solver.
const served = 1e-6
