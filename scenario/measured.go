package scenario

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"gonum.org/v1/gonum/mat"

	"github.com/trigrid/trigrid/optional"
)

// MeasuredSeries states how one series of [Measured] follows from the columns
// of a [Table].
//
// For example, MeasuredSeries{Name: "wind", Unit: "MW", Capacity:
// optional.Of(8), ForecastColumn: "w1_da", ActualColumn: "w1", Factor:
// optional.Of(8.0/847)} models a farm of 8 MW after a measured one of 847 MW.
type MeasuredSeries struct {
	Name, Unit string

	// Capacity is the upper limit of the series, in Unit. Absent: none.
	// ActualColumn needs one.
	Capacity optional.Float

	// Min is the lower limit of the normal errors, in Unit. Absent: 0, the
	// limit of power and loads; a series that can be negative, such as a price,
	// states its own.
	Min optional.Float

	// ForecastColumn is the column of the forecasts, in units of the table.
	// Default "": Forecast.
	ForecastColumn string
	Forecast       []float64 // one value per step, in Unit; used without ForecastColumn

	// ActualColumn is the column of the values that followed the forecasts of
	// ForecastColumn. The errors are learned from the pairs. Default "": normal
	// errors with the standard deviation Sigma.
	ActualColumn string
	Sigma        float64 // share of the forecast; used without ActualColumn

	// Factor converts one unit of the columns to Unit, above 0. Absent: 1.
	Factor optional.Float
}

// MeasuredOptions controls [Measured]. The zero value learns from the past
// only.
type MeasuredOptions struct {
	// Persistence is the correlation of the errors of two neighbouring hours in
	// [0, 1), for series without an actual column. Absent: 0.9.
	Persistence optional.Float

	// LearnFromAll learns from the whole table, the planned day and later days
	// included. Such a plan uses values that are unknown when it is made, so
	// that a back-test with it looks better than it is. Default: learn from the
	// days before the planned one only.
	LearnFromAll bool
}

// MeasuredScenarios are uncertain series and the copula that joins them, for
// [Spec].
type MeasuredScenarios struct {
	Series []Series
	Copula Copula

	// LearnedFrom are the steps of the table from which errors were learned. It
	// has no steps if no series has an actual column.
	LearnedFrom Grid
}

// Measured returns uncertain series over grid and the copula that joins them.
//
// The forecasts are the window of the table from grid.Start. If its steps have
// another length than those of grid, the table is resampled first, see
// [Table.Resample]: power is averaged over longer steps and held over shorter
// ones.
//
// Each series with an actual column gets the marginals of [LearnErrors],
// learned from the days before the day of grid.Start, in the time zone of the
// table; see [MeasuredOptions]. Its ranks are cut into periods of grid.Steps
// steps that begin at the time of day of grid.Start, so that step t of the past
// is step t of grid, and [LearnGaussian] learns the correlation of all steps of
// all such series. Each other series has normal errors in [Min, Capacity] that
// are independent of all other series, and correlate over their own steps as
// [AutoRegressive].
//
// Steps of different lengths have forecasts by [Table.Onto] and normal errors
// only. Measured returns an error if a series with an actual column meets such
// a grid, if grid is not inside the table, if fewer than three periods precede
// it, if a column is absent, or if a value is outside its limits.
func Measured(table *Table, grid Grid, o MeasuredOptions, series ...MeasuredSeries) (MeasuredScenarios, error) {
	var out MeasuredScenarios
	if err := haveColumns(table, series); err != nil {
		return out, err
	}
	grid = grid.normal()
	table, window, err := onGrid(table, grid, series)
	if err != nil {
		return out, err
	}
	var (
		past    *Table
		starts  []int       // of the periods of the past
		ranks   [][]float64 // one history per learned series
		learned []int       // indices of the learned series
	)
	if slices.ContainsFunc(series, func(s MeasuredSeries) bool { return s.ActualColumn != "" }) {
		if past, starts, err = o.past(table, grid); err != nil {
			return out, err
		}
		out.LearnedFrom = past.Grid()
	}
	for i, s := range series {
		forecast := s.Forecast
		if s.ForecastColumn != "" {
			forecast = times(window.Column(s.ForecastColumn), s.factor())
		}
		var model Errors = s.normal()
		if s.ActualColumn != "" {
			learnedErrors, rank, err := s.learn(past)
			if err != nil {
				return out, fmt.Errorf("scenario: series %q: %w", s.Name, err)
			}
			model = learnedErrors
			ranks = append(ranks, rank)
			learned = append(learned, i)
		}
		around, err := Around(s.Name, s.Unit, grid, forecast, model)
		if err != nil {
			return out, err
		}
		out.Series = append(out.Series, around)
	}
	for i, history := range ranks {
		ranks[i] = nil
		for _, from := range starts {
			ranks[i] = append(ranks[i], history[from:from+grid.Steps]...)
		}
	}
	layout := layoutOf(len(series), grid)
	own := AutoRegressive{Persistence: []float64{o.Persistence.Or(0.9)}}
	out.Copula, err = joined(layout, own, ranks, learned)
	return out, err
}

