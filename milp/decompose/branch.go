package decompose

import (
	"math"
	"slices"
)

// gains are the increases of the bound per branch: of the branch down at 0 and
// of that up at 1, by place in the first stage. For example, an integer whose
// branch down was solved twice, with bounds 3 and 5 above those of the parent,
// has the sum 8 and the count 2 at side 0.
//
// Source: Achterberg, Koch, Martin, Branching rules revisited, Operations
// Research Letters 33 (2005) 42, reliability branching.
type gains struct{ sum, count [2][]float64 }

func newGains(places int) gains {
	var g gains
	for side := range 2 {
		g.sum[side], g.count[side] = make([]float64, places), make([]float64, places)
	}
	return g
}

// side returns the side of the last branch of a part, whose integers had the
// given lower bounds.
func side(p part, lower []float64) int {
	if last := p[len(p)-1]; last.lower > lower[last.place] {
		return 1
	}
	return 0
}

// learn records the gain of the last branch of a part. Rounding can make a gain
// negative.
func (g *gains) learn(p part, lower []float64, gain float64) {
	k, at := p[len(p)-1].place, side(p, lower)
	g.sum[at][k] += max(0, gain)
	g.count[at][k]++
}

// tried returns how often the last branch of a part was solved.
func (g *gains) tried(p part, lower []float64) int {
	return int(g.count[side(p, lower)][p[len(p)-1].place])
}

// best returns the integer with the largest product of the mean gains of its
// branches. An integer without a record counts as the mean of the others.
func (g *gains) best(fractional []int, values []float64) int {
	all, n := 0.0, 0.0
	for side := range 2 {
		for k, c := range g.count[side] {
			all, n = all+g.sum[side][k], n+c
		}
	}
	// A side without a gain does not make the other side worthless.
	least := 1e-3 * max(all, 1e-9) / max(n, 1)
	mean := func(side, k int) float64 {
		if g.count[side][k] == 0 {
			return max(all/max(n, 1), least)
		}
		return max(g.sum[side][k]/g.count[side][k], least)
	}
	at, most := fractional[0], -1.0
	for _, k := range fractional {
		if score := mean(0, k) * mean(1, k) * depth(values[k]); score > most {
			at, most = k, score
		}
	}
	return at
}

// depth returns the distance of a number from the nearest whole one.
func depth(v float64) float64 { return math.Abs(v - math.Round(v)) }

// fractionalOf returns the integers whose values are not whole.
func fractionalOf(integers []int, values []float64) []int {
	var out []int
	for _, k := range integers {
		if depth(values[k]) > integral {
			out = append(out, k)
		}
	}
	return out
}

// divide returns the two branches at an integer with the value v, the nearer
// one first. lower and upper are the bounds of integers that the part does not
// limit. Together the branches have all integers of the part, and no integers
// in common.
func (p part) divide(at int, v float64, lower, upper []float64) (near, far part) {
	low, high := lower[at], upper[at]
	for _, l := range p {
		if l.place == at {
			low, high = l.lower, l.upper
		}
	}
	near = append(slices.Clone(p), limit{at, low, math.Floor(v)})
	far = append(slices.Clone(p), limit{at, math.Ceil(v), high})
	if v-math.Floor(v) > 0.5 {
		near, far = far, near
	}
	return near, far
}
