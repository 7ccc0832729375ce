package scenario

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/trigrid/trigrid/internal/faults"
)

// LearnedErrors is a model of forecast errors learned from past pairs of
// forecast and actual value. All values are fractions of the capacity.
//
// The past is divided into bins with equal numbers of pairs, by the level of
// the forecast and, on request, by the hour of the day. Q_b is the empirical
// quantile function of the actual values in bin b, f_b the mean forecast.
// Between two levels the quantiles are interpolated:
//
//	Q(u | f) = (1−λ) Q_b(u) + λ Q_b+1(u),   f = (1−λ) f_b + λ f_b+1,   0 ≤ λ ≤ 1
//
// so that a small change of the forecast is a small change of the distribution.
// Below the first level and above the last one the outer bin applies. Values
// stay between zero and the capacity without clamping, and a bias of past
// forecasts is corrected.
//
// For example, with bins at 2 and 6 MW a forecast of 4 MW has λ = ½: its median
// is the mean of the two medians of the bins.
//
// Source of the idea: Pinson and Kariniotakis, IEEE Transactions on Power
// Systems 25(4), 2010.
type LearnedErrors struct {
	capacity float64
	byHour   bool
	zone     *time.Location // time zone of the hours of the day
	hours    [24][]bin      // by hour of the day; only [0] is used unless byHour
}

// bin contains the past actual values after forecasts around a level, all as
// fractions of the capacity.
type bin struct {
	level  float64   // f_b, mean forecast
	actual Empirical // Q_b
}

// LearnOptions controls how [LearnErrors] groups the past.
type LearnOptions struct {
	// Capacity is the upper limit of forecasts and actual values, in their
	// unit, > 0. Required.
	Capacity float64
	// Bins is the largest number of bins by forecast level. Default 10, or 4
	// per hour if ByHour.
	Bins int
	// ByHour learns each hour of the day separately, as PV needs it. Hours are
	// those of the time zone of the history.
	ByHour bool
}

// withDefaults returns o with defaults set and adds every invalid option to
// bad.
func (o LearnOptions) withDefaults(bad *faults.List) LearnOptions {
	if !(o.Capacity > 0) || math.IsInf(o.Capacity, 1) {
		bad.Addf("capacity is %v, want the largest possible output, in the unit of the series",
			o.Capacity)
	}
	bad.Require(o.Bins >= 0, "%d bins, want at least 1, or 0 for the default", o.Bins)
	if o.ByHour {
		o.Bins = orDefault(o.Bins, 4)
	} else {
		o.Bins = orDefault(o.Bins, 10)
	}
	return o
}

// LearnErrors learns from a forecast and the actual values, both one value per
// step of grid. It returns an error that lists violations: values outside [0,
// Capacity], slices of different length and, if ByHour, hours of the day
// without any pair.
func LearnErrors(grid Grid, forecast, actual []float64, o LearnOptions) (*LearnedErrors, error) {
	bad := violations("scenario: learning forecast errors: ")
	o = o.withDefaults(&bad)
	checkForecast(&bad, grid, forecast)
	if len(actual) != len(forecast) {
		bad.Addf("%d actual values for %d forecasts, want pairs", len(actual), len(forecast))
	}
	for t := range min(len(forecast), len(actual)) {
		if f, a := forecast[t], actual[t]; !(min(f, a) >= 0 && max(f, a) <= o.Capacity) {
			bad.Addf("at step %d (%s) the forecast is %v and the actual value %v, "+
				"want both in [0, %v]",
				t, grid.Time(t).Format(time.RFC3339), f, a, o.Capacity)
		}
	}
	if err := bad.Err(); err != nil {
		return nil, err
	}
	e := &LearnedErrors{capacity: o.Capacity, byHour: o.ByHour, zone: grid.Start.Location()}
	var groups [24][]int
	for t := range forecast {
		h := e.group(grid.Time(t))
		groups[h] = append(groups[h], t)
	}
	for h, steps := range groups {
		if len(steps) == 0 {
			if o.ByHour {
				bad.Addf("no pair at hour %d of the day, want a history that covers all hours", h)
			}
			continue
		}
		e.hours[h] = cut(steps, forecast, actual, o.Capacity, o.Bins)
	}
	return e, bad.Err()
}

// group returns the index into hours for a time.
func (e *LearnedErrors) group(at time.Time) int {
	if e.byHour {
		return at.In(e.zone).Hour()
	}
	return 0
}

