package operate

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/trigrid/trigrid/internal/days"
	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
)

// Measured is a [Source] over a table of forecasts and of the values that
// followed them.
//
// The forecasts of a day are known at its gate, one step before the day. Their
// errors are learned from earlier days only, by [scenario.Measured], and n
// scenarios are reduced from Samples sampled ones. During the day, the last
// known value y_j of a series corrects its later values, in each scenario and
// in the point forecast:
//
//	x_t ← x_t + ρ^h m_t (y_j − x_j)     t > j, h hours later, within [Min, Capacity]
//
// ρ is the correlation of the errors of neighbouring hours in the earlier days.
// m_t is 1, and for a series with a capacity at most the ratio of the forecasts
// f_t / f_j, so that a morning error adds no sun to the night. For a Gaussian
// autoregression the corrected sample is the conditional one (conditional
// simulation: Chilès and Delfiner, Geostatistics, 2012, section 7.3).
//
// A Measured must not be copied or changed after its first use.
type Measured struct {
	Table  *scenario.Table
	Series []Series

	Samples int    // before the reduction; default 0: 200
	Seed    uint64 // of the samples

	// Persistence is the correlation of the errors of two neighbouring hours in
	// the scenarios of series with normal errors. Absent: 0.9.
	Persistence optional.Float

	mu   sync.Mutex
	days map[dayKey]*knownDay
}

// Series is one series of [Measured]. With an ActualColumn its errors are
// learned; with Sigma and Realised they are normal; with neither, the forecast
// is certain, such as a price of the day-ahead market.
type Series struct {
	scenario.MeasuredSeries

	// Realised is the column of the values that occur. Default "":
	// ActualColumn, and without it ForecastColumn.
	Realised string

	// Late states that a value becomes known only when its step has ended, such
	// as the price of imbalance.
	Late bool
}

// realised returns the column of the values that occur.
func (s Series) realised() string {
	switch {
	case s.Realised != "":
		return s.Realised
	case s.ActualColumn != "":
		return s.ActualColumn
	}
	return s.ForecastColumn
}

// certain reports whether the forecast is the value that occurs.
func (s Series) certain() bool { return s.realised() == s.ForecastColumn }

type dayKey struct {
	start int64
	step  time.Duration
	n     int
}

// knownDay is a day with the information of its gate, and the actual values
// that follow.
type knownDay struct {
	once        sync.Once
	err         error
	grid        scenario.Grid
	probability []float64
	forecast    [][]float64   // per series
	paths       [][][]float64 // per series and scenario; the forecast alone for n = 1
	persistence []float64     // ρ per series
	actual      [][]float64   // per series; read by Known only, up to its time
}

var _ Source = (*Measured)(nil)

// Known implements [Source]. It returns an error for a time before the gate of
// the day.
func (x *Measured) Known(ctx context.Context, at time.Time, grid scenario.Grid, n int) (*scenario.Set, error) {
	midnight, next := days.Begin(grid.Start, 0), days.Begin(grid.Start, 1)
	if end := grid.Time(grid.Steps); end.After(next) || grid.Lengths != nil {
		return nil, fmt.Errorf("operate: measured: a grid of %v from %s is not inside one day of equal steps", grid, grid.Start.Format(time.DateTime))
	}
	if gate := midnight.Add(-grid.Step); at.Before(gate) {
		return nil, fmt.Errorf("operate: measured: the forecasts of %s are known from %s on, and not at %s",
			midnight.Format(time.DateOnly), gate.Format(time.DateTime), at.Format(time.DateTime))
	}
	day, err := x.day(ctx, scenario.Grid{Start: midnight, Step: grid.Step, Steps: int(next.Sub(midnight) / grid.Step)}, max(1, n))
	if err != nil {
		return nil, err
	}
	from := int(grid.Start.Sub(midnight) / grid.Step)
	set, err := scenario.New(grid, day.probability)
	if err != nil {
		return nil, err
	}
	for i, s := range x.Series {
		paths := make([][]float64, len(day.probability))
		last := day.lastKnown(at, s.Late)
		for k := range paths {
			paths[k] = day.at(i, k, last, s)[from : from+grid.Steps]
		}
		if s.certain() || len(paths) == 1 {
			err = set.AddForecast(s.Name, s.Unit, paths[0])
		} else {
			err = set.Add(s.Name, s.Unit, paths)
		}
		if err != nil {
			return nil, fmt.Errorf("operate: measured: %w", err)
		}
	}
	return set, nil
}

