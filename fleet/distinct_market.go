package fleet

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/vpp"
)

// portCount is the number of ports of [der.Ports]. Ports are handled in one
// order everywhere, by number, because a price, an amount and a column belong
// to each of them.
const portCount = 12

// amountsOf returns the ports of a schedule in a fixed order.
func amountsOf(x *der.Ports) [portCount][]float64 {
	return [...][]float64{
		x.Injected, x.Withdrawn, x.Reduced, x.Heat, x.Gas, x.Reserve,
		x.Emission, x.Allowance, x.CO2, x.Renewable, x.Available, x.Conventional,
	}
}

// termsOf returns the ports of terms in the same order.
func termsOf(x *der.Terms) [portCount]*[]milp.Expr {
	return [...]*[]milp.Expr{
		&x.Injected, &x.Withdrawn, &x.Reduced, &x.Heat, &x.Gas, &x.Reserve,
		&x.Emission, &x.Allowance, &x.CO2, &x.Renewable, &x.Available, &x.Conventional,
	}
}

// pricesOf returns the prices of the ports in the same order.
func pricesOf(x *der.Prices) [portCount]*[]float64 {
	return [...]*[]float64{
		&x.Injected, &x.Withdrawn, &x.Reduced, &x.Heat, &x.Gas, &x.Reserve,
		&x.Emission, &x.Allowance, &x.CO2, &x.Renewable, &x.Available, &x.Conventional,
	}
}

// amounts are sums over DERs of their ports and costs: per scenario, port and
// step, and per scenario. For example, 1000 batteries that charge with 2 kW
// each in step 3 of scenario 0 have ports[0][1][3] = 2 MW.
type amounts struct {
	ports [][portCount][]float64
	cost  []float64
}

func newAmounts(scenarios, steps int) *amounts {
	x := &amounts{ports: make([][portCount][]float64, scenarios), cost: make([]float64, scenarios)}
	for s := range x.ports {
		for k := range x.ports[s] {
			x.ports[s][k] = make([]float64, steps)
		}
	}
	return x
}

// add adds the ports of a DER in scenario s.
func (x *amounts) add(s int, p *der.Ports) {
	x.cost[s] += p.Cost
	for k, path := range amountsOf(p) {
		to := x.ports[s][k]
		for t, v := range path {
			to[t] += v
		}
	}
}

// probe stands for all DERs of a VPP: each port is a free column. The
// coefficients of the column are then the effect of one unit of the port on
// every row of the VPP, for all its markets, obligations and risk measures,
// without a second statement of them here. Energy that a store withdraws is no
// consumption, so that stores have a probe of their own.
type probe struct {
	id     string
	stores bool
	limits *amounts // largest sums of absolute values

	context der.Context // of the last Model
	columns [][portCount][]int
	cost    []int
}

// Name implements [der.DER].
func (u *probe) Name() string { return u.id }

// StoresElectricity implements [der.Storer].
func (u *probe) StoresElectricity() bool { return u.stores }

// UnequalSteps implements [der.Unequal].
func (u *probe) UnequalSteps() bool { return true }

// Benefit implements [der.DER].
func (u *probe) Benefit(realised der.Schedule, c der.Context, s int) der.Benefit {
	return c.Payment(realised, s)
}

// Model implements [der.DER]. Ports that no DER has get no column.
func (u *probe) Model(m *milp.Model, _ milp.Expr, c der.Context) []der.Terms {
	u.context = c
	u.columns, u.cost = make([][portCount][]int, c.Scenarios()), make([]int, c.Scenarios())
	out := c.NewTerms()
	for s := range out {
		at := c.Namer(u.id, s)
		x := &out[s]
		free := func(what string, t int, most float64) milp.Expr {
			v := m.Var(at(what, t), -most, most)
			return v.Expr()
		}
		for k, limit := range u.limits.ports[s] {
			used := false
			for _, most := range limit {
				used = used || most > 0
			}
			if !used {
				continue
			}
			// A port is a row of expressions, one per step, each of which is
			// one column.
			u.columns[s][k] = make([]int, len(limit))
			port := make([]milp.Expr, len(limit))
			for t, most := range limit {
				u.columns[s][k][t] = m.Vars()
				port[t] = free(fmt.Sprintf("port%d", k), t, most)
			}
			*termsOf(x)[k] = port
		}
		u.cost[s] = m.Vars()
		x.Cost.Add(free("cost", 0, u.limits.cost[s]))
	}
	return out
}

