package vpp

import (
	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/milp"
)

// certificates returns the certificates to be purchased in a step as an expression. It is linear in
// the energies of the members,
//
//	r_ren E_ren + r_conv E_conv + r_avail E_avail + r_load E_load
//
// with the rates r of [market.Obligation]; a rate of −1 for renewable energy earns one certificate
// per MWh. The load of an obligation on consumers is the demand of the VPP.
func (x *Program) certificates(s, t int) milp.Expr {
	rates := x.Setting.Markets.Obligation.Rates()
	return x.port(s, t, func(u *der.Terms) []milp.Expr { return u.Renewable }).Times(rates.Renewable).Plus(
		x.port(s, t, func(u *der.Terms) []milp.Expr { return u.Conventional }).Times(rates.Conventional),
		x.port(s, t, func(u *der.Terms) []milp.Expr { return u.Available }).Times(rates.Forecast),
		milp.Const(rates.Load*x.Setting.load(x.VPP, s, t)),
	)
}

// certificates returns the same number from realised schedules.
func (p *Plan) certificates(s, t int) float64 {
	energy := market.Energy{Load: p.Setting.load(p.VPP, s, t)}
	for i := range p.Members {
		ports := &p.Members[i].Schedule.Realised[s]
		energy.Renewable += at(ports.Renewable, t)
		energy.Conventional += at(ports.Conventional, t)
		energy.Forecast += at(ports.Available, t)
	}
	return p.Setting.Markets.Obligation.Net(energy)
}

// load returns the demand of a VPP in a step, MWh.
func (c Setting) load(v VPP, s, t int) float64 {
	if v.Demand == "" {
		return 0
	}
	return c.Set.At(v.Demand, s, t) * c.Set.Hours()
}
