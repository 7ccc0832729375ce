package main

import "github.com/trigrid/trigrid/market"

// hour holds prices and quantities of one hour of the full model. Slices have
// one entry per VPP.
type hour struct {
	Hour             int     `json:"hour"`
	Load             float64 `json:"load_mw"`           // sum over the VPPs
	PowerPrice       float64 `json:"power_cny_per_mwh"` // of a purchase
	CarbonPrice      float64 `json:"carbon_cny_per_t"`
	CertificatePrice float64 `json:"certificate_cny"`

	// Net purchases; negative if the VPP sells.
	Power       []float64 `json:"power_mwh"`
	Allowances  []float64 `json:"allowances_t"`
	Certificate []float64 `json:"certificates"`

	// Net injection of the stores; negative if a store charges.
	Battery   []float64 `json:"battery_mw"`
	HeatStore []float64 `json:"heat_store_mw"`
}

// hours returns the 24 hours of an equilibrium. The day has one scenario, so
// all figures are those of scenario 0.
func hours(x *cleared) []hour {
	out := make([]hour, len(dayLoad))
	for t := range out {
		h := &out[t]
		h.Hour = t
		h.readMarkets(x, t)
		h.readPlans(x, t)
	}
	return out
}

// readMarkets sets prices and net purchases of hour t.
func (h *hour) readMarkets(x *cleared, t int) {
	for _, traded := range x.equilibrium.Markets {
		buy, _ := traded.MarketPrices(0, t)
		to := &h.Power
		switch traded.Market.Trades() {
		case market.Carbon:
			h.CarbonPrice, to = buy, &h.Allowances
		case market.Certificate:
			h.CertificatePrice, to = buy, &h.Certificate
		default:
			h.PowerPrice = buy
		}
		for l := range traded.Bought {
			*to = append(*to, traded.Bought[l][0][t])
		}
	}
}

// readPlans sets load and stores of hour t. Members are in order of name, so a
// store is found by its name.
func (h *hour) readPlans(x *cleared, t int) {
	for _, plan := range x.equilibrium.Plans {
		h.Load += plan.Setting.Set.At(plan.VPP.Demand, 0, t)
		for i := range plan.Members {
			m := &plan.Members[i]
			// All other DERs are left out: no claim is about them.
			switch m.DER.Name() {
			case plan.VPP.Name + " battery":
				h.Battery = append(h.Battery, m.Schedule.Realised[0].Net(t))
			case plan.VPP.Name + " heat store":
				h.HeatStore = append(h.HeatStore, m.Schedule.Realised[0].Heat[t])
			}
		}
	}
}
