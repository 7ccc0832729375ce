package der

import (
	"math"

	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
)

// renewable is the common part of [Wind] and [PV]: free energy that may be
// curtailed.
//
//	0 ≤ P_t ≤ A_t                                              MW
//	cost = Σ_t (c_om P_t + c_cut (A_t − P_t) − sub P_t) Δ      currency
type renewable struct {
	kind, id            string
	capacity            optional.Float
	available, forecast string
	maintenance         float64 // c_om
	penalty             float64 // c_cut
	subsidy             float64 // sub
}

func (u renewable) model(m *milp.Model, on milp.Expr, c Context) []Terms {
	out := c.NewTerms()
	for s := range out {
		at := c.Namer(u.id, s)
		available := c.Set.Path(u.available, s)
		for t := range c.Steps() {
			power := upTo(m, at("power", t), available[t], on)
			could := on.Times(available[t]) // MW
			dt := c.HoursAt(t)

			out[s].Inject(t, power)
			out[s].Renew(t, power.Times(dt), could.Times(dt))
			if u.maintenance != u.subsidy {
				out[s].Cost.Add(power.Times((u.maintenance - u.subsidy) * dt))
			}
			if u.penalty != 0 {
				out[s].Cost.Add(could.Times(u.penalty*dt), power.Times(-u.penalty*dt))
			}
		}
	}
	// A forecast is the schedule itself: constants, times on.
	if u.forecast != "" {
		out[0].DayAhead = make([]milp.Expr, c.Steps())
		for t, mw := range c.Set.Mean(u.forecast) {
			out[0].DayAhead[t] = on.Times(mw)
		}
	}
	return out
}

func (u renewable) benefit(realised Schedule, c Context, scenario int) Benefit {
	b := c.Payment(realised, scenario)
	p := &realised.Realised[scenario]
	generated, unused := 0.0, 0.0
	for t := range c.Steps() {
		generated += at(p.Injected, t) * c.HoursAt(t)
		unused += at(p.Available, t) - at(p.Injected, t)*c.HoursAt(t)
	}
	if u.subsidy != 0 {
		b.Earn("subsidy", u.subsidy*generated)
	}
	b.Pay("maintenance", u.maintenance*generated)
	b.Pay("curtailment penalty", u.penalty*unused)
	return b
}

func (u renewable) validate(set *scenario.Set) error {
	v := checks(u.kind, u.id)
	v.AtLeast("Capacity", u.capacity.Or(0), 0, "MW")
	checkSeries(v, set, "Available", u.available, u.capacity.Or(math.Inf(1)))
	if u.forecast != "" {
		checkSeries(v, set, "Forecast", u.forecast, math.Inf(1))
	}
	v.AtLeast("Maintenance", u.maintenance, 0, "currency per MWh")
	v.AtLeast("CurtailmentPenalty", u.penalty, 0, "currency per MWh")
	v.AtLeast("Subsidy", u.subsidy, 0, "currency per MWh")
	return v.Err()
}
