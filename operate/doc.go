// Package operate runs a region over a season of days that really happen: plans
// meet actual values, and the delivered energy is settled.
//
//	season := operate.Season{
//		Name: "spring", Start: march, Days: 30, Step: time.Hour,
//		Source: &operate.Measured{Table: table, Series: series},
//		Region: operate.Repeat(region),
//	}
//	result, err := operate.Run(ctx, season, operate.Options{Strategy: operate.Rolling(1)})
//
// # A day
//
//  1. The day-ahead gate closes at the beginning of the last step of the day
//     before. Forecasts and scenarios are those known at that time, see
//     [Source].
//  2. A policy can set the grid's weights from the signals at the gate, see
//     [Options.Policy].
//  3. Every k days the DERs choose their VPP by [trigrid.Run]; on other days
//     each keeps its choice.
//  4. Each VPP submits its day-ahead schedule e, MW per step, and with a
//     reserve market sells the reserve that its members hold in each later
//     decision.
//  5. In each step the actual values of the step become known. The set points
//     of the step depend on them, on the forecasts known so far, and on nothing
//     later. Every m steps the VPP may also decide commitments and calls again.
//  6. After the day the meter gives each VPP a plan of one scenario, see
//     [vpp.Problem.Metered]: deviations from e at the real imbalance prices,
//     costs, carbon, certificates.
//  7. The money of each step is settled in whole minor units that sum to zero
//     over the grid, the VPPs and the DERs. The day is one period on the
//     ledger, with a proof for each party.
//
// The states of all DERs continue into the next step. Those of thermal units,
// of converters and of bands of stores continue into the next day. Stores begin
// and end each day with their stated energy, and loads owe nothing at its end,
// so that the days of two strategies can be compared. A store that stood still
// at midnight begins with its present energy and returns on the next day.
//
// A step whose actual values have no solution is an ordinary outcome. As little
// demand as possible is left unserved, and as much of the sold reserve as
// possible is held; if that does not help, the VPP stands still in the step: no
// power flows, and the states of its members follow from that.
// [Day.Misses] has all of it with the reasons, and the season continues.
//
// # Comparison
//
// [Compare] runs several strategies on the same days: [Foresight],
// [DayAheadOnly], [Rolling], [RollingScenarios], [Robust] and [Rules]. The
// differences of their daily costs have confidence intervals over the days.
// [Day.Bound] is a lower bound of the cost of a day under perfect information,
// which no strategy can undercut.
//
// # Units and signs
//
// MW, MWh, t CO2 and currency. Costs are positive if money is spent; payments
// are positive if money is received. Minor units are hundredths of the
// currency. Step t of a day covers [t, t+1).
package operate
