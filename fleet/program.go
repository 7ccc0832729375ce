package fleet

import (
	"context"
	"fmt"

	"github.com/trigrid/trigrid/milp"
)

// Program is the joint program of a [Problem]. It is linear: integers of
// classes are relaxed, and the rules of an [der.Overlapper] left out.
//
// Columns and rows have the names of the programs of the VPPs, with the owner
// "vpp/owner", or "vpp@q/owner" for node q from 1 on. Indices stay: (s,t) is
// scenario and step. The columns "vpp/class.fleet_share" join the copies of a
// VPP, and the rows "class.fleet_total" join the VPPs. Without these the
// program falls apart by VPP and node; within a VPP the rows of a class have
// columns of the class only. A solver can order its elimination by these names.
type Program struct {
	Model *milp.Model

	problem Problem
	parts   []*coalition   // per VPP
	share   [][]milp.Var   // per VPP and class
	total   []milp.Row     // per class
	moved   milp.Expr      // cost of DERs that arrive, see [Problem.Last]
	rows    [][][]milp.Row // per VPP, node and row of its program
}

// Formulate returns the joint program, or an error that lists all violations of
// the data.
func (p Problem) Formulate() (*Program, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	parts, err := p.coalitions(p.room)
	if err != nil {
		return nil, err
	}
	var (
		x          = &Program{Model: milp.New(), problem: p, parts: parts}
		m          = x.Model
		objective  milp.Expr
		at, weight = p.rule().Nodes()
	)
	for v := range p.VPPs {
		shares := make([]milp.Var, len(p.Fleets))
		for k := range shares {
			// The row of the class limits it. A bound of 1 of its own would
			// take a part of the payoff into its dual where all DERs of a class
			// are in one VPP.
			shares[k] = m.Var(milp.At(p.VPPs[v].Name+"/"+p.Fleets[k].Name(), shareOf), 0, milp.Inf)
		}
		x.share = append(x.share, shares)
		x.rows = append(x.rows, nil)
		for q, t := range at {
			prefix := p.VPPs[v].Name
			if q > 0 {
				prefix += fmt.Sprintf("@%d", q)
			}
			// J_v(t n) has the shares t n; its value counts w / t.
			rows := parts[v].copyInto(m, prefix+"/", shares, t, weight[q]/t, &objective)
			x.rows[v] = append(x.rows[v], rows)
		}
	}
	for k := range p.Fleets {
		var sum milp.Expr
		for v := range p.VPPs {
			sum.Add(x.share[v][k].Expr())
		}
		x.total = append(x.total, m.AtMost(milp.At(p.Fleets[k].Name(), "fleet_total"), sum, milp.Const(p.count(k)/p.room(k))))
		// u_k (N_k − n_k)
		objective.Add(milp.Const(p.outside(k)*p.count(k)), sum.Times(-p.outside(k)*p.room(k)))
	}
	if p.Last != nil {
		x.arrivals()
		objective.Add(x.moved.Times(-1))
	}
	m.Maximize(objective)
	return x, m.Err()
}

// arrivals adds the cost of DERs that are not in their last place, VPPs and the
// outside option:
//
//	n_kv − a_kv ≤ n_kv of the last split,   0 ≤ a_kv,   cost = Move Σ a_kv
func (x *Program) arrivals() {
	p, m := x.problem, x.Model
	for k := range p.Fleets {
		var (
			class = p.Fleets[k].Name()
			room  = p.room(k)
			rest  = milp.Const(p.count(k) / room) // outside now, and in the last split
			last  = p.count(k)
		)
		add := func(owner string, here milp.Expr, before float64) {
			arrived := m.Var(milp.At(owner, "fleet_arrived"), 0, milp.Inf).Expr()
			m.AtMost(milp.At(owner, "fleet_last"), here.Minus(arrived), milp.Const(max(0, before)/room))
			x.moved.Add(arrived.Times(p.Move * room))
		}
		for v := range p.VPPs {
			share := x.share[v][k].Expr()
			add(p.VPPs[v].Name+"/"+class, share, p.Last[v][k])
			rest, last = rest.Minus(share), last-p.Last[v][k]
		}
		add(class, rest, last)
	}
}

// copyInto copies the columns and rows of the program of a VPP, relaxed, except
// for its shares, which become t times the given columns. It adds factor times
// the objective and returns the rows.
func (x *coalition) copyInto(m *milp.Model, prefix string, shares []milp.Var, t, factor float64, objective *milp.Expr) []milp.Row {
	d := x.data
	renamed := func(n milp.Name) milp.Name {
		n.Owner = prefix + n.Owner
		return n
	}
	// A column of the VPP is copied, and the share of a class is replaced by
	// the common one.
	columns := make([]milp.Expr, x.model.Vars())
	for j := range columns {
		if k := x.owner[j]; k >= 0 && x.share[k] == j {
			columns[j] = shares[k].Times(t)
		} else {
			columns[j] = m.Var(renamed(x.model.VarAt(j).Name()), d.Lower[j], d.Upper[j]).Expr()
		}
		if d.Cost[j] != 0 {
			objective.Add(columns[j].Times(factor * d.Cost[j]))
		}
	}
	objective.Add(milp.Const(factor * d.Constant))
	rows := make([]milp.Row, x.model.Rows())
	for i := range rows {
		var sum milp.Expr
		for e := d.RowStart[i]; e < d.RowStart[i+1]; e++ {
			sum.Add(columns[d.Column[e]].Times(d.Coefficient[e]))
		}
		rows[i] = limited(m, renamed(x.model.RowAt(i).Name()), d.RowLower[i], sum, d.RowUpper[i])
	}
	return rows
}

