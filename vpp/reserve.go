package vpp

import (
	"fmt"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/optional"
)

// Reserve is a market that pays upward reserve capacity. A VPP v offers R_t MW
// day-ahead, equal in all scenarios, and its members must hold it in each of
// them:
//
//	0 ≤ R_t ≤ MaxOffer,   R_t ≤ Σ_i r_{i,t,s}       for all s and t
//	n_{t,s} + R_t ≤ ExportLimit                     if the VPP has one
//	income = Σ_t λ_t R_t Δ_t                        part of the economic value E
//
// r is [der.Terms.Reserve]: room below the maximum of a thermal unit, and power
// of a store that its energy can sustain. R is the first-stage column
// "v.reserve_offer(t)", and the row "v.reserve_held(s,t)" limits it. An
// activation must fit through the connection: row "v.reserve_export(s,t)". The
// offer is continuous and has no minimum bid.
//
// Capacity alone is paid. Activation is not modelled: it has neither energy nor
// payment, and a product that links several steps needs rows of its own.
//
// For example, Reserve{Price: market.Series{12}, MaxOffer: optional.Of(5)} pays
// 12 per MW and hour for at most 5 MW.
//
// Source: Regulation (EU) 2017/2195, Title V, which settles balancing capacity
// (chapter 5) apart from balancing energy (chapter 2).
type Reserve struct {
	Price    market.Series  // λ ≥ 0, currency per MW and hour: one value, or one per step
	MaxOffer optional.Float // upper limit of R, MW, at least 0; absent: no limit
}

// validate reports a price or a limit that is out of range. Without a market it
// reports nothing.
func (x *Reserve) validate(bad *faults.List, steps int) {
	if x == nil {
		return
	}
	bad.Require(len(x.Price) == 1 || len(x.Price) == steps,
		"the reserve market: Price has %d values, want 1, or one for each of %d steps", len(x.Price), steps)
	for t, price := range x.Price {
		bad.AtLeast(fmt.Sprintf("the reserve market: Price[%d]", t), price, 0, "currency per MW and hour")
	}
	limit := x.MaxOffer.Or(0)
	bad.Require(limit >= 0, "the reserve market: MaxOffer is %v, want at least 0 MW", limit)
}

// checkOffered reports a fixed offer without a reserve market, or above its
// limit.
func (p Problem) checkOffered(bad *faults.List) {
	if p.VPP.Offered == nil {
		return
	}
	of := p.Setting.Markets.Reserve
	if !bad.Require(of != nil, "Offered is given without a reserve market; set Markets.Reserve, or leave Offered nil") {
		return
	}
	most, limited := of.MaxOffer.Get()
	for t, mw := range p.VPP.Offered {
		bad.Require(!limited || mw <= most, "Offered[%d] is %v MW, above MaxOffer of the reserve market, %v MW", t, mw, most)
	}
}

// addReserveOffer adds R_t. Without a reserve market it adds nothing.
func (x *Program) addReserveOffer() {
	offered := x.Setting.Markets.Reserve
	if offered == nil {
		return
	}
	for t := range x.Setting.Set.Steps() {
		r := x.Model.Var(milp.At(x.VPP.Name, "reserve_offer", t), 0, offered.MaxOffer.Or(milp.Inf))
		if x.VPP.Offered != nil {
			x.Model.Fix(r, x.VPP.Offered[t])
		}
		x.offered = append(x.offered, r.Expr())
	}
}

// addReserve adds the limits of R_t in scenario s and returns the income,
// currency. The income is that of every scenario, because R is.
func (x *Program) addReserve(s int) milp.Expr {
	var income milp.Expr
	for t, r := range x.offered {
		held := x.port(s, t, func(u *der.Terms) []milp.Expr { return u.Reserve })
		x.Model.AtMost(milp.At(x.VPP.Name, "reserve_held", s, t), r, held)
		if limit, ok := x.VPP.ExportLimit.Get(); ok {
			x.Model.AtMost(milp.At(x.VPP.Name, "reserve_export", s, t), milp.Sum(x.delivered[s][t], r), milp.Const(limit))
		}
		income.Add(r.Times(x.Setting.Markets.Reserve.Price.At(t) * x.Setting.Set.HoursAt(t)))
	}
	return income
}

// reserveIncome returns the income from the offered reserve per step, currency;
// zeros without a reserve market.
func (p *Plan) reserveIncome() []float64 {
	out := make([]float64, p.Setting.Set.Steps())
	for t, mw := range p.Offered {
		out[t] = p.Setting.Markets.Reserve.Price.At(t) * mw * p.Setting.Set.HoursAt(t)
	}
	return out
}

// checkReserve reports sites that hold reserve behind an export limit. Their
// program does not keep room for an activation at the connection of the site.
func (p Problem) checkReserve(bad *faults.List) {
	if p.Setting.Markets.Reserve == nil {
		return
	}
	for _, d := range p.Members {
		unit := d
		if fleet, ok := d.(*der.Fleet); ok {
			unit = fleet.Unit
		}
		site, ok := unit.(*der.Site)
		if !ok || !site.MaxExport.Given() {
			continue
		}
		for _, part := range der.PartsOf(site) {
			name := part.Name()
			if fleet, ok := part.(*der.Fleet); ok {
				part = fleet.Unit
			}
			store, stores := part.(*der.Storage)
			unit, burns := part.(*der.Thermal)
			if stores && store.Reserve > 0 || burns && unit.Reserve > 0 {
				bad.Addf("member %q: part %q holds reserve behind MaxExport of its site, which a reserve market does not support; "+
					"set its Reserve to 0, or leave MaxExport out", d.Name(), name)
			}
		}
	}
}