// entry is a coefficient of a column, such as the −1 of an injection in a
// balance.
type entry struct {
	row   int32
	value float64
}

// venue is a VPP without its members: the program of the VPP in which the ports
// of its members, added up, are columns. The members themselves are elsewhere:
// they answer prices with amounts.
type venue struct {
	name   string
	model  *milp.Model
	data   milp.Data
	probes [2]*probe // of consumers and of stores
	ours   []bool    // per column: it belongs to the VPP
	column [][]entry // per column of a probe
	reach  []float64 // per row: largest absolute value of the terms of all members
	joined []bool    // per row: it has terms of members
	row    map[milp.Name]int
}

// newVenue formulates the program of VPP v. The limits bound the sums of all
// members, for the two probes.
func (p *Distinct) newVenue(v int, limits [2]*amounts) (*venue, error) {
	x := &venue{name: p.VPPs[v].Name, row: map[milp.Name]int{}}
	members := make([]der.DER, 2)
	for k := range x.probes {
		x.probes[k] = &probe{id: []string{"all consumers", "all stores"}[k], stores: k == 1, limits: limits[k]}
		members[k] = x.probes[k]
	}
	program, err := vpp.Problem{VPP: p.VPPs[v], Members: members, Setting: p.Setting}.Formulate()
	if err != nil {
		return nil, err
	}
	bad := faults.List{Prefix: fmt.Sprintf("fleet: VPP %q: ", x.name)}
	if program.Quadratic() {
		bad.Addf("a market has a quadratic cost, want piecewise-linear costs")
	}
	x.model, x.data = program.Model, program.Model.Data()
	d := x.data
	// Columns are those of the VPP unless a probe made them.
	x.ours, x.column = make([]bool, x.model.Vars()), make([][]entry, x.model.Vars())
	x.reach, x.joined = make([]float64, x.model.Rows()), make([]bool, x.model.Rows())
	for j := range x.ours {
		x.ours[j] = true
	}
	for _, u := range x.probes {
		for s := range u.columns {
			for _, columns := range u.columns[s] {
				for _, j := range columns {
					x.ours[j] = false
				}
			}
			x.ours[u.cost[s]] = false
		}
	}
	for j := range x.ours {
		if d.Integer[j] {
			bad.Addf("column %v is an integer, so that no prices prove a bound; want markets without integers", x.model.VarAt(j).Name())
			break
		}
		// A payment that is not linear in the ports adds columns in the name of
		// a member.
		if owner := x.model.VarAt(j).Name().Owner; x.ours[j] && (owner == x.probes[0].id || owner == x.probes[1].id) {
			bad.Addf("the payments of its members need rows of their own; want DispatchObjective OwnCosts")
			break
		}
	}
	for i := range x.joined {
		x.row[x.model.RowAt(i).Name()] = i
		for e := d.RowStart[i]; e < d.RowStart[i+1]; e++ {
			j, a := d.Column[e], d.Coefficient[e]
			if !x.ours[j] {
				// The bounds of a port are ± its limit.
				x.joined[i] = true
				x.reach[i] += math.Abs(a) * d.Upper[j]
				x.column[j] = append(x.column[j], entry{int32(i), a})
			}
		}
	}
	return x, bad.Err()
}

// tariff is the price of each port in a VPP, per scenario, for consumers and
// for stores.
type tariff [2][]der.Prices

