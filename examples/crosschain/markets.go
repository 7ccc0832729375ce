package main

import (
	"github.com/trigrid/trigrid/market"
	marketdata "github.com/trigrid/trigrid/market/published"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/vpp"
	"github.com/trigrid/trigrid/weights"
)

// rules say which markets exist, at which prices and quotas.
type rules struct {
	carbon, certificates bool
	carbonQuota          float64 // free allowance, t CO2 per MWh of every fuelled unit
	certificateQuota     float64 // share of generation that certificates must cover
	prices               prices
}

// prices at volume zero and how they move with the net purchase of all three plants in an hour.
type prices struct {
	Carbon           float64 // CNY per t
	CarbonSlope      float64 // CNY per t, per t of net purchase
	Certificate      float64 // CNY per certificate
	CertificateSlope float64
	PowerSlope       float64 // CNY per MWh, per MWh
}

// paperLike are the levels that papers use for certificates, with slopes that move each price by up to a
// quarter or so over the volumes that three such plants trade. realLike are what the Chinese markets paid.
var (
	paperLike = prices{Carbon: 70, CarbonSlope: 10, Certificate: 50, CertificateSlope: 4, PowerSlope: 40}
	realLike  = prices{Carbon: 70, CarbonSlope: 10, Certificate: 5, CertificateSlope: 0.4, PowerSlope: 40}
)

// fixed returns the same levels without any response to volume.
func (p prices) fixed() prices { return prices{Carbon: p.Carbon, Certificate: p.Certificate} }

// base are the source's own quotas, with both markets.
func base() rules {
	return rules{carbon: true, certificates: true, carbonQuota: 0.25, certificateQuota: 0.80, prices: paperLike}
}

// gridFactor is the emission of power from the grid, t CO2 per MWh: China 2023, published 2025.
const gridFactor = 0.5306

// setting returns the markets of a day. The price of money and of the environment count alike, so that
// twice the objective is minus the cost of the source: all trades plus all running costs.
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
		c.Markets.Carbon = respond(market.Flat(market.Carbon, calendar, r.prices.Carbon), r.prices.CarbonSlope)
	}
	if r.certificates {
		c.Markets.Certificate = respond(market.Flat(market.Certificate, calendar, r.prices.Certificate), r.prices.CertificateSlope)
	}
	return c, nil
}

// ceilings are the highest prices that the regulator admits, CNY per unit.
var ceilings = map[string]float64{
	market.Electricity.String(): 1600,
	market.Carbon.String():      250,
	market.Certificate.String(): 200,
}

// respond lets a market's prices follow the volume between 0 and its ceiling.
func respond(m market.Market, slope float64) market.Market {
	if slope == 0 {
		return m
	}
	return &market.Linear{Market: m, Slope: market.Series{slope}, Floor: market.Series{0}, Cap: market.Series{ceilings[m.Trades().String()]}}
}

// gasDay is the gas price by hour, CNY per MWh at 9.97 kWh/m³.
func gasDay() []float64 {
	var out []float64
	for _, perCubicMetre := range marketdata.GasTimeOfDay() {
		out = append(out, market.GasPrice(perCubicMetre, 9.97))
	}
	return out
}
