package tables

import (
	"slices"
	"strings"
	"time"

	"github.com/trigrid/trigrid/internal/faults"
)

// Layout states how a file is laid out. The zero value of a field leaves it to
// the named layout, if Name is given, and then to the file itself. A column is
// referred to by its name in the header, or by its number, such as "#1" for the
// first one.
//
// For example, this layout reads half-hours that are counted from 1 in each
// day:
//
//	Layout{
//		Time:  Time{Date: "SETTLEMENT_DATE", Period: "SETTLEMENT_PERIOD", Zone: "Europe/London"},
//		Units: []UnitRule{{"*", "MW"}},
//	}
type Layout struct {
	// Name is one of [Names]. Fields that are given replace those of the named
	// layout.
	Name string

	Separator rune // between fields; default: comma, semicolon, tab or bar, as the header shows
	Decimal   rune // '.' or ','; default: as the numbers of the file show
	Thousands rune // between groups of three digits; default: as the numbers of the file show

	// Missing are texts for "no value", besides the empty field, in any case.
	// Default: -, n/e, N/A, NaN, null and similar ones.
	Missing []string

	// Records states that each line begins with C (comment), I (header of a
	// table) or D (data of that table), as in reports of AEMO. Tables selects
	// tables by name, such as "DISPATCH.PRICE". Default: all tables with the
	// columns of Time and Keys.
	Records bool
	Tables  []string

	Time Time

	// Keys are columns with texts, such as a region, if the rows of several
	// series lie below one another. A series is named "NSW1.RRP" if its key has
	// several values in the file, and "RRP" otherwise.
	Keys []string

	// Where keeps only the rows that have the given text in the given column.
	Where map[string]string

	// Across is the name of the series of a file that has one row per day and
	// one column per period or hour, such as 1 to 24 or "Hour 1" to "Hour 24".
	// Default "": no such file.
	Across string

	// Units are the units of columns whose header or row of units shows none.
	// The first rule whose pattern fits applies.
	Units []UnitRule

	// Columns are the series to read, in this order. Default: every column with
	// numbers.
	Columns []Column

	Step     time.Duration // of the file; default: as the times of the file show
	Resample time.Duration // step of the result; default: that of the file

	Gaps Gaps // default: a gap is a violation
}

// UnitRule gives a unit to the columns whose name fits a pattern with "*" for
// any text, in any case. Units are W to TW, Wh to TWh per step, and prices such
// as EUR/MWh, EUR/kWh or ct/kWh.
//
// For example, UnitRule{"*load*", "kW"} gives kW to "Total load" and to
// "LOAD_DE".
type UnitRule struct{ Columns, Unit string }

// Column is a series to read.
//
// For example, Column{Name: "pv", From: "Solar", Unit: "kW"} reads the column
// "Solar", which is in kW, as the series "pv" in MW.
type Column struct {
	Name string // in the result; default: From
	From string // name in the file: the whole header, or the header without unit
	Unit string // unit in the file, such as "kW"; default: as the file or Units state it

	// As is the unit of the result: "MW" or "MWh", for energy per step only.
	// Default "MW".
	As string

	// Resample is the rule for steps of another length. Default: by quantity.
	Resample Rule
}

// Time states the columns of the time and their meaning. One of these sets of
// columns is required: Stamp; Date with Clock or Period; Year, Month and Day
// with Clock or Period.
//
// For example, Time{Date: "Datum", Clock: "Uhrzeit", Zone: "Europe/Berlin"} has
// the date and the local time of day in two columns.
type Time struct {
	Stamp string // date and time, or an interval such as "01.01.2025 00:00 - 01.01.2025 00:15"
	Date  string // date without time of day
	Clock string // time of day, a whole hour, or an interval such as "00 - 01"
	End   string // end of the interval, with or without date; optional, checked against the step

	Year, Month, Day string

	Period   string // number of the step in its day, 1 is the step that begins at midnight
	Interval string // number of the step in the hour of Clock, 1 is the first; optional

	// Order is the order of day, month and year in dates such as 03/04/2024:
	// "dmy", "mdy" or "ymd". Default: as the dates of the file show. Dates with
	// dots are dmy.
	Order string

	// Marks states whether a time is the start or the end of its step. Default:
	// Start. Whole hours from 1 to 24 are ends by default.
	Marks Mark

	// Zone is the zone of times without offset: a name of the IANA database
	// such as "Europe/Berlin", or an offset such as "UTC-07:00". Default: the
	// one in the header, such as "MTU (CET/CEST)", and otherwise UTC.
	Zone string
}

// Mark states which end of a step a time marks.
//
// For example, the price of 13:00 to 14:00 has the time 13:00 with Start and
// 14:00 with End.
type Mark int

