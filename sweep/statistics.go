package sweep

import (
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// Interval is the mean of a quantity over the cases that differ in their
// replications only, with its confidence interval of 95 %:
//
//	x̄ ± t_{0.975, n−1} s / √n        s: sample standard deviation
//
// Low and High are infinite for one case. The interval assumes that the
// replications are independent draws, as seeds are; days of one season are not
// quite.
type Interval struct {
	Group           string // the other settings, such as "vpps.0.risk_aversion=0.5"; "all" without any
	Quantity        string
	N               int
	Mean, Low, High float64
}

// replications are the keys whose values are draws and not choices.
var replications = []string{"seed", "day"}

// Intervals returns the confidence intervals of quantities over seeds and days,
// by group in the order of the cases. Failed cases are left out.
func (t *Table) Intervals(quantities ...string) ([]Interval, error) {
	var groups []string // in the order of the cases, which a map loses
	of := map[string][]*Outcome{}
	for i := range t.Outcomes {
		o := &t.Outcomes[i]
		if o.Failed != "" { // has no numbers, and zeros would move the mean
			continue
		}
		group := o.group()
		if of[group] == nil {
			groups = append(groups, group)
		}
		of[group] = append(of[group], o)
	}
	var out []Interval
	for _, group := range groups {
		for _, q := range quantities {
			values, err := numbers(of[group], q)
			if err != nil {
				return nil, err
			}
			x := Interval{Group: group, Quantity: q, N: len(values)}
			x.Mean, x.Low, x.High = confidence(values)
			out = append(out, x)
		}
	}
	return out, nil
}

// group returns the name of a case without its replications.
func (out *Outcome) group() string {
	var parts []string
	// The name of the case is not divided at spaces, because a value can have
	// some.
	prefix := ""
	for _, s := range out.Settings {
		part := s.Key + "=" + s.Value
		if prefix += part + " "; !slices.Contains(replications, s.Key) {
			parts = append(parts, part)
		}
	}
	// A grid of weights adds them to the name after the settings.
	if rest, ok := strings.CutPrefix(out.Case, prefix); ok && strings.HasPrefix(rest, "weights=") {
		parts = append(parts, rest)
	}
	if len(parts) == 0 {
		return "all"
	}
	return strings.Join(parts, " ")
}

// numbers returns a quantity of each outcome.
func numbers(of []*Outcome, quantity string) ([]float64, error) {
	var values []float64
	for _, o := range of {
		x, err := o.Quantity(quantity)
		if err != nil {
			return nil, err
		}
		values = append(values, x)
	}
	return values, nil
}

// confidence returns mean and interval of values.
func confidence(values []float64) (mean, low, high float64) {
	mean = stat.Mean(values, nil)
	n := float64(len(values))
	if n < 2 { // Student's t has no distribution with 0 degrees of freedom
		return mean, math.Inf(-1), math.Inf(1)
	}
	half := distuv.StudentsT{Sigma: 1, Nu: n - 1}.Quantile(0.975) * stat.StdDev(values, nil) / math.Sqrt(n)
	return mean, mean - half, mean + half
}

// Sensitivity is the change of a quantity per unit of a numeric setting: the
// slope of the line of least squares over all cases, with its confidence
// interval of 95 %:
//
//	b = Σ (x−x̄)(y−ȳ) / Σ (x−x̄)²,   b ± t_{0.975, n−2} √( Σ r² / (n−2) / Σ (x−x̄)² )
//
// In a full grid the other settings are balanced, so that b is the main effect.
// Low and High are infinite for fewer than 3 cases.
type Sensitivity struct {
	Key, Quantity    string
	N                int
	Slope, Low, High float64
}

// Sensitivities returns the sensitivities of quantities to the settings with at
// least two numeric values, in the order of the settings. Seeds are draws and
// have none.
func (t *Table) Sensitivities(quantities ...string) ([]Sensitivity, error) {
	var keys []string
	for _, o := range t.Outcomes {
		for _, s := range o.Settings {
			if !slices.Contains(keys, s.Key) && !slices.Contains(replications, s.Key) {
				keys = append(keys, s.Key)
			}
		}
	}
	var out []Sensitivity
	for _, key := range keys {
		for _, q := range quantities {
			var xs, ys []float64
			for i := range t.Outcomes {
				o := &t.Outcomes[i]
				// Values of one key can be numbers and texts, of which the
				// texts have no slope.
				x, ok := numeric(o.Setting(key))
				if !ok || o.Failed != "" {
					continue
				}
				y, err := o.Quantity(q)
				if err != nil {
					return nil, err
				}
				xs, ys = append(xs, x), append(ys, y)
			}
			if len(xs) < 2 || slices.Min(xs) == slices.Max(xs) {
				continue // Σ (x−x̄)² is 0
			}
			s := Sensitivity{Key: key, Quantity: q, N: len(xs)}
			s.Slope, s.Low, s.High = slope(xs, ys)
			out = append(out, s)
		}
	}
	return out, nil
}

// slope returns the slope of least squares and its interval.
func slope(xs, ys []float64) (b, low, high float64) {
	a, b := stat.LinearRegression(xs, ys, nil, false)
	// The sums are of deviations and not of squares, which would lose digits
	// for large x.
	n, mean := float64(len(xs)), stat.Mean(xs, nil)
	var squares, residuals float64
	for i, x := range xs {
		squares += (x - mean) * (x - mean)
		r := ys[i] - a - b*x
		residuals += r * r
	}
	if n < 3 { // a line through two points has no residuals
		return b, math.Inf(-1), math.Inf(1)
	}
	half := distuv.StudentsT{Sigma: 1, Nu: n - 2}.Quantile(0.975) * math.Sqrt(residuals/(n-2)/squares)
	return b, b - half, b + half
}
