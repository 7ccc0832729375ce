// Package report shows what a run of a region found: tables as CSV, pictures as SVG, and one page of HTML
// that holds them all and needs nothing from elsewhere.
//
//	result, err := trigrid.Run(ctx, region, trigrid.Options{})
//	err = report.Write("out", region, result)
//
// The folder then holds index.html, result.json, figures/*.svg and tables/*.csv. [Files] makes the same
// files without writing them, [Tables] and [Figures] make one part of them.
//
// A picture never shows a number that no table holds: each names the table that it was drawn from. CSV
// files carry full precision, the page rounds. The same region and result give the same bytes, with the
// exception of one line of the page that says how long the run took.
//
// # Units and signs
//
// As everywhere: MW, MWh, hours, currency, t CO2; what is received, injected or sold is positive. Scenarios
// and steps count from 0, as they do in the names of rows and columns; step t covers [t, t+1).
package report
