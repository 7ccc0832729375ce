package casefile

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
)

// scenarios is the object "scenarios" of a case whose scenarios are sampled.
type scenarios struct {
	samples, keep int     // size of the sample, and of the reduced set
	persistence   float64 // correlation of the errors of two neighbouring hours, [0, 1)
	design        scenario.Design
	reducer       scenario.Reducer
	series        []uncertain
	known         []known // series without uncertainty
}

// known is one series that is equal in all scenarios, such as
//
//	{"name": "price", "unit": "currency/MWh", "measured": {"forecast_column": "DA", "actual_column": "RT"}}
//
// A series with columns has the values of its forecast column. The actual
// column has the values that occur in a season; see [Case.Season].
type known struct {
	scenario.Known
	forecastColumn, actualColumn string // of measured series, or "" for none
	factor                       float64
}

// uncertain is one series with forecast errors, such as
//
//	{"name": "wind1", "forecast_mw": […], "capacity_mw": 8, "error_sigma": 0.2,
//	 "measured": {"forecast_column": "w303_da", "actual_column": "w303", "factor": 0.00945}}
type uncertain struct {
	name     string
	forecast []float64 // MW, one per step
	capacity float64   // MW, upper limit of forecast and actual value; +Inf: none
	sigma    float64   // standard deviation of the error, share of the forecast

	// Columns of measured series, or "" for none.
	forecastColumn, actualColumn string
	factor                       float64 // MW per unit of the columns
}

// readScenarios reads the object "scenarios", in which the scenarios are either
// sampled or stated path by path. It returns the names of the series, which
// VPPs and DERs refer to.
//
// A sampled one begins with:
//
//	{"samples": 500, "keep": 10, "persistence": 0.9, "series": [{"name": "wind1", …}]}
func (c *Case) readScenarios(v Fields, open func(name string) ([]byte, error)) map[string]bool {
	names := make(map[string]bool)
	if !v.Object() {
		return names
	}
	if v.At("probabilities").Given() {
		c.readStated(v, names)
		return names
	}
	s := &c.scenarios
	found := v.violations()
	// Without any series, every reference to one would be a false violation.
	defer func() { c.uncheckable = c.uncheckable || v.violations() > found && len(names) == 0 }()
	s.samples = v.At("samples").CountOr(500, 1, 1_000_000)
	s.keep = v.At("keep").Count(1, 10_000)
	if s.keep > s.samples && !v.At("samples").rejected() {
		v.At("keep").Wrong(fmt.Sprintf("no more than the %d samples", s.samples))
	}
	s.persistence = v.At("persistence").NumberOr(0.9, 0, 0.999)
	s.design = []scenario.Design{
		scenario.LatinHypercube{}, scenario.MonteCarlo{}, scenario.Halton{},
	}[v.At("design").OneOf("latin_hypercube", "monte_carlo", "halton")]
	reductions := scenario.ReducerNames()
	// The name is one of the list, so that there is no error.
	s.reducer, _ = scenario.ReducerByName(reductions[v.At("reduction").OneOf(reductions...)])
	for _, item := range v.At("series").List() {
		s.series = append(s.series, c.readUncertain(item, names, v.At("measured").Given()))
	}
	c.readKnown(v, names)
	c.readMeasured(v.At("measured"), open)
	return names
}