// lastKnown returns the last step of the day whose value is known at a time, −1
// for none. For example, at 10:00 of an hourly day it is step 10, and step 9
// for a series that is known late.
func (d *knownDay) lastKnown(at time.Time, late bool) int {
	if late {
		at = at.Add(-d.grid.Step)
	}
	if at.Before(d.grid.Start) {
		return -1
	}
	return min(int(at.Sub(d.grid.Start)/d.grid.Step), d.grid.Steps-1)
}

// at returns series i in scenario k over the whole day, if the values up to the
// step last are known.
func (d *knownDay) at(i, k, last int, s Series) []float64 {
	out := append([]float64(nil), d.paths[i][k]...)
	if s.certain() || last < 0 {
		return out
	}
	capacity, limited := s.Capacity.Get()
	forecast, missed := d.forecast[i], d.actual[i][last]-d.paths[i][k][last]
	for t := range out {
		if t <= last {
			out[t] = d.actual[i][t]
			continue
		}
		// The correction decays with the time since the last value.
		factor := math.Pow(d.persistence[i], d.grid.HoursTo(t)-d.grid.HoursTo(last))
		if limited {
			switch {
			case forecast[t] <= 0:
				factor = 0
			case forecast[last] > 0:
				factor *= min(1, forecast[t]/forecast[last])
			}
		}
		// A correction makes no load or power negative, without a capacity
		// either.
		low := s.Min.Or(min(0, out[t]))
		out[t] = max(out[t]+factor*missed, low)
		if limited {
			out[t] = min(out[t], capacity)
		}
	}
	return out
}

// day returns a day with the information of its gate, from the cache. Two
// callers of one day wait for the same computation.
func (x *Measured) day(ctx context.Context, grid scenario.Grid, n int) (*knownDay, error) {
	// The first caller of a day learns it, and the others wait; the lock is not
	// held meanwhile.
	key := dayKey{grid.Start.Unix(), grid.Step, n}
	x.mu.Lock()
	if x.days == nil {
		x.days = map[dayKey]*knownDay{}
	}
	d := x.days[key]
	if d == nil {
		d = &knownDay{grid: grid}
		x.days[key] = d
	}
	x.mu.Unlock()
	d.once.Do(func() { d.err = x.learn(ctx, d, n) })
	if d.err != nil && ctx.Err() == nil {
		return nil, fmt.Errorf("operate: measured: %s: %w", grid.Start.Format(time.DateOnly), d.err)
	}
	if d.err != nil { // the caller's context ended; another call can succeed
		x.mu.Lock()
		delete(x.days, key)
		x.mu.Unlock()
	}
	return d, d.err
}

// learn fills a day from the table: forecasts, scenarios and correlations of
// errors.
func (x *Measured) learn(ctx context.Context, d *knownDay, n int) error {
	table, err := x.Table.Resample(d.grid.Step, d.grid.Start)
	if err != nil {
		return err
	}
	window, err := table.Window(d.grid.Start, d.grid.Steps)
	if err != nil {
		return err
	}
	d.probability = []float64{1}
	d.paths = make([][][]float64, len(x.Series))
	var uncertain []scenario.MeasuredSeries
	for i, s := range x.Series {
		factor := s.Factor.Or(1)
		forecast := scaled(window.Column(s.ForecastColumn), factor)
		d.forecast = append(d.forecast, forecast)
		d.actual = append(d.actual, scaled(window.Column(s.realised()), factor))
		d.paths[i] = [][]float64{forecast}
		d.persistence = append(d.persistence, s.persistence(table, d.grid.Start, d.grid.Step.Hours()))
		if !s.certain() {
			uncertain = append(uncertain, s.MeasuredSeries)
		}
	}
	if n == 1 || len(uncertain) == 0 {
		return nil // the point forecast needs no sample
	}
	past, err := x.knownAtGate(table, d.grid)
	if err != nil {
		return err
	}
	measured, err := scenario.Measured(past, d.grid, scenario.MeasuredOptions{Persistence: x.Persistence}, uncertain...)
	if err != nil {
		return err
	}
	samples := x.Samples
	if samples == 0 {
		samples = 200
	}
	generated, err := scenario.Generate(ctx, scenario.Spec{
		Grid: d.grid, Series: measured.Series, Copula: measured.Copula, Samples: max(samples, n), Scenarios: n,
	}, rand.NewPCG(x.Seed, uint64(d.grid.Start.Unix())))
	if err != nil {
		return err
	}
	// The scenarios of the gate stay for the day; [knownDay.at] corrects them
	// by the values that follow.
	d.probability = generated.Set.Probabilities()
	for i, s := range x.Series {
		if s.certain() {
			d.paths[i] = repeated(d.forecast[i], generated.Set.Len())
			continue
		}
		d.paths[i] = make([][]float64, generated.Set.Len())
		for k := range d.paths[i] {
			d.paths[i][k] = generated.Set.Path(s.Name, k)
		}
	}
	return nil
}

