package der

import "github.com/trigrid/trigrid/milp"

// converter is the common part of combined heat and power, boilers and
// power-to-gas: a flow x that follows an [Operation], and flows that are
// proportional to it.
//
//	power_t = k_p x_t,   heat_t = k_h x_t,   gas_t = k_g x_t            MW, injection positive
//	emission = −e gas_t Δ,   allowance = d x_t Δ,   CO2 = −ρ gas_t Δ    t
//	cost = Σ_t c_om w_t Δ + starts                              w = |power|, or heat if k_p = 0
type converter struct {
	id   string
	path string // name of the columns of x, such as "gas"
	run  Operation

	power, heat, gas float64 // k_p, k_h, k_g
	emission         float64 // e, t CO2 per MWh of gas burnt
	allowance        float64 // d, t CO2 per MWh of x
	co2              float64 // ρ, t CO2 taken in per MWh of gas fed in
	maintenance      float64 // c_om, currency per MWh of w
}

// model adds the first-stage part once and the flow x in every scenario.
func (k converter) model(m *milp.Model, on milp.Expr, c Context) []Terms {
	out := c.NewTerms()
	run := k.run.plan(m, k.id, on, c)
	for s := range out {
		for t, x := range k.run.follow(m, c.Namer(k.id, s), k.path, run, on, c) {
			k.flow(&out[s], t, x, c.HoursAt(t))
		}
		out[s].Cost.Add(run.cost)
		k.run.watch(&out[s], run)
	}
	return out
}

// flow adds the ports and the cost that follow from x in a step of dt hours.
func (k converter) flow(out *Terms, t int, x milp.Expr, dt float64) {
	heat, gas := x.Times(k.heat), x.Times(k.gas)
	wears := heat
	switch {
	case k.power > 0:
		wears = x.Times(k.power)
		out.Inject(t, wears)
	case k.power < 0:
		wears = x.Times(-k.power)
		out.Withdraw(t, wears)
	}
	out.Cost.Add(wears.Times(k.maintenance * dt))
	if k.heat != 0 {
		out.SupplyHeat(t, heat)
	}
	if k.gas != 0 {
		out.SupplyGas(t, gas)
	}
	if k.power > 0 && k.gas < 0 {
		out.Burn(t, wears.Times(dt))
	}
	if k.emission != 0 {
		out.Emit(t, gas.Times(-k.emission*dt))
	}
	if k.allowance != 0 {
		out.Allow(t, x.Times(k.allowance*dt))
	}
	if k.co2 != 0 {
		out.SupplyCO2(t, gas.Times(-k.co2*dt))
	}
}

// benefit pays maintenance for the same flow w as the program.
func (k converter) benefit(realised Schedule, c Context, scenario int) Benefit {
	return k.run.benefit(realised, c, scenario, k.maintenance, k.wears())
}

// wears returns the port of the flow w.
func (k converter) wears() func(*Ports) []float64 {
	switch {
	case k.power > 0:
		return injected
	case k.power < 0:
		return func(p *Ports) []float64 { return p.Withdrawn }
	}
	return func(p *Ports) []float64 { return p.Heat }
}

func injected(p *Ports) []float64 { return p.Injected }
