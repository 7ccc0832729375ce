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

// HeatEquivalentWei2022 returns the quota and the emission factor of Wei et al. 2022 on a common base;
// the conversion of power into heat is the caller's.
func HeatEquivalentWei2022(phi float64) (allowed, emitted HeatEquivalent) {
	return HeatEquivalent{Kappa: 0.57, Phi: phi}, HeatEquivalent{Kappa: 0.6101, Phi: phi}
}

// HeatEquivalentThesis returns the quota of the multi-time-scale thesis: 0.102 t/GJ and 6 MJ/kWh.
func HeatEquivalentThesis() HeatEquivalent {
	return HeatEquivalent{Kappa: 0.102 * GigajoulesPerMWh, Phi: 6 / GigajoulesPerMWh}
}

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

// Benchmarks2019 returns the benchmarks of the plan for 2019 and 2020 as the International Carbon
// Action Partnership reported them in November 2020. The plans since then are tighter: those for 2021
// and 2022 lowered the coal benchmarks by 6.5 to 18.8 %.
func Benchmarks2019() []Benchmark {
	return []Benchmark{
		{Unit: "conventional coal above 300 MW", Electricity: 0.877, Heat: 0.126},
		{Unit: "conventional coal up to 300 MW", Electricity: 0.979, Heat: 0.126},
		{Unit: "unconventional coal", Electricity: 1.146, Heat: 0.126},
		{Unit: "natural gas", Electricity: 0.392, Heat: 0.059},
	}
}
