package casefile

import (
	"fmt"
	"slices"
	"time"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
)

// Season is the object "season" of a case: the days that package operate runs
// with the region of the case. For example,
//
//	"season": {"days": 30, "choose_every_days": 7, "strategies": ["day_ahead", "rolling"]}
type Season struct {
	Start time.Time // midnight of the first day, in the zone of the case; default: that of its grid
	Days  int

	ChooseEvery int      // days between two choices of VPP; default 1
	ReplanEvery int      // steps between two plans of rolling and robust strategies; default 1
	Scenarios   int      // of strategy "rolling_scenarios"; default: "keep" of the scenarios
	Budget      int      // deviating values of strategy "robust"; default 8
	Strategies  []string // words of [SeasonStrategies], in the order of the file; default: all
	Bounds      bool     // compute the value of perfect information of each day; default true
}

// SeasonStrategies returns the words for strategies of a season in a case file.
func SeasonStrategies() []string {
	return []string{"perfect_foresight", "day_ahead", "rolling", "rolling_scenarios", "robust", "rules"}
}

// readSeason reads the object "season". The grid of the case must be one day of
// equal steps, because its data belong to each day.
func (c *Case) readSeason(v Fields) {
	if !v.Given() || !v.Object() {
		return
	}
	s := &Season{
		Days:        v.At("days").Count(1, 3660),
		ChooseEvery: v.At("choose_every_days").CountOr(1, 1, 3660),
		ReplanEvery: v.At("replan_every_steps").CountOr(1, 1, 10_000),
		Scenarios:   v.At("scenarios").CountOr(max(1, c.scenarios.keep), 1, 10_000),
		Budget:      v.At("budget").CountOr(8, 0, 1_000_000),
		Bounds:      v.At("bounds").FlagOr(true),
	}
	// Dates belong to the zone of the case; measured series have their own
	// clock, which operate applies.
	s.Start = midnight(c.grid.Start)
	if x := v.At("start"); x.Given() {
		text := x.Text()
		start, err := time.ParseInLocation(time.DateOnly, text, c.grid.Start.Location())
		if err != nil && text != "" {
			x.Wrong(`a date such as "2020-07-06"`)
		}
		s.Start = start
	}
	words := SeasonStrategies()
	// The first word is the default of OneOf, so that a wrong word must not add
	// it.
	for _, item := range v.At("strategies").ListOrNone() {
		before := item.violations()
		word := words[item.OneOf(words...)]
		if item.violations() > before {
			continue
		}
		if slices.Contains(s.Strategies, word) {
			item.Bad("%q is given twice; each strategy has one row of the comparison", word)
			continue
		}
		s.Strategies = append(s.Strategies, word)
	}
	if v.At("strategies").Given() && v.At("strategies").value.Len() == 0 && !v.At("strategies").rejected() {
		v.At("strategies").Wrong("at least one strategy, or no key for all")
	}
	if s.Strategies == nil {
		s.Strategies = words
	}
	// A grid with violations of its own permits no check.
	c.Season = s
	if c.uncheckable {
		return
	}
	if c.set != nil {
		v.Bad("needs forecasts, and the scenarios are stated by probabilities; state series with forecast_mw, or measured ones")
	}
	step, equal := c.grid.EqualSteps()
	if !equal || step*time.Duration(c.grid.Steps) != 24*time.Hour || !c.grid.Start.Equal(midnight(c.grid.Start)) {
		v.Bad("needs a grid of one day, and the grid has %s; want a start at 00:00 and 24 hours of equal steps", extentOf(c.grid))
	}
}

// extentOf returns the extent of a grid for an error, such as "12 hours from
// 06:00".
func extentOf(g scenario.Grid) string {
	text := fmt.Sprintf("%v hours from %s", g.HoursTo(g.Steps), g.Start.Format("15:04"))
	if _, equal := g.EqualSteps(); !equal {
		text += " in steps of different lengths"
	}
	return text
}

// midnight returns the beginning of the day of t on its clock.
func midnight(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, t.Location())
}

// SeasonSeries is one series of a season. Its forecast is a column of measured
// series, or Forecast of the embedded series on each day; see
// [Case.SeasonSeries].
type SeasonSeries struct {
	scenario.MeasuredSeries

	Realised string // column of the values that occur, "" for none: then they are generated
	Known    bool   // the series is equal in all scenarios
	Late     bool   // a value is known only after its step, such as the real price of imbalance
}

// SeasonSeries returns the series of the case for package operate, the
// uncertain ones first. Known series with an actual column are forecast without
// scenarios.
func (c *Case) SeasonSeries() []SeasonSeries {
	var out []SeasonSeries
	for _, m := range c.measured() {
		out = append(out, SeasonSeries{MeasuredSeries: m, Realised: m.ActualColumn})
	}
	for _, k := range c.scenarios.known {
		m := scenario.MeasuredSeries{
			Name: k.Name, Unit: k.Unit, Forecast: k.Path, ForecastColumn: k.forecastColumn, Factor: optional.Of(k.factor),
			Min: optional.Of(-unbounded), // prices can be negative
		}
		x := SeasonSeries{MeasuredSeries: m, Known: true, Realised: k.actualColumn, Late: k.Name == c.priced.settled}
		if x.Realised == "" { // such as a day-ahead price, which occurs as published
			x.Realised = k.forecastColumn
		}
		out = append(out, x)
	}
	return out
}

// Persistence returns the correlation of the errors of two neighbouring hours
// of the case.
func (c *Case) Persistence() float64 { return c.scenarios.persistence }

// Samples returns the number of samples of the case, from which scenarios are
// reduced.
func (c *Case) Samples() int { return c.scenarios.samples }

// Step returns the length of the steps, 0 if they differ.
func (c *Case) Step() time.Duration { return c.grid.Step }

// MeasuredTable returns the measured series of the case's own file with the
// notes on filled values, and nil without the key "measured".
func (c *Case) MeasuredTable() (table *scenario.Table, notes []string) {
	if c.measuredFile.reading == nil {
		return nil, nil
	}
	return c.table(Options{}), c.measuredFile.reading.Notes()
}

// Forecast returns the region of the case with its own forecasts as the only
// scenario. The data of a season's days come from it.
func (c *Case) Forecast() (trigrid.Region, error) { return c.region(c.expected()) }
