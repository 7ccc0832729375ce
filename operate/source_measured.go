package operate

import (
	"context"
	"fmt"
	"math"
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
