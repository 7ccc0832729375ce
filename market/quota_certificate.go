package market

import (
	"fmt"

	"github.com/trigrid/trigrid/internal/faults"
)

// A Reading says on what a green-certificate quota γ is charged. The literature states its formulas
// on all three bases.
type Basis int

const (
	// OnGeneration (G1, the default) lets a producer sell 1−γ certificates per renewable MWh and makes
	// it buy γ per conventional MWh, so that N_sell − N_buy = RE − γ (RE + conventional): an obligation
	// on all generation. It is the only reading that uses γ in the formulas for the sale and for the
	// purchase, as Energies 2025 18(13) 3443, section 3.4, does.
	OnGeneration Basis = iota
	// OnLoad (G2) obliges the consumer: N = RE − γ load, as the Chinese renewable portfolio standard.
	OnLoad
	// OnForecast (G3) withholds a share of the renewable energy that was available: N = RE − γ forecast.
	OnForecast
)

// String returns the name of the reading.
func (r Basis) String() string {
	switch r {
	case OnGeneration:
		return "G1 (on generation)"
	case OnLoad:
		return "G2 (on load)"
	case OnForecast:
		return "G3 (on forecast)"
	}
	return fmt.Sprintf("Reading(%d)", int(r))
}

// An Obligation turns energy into certificates, one per MWh of renewable energy. The net purchase
//
//	G1: N_buy − N_sell = γ conventional − (1−γ) RE
//	G2: N_buy − N_sell = γ load − RE
//	G3: N_buy − N_sell = γ forecast − RE
//
// is the quantity the certificate market prices.
//
// At a fixed certificate price λ the quota cannot raise the use of renewable energy under any
// reading: what a MWh gains by being renewable rather than conventional is λ for every γ
// ([Obligation.Advantage]). A higher quota works only through a price that rises with scarcity,
// which is what [Linear] adds. Under G1 it does favour a grid purchase, which owes nothing, over own
// generation of either kind.
//
// Real certificates are whole and settled by the month or year; fractions settled by the day or hour
// are a modelling assumption.
type Obligation struct {
	Basis Basis
	Quota float64 // γ, from 0 to 1
}

// Energy is what a participant's certificates follow from, MWh in one settlement period.
type Energy struct {
	Renewable    float64 // used, after curtailment
	Conventional float64
	Load         float64
	Forecast     float64 // renewable energy that was available
}

// Rates returns the certificates that must be bought for one more MWh of each energy: the
// coefficients in a program. Negative ones are sold.
func (o Obligation) Rates() Energy {
	switch o.Basis {
	case OnLoad:
		return Energy{Renewable: -1, Load: o.Quota}
	case OnForecast:
		return Energy{Renewable: -1, Forecast: o.Quota}
	}
	return Energy{Renewable: o.Quota - 1, Conventional: o.Quota}
}

// Net returns N_buy − N_sell, certificates.
func (o Obligation) Net(e Energy) float64 {
	r := o.Rates()
	return r.Renewable*e.Renewable + r.Conventional*e.Conventional + r.Load*e.Load + r.Forecast*e.Forecast
}

// Gross returns N_sell and N_buy, certificates, neither negative. Under G1 the source has them side
// by side, one formula each; under G2 and G3 only the difference exists, and one of the two is 0.
func (o Obligation) Gross(e Energy) (sold, bought float64) {
	if o.Basis == OnGeneration {
		return (1 - o.Quota) * e.Renewable, o.Quota * e.Conventional
	}
	net := o.Net(e)
	return max(-net, 0), max(net, 0)
}

// Advantage returns what replacing a MWh of conventional energy by a renewable one is worth at a
// certificate price, currency per MWh.
func (o Obligation) Advantage(price float64) float64 {
	r := o.Rates()
	return price * (r.Conventional - r.Renewable)
}

// Validate reports all violations at once.
func (o Obligation) Validate() error {
	var bad faults.List
	if !(o.Quota >= 0 && o.Quota <= 1) {
		bad.Addf("certificate obligation: quota %v; it is a share from 0 to 1, not a percentage", o.Quota)
	}
	if o.Basis < OnGeneration || o.Basis > OnForecast {
		bad.Addf("certificate obligation: unknown reading %d; choose OnGeneration, OnLoad or OnForecast", int(o.Basis))
	}
	return bad.Err()
}
