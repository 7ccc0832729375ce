package market

// HeatEquivalent is the quota of the literature on integrated energy systems, which counts the power
// of a combined unit as the heat it could have been:
//
//	E^q = Kappa (heat + Phi · power)
//
// Wei et al., Electric Power Construction 43(1) 2022, allow 0.57 t/MWh where 0.6101 t/MWh is emitted
// on the same base. The multi-time-scale thesis allows 0.102 t per GJ of heat, which is 0.3672 t/MWh,
// with 6 MJ of heat per kWh of power, which is Phi = 1.667.
type HeatEquivalent struct {
	Kappa float64 // t CO2 per MWh of heat
	Phi   float64 // MWh of heat counted for 1 MWh of power
}

// Allowance returns t CO2 for a settlement period's heat and power, both MWh.
func (h HeatEquivalent) Allowance(heat, power float64) float64 {
	return h.Kappa * (heat + h.Phi*power)
}

// Rates returns t CO2 allowed per MWh of heat and per MWh of power, for the Sources of a [Baseline].
func (h HeatEquivalent) Rates() (heat, power float64) { return h.Kappa, h.Kappa * h.Phi }

// GigajoulesPerMWh converts heat: 1 MWh is 3.6 GJ, as 1 kWh is 3.6 MJ.
const GigajoulesPerMWh = 3.6

// Benchmark is the official allowance of the Chinese national carbon market for one generating unit:
//
//	A = Electricity · supplied power · Correction + Heat · supplied heat
//
// Source: Ministry of Ecology and Environment, allocation plans for 2019-2020 and for 2021 and 2022
// (power sector). The correction is the product of the factors the plan's annex gives for a unit's cooling,
// heat supply and load; heat is not corrected.
type Benchmark struct {
	Unit        string
	Electricity float64 // t CO2 per MWh supplied to the grid
	Heat        float64 // t CO2 per GJ supplied
	Correction  float64 // factor on the electricity part; 0 means 1
}

// Allowance returns t CO2 for the power (MWh) and heat (MWh, converted at 3.6 GJ) supplied.
func (b Benchmark) Allowance(power, heat float64) float64 {
	ofPower, ofHeat := b.Rates()
	return ofPower*power + ofHeat*heat
}

// Rates returns t CO2 allowed per MWh of power and per MWh of heat, for the Sources of a [Baseline].
func (b Benchmark) Rates() (power, heat float64) {
	correction := b.Correction
	if correction == 0 {
		correction = 1
	}
	return b.Electricity * correction, b.Heat * GigajoulesPerMWh
}