// limited adds the row lower ≤ sum ≤ upper.
func limited(m *milp.Model, name milp.Name, lower float64, sum milp.Expr, upper float64) milp.Row {
	row := m.AtMost(name, sum, milp.Const(0))
	m.SetLimits(row, lower, upper)
	return row
}

// Solve solves the joint program and returns the equilibrium. The solver must
// return duals.
func (p Problem) Solve(ctx context.Context, solver milp.Solver) (*Equilibrium, error) {
	x, err := p.Formulate()
	if err != nil {
		return nil, err
	}
	return x.Solve(ctx, solver)
}

// Solve solves the program and returns the equilibrium.
func (x *Program) Solve(ctx context.Context, solver milp.Solver) (*Equilibrium, error) {
	s, err := solved(ctx, solver, x.Model, "the joint program")
	if err != nil {
		return nil, err
	}
	if len(s.Duals) != x.Model.Rows() {
		return nil, fmt.Errorf("fleet: the solver %s returns no duals, which are the payoffs; use one that does", s.Backend)
	}
	p := x.problem
	e := &Equilibrium{Potential: s.Objective + s.Eval(x.moved)}
	for v := range p.VPPs {
		// Values are inside their bounds up to the tolerance of the solver.
		members := make([]float64, len(p.Fleets))
		for k := range members {
			members[k] = min(1, max(0, s.Value(x.share[v][k]))) * p.room(k)
		}
		e.Members = append(e.Members, members)
		var duals [][]float64
		for _, rows := range x.rows[v] {
			node := make([]float64, len(rows))
			for i, row := range rows {
				if x.parts[v].rows[i] < 0 { // rows of a class price nothing that others use
					node[i] = s.Dual(row)
				}
			}
			duals = append(duals, node)
		}
		e.Duals = append(e.Duals, duals)
		if p.Setting.Weights.Economic > 0 {
			e.Prices = append(e.Prices, x.prices(v, duals[len(duals)-1]))
		}
	}
	for k := range p.Fleets {
		// The tolerance of a solver can place a few too many.
		sum := 0.0
		for v := range p.VPPs {
			sum += e.Members[v][k]
		}
		if sum > p.count(k) {
			for v := range p.VPPs {
				e.Members[v][k] *= p.count(k) / sum
			}
		}
		e.Payoff = append(e.Payoff, p.outside(k)+max(0, s.Dual(x.total[k]))/p.room(k))
	}
	return e, nil
}

// prices returns the marginal values of electricity inside a VPP, per scenario
// and step, from the duals of its balances at the last node. A dual is weighted
// with w_e π_s Δ_t and with the factor of the node.
func (x *Program) prices(v int, duals []float64) [][]float64 {
	var (
		p          = x.problem
		set        = p.Setting.Set
		at, weight = p.rule().Nodes()
		last       = len(at) - 1
		out        = make([][]float64, set.Len())
	)
	for s := range out {
		out[s] = make([]float64, set.Steps())
	}
	for i, dual := range duals {
		n := x.parts[v].model.RowAt(i).Name()
		if n.Owner != p.VPPs[v].Name || n.Quantity != "balance" {
			continue
		}
		s, t := n.Indices()[0], n.Indices()[1]
		out[s][t] = dual * at[last] / (weight[last] * p.Setting.Weights.Economic * set.Probability(s) * set.HoursAt(t))
	}
	return out
}

// Equilibrium is a split of the classes in which no DER gains by moving.
type Equilibrium struct {
	// Members is n_kv, the number of DERs per VPP and class. The rest stays
	// outside.
	Members [][]float64
	// Payoff is U_k, the payoff of one DER per class: the dual of its count.
	// The payoff in a VPP without DERs of the class is in [Certificate.Payoff]:
	// the reduced cost of a share of 0 is not unique.
	Payoff []float64
	// Potential is the objective of the joint program. Under [Marginal] it is
	// the welfare.
	Potential float64
	// Prices are the marginal values of electricity inside each VPP, per VPP,
	// scenario and step, currency per MWh. Nil without weight on the economy.
	Prices [][][]float64
	// Duals are the prices of everything that members share: the dual of each
	// row of the program of a VPP, per VPP, node and row, as
	// [vpp.Problem.Formulate] orders them with the classes as members. Rows of
	// classes have 0.
	Duals [][][]float64
}
