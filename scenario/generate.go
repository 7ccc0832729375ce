package scenario

import (
	"context"
	"fmt"
	"math/rand/v2"
)

// Spec is the input of [Generate]. Grid and Series are required; all other
// fields have defaults. For example, two farms over a day, sampled a thousand
// times and reduced to five scenarios:
//
//	Spec{Grid: day, Series: []Series{north, south}, Samples: 1000, Scenarios: 5}
type Spec struct {
	Grid      Grid
	Series    []Series // uncertain quantities
	Forecasts []Known  // certain quantities, equal in every scenario

	Samples int    // number of points of the sample, default 1000
	Design  Design // sampling design, default LatinHypercube{}
	Copula  Copula // dependence of steps and series, default AutoRegressive{}

	Scenarios int           // scenarios to keep; 0 keeps the whole sample
	Reduction ReduceOptions // algorithm, default KMeans{} on series of equal variance

	Observe Observer // receives progress; default none
}

// Known is a certain quantity: a forecast without error.
type Known struct {
	Name, Unit string
	Path       []float64 // one value per step
}

// Stage is one part of [Generate].
type Stage string

// The stages of [Generate], in their order.
const (
	Sampling Stage = "sampling" // spread points over the unit cube
	Joining  Stage = "joining"  // make steps and series dependent
	Shaping  Stage = "shaping"  // apply the marginal distributions
	Reducing Stage = "reducing" // reduce the sample to representatives
)

// Observer receives progress. Began is called when a stage begins, with its
// number from 1 and the number of stages, from the goroutine that called
// [Generate].
type Observer interface {
	Began(stage Stage, number, of int)
}

// Generated is the result of [Generate].
type Generated struct {
	Set       *Set       // the scenarios to plan with
	Sample    *Set       // the unreduced sample, for evaluation; equal to Set without reduction
	Reduction *Reduction // assignment of the sample to the scenarios; nil without reduction
}

// Generate samples scenarios and reduces them. Equal specifications and states
// of src give equal bytes on any number of cores. Generate returns an error
// that lists every violation in spec, or the error of ctx.
//
// Plans look better on the few scenarios that they were made with than on new
// ones: a reduction by means shortens tails, and of five scenarios the worst 5
// % are one scenario or less. Plan on Set and evaluate on Sample, or on the
// result of a second call with another source.
func Generate(ctx context.Context, spec Spec, src rand.Source) (*Generated, error) {
	spec, err := spec.withDefaults()
	if err != nil {
		return nil, err
	}
	stages := 4
	if spec.Scenarios == 0 { // no reduction
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
	// The stages draw from src in this order; the order is part of the
	// reproducible result.
	layout := layoutOf(len(spec.Series), spec.Grid)
	u, err := sample(ctx, spec.Design, layout.Dim(), spec.Samples, src)
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

// withDefaults returns spec with defaults set, or an error that lists every
// invalid field.
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

// validate reports every violation in a specification with defaults set.
func (spec Spec) validate() error {
	samples := spec.Samples
	bad := violations("scenario: ")
	bad.Add(spec.Grid.Validate())
	if len(spec.Series) == 0 {
		bad.Addf("no uncertain series given, want at least one; " +
			"use Single and AddForecast for a deterministic set")
	}
	if samples < 1 {
		bad.Addf("%d samples, want at least 1", samples)
	}
	if spec.Scenarios < 0 || spec.Scenarios > samples {
		bad.Addf("%d scenarios of %d samples, want between 1 and %d, or 0 to keep all",
			spec.Scenarios, samples, samples)
	}
	for _, s := range spec.Series {
		if len(s.Marginals) != spec.Grid.Steps {
			bad.Addf("series %q has %d marginals, want one for each of %d steps",
				s.Name, len(s.Marginals), spec.Grid.Steps)
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

// shape replaces the uniform numbers u by quantiles and returns the sample as a
// set. u is indexed [dimension][point].
func (spec Spec) shape(ctx context.Context, u [][]float64) (*Set, error) {
	steps, samples := spec.Grid.Steps, spec.Samples
	err := each(ctx, len(u), func(k int) error { // k is dimension s·steps + t, see Layout
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
		// Transpose u, which is indexed [dimension][point], to paths by
		// scenario and step.
		paths := make([][]float64, samples)
		values := make([]float64, samples*steps)
		for i := range paths {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			paths[i] = values[i*steps : (i+1)*steps : (i+1)*steps]
			for t := range steps {
				paths[i][t] = u[s*steps+t][i]
			}
		}
		bad.Add(set.own(of.Name, of.Unit, paths))
	}
	for _, known := range spec.Forecasts {
		bad.Add(set.AddForecast(known.Name, known.Unit, known.Path))
	}
	if err := bad.Err(); err != nil {
		return nil, err
	}
	return set, nil
}
