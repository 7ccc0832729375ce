package operate

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/casefile"
	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/days"
	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
)

// FromCase returns the season that a case file states with the key "season",
// its options and its strategies, for [Compare]:
//
//	season, options, strategies, err := operate.FromCase(c, casefile.Options{})
//	comparison, err := operate.Compare(ctx, season, options, strategies...)
//
// Forecasts and actual values come from the measured series of the case or of
// o.Series. The actual values of a series without a column for them are
// generated: errors of the case's own standard deviation and persistence around
// the forecast, from the seed of o or of the case. Without measured series each
// day has the case's forecast, and all actual values are generated. A note of
// the season names the generated series.
//
// o.Start replaces the first day; its time of day is not used. The other fields
// of o are not used, because errors of a season are learned from earlier days
// only.
//
// FromCase returns an error for a case without the key, for a season outside
// the measured series, and for absent columns.
func FromCase(c *casefile.Case, o casefile.Options) (Season, Options, []Strategy, error) {
	failed := func(err error) (Season, Options, []Strategy, error) {
		bad := faults.List{Prefix: fmt.Sprintf("operate: case %q: ", c.Name)}
		bad.Addf("%w", err)
		return Season{}, Options{}, nil, bad.Err()
	}
	x := c.Season
	if x == nil {
		return failed(errors.New(`it has no key "season"; add one, such as "season": {"days": 30}`))
	}
	seed := c.Seed
	if o.Seed != nil {
		seed = *o.Seed
	}
	table := o.Series
	var notes []string
	if table == nil {
		table, notes = c.MeasuredTable()
	}
	zone := c.Location()
	if table != nil {
		zone = table.Grid().Start.Location()
	}
	first := x.Start
	if !o.Start.IsZero() {
		first = o.Start
	}
	// Noon exists on every date, also on one whose midnight the clock skips;
	// Begin then returns the first instant of the day.
	season := Season{
		Name: c.Name, Days: x.Days, Step: c.Step(),
		Start: days.Begin(time.Date(first.Year(), first.Month(), first.Day(), 12, 0, 0, 0, zone), 0),
	}
	// Lists of the case hold for each day; prices from series replace them day
	// by day.
	base, err := c.Forecast()
	if err != nil {
		return failed(err)
	}
	repeat := Repeat(base)
	// Prices of the case can be series, which Repeat leaves alone and Priced
	// reads from each set.
	season.Region = func(set *scenario.Set) (trigrid.Region, error) {
		r, err := repeat(set)
		if err != nil {
			return r, err
		}
		return c.Priced(r)
	}
	strategies := strategiesOf(x)
	data := caseData{season: season, series: c.SeasonSeries(), table: table, seed: seed, persistence: c.Persistence()}
	if err := data.check(strategies, c.Policy != nil); err != nil {
		return failed(err)
	}
	source := &Measured{Samples: c.Samples(), Seed: seed, Persistence: optional.Of(c.Persistence())}
	if source.Table, source.Series, err = data.complete(); err != nil {
		return failed(err)
	}
	if err := data.checkDays(source); err != nil {
		return failed(err)
	}
	season.Source = source
	season.Notes = append(notes, data.note())
	return season, Options{ChooseEvery: x.ChooseEvery, Seed: seed, Bounds: x.Bounds, Policy: c.Policy}, strategies, nil
}

// strategiesOf returns the strategies of a case in their order. For example,
// "rolling" with "replan_every_steps": 4 is Rolling(4).
func strategiesOf(x *casefile.Season) []Strategy {
	of := map[string]Strategy{
		"perfect_foresight": Foresight(),
		"day_ahead":         DayAheadOnly(),
		"rolling":           Rolling(x.ReplanEvery),
		"rolling_scenarios": RollingScenarios(x.ReplanEvery, x.Scenarios),
		"robust":            Robust(x.ReplanEvery, x.Budget),
		"rules":             Rules(),
	}
	var out []Strategy
	for _, word := range x.Strategies {
		out = append(out, of[word])
	}
	return out
}

