package second

import (
	"math"
)

// member states one DER of a case file.
//
// A kind without a statement ends with an error, so that no DER is left out.
func (c *statement) member(d object) *Member {
	m := &Member{Name: d.text("name", ""), Flows: map[string]Flow{}, cost: make([]Expr, len(c.probability))}
	switch kind := d.text("kind", ""); kind {
	case "wind", "pv":
		c.renewable(m, d)
	case "storage":
		c.storage(m, d)
	case "load":
		c.plainLoad(m, d)
	case "demand_response":
		c.demandResponse(m, d)
	case "shiftable_load":
		c.shiftable(m, d)
	case "transferable_load":
		c.transferable(m, d)
	case "heat_pump":
		c.heatPump(m, d)
	case "run_of_river", "reservoir":
		c.hydro(m, d, kind == "reservoir")
	case "site":
		c.site(m, d)
	case "ev_fleet":
		c.fleet(m, d)
	case "thermal":
		c.thermal(m, d)
	case "carbon_capture":
		c.capture(m, d)
	case "chp":
		c.backPressure(m, d)
	case "chp_extraction":
		c.extraction(m, d)
	case "gas_boiler", "electric_boiler", "power_to_gas":
		c.converter(m, d, kind)
	case "gas_supply", "heat_dump", "sequestration":
		c.connection(m, d, kind)
	default:
		fail("kind %q has no statement", kind)
	}
	return m
}

// renewable states wind and PV: 0 ≤ P ≤ A,
//
//	cost = Σ_t (c_om P + c_cut (A − P) − sub P) Δ
func (c *statement) renewable(m *Member, d object) {
	available := c.path(d.text("available", ""))
	c.each(func(s, t int) {
		a := available[s][t]
		p := c.column(0, a, m.Name+"_power", s, t)
		c.add(m, "injected", s, t, p)
		c.add(m, "renewable", s, t, p.times(c.hours[t]))
		c.add(m, "available", s, t, num(a*c.hours[t]))
		own := d.num("maintenance_per_mwh", 0) - d.num("subsidy_per_mwh", 0)
		m.pay(s, sum(p.times(own), num(a).minus(p).times(d.num("curtailment_penalty_per_mwh", 0))).times(c.hours[t]))
	})
}

