package market

// GasPrice converts a price per cubic metre into one per MWh of heat content.
//
//	currency/MWh = 1000 · price / heatingValue
//
// price is currency per m³ and heatingValue the lower heating value in kWh per m³: the sources used
// here have 9.7 (Xue 2019), 9.75 (Cheng), 9.88 (Wei 2022) and 9.97; pure methane has 9.94. Gas is
// metered by volume and burnt by energy, and a program that forgets this is wrong by a factor of ten.
func GasPrice(price, heatingValue float64) float64 { return 1000 * price / heatingValue }
