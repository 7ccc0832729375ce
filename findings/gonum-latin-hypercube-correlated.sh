#!/bin/sh
# Package: gonum.org/v1/gonum v0.17.0
# Guess: samplemv.LatinHypercube of a correlated normal distribution puts one of 100 samples into
#   each of the 100 strata of every margin
# Seen: only the first margin is stratified: with a correlation of 0.5 the samples of the second
#   one lie in 64 of its 100 strata, with 0 in all 100; the quantile of a joint distribution mixes
#   the coordinates of a sample
# Here: scenario stratifies each margin and gives the samples their ranks by a copula
set -eu
work=$(mktemp -d)
. "$(dirname "$0")/lib/common.sh"

go_get gonum.org/v1/gonum@v0.17.0
go_run >seen <<'EOF'
package main

import (
	"fmt"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distmv"
	"gonum.org/v1/gonum/stat/distuv"
	"gonum.org/v1/gonum/stat/samplemv"
)

func main() {
	const n = 100
	for _, r := range []float64{0, 0.5, 0.9} {
		src := rand.NewPCG(1, 2)
		joint, ok := distmv.NewNormal([]float64{0, 0}, mat.NewSymDense(2, []float64{1, r, r, 1}), src)
		if !ok {
			panic("no covariance")
		}
		samples := mat.NewDense(n, 2, nil)
		samplemv.LatinHypercube{Q: joint, Src: src}.Sample(samples)
		for margin := range 2 {
			strata := map[int]bool{}
			for i := range n {
				strata[int(n*distuv.UnitNormal.CDF(samples.At(i, margin)))] = true
			}
			fmt.Println("correlation", r, "margin", margin, "strata", len(strata))
		}
	}
}
EOF
same <<'EOF'
correlation 0 margin 0 strata 100
correlation 0 margin 1 strata 100
correlation 0.5 margin 0 strata 100
correlation 0.5 margin 1 strata 64
correlation 0.9 margin 0 strata 100
correlation 0.9 margin 1 strata 66
EOF