// readUncertain reads one series. If the case names a file of measured series,
// the forecasts can be those of the file.
func (c *Case) readUncertain(v Fields, names map[string]bool, file bool) uncertain {
	var s uncertain
	if !v.Object() {
		return s
	}
	s.name = newName(v.At("name"), names)
	found := v.violations()
	defer func() { c.unsound[s.name] = c.unsound[s.name] || v.violations() > found }()
	s.capacity = v.At("capacity_mw").NumberOr(math.Inf(1), 0, unbounded)
	// The columns of a file replace the forecast, and actual values replace the
	// standard deviation. Without them both keys are required.
	m := v.At("measured")
	if v.At("forecast_mw").Given() || !file || !m.Given() {
		s.forecast = v.At("forecast_mw").NumbersOrOne(c.grid.Steps, 0, s.capacity)
	}
	_, learned := m.value.Peek("actual_column")
	if v.At("error_sigma").Given() || !file || !learned {
		s.sigma = v.At("error_sigma").value.NumberAs(0, 2, "a share of the forecast from 0 to 2: 0.20 for 20 %")
	}
	if m.Given() && m.Object() {
		s.forecastColumn = m.At("forecast_column").Text()
		s.actualColumn = m.At("actual_column").TextOr("")
		s.factor = m.At("factor").NumberOr(1, 1e-9, 1e9)
		if s.actualColumn != "" && math.IsInf(s.capacity, 1) {
			v.At("capacity_mw").Wrong("the largest possible value of the series, such as the peak of a demand; learning errors from measured values needs it")
		}
		if file && s.actualColumn != "" && !c.equalSteps() {
			m.At("actual_column").Bad("errors are learned per step of equal length; give error_sigma instead, or one step_hours")
		}
	}
	return s
}

// readKnown reads the series without uncertainty, such as {"name": "gas",
// "unit": "currency/MWh", "values": 320}. If the case names a file of measured
// series, the values can be those of the file.
func (c *Case) readKnown(v Fields, names map[string]bool) {
	for _, item := range v.At("known").ListOrNone() {
		if !item.Object() {
			continue
		}
		found := item.violations()
		x := known{Known: scenario.Known{Name: newName(item.At("name"), names), Unit: item.At("unit").Text()}, factor: 1}
		m := item.At("measured")
		if m.Given() && m.Object() {
			x.forecastColumn = m.At("forecast_column").Text()
			x.actualColumn = m.At("actual_column").TextOr("")
			x.factor = m.At("factor").NumberOr(1, -1e9, 1e9)
		}
		if item.At("values").Given() || !m.Given() || !v.At("measured").Given() {
			x.Path = item.At("values").NumbersOrOne(c.grid.Steps, -unbounded, unbounded)
		}
		c.unsound[x.Name] = c.unsound[x.Name] || item.violations() > found
		c.scenarios.known = append(c.scenarios.known, x)
	}
}

// newName reads the name of a series and adds it to names.
func newName(v Fields, names map[string]bool) string {
	name := v.Text()
	if names[name] {
		v.Bad("two series are named %q; names must differ", name)
	}
	names[name] = true
	return name
}

// readStated reads scenarios with their probabilities and one path per scenario
// and series.
//
//	{"probabilities": [0.25, 0.75],
//	 "series": [{"name": "wind1", "paths_mw": [[1, …], [2, …]]}]}
func (c *Case) readStated(v Fields, names map[string]bool) {
	if c.rejectSampled(v, names) {
		return
	}
	var probability []float64
	sum, found := 0.0, v.violations()
	for _, item := range v.At("probabilities").List() {
		p := item.value.NumberAs(math.SmallestNonzeroFloat64, 1, "a probability above 0 and up to 1; leave out a scenario of probability 0")
		probability = append(probability, p)
		sum += p
	}
	if v.violations() == found && math.Abs(sum-1) > 1e-9 {
		v.At("probabilities").Bad("sum to %v, want 1", sum)
	}
	if v.violations() > found {
		probability = scenario.Equal(max(1, len(probability))) // so that the paths can be checked
	}
	set, err := scenario.New(c.grid, probability)
	if err != nil {
		v.At("probabilities").Bad("%v", err)
		c.uncheckable = true
		return
	}
	for _, item := range v.At("series").List() {
		if !item.Object() {
			continue
		}
		before := item.violations()
		name := newName(item.At("name"), names)
		twice := item.violations() > before
		at, found := item.At("paths_mw"), item.violations()
		var paths [][]float64
		for _, path := range at.List() {
			paths = append(paths, path.NumbersOrOne(c.grid.Steps, -unbounded, unbounded))
		}
		if len(paths) != len(probability) && !at.rejected() {
			at.Wrong(fmt.Sprintf("%d paths, one per probability", len(probability)))
		}
		if item.violations() > found {
			c.unsound[name] = true
			continue
		}
		if err := set.Add(name, "MW", paths); err != nil && name != "" && !twice {
			item.Bad("%v", err)
		}
	}
	c.readKnown(v, names)
	if err := c.scenarios.addKnown(set); err != nil && v.violations() == found {
		v.At("known").Bad("%v", err)
	}
	c.set = set
}

