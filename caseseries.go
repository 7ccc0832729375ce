package trigrid

import (
	"errors"
	"fmt"
	"math"
	"time"

	"gonum.org/v1/gonum/mat"

	"github.com/trigrid/trigrid/scenario"
)

// futures is the "scenarios" part of a case.
type futures struct {
	samples, keep int
	persistence   float64
	design        scenario.Design
	reducer       scenario.Reducer
	series        []seriesOf
	known         []knownSeries
}

// knownSeries is the same in every future: a price, a temperature.
type knownSeries struct {
	name, unit string
	values     []float64
}

// seriesOf is one uncertain series of a case.
type seriesOf struct {
	name     string
	forecast []float64 // MW
	capacity float64   // MW, upper limit; +Inf for none
	sigma    float64   // of the error, share of the forecast

	// Columns of measured series, empty for none, and what one unit of a column stands for.
	forecastColumn, actualColumn string
	factor                       float64 // MW here per MW there
}

// readFutures reads the futures and returns the names of the series that units and plants may use.
func (c *Case) readFutures(v Fields) map[string]bool {
	names := make(map[string]bool)
	if !v.Object() {
		return names
	}
	if v.At("probabilities").Given() {
		c.readStated(v, names)
		return names
	}
	f := &c.futures
	f.samples = v.At("samples").CountOr(500, 1, 1_000_000)
	f.keep = v.At("keep").Count(1, 10_000)
	if f.keep > f.samples {
		v.At("keep").Wrong(fmt.Sprintf("no more than the %d samples", f.samples))
	}
	f.persistence = v.At("persistence").NumberOr(0.9, 0, 0.999)
	f.design = []scenario.Design{scenario.LatinHypercube{}, scenario.MonteCarlo{}, scenario.Halton{}}[v.At("design").OneOf("latin_hypercube", "monte_carlo", "halton")]
	f.reducer = []scenario.Reducer{scenario.KMeans{}, scenario.KMedoids{}, scenario.ForwardSelection{}}[v.At("reduction").OneOf("k_means", "k_medoids", "forward_selection")]
	for _, item := range v.At("series").List() {
		f.series = append(f.series, c.readSeries(item, names))
	}
	c.readKnown(v, names)
	return names
}

func (c *Case) readKnown(v Fields, names map[string]bool) {
	for _, item := range v.At("known").ListOrNone() {
		if !item.Object() {
			continue
		}
		c.futures.known = append(c.futures.known, knownSeries{
			name: seriesName(item.At("name"), names), unit: item.At("unit").Text(),
			values: item.At("values").NumbersOrOne(c.grid.Steps, -huge, huge),
		})
	}
}

// addKnown adds the series that are the same in every future.
func (f *futures) addKnown(set *scenario.Set) error {
	var bad []error
	for _, k := range f.known {
		bad = append(bad, set.AddForecast(k.name, k.unit, k.values))
	}
	return errors.Join(bad...)
}

func (c *Case) readSeries(v Fields, names map[string]bool) seriesOf {
	var s seriesOf
	if !v.Object() {
		return s
	}
	s.name = seriesName(v.At("name"), names)
	s.capacity = v.At("capacity_mw").NumberOr(math.Inf(1), 0, huge)
	s.forecast = v.At("forecast_mw").Numbers(c.grid.Steps, 0, s.capacity)
	s.sigma = v.At("error_sigma").Number(0, 2)
	if m := v.At("measured"); m.Given() && m.Object() {
		s.forecastColumn = m.At("forecast_column").Text()
		s.actualColumn = m.At("actual_column").TextOr("")
		s.factor = m.At("factor").NumberOr(1, 1e-9, 1e9)
		if s.actualColumn != "" && math.IsInf(s.capacity, 1) {
			v.At("capacity_mw").Wrong("the largest possible output, which learning errors from measured values needs")
		}
	}
	return s
}

func seriesName(v Fields, names map[string]bool) string {
	name := v.Text()
	if names[name] {
		v.Bad("two series are named %q; names must differ", name)
	}
	names[name] = true
	return name
}

// readStated reads futures that the file states path by path.
func (c *Case) readStated(v Fields, names map[string]bool) {
	var probability []float64
	sum := 0.0
	for _, item := range v.At("probabilities").List() {
		p := item.Number(0, 1)
		probability = append(probability, p)
		sum += p
	}
	if math.Abs(sum-1) > 1e-9 {
		v.At("probabilities").Bad("sum to %v, want 1", sum)
		probability = scenario.Equal(max(1, len(probability)))
	}
	set, err := scenario.New(c.grid, probability)
	if err != nil {
		v.At("probabilities").Bad("%v", err)
		return
	}
	for _, item := range v.At("series").List() {
		if !item.Object() {
			continue
		}
		name := seriesName(item.At("name"), names)
		var paths [][]float64
		for _, path := range item.At("paths_mw").List() {
			paths = append(paths, path.Numbers(c.grid.Steps, -huge, huge))
		}
		if len(paths) != len(probability) {
			item.At("paths_mw").Wrong(fmt.Sprintf("%d paths, one per probability", len(probability)))
			continue
		}
		if err := set.Add(name, "MW", paths); err != nil && name != "" {
			item.Bad("%v", err)
		}
	}
	c.readKnown(v, names)
	if err := c.futures.addKnown(set); err != nil {
		v.At("known").Bad("%v", err)
	}
	c.set = set
}

