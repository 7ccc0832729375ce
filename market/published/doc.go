// Package published contains market data from the literature and from public
// notices: time-of-use tariffs, gas prices, carbon and certificate prices,
// carbon ladders, emission factors and quotas.
//
// Every entry states its source. Prices are in CNY: per MWh for electricity,
// per m³ for gas, per t CO2 for allowances, per certificate of 1 MWh. Hours are
// counted from 0 unless a comment states otherwise. Types that use these data
// are in package market.
//
// For example, the tariff that the calibrated case uses:
//
//	tariff, err := published.TimeOfUseCheng().
//		SellingAt(published.CalibratedSellFraction).
//		Tariff(market.Calendar{Steps: 24})
package published
