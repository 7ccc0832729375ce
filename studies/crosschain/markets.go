package main

import (
	"github.com/trigrid/trigrid/market"
	marketdata "github.com/trigrid/trigrid/market/published"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/vpp"
	"github.com/trigrid/trigrid/weights"
)

// rules are the markets of a case: which exist, and their prices and quotas.
type rules struct {
	carbon, certificates bool
	carbonQuota          float64 // free allocation, t CO2 per MWh of every fuelled unit
	certificateQuota     float64 // fraction of generation that certificates must cover
	prices               prices
}

// prices are linear in the net purchase q_t of all three VPPs in an hour:
//
//	λ_t = λ⁰_t + k q_t        cut off at 0 and at the good's ceiling
//
// The first field of each good is λ⁰ and its slope is k. For example,
// allowances cost 70 CNY/t without trade, and 90 CNY/t in an hour in which the
// VPPs buy 2 t on balance.
type prices struct {
	Carbon           float64 // CNY per t
	CarbonSlope      float64 // CNY per t, per t of net purchase
	Certificate      float64 // CNY per certificate of 1 MWh
	CertificateSlope float64 // CNY per certificate, per certificate
	PowerSlope       float64 // CNY per MWh, per MWh; λ⁰ is the tariff
}

var (
	// paperLike has the levels that papers use for certificates. Its slopes
	// move each price by up to about a quarter over the volumes of three such
	// VPPs.
	paperLike = prices{Carbon: 70, CarbonSlope: 10, Certificate: 50, CertificateSlope: 4, PowerSlope: 40}

	// realLike has the levels of the Chinese markets.
	realLike = prices{Carbon: 70, CarbonSlope: 10, Certificate: 5, CertificateSlope: 0.4, PowerSlope: 40}
)

// fixed returns the same levels with slopes of zero.
func (p prices) fixed() prices { return prices{Carbon: p.Carbon, Certificate: p.Certificate} }

// base returns both markets with the quotas of the paper.
func base() rules {
	return rules{carbon: true, certificates: true, carbonQuota: 0.25, certificateQuota: 0.80, prices: paperLike}
}

// gridFactor is the emission of grid power, t CO2 per MWh: China 2023,
// published
// 2025.
const gridFactor = 0.5306

// setting returns the markets of a day. Economy and environment have equal
// weights, so that the objective times −2 is the cost of the paper: all
// payments plus all running costs.
func (r rules) setting(set *scenario.Set) (vpp.Setting, error) {
	calendar := market.Calendar{Steps: set.Steps()}
	power, err := marketdata.TimeOfUseCheng().SellingAt(marketdata.CalibratedSellFraction).Tariff(calendar)
	if err != nil {
		return vpp.Setting{}, err
	}
	c := vpp.Setting{
		Set:     set,
		Weights: weights.Vector{Economic: 0.5, Environment: 0.5},
		Markets: vpp.Markets{
			Electricity:  respond(power, r.prices.PowerSlope),
			Obligation:   market.Obligation{Quota: r.certificateQuota},
			GridEmission: market.Series{gridFactor},
		},
	}
	if r.carbon {
		flat := market.Flat(market.Carbon, calendar, r.prices.Carbon)
		c.Markets.Carbon = respond(flat, r.prices.CarbonSlope)
	}
	if r.certificates {
		flat := market.Flat(market.Certificate, calendar, r.prices.Certificate)
		c.Markets.Certificate = respond(flat, r.prices.CertificateSlope)
	}
	return c, nil
}

// ceilings are the highest prices that the regulator approves, CNY per unit.
var ceilings = map[string]float64{
	market.Electricity.String(): 1600,
	market.Carbon.String():      250,
	market.Certificate.String(): 200,
}

// respond returns m with prices that follow the volume, between 0 and the
// good's ceiling. If slope is 0 it returns m itself, whose program is smaller.
func respond(m market.Market, slope float64) market.Market {
	if slope == 0 {
		return m
	}
	return &market.Linear{
		Market: m, Slope: market.Series{slope},
		Floor: market.Series{0}, Cap: market.Series{ceilings[m.Trades().String()]},
	}
}

// gasDay returns the gas price by hour, CNY per MWh at a heating value of 9.97
// kWh/m³. For example,
// 3.0 CNY/m³ is 301 CNY/MWh.
func gasDay() []float64 {
	var out []float64
	for _, perCubicMetre := range marketdata.GasTimeOfDay() {
		out = append(out, market.GasPrice(perCubicMetre, 9.97))
	}
	return out
}
