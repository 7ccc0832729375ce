package decompose

import (
	"math"

	"github.com/trigrid/trigrid/milp"
)

// choice is a scenario of a sample with the factor of its costs, which stands
// for those of all scenarios near it.
type choice struct {
	block  int
	factor float64
}

// choose returns n scenarios that represent all of them by forward selection:
// each is the one that reduces the sum of the distances of all scenarios from
// the nearest chosen one the most. Scenarios count by the size of their costs,
// such as a probability; distances are those of bounds and limits, in the sum
// of magnitudes.
//
// For example, demands of 1, 2, 3 and 10 with equal costs have the sample 2,
// whose costs count three times, and 10.
//
// Source: Heitsch, Römisch, Scenario reduction algorithms in stochastic
// programming, Computational Optimization and Applications 24 (2003) 187,
// algorithm 2.4.
func choose(s *split, d milp.Data, n int) []choice {
	var (
		blocks   = len(s.blocks)
		points   = make([][]float64, blocks)
		weight   = make([]float64, blocks)
		nearest  = make([]int, blocks) // place in out
		distance = make([]float64, blocks)
		out      []choice
	)
	for b := range s.blocks {
		points[b], distance[b] = s.blocks[b].numbers(d), math.Inf(1)
		for _, j := range s.blocks[b].columns {
			weight[b] += math.Abs(d.Cost[j])
		}
	}
	points = varying(points)
	for range min(n, blocks) {
		best, least := -1, math.Inf(1)
		for c := range blocks {
			if distance[c] == 0 {
				continue // chosen, or equal to a chosen one
			}
			sum := 0.0
			for b := range blocks {
				if weight[b] > 0 {
					sum += weight[b] * min(distance[b], between(points[b], points[c]))
				}
			}
			if sum < least {
				best, least = c, sum
			}
		}
		if best < 0 {
			break
		}
		for b := range blocks {
			if to := between(points[b], points[best]); to < distance[b] {
				distance[b], nearest[b] = to, len(out)
			}
		}
		out = append(out, choice{block: best})
	}
	// The factor is a ratio of costs, so that the sample has the costs of all
	// scenarios.
	for b, k := range nearest {
		out[k].factor += weight[b]
	}
	for k := range out {
		if own := weight[out[k].block]; own > 0 {
			out[k].factor /= own
		} else {
			out[k].factor = 1
		}
	}
	return out
}

// numbers returns the finite bounds and limits of a scenario.
func (x block) numbers(d milp.Data) []float64 {
	var out []float64
	add := func(index []int, of []float64) {
		for _, i := range index {
			if v := of[i]; math.IsInf(v, 0) {
				out = append(out, 0)
			} else {
				out = append(out, v)
			}
		}
	}
	add(x.columns, d.Lower)
	add(x.columns, d.Upper)
	add(x.rows, d.RowLower)
	add(x.rows, d.RowUpper)
	return out
}

// varying returns points without the coordinates in which all of them agree.
// Points of scenarios with different shapes stay as they are.
func varying(points [][]float64) [][]float64 {
	out := make([][]float64, len(points))
	for _, p := range points {
		if len(p) != len(points[0]) {
			return points
		}
	}
	for k, v := range points[0] {
		differs := false
		for _, p := range points {
			differs = differs || p[k] != v
		}
		for b := range points {
			if differs {
				out[b] = append(out[b], points[b][k])
			}
		}
	}
	return out
}

// between returns the distance of two points. One of another length has further
// coordinates of 0.
func between(a, b []float64) float64 {
	if len(a) < len(b) {
		a, b = b, a
	}
	sum := 0.0
	for k, v := range a {
		if k < len(b) {
			v -= b[k]
		}
		sum += math.Abs(v)
	}
	return sum
}