// caseData makes the table of a season from the series of a case.
//
// For example, wind with both columns keeps them; a demand that states a
// forecast of one day gets the columns "demand forecast" and "demand
// generated".
type caseData struct {
	season      Season
	series      []casefile.SeasonSeries
	table       *scenario.Table // measured; nil: none
	seed        uint64
	persistence float64 // of generated errors, per hour

	generated []string // names of series whose actual values are generated
	repeated  []string // names of uncertain series whose forecast is that of the case on each day
}

// history is the number of days before a generated season, from which
// persistence is learned. Four weeks are assumed.
const history = 28

// span returns the first and the last instant of the season.
func (x *caseData) span() (from, to time.Time) {
	return x.season.Start, days.Begin(x.season.Start, x.season.Days)
}

// check returns the violations of measured series that do not fit the season. A
// policy measures signals on scenarios, as some strategies plan with them.
func (x *caseData) check(strategies []Strategy, policy bool) error {
	if x.table == nil {
		return nil
	}
	bad := faults.List{}
	from, to := x.span()
	grid := x.table.Grid()
	end := grid.Time(grid.Steps)
	bad.Require(!from.Before(grid.Start) && !to.After(end), "the season lasts from %s to %s, and the measured series from %s to %s; "+
		"change start or days of the season, or give longer series", from.Format(time.DateTime), to.Format(time.DateTime),
		grid.Start.Format(time.DateTime), end.Format(time.DateTime))
	// Perfect foresight and point forecasts learn nothing and can begin with
	// the first day.
	learns := false
	for _, s := range x.series {
		for _, column := range []string{s.ForecastColumn, s.Realised} {
			bad.Require(column == "" || x.table.Has(column), "series %q wants the column %q; the measured series have %q", s.Name, column, x.table.Names())
		}
		learns = learns || s.ActualColumn != ""
	}
	many := policy || slices.ContainsFunc(strategies, func(s Strategy) bool { return s.scenarios() > 1 || s.Method == WorstCase })
	if past := from.Sub(grid.Start).Hours() / 24; learns && many && !from.Before(grid.Start) {
		bad.Require(past >= 3, "%.1f days of measured series before %s, want at least 3 to learn errors from; begin the season later",
			past, from.Format(time.DateOnly))
	}
	return bad.Err()
}

// checkDays returns the violations of forecasts and actual values of each day
// by the DERs, such as wind power above the capacity of its farm, which would
// end the season on that day.
func (x *caseData) checkDays(source *Measured) error {
	if x.table == nil {
		return nil
	}
	bad := faults.List{Max: 10} // a wrong unit errs on every day
	for day := range x.season.Days {
		from, to := days.Begin(x.season.Start, day), days.Begin(x.season.Start, day+1)
		window, err := source.Table.Window(from, int(to.Sub(from)/x.season.Step))
		if err != nil {
			return err
		}
		for _, values := range []struct {
			what   string
			column func(Series) string
		}{
			{"forecasts", func(s Series) string { return s.ForecastColumn }},
			{"actual values", Series.realised},
		} {
			if err := x.checkDay(window, source.Series, values.column); err != nil {
				bad.Addf("day %d, %s: %s: %w", day+1, from.Format(time.DateOnly), values.what, err)
			}
		}
	}
	return bad.Err()
}

// checkDay returns the violations of one column of each series by the DERs.
// Those of a region that cannot be made are left to the run.
func (x *caseData) checkDay(window *scenario.Table, series []Series, column func(Series) string) error {
	set := scenario.Single(window.Grid())
	for _, s := range series {
		if err := set.AddForecast(s.Name, s.Unit, scaled(window.Column(column(s)), s.Factor.Or(1))); err != nil {
			return err
		}
	}
	region, err := x.season.Region(set)
	if err != nil {
		return nil
	}
	var bad faults.List
	for _, d := range region.DERs {
		bad.Add(der.Validate(d, set))
	}
	return bad.Err()
}

