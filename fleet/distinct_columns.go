package fleet

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/milp"
)

// master is the program of one VPP with different members, by columns. A scope
// is a pool of members in one scenario, or a DER without answers of its own in
// all scenarios. Each column of a scope is its sum of answers to one system of
// prices; the VPP takes a mixture of them:
//
//	max c x + Σ_{o,j} c_oj λ_oj
//	A x + Σ_{o,j} a_oj λ_oj within the limits,  Σ_j λ_oj = 1,  λ ≥ 0
//
// A mixture is a schedule of the members, because their schedules are convex,
// so that every master has a value that the VPP can reach. The answers to the
// duals y of its rows prove
//
//	J ≤ G(y) + Σ_i π_i(y)
//
// and are the columns that improve the master. Further columns come from prices
// between the best ones so far and those of the master, because duals of a poor
// master jump.
//
// Sources: Dantzig, Wolfe, "Decomposition principle for linear programs",
// Operations Research 8 (1960) 101; Pessoa, Sadykov, Uchoa, Vanderbeck,
// "Automation and combination of linear-programming based stabilization
// techniques in column generation", INFORMS J. Comput. 30 (2018) 339, for
// prices in between.
type master struct {
	venue   *venue
	v       int
	members []int // DERs
	scope   [][]int
	scopes  int
	columns []mixed
	asked   [][]float64 // prices of the columns
	dense   []float64   // per row: scratch
	penalty float64     // per unit by which a row with members is missed; 0: none is
}

// mixed is a column of a master: the effect on the objective and on the rows of
// the VPP. A pool of 300 roofs in one scenario has an entry in the balance of
// each hour of daylight.
type mixed struct {
	scope   int
	price   int // number of the prices that it answers
	cost    float64
	entries []entry
	idle    int // masters in a row that did not use it
}

// newMaster returns the master of VPP v without columns. class is the pool of
// each DER.
func (x *population) newMaster(v int, members, class []int) *master {
	m := &master{venue: x.venues[v], v: v, members: members, dense: make([]float64, len(x.venues[v].joined))}
	// Stores and consumers of a class have different probes, and so different
	// columns.
	pools := map[[2]int]int{}
	set := x.problem.Setting.Set
	for _, i := range members {
		key := [2]int{class[i], x.all[i].stores}
		if x.all[i].program[v] != nil {
			key = [2]int{-1 - i, 0} // decisions may join its scenarios
		}
		first, ok := pools[key]
		if !ok {
			first = m.scopes
			pools[key] = first
			if key[0] < 0 {
				m.scopes++
			} else {
				m.scopes += set.Len()
			}
		}
		// The scenarios of a pool are independent, and mixed by weights of
		// their own.
		of := make([]int, set.Len())
		for s := range of {
			of[s] = first
			if key[0] >= 0 {
				of[s] += s
			}
		}
		m.scope = append(m.scope, of)
	}
	return m
}

// ask prices a master: it adds one column per scope and returns the sum of the
// values of the answers.
func (x *population) ask(ctx context.Context, m *master, duals []float64) (float64, error) {
	columns, total, err := x.columnsOf(ctx, m, m.members, m.scope, duals)
	if err != nil {
		return 0, err
	}
	for k := range columns {
		columns[k].price = len(m.asked)
	}
	m.asked = append(m.asked, duals)
	m.columns = append(m.columns, columns...)
	return total, nil
}

// columnsOf returns the answers of some DERs to prices, one column for each of
// their scopes, and the sum of their values.
func (x *population) columnsOf(ctx context.Context, m *master, members []int, scope [][]int, duals []float64) ([]mixed, float64, error) {
	var (
		set     = x.problem.Setting.Set
		prices  = m.venue.tariff(duals)
		sums    = make([]*amounts, m.scopes)
		stores  = make([]int, m.scopes)
		scratch der.Ports
		total   = 0.0
		out     []mixed
	)
	for k, i := range members {
		of := scope[k]
		worth, err := x.all[i].answer(ctx, x.solver, m.v, prices, &scratch, func(s int, p *der.Ports) {
			o := of[s]
			if sums[o] == nil {
				sums[o] = newAmounts(set.Len(), set.Steps())
				stores[o] = x.all[i].stores
			}
			sums[o].add(s, p)
		})
		if err != nil {
			return nil, 0, err
		}
		total += worth
	}
	for o, sum := range sums {
		if sum != nil {
			out = append(out, m.column(o, sum, m.venue.probes[stores[o]]))
		}
	}
	return out, total, nil
}