// knownAtGate returns the table from which the errors of a day are learned. The
// last value of a late series before the day is not known at its gate. Its
// estimate stands in its place: the forecast with the error of the step before,
// within [0, Capacity], the range of learned errors.
func (x *Measured) knownAtGate(table *scenario.Table, day scenario.Grid) (*scenario.Table, error) {
	last := int(day.Start.Sub(table.Grid().Start)/table.Grid().Step) - 1
	late := map[string][]float64{} // by column
	for _, s := range x.Series {
		if !s.Late || s.ActualColumn == "" || last < 1 {
			continue
		}
		forecast, actual := table.Column(s.ForecastColumn), slices.Clone(table.Column(s.ActualColumn))
		limit := s.Capacity.Or(math.Inf(1)) / s.Factor.Or(1) // in units of the table
		actual[last] = min(max(forecast[last]+actual[last-1]-forecast[last-1], 0), limit)
		late[s.ActualColumn] = actual
	}
	if len(late) == 0 {
		return table, nil
	}
	var columns []scenario.Column
	for _, name := range table.Names() {
		values, ok := late[name]
		if !ok {
			values = table.Column(name)
		}
		columns = append(columns, scenario.Column{Name: name, Unit: table.Unit(name), Values: values})
	}
	return scenario.NewTable(table.Grid(), columns...)
}

// persistence returns ρ, the correlation of the errors of neighbouring hours
// before a time, in [0, 1): the lag-one correlation of the errors, to the power
// of steps per hour. Without errors it is 0.
func (s Series) persistence(table *scenario.Table, before time.Time, hours float64) float64 {
	if s.certain() {
		return 0
	}
	// Values from the day on do not count. The last one of a late series is
	// known at midnight, and no correction is made before.
	end := min(int(before.Sub(table.Grid().Start)/table.Grid().Step), table.Grid().Steps)
	forecast, actual := table.Column(s.ForecastColumn), table.Column(s.realised())
	mean := 0.0
	for t := range max(end, 0) {
		mean += (actual[t] - forecast[t]) / float64(end)
	}
	squares, products := 0.0, 0.0
	for t := range max(end, 0) {
		e := actual[t] - forecast[t] - mean
		squares += e * e
		if t > 0 {
			products += e * (actual[t-1] - forecast[t-1] - mean)
		}
	}
	if squares == 0 {
		return 0
	}
	return math.Pow(min(max(products/squares, 0), 1-1e-9), 1/hours)
}

// Validate returns an error that lists all violations: absent columns, names
// that are used twice.
func (x *Measured) Validate() error {
	bad := faults.List{Prefix: "operate: measured: "}
	if !bad.Require(x.Table != nil, "Table is nil; read one with scenario.ReadCSV") {
		return bad.Err()
	}
	names := map[string]bool{}
	for _, s := range x.Series {
		bad.Require(!names[s.Name], "two series are named %q; names must differ", s.Name)
		names[s.Name] = true
		bad.Require(s.ForecastColumn != "", "series %q has no ForecastColumn; give the column of its forecasts", s.Name)
		for _, column := range []string{s.ForecastColumn, s.ActualColumn, s.Realised} {
			bad.Require(column == "" || x.Table.Has(column), "series %q wants the column %q; the table has %q", s.Name, column, x.Table.Names())
		}
	}
	return bad.Err()
}

func scaled(values []float64, factor float64) []float64 {
	out := make([]float64, len(values))
	for i, v := range values {
		out[i] = v * factor
	}
	return out
}

func repeated(path []float64, n int) [][]float64 {
	out := make([][]float64, n)
	for i := range out {
		out[i] = path
	}
	return out
}