// complete returns a table with columns of forecasts and actual values for each
// series.
func (x *caseData) complete() (*scenario.Table, []Series, error) {
	grid, table, err := x.grid()
	if err != nil {
		return nil, nil, err
	}
	var (
		columns []scenario.Column
		out     []Series
	)
	if table != nil {
		for _, name := range table.Names() {
			columns = append(columns, scenario.Column{Name: name, Unit: table.Unit(name), Values: table.Column(name)})
		}
	}
	// add appends a column under a name that no measured column has.
	add := func(name, unit string, values []float64) string {
		for slices.ContainsFunc(columns, func(c scenario.Column) bool { return c.Name == name }) {
			name += "'"
		}
		columns = append(columns, scenario.Column{Name: name, Unit: unit, Values: values})
		return name
	}
	for i, s := range x.series {
		own := Series{MeasuredSeries: s.MeasuredSeries, Realised: s.Realised, Late: s.Late}
		// Without a column each day has the forecast of the case, of which no
		// actual value exists.
		if table == nil || s.ForecastColumn == "" {
			own.ForecastColumn = add(s.Name+" forecast", s.Unit, repeatedDay(grid, s.Forecast))
			own.Factor, own.Realised, own.ActualColumn = optional.Float{}, "", ""
			if !s.Known {
				x.repeated = append(x.repeated, s.Name)
			}
		}
		// The errors of generated values are those of the scenarios: normal,
		// and not learned.
		if own.Realised == "" && !s.Known {
			forecast := scaled(columns[slices.IndexFunc(columns, func(c scenario.Column) bool { return c.Name == own.ForecastColumn })].Values, own.Factor.Or(1))
			actual := occurred(rand.New(rand.NewPCG(x.seed, uint64(i))), grid.Hours(), forecast, s.MeasuredSeries, x.persistence)
			own.Realised = add(s.Name+" generated", s.Unit, scaled(actual, 1/own.Factor.Or(1)))
			x.generated = append(x.generated, s.Name)
		}
		own.Forecast = nil // the column has it
		out = append(out, own)
	}
	table, err = scenario.NewTable(grid, columns...)
	return table, out, err
}

// grid returns the steps of the table, and the measured series on them.
func (x *caseData) grid() (scenario.Grid, *scenario.Table, error) {
	from, to := x.span()
	if x.table == nil {
		from = days.Begin(from, -history)
		return scenario.Grid{Start: from, Step: x.season.Step, Steps: int(to.Sub(from) / x.season.Step)}, nil, nil
	}
	table, err := x.table.Resample(x.season.Step, from)
	if err != nil {
		return scenario.Grid{}, nil, err
	}
	return table.Grid(), table, nil
}

// repeatedDay returns the values of a day on each day of a grid, by the time of
// the clock. On a day of 25 hours the repeated hour has its value twice, and on
// one of 23 hours an hour is left out.
func repeatedDay(grid scenario.Grid, day []float64) []float64 {
	out := make([]float64, grid.Steps)
	for t := range out {
		hour, minute, second := grid.Time(t).Clock()
		hours := float64(hour) + float64(minute)/60 + float64(second)/3600
		out[t] = day[min(int(hours/24*float64(len(day))+1e-9), len(day)-1)]
	}
	return out
}

// occurred returns actual values around a forecast f, within the limits of the
// series:
//
//	y_t = f_t (1 + σ u_t),   u_t = r u_{t−1} + √(1−r²) ε_t
//
// with the standard deviation σ of the series, independent standard normal ε
// and r = persistence to the power of the hours of a step.
func occurred(random *rand.Rand, hours float64, forecast []float64, s scenario.MeasuredSeries, persistence float64) []float64 {
	out := make([]float64, len(forecast))
	r := math.Pow(persistence, hours)
	u := random.NormFloat64()
	for t, f := range forecast {
		u = r*u + math.Sqrt(1-r*r)*random.NormFloat64()
		out[t] = min(max(f*(1+s.Sigma*u), s.Min.Or(0)), s.Capacity.Or(math.Inf(1)))
	}
	return out
}

// note returns the sentence on the origin of the values, such as "The actual
// values of demand are generated from the case's error model with seed 1; they
// are no measurements."
func (x *caseData) note() string {
	text := "Forecasts and actual values are those of the measured series, and errors are learned from earlier days only."
	if x.table == nil {
		text = "There are no measured series: each day has the case's own forecasts."
	} else if len(x.repeated) > 0 {
		text += fmt.Sprintf(" Each day has the case's own forecast of %s.", strings.Join(x.repeated, ", "))
	}
	if len(x.generated) > 0 {
		text += fmt.Sprintf(" The actual values of %s are generated from the case's error model with seed %d; they are no measurements.",
			strings.Join(x.generated, ", "), x.seed)
	}
	return text
}
