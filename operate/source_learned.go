package operate

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/trigrid/trigrid/scenario"
)

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
