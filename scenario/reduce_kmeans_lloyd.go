package scenario

import "math"

// blocks is the number of updates of the centres per pass. Lloyd's iteration has one; with more,
// the sum of squares still decreases with each update, and fewer passes are needed.
const blocks = 10

// reassign assigns every point to its nearest centre and returns the number of points that changed
// group. A point keeps its centre if several are equally near. Centres are updated after each block
// of points.
func (p *partition) reassign() int {
	moved := 0
	for b := range blocks {
		moved += p.reassignBlock(b*p.n/blocks, (b+1)*p.n/blocks)
		p.recentre()
	}
	return moved
}

// reassignBlock reassigns the points [from, to) for fixed centres.
func (p *partition) reassignBlock(from, to int) int {
	apart, half := p.separate()
	moved := 0
	for i := from; i < to; i++ {
		old := int(p.group[i])
		u := p.upper[i] + p.travel[old]
		near := max(half[old], p.floor[i]-p.longest) // no other centre is closer than near
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
			if d < u && apart[a*p.k+j] < u {
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
	return moved
}

// separate returns half the distances between all centres, k x k, and for each centre half the
// distance to the closest other centre. A point within the latter belongs to no other centre.
func (p *partition) separate() (apart, half []float64) {
	apart, half = make([]float64, p.k*p.k), make([]float64, p.k)
	for j := range p.k {
		half[j] = math.Inf(1)
		for l := range p.k {
			if l != j {
				d := math.Sqrt(squared(p.mean(j), p.mean(l))) / 2
				apart[j*p.k+l] = d
				half[j] = min(half[j], d)
			}
		}
	}
	return apart, half
}
