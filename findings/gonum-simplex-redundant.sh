#!/bin/sh
# Package: gonum.org/v1/gonum v0.17.0
# Guess: lp.Simplex drops a redundant equation, like each solver with a first phase
# Seen: it fails with "A is singular"; balances of all nodes of a lossless network are such a
#   system, since their sum is 0 = 0; and a column without entries is an error as well
# Here: programs go to HiGHS; gonum solves no linear programs
set -eu
work=$(mktemp -d)
. "$(dirname "$0")/lib/common.sh"

go_get gonum.org/v1/gonum@v0.17.0
go_run >seen <<'EOF'
package main

import (
	"fmt"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/optimize/convex/lp"
)

func main() {
	// Two nodes: generation g1 and g2, flow f from node 1 to node 2.
	// Node 1: g1 - f = 1, node 2: g2 + f = 2, their sum: g1 + g2 = 3.
	solve := func(what string, rows, columns int, a, b, c []float64) {
		z, x, err := lp.Simplex(c, mat.NewDense(rows, columns, a), b, 0, nil)
		fmt.Println(what, z, x, err)
	}
	solve("two nodes:", 2, 3, []float64{1, 0, -1, 0, 1, 1}, []float64{1, 2}, []float64{5, 9, 0})
	solve("and their sum:", 3, 3, []float64{1, 0, -1, 0, 1, 1, 1, 1, 0},
		[]float64{1, 2, 3}, []float64{5, 9, 0})
	solve("and an unused column:", 2, 4, []float64{1, 0, -1, 0, 0, 1, 1, 0},
		[]float64{1, 2}, []float64{5, 9, 0, 1})
}
EOF
same <<'EOF'
two nodes: 15 [3 0 2] <nil>
and their sum: NaN [] lp: A is singular
and an unused column: NaN [] lp: A has a column of all zeros
EOF
