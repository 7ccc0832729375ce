#!/bin/sh
# Package: gonum.org/v1/gonum v0.17.0
# Guess: weights of package stat may be probabilities, and equal weights change nothing
# Seen: MeanVariance divides by the sum of weights minus one: scenario probabilities give a
#   variance of +Inf, and probabilities that sum to 0.9 a negative one; with weights 1/n, the
#   empirical quantile moves by one value: at p = 17/28 of 28 equal values it is 18, not 17
# Here: moments and quantiles of scenarios are own code with a relative tolerance
set -eu
work=$(mktemp -d)
. "$(dirname "$0")/lib/common.sh"

go_get gonum.org/v1/gonum@v0.17.0
go_run >seen <<'EOF'
package main

import (
	"fmt"

	"gonum.org/v1/gonum/stat"
)

func main() {
	x := []float64{10, 20, 30, 40}
	for _, w := range [][]float64{nil, {0.25, 0.25, 0.25, 0.25}, {0.25, 0.25, 0.2, 0.2}} {
		mean, variance := stat.MeanVariance(x, w)
		fmt.Printf("weights %v: mean %.4g variance %.4g\n", w, mean, variance)
	}
	const n = 28
	values, weights := make([]float64, n), make([]float64, n)
	for i := range values {
		values[i], weights[i] = float64(i+1), 1.0/n
	}
	fmt.Println(
		stat.Quantile(17.0/n, stat.Empirical, values, nil),
		stat.Quantile(17.0/n, stat.Empirical, values, weights))
}
EOF
same <<'EOF'
weights []: mean 25 variance 166.7
weights [0.25 0.25 0.25 0.25]: mean 25 variance +Inf
weights [0.25 0.25 0.2 0.2]: mean 23.89 variance -1114
17 18
EOF
