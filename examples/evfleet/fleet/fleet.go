// Package fleet is a custom kind of DER: electric cars that stay at the
// chargers of one site.
package fleet

import (
	"fmt"
	"math"

	"github.com/trigrid/trigrid/casefile"
	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/scenario"
)

// Fleet charges cars between their arrival and their departure. For each stay
//
//	e_t = e_{t−1} + η c_t Δ − d_t Δ / η,   e before the arrival = Has      MWh
//	0 ≤ e_t ≤ Capacity,   0 ≤ c_t ≤ Charge z_t,   0 ≤ d_t ≤ Discharge (1 − z_t)
//	e at the departure + unmet ≥ Wants
//	cost = Σ_t Wear d_t Δ + UnmetCost unmet
//
// A binary z_t exists only for cars that can feed in. For example, a car that
// arrives with 10 kWh, wants 43 kWh and charges at 11 kW needs three hours at
// an efficiency of 1.
type Fleet struct {
	ID         string
	Stays      []Stay
	Efficiency float64 // η of charging and of feeding in, (0, 1]
	Wear       float64 // ≥ 0, currency per MWh fed in
	UnmetCost  float64 // ≥ 0, currency per MWh that is missing at departure
}

// Stay is one car at one charger. For example, in quarter-hours from midnight,
// Arrive 72 and Depart 116 is a car from 18:00 to 05:00.
type Stay struct {
	Arrive, Depart    int     // steps, [Arrive, Depart)
	Capacity          float64 // MWh
	Has, Wants        float64 // at arrival and at departure, MWh, ≤ Capacity
	Charge, Discharge float64 // MW; Discharge 0: the car cannot feed in
}

var (
	_ der.DER        = (*Fleet)(nil)
	_ der.Validator  = (*Fleet)(nil)
	_ der.Classified = (*Fleet)(nil)
	_ der.Stateful   = (*Fleet)(nil)
)

// Name implements [der.DER].
func (f *Fleet) Name() string { return f.ID }

// Class implements [der.Classified].
func (f *Fleet) Class() der.Class { return der.ClassFlexibleLoad }

// UnequalSteps implements [der.Unequal]: each equation reads the length of its
// own step.
func (f *Fleet) UnequalSteps() bool { return true }

// Model implements [der.DER]. Stay i has the columns "charge i(s,t)", "energy
// i(s,t)" and "unmet i(s,t)", and "feed in i(s,t)" and "charging i(s,t)" if the
// car can feed in.
func (f *Fleet) Model(m *milp.Model, on milp.Expr, c der.Context) []der.Terms {
	out := c.NewTerms()
	for s := range out {
		var (
			at             = c.Namer(f.ID, s)
			charged, given = make([]milp.Expr, c.Steps()), make([]milp.Expr, c.Steps())
			stored, unmet  = make([]milp.Expr, c.Steps()), make([]milp.Expr, c.Steps())
		)
		for i, v := range f.Stays {
			// of names the columns and rows of one car.
			of := func(quantity string, t int) milp.Name { return at(fmt.Sprintf("%s %d", quantity, i), t) }
			// on is 0 if the fleet is no member: nothing is then stored or
			// charged.
			before := on.Times(v.Has)
			for t := v.Arrive; t < v.Depart; t++ {
				dt := c.HoursAt(t)
				charge := m.Var(of("charge", t), 0, v.Charge).Expr()
				var feed milp.Expr
				if v.Discharge > 0 {
					feed = m.Var(of("feed in", t), 0, v.Discharge).Expr()
					charging := m.Bin(of("charging", t)).Expr()
					m.AtMost(of("charges", t), charge, charging.Times(v.Charge))
					m.AtMost(of("feeds", t), feed, on.Minus(charging).Times(v.Discharge))
				}
				// The charger limits the power, and the battery the energy.
				m.AtMost(of("charger", t), charge, on.Times(v.Charge))
				energy := m.Var(of("energy", t), 0, v.Capacity).Expr()
				m.Equal(of("balance", t), energy, milp.Sum(before, charge.Times(f.Efficiency*dt), feed.Times(-dt/f.Efficiency)))
				m.AtMost(of("battery", t), energy, on.Times(v.Capacity))
				charged[t].Add(charge)
				given[t].Add(feed)
				stored[t].Add(energy)
				out[s].Watch(fmt.Sprintf("energy %d", i), "MWh", t, energy)
				out[s].Cost.Add(feed.Times(f.Wear * dt))
				before = energy
			}
			// The car leaves at the end of this step.
			last := v.Depart - 1
			missing := m.Var(of("unmet", last), 0, v.Wants).Expr()
			m.AtMost(of("at most all", last), missing, on.Times(v.Wants))
			m.AtLeast(of("departure", last), milp.Sum(before, missing), on.Times(v.Wants))
			unmet[last].Add(missing)
			out[s].Cost.Add(missing.Times(f.UnmetCost))
		}
		for t := range c.Steps() {
			out[s].Withdraw(t, charged[t])
			out[s].Inject(t, given[t])
			out[s].Watch("stored", "MWh", t, stored[t])
			out[s].Watch("unmet", "MWh", t, unmet[t])
		}
	}
	return out
}