// cut sorts the given steps by forecast and divides them into at most n bins of
// about equal size. Equal forecasts stay in one bin.
func cut(steps []int, forecast, actual []float64, capacity float64, n int) []bin {
	slices.SortStableFunc(steps, func(a, b int) int { return cmp.Compare(forecast[a], forecast[b]) })
	var bins []bin
	from := 0
	for b := 1; b <= n && from < len(steps); b++ {
		to := max(b*len(steps)/n, from+1)
		for to < len(steps) && forecast[steps[to]] == forecast[steps[to-1]] {
			to++
		}
		level := 0.0
		// Values are fractions of the capacity, so that For can change the
		// capacity.
		var values []float64
		for _, t := range steps[from:to] {
			level += forecast[t]
			values = append(values, actual[t]/capacity)
		}
		slices.Sort(values)
		bins = append(bins, bin{level: level / float64(to-from) / capacity, actual: Empirical{sorted: values}})
		from = to
	}
	return bins
}

// For returns the same distribution for another capacity, for example for a
// farm without a history next to a farm with one. It panics if the capacity is
// not positive.
func (e *LearnedErrors) For(capacity float64) *LearnedErrors {
	if !(capacity > 0) {
		panic(fmt.Sprintf(
			"scenario: learned errors for a capacity of %v, want a positive number", capacity))
	}
	other := *e
	other.capacity = capacity
	return &other
}

// at returns the distribution for a forecast at a time, as fractions of the
// capacity.
func (e *LearnedErrors) at(when time.Time, forecast float64) mixture {
	// above is the first bin with a level of at least the forecast; the bin
	// before it lies below.
	bins, level := e.hours[e.group(when)], forecast/e.capacity
	above, _ := slices.BinarySearchFunc(bins, level, func(b bin, level float64) int { return cmp.Compare(b.level, level) })
	if above == 0 {
		return mixture{low: bins[0].actual, high: bins[0].actual}
	}
	low, high := bins[above-1], bins[min(above, len(bins)-1)]
	m := mixture{low: low.actual, high: high.actual}
	if high.level > low.level {
		m.share = (level - low.level) / (high.level - low.level)
	}
	return m
}

// Marginals implements [Errors]. It returns an error if the forecast has a
// wrong length or leaves [0, capacity].
func (e *LearnedErrors) Marginals(grid Grid, forecast []float64) ([]Marginal, error) {
	bad := violations("scenario: learned errors: ")
	checkForecast(&bad, grid, forecast)
	e.checkRange(&bad, "forecast", forecast)
	if err := bad.Err(); err != nil {
		return nil, err
	}
	out := make([]Marginal, len(forecast))
	for t, f := range forecast {
		out[t] = Scaled{Of: e.at(grid.Time(t), f), Factor: e.capacity}
	}
	return out, nil
}

// Ranks returns the rank of each actual value in its distribution: the
// probability of a smaller value plus half that of an equal one. Ranks of a
// good model are uniform on (0, 1). [LearnGaussian] learns their correlation
// between hours and series.
func (e *LearnedErrors) Ranks(grid Grid, forecast, actual []float64) ([]float64, error) {
	bad := violations("scenario: ranks of forecast errors: ")
	checkForecast(&bad, grid, forecast)
	if len(actual) != len(forecast) {
		bad.Addf("%d actual values for %d forecasts, want pairs", len(actual), len(forecast))
	}
	e.checkRange(&bad, "forecast", forecast)
	e.checkRange(&bad, "actual value", actual)
	if err := bad.Err(); err != nil {
		return nil, err
	}
	ranks := make([]float64, len(forecast))
	for t, f := range forecast {
		ranks[t] = e.at(grid.Time(t), f).rank(actual[t] / e.capacity)
	}
	return ranks, nil
}

// checkRange adds a violation for every value outside [0, capacity].
func (e *LearnedErrors) checkRange(bad *faults.List, what string, values []float64) {
	for t, v := range values {
		if !(v >= 0 && v <= e.capacity) {
			bad.Addf("%s at step %d is %v, want a value in [0, %v]", what, t, v, e.capacity)
		}
	}
}

// mixture is the distribution whose quantiles lie between those of two others.
type mixture struct {
	low, high Empirical
	share     float64 // λ, weight of high
}

// Quantile implements [Marginal].
func (m mixture) Quantile(u float64) float64 {
	return (1-m.share)*m.low.Quantile(u) + m.share*m.high.Quantile(u)
}

// rank returns the middle of the interval of u whose quantile is x.
func (m mixture) rank(x float64) float64 {
	below := bisect(func(u float64) bool { return m.Quantile(u) >= x })
	upTo := bisect(func(u float64) bool { return m.Quantile(u) > x })
	return (below + upTo) / 2
}

// bisect returns the smallest u in [0, 1], to about 1e-9, at which reached is
// true, or 1 if it is never true. reached must not change from true to false as
// u grows.
func bisect(reached func(u float64) bool) float64 {
	low, high := 0.0, 1.0
	for range 30 {
		middle := (low + high) / 2
		if reached(middle) {
			high = middle
		} else {
			low = middle
		}
	}
	return (low + high) / 2
}
