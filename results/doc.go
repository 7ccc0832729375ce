// Package results writes the result of [trigrid.Run] as one long table, as
// Parquet or CSV, and reads it back.
//
//	err := results.WriteFile("run.parquet", region, result)
//	result, err := results.ReadFile("run.parquet", region)
//	err = result.Plans[0].Verify(0)
//
// A result that was read has plans and trajectory, so that package report shows
// the same page and [vpp.Plan.Verify] checks the same plans. Reading needs the
// region of the run, which has the data of the DERs; the file has their
// schedules, and digests by which a reader refuses a region whose data have
// changed since. [Merge] joins files of several runs and adds a column with the
// name of the case. [Statistics] has the numbers of each DER and carrier.
// Seasons of package operate have a table of their own, see [SeasonTable].
//
// # Columns
//
// One row is one number. Columns in this order; a merged table has the column
// case before them:
//
//	vpp         name of the VPP; null for rows about the region; "outside" for DERs outside
//	der         name of the DER; null for rows about a VPP or the region
//	scenario    number from 0; null for decisions and expectations
//	step        number from 0; null for numbers of the whole horizon
//	time        beginning of the step, UTC, in milliseconds; null without a calendar
//	local_time  the same instant in the zone of the grid, such as 2026-10-25T02:00:00+02:00
//	kind        group of quantities, below
//	quantity    name within its kind
//	unit        such as MW; null for numbers without unit
//	value       null if not known
//
// Missing values are null in Parquet and empty in CSV. NaN is never written.
//
// # Kinds
//
//	scenario       probability of each scenario
//	series         series of the scenarios, by name and with their unit
//	port           exchange of a DER or VPP in each step
//	state          inner states of a DER, such as energy in MWh or on; stocks at the end of the step
//	price          prices in each step
//	money          money by item in each step, and items of the horizon with a null step
//	item           money by item over the horizon, in each scenario
//	total          other numbers of the horizon, in each scenario
//	expected       numbers of the horizon in expectation over the scenarios
//	expected_item  expected payment of a DER by item
//	class          numbers of a class of DERs in a region of fleets, which has no ports and states
//	summary        numbers of the result: payoffs and values with the known ends of their ranges
//	               (payoff_low and so on), transfers, settlement; null without an allocation
//
// Ports of a DER are injected, withdrawn, reduced (verified load reduction) and
// reserve, all at least 0, in MW; heat and gas in MW and co2 in t per step,
// supply positive and use negative; emission and allowance in t; renewable,
// available and conventional in MWh per step; day_ahead, the schedule of the
// day before, in MW, injection positive. A VPP has delivered and day_ahead, MW,
// delivery to the grid positive, heat, gas and co2 exchanged between its
// members, and with a reserve market reserve_offer, MW.
//
// Prices of a VPP are electricity, heat, gas and co2, the values of one more
// unit inside it, and those of its tariff (tariff_injection and so on). The
// region has market_sell and market_buy, the prices of the first MWh sold to
// and bought from the market.
//
// Money is in currency, and received is positive: "energy sold" is positive and
// "fuel" negative. For a VPP, "payments to members" is the negative sum of the
// payments of its members. Rows of kind money sum to those of kind item, so
// that a query reads one of the two kinds. A settlement period of several steps
// has its money in its first step.
//
// # Versions
//
// [Schema] is the version of columns and kinds. It rises if a column or kind
// changes its meaning or is removed; a reader refuses a higher version. New
// quantities do not change it.
//
// A Parquet file has metadata: trigrid.schema, the version; trigrid.zone, the
// zone of local_time; trigrid.run, the rest of the result as JSON. If that has
// more than 1 MiB, it is trigrid.run.gzip instead, the JSON by gzip in base64.
// Beside a CSV file NAME.csv, NAME.csv.json has the same JSON.
//
// # Size
//
// Rows are ordered by vpp, der, kind, quantity, scenario and step. Names are
// dictionaries, and values are compressed by byte. A run of 30 DERs, 96 steps
// and 20 scenarios has some 430,000 rows and 2 MB.
package results