// rejectSampled reports whether the object has keys of sampled scenarios beside
// the probabilities, and records one violation for all of them. The names of
// the series count, so that references to them are no violations.
func (c *Case) rejectSampled(v Fields, names map[string]bool) bool {
	var sampled []string
	for _, key := range []string{"samples", "keep", "persistence", "design", "reduction", "measured"} {
		if v.At(key).Given() {
			sampled = append(sampled, key)
		}
	}
	for _, list := range []string{"series", "known"} {
		for _, item := range v.At(list).value.Items() {
			if _, forecast := item.Peek("forecast_mw"); forecast && !slices.Contains(sampled, "forecast_mw") {
				sampled = append(sampled, "forecast_mw")
			}
		}
	}
	if len(sampled) == 0 {
		return false
	}
	v.At("probabilities").Bad("states the scenarios, but %s of sampled scenarios is given too; "+
		"remove probabilities, or state paths_mw for each series and remove the keys of sampling", strings.Join(sampled, ", "))
	v.value.Ignore()
	for _, list := range []string{"series", "known"} {
		for _, item := range v.At(list).value.Items() {
			if name, ok := item.Peek("name"); ok {
				names[Fields{name}.TextOr("")] = true
			}
		}
	}
	c.uncheckable = true
	return true
}

// addKnown adds the series without uncertainty to a set.
func (s *scenarios) addKnown(set *scenario.Set) error {
	var failed []error
	for _, k := range s.known {
		failed = append(failed, set.AddForecast(k.Name, k.Unit, k.Path))
	}
	return errors.Join(failed...)
}

// expected returns the forecasts as one scenario, on which the region can be
// checked before sampling, or nil if the grid or the scenarios have violations
// that prevent checks.
func (c *Case) expected() *scenario.Set {
	if c.uncheckable {
		return nil
	}
	if c.set != nil {
		return c.set
	}
	set := scenario.Single(c.grid)
	for _, s := range c.scenarios.series {
		// The fields are valid at this point. If the set rejects a series
		// nevertheless, the check of the region reports its name as unknown.
		_ = set.AddForecast(s.name, "MW", s.forecast)
	}
	_ = c.scenarios.addKnown(set)
	return set
}

// spec returns the input of [scenario.Generate], and a note on the origin of
// forecasts and errors.
//
// The day of measured series is that of o.Start, or else that of the grid.
// Errors are normal with the standard deviations of the case, or learned from
// the series.
func (c *Case) spec(o Options) (spec scenario.Spec, note string, err error) {
	spec = scenario.Spec{
		Grid: c.grid, Samples: c.scenarios.samples, Design: c.scenarios.design,
		Scenarios: c.scenarios.keep, Reduction: scenario.ReduceOptions{Reducer: c.scenarios.reducer}, Observe: o.Observe,
	}
	if o.Reduction != "" {
		if spec.Reduction.Reducer, err = scenario.ReducerByName(o.Reduction); err != nil {
			return spec, "", err
		}
	}
	table := c.table(o)
	if table == nil {
		for _, s := range c.scenarios.series {
			// Power is never negative.
			normal := scenario.NormalErrors{Sigma: s.sigma, Low: optional.Of(0)}
			if !math.IsInf(s.capacity, 1) {
				normal.High = optional.Of(s.capacity)
			}
			series, err := scenario.Around(s.name, "MW", c.grid, s.forecast, normal)
			if err != nil {
				return spec, "", err
			}
			spec.Series = append(spec.Series, series)
		}
		spec.Copula = scenario.AutoRegressive{Persistence: []float64{c.scenarios.persistence}}
		return spec, "Forecasts are the case's own; errors are normal with the case's sigmas.", nil
	}
	for _, s := range c.scenarios.series {
		if s.actualColumn != "" && !c.equalSteps() {
			return spec, "", fmt.Errorf("series %q has an actual_column, and errors are learned per step of equal length; "+
				"leave out actual_column, give error_sigma, or give one step_hours", s.name)
		}
	}
	// The case's start is a time of day on the clock of the series, whose zone
	// can differ.
	spec.Grid.Start = onClock(c.grid.Start, table.Grid().Start.Location())
	if !o.Start.IsZero() {
		spec.Grid.Start = o.Start
	}
	measured, err := scenario.Measured(table, spec.Grid, scenario.MeasuredOptions{
		Persistence: optional.Of(c.scenarios.persistence), LearnFromAll: o.LearnFromAll,
	}, c.measured()...)
	spec.Series, spec.Copula = measured.Series, measured.Copula
	return spec, c.origin(o, table, spec.Grid, measured.LearnedFrom), err
}

