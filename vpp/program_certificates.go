package vpp

import (
	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/milp"
)

// certificates returns the certificates to be purchased in a step as an
// expression. It is linear in the energies of the members,
//
//	r_ren E_ren + r_conv E_conv + r_avail E_avail + r_load E_load
//
// with the rates r of [market.Obligation]; a rate of −1 for renewable energy
// earns one certificate per MWh. E_load is the consumption of the VPP and its
// members, see [Program.consumption].
func (x *Program) certificates(s, t int) milp.Expr {
	rates := x.Setting.Markets.Obligation.Rates()
	owed := x.port(s, t, func(u *der.Terms) []milp.Expr { return u.Renewable }).Times(rates.Renewable).Plus(
		x.port(s, t, func(u *der.Terms) []milp.Expr { return u.Conventional }).Times(rates.Conventional),
		x.port(s, t, func(u *der.Terms) []milp.Expr { return u.Available }).Times(rates.Forecast),
		milp.Const(rates.Load*x.Setting.load(x.VPP, s, t)),
	)
	if rates.Load != 0 {
		owed = owed.Plus(x.consumption(s, t).Times(rates.Load * x.Setting.Set.HoursAt(t)))
	}
	return owed
}

// consumption returns the electricity that the members consume in a step, MW:
// their withdrawals minus their load reduction. Energy that a store will feed
// in again, and energy that is sold to the grid, are not consumed. The demand
// of the VPP comes on top.
//
// For example, a demand of 6 MW and a member of the kind load of 2 MW owe as
// much as a demand of 8 MW.
func (x *Program) consumption(s, t int) milp.Expr {
	var sum milp.Expr
	for i, d := range x.Members {
		if !consumes(d) {
			continue
		}
		if out := x.terms[i][s].Withdrawn; out != nil {
			sum.Add(out[t])
		}
		if cut := x.terms[i][s].Reduced; cut != nil {
			sum.Add(cut[t].Times(-1))
		}
	}
	return sum
}

// consumes reports whether the electricity that a DER withdraws is consumed.
func consumes(d der.DER) bool {
	if storer, ok := d.(der.Storer); ok && storer.StoresElectricity() {
		return false
	}
	trader, ok := d.(der.GridTrader)
	return !ok || !trader.TradesWithGrid()
}

// certificates returns the same number from realised schedules.
func (p *Plan) certificates(s, t int) float64 {
	energy := market.Energy{Load: p.Setting.load(p.VPP, s, t)}
	for i := range p.Members {
		ports := &p.Members[i].Schedule.Realised[s]
		energy.Renewable += at(ports.Renewable, t)
		energy.Conventional += at(ports.Conventional, t)
		energy.Forecast += at(ports.Available, t)
		if consumes(p.Members[i].DER) {
			energy.Load += (at(ports.Withdrawn, t) - at(ports.Reduced, t)) * p.Setting.Set.HoursAt(t)
		}
	}
	return p.Setting.Markets.Obligation.Net(energy)
}

// load returns the demand of a VPP in a step, MWh.
func (c Setting) load(v VPP, s, t int) float64 {
	if v.Demand == "" {
		return 0
	}
	return c.Set.At(v.Demand, s, t) * c.Set.HoursAt(t)
}