// RollForward implements [der.Stateful]. Cars that have left are gone, cars at
// a charger have arrived with their present energy, and the others arrive as
// many steps earlier.
func (f *Fleet) RollForward(realised *der.Ports, _ der.Context, _, steps int) (der.DER, error) {
	next := *f
	next.Stays = nil
	for i, v := range f.Stays {
		if v.Depart <= steps {
			continue
		}
		if v.Arrive < steps {
			energy := realised.Trace(fmt.Sprintf("energy %d", i))
			if len(energy) < steps {
				return nil, fmt.Errorf("fleet %q: the schedule does not report the energy of stay %d for %d steps", f.ID, i, steps)
			}
			v.Has = min(v.Capacity, max(0, energy[steps-1])) // within the tolerance of a solver
		}
		v.Arrive, v.Depart = max(0, v.Arrive-steps), v.Depart-steps
		next.Stays = append(next.Stays, v)
	}
	return &next, nil
}

// Benefit implements [der.DER].
func (f *Fleet) Benefit(realised der.Schedule, c der.Context, s int) der.Benefit {
	b := c.Payment(realised, s)
	for t, mw := range realised.Realised[s].Injected {
		b.Pay("wear", f.Wear*mw*c.HoursAt(t))
	}
	for _, mwh := range realised.Realised[s].Trace("unmet") {
		b.Pay("unmet energy", f.UnmetCost*mwh)
	}
	return b
}

// Validate implements [der.Validator].
func (f *Fleet) Validate(set *scenario.Set) error {
	bad := faults.List{Prefix: fmt.Sprintf("fleet %q: ", f.ID)}
	bad.Require(f.Efficiency > 0 && f.Efficiency <= 1, "Efficiency is %v, want more than 0 and at most 1", f.Efficiency)
	bad.AtLeast("Wear", f.Wear, 0, "currency per MWh")
	bad.AtLeast("UnmetCost", f.UnmetCost, 0, "currency per MWh")
	for i, v := range f.Stays {
		name := fmt.Sprintf("Stays[%d]", i)
		bad.Require(v.Arrive >= 0 && v.Arrive < v.Depart && v.Depart <= set.Steps(),
			"%s lasts from step %d to %d, want steps in order within the %d of the scenarios", name, v.Arrive, v.Depart, set.Steps())
		bad.AtLeast(name+".Charge", v.Charge, 0, "MW")
		bad.AtLeast(name+".Discharge", v.Discharge, 0, "MW")
		bad.Between(name+".Has", v.Has, 0, v.Capacity, "MWh")
		bad.Between(name+".Wants", v.Wants, 0, v.Capacity, "MWh")
	}
	return bad.Err()
}

// Read reads a fleet from a case file, with the keys of a stay in kW and kWh.
// It is a [casefile.DERReader].
func Read(v casefile.Fields, _ map[string]bool) func() der.DER {
	f := Fleet{
		ID: v.At("name").Text(), Efficiency: v.At("efficiency").NumberOr(0.93, 0.1, 1),
		Wear: v.At("wear_per_mwh").NumberOr(0, 0, 1e6), UnmetCost: v.At("unmet_cost_per_mwh").NumberOr(1000, 0, 1e9),
	}
	for _, x := range v.At("stays").List() {
		f.Stays = append(f.Stays, Stay{
			Arrive: x.At("arrive_step").Count(0, math.MaxInt16), Depart: x.At("depart_step").Count(0, math.MaxInt16),
			Capacity: x.At("capacity_kwh").Number(0, 1e6) / 1000,
			Has:      x.At("has_kwh").Number(0, 1e6) / 1000, Wants: x.At("wants_kwh").Number(0, 1e6) / 1000,
			Charge: x.At("charge_kw").Number(0, 1e6) / 1000, Discharge: x.At("discharge_kw").NumberOr(0, 0, 1e6) / 1000,
		})
	}
	return func() der.DER { g := f; return &g }
}
