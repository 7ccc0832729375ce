package market

import "github.com/trigrid/trigrid/optional"

// HeatEquivalent is the quota of the literature on integrated energy systems.
// It counts the power of a combined heat and power unit as the heat that the
// unit could produce instead:
//
//	E^q = Kappa (heat + Phi · power)      t CO2, with heat and power in MWh
//
// Sources: Wei et al., Electric Power Construction 43(1) 2022, and a thesis on
// multi-time-scale dispatch; their values are in package market/published.
type HeatEquivalent struct {
	Kappa float64 // t CO2 per MWh of heat
	Phi   float64 // MWh of heat counted for 1 MWh of power
}

// Allowance returns t CO2 for the heat and power of a settlement period, both
// in MWh.
func (h HeatEquivalent) Allowance(heat, power float64) float64 {
	return h.Kappa * (heat + h.Phi*power)
}

// Rates returns t CO2 per MWh of heat and per MWh of power, for the Sources of
// a [FreeAllocation].
func (h HeatEquivalent) Rates() (heat, power float64) { return h.Kappa, h.Kappa * h.Phi }

// GigajoulesPerMWh converts heat: 1 MWh is 3.6 GJ.
const GigajoulesPerMWh = 3.6

// Benchmark is the official free allocation of the Chinese national carbon
// market for one generating unit:
//
//	A = Electricity · Correction · supplied power + Heat · supplied heat      t CO2
//
// Source: Ministry of Ecology and Environment, allocation plans for the power
// sector, 2019-2020 and 2021-2022. Correction is the product of the factors of
// the plan's annex for cooling, heat supply and load. Heat has no correction.
type Benchmark struct {
	Unit        string         // class of generating units
	Electricity float64        // t CO2 per MWh supplied to the grid
	Heat        float64        // t CO2 per GJ supplied
	Correction  optional.Float // factor of the electricity part. Absent: 1
}

// Allowance returns t CO2 for the supplied power and heat, both in MWh (heat is
// converted at 3.6 GJ).
func (b Benchmark) Allowance(power, heat float64) float64 {
	ofPower, ofHeat := b.Rates()
	return ofPower*power + ofHeat*heat
}

// Rates returns t CO2 per MWh of power and per MWh of heat, for the Sources of
// a [FreeAllocation].
func (b Benchmark) Rates() (power, heat float64) {
	return b.Electricity * b.Correction.Or(1), b.Heat * GigajoulesPerMWh
}
