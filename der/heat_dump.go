package der

import (
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/scenario"
)

// HeatDump cools away surplus heat, such as the heat of a back-pressure unit
// that runs for its power.
//
//	0 ≤ H_t ≤ H_max              heat taken in, MW
//	cost = Σ_t c H_t Δ
//
// Without a dump the heat balance of a VPP forces such a unit to follow the
// heat demand. For example, 3 MW dumped for 2 h at 1.5 per MWh cost 9.
type HeatDump struct {
	ID   string
	Max  float64 // H_max ≥ 0, MW; 0 forbids dumping
	Cost float64 // c ≥ 0, currency per MWh
}

// Name implements [DER].
func (u *HeatDump) Name() string { return u.ID }

// Model implements [DER]. Its columns are "dumped(s,t)".
func (u *HeatDump) Model(m *milp.Model, on milp.Expr, c Context) []Terms {
	out := c.NewTerms()
	for s := range out {
		at := c.Namer(u.ID, s)
		for t := range c.Steps() {
			dumped := upTo(m, at("dumped", t), u.Max, on)
			out[s].SupplyHeat(t, dumped.Times(-1))
			out[s].Cost.Add(dumped.Times(u.Cost * c.HoursAt(t)))
		}
	}
	return out
}

// Benefit implements [DER]. Its items are those of the payment and "cooling".
func (u *HeatDump) Benefit(realised Schedule, c Context, scenario int) Benefit {
	b := c.Payment(realised, scenario)
	cost := 0.0
	for t := range c.Steps() {
		cost -= u.Cost * at(realised.Realised[scenario].Heat, t) * c.HoursAt(t)
	}
	b.Pay("cooling", cost)
	return b
}

// Validate implements [Validator].
func (u *HeatDump) Validate(*scenario.Set) error {
	v := checks("heat dump", u.ID)
	v.AtLeast("Max", u.Max, 0, "MW")
	v.AtLeast("Cost", u.Cost, 0, "currency per MWh")
	return v.Err()
}

// RollForward implements [Stateful]. A heat dump has no state.
func (u *HeatDump) RollForward(*Ports, Context, int, int) (DER, error) { return u, nil }

// Quantities implements [Measured].
func (u *HeatDump) Quantities() []Quantity {
	var q quantities
	q.add(ConnectionOf, "Max", u.Max)
	q.add(PriceOf, "Cost", u.Cost)
	return q
}
