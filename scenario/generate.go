package scenario

import (
	"context"
	"fmt"
	"math/rand/v2"
)

// Spec says which futures [Generate] makes. Grid and Series must be given; every other field has a
// default.
type Spec struct {
	Grid      Grid
	Series    []Series // uncertain quantities
	Forecasts []Known  // quantities that are the same in every future

	Samples int    // points of the sample, default 1000
	Design  Design // how they are spread, default LatinHypercube{}
	Copula  Copula // how steps and series hang together, default AutoRegressive{}

	Scenarios int           // futures to keep; 0 keeps the whole sample
	Reduction ReduceOptions // how they are found, default KMeans{} on series of equal variance

	Observe Observer // default none
}

// Known is a quantity without uncertainty.
type Known struct {
	Name, Unit string
	Path       []float64 // one value per step
}

// Stage is a part of [Generate].
type Stage string

// The stages of [Generate], in their order.
const (
	Sampling Stage = "sampling" // spreading points over the unit cube
	Joining  Stage = "joining"  // making steps and series hang together
	Shaping  Stage = "shaping"  // giving each value its distribution
	Reducing Stage = "reducing" // finding representatives
)

// Observer is told when a stage begins, out of how many. It is called from the goroutine that called
// [Generate].
type Observer interface {
	Began(stage Stage, number, of int)
}

// Futures is the result of [Generate].
type Generated struct {
	Set       *Set       // the futures to plan with
	Sample    *Set       // the unreduced sample, to evaluate plans on; the same as Set where nothing was reduced
	Reduction *Reduction // which point of the sample went where, nil where nothing was reduced
}

// Generate samples futures and reduces them. All mistakes in the specification are reported at once.
// The same specification and state of src give the same futures on any number of cores.
//
// Plans made on few futures look better on them than they are: a reduction by means trims tails, and
// with five futures the worst 5 % are one of them or less. Plan on Set, judge on Sample or on a second
// call with another source.
func Generate(ctx context.Context, spec Spec, src rand.Source) (*Generated, error) {
	spec, err := spec.withDefaults()
	if err != nil {
		return nil, err
	}
	stages := 4
	if spec.Scenarios == 0 {
		stages = 3
	}
	began := func(stage Stage, number int) error {
		if spec.Observe != nil {
			spec.Observe.Began(stage, number, stages)
		}
		return ctx.Err()
	}

	if err := began(Sampling, 1); err != nil {
		return nil, err
	}
	layout := Layout{Series: len(spec.Series), Steps: spec.Grid.Steps, Hours: spec.Grid.Hours()}
	u, err := spec.Design.Sample(layout.Dim(), spec.Samples, src)
	if err != nil {
		return nil, err
	}

	if err := began(Joining, 2); err != nil {
		return nil, err
	}
	if err := spec.Copula.Join(ctx, layout, u); err != nil {
		return nil, err
	}

	if err := began(Shaping, 3); err != nil {
		return nil, err
	}
	sample, err := spec.shape(ctx, u)
	if err != nil {
		return nil, err
	}
	if spec.Scenarios == 0 {
		return &Generated{Set: sample, Sample: sample}, nil
	}

	if err := began(Reducing, 4); err != nil {
		return nil, err
	}
	set, reduction, err := Reduce(ctx, sample, spec.Scenarios, spec.Reduction, src)
	if err != nil {
		return nil, err
	}
	return &Generated{Set: set, Sample: sample, Reduction: reduction}, nil
}

// withDefaults returns spec with defaults set, or an error that lists every invalid field.
func (spec Spec) withDefaults() (Spec, error) {
	spec.Samples = orDefault(spec.Samples, 1000)
	if spec.Design == nil {
		spec.Design = LatinHypercube{}
	}
	if spec.Copula == nil {
		spec.Copula = AutoRegressive{}
	}
	return spec, spec.validate()
}

func (spec Spec) validate() error {
	samples := spec.Samples
	bad := violations("scenario: ")
	bad.Add(spec.Grid.Validate())
	if len(spec.Series) == 0 {
		bad.Addf("no uncertain series given, want at least one; use Single and AddForecast for a certain future")
	}
	if samples < 1 {
		bad.Addf("%d samples, want at least 1", samples)
	}
	if spec.Scenarios < 0 || spec.Scenarios > samples {
		bad.Addf("%d scenarios of %d samples, want between 1 and %d, or 0 to keep all", spec.Scenarios, samples, samples)
	}
	for _, s := range spec.Series {
		if len(s.Marginals) != spec.Grid.Steps {
			bad.Addf("series %q has %d marginals, want one for each of %d steps", s.Name, len(s.Marginals), spec.Grid.Steps)
		}
		for t, m := range s.Marginals {
			if m == nil {
				bad.Addf("series %q has no marginal at step %d", s.Name, t)
			}
			if v, ok := m.(interface{ Validate() error }); ok {
				if err := v.Validate(); err != nil {
					bad.Addf("series %q, step %d: %w", s.Name, t, err)
				}
			}
		}
	}
	return bad.Err()
}

// shape gives every value its distribution and collects the sample as a set.
func (spec Spec) shape(ctx context.Context, u [][]float64) (*Set, error) {
	steps, samples := spec.Grid.Steps, spec.Samples
	err := each(ctx, len(u), func(k int) error {
		s := spec.Series[k/steps]
		if err := evaluate(s.Marginals[k%steps], u[k]); err != nil {
			return fmt.Errorf("scenario: series %q, step %d: %w", s.Name, k%steps, err)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	set, err := New(spec.Grid, Equal(samples))
	if err != nil {
		return nil, err
	}
	bad := violations("")
	for s, of := range spec.Series {
		paths := make([][]float64, samples)
		values := make([]float64, samples*steps)
		for i := range paths {
			paths[i] = values[i*steps : (i+1)*steps]
			for t := range steps {
				paths[i][t] = u[s*steps+t][i]
			}
		}
		bad.Add(set.Add(of.Name, of.Unit, paths))
	}
	for _, known := range spec.Forecasts {
		bad.Add(set.AddForecast(known.Name, known.Unit, known.Path))
	}
	if err := bad.Err(); err != nil {
		return nil, err
	}
	return set, nil
}
