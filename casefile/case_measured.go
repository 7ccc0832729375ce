package casefile

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/trigrid/trigrid/internal/jsontree"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/scenario/tables"
)

// measured is the file of measured series of a case, as read.
type measured struct {
	reading *tables.Reading // nil: the case names no file
}

// ReadLayout reads a file that describes a layout of tables, with the keys of
// "measured" of a case except "file". An error lists all violations, each with
// its path.
//
// For example, a file with this text reads every column in kW, with times in
// UTC:
//
//	{"time": {"stamp": "utc", "zone": "UTC"}, "units": [{"columns": "*", "unit": "kW"}]}
func ReadLayout(fsys fs.FS, name string) (tables.Layout, error) {
	file, err := fsys.Open(name)
	if err != nil {
		return tables.Layout{}, err
	}
	defer file.Close()
	root, err := jsontree.Parse(file)
	if err != nil {
		return tables.Layout{}, fmt.Errorf("%s: %w", name, err)
	}
	var l tables.Layout
	if v := (Fields{root}); v.Object() {
		l = readLayout(v, "")
	}
	if err := root.Violations(); err != nil {
		return tables.Layout{}, fmt.Errorf("%s:\n%w", name, err)
	}
	return l, nil
}

// readLayout reads a layout of tables, such as
//
//	{"layout": "smard", "gaps": "hold", "max_gap_steps": 4}
//
// zone is the zone of a plain file that states none.
func readLayout(v Fields, zone string) tables.Layout {
	names := append([]string{""}, tables.Names()...)
	l := tables.Layout{
		Separator: readMark(v.At("separator")), Decimal: readMark(v.At("decimal")), Thousands: readMark(v.At("thousands")),
		Records: v.At("records").FlagOr(false), Across: v.At("across").TextOr(""),
		Step:     readMinutes(v.At("step_minutes")),
		Resample: readMinutes(v.At("resample_minutes")),
		Gaps: tables.Gaps{
			Fill: tables.Fill(v.At("gaps").OneOf(tables.FillWords()...)), Max: v.At("max_gap_steps").CountOr(0, 1, 1_000_000),
		},
		Missing: readTexts(v.At("missing")), Tables: readTexts(v.At("tables")), Keys: readTexts(v.At("keys")),
	}
	if v.At("layout").Given() {
		l.Name = names[1+v.At("layout").OneOf(names[1:]...)]
	}
	if t := v.At("time"); t.Given() && t.Object() {
		l.Time = readTime(t)
	}
	if where := v.At("where"); where.Given() && where.Object() {
		l.Where = map[string]string{}
		where.Members(func(key string, member Fields) { l.Where[key] = member.Text() })
	}
	for _, item := range v.At("units").ListOrNone() {
		if item.Object() {
			l.Units = append(l.Units, tables.UnitRule{Columns: item.At("columns").Text(), Unit: item.At("unit").Text()})
		}
	}
	for _, item := range v.At("columns").ListOrNone() {
		if item.Object() {
			from := item.At("from").Text()
			l.Columns = append(l.Columns, tables.Column{
				Name: item.At("name").TextOr(from), From: from, Unit: item.At("unit").TextOr(""), As: item.At("as").TextOr(""),
				Resample: tables.Rule(item.At("resample").OneOf(tables.RuleWords()...)),
			})
		}
	}
	// Without a layout and columns of times, the file is a plain one, as for
	// -series without -layout.
	if l.Name == "" && l.Time == (tables.Time{Zone: l.Time.Zone, Order: l.Time.Order, Marks: l.Time.Marks}) {
		l.Time.Stamp, l.Time.Zone = "time", cmp.Or(l.Time.Zone, zone)
		l.Units = append(l.Units, tables.UnitRule{Columns: "*", Unit: "MW"})
	}
	// The layout is checked only if its parts are right, because stand-ins
	// would cause false violations.
	if v.violations() == 0 {
		for _, text := range messages(l.Validate()) {
			v.Bad("%s", strings.TrimPrefix(text, "tables: layout: "))
		}
	}
	return l
}

// readTime reads the columns of the time and their meaning, such as
//
//	{"date": "Datum", "clock": "Uhrzeit", "zone": "Europe/Berlin"}
func readTime(v Fields) tables.Time {
	return tables.Time{
		Stamp: v.At("stamp").TextOr(""), Date: v.At("date").TextOr(""), Clock: v.At("clock").TextOr(""), End: v.At("end").TextOr(""),
		Year: v.At("year").TextOr(""), Month: v.At("month").TextOr(""), Day: v.At("day").TextOr(""),
		Period: v.At("period").TextOr(""), Interval: v.At("interval").TextOr(""),
		Order: v.At("order").TextOr(""), Marks: tables.Mark(v.At("marks").OneOf(tables.MarkWords()...)), Zone: v.At("zone").TextOr(""),
	}
}

// readMark reads one character, such as ";", or "tab".
func readMark(v Fields) rune {
	text := v.TextOr("")
	if text == "tab" {
		return '\t'
	}
	runes := []rune(text)
	if len(runes) > 1 {
		v.Wrong(`one character, such as ";", or "tab"`)
	}
	// The mark of an empty or absent text is 0, which leaves it to the file.
	return append(runes, 0)[0]
}

// readMinutes reads a length of time in minutes, from one second to a day,
// rounded to seconds. It returns 0 if the value is absent.
func readMinutes(v Fields) time.Duration {
	return time.Duration(v.NumberOr(0, 1.0/60, 24*60) * float64(time.Minute)).Round(time.Second)
}

