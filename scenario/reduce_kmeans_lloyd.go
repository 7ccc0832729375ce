package scenario

import (
	"context"
	"math"
)

// blocks is the number of updates of the centres per pass. Lloyd's iteration
// has one; with more, the sum of squares still decreases with each update, and
// fewer passes are needed.
const blocks = 10

// reassign assigns every point to its nearest centre and returns the number of
// points that changed group. A point keeps its centre if several are equally
// near. Centres are updated after each block of points.
func (p *partition) reassign(ctx context.Context) (moved int, err error) {
	for b := range blocks {
		changed, err := p.reassignBlock(ctx, b*p.n/blocks, (b+1)*p.n/blocks)
		if err != nil {
			return moved, err
		}
		moved += changed
		p.recentre()
	}
	return moved, nil
}

// reassignBlock reassigns the points [from, to) for fixed centres.
func (p *partition) reassignBlock(ctx context.Context, from, to int) (moved int, err error) {
	apart, half := p.separate(to - from)
	for i := from; i < to; i++ {
		if (i-from)%pointsPerCheck == 0 && ctx.Err() != nil {
			return moved, ctx.Err()
		}
		old := int(p.group[i])
		u := p.upper[i] + p.travel[old]
		near := p.floor[i] - p.longest // no other centre is closer than near
		if half != nil {
			near = max(near, half[old])
		}
		if u <= near {
			continue
		}
		// The bound was not sufficient: measure the distance and compare again.
		x := p.row(i)
		u = p.measure(i, old, squared(x, p.mean(old)))
		p.upper[i] = u - p.travel[old]
		if u <= near {
			continue
		}
		a, second := old, math.Inf(1)
		for j, l := range p.lower[i*p.k:][:p.k] {
			if j == a {
				continue
			}
			d := l - p.travel[j]
			if d < u && (apart == nil || apart[a*p.k+j] < u) {
				d = p.measure(i, j, squared(x, p.mean(j)))
				if d < u {
					a, u, d = j, d, u
				}
			}
			second = min(second, d)
		}
		p.floor[i] = second + p.longest
		if a != old {
			p.upper[i] = u - p.travel[a]
			p.group[i] = int32(a)
			p.include(i, old, -1)
			p.include(i, a, 1)
			moved++
		}
	}
	return moved, nil
}

// separate returns half the distances between all centres, k x k, and for each
// centre half the distance to the closest other centre. A point within the
// latter belongs to no other centre.
//
// It returns nil if the distances between k centres cost more than those of all
// points of a block from all centres: with 1000 groups of two points the bounds
// of the points are the better ones.
func (p *partition) separate(points int) (apart, half []float64) {
	if p.k > 2*points {
		return nil, nil
	}
	apart, half = make([]float64, p.k*p.k), make([]float64, p.k)
	for j := range p.k {
		half[j] = math.Inf(1)
	}
	for j := range p.k {
		for l := range j {
			d := math.Sqrt(squared(p.mean(j), p.mean(l))) / 2
			apart[j*p.k+l], apart[l*p.k+j] = d, d
			half[j], half[l] = min(half[j], d), min(half[l], d)
		}
	}
	return apart, half
}
