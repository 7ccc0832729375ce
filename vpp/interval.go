package vpp

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// Interval returns the mean of a value over independent samples, such as a plan's objective in futures drawn
// from several seeds, and the half width of its confidence interval, by Student's t:
//
//	mean ± t_{(1+c)/2, n−1} s / √n
//
// One sample has no interval: two plans compared on one seed each may differ by chance alone.
func Interval(values []float64, confidence float64) (mean, halfWidth float64, err error) {
	if len(values) < 2 {
		return 0, 0, fmt.Errorf("interval: %d values; give one from each of at least 2 samples", len(values))
	}
	if !(confidence > 0 && confidence < 1) {
		return 0, 0, fmt.Errorf("interval: confidence is %v; give a number between 0 and 1, such as 0.95", confidence)
	}
	for i, v := range values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return 0, 0, fmt.Errorf("interval: value %d is %v; give finite numbers", i, v)
		}
	}
	mean, deviation := stat.MeanStdDev(values, nil)
	n := float64(len(values))
	quantile := distuv.StudentsT{Sigma: 1, Nu: n - 1}.Quantile(0.5 + confidence/2)
	return mean, quantile * deviation / math.Sqrt(n), nil
}