// Marks of times.
const (
	Unstated Mark = iota
	Start
	End
)

// Rule combines values for a longer step and divides them for a shorter one.
//
// For example, an hour of 4 MW becomes quarter-hours of 4 MW by Average, and an
// hour of 4 MWh becomes quarter-hours of 1 MWh by Sum.
type Rule int

// Rules of resampling.
const (
	// ByQuantity averages power and prices and sums energy. It refuses other
	// quantities.
	ByQuantity Rule = iota
	Average         // longer: the mean; shorter: the value is repeated
	Sum             // longer: the sum; shorter: equal parts
	First           // longer: the value of the first step; shorter: the value is repeated
)

// Gaps is the policy for missing values and missing steps. The zero value
// refuses them.
//
// For example, Gaps{Fill: Interpolate, Max: 4} fills up to four steps in a row
// and refuses longer gaps.
type Gaps struct {
	Fill Fill
	Max  int // largest number of successive steps that are filled; default 0: no limit
}

// Fill states how gaps are filled.
type Fill int

// Ways to fill gaps.
const (
	Refuse      Fill = iota // a gap is a violation
	Hold                    // the value before the gap; a gap at the start is a violation
	Interpolate             // on a line between both neighbours; a gap at either end is a violation
	Leave                   // values stay missing; [Reading.Table] refuses them
)

// Words of case files and of the command, by value.
var (
	fillWords = []string{"refuse", "hold", "interpolate", "leave"}
	ruleWords = []string{"by_quantity", "average", "sum", "first"}
	markWords = []string{"unstated", "start", "end"}
)

// FillWords returns the words of the ways to fill gaps, in the order of their
// constants.
func FillWords() []string { return slices.Clone(fillWords) }

// RuleWords returns the words of the rules, in the order of their constants.
func RuleWords() []string { return slices.Clone(ruleWords) }

// MarkWords returns the words of the marks, in the order of their constants.
func MarkWords() []string { return slices.Clone(markWords) }

// String returns the word of case files.
func (f Fill) String() string { return word(fillWords, int(f)) }

// String returns the word of case files.
func (r Rule) String() string { return word(ruleWords, int(r)) }

// String returns the word of case files.
func (m Mark) String() string { return word(markWords, int(m)) }

// word returns the word of a constant.
func word(words []string, i int) string {
	if i < 0 || i >= len(words) {
		return "unknown"
	}
	return words[i]
}

// missingMarkers are the default texts for "no value", in lower case. n/e, "not
// expected", is of ENTSO-E, k.A. is German, and NaT and <NA> are of pandas.
var missingMarkers = []string{
	"", "-", "–", "—", "--", "n/e", "n.e.", "n/a", "#n/a", "n.a.", "na", "nan", "nat", "<na>", "null", "none", "k.a.", "nil",
}

// Validate returns an error that lists every violation: an unknown name, a set
// of time columns that is incomplete, an unknown zone, order or unit, and
// numbers out of range.
func (l Layout) Validate() error {
	bad := faults.List{Prefix: "tables: layout: "}
	if l.Name != "" && !slices.Contains(Names(), l.Name) {
		bad.Addf("Name is %q, want one of %s, or none", l.Name, strings.Join(Names(), ", "))
	}
	bad.Require(l.Decimal == 0 || l.Decimal == '.' || l.Decimal == ',', "Decimal is %q, want '.' or ','", l.Decimal)
	bad.Require(l.Thousands == 0 || l.Thousands != l.Decimal, "Thousands and Decimal are both %q, want two marks", l.Thousands)
	bad.Require(l.Separator == 0 || !strings.ContainsRune("\"\r\n", l.Separator) && l.Separator != 0xFFFD,
		"Separator is %q, want a character such as ',' or ';'", l.Separator)
	bad.Require(l.Step >= 0 && l.Step%time.Second == 0, "Step is %v, want whole seconds, or 0", l.Step)
	bad.Require(l.Resample >= 0 && l.Resample%time.Second == 0, "Resample is %v, want whole seconds, or 0", l.Resample)
	bad.Require(l.Gaps.Max >= 0, "Gaps.Max is %d, want at least 0", l.Gaps.Max)
	bad.Require(l.Gaps.Fill >= Refuse && l.Gaps.Fill <= Leave, "Gaps.Fill is %d, want Refuse, Hold, Interpolate or Leave", l.Gaps.Fill)
	bad.Require(l.Time.Marks >= Unstated && l.Time.Marks <= End, "Time.Marks is %d, want Start or End", l.Time.Marks)
	bad.Require(slices.Contains([]string{"", "dmy", "mdy", "ymd"}, l.Time.Order), "Time.Order is %q, want dmy, mdy or ymd", l.Time.Order)
	if l.Time.Zone != "" {
		if _, err := zone(l.Time.Zone); err != nil {
			bad.Addf("Time.Zone: %v", err)
		}
	}
	l.Time.validate(&bad, l.Name != "", l.Across != "")
	for _, u := range l.Units {
		bad.Require(u.Columns != "", "Units has the unit %q without columns, want a name or \"*\"", u.Unit)
		if _, ok := unitOf(u.Unit); !ok {
			bad.Addf("Units has the unit %q, want one such as kW, MW, kWh, MWh, EUR/MWh or ct/kWh, or \"\" for none", u.Unit)
		}
	}
	names := map[string]bool{}
	for i, c := range l.Columns {
		bad.Require(c.From != "", "Columns[%d].From is empty, want the name of a column", i)
		if _, ok := unitOf(c.Unit); !ok {
			bad.Addf("Columns[%d].Unit is %q, want one such as kW, MW, kWh, MWh, EUR/MWh or ct/kWh", i, c.Unit)
		}
		bad.Require(c.As == "" || c.As == "MW" || c.As == "MWh", "Columns[%d].As is %q, want MW or MWh", i, c.As)
		bad.Require(c.Resample >= ByQuantity && c.Resample <= First, "Columns[%d].Resample is %d, want a Rule", i, c.Resample)
		bad.Require(!names[c.name()], "Columns has two columns %q, want names that differ", c.name())
		names[c.name()] = true
	}
	return bad.Err()
}

