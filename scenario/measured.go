package scenario

import (
	"errors"
	"fmt"

	"gonum.org/v1/gonum/mat"

	"github.com/trigrid/trigrid/optional"
)

// MeasuredSeries states how one series of [Measured] follows from the columns of a [Table].
//
// For example, MeasuredSeries{Name: "wind", Unit: "MW", Capacity: optional.Of(8), ForecastColumn:
// "w1_da", ActualColumn: "w1", Factor: optional.Of(8.0/847)} models a farm of 8 MW after a measured one of 847
// MW.
type MeasuredSeries struct {
	Name, Unit string

	// Capacity is the upper limit of the series, in Unit. Default: none. ActualColumn needs one.
	Capacity optional.Float

	// ForecastColumn is the column of the forecasts, in units of the table. Default "": Forecast.
	ForecastColumn string
	Forecast       []float64 // one value per step, in Unit; used without ForecastColumn

	// ActualColumn is the column of the values that followed the forecasts of ForecastColumn. The
	// errors are learned from the pairs. Default "": normal errors with the standard deviation
	// Sigma.
	ActualColumn string
	Sigma        float64 // share of the forecast; used without ActualColumn

	// Factor converts one unit of the columns to Unit, above 0. Absent: 1.
	Factor optional.Float
}

// Measured returns uncertain series over grid and the copula that joins them, for [Spec].
//
// The forecasts are the window of the table from grid.Start. Each series with an actual column gets
// the marginals of [LearnErrors], learned from the whole table. Its ranks are cut into periods of
// grid.Steps steps that begin at the time of day of grid.Start, so that step t of the past is step
// t of grid, and [LearnGaussian] learns the correlation of all steps of all such series. Each other
// series has normal errors in [0, Capacity] that are independent of all other series, and correlate
// over their own steps as [AutoRegressive] with the given persistence, the correlation of two
// neighbouring hours in [0, 1).
//
// Measured returns an error if grid is not inside the table, if a column is absent, or if a value
// is outside [0, Capacity].
func Measured(table *Table, grid Grid, persistence float64, series ...MeasuredSeries) ([]Series, Copula, error) {
	window, err := table.Window(grid.Start, grid.Steps)
	if err != nil {
		return nil, nil, err
	}
	var (
		out     []Series
		ranks   [][]float64 // one history per learned series
		learned []int       // indices of the learned series
	)
	if err := haveColumns(table, series); err != nil {
		return nil, nil, err
	}
	for i, s := range series {
		forecast := s.Forecast
		if s.ForecastColumn != "" {
			forecast = times(window.Column(s.ForecastColumn), s.factor())
		}
		var model Errors = s.normal()
		if s.ActualColumn != "" {
			learnedErrors, rank, err := s.learn(table)
			if err != nil {
				return nil, nil, fmt.Errorf("scenario: series %q: %w", s.Name, err)
			}
			model = learnedErrors
			ranks = append(ranks, rank)
			learned = append(learned, i)
		}
		around, err := Around(s.Name, s.Unit, grid, forecast, model)
		if err != nil {
			return nil, nil, err
		}
		out = append(out, around)
	}
	// Drop the hours before the first period, so that periods begin at the time of day of
	// grid.Start.
	offset := int(grid.Start.Sub(table.Grid().Start)/grid.Step) % grid.Steps
	for i := range ranks {
		ranks[i] = ranks[i][offset:]
	}
	layout := Layout{Series: len(series), Steps: grid.Steps, Hours: grid.Hours()}
	copula, err := joined(layout, AutoRegressive{Persistence: []float64{persistence}}, ranks, learned)
	return out, copula, err
}

// haveColumns returns an error that lists every column of series that is absent from the table.
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
	return NormalErrors{Sigma: s.Sigma, High: s.Capacity.Or(0)} // Low = High = 0 sets no limits
}

// learn returns the distribution of the actual values and the rank of each of them in it.
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

// joined returns the copula over layout that correlates the learned series as in their histories of
// ranks, and every other series with itself as own does. If no series is learned, it returns own.
//
// The matrix is block-diagonal: one block of the learned series together, and one block per other
// series. It is a correlation matrix because each block is one.
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