// readTexts reads a list of texts. It returns nil if the list is absent.
func readTexts(v Fields) []string {
	var out []string
	for _, item := range v.ListOrNone() {
		out = append(out, item.Text())
	}
	return out
}

// readMeasured reads the file of "measured" in the object "scenarios". open
// reads a file beside the case. The columns are those that the series name, and
// the step is that of the case.
//
// For example, {"file": "prices.csv", "layout": "smard", "gaps": "hold"} reads
// prices.csv in the folder of the case and fills its gaps.
func (c *Case) readMeasured(v Fields, open func(name string) ([]byte, error)) {
	if !v.Given() || !v.Object() {
		return
	}
	defer func() { // a series without forecasts permits no checks
		for _, s := range c.scenarios.series {
			c.unsound[s.name] = c.unsound[s.name] || len(s.forecast) != c.grid.Steps
		}
		for _, s := range c.scenarios.known {
			c.unsound[s.Name] = c.unsound[s.Name] || len(s.Path) != c.grid.Steps
		}
	}()
	found := v.violations()
	name := v.At("file").Text()
	l := readLayout(v, c.Location().String())
	if v.violations() > found || c.uncheckable {
		return
	}
	data, err := open(name)
	if err != nil {
		v.At("file").Bad("is %q, which cannot be read: %v; name a file in the folder of the case, or below it", name, err)
		return
	}
	reading, err := tables.Read(bytes.NewReader(data), c.SeriesLayout(l))
	if err != nil {
		for line := range strings.Lines(err.Error()) {
			v.At("file").Bad("%s: %s", name, strings.TrimSpace(strings.TrimPrefix(line, "tables: ")))
		}
		return
	}
	c.measuredFile.reading = reading
	c.forecasts(v)
}

// forecasts takes the forecasts of series without "forecast_mw", and the values
// of known series without "values", from the file.
func (c *Case) forecasts(v Fields) {
	table, err := c.measuredFile.reading.Table()
	if err != nil {
		v.At("gaps").Bad("%s", strings.TrimPrefix(err.Error(), "tables: "))
		return
	}
	grid := c.grid
	grid.Start = onClock(grid.Start, table.Grid().Start.Location())
	window, err := table.Window(grid.Start, grid.Steps)
	// Windows have steps of one length. Onto takes averages over steps of other
	// lengths.
	if !c.equalSteps() {
		window, err = table.Onto(grid)
	}
	if err != nil {
		v.At("file").Bad("%s", strings.TrimPrefix(err.Error(), "scenario: "))
		return
	}
	for i := range c.scenarios.series {
		s := &c.scenarios.series[i]
		if s.forecast != nil || s.forecastColumn == "" || !window.Has(s.forecastColumn) {
			continue
		}
		for step, value := range window.Column(s.forecastColumn) {
			mw := value * s.factor
			s.forecast = append(s.forecast, mw)
			if mw < 0 || mw > s.capacity {
				v.At("file").Bad("column %q is %v MW at %s, want a forecast from 0 to the capacity, %v MW", s.forecastColumn, mw,
					window.Grid().Time(step).Format(time.RFC3339), s.capacity)
				break
			}
		}
	}
	for i := range c.scenarios.known {
		s := &c.scenarios.known[i]
		if s.Path == nil && s.forecastColumn != "" && window.Has(s.forecastColumn) {
			s.Path = s.of(window)
		}
	}
}

// of returns the values of a known series in a table.
func (s known) of(window *scenario.Table) []float64 {
	var out []float64
	for _, value := range window.Column(s.forecastColumn) {
		out = append(out, value*s.factor)
	}
	return out
}

// SeriesLayout returns l with the columns that the series of the case name
// under "measured", and with the step of the case, for files that are given as
// [Options.Series]. Columns that l states itself keep their units and their
// names in the file.
func (c *Case) SeriesLayout(l tables.Layout) tables.Layout {
	var (
		columns []tables.Column
		pairs   [][2]string
	)
	for _, s := range c.scenarios.series {
		pairs = append(pairs, [2]string{s.forecastColumn, s.actualColumn})
	}
	for _, s := range c.scenarios.known {
		pairs = append(pairs, [2]string{s.forecastColumn, s.actualColumn})
	}
	for _, pair := range pairs {
		for _, name := range pair {
			known := func(x tables.Column) bool { return cmp.Or(x.Name, x.From) == name }
			if name == "" || slices.ContainsFunc(columns, known) {
				continue
			}
			column := tables.Column{Name: name, From: name}
			if i := slices.IndexFunc(l.Columns, known); i >= 0 {
				column = l.Columns[i]
			}
			columns = append(columns, column)
		}
	}
	if columns != nil {
		l.Columns = columns
	}
	// Step is 0 for steps of different lengths. Method forecasts then averages
	// over the steps.
	if l.Resample == 0 {
		l.Resample = c.grid.Step
	}
	return l
}

// onClock returns the instant at which the clock of a location shows the time
// of day of t in UTC. The start of a case is a time of the local clock of its
// measured series.
//
// For example, 06:00 UTC in July becomes 06:00 in Berlin, which is 04:00 UTC.
func onClock(t time.Time, loc *time.Location) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, loc)
}

// beside returns a function that reads files in the folder of a case, or below
// it.
//
// For example, "data/wind.csv" of the case "cases/a.json" is the file
// "cases/data/wind.csv".
func beside(fsys fs.FS, name string) func(string) ([]byte, error) {
	return func(file string) ([]byte, error) {
		at := path.Join(path.Dir(name), file)
		if !fs.ValidPath(file) {
			return nil, errors.New("the path is not relative, or it leads outside")
		}
		return fs.ReadFile(fsys, at)
	}
}