// onGrid returns the table with the steps of the grid, and its part on the
// grid. Steps of different lengths have no past of their own, so that they need
// series whose errors are not learned.
func onGrid(table *Table, grid Grid, series []MeasuredSeries) (all, window *Table, err error) {
	if grid.Lengths != nil {
		for _, s := range series {
			if s.ActualColumn != "" {
				return nil, nil, fmt.Errorf("scenario: series %q learns its errors per step of equal length, and the grid has %v; "+
					"make scenarios on equal steps and use Set.Onto, or give Sigma instead of ActualColumn", s.Name, grid)
			}
		}
		window, err = table.Onto(grid)
		return table, window, err
	}
	if all, err = table.Resample(grid.Step, grid.Start); err != nil {
		return nil, nil, err
	}
	window, err = all.Window(grid.Start, grid.Steps)
	return all, window, err
}

// past returns the part of the table from which errors are learned, and the
// first steps of its periods. Periods of about whole days begin at the time of
// day of grid.Start on calendar days, so that days of 23 and 25 hours are days;
// shorter periods follow each other without gaps.
func (o MeasuredOptions) past(table *Table, grid Grid) (past *Table, starts []int, err error) {
	end := table.grid.Steps
	if !o.LearnFromAll {
		at := grid.Start.In(table.grid.Start.Location())
		midnight := time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, at.Location())
		end = int(midnight.Sub(table.grid.Start) / table.grid.Step)
	}
	hours := grid.Hours() * float64(grid.Steps)
	days := int(math.Round(hours / 24))
	begin := func(period int) int { // of the period that lies so many periods from grid
		if hours < 23 {
			return int(grid.Start.Sub(table.grid.Start)/grid.Step) + period*grid.Steps
		}
		at := grid.Start.In(table.grid.Start.Location()).AddDate(0, 0, period*days)
		return int(math.Floor(float64(at.Sub(table.grid.Start)) / float64(grid.Step)))
	}
	first := 0
	for begin(first-1) >= 0 {
		first--
	}
	for p := first; begin(p)+grid.Steps <= end; p++ {
		if begin(p) >= 0 {
			starts = append(starts, begin(p))
		}
	}
	if len(starts) < 3 {
		return nil, nil, fmt.Errorf("scenario: %d periods of %d steps before %s to learn errors from, want at least 3; "+
			"give a table that begins earlier, or plan a later day", len(starts), grid.Steps, grid.Start.Format(time.DateOnly))
	}
	past, err = table.Window(table.grid.Start, max(1, end))
	return past, starts, err
}

// haveColumns returns an error that lists every column of series that is absent
// from the table.
func haveColumns(table *Table, series []MeasuredSeries) error {
	var absent []error
	for _, s := range series {
		for _, column := range []string{s.ForecastColumn, s.ActualColumn} {
			if column != "" && !table.Has(column) {
				absent = append(absent, fmt.Errorf("scenario: series %q wants the column %q; the measured series have %q",
					s.Name, column, table.Names()))
			}
		}
	}
	return errors.Join(absent...)
}

func (s MeasuredSeries) factor() float64 { return s.Factor.Or(1) }

// normal returns the errors of a series without actual values.
func (s MeasuredSeries) normal() NormalErrors {
	return NormalErrors{Sigma: s.Sigma, Low: optional.Of(s.Min.Or(0)), High: s.Capacity}
}

// learn returns the distribution of the actual values and the rank of each of
// them in it.
func (s MeasuredSeries) learn(table *Table) (*LearnedErrors, []float64, error) {
	forecast := times(table.Column(s.ForecastColumn), s.factor())
	actual := times(table.Column(s.ActualColumn), s.factor())
	learned, err := LearnErrors(table.Grid(), forecast, actual, LearnOptions{Capacity: s.Capacity.Or(0)})
	if err != nil {
		return nil, nil, err
	}
	ranks, err := learned.Ranks(table.Grid(), forecast, actual)
	return learned, ranks, err
}

// joined returns the copula over layout that correlates the learned series as
// in their histories of ranks, and every other series with itself as own does.
// If no series is learned, it returns own.
//
// The matrix is block-diagonal: one block of the learned series together, and
// one block per other series. It is a correlation matrix because each block is
// one.
func joined(layout Layout, own AutoRegressive, ranks [][]float64, learned []int) (Copula, error) {
	if len(learned) == 0 {
		return own, nil
	}
	r, err := own.Correlation(layout)
	if err != nil {
		return nil, err
	}
	days, err := Days(layout.Steps, ranks...)
	if err != nil {
		return nil, err
	}
	past, err := LearnGaussian(days)
	if err != nil {
		return nil, err
	}
	all := mat.NewSymDense(layout.Dim(), nil)
	all.CopySym(r)
	for a, i := range learned {
		for b, j := range learned {
			for t := range layout.Steps {
				for u := range layout.Steps {
					all.SetSym(i*layout.Steps+t, j*layout.Steps+u, past.Correlation.At(a*layout.Steps+t, b*layout.Steps+u))
				}
			}
		}
	}
	return Gaussian{Correlation: all}, nil
}

// times returns the values multiplied by factor.
func times(values []float64, factor float64) []float64 {
	out := make([]float64, len(values))
	for i, v := range values {
		out[i] = v * factor
	}
	return out
}
