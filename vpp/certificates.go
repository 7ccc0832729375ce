package vpp

import (
	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/milp"
)

// certificates returns the certificates that the obligation makes the plant buy in a step, for the
// program. The load of the consumer's reading is the demand that the plant serves.
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

// load returns the energy that the plant serves in a step, MWh.
func (c Setting) load(p VPP, s, t int) float64 {
	if p.Demand == "" {
		return 0
	}
	return c.Set.At(p.Demand, s, t) * c.Set.Hours()
}