// tariff returns the prices that follow from the duals of the rows of the VPP:
// the value of one unit in the objective, less its use of the rows.
func (x *venue) tariff(duals []float64) tariff {
	var out tariff
	worth := func(j int) float64 {
		w := x.data.Cost[j]
		for _, e := range x.column[j] {
			w -= duals[e.row] * e.value
		}
		return w
	}
	for k, u := range x.probes {
		out[k] = make([]der.Prices, len(u.columns))
		for s := range u.columns {
			p := &out[k][s]
			p.Cost = worth(u.cost[s])
			// One array per scenario keeps the prices of a DER together in
			// memory. Ports that no DER has keep the price 0.
			all := make([]float64, portCount*u.context.Steps())
			for port, to := range pricesOf(p) {
				*to = all[port*u.context.Steps() : (port+1)*u.context.Steps()]
				for t, j := range u.columns[s][port] {
					(*to)[t] = worth(j)
				}
			}
		}
	}
	return out
}

// trading returns G, the best value of the VPP if it trades at the duals
// instead of having members:
//
//	max c x + Σ_i y_i g_i      lower_i ≤ A_i x + g_i ≤ upper_i,  |g_i| ≤ that of all DERs
//
// The limits of g keep it finite at any prices.
func (x *venue) trading(ctx context.Context, solver milp.Solver, duals []float64) (float64, error) {
	m, columns, objective := x.alone()
	for i := range x.joined {
		sum := x.own(i, columns)
		if x.joined[i] {
			g := m.Var(milp.At("", "traded", i), -x.reach[i], x.reach[i])
			sum.Add(g.Expr())
			objective.Add(g.Times(duals[i]))
		}
		limited(m, x.model.RowAt(i).Name(), x.data.RowLower[i], sum, x.data.RowUpper[i])
	}
	m.Maximize(objective)
	s, err := solved(ctx, solver, m, fmt.Sprintf("VPP %q that trades at the prices", x.name))
	if errors.Is(err, milp.ErrUnbounded) {
		err = fmt.Errorf("%w; give limits to its connection or its markets", err)
	}
	if err != nil {
		return 0, err
	}
	return max(s.Objective, s.Bound), nil
}

// empty returns the value of the VPP without members, and the duals of its
// rows. These are the first prices of a solve: they are too high, but they show
// the times at which the VPP needs energy.
func (x *venue) empty(ctx context.Context, solver milp.Solver) (float64, []float64, error) {
	m, columns, objective := x.alone()
	for i := range x.joined {
		limited(m, x.model.RowAt(i).Name(), x.data.RowLower[i], x.own(i, columns), x.data.RowUpper[i])
	}
	m.Maximize(objective)
	s, err := solved(ctx, solver, m, fmt.Sprintf("VPP %q without members", x.name))
	if err != nil {
		return 0, nil, err
	}
	return s.Objective, s.Duals, nil
}

// alone returns a new model with the columns of the VPP, and their objective.
func (x *venue) alone() (*milp.Model, []milp.Var, milp.Expr) {
	var (
		m         = milp.New()
		columns   = make([]milp.Var, len(x.ours))
		objective = milp.Const(x.data.Constant)
	)
	for j, ours := range x.ours {
		if ours {
			columns[j] = m.Var(x.model.VarAt(j).Name(), x.data.Lower[j], x.data.Upper[j])
			objective.Add(columns[j].Times(x.data.Cost[j]))
		}
	}
	return m, columns, objective
}

// own returns the terms of the VPP in a row, without those of its members.
func (x *venue) own(i int, columns []milp.Var) milp.Expr {
	var sum milp.Expr
	for e := x.data.RowStart[i]; e < x.data.RowStart[i+1]; e++ {
		if j := x.data.Column[e]; x.ours[j] {
			sum.Add(columns[j].Times(x.data.Coefficient[e]))
		}
	}
	return sum
}

// electricity returns the marginal values of electricity, per scenario and
// step, currency per MWh. A dual is weighted with w_e π_s Δ_t.
func (x *venue) electricity(c vpp.Setting, duals []float64) [][]float64 {
	out := make([][]float64, c.Set.Len())
	for s := range out {
		out[s] = make([]float64, c.Set.Steps())
		for t := range out[s] {
			if i, ok := x.row[milp.At(x.name, "balance", s, t)]; ok {
				out[s][t] = duals[i] / (c.Weights.Economic * c.Set.Probability(s) * c.Set.HoursAt(t))
			}
		}
	}
	return out
}