// storage states a store of electricity, heat or gas. A binary of each
// direction forbids both at once in every step, whether or not that could pay:
//
//	e_t = (1−σ)^Δ e_{t−1} + η_c c_t Δ − d_t Δ / η_d,   E_min ≤ e_t ≤ E_max,   not both c and d
//
// with wear w (c + d) Δ, or w d Δ, and the rule for the energy at the end.
func (c *statement) storage(m *Member, d object) {
	var (
		kept       = 1 - d.num("self_discharge_per_hour", 0) // per hour
		in, out    = d.num("charge_efficiency", 0), d.num("discharge_efficiency", 0)
		low, high  = d.num("min_energy_mwh", 0), d.num("energy_mwh", 0)
		begin      = d.num("initial_mwh", 0)
		finish     = d.num("end_energy_mwh", begin) // at the end of a day or of the grid
		past       = d.object("before")
		most, last = d.num("charge_mw", 0), d.num("discharge_mw", 0)
		wear       = d.num("wear_per_mwh", 0)
		port       = d.text("carrier", "electricity")
	)
	// A store returns the energy that it takes, so that its withdrawals are no
	// load of an obligation.
	m.stores = true
	for s := range c.probability {
		before := num(begin)
		var charges, discharges, charging, discharging []Expr
		for t := range c.steps {
			charge, discharge := c.column(0, most, m.Name+"_charge", s, t), c.column(0, last, m.Name+"_discharge", s, t)
			up, down := c.bin(m.Name+"_charging", s, t), c.bin(m.Name+"_discharging", s, t)
			c.atMost(charge, up.times(most))
			c.atMost(discharge, down.times(last))
			// The exclusivity holds in each step here; the library adds it only
			// if it is violated.
			c.atMost(sum(up, down), num(1))
			energy := c.column(low, high, m.Name+"_energy", s, t)
			c.equal(energy, sum(before.times(math.Pow(kept, c.hours[t])), charge.times(in*c.hours[t]), discharge.times(-c.hours[t]/out)))
			c.ready(m, d, s, t, energy, discharge.minus(charge))
			c.exchange(m, port, s, t, discharge, charge)
			m.pay(s, discharge.times(wear*c.hours[t]))
			if d.text("wear_rule", "throughput") == "throughput" {
				m.pay(s, charge.times(wear*c.hours[t]))
			}
			// Days last 24 h. The first one can begin before the grid.
			end := c.begin(t+1) + past.num("day_hours", 0)
			if d.text("end", "as_begun") == "daily" && math.Abs(end/24-math.Round(end/24)) < 1e-9 {
				c.equal(energy, num(finish))
			}
			before = energy
			charges, discharges = append(charges, charge), append(discharges, discharge)
			charging, discharging = append(charging, up), append(discharging, down)
		}
		if d.text("end", "as_begun") == "free" {
			m.pay(s, before.minus(num(begin)).times(-d.num("end_value_per_mwh", 0)))
		} else {
			c.equal(before, num(finish))
		}
		if d.has("starts_per_day") {
			most, passed := d.num("starts_per_day", 0), past.num("day_hours", 0)
			c.starts(m, s, charging, most, passed, past.num("charging_starts", 0), past.flag("charging"))
			c.starts(m, s, discharging, most, passed, past.num("discharging_starts", 0), past.flag("discharging"))
		}
		if d.has("depths") {
			c.depths(m, d, s, charges, discharges, kept)
		}
	}
}

// ready adds the reserve of a store whose energy is e at the end of the step
// and whose net discharge is p: power up to P_d for H hours, at least the step,
// all of it as discharged energy,
//
//	p + r ≤ P_d,   e − H r / η_d ≥ E_min
func (c *statement) ready(m *Member, d object, s, t int, e, p Expr) {
	if d.num("reserve_mw", 0) == 0 {
		return
	}
	r := c.column(0, d.num("reserve_mw", 0), m.Name+"_ready", s, t)
	c.atMost(sum(p, r), num(d.num("discharge_mw", 0)))
	c.atLeast(e.minus(r.times(d.num("reserve_h", c.hours[t])/d.num("discharge_efficiency", 0))), num(d.num("min_energy_mwh", 0)))
	c.add(m, "reserve", s, t, r)
}

// exchange adds injection and withdrawal at the port of a carrier. Heat and gas
// have one signed flow, electricity has two.
func (c *statement) exchange(m *Member, port string, s, t int, in, out Expr) {
	if port == "electricity" {
		c.add(m, "injected", s, t, in)
		c.add(m, "withdrawn", s, t, out)
		return
	}
	c.add(m, port, s, t, in.minus(out))
}

// starts limits the runs that begin in each day. The first day began the time
// passed before the grid and has seen some starts. A run can go on from there;
// otherwise a run in the first step begins:
//
//	s_t ≥ x_t − x_{t−1},   Σ_t s_t ≤ N per 24 h, less those before the grid
func (c *statement) starts(m *Member, s int, running []Expr, most, passed, seen float64, runs bool) {
	day := func(t int) int { return int((c.begin(t)+passed)/24 + 1e-9) }
	// A group has the steps that begin in one day: from, …, next−1.
	for from, next := 0, 0; from < c.steps; from = next {
		begun := Expr{}
		for next = from; next < c.steps && (next == from || day(next) == day(from)); next++ {
			t := next
			start := c.bin(m.Name+"_starts", s, t)
			before := Expr{}
			if t > 0 {
				before = running[t-1]
			} else if runs {
				before = num(1)
			}
			c.atLeast(start, running[t].minus(before))
			begun = sum(begun, start)
		}
		// A day that has begun before the row has used some of its starts.
		left := most
		if day(from) == 0 {
			left = max(0, most-seen)
		}
		c.atMost(begun, num(left))
	}
}

