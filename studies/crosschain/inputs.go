package main

import (
	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/market"
)

// input is one group of inputs with its origin. "published" means that a cited
// source prints the values; "calibrated" means that the study assumes them.
type input struct {
	What   string `json:"what"`
	Source string `json:"source"`
}

// inputs returns the origin of every number in sites.go, markets.go and
// methods.go.
func inputs() []input {
	return []input{
		{
			"day profiles of load, heat, sun and wind",
			"published: Wei et al. 2022; VPP3 has 1.5 times the sun and wind (calibrated)",
		},
		{
			"sizes and efficiencies of DERs",
			"calibrated, shaped on published data; the source's table 1 is not available",
		},
		{"tariff", "published: Cheng et al.; selling at 0.35 of it is calibrated"},
		{"gas price", "published: thesis on integrated energy systems, by hour, at 9.97 kWh/m³"},
		{"carbon price 70 CNY/t", "within the observed range of 54 to 106"},
		{
			"certificate price 50 CNY",
			"paper-like; observed are 2.6 to 5.7, which the run at real price levels uses",
		},
		{
			"load factors of the exchange above 1",
			"calibrated: the source states that output does not suffice at peak and prints no loads",
		},
		{"slopes of prices", "calibrated: the source names the coefficients and prints none"},
		{"quotas 0.25 and 80 %", "published: the source, section 4.4.2"},
		{"emission of grid power 0.5306 t/MWh", "published: China 2023"},
		{"forecast errors 20, 15 and 5 %", "published: thesis on integrated energy systems"},
	}
}

// notes returns one warning per source whose free allocation exceeds its
// emission, both in t CO2 per MWh supplied: such a unit earns allowances by
// emitting. At a quota of 0.25 that is the gas boiler, which emits 0.1975/0.9 =
// 0.219 t/MWh, and not the CHP unit, which emits 0.1975/0.75 = 0.263.
func notes(quota float64) []string {
	sources := market.FreeAllocation{Sources: []market.Source{
		{Name: "coal unit", Emission: 0.9, Allowance: quota},
		{Name: "combined unit, power and heat", Emission: der.NaturalGasCO2 / 0.75, Allowance: quota},
		{Name: "gas boiler", Emission: der.NaturalGasCO2 / 0.90, Allowance: quota},
	}}
	var out []string
	for _, w := range sources.Warnings() {
		out = append(out, w.String())
	}
	return out
}