// table returns the measured series of the options, or those of the case's own
// file, or nil.
func (c *Case) table(o Options) *scenario.Table {
	if o.Series != nil || c.measuredFile.reading == nil {
		return o.Series
	}
	table, _ := c.measuredFile.reading.Table() // checked at loading
	return table
}

// origin returns the note on forecasts and errors from measured series. It
// names the series if the case itself states some of them.
func (c *Case) origin(o Options, table *scenario.Table, grid, learned scenario.Grid) string {
	ahead, stated := c.split(func(s uncertain) bool { return s.forecastColumn != "" })
	if ahead == "" {
		return "Forecasts are the case's own, because no series of the case has the key measured; errors are normal with the case's sigmas."
	}
	note := fmt.Sprintf("Forecasts of %s from measured series", grid.Start.Format(time.DateOnly))
	if stated != "" {
		note += fmt.Sprintf(" for %s, and the case's own for %s", ahead, stated)
	}
	note += "; "
	actual, normal := c.split(func(s uncertain) bool { return s.actualColumn != "" })
	of := ""
	if normal != "" {
		of = " of " + actual
		normal = fmt.Sprintf("; errors of %s are normal with the case's sigmas", normal)
	}
	switch hours := learned.HoursTo(learned.Steps); {
	case learned.Steps == 0:
		note += "errors are normal with the case's sigmas."
	case o.LearnFromAll:
		note += fmt.Sprintf("errors%s and their correlation learned from all %v hours of the series, the planned day and later ones "+
			"included%s: the plan uses values that are unknown when it is made.", of, hours, normal)
	default:
		note += fmt.Sprintf("errors%s and their correlation learned from %v hours, all before the planned day%s.", of, hours, normal)
	}
	switch step := table.Grid().Step; {
	case grid.Lengths != nil:
		note += fmt.Sprintf(" Steps of the series, %v, are resampled to the steps of the grid: power is averaged over time.", step)
	case step != grid.Step:
		note += fmt.Sprintf(" Steps of the series, %v, are resampled to %v: power is averaged over longer steps and held over shorter ones.",
			step, grid.Step)
	}
	return note
}

// split returns the quoted names of the uncertain series with a property, and
// those of the others.
func (c *Case) split(has func(uncertain) bool) (with, without string) {
	var a, b []string
	for _, s := range c.scenarios.series {
		if has(s) {
			a = append(a, strconv.Quote(s.name))
		} else {
			b = append(b, strconv.Quote(s.name))
		}
	}
	return strings.Join(a, ", "), strings.Join(b, ", ")
}

// measured maps the keys of the uncertain series to [scenario.Measured].
func (c *Case) measured() []scenario.MeasuredSeries {
	var out []scenario.MeasuredSeries
	for _, s := range c.scenarios.series {
		m := scenario.MeasuredSeries{
			Name: s.name, Unit: "MW", Forecast: s.forecast, Sigma: s.sigma,
			ForecastColumn: s.forecastColumn, ActualColumn: s.actualColumn, Factor: optional.Of(s.factor),
		}
		if !math.IsInf(s.capacity, 1) {
			m.Capacity = optional.Of(s.capacity)
		}
		out = append(out, m)
	}
	return out
}
