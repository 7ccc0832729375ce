package published

import "github.com/trigrid/trigrid/market"

// A Price is one observed price.
type Price struct {
	Date   string  // year-month-day, or year-month for a monthly mean
	Price  float64 // CNY per unit of the good
	Source string
}

// CarbonPrices returns observed prices of Chinese national allowances, CNY per
// t CO2, by date. They are single observations and not a series. The literature
// uses 50 to 250 CNY and more.
func CarbonPrices() []Price {
	return []Price{
		{"2021-12-31", 54.22, "close, first compliance period"},
		{"2022-01-21", 57.46, "close of listed agreements, Shanghai exchange weekly notice"},
		{"2022-12-28", 54.30, "mean of all deals, Shanghai exchange daily notice"},
		{"2024-04-24", 101.05, "close, mysteel.net"},
		{"2024-11-13", 105.66, "highest close, Caixin 2025-09-08"},
		{"2024-12-11", 101.21, "composite close, Shanghai exchange daily notice"},
		{"2025-06-03", 67.51, "low, Caixin 2025-09-08"},
		{"2025-12-19", 57.74, "composite low of the week, Shanghai exchange weekly notice"},
	}
}

// CertificatePrices returns observed monthly mean prices of Chinese green
// certificates traded separately from energy, CNY per certificate of 1 MWh,
// from the notices of the National Energy Administration. The literature uses 5
// to 150 CNY.
func CertificatePrices() []Price {
	return []Price{
		{"2025-06", 3.40, "derived: July price / 1.3542, the rise the July notice states"},
		{"2025-07", 4.61, "monthly notice"},
		{"2025-08", 5.66, "monthly notice"},
		{"2025-09", 4.99, "monthly notice"},
		{"2025-10", 5.22, "monthly notice, certificates of 2025"},
		{"2025-10", 2.56, "monthly notice, certificates of 2024"},
	}
}

// GridFactors returns Chinese emission factors of electricity from the grid, t
// CO2 per MWh, published by the Ministry of Ecology and Environment and the
// National Bureau of Statistics.
func GridFactors() []market.Source {
	return []market.Source{
		{Name: "grid, China 2022", Emission: 0.5366},
		{Name: "grid, China 2023", Emission: 0.5306},
		{Name: "grid, China 2023 without traded green power", Emission: 0.6096},
		{Name: "grid, China 2023 fossil", Emission: 0.8273},
	}
}

// A Source is an emission factor and an allowance from the literature, with the
// reference for both.
type Source struct {
	market.Source
	Reference string
}

// Sources returns emission factors and quotas from the literature. Those of Xue
// et al. include the life cycle. Their quota for wind exceeds its emissions,
// which [market.FreeAllocation.Warnings] reports.
func Sources() []Source {
	const (
		xue  = "Xue et al., Renewable Energy Resources 37(8) 2019, life cycle"
		cui  = "Cui et al., Electric Power Automation Equipment 40(11) 2020, code"
		burn = "combustion at the lower heating value: 0.1975 t per MWh of gas, all for power"
	)
	return []Source{
		source("coal-fired grid", 1.303, 0.798, xue),
		source("gas", 0.5647, 0.424, xue),
		source("wind", 0.043, 0.078, xue),
		source("photovoltaics", 0.1545, 0.078, xue),
		source("storage", 0.0913, 0, xue),
		source("coal unit above 300 MW", 0.94, 0.877, cui),
		source("coal unit up to 300 MW", 1.03, 0.979, cui),
		source("gas unit, electrical efficiency 0.35", 0.1975/0.35, 0, burn),
		source("gas unit, electrical efficiency 0.45", 0.1975/0.45, 0, burn),
	}
}

// source returns an entry of the table.
func source(name string, emission, allowance float64, reference string) Source {
	return Source{market.Source{Name: name, Emission: emission, Allowance: allowance}, reference}
}

// A Ladder contains the parameters of a published carbon ladder, see
// [market.Ladder].
type Ladder struct {
	Source string
	Price  float64 // CNY per t CO2
	Band   float64 // t CO2
	Growth float64 // fraction per band
}

// Ladders returns ladders from papers and public code, the highest price first.
// The quantities behind the bands differ by orders of magnitude: a band of 0.12
// t belongs to a site of 0.3 MW, one of 50 t to an industrial park.
func Ladders() []Ladder {
	return []Ladder{
		{"multi-time-scale IES thesis, code", 250, 4, 0.25},
		{"park demonstrator with ladder, certificates and capture, code", 215, 50, 0.25},
		{"Xue et al., Renewable Energy Resources 37(8) 2019, code", 150, 0.12, 0.25},
		{"silvanliu666-rgb/ICC-LowCarbon-Scheduling, code", 90, 2, 0.25},
		{"Cui et al., Electric Power Automation Equipment 40(11) 2020", 50, 40, 0.25},
	}
}

// HeatEquivalentWei2022 returns the quota and the emission factor of Wei et al.
// 2022 on a common base: 0.57 t/MWh are allowed and 0.6101 t/MWh are emitted.
// The caller chooses phi, the heat of 1 MWh of power.
func HeatEquivalentWei2022(phi float64) (allowed, emitted market.HeatEquivalent) {
	return market.HeatEquivalent{Kappa: 0.57, Phi: phi}, market.HeatEquivalent{Kappa: 0.6101, Phi: phi}
}

// HeatEquivalentThesis returns the quota of the multi-time-scale thesis: 0.102
// t per GJ of heat, which is 0.3672 t/MWh, and 6 MJ of heat per kWh of power,
// which is Phi = 1.667.
func HeatEquivalentThesis() market.HeatEquivalent {
	return market.HeatEquivalent{Kappa: 0.102 * market.GigajoulesPerMWh, Phi: 6 / market.GigajoulesPerMWh}
}

// Benchmarks2019 returns the benchmarks of the Chinese allocation plan for 2019
// and 2020, as the International Carbon Action Partnership reported them in
// November 2020. Later plans are lower: the plan for 2021 and 2022 reduced the
// coal benchmarks by 6.5 to 18.8 %.
func Benchmarks2019() []market.Benchmark {
	return []market.Benchmark{
		{Unit: "conventional coal above 300 MW", Electricity: 0.877, Heat: 0.126},
		{Unit: "conventional coal up to 300 MW", Electricity: 0.979, Heat: 0.126},
		{Unit: "unconventional coal", Electricity: 1.146, Heat: 0.126},
		{Unit: "natural gas", Electricity: 0.392, Heat: 0.059},
	}
}
