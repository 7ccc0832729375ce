package scenario

import (
	"context"
	"math"
	"slices"
)

// improvement is the smallest relative gain of a single move. Without it,
// rounding could make two groups exchange a point endlessly.
const improvement = 1e-10

// transfer tests every point once against every other group and returns the
// number of moves. A point moves to the group with the largest decrease of the
// weighted sum of squares, and both means follow at once.
//
// With R = W_a − w the test of [KMeans], free of divisions and roots, is
//
//	W_b R |x − c_b|² < (W_b + w) W_a |x − c_a|²
//
// The left side of an empty group is 0, so it attracts any point that differs
// from its own mean. Groups are therefore empty at the end only if the sample
// has fewer than k distinct points.
func (p *partition) transfer(ctx context.Context) (moved int, err error) {
	before, base := slices.Clone(p.travel), p.longest
	smallest := slices.Min(p.weight)
	for i := range p.n {
		if i%pointsPerCheck == 0 && ctx.Err() != nil {
			return moved, ctx.Err()
		}
		a, w := int(p.group[i]), p.w[i]
		if p.count[a] == 1 {
			continue
		}
		rest := p.weight[a] - w
		u := p.upper[i] + p.travel[a]
		stay := p.weight[a] * u * u
		if pays := p.floor[i] - p.longest; pays > 0 && smallest*rest*pays*pays >= (smallest+w)*stay {
			continue // W/(W+w) grows with W: if the smallest group gains nothing, no group does
		}
		x := p.row(i)
		u = p.measure(i, a, squared(x, p.mean(a)))
		p.upper[i] = u - p.travel[a]
		if u <= p.noise {
			continue
		}
		stay = p.weight[a] * u * u
		best, at := stay*(1-improvement), -1
		second := math.Inf(1)
		for j, l := range p.lower[i*p.k:][:p.k] {
			if j == a {
				continue
			}
			d, size := max(l-p.travel[j], 0), p.weight[j]
			if size*rest*d*d < (size+w)*best {
				square := squared(x, p.mean(j))
				d = p.measure(i, j, square)
				if cost := size * rest * square / (size + w); cost < best {
					best, at = cost, j
				}
			}
			second = min(second, d)
		}
		// base instead of longest: other centres may still move in this pass.
		p.floor[i] = second + base
		if at >= 0 {
			p.move(i, a, at)
			for _, j := range []int{a, at} {
				p.longest = max(p.longest, base+p.travel[j]-before[j])
			}
			smallest = slices.Min(p.weight)
			moved++
		}
	}
	return moved, nil
}

// move takes point i from group a to group b and updates both means.
func (p *partition) move(i, a, b int) {
	x := p.row(i)
	p.include(i, a, -1)
	p.include(i, b, 1)
	p.shift(a, x, -p.w[i]/p.weight[a])
	p.shift(b, x, p.w[i]/p.weight[b])
	p.group[i] = int32(b)
	p.upper[i] = p.measure(i, b, squared(x, p.mean(b))) - p.travel[b]
	p.floor[i] = 0
}

// shift moves a mean by the given fraction of the way to x. A negative fraction
// moves it away.
func (p *partition) shift(j int, x []float64, fraction float64) {
	mean := p.mean(j)
	p.travel[j] += math.Abs(fraction) * math.Sqrt(squared(x, mean))
	for t, v := range mean {
		mean[t] = v + fraction*(x[t]-v)
	}
}
