package tables

import (
	"regexp"
	"slices"
	"strings"
)

// form is one variant of a named layout. fit returns its settings for a header,
// and whether the header is of this variant. The marks of numbers are used if
// the numbers of a file show none.
type form struct {
	fit                func(header []string, below []row) (Layout, bool)
	decimal, thousands rune
	resolution         bool // headers end with the resolution, such as "Originalauflösungen"
}

// Names returns the named layouts:
//
//	smard      downloads of smard.de in German and English; clock of Berlin
//	entsoe     exports of the ENTSO-E Transparency Platform, dates with dots and with slashes; the
//	           clock of the header, or of Brussels
//	opsd       time series of Open Power System Data, with one header row or several; UTC
//	rts_gmlc   series of RTS-GMLC with Year, Month, Day and Period, or one column per period;
//	           UTC-07:00 unless Zone states another offset
//	pandas     to_csv of pandas with a time index; UTC for times without offset unless Zone is given
//	aemo       reports of AEMO with C, I and D records, and price and demand files; UTC+10:00, times
//	           are ends of steps
func Names() []string { return []string{"smard", "entsoe", "opsd", "rts_gmlc", "pandas", "aemo"} }

// forms are the variants of the named layouts. The first variant that fits a
// header is used.
var forms = map[string][]form{
	"smard": {
		smard(',', '.', Time{Stamp: "Datum von", End: "Datum bis"}),
		smard('.', ',', Time{Stamp: "Start date", End: "End date"}),
		smard(',', '.', Time{Date: "Datum", Clock: "Anfang", End: "Ende"}),
		smard(',', '.', Time{Date: "Datum", Clock: "Uhrzeit"}),
		smard('.', ',', Time{Date: "Date", Clock: "Start", End: "End"}),
		smard('.', ',', Time{Date: "Date", Clock: "Time of day"}),
	},
	"entsoe": {{fit: entsoe, decimal: '.'}},
	"opsd":   {{fit: opsd, decimal: '.'}},
	"rts_gmlc": {
		{fit: rtsColumns, decimal: '.'},
		{fit: rtsAcross, decimal: '.'},
	},
	"pandas": {{fit: pandas, decimal: '.'}},
	"aemo": {
		{fit: aemoRecords, decimal: '.'},
		{fit: aemoPriceAndDemand, decimal: '.'},
	},
}

// smard returns a variant of SMARD with the marks of its language. Downloads
// with English headers and German numbers exist, so that the numbers decide
// first.
func smard(decimal, thousands rune, t Time) form {
	t.Order, t.Zone = "dmy", "Europe/Berlin"
	return form{decimal: decimal, thousands: thousands, resolution: true, fit: func(header []string, _ []row) (Layout, bool) {
		if t.Date != "" && t.End == "" && !strings.Contains(fold(strings.Join(header, " ")), "mwh]") {
			return Layout{}, false // any table with a date and a time
		}
		return Layout{Time: t}, has(header, t.refs()...)
	}}
}

// entsoeTime is the name of the column of times: "Time (CET/CEST)", "MTU (UTC)"
// or "MTU".
var entsoeTime = regexp.MustCompile(`(?i)^(?:mtu|time)(?: ?\([a-z/]+\))?$`)

// entsoe is the Transparency Platform. The time column is "Time" or "MTU", with
// the zone behind. Areas, sequences and types of production lie below one
// another in the newer form.
//
// It fits if one of these columns has an interval in one of the first rows
// below the header.
func entsoe(header []string, below []row) (Layout, bool) {
	l := Layout{Time: Time{Order: "dmy"}}
	for _, name := range header {
		at := find(header, name)
		if entsoeTime.MatchString(clean(name)) && len(below) > 1 && slices.ContainsFunc(below[1:min(4, len(below))], func(r row) bool {
			_, _, ok := splitInterval(r.cell(at))
			return ok
		}) {
			l.Time.Stamp = clean(name)
			break
		}
	}
	switch zoneOfHeader(l.Time.Stamp) {
	case "", "CET": // exports before 2021 write CET for the clock with summer time
		l.Time.Zone = "Europe/Brussels"
	case "WET":
		l.Time.Zone = "Europe/Lisbon"
	case "EET":
		l.Time.Zone = "Europe/Helsinki"
	}
	for _, key := range []string{
		"Area", "Out Area", "In Area", "Sequence", "Production Type", "Type", "Direction", "Reserve Type",
		"Generation Unit", "Generation Unit Code", "Contract Type", "Category", "Border",
	} {
		if at := find(header, key); at >= 0 {
			l.Keys = append(l.Keys, clean(header[at]))
		}
	}
	return l, l.Time.Stamp != ""
}

