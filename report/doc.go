// Package report presents the result of [trigrid.Run]: tables as CSV files,
// figures as SVG, PNG and PDF files, and one HTML page that contains all of
// them and loads nothing from elsewhere.
//
//	result, err := trigrid.Run(ctx, region, trigrid.Options{})
//	err = report.Write("out", region, result)
//
// The folder then contains index.html, result.json, tables/*.csv and figures in
// three formats. [Files] returns the same files without writing them, [Tables]
// and [Figures] return one part of them. [Check] tests before a long run
// whether a folder can be written. [WriteWith] and [FilesWith] show a second
// run beside the first. [WriteSeason] writes a page over the days of a season,
// see [SeasonFiles].
//
// A small script in the page shows values under the pointer, zooms over hours,
// hides DERs, chooses a scenario and sorts tables. Without scripts the page has
// all figures and tables.
//
// [WeightsFigure] and [WeightsTable] present a sweep over weights of package
// sweep.
//
// Each figure shows numbers of one table and names that table. CSV files have
// full precision; the page rounds. The same region and result give the same
// bytes, except for one line of the page with the computing time.
//
// # Tables
//
// The comment of each table's function lists its columns. In the order of
// [Tables]:
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
//	energy           energy of each DER by carrier: see package statistics
//	money            money of each DER by item
//	payments         who pays whom for what
//	policy           signals of the grid and the weights from them, if there is a policy
//	comparison       both runs, if there is a second one
//	open             open programs, if there are any
//	recommendation   choices, transfers and payoffs
//	refusals         DERs that VPPs do not admit, if there are any
//	stability        groups of DERs that gain by leaving together, if the run has them
//	infeasible       coalitions that cannot run, if there are any
//
// # Units and signs
//
// As everywhere in the library: MW, MWh, hours, currency, t CO2. Received,
// injected and sold quantities are positive. Scenarios and steps count from 0,
// as in the names of rows and columns of programs. Step t covers [t, t+1).
package report