// depths adds wear that rises with the depth of cycles:
//
//	c_t = Σ_j c_tj,   d_t = Σ_j d_tj,   e_tj = (1−σ)^Δ e_{t−1,j} + η_c c_tj Δ − d_tj Δ / η_d
//	0 ≤ e_tj ≤ width_j,   cost = Σ_t Σ_j w_j d_tj Δ
//
// It cuts the store into bands with wear of their own, currency per MWh
// discharged. The initial energy fills the first bands, which are those of
// shallow cycles, unless the state before the grid has the energy of each band.
// The last band reaches to the bottom.
func (c *statement) depths(m *Member, d object, s int, charges, discharges []Expr, kept float64) {
	var (
		bands   = d.objects("depths")
		in, out = d.num("charge_efficiency", 0), d.num("discharge_efficiency", 0)
		total   = d.num("energy_mwh", 0)
		left    = d.num("initial_mwh", 0)
		from    = 0.0
		energy  []Expr
		width   []float64
	)
	// The initial energy fills the bands in the order of the file.
	for j, b := range bands {
		to := b.num("depth_mwh", 0)
		// The last band reaches to the capacity.
		if j == len(bands)-1 {
			to = total
		}
		width = append(width, to-from)
		energy = append(energy, num(min(left, to-from)))
		left -= min(left, to-from)
		from = to
	}
	if past := d.object("before"); past.has("in_bands_mwh") {
		for j, held := range past.list("in_bands_mwh") {
			energy[j] = num(held)
		}
	}
	for t := range c.steps {
		var charged, discharged Expr
		for j, b := range bands {
			x := c.column(0, math.Inf(1), m.Name+"_bandcharge", j, s, t)
			y := c.column(0, math.Inf(1), m.Name+"_banddischarge", j, s, t)
			e := c.column(0, width[j], m.Name+"_bandenergy", j, s, t)
			c.equal(e, sum(energy[j].times(math.Pow(kept, c.hours[t])), x.times(in*c.hours[t]), y.times(-c.hours[t]/out)))
			energy[j] = e
			charged, discharged = sum(charged, x), sum(discharged, y)
			m.pay(s, y.times(b.num("wear_per_mwh", 0)*c.hours[t]))
		}
		// The bands share the flows of the store, so that their energies sum to
		// that of the store.
		c.equal(charged, charges[t])
		c.equal(discharged, discharges[t])
	}
}

// connection states the purchase of gas, the cooling of heat and the storage of
// CO2:
//
//	0 ≤ G ≤ G_max MW,   0 ≤ H ≤ H_max MW,   0 ≤ Q ≤ Q_max Δ t
func (c *statement) connection(m *Member, d object, kind string) {
	c.each(func(s, t int) {
		switch kind {
		case "gas_supply":
			bought := c.column(0, d.num("max_mw", 0), m.Name+"_bought", s, t)
			c.add(m, "gas", s, t, bought)
			c.add(m, "emission", s, t, bought.times(d.num("emission_t_per_mwh", 0)*c.hours[t]))
			m.pay(s, bought.times(c.path(d.text("price", ""))[s][t]*c.hours[t]))
		case "heat_dump":
			dumped := c.column(0, d.num("max_mw", 0), m.Name+"_dumped", s, t)
			c.add(m, "heat", s, t, dumped.times(-1))
			m.pay(s, dumped.times(d.num("cost_per_mwh", 0)*c.hours[t]))
		case "sequestration":
			stored := c.column(0, d.num("max_t_per_h", 0)*c.hours[t], m.Name+"_stored", s, t)
			c.add(m, "co2", s, t, stored.times(-1))
			m.pay(s, stored.times(d.num("cost_per_t", 0)))
			if d.text("carbon", "at_stack") == "at_purchase" {
				c.add(m, "emission", s, t, stored.times(-1))
			}
		}
	})
}