// expected returns the case's forecasts as one future, on which data can be checked.
func (c *Case) expected() *scenario.Set {
	if c.set != nil {
		return c.set
	}
	set := scenario.Single(c.grid)
	for _, s := range c.futures.series {
		// The fields were checked; a series that is refused here is refused by the region as unknown.
		_ = set.AddForecast(s.name, "MW", s.forecast)
	}
	_ = c.futures.addKnown(set)
	return set
}

// spec states the futures for [scenario.Generate], and notes where they come from.
func (c *Case) spec(o CaseOptions) (scenario.Spec, []string, error) {
	spec := scenario.Spec{
		Grid: c.grid, Samples: c.futures.samples, Design: c.futures.design,
		Scenarios: c.futures.keep, Reduction: scenario.ReduceOptions{Reducer: c.futures.reducer}, Observe: o.Observe,
	}
	if o.Series == nil {
		for _, s := range c.futures.series {
			normal := scenario.NormalErrors{Sigma: s.sigma}
			if !math.IsInf(s.capacity, 1) {
				normal.Low, normal.High = 0, s.capacity
			}
			series, err := scenario.Around(s.name, "MW", c.grid, s.forecast, normal)
			if err != nil {
				return spec, nil, err
			}
			spec.Series = append(spec.Series, series)
		}
		spec.Copula = scenario.AutoRegressive{Persistence: []float64{c.futures.persistence}}
		return spec, []string{"Forecasts are the case's own; errors are normal with the case's sigmas."}, nil
	}
	if !o.Start.IsZero() {
		spec.Grid.Start = o.Start
	}
	return c.measured(spec, o.Series)
}

// measured replaces forecasts by those of measured series, and errors by what can be learned from them:
// marginals by level of the forecast, and the correlation of all hours of all series that have actual
// values. A series without actual values keeps the case's sigma and persistence.
func (c *Case) measured(spec scenario.Spec, table *scenario.Table) (scenario.Spec, []string, error) {
	day, err := table.Window(spec.Grid.Start, spec.Grid.Steps)
	if err != nil {
		return spec, nil, err
	}
	var (
		ranks   [][]float64 // per series that has actual values
		learned []int       // their numbers
	)
	for i, s := range c.futures.series {
		var model scenario.Errors
		forecast := s.forecast
		if s.forecastColumn != "" {
			for _, column := range []string{s.forecastColumn, s.actualColumn} {
				if column != "" && !table.Has(column) {
					return spec, nil, fmt.Errorf("series %q wants the column %q; the measured series have %q", s.name, column, table.Names())
				}
			}
			forecast = scaled(day.Column(s.forecastColumn), s.factor)
		}
		if s.actualColumn != "" {
			past, actual := scaled(table.Column(s.forecastColumn), s.factor), scaled(table.Column(s.actualColumn), s.factor)
			learnedErrors, err := scenario.LearnErrors(table.Grid(), past, actual, scenario.LearnOptions{Capacity: s.capacity})
			if err != nil {
				return spec, nil, fmt.Errorf("series %q: %w", s.name, err)
			}
			rank, err := learnedErrors.Ranks(table.Grid(), past, actual)
			if err != nil {
				return spec, nil, fmt.Errorf("series %q: %w", s.name, err)
			}
			ranks = append(ranks, rank)
			learned = append(learned, i)
			model = learnedErrors
		} else {
			normal := scenario.NormalErrors{Sigma: s.sigma}
			if !math.IsInf(s.capacity, 1) {
				normal.High = s.capacity
			}
			model = normal
		}
		series, err := scenario.Around(s.name, "MW", spec.Grid, forecast, model)
		if err != nil {
			return spec, nil, err
		}
		spec.Series = append(spec.Series, series)
	}
	// Days are cut where the case's day begins, so that hour t of the past is hour t of the case.
	offset := int(spec.Grid.Start.Sub(table.Grid().Start)/spec.Grid.Step) % spec.Grid.Steps
	for i := range ranks {
		ranks[i] = ranks[i][offset:]
	}
	spec.Copula, err = c.join(spec.Grid, ranks, learned)
	note := fmt.Sprintf("Forecasts of %s from measured series; errors and their correlation learned from %d hours.",
		spec.Grid.Start.Format(time.DateOnly), table.Grid().Steps)
	return spec, []string{note}, err
}

// join returns the copula in which the learned series hang together as they did, and each other series
// remembers itself as the case says.
func (c *Case) join(grid scenario.Grid, ranks [][]float64, learned []int) (scenario.Copula, error) {
	if len(learned) == 0 {
		return scenario.AutoRegressive{Persistence: []float64{c.futures.persistence}}, nil
	}
	layout := scenario.Layout{Series: len(c.futures.series), Steps: grid.Steps, Hours: grid.Hours()}
	r, err := scenario.AutoRegressive{Persistence: []float64{c.futures.persistence}}.Correlation(layout)
	if err != nil {
		return nil, err
	}
	days, err := scenario.Days(grid.Steps, ranks...)
	if err != nil {
		return nil, err
	}
	past, err := scenario.LearnGaussian(days)
	if err != nil {
		return nil, err
	}
	all := mat.NewSymDense(layout.Dim(), nil)
	all.CopySym(r)
	for a, i := range learned {
		for b, j := range learned {
			for t := range grid.Steps {
				for u := range grid.Steps {
					all.SetSym(i*grid.Steps+t, j*grid.Steps+u, past.Correlation.At(a*grid.Steps+t, b*grid.Steps+u))
				}
			}
		}
	}
	return scenario.Gaussian{Correlation: all}, nil
}

func scaled(values []float64, factor float64) []float64 {
	out := make([]float64, len(values))
	for i, v := range values {
		out[i] = v * factor
	}
	return out
}
