package vpp

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/trigrid/trigrid/internal/faults"
)

// Interval returns the mean of a value over n independent samples and the half
// width of its confidence interval, after Student:
//
//	mean ± t_{(1+c)/2, n−1} s / √n
//
// A sample is, for example, the objective of a plan on scenarios of one seed.
// It returns an error for fewer than two samples: two plans compared on one
// seed each can differ by chance.
func Interval(values []float64, confidence float64) (mean, halfWidth float64, err error) {
	bad := faults.List{Prefix: "vpp: interval: ", Max: 5}
	bad.Require(len(values) >= 2, "%d values, want one from each of at least 2 samples", len(values))
	bad.Require(confidence > 0 && confidence < 1, "confidence is %v, want a number between 0 and 1, such as 0.95", confidence)
	for i, v := range values {
		bad.Finite(fmt.Sprintf("values[%d]", i), v, "")
	}
	if err := bad.Err(); err != nil {
		return 0, 0, err
	}
	mean, deviation := stat.MeanStdDev(values, nil)
	n := float64(len(values))
	quantile := distuv.StudentsT{Sigma: 1, Nu: n - 1}.Quantile(0.5 + confidence/2)
	return mean, quantile * deviation / math.Sqrt(n), nil
}
