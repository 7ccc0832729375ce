#!/bin/sh
# Package: gonum.org/v1/gonum v0.17.0
# Guess: stat.Quantile with LinInterp interpolates between order statistics, so the median of
#   1, 2, 3, 4 is 2.5
# Seen: it interpolates the inverse of the empirical distribution function between its steps: the
#   median is 2, the 90 % quantile 3.6, and all below 25 % is 1
# Here: quantiles are own code: the smallest value whose cumulative probability reaches p
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
	x := []float64{1, 2, 3, 4}
	for _, p := range []float64{0.2, 0.5, 0.9} {
		fmt.Printf("%g: %.4g\n", p, stat.Quantile(p, stat.LinInterp, x, nil))
	}
}
EOF
same <<'EOF'
0.2: 1
0.5: 2
0.9: 3.6
EOF
