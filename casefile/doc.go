// Package casefile reads case files: regions of virtual power plants (VPP) and
// distributed energy resources (DER) as JSON.
//
//	c, err := casefile.Load(os.DirFS("examples/threelevel"), "case.json")
//	region, err := c.Region(ctx, casefile.Options{})
//	result, err := trigrid.Run(ctx, region, trigrid.Options{})
//
// [Load] reports all violations of a file in one error, each with its path and
// the expected value:
//
//	case.json:
//	$.ders[0].capacity_mw: is -8, want a number of at least 0
//	$.vpps[1].demand: is "demand9", want the name of one of the scenarios' series: […]
//
// Keys contain their units: MW, MWh, hours, currency, currency per MWh, t CO2.
// Lists over time have one value per step of the grid; step t covers [t, t+1).
// docs/case.md lists all keys.
//
// A case can state a season of many days, see [Season] and package operate.
//
// A program adds kinds of DER by [Loader.Kinds]. The reader of such a kind uses
// the methods of [Fields], as the readers of the built-in kinds do.
package casefile
