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
// # Units and signs
//
// As everywhere in the library: MW, MWh, hours, currency, t CO2. Received, injected and
// sold quantities are positive. Scenarios and steps count from 0, as in the names of rows
// and columns of programs. Step t covers [t, t+1).
package report
