package market

// A PricePoint is one observed price.
type PricePoint struct {
	Date   string  // year-month-day, or year-month for a monthly mean
	Price  float64 // CNY per unit of the good
	Source string
}

// CarbonPrices returns observed prices of Chinese national allowances, CNY per t CO2, by date. They
// are single observations, not a series; papers use 50 to 250 and more.
func CarbonPrices() []PricePoint {
	return []PricePoint{
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

// CertificatePrices returns observed monthly mean prices of Chinese green certificates traded apart
// from energy, CNY per certificate of 1 MWh, from the notices of the National Energy Administration.
// Papers use 5 to 150.
func CertificatePrices() []PricePoint {
	return []PricePoint{
		{"2025-06", 3.40, "derived: July price / 1.3542, the rise the July notice states"},
		{"2025-07", 4.61, "monthly notice"},
		{"2025-08", 5.66, "monthly notice"},
		{"2025-09", 4.99, "monthly notice"},
		{"2025-10", 5.22, "monthly notice, certificates of 2025"},
		{"2025-10", 2.56, "monthly notice, certificates of 2024"},
	}
}

// GridFactors returns Chinese emission factors of electricity drawn from the grid, t CO2 per MWh, as
// the Ministry of Ecology and Environment and the National Bureau of Statistics announced them.
func GridFactors() []Source {
	return []Source{
		{Name: "grid, China 2022", Emission: 0.5366},
		{Name: "grid, China 2023", Emission: 0.5306},
		{Name: "grid, China 2023 without traded green power", Emission: 0.6096},
		{Name: "grid, China 2023 fossil", Emission: 0.8273},
	}
}

// A PublishedSource is an emission factor with its allowance, and where both come from.
type PublishedSource struct {
	Source
	Reference string
}

// PublishedSources returns emission factors and quotas used in the literature. Those of Xue et al.
// count the life cycle; their quota for wind exceeds its emissions, which [Baseline.Warnings] tells.
func PublishedSources() []PublishedSource {
	const (
		xue  = "Xue et al., Renewable Energy Resources 37(8) 2019, life cycle"
		cui  = "Cui et al., Electric Power Automation Equipment 40(11) 2020, code"
		burn = "combustion at the lower heating value: 0.1975 t per MWh of gas, all charged to power"
	)
	return []PublishedSource{
		{Source{"coal-fired grid", 1.303, 0.798}, xue},
		{Source{"gas", 0.5647, 0.424}, xue},
		{Source{"wind", 0.043, 0.078}, xue},
		{Source{"photovoltaics", 0.1545, 0.078}, xue},
		{Source{"storage", 0.0913, 0}, xue},
		{Source{"coal unit above 300 MW", 0.94, 0.877}, cui},
		{Source{"coal unit up to 300 MW", 1.03, 0.979}, cui},
		{Source{"gas unit, electrical efficiency 0.35", 0.1975 / 0.35, 0}, burn},
		{Source{"gas unit, electrical efficiency 0.45", 0.1975 / 0.45, 0}, burn},
	}
}
