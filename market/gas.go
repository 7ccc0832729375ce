package market

// GasPrice converts a price per cubic metre into one per MWh of heat content.
//
//	currency/MWh = 1000 · price / heatingValue
//
// price is currency per m³ and heatingValue the lower heating value in kWh per m³: the sources used
// here have 9.7 (Xue 2019), 9.75 (Cheng), 9.88 (Wei 2022) and 9.97; pure methane has 9.94. Gas is
// metered by volume and burnt by energy, and a program that forgets this is wrong by a factor of ten.
func GasPrice(price, heatingValue float64) float64 { return 1000 * price / heatingValue }

// GasTimeOfDay is the gas tariff of the thesis behind [TimeOfUseThesis] in CNY per m³ by hour of the
// day: 2.3 in hours 1 to 7 and 22 to 24, 3.5 in hours 8 to 12 and 17 to 18, 3.0 otherwise.
func GasTimeOfDay() [24]float64 {
	return day(3.0, span{0, 7, 2.3}, span{7, 12, 3.5}, span{16, 18, 3.5}, span{21, 24, 2.3})
}
