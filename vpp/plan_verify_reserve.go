package vpp

import (
	"math"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/vpp/audit"
)

// reserve checks in scenario s that
//
//	0 ≤ R_t ≤ MaxOffer,   R_t ≤ Σ_i r_{i,t,s},   n_{t,s} + R_t ≤ ExportLimit
//	income = Σ_t λ_t R_t Δ_t
//
// The reserve of a member is inspected with its kind. Without a reserve market
// both are zero.
func (x *verification) reserve(s int) {
	found, income := x.Results[s].Reserve, 0.0
	if of := x.Setting.Markets.Reserve; of != nil {
		most, limited := of.MaxOffer.Get()
		if !limited {
			most = math.Inf(1)
		}
		for t, offered := range x.Offered {
			price := of.Price[0]
			if len(of.Price) > 1 {
				price = of.Price[t]
			}
			income += offered * x.dt(t) * price
			held := x.port(s, t, func(p *der.Ports) []float64 { return p.Reserve })
			x.at(s, t).AtMost("offered reserve beside the reserve that members hold", offered, held)
			if limit, ok := x.VPP.ExportLimit.Get(); ok {
				x.at(s, t).AtMost("connection limit of delivery and reserve", x.Net[s][t]+offered, limit)
			}
			if s == 0 { // the offer has no scenario
				x.at(audit.All, t).Within("limit of the reserve market", 0, offered, most)
			}
		}
	}
	x.at(s, audit.All).Equal("reserve income", found, income)
}
