package scenario

import (
	"math"
	"slices"
)

// improvement is the relative gain below which a single move counts as rounding noise; without it two
// groups could hand a point back and forth for ever.
const improvement = 1e-10

// transfer offers every point once to every other group, moves it to the best one where the weighted
// sum of squares falls, lets both means follow at once, and returns the number of moves.
//
// With rest R = W_a − w the test of [KMeans], without divisions and roots, reads
//
//	W_b R |x − c_b|² < (W_b + w) W_a |x − c_a|²
//
// An empty group attracts any point that does not sit on its own mean, so that groups are empty at the
// end only where the sample has fewer than k distinct points.
func (p *partition) transfer() int {
	before, base := slices.Clone(p.travel), p.longest
	smallest := slices.Min(p.weight)
	moved := 0
	for i := range p.n {
		a, w := int(p.group[i]), p.w[i]
		if p.count[a] == 1 {
			continue
		}
		rest := p.weight[a] - w
		u := p.upper[i] + p.travel[a]
		stay := p.weight[a] * u * u
		if pays := p.floor[i] - p.longest; pays > 0 && smallest*rest*pays*pays >= (smallest+w)*stay {
			continue // W/(W+w) grows with W: if the smallest group does not pay at that distance, none does
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
		p.floor[i] = second + base // base, not longest: the other centres' way in this pass is unknown here
		if at >= 0 {
			p.move(i, a, at)
			for _, j := range []int{a, at} {
				p.longest = max(p.longest, base+p.travel[j]-before[j])
			}
			smallest = slices.Min(p.weight)
			moved++
		}
	}
	return moved
}

// move takes point i from group a to group b and lets both means follow.
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

// shift moves a mean by the given fraction of the way to x.
func (p *partition) shift(j int, x []float64, fraction float64) {
	mean := p.mean(j)
	p.travel[j] += math.Abs(fraction) * math.Sqrt(squared(x, mean))
	for t, v := range mean {
		mean[t] = v + fraction*(x[t]-v)
	}
}
