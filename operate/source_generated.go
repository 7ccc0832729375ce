package operate

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/trigrid/trigrid/internal/days"
	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
)

// GeneratedSeries describes a series of [Generated]. On day d and in step t of
// the day, with the shape b at the time of the clock,
//
//	f = b exp(Weather z_d − Weather²/2),    z_d = 0.6 z_{d−1} + 0.8 ε_d        forecast
//	y = f (1 + Sigma u),                    u = r u' + √(1−r²) ε               actual value
//
// with independent standard normal ε, u' of the step before, and r =
// Persistence per hour. Both are limited to [0, Capacity]. The correlation of
// two days, 0.6, is assumed, and 0.6² + 0.8² = 1 keeps the variance of z.
type GeneratedSeries struct {
	Name, Unit  string
	Capacity    optional.Float // absent: none
	Shape       []float64      // b, one value per part of the day of equal length, such as 24 hours
	Weather     float64        // spread of days, such as 0.4; 0: each day is the same
	Sigma       float64        // spread of the errors; 0: the forecast is certain
	Persistence float64        // of the errors in [0, 1)
}

// Generated returns a source of series that follow from a seed, for use without
// data. The table begins with history days, from which errors are learned; give
// at least three. Column "wind_forecast" has the forecasts of the series
// "wind", and "wind_actual" its values.
func Generated(seed uint64, season Season, history int, series ...GeneratedSeries) (*Measured, error) {
	bad := faults.List{Prefix: "operate: generated: "}
	bad.Require(history >= 3, "%d days of history, want at least 3", history)
	bad.Require(season.Days >= 1, "Days is %d, want at least 1", season.Days)
	bad.Require(season.Step > 0 && !season.Start.IsZero(), "the season has no Start or Step")
	for _, s := range series {
		bad.Require(len(s.Shape) > 0, "series %q has no Shape; give one value per part of a day", s.Name)
		bad.AtLeast(fmt.Sprintf("Weather of series %q", s.Name), s.Weather, 0, "")
		bad.AtLeast(fmt.Sprintf("Sigma of series %q", s.Name), s.Sigma, 0, "of the forecast")
		bad.Require(s.Persistence >= 0 && s.Persistence < 1, "Persistence of series %q is %v, want a number in [0, 1)", s.Name, s.Persistence)
	}
	if err := bad.Err(); err != nil {
		return nil, err
	}
	from, to := days.Begin(season.Start, -history), days.Begin(season.Start, season.Days)
	grid := scenario.Grid{Start: from, Step: season.Step, Steps: int(to.Sub(from) / season.Step)}
	out := &Measured{Seed: seed}
	var columns []scenario.Column
	for i, s := range series {
		random := rand.New(rand.NewPCG(seed, uint64(i)))
		forecast, actual := s.draw(random, grid)
		columns = append(columns, scenario.Column{Name: s.Name + "_forecast", Unit: s.Unit, Values: forecast})
		x := Series{MeasuredSeries: scenario.MeasuredSeries{Name: s.Name, Unit: s.Unit, Capacity: s.Capacity, ForecastColumn: s.Name + "_forecast"}}
		if s.Sigma > 0 {
			columns = append(columns, scenario.Column{Name: s.Name + "_actual", Unit: s.Unit, Values: actual})
			x.ActualColumn = s.Name + "_actual"
			if !s.Capacity.Given() { // learned errors need a limit above each value
				x.Capacity = optional.Of(1.01 * max(slices.Max(forecast), slices.Max(actual)))
			}
		}
		out.Series = append(out.Series, x)
	}
	var err error
	out.Table, err = scenario.NewTable(grid, columns...)
	return out, err
}

// draw returns forecast and actual values. For example, a shape of 4 MW, a
// Weather that makes 5 MW of it and an error of −10 % give the forecast 5 MW
// and the value 4.5 MW.
func (s GeneratedSeries) draw(random *rand.Rand, grid scenario.Grid) (forecast, actual []float64) {
	forecast, actual = make([]float64, grid.Steps), make([]float64, grid.Steps)
	// The spread of u stays 1 for any length of steps.
	limit := s.Capacity.Or(math.Inf(1))
	r := math.Pow(s.Persistence, grid.Hours())
	weather, u, day := random.NormFloat64(), random.NormFloat64(), grid.Start.YearDay()
	for t := range forecast {
		at := grid.Time(t)
		// One draw of the weather per calendar day, also on those of 23 and 25
		// hours.
		if at.YearDay() != day {
			day = at.YearDay()
			weather = 0.6*weather + 0.8*random.NormFloat64()
		}
		// The errors are a Gaussian autoregression; its spread does not depend
		// on the step.
		u = r*u + math.Sqrt(1-r*r)*random.NormFloat64()
		hour := float64(at.Hour()) + float64(at.Minute())/60
		b := s.Shape[min(int(hour/24*float64(len(s.Shape))+1e-9), len(s.Shape)-1)]
		forecast[t] = min(b*math.Exp(s.Weather*weather-s.Weather*s.Weather/2), limit)
		actual[t] = min(max(0, forecast[t]*(1+s.Sigma*u)), limit)
	}
	return forecast, actual
}