// opsd is the package time_series. Its columns have no unit in their names.
func opsd(header []string, _ []row) (Layout, bool) {
	return Layout{
		// The local time beside it has doubled hours.
		Time: Time{Stamp: "utc_timestamp", Zone: "UTC"},
		Units: []UnitRule{
			{"*price*", "EUR/MWh"}, {"*profile*", ""}, {"*load*", "MW"}, {"*generation*", "MW"}, {"*capacity*", "MW"}, {"*forecast*", "MW"},
		},
	}, has(header, "utc_timestamp")
}

// rtsUnits is the unit of all series of RTS-GMLC.
var rtsUnits = []UnitRule{{"*", "MW"}}

// rtsColumns is a file with one column per series and one row per period.
func rtsColumns(header []string, _ []row) (Layout, bool) {
	return Layout{
		Time: Time{Year: "Year", Month: "Month", Day: "Day", Period: "Period", Zone: "UTC-07:00"}, Units: rtsUnits,
	}, has(header, "Year", "Month", "Day", "Period")
}

// rtsAcross is a file of one series with one row per day. Its series is named
// "value".
func rtsAcross(header []string, _ []row) (Layout, bool) {
	return Layout{
		Time: Time{Year: "Year", Month: "Month", Day: "Day", Zone: "UTC-07:00"}, Across: "value", Units: rtsUnits,
	}, has(header, "Year", "Month", "Day", "1", "2")
}

// pandas has the time in the first column, or in the second one behind an index
// of numbers.
func pandas(header []string, below []row) (Layout, bool) {
	// pandas writes the name of the index, or nothing, above the times. A
	// header that is a time itself is the first row of a file without header.
	for _, t := range []Time{{Stamp: "#1"}, {Stamp: "#2"}} {
		l := Layout{Time: t}
		if len(header) > 1 && l.aboveTime(below) && !looksLikeTime(row{cells: header}.cell(0)) {
			return l, true
		}
	}
	return Layout{}, false
}

// aemoUnits are the units of columns of AEMO, whose names show none.
var aemoUnits = []UnitRule{
	{"*RRP", "AUD/MWh"},
	{"ROP", "AUD/MWh"},
	{"*PRICE", "AUD/MWh"},
	{"*DEMAND*", "MW"},
	{"*GENERATION*", "MW"},
	{"*SUPPLY*", "MW"},
	{"SCADAVALUE", "MW"},
	{"*MW*", "MW"},
	{"*UIGF", "MW"},
	{"*CLEARED", "MW"},
	{"AVAILABILITY", "MW"},
	{"NETINTERCHANGE", "MW"},
}

// aemoTime is the market time: the end of the step, UTC+10:00 all year.
func aemoTime(column string) Time {
	return Time{Stamp: column, Marks: End, Zone: "UTC+10:00", Order: "dmy"}
}

// aemoRecords is a report with several tables. Rows of intervention runs, which
// show a physical run without its price, are left out.
func aemoRecords(header []string, below []row) (Layout, bool) {
	if len(header) < 3 || recordLetter(header[0]) == "" {
		return Layout{}, false
	}
	// Reports name their time differently. The first table that has one of the
	// names decides.
	column := "SETTLEMENTDATE"
	for _, r := range below {
		if recordLetter(r.cell(0)) == "I" {
			for _, name := range []string{"SETTLEMENTDATE", "INTERVAL_DATETIME", "DATETIME"} {
				if find(r.cells, name) >= 0 {
					column = name
					break
				}
			}
			break
		}
	}
	return Layout{
		Records: true, Time: aemoTime(column), Units: aemoUnits,
		Keys:  []string{"REGIONID", "REGION", "DUID", "INTERCONNECTORID"},
		Where: map[string]string{"INTERVENTION": "0"},
	}, true
}

// aemoPriceAndDemand is a file of price and demand per region and month.
// Spreadsheets save it with dates such as 1/08/2026.
func aemoPriceAndDemand(header []string, _ []row) (Layout, bool) {
	return Layout{
		Time: aemoTime("SETTLEMENTDATE"), Units: aemoUnits, Keys: present(header, "REGION", "REGIONID"),
	}, has(header, "SETTLEMENTDATE") && (has(header, "RRP") || has(header, "TOTALDEMAND"))
}

// bookkeeping are columns with numbers that are no series, in lower case.
var bookkeeping = []string{"runno", "intervention", "dispatchinterval", "periodid", "predispatchseqno"}

// has reports whether a header has all columns.
func has(header []string, names ...string) bool { return len(present(header, names...)) == len(names) }

// present returns the columns that a header has.
func present(header []string, names ...string) []string {
	return slices.DeleteFunc(names, func(name string) bool { return find(header, name) < 0 })
}