// column turns amounts into a column.
func (m *master) column(o int, sum *amounts, u *probe) mixed {
	out := mixed{scope: o}
	var rows []int32
	put := func(j int, amount float64) {
		if amount == 0 {
			return
		}
		out.cost += m.venue.data.Cost[j] * amount
		for _, e := range m.venue.column[j] {
			if m.dense[e.row] == 0 {
				rows = append(rows, e.row)
			}
			m.dense[e.row] += e.value * amount
		}
	}
	for s := range sum.ports {
		for k, path := range sum.ports[s] {
			if u.columns[s][k] == nil {
				continue
			}
			for t, amount := range path {
				put(u.columns[s][k][t], amount)
			}
		}
		put(u.cost[s], sum.cost[s])
	}
	for _, row := range rows {
		// A row can be listed twice if its sum was 0 in between.
		if v := m.dense[row]; v != 0 {
			out.entries = append(out.entries, entry{row, v})
			m.dense[row] = 0
		}
	}
	return out
}

// mixture is an optimum of a master.
type mixture struct {
	value  float64   // of the VPP with its members
	duals  []float64 // of the rows of the VPP
	share  float64   // Σ of the duals of the scopes: the value of the members' answers in the master
	missed float64   // Σ of the amounts by which rows are missed
}

// solve solves the master with its columns so far. With a penalty, rows with
// members can be missed: the first columns of a VPP with a limited connection
// may all feed in too much. Its duals are those of the VPP as well, because a
// penalty only bounds them.
func (m *master) solve(ctx context.Context, solver milp.Solver) (mixture, error) {
	model, columns, objective := m.venue.alone()
	var (
		rows   = make([]milp.Expr, len(m.venue.joined))
		whole  = make([]milp.Expr, m.scopes)
		lambda = make([]milp.Var, len(m.columns))
	)
	for i := range rows {
		rows[i] = m.venue.own(i, columns)
	}
	// Rows are filled column by column, and added to the model once.
	for j := range m.columns {
		c := &m.columns[j]
		lambda[j] = model.Var(milp.At("", "mixture", c.scope, j), 0, milp.Inf)
		whole[c.scope].Add(lambda[j].Expr())
		objective.Add(lambda[j].Times(c.cost))
		for _, e := range c.entries {
			rows[e.row].Add(lambda[j].Times(e.value))
		}
	}
	var misses []milp.Var
	for i := range rows {
		if m.penalty > 0 && m.venue.joined[i] {
			for k, sign := range []float64{1, -1} {
				miss := model.Var(milp.At("", "missed", i, k), 0, milp.Inf)
				misses = append(misses, miss)
				rows[i].Add(miss.Times(sign))
				objective.Add(miss.Times(-m.penalty))
			}
		}
		limited(model, m.venue.model.RowAt(i).Name(), m.venue.data.RowLower[i], rows[i], m.venue.data.RowUpper[i])
	}
	for o := range whole {
		model.Equal(milp.At("", "whole", o), whole[o], milp.Const(1))
	}
	model.Maximize(objective)
	s, err := solved(ctx, solver, model, fmt.Sprintf("VPP %q with its members", m.venue.name))
	if err != nil {
		return mixture{}, err
	}
	if len(s.Duals) != model.Rows() {
		return mixture{}, fmt.Errorf("fleet: the solver %s returns no duals; use one that does", s.Backend)
	}
	// The rows of the VPP come first, then one row per scope.
	out := mixture{value: s.Objective, duals: s.Duals[:len(rows)]}
	for _, y := range s.Duals[len(rows):] {
		out.share += y
	}
	for _, miss := range misses {
		out.missed += s.Value(miss)
	}
	m.forget(s.Values, lambda)
	return out, nil
}

// forget drops columns that several masters in a row did not use. Each scope
// keeps those in use.
func (m *master) forget(values []float64, lambda []milp.Var) {
	const patience, unused = 6, 1e-9 // assumed
	kept := m.columns[:0]
	for j, c := range m.columns {
		if values[lambda[j].Index()] > unused {
			c.idle = 0
		} else if c.idle++; c.idle > patience {
			continue
		}
		kept = append(kept, c)
	}
	m.columns = kept
}

