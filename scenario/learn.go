package scenario

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// LearnedErrors is the distribution of forecast errors in the past, as a share of the capacity, given the
// level of the forecast and, where asked for, the hour of the day:
//
//	X = clamp(f + C·E(f), 0, C),   E(f) ~ (actual − forecast)/C in the past at forecasts like f
//
// The past is cut into bins of equally many pairs by forecast level. Between the centres of two bins the
// quantiles of E are mixed linearly, so that a small change of the forecast is a small change of the
// distribution. A bias of the past forecasts is corrected with the rest.
type LearnedErrors struct {
	capacity float64
	byHour   bool
	hours    [24][]bin // [0] alone where the hour does not matter
}

// bin holds past errors at forecasts around a level, all as shares of the capacity.
type bin struct {
	level  float64
	errors Empirical
}

// LearnOptions says how [LearnErrors] groups the past.
type LearnOptions struct {
	Capacity float64 // upper limit of forecast and actual in their unit; must be given
	Bins     int     // by forecast level, at most; default 10, or 4 for each hour where ByHour is set
	ByHour   bool    // learn each hour of the day by itself, as PV needs it
}

// LearnErrors learns from a forecast and the actual values that followed, both over grid. Values outside
// [0, Capacity] and hours of the day without any pair (where ByHour is set) are refused.
func LearnErrors(grid Grid, forecast, actual []float64, o LearnOptions) (*LearnedErrors, error) {
	bad := faults{prefix: "scenario: learning forecast errors: "}
	if !(o.Capacity > 0) || math.IsInf(o.Capacity, 1) {
		bad.addf("capacity is %v, want the largest possible output, in the unit of the series", o.Capacity)
	}
	if o.Bins < 0 {
		bad.addf("%d bins, want at least 1, or 0 for the default", o.Bins)
	}
	checkForecast(&bad, grid, forecast)
	if len(actual) != len(forecast) {
		bad.addf("%d actual values for %d forecasts, want pairs", len(actual), len(forecast))
	}
	for t := range min(len(forecast), len(actual)) {
		if f, a := forecast[t], actual[t]; !(min(f, a) >= 0 && max(f, a) <= o.Capacity) {
			bad.addf("at step %d (%s) the forecast is %v and the actual value %v, want both in [0, %v]",
				t, grid.Time(t).Format(time.RFC3339), f, a, o.Capacity)
		}
	}
	if err := bad.err(); err != nil {
		return nil, err
	}
	e := &LearnedErrors{capacity: o.Capacity, byHour: o.ByHour}
	var groups [24][]int
	for t := range forecast {
		h := e.group(grid.Time(t))
		groups[h] = append(groups[h], t)
	}
	bins := orDefault(o.Bins, 10)
	if o.ByHour {
		bins = orDefault(o.Bins, 4)
	}
	for h, steps := range groups {
		if len(steps) == 0 {
			if o.ByHour {
				bad.addf("no pair at hour %d of the day, want a history that covers all hours", h)
			}
			continue
		}
		e.hours[h] = cut(steps, forecast, actual, o.Capacity, bins)
	}
	return e, bad.err()
}

// group returns the index into hours for a time.
func (e *LearnedErrors) group(at time.Time) int {
	if e.byHour {
		return at.Hour()
	}
	return 0
}

// cut sorts the given steps by forecast and cuts them into at most n bins of about equal size. Equal
// forecasts stay together.
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
		var errors []float64
		for _, t := range steps[from:to] {
			level += forecast[t]
			errors = append(errors, (actual[t]-forecast[t])/capacity)
		}
		slices.Sort(errors)
		bins = append(bins, bin{level: level / float64(to-from) / capacity, errors: Empirical{sorted: errors}})
		from = to
	}
	return bins
}

// at returns the error distribution for a forecast at a time.
func (e *LearnedErrors) at(when time.Time, forecast float64) mixture {
	bins, level := e.hours[e.group(when)], forecast/e.capacity
	above, _ := slices.BinarySearchFunc(bins, level, func(b bin, level float64) int { return cmp.Compare(b.level, level) })
	switch above {
	case 0:
		return mixture{low: bins[0].errors, high: bins[0].errors}
	case len(bins):
		last := bins[above-1].errors
		return mixture{low: last, high: last}
	}
	low, high := bins[above-1], bins[above]
	return mixture{low: low.errors, high: high.errors, share: (level - low.level) / (high.level - low.level)}
}

// Marginals implements [Errors].
func (e *LearnedErrors) Marginals(grid Grid, forecast []float64) ([]Marginal, error) {
	bad := faults{prefix: "scenario: learned errors: "}
	checkForecast(&bad, grid, forecast)
	for t, f := range forecast {
		if f < 0 || f > e.capacity {
			bad.addf("forecast at step %d is %v, want a value in [0, %v]", t, f, e.capacity)
		}
	}
	if err := bad.err(); err != nil {
		return nil, err
	}
	out := make([]Marginal, len(forecast))
	for t, f := range forecast {
		out[t] = Clamped{Of: Scaled{Of: e.at(grid.Time(t), f), Offset: f, Factor: e.capacity}, High: e.capacity}
	}
	return out, nil
}

// Ranks returns where each actual value stood in the distribution that the model gives it: the
// probability of a smaller error, with half that of an equal one. Ranks of a good model are uniform;
// their dependence between hours and series is what [LearnGaussian] learns.
func (e *LearnedErrors) Ranks(grid Grid, forecast, actual []float64) ([]float64, error) {
	bad := faults{prefix: "scenario: ranks of forecast errors: "}
	checkForecast(&bad, grid, forecast)
	if len(actual) != len(forecast) {
		bad.addf("%d actual values for %d forecasts, want pairs", len(actual), len(forecast))
	}
	if err := bad.err(); err != nil {
		return nil, err
	}
	ranks := make([]float64, len(forecast))
	for t, f := range forecast {
		ranks[t] = e.at(grid.Time(t), f).rank((actual[t] - f) / e.capacity)
	}
	return ranks, nil
}

// mixture is the distribution whose quantiles lie between those of two others.
type mixture struct {
	low, high Empirical
	share     float64 // of high
}

// Quantile implements [Marginal].
func (m mixture) Quantile(u float64) float64 {
	return (1-m.share)*m.low.Quantile(u) + m.share*m.high.Quantile(u)
}

// rank returns the middle of the u at which the quantile is x.
func (m mixture) rank(x float64) float64 {
	below := bisect(func(u float64) bool { return m.Quantile(u) >= x })
	upTo := bisect(func(u float64) bool { return m.Quantile(u) > x })
	return (below + upTo) / 2
}

// bisect returns the smallest u in [0, 1], to about 1e-9, from which reached holds; 1 where it never does.
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
