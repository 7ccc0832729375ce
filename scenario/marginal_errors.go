package scenario

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/optional"
)

// Errors is a model of forecast errors. Marginals turns a forecast, one value
// per step of grid, into the distributions of the actual values, one per step.
// The models of this package are [NormalErrors] and [LearnedErrors].
type Errors interface {
	Marginals(grid Grid, forecast []float64) ([]Marginal, error)
}

// Standard deviations of forecast errors, as a fraction of the forecast, that
// studies of virtual power plants commonly assume: day ahead, intraday and in
// real time. Errors of real wind farms are wider at low forecasts; prefer
// [LearnErrors] if measured data exist.
const (
	DayAheadWind = 0.20
	DayAheadPV   = 0.15
	DayAheadLoad = 0.05

	IntradayWind = 0.10
	IntradayPV   = 0.07
	IntradayLoad = 0.02

	RealTimeWind = 0.05
	RealTimePV   = 0.04
	RealTimeLoad = 0.005
)

// maxSigma is the largest relative standard deviation. A larger one is mostly a
// percentage.
const maxSigma = 2

// NormalErrors is a normal error in proportion to the forecast f:
//
//	X ~ Normal(f, σ |f|),   conditional on Low ≤ X ≤ High
//
// The condition moves the mean if the forecast is within a few σ f of a limit.
// A forecast of zero stays zero. Give Low: optional.Of(0) for power and loads:
// a normal error can exceed the forecast.
//
// For example, NormalErrors{Sigma: DayAheadWind, Low: optional.Of(0), High:
// optional.Of(8)} describes a wind farm of 8 MW.
type NormalErrors struct {
	Sigma     float64        // σ in [0, 2], fraction of the forecast: 0.2 for 20 %
	Low, High optional.Float // physical range, in the unit of the series. Absent: no limit
}

// Marginals implements [Errors]. It returns an error if a parameter is invalid
// or if the forecast has a wrong length, is not finite or leaves the range.
func (e NormalErrors) Marginals(grid Grid, forecast []float64) ([]Marginal, error) {
	bad := violations("scenario: normal errors: ")
	if !(e.Sigma >= 0 && e.Sigma <= maxSigma) {
		bad.Addf("sigma is %v, want a share of the forecast from 0 to %v: 0.20 for 20 %%", e.Sigma, maxSigma)
	}
	low, high := e.Low.Or(math.Inf(-1)), e.High.Or(math.Inf(1))
	if !(low <= high) {
		bad.Addf("range is [%v, %v], want Low ≤ High", low, high)
	}
	checkForecast(&bad, grid, forecast)
	for t, f := range forecast {
		if f < low || f > high {
			bad.Addf("forecast at step %d is %v, want a value in the range [%v, %v]", t, f, low, high)
		}
	}
	if err := bad.Err(); err != nil {
		return nil, err
	}
	out := make([]Marginal, len(forecast))
	for t, f := range forecast {
		normal := distuv.Normal{Mu: f, Sigma: e.Sigma * math.Abs(f)}
		switch {
		case normal.Sigma == 0:
			out[t] = Fixed(f)
		case math.IsInf(low, -1) && math.IsInf(high, 1):
			out[t] = normal
		default:
			out[t] = Truncated{Of: normal, Low: low, High: high}
		}
	}
	return out, nil
}

// Around returns the series whose errors around a forecast follow the model
// scatter. forecast has one value per step.
func Around(name, unit string, grid Grid, forecast []float64, scatter Errors) (Series, error) {
	marginals, err := scatter.Marginals(grid, forecast)
	if err != nil {
		return Series{}, fmt.Errorf("scenario: series %q: %w", name, err)
	}
	return Series{Name: name, Unit: unit, Marginals: marginals}, nil
}

// checkForecast adds violations for a forecast that does not fit the grid or is
// not finite.
func checkForecast(bad *faults.List, grid Grid, forecast []float64) {
	bad.Add(grid.Validate())
	if len(forecast) != grid.Steps {
		bad.Addf("forecast has %d values, want one for each of %d steps", len(forecast), grid.Steps)
	}
	for t, f := range forecast {
		if math.IsNaN(f) || math.IsInf(f, 0) {
			bad.Addf("forecast at step %d is %v, want a finite number", t, f)
		}
	}
}