// dispatched is the value of a VPP with its members, with bounds.
type dispatched struct {
	master *master
	value  float64   // the VPP reaches it
	upper  float64   // no schedule is worth more, within the tolerance of the solver
	duals  []float64 // that prove it
	near   []nearly  // all prices so far
	rounds int
}

// nearly is a system of prices and the bound of the value that it proves.
type nearly struct {
	duals []float64
	upper float64
}

// dispatch solves the program of VPP v with different members to an absolute
// tolerance, from prices that are near the right ones.
func (x *population) dispatch(ctx context.Context, v int, members, class []int, starts [][]float64, tolerance float64) (dispatched, error) {
	const maxRounds = 60 // assumed; ten to thirty are usual
	m := x.newMaster(v, members, class)
	// Several systems of prices make a first master that is not too poor.
	for _, duals := range starts {
		if _, err := x.ask(ctx, m, duals); err != nil {
			return dispatched{}, err
		}
	}
	start := starts[0]
	if len(members) > 0 {
		for wave := range 6 {
			for _, change := range []float64{-0.04, 0.04} {
				if _, err := x.ask(ctx, m, x.venues[v].tilted(start, change, wave)); err != nil {
					return dispatched{}, err
				}
			}
		}
	}
	out := dispatched{master: m, value: math.Inf(-1), upper: math.Inf(1), duals: start}
	if err := x.improve(ctx, &out, tolerance, maxRounds); err != nil {
		return out, err
	}
	if math.IsInf(out.value, -1) {
		return out, fmt.Errorf("fleet: VPP %q: %w with the %d DERs that join it; raise the limits of its connection", x.venues[v].name, milp.ErrInfeasible, len(members))
	}
	return out, nil
}

// improve adds columns until the bounds of a value are within an absolute
// tolerance.
func (x *population) improve(ctx context.Context, d *dispatched, tolerance float64, rounds int) error {
	m := d.master
	for range rounds {
		d.rounds++
		s, err := m.solve(ctx, x.masters)
		if errors.Is(err, milp.ErrInfeasible) && m.penalty == 0 {
			m.penalty = m.firstPenalty(d.duals)
			s, err = m.solve(ctx, x.masters)
		}
		if err != nil {
			return err
		}
		const nothing = 1e-9 // MW or t CO2, of a row that is not missed
		if s.missed <= nothing {
			d.value = max(d.value, s.value)
		}
		sum, err := x.ask(ctx, m, s.duals)
		if err != nil {
			return err
		}
		// The duals price the VPP without members at value − share; members add
		// their answers.
		bound := s.value - s.share + sum
		d.near = append(d.near, nearly{s.duals, bound})
		if bound < d.upper {
			d.upper, d.duals = bound, s.duals
		}
		if d.upper-d.value <= tolerance {
			break
		}
		if s.missed > nothing && d.upper-s.value <= tolerance {
			m.penalty *= 10 // no answer helps at this penalty
		}
		// The weights are assumed. The best prices so far have the larger one.
		between := make([]float64, len(s.duals))
		for i := range between {
			between[i] = 0.6*d.duals[i] + 0.4*s.duals[i]
		}
		if _, err := x.ask(ctx, m, between); err != nil {
			return err
		}
	}
	return nil
}

// firstPenalty returns a penalty that is large beside prices: ten times the
// largest.
func (m *master) firstPenalty(duals []float64) float64 {
	largest := 1.0
	for i, y := range duals {
		if m.venue.joined[i] {
			largest = max(largest, math.Abs(y))
		}
	}
	return 10 * largest
}

// tilted returns prices that are higher at one time of the day and lower at
// another one: a wave of the horizon, or of a part of it, from its top or from
// its middle.
func (x *venue) tilted(duals []float64, change float64, wave int) []float64 {
	out := make([]float64, len(duals))
	turn := 2 * math.Pi * float64(1+wave/2) / float64(x.probes[0].context.Steps())
	for i, y := range duals {
		out[i] = y
		if index := x.model.RowAt(i).Name().Indices(); x.joined[i] && len(index) == 2 {
			out[i] *= 1 + change*math.Cos(turn*float64(index[1])+math.Pi/2*float64(wave%2))
		}
	}
	return out
}
