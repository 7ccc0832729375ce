package der

import (
	"math"

	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
)

// Load is a demand for electricity, heat or gas. It is served, or shed at a
// price.
//
//	served_t = L_t − shed_t,   0 ≤ shed_t ≤ α L_t        MW
//	emission = e served_t Δ                              of gas burnt behind the meter
//	cost = Σ_t c_shed shed_t Δ
//
// A demand that no schedule meets makes a program infeasible. To see the time
// and the amount that is missing, set Sheddable and a ShedCost at the value of
// lost load (10 000 per MWh and more).
//
// For example, Load{ID: "town", Demand: "demand", Sheddable: 0.1, ShedCost:
// 10000} serves at least 90 % of the series "demand" in every step.
type Load struct {
	ID        string
	Port      Carrier // Electricity by default
	Demand    string  // series of the demand L, MW
	Sheddable float64 // α, [0, 1], fraction of the demand that may be shed; 0 by default
	ShedCost  float64 // c_shed ≥ 0, currency per MWh

	// EmissionFactor is e ≥ 0, t CO2 per MWh served. Absent: NaturalGasCO2 for
	// gas, which is burnt, and 0 for electricity and heat. A gas load that
	// feeds a process without emission has 0.
	EmissionFactor optional.Float
}

// Name implements [DER].
func (u *Load) Name() string { return u.ID }

// Model implements [DER]. Its columns are "shed(s,t)" if Sheddable is above 0.
func (u *Load) Model(m *milp.Model, on milp.Expr, c Context) []Terms {
	out := c.NewTerms()
	for s := range out {
		at := c.Namer(u.ID, s)
		for t, demand := range c.Set.Path(u.Demand, s) {
			dt := c.HoursAt(t)
			served := on.Times(demand)
			if u.Sheddable > 0 {
				shed := upTo(m, at("shed", t), u.Sheddable*demand, on)
				served = served.Minus(shed)
				out[s].Cost.Add(shed.Times(u.ShedCost * dt))
			}
			switch u.Port {
			case Electricity:
				out[s].Withdraw(t, served)
			case Heat:
				out[s].SupplyHeat(t, served.Times(-1))
			case Gas:
				out[s].SupplyGas(t, served.Times(-1))
			}
			if factor := u.emissionFactor(); factor > 0 {
				out[s].Emit(t, served.Times(factor*dt))
			}
		}
	}
	return out
}

// emissionFactor returns e.
func (u *Load) emissionFactor() float64 {
	if u.Port == Gas {
		return u.EmissionFactor.Or(NaturalGasCO2)
	}
	return u.EmissionFactor.Or(0)
}

// Benefit implements [DER]. Its items are those of the payment and "load not
// served".
func (u *Load) Benefit(realised Schedule, c Context, scenario int) Benefit {
	b := c.Payment(realised, scenario)
	p := &realised.Realised[scenario]
	shed := 0.0
	for t, demand := range c.Set.Path(u.Demand, scenario) {
		shed += (demand - u.served(p, t)) * c.HoursAt(t)
	}
	b.Pay("load not served", u.ShedCost*shed)
	return b
}

// Validate implements [Validator].
func (u *Load) Validate(set *scenario.Set) error {
	v := checks("load", u.ID)
	v.Require(u.Port >= Electricity && u.Port <= Gas, "Port is %d, want Electricity, Heat or Gas", u.Port)
	checkSeries(v, set, "Demand", u.Demand, math.Inf(1))
	v.Between("Sheddable", u.Sheddable, 0, 1, "of the demand")
	v.AtLeast("ShedCost", u.ShedCost, 0, "currency per MWh")
	v.AtLeast("EmissionFactor", u.EmissionFactor.Or(0), 0, "t CO2 per MWh")
	return v.Err()
}

// served returns the demand that a schedule serves in step t, MW.
func (u *Load) served(p *Ports, t int) float64 {
	switch u.Port {
	case Heat:
		return -at(p.Heat, t)
	case Gas:
		return -at(p.Gas, t)
	}
	return at(p.Withdrawn, t)
}

// RollForward implements [Stateful]. A load has no state.
func (u *Load) RollForward(*Ports, Context, int, int) (DER, error) { return u, nil }

// CountsCarbon implements [CarbonCounter]: a gas load charges the gas that it
// burns.
func (u *Load) CountsCarbon() CarbonCount {
	if u.Port != Gas {
		return CarbonCount{}
	}
	return burning(u.emissionFactor())
}

// Quantities implements [Measured].
func (u *Load) Quantities() []Quantity {
	var q quantities
	q.add(PriceOf, "ShedCost", u.ShedCost)
	return q
}
