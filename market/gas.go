package market

import "fmt"

// GasPrice converts a price per cubic metre into a price per MWh of heat
// content:
//
//	currency/MWh = 1000 · price / heatingValue
//
// price is currency per m³. heatingValue is the lower heating value in kWh per
// m³: 9.7 (Xue 2019), 9.75 (Cheng), 9.88 (Wei 2022) or 9.97 in the literature,
// and 9.94 for pure methane. For example, 2.55 currency per m³ at 9.88 kWh/m³
// are 258 currency per MWh. Gas is metered by volume and burnt by energy; a
// program without this conversion is wrong by a factor of about ten.
//
// GasPrice panics unless heatingValue is above 0 and finite: gas without heat
// content has no price per MWh.
func GasPrice(price, heatingValue float64) float64 {
	if !(heatingValue > 0) || !finite(heatingValue) {
		panic(fmt.Sprintf("market: a heating value of %v, want a finite number above 0 kWh per m³", heatingValue))
	}
	return 1000 * price / heatingValue
}