// validate checks that the time columns are one of the sets of [Time].
//
// named is true if a named layout can give the columns, and across if names of
// columns give the time of day.
func (t Time) validate(bad *faults.List, named, across bool) {
	// Zone, order and marks change the columns of a named layout; they are no
	// columns themselves.
	if t == (Time{Zone: t.Zone, Order: t.Order, Marks: t.Marks}) {
		bad.Require(named, "Time has no columns, want Stamp, or Date or Year, Month and Day with Clock or Period; "+
			"Guess proposes a layout")
		return
	}
	ymd := 0
	for _, c := range []string{t.Year, t.Month, t.Day} {
		if c != "" {
			ymd++
		}
	}
	bad.Require(ymd == 0 || ymd == 3, "Time has %d of Year, Month and Day, want all three or none", ymd)
	dates := 0
	for _, given := range []bool{t.Stamp != "", t.Date != "", ymd > 0} {
		if given {
			dates++
		}
	}
	bad.Require(dates == 1, "Time has %d of Stamp, Date and Year, want exactly one", dates)
	clocks := 0
	for _, c := range []string{t.Clock, t.Period} {
		if c != "" {
			clocks++
		}
	}
	switch {
	case t.Stamp != "" || across:
		bad.Require(clocks == 0, "Time has Clock or Period beside a Stamp or Across, want none")
	default:
		bad.Require(clocks == 1, "Time has %d of Clock and Period, want exactly one", clocks)
	}
	bad.Require(t.Interval == "" || t.Clock != "", "Time.Interval needs Clock, the column of the hour")
	bad.Require(t.End == "" || t.Period == "" && t.Interval == "", "Time.End needs Stamp or Clock; a period has no end")
}

// name returns the name of the series in the result.
func (c Column) name() string {
	if c.Name != "" {
		return c.Name
	}
	return c.From
}

// over returns l with the zero fields taken from base, a named layout. The
// columns of the time are taken as a whole: a caller that states some of them
// states them all. Rules for units are joined, the caller's first.
//
// For example, Layout{Name: "smard", Time: Time{Zone: "UTC"}} keeps the columns
// of SMARD and reads their times in UTC.
func (l Layout) over(base Layout) Layout {
	if l.Separator == 0 {
		l.Separator = base.Separator
	}
	if l.Decimal == 0 {
		l.Decimal = base.Decimal
	}
	if l.Thousands == 0 {
		l.Thousands = base.Thousands
	}
	if l.Missing == nil {
		l.Missing = base.Missing
	}
	l.Records = l.Records || base.Records
	if l.Tables == nil {
		l.Tables = base.Tables
	}
	own := l.Time
	if own == (Time{Zone: own.Zone, Order: own.Order, Marks: own.Marks}) {
		l.Time = base.Time
		if own.Zone != "" {
			l.Time.Zone = own.Zone
		}
		if own.Order != "" {
			l.Time.Order = own.Order
		}
		if own.Marks != Unstated {
			l.Time.Marks = own.Marks
		}
	}
	if l.Keys == nil {
		l.Keys = base.Keys
	}
	if l.Where == nil {
		l.Where = base.Where
	}
	if l.Across == "" {
		l.Across = base.Across
	}
	l.Units = append(slices.Clone(l.Units), base.Units...)
	return l
}
