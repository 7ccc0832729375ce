package microgrid

import "github.com/trigrid/trigrid/milp"

// Program states the window of n hours from hour t as a mixed-integer program,
// for comparison with [Perfect.Optimum]. The stored energy before hour t is
// energy, kWh.
//
//	min Σ p_n n − p_x x + w (c + d) + f g + 10 l + 0.1 CO2
//	load + c + x = used + d + n + g + l,   used ≤ PV,   l ≤ load
//	e_t = e_t−1 + η_c c − d/η_d,           E_min ≤ e_t ≤ E_max
//	MinPower y ≤ g ≤ MaxPower y,           y binary
//
// Charge and discharge in the same hour are not excluded, and the optimum has
// no use for them.
func (g *Grid) Program(t, n int, energy float64) *milp.Model {
	m := milp.New()
	b, s := g.Battery, g.Genset
	var costs []milp.Expr
	before := milp.Const(energy)
	for i := t; i < t+n; i++ {
		h, p := g.Hours[i], g.Tariffs[i]
		at := func(owner, quantity string) milp.Name { return milp.At(owner, quantity, i) }
		imports, exports := 0.0, 0.0
		if h.On {
			imports, exports = g.MaxImport, g.MaxExport
		}
		charge := m.Var(at("battery", "charge"), 0, b.MaxCharge)
		discharge := m.Var(at("battery", "discharge"), 0, b.MaxDischarge)
		stored := m.Var(at("battery", "energy"), b.Min, b.Max)
		bought := m.Var(at("grid", "import"), 0, imports)
		sold := m.Var(at("grid", "export"), 0, exports)
		used := m.Var(at("pv", "used"), 0, h.PV)
		lost := m.Var(at("load", "lost"), 0, h.Load)
		supply := []milp.Expr{used.Expr(), discharge.Expr(), bought.Expr(), lost.Expr()}
		if g.hasGenset() {
			on := m.Bin(at("genset", "on"))
			power := m.Var(at("genset", "power"), 0, s.MaxPower)
			m.AtLeast(at("genset", "min"), power.Expr(), on.Times(s.MinPower))
			m.AtMost(at("genset", "max"), power.Expr(), on.Times(s.MaxPower))
			supply = append(supply, power.Expr())
			costs = append(costs, power.Times(g.gensetCost()))
		}
		m.Equal(at("bus", "balance"), milp.Sum(supply...), milp.Sum(milp.Const(h.Load), charge.Expr(), sold.Expr()))
		m.Equal(at("battery", "balance"), stored.Expr(),
			milp.Sum(before, charge.Times(b.ChargeEfficiency), discharge.Times(-1/b.DischargeEfficiency)))
		before = stored.Expr()
		costs = append(costs, bought.Times(g.importCost(p)), sold.Times(-p.Export), charge.Times(b.Wear),
			discharge.Times(b.Wear), lost.Times(g.LostLoad))
	}
	m.Minimize(milp.Sum(costs...))
	return m
}
