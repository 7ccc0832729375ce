// Package dertest holds a unit to the rules of [der.DER], whoever wrote it.
//
//	func TestHeatPump(t *testing.T) {
//		dertest.Run(t, highs.Solver{Gap: highs.Exact}, &HeatPump{…}, dertest.Config{Set: set})
//	}
//
// The unit is solved alone under a range of tariffs (ordinary, zero, negative, with a price spike, with
// charges for deviations) and under prices on every other port, on a small set of scenarios. Prices are
// in currency per MWh, powers in MW, as everywhere.
package dertest
