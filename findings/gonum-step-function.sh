#!/bin/sh
# Package: gonum.org/v1/gonum v0.17.0
# Guess: interp.PiecewiseConstant of hourly prices returns the price of hour 7 at half past seven
# Seen: it is left-continuous: between two points it returns the value of the next one, so at 7.5
#   it is the price of hour 8, and only at 7 exactly the one of hour 7
# Here: series are indexed by step; step t covers [t, t+1)
set -eu
work=$(mktemp -d)
. "$(dirname "$0")/lib/common.sh"

go_get gonum.org/v1/gonum@v0.17.0
go_run >seen <<'EOF'
package main

import (
	"fmt"

	"gonum.org/v1/gonum/interp"
)

func main() {
	var price interp.PiecewiseConstant
	if err := price.Fit([]float64{6, 7, 8}, []float64{60, 70, 80}); err != nil {
		panic(err)
	}
	for _, hour := range []float64{7, 7.01, 7.5, 8} {
		fmt.Println(hour, price.Predict(hour))
	}
}
EOF
same <<'EOF'
7 70
7.01 80
7.5 80
8 80
EOF
