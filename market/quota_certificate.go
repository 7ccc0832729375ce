package market

import (
	"fmt"

	"github.com/trigrid/trigrid/internal/faults"
)

// Basis is the energy to which a green-certificate quota γ applies. The
// literature has formulas for all three.
type Basis int

const (
	// OnGeneration (G1, the default) is an obligation on all generation: a
	// producer may sell 1−γ certificates per renewable MWh and buys γ per
	// conventional MWh, so that N_sell − N_buy = RE − γ (RE + conventional). Of
	// the three bases only this one uses γ in the formulas of both sales and
	// purchases, as Energies 2025 18(13) 3443, section 3.4, does.
	OnGeneration Basis = iota
	// OnLoad (G2) obliges the consumer: N = RE − γ load, as in the Chinese
	// renewable portfolio standard. The load is all consumption, of the VPP and
	// of its members.
	OnLoad
	// OnForecast (G3) withholds a fraction of the available renewable energy: N
	// = RE − γ forecast.
	OnForecast
)

// String returns the name of the basis, such as "G2 (on load)".
func (r Basis) String() string {
	switch r {
	case OnGeneration:
		return "G1 (on generation)"
	case OnLoad:
		return "G2 (on load)"
	case OnForecast:
		return "G3 (on forecast)"
	}
	return fmt.Sprintf("Basis(%d)", int(r))
}

// An Obligation converts energy into green certificates, one per MWh of
// renewable energy. The net purchase of certificates is the quantity of the
// certificate market:
//
//	G1: N_buy − N_sell = γ conventional − (1−γ) RE
//	G2: N_buy − N_sell = γ load − RE
//	G3: N_buy − N_sell = γ forecast − RE
//
// At a fixed certificate price λ the quota does not change the use of renewable
// energy on any basis: a renewable MWh is worth λ more than a conventional one
// for every γ ([Obligation.Advantage]). A higher quota has an effect only
// through a price that rises with scarcity, such as [Linear]. On basis G1 it
// favours purchases from the grid, which carry no obligation, over generation
// of either kind.
//
// Real certificates are indivisible and settled monthly or yearly. Fractions
// that are settled daily or hourly are an assumption of the model.
type Obligation struct {
	Basis Basis   // default OnGeneration
	Quota float64 // γ in [0, 1]
}

// Energy contains the amounts that determine a participant's certificates, MWh
// in one settlement period.
type Energy struct {
	Renewable    float64 // renewable generation after renewable curtailment
	Conventional float64 // other generation
	Load         float64 // consumption
	Forecast     float64 // available renewable energy, before curtailment
}

// Rates returns the certificates to buy per MWh of each energy, which are the
// coefficients in a program. Negative numbers are sales.
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

// Gross returns N_sell and N_buy, certificates, both at least 0. On basis G1
// the source has one formula for each; on G2 and G3 only the difference exists,
// and one of the two is 0.
func (o Obligation) Gross(e Energy) (sold, bought float64) {
	if o.Basis == OnGeneration {
		return (1 - o.Quota) * e.Renewable, o.Quota * e.Conventional
	}
	net := o.Net(e)
	return max(-net, 0), max(net, 0)
}

// Advantage returns the value of replacing one conventional MWh by a renewable
// one at a certificate price, currency per MWh.
func (o Obligation) Advantage(price float64) float64 {
	r := o.Rates()
	return price * (r.Conventional - r.Renewable)
}

// Validate returns an error that lists every violation.
func (o Obligation) Validate() error {
	var bad faults.List
	if !(o.Quota >= 0 && o.Quota <= 1) {
		bad.Addf(
			"certificate obligation: quota %v, want a fraction in [0, 1], not a percentage",
			o.Quota)
	}
	if o.Basis < OnGeneration || o.Basis > OnForecast {
		bad.Addf(
			"certificate obligation: unknown basis %d, want OnGeneration, OnLoad or OnForecast",
			int(o.Basis))
	}
	return bad.Err()
}
