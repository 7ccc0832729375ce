package operate

import (
	"fmt"
	"math"
	"strings"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
)

// reach is the range of the states that the days before can have left: degrees,
// hm³ or MWh. With states in it, bounds of a day hold for every strategy.
//
// For example, a building of 20 °C in front of 0 °C outside has [10, 20] after
// a day without heat that halves the difference, if its pump cannot warm it
// above 20 °C.
type reach struct{ low, high float64 }

// reaches are the ranges of the states of all members that have one. A part of
// a site has the name "home/pump", and the tank of a heat pump "pump:water".
type reaches map[string]reach

// begun adds the states of a DER at the beginning of a season.
func (x reaches) begun(name string, d der.DER) {
	switch u := d.(type) {
	case *der.Fleet:
		x.begun(name, u.Unit)
	case *der.Site:
		for _, part := range u.Parts {
			x.begun(name+"/"+part.Name(), part)
		}
	case *der.Reservoir:
		x[name] = reach{u.Initial, u.Initial}
	case *der.HeatPump:
		x[name] = reach{u.Initial, u.Initial}
		x[name+":water"] = reach{u.Water.Initial, u.Water.Initial}
	}
}

// after widens the ranges by a day with the actual values of a set. With the
// symbols of [der.HeatPump], a temperature lies between
//
//	low_t = min(low_{t−1}, k low_{t−1} + (1−k) A_t)
//	high_t = max(high_{t−1}, k high_{t−1} + (1−k) (A_t + COP P / U))
//
// because a DER outside every VPP keeps its state. A reservoir can be emptied
// within a step and holds its inflow at most.
func (x reaches) after(name string, d der.DER, actual *scenario.Set) {
	switch u := d.(type) {
	case *der.Fleet:
		x.after(name, u.Unit, actual)
	case *der.Site:
		for _, part := range u.Parts {
			x.after(name+"/"+part.Name(), part, actual)
		}
	case *der.Reservoir:
		most := x[name].high
		for t, inflow := range actual.Path(u.Inflow, 0) {
			most += 0.0036 * actual.HoursAt(t) * inflow // hm³ of m³/s
		}
		x[name] = reach{u.MinVolume, min(u.MaxVolume, most)}
	case *der.HeatPump:
		r := x[name]
		for t, outside := range actual.Path(u.Outside, 0) {
			k := math.Exp(-u.Loss * actual.HoursAt(t) / u.Capacity)
			building, _ := u.COPAt(outside)
			r.low = min(r.low, k*r.low+(1-k)*outside)
			r.high = max(r.high, k*r.high+(1-k)*(outside+building*u.MaxPower/u.Loss))
		}
		x[name] = r
		x[name+":water"] = reach{0, u.Water.Energy}
	}
}

// tail is the end of a model: its rows and columns from these numbers on.
type tail struct{ row, column int }

// begunAnywhere is a DER whose state before the first step is a decision within
// a range, for bounds. loosen changes the program of a scenario; the DER has
// the rows and columns from the given numbers on.
type begunAnywhere struct {
	der.DER
	loosen func(m *milp.Model, from tail, at func(string, int) milp.Name, s int, out *der.Terms, c der.Context)
}

// Model implements [der.DER]. Its columns are those of the DER and
// "begins(s,0)".
func (u begunAnywhere) Model(m *milp.Model, on milp.Expr, c der.Context) []der.Terms {
	from := tail{m.Rows(), m.Vars()}
	out := u.DER.Model(m, on, c)
	for s := range out {
		u.loosen(m, from, c.Namer(u.Name(), s), s, &out[s], c)
		out[s].Watch(ownCost, "currency", 0, out[s].Cost)
	}
	return out
}

// ownCost is the trace of the own cost of the program, which depends on the
// state before the first step. A site passes traces of its parts on.
const ownCost = "own cost"

// Benefit implements [der.DER].
func (u begunAnywhere) Benefit(realised der.Schedule, c der.Context, s int) der.Benefit {
	b := c.Payment(realised, s)
	b.Pay(ownCost, realised.Realised[s].Trace(ownCost)[0])
	return b
}

