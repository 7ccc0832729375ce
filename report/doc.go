// Package report presents the result of [trigrid.Run]: tables as CSV files, figures as SVG
// files, and one HTML page that contains all of them and loads nothing from elsewhere.
//
//	result, err := trigrid.Run(ctx, region, trigrid.Options{})
//	err = report.Write("out", region, result)
//
// The folder then contains index.html, result.json, figures/*.svg and tables/*.csv. [Files]
// returns the same files without writing them, [Tables] and [Figures] return one part of
// them. [Check] tests before a long run whether a folder can be written.
//
// Each figure shows numbers of one table and names that table. CSV files have full
// precision; the page rounds. The same region and result give the same bytes, except for
// one line of the page with the computing time.
//
// # Tables
//
// The comment of each table's function lists its columns. In the order of [Tables]:
//
//	summary          verdict, welfare and settings, one number per row
//	vpps             value, risk and members of each VPP
//	ders             choice, payoff and best alternative of each DER
//	payoffs          payoff of each DER under each choice
//	equilibria       Nash profiles with margin and welfare
//	basins           end points of random starts
//	trajectory       choice probabilities over time
//	values           value of each VPP by dimension
//	coalitions       value of every solved coalition
//	dispatch         expected power balance of each VPP
//	delivery         day-ahead schedule and delivery of each VPP
//	exchange         heat, gas and CO2 between members
//	states           inner states of members, such as stored energy
//	prices           marginal value of energy inside each VPP
//	settlement       payment to each party
//	scenarios        series of the scenarios and quantiles of the sample
//	probabilities    probabilities of the scenarios
//
// # Units and signs
//
// As everywhere in the library: MW, MWh, hours, currency, t CO2. Received, injected and
// sold quantities are positive. Scenarios and steps count from 0, as in the names of rows
// and columns of programs. Step t covers [t, t+1).
package report