// begins replaces the row with the given quantity of the first step by one in
// which the state before it differs from the stated one by a new column within
// a range. kept is the part of that difference that is left at the end of the
// step, its coefficient in the row. It returns the column.
//
// For example, V_1 + κ R_1 = V_0 + κ I_1 becomes V_1 + κ R_1 − δ = V_0 + κ I_1.
func begins(m *milp.Model, from tail, s int, quantity string, column milp.Name, kept, low, high float64) milp.Expr {
	for i := from.row; i < m.Rows(); i++ {
		row := m.RowAt(i)
		if index := row.Name().Indices(); !isOf(row.Name(), quantity, s) || index[1] != 0 {
			continue
		}
		lower, upper := m.Limits(row)
		delta := m.Var(column, low, high).Expr()
		sum := delta.Times(-kept)
		for v, coefficient := range row.Terms {
			sum.Add(v.Times(coefficient))
		}
		m.SetLimits(row, -milp.Inf, milp.Inf)
		m.Between(column, milp.Const(lower), sum, milp.Const(upper))
		return delta
	}
	panic(fmt.Sprintf("operate: bound: no row %q of the first step, which each kind with a range has", quantity))
}

// isOf reports whether a name has a quantity in scenario s. Within a site it is
// "pump.cold(s,t)" of the site.
func isOf(name milp.Name, quantity string, s int) bool {
	own := name.Quantity[strings.LastIndex(name.Quantity, ".")+1:]
	index := name.Indices()
	return own == quantity && len(index) == 2 && index[0] == s
}

// reservoirAnywhere returns a reservoir whose volume before the first step is a
// decision within a range, and whose release before it is free. Its cost has
// the value of that volume, Φ(V_0). With an end volume, water that was missing
// already is paid back,
//
//	V_0 = V_end − d + a,   0 ≤ d ≤ (V_end − low) z,   0 ≤ a ≤ (high − V_end) (1 − z),   z binary
//	Φ(V_0) = v V_0 − c_u d
func reservoirAnywhere(u *der.Reservoir, r reach) der.DER {
	next := *u
	next.Released, next.Initial = optional.Float{}, r.high // equal for all strategies, as their bounds are
	u = &next
	return begunAnywhere{u, func(m *milp.Model, from tail, at func(string, int) milp.Name, s int, out *der.Terms, _ der.Context) {
		delta := begins(m, from, s, "water", at("begins", 0), 1, r.low-u.Initial, r.high-u.Initial)
		out.Cost.Add(delta.Times(u.EndValue))
		end, ok := u.EndVolume.Get()
		if !ok {
			return
		}
		out.Cost.Add(milp.Const(u.UnmetCost * max(0, end-u.Initial))) // that of the stated volume
		lacking := m.Bin(at("begins_below", 0)).Expr()
		below := m.Var(at("begins_short", 0), 0, max(0, end-r.low)).Expr()
		above := m.Var(at("begins_above", 0), 0, max(0, r.high-end)).Expr()
		m.Equal(at("begins_end", 0), milp.Sum(milp.Const(u.Initial-end), delta), above.Minus(below))
		m.AtMost(at("begins_short", 0), below, lacking.Times(max(0, end-r.low)))
		m.AtMost(at("begins_above", 0), above, milp.Const(1).Minus(lacking).Times(max(0, r.high-end)))
		out.Cost.Add(below.Times(-u.UnmetCost))
	}}
}

// heatPumpAnywhere returns a heat pump whose building and tank have any state
// of their ranges before the first step. Its cost has the value of the heat
// that they begin with.
func heatPumpAnywhere(u *der.HeatPump, building, tank reach) der.DER {
	next := *u
	next.Initial, next.Water.Initial = building.high, tank.high
	u = &next
	return begunAnywhere{u, func(m *milp.Model, from tail, at func(string, int) milp.Name, s int, out *der.Terms, c der.Context) {
		dt := c.HoursAt(0)
		kept := math.Exp(-u.Loss * dt / u.Capacity)
		delta := begins(m, from, s, "building", at("begins", 0), kept, building.low-u.Initial, building.high-u.Initial)
		out.Cost.Add(delta.Times(u.EndValue))
		if u.Water.Draw != "" {
			delta := begins(m, from, s, "tank", at("begins_water", 0), math.Pow(1-u.Water.SelfDischarge, dt), tank.low-u.Water.Initial, tank.high-u.Water.Initial)
			out.Cost.Add(delta.Times(u.Water.EndValue))
		}
		// The stated temperature is the highest one, and the limits of
		// discomfort hold for it.
		for j := from.column; j < m.Vars(); j++ {
			if v := m.VarAt(j); isOf(v.Name(), "cold", s) {
				lower, upper := v.Bounds()
				m.SetBounds(v, lower, upper+building.high-building.low)
			}
		}
	}}
}
