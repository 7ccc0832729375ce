package scenario

import (
	"cmp"
	"math"
	"slices"
)

// partition is the state of one start of k-means: n points in k groups.
//
// Bounds from the triangle inequality make most distances unnecessary (Elkan,
// ICML 2003). Elkan loosens all bounds when centres move. Here a bound is
// stored together with the distance D_j that centre j had travelled when the
// bound was measured:
//
//	lower[i,j] = |x_i − c_j| + D_j   then,  so |x_i − c_j| ≥ lower[i,j] − D_j   at all later times
//	upper[i]   = |x_i − c_a| − D_a   then,  so |x_i − c_a| ≤ upper[i] + D_a     at all later times
//
// This needs no work per pass and serves Lloyd's iteration and single moves
// alike. A further bound per point on the distance of the nearest other centre
// (Hamerly, SDM 2010) uses the sum over the passes of the longest movement of
// any centre. With it, one comparison is sufficient for most points.
type partition struct {
	*cloud
	k       int
	centre  []float64 // k rows
	sum     []float64 // k rows, Σ w_i x_i over the group
	count   []int     // members of each group
	weight  []float64 // W_j, their weight
	travel  []float64 // D_j
	longest float64   // sum over the passes of the longest movement of a centre

	group []int32   // of each point
	upper []float64 // for each point
	lower []float64 // for each point and centre
	floor []float64 // for each point: lower bound of distance to other centres + longest

	noise    float64 // distances up to noise are rounding
	cost     float64 // weighted sum of squares
	finished bool    // no move is left
}

// newPartition returns a partition without groups; plusplus or adopt fills it.
func newPartition(c *cloud, k int) *partition {
	largest := 0.0
	for _, v := range c.x {
		largest = max(largest, math.Abs(v))
	}
	return &partition{
		cloud: c, k: k,
		centre: make([]float64, k*c.dim), sum: make([]float64, k*c.dim),
		count: make([]int, k), weight: make([]float64, k), travel: make([]float64, k),
		group: make([]int32, c.n), upper: make([]float64, c.n), floor: make([]float64, c.n),
		lower: make([]float64, c.n*k),
		noise: 1e-12 * largest * math.Sqrt(float64(c.dim)),
	}
}

// value returns the cost, for bestOf.
func (p *partition) value() float64 { return p.cost }

// mean returns centre j.
func (p *partition) mean(j int) []float64 { return p.centre[j*p.dim : (j+1)*p.dim : (j+1)*p.dim] }

// measure stores the squared distance of point i from centre j as a bound, and
// returns the distance.
func (p *partition) measure(i, j int, squared float64) float64 {
	d := math.Sqrt(squared)
	p.lower[i*p.k+j] = d + p.travel[j]
	return d
}

// begin accepts groups and measured distances from outside and moves centres to
// the means of their groups.
func (p *partition) begin() {
	for i, g := range p.group {
		p.upper[i] = p.lower[i*p.k+int(g)] - p.travel[g]
		p.floor[i] = 0 // no bound yet
	}
	p.total()
	p.recentre()
}

// end recomputes the means, to remove the rounding of many updates, and the
// cost.
func (p *partition) end() {
	p.total()
	p.recentre()
	p.cost = 0
	for i, g := range p.group {
		p.cost += p.w[i] * squared(p.row(i), p.mean(int(g)))
	}
}

// total recomputes the counts, weights and sums of all groups.
func (p *partition) total() {
	clear(p.sum)
	clear(p.weight)
	clear(p.count)
	for i, g := range p.group {
		p.include(i, int(g), 1)
	}
}

// include adds point i to the sums of a group (sign 1) or removes it (sign −1).
func (p *partition) include(i, g, sign int) {
	w := p.w[i] * float64(sign)
	x := p.row(i)
	s := p.sum[g*p.dim:][:len(x)]
	for t, v := range x {
		s[t] += w * v
	}
	p.weight[g] += w
	if p.count[g] += sign; p.count[g] == 0 {
		p.weight[g] = 0 // exactly 0, without the rounding of the subtractions
		clear(s)
	}
}

// recentre moves every centre to the mean of its group and adds the distances
// to travel and longest. A group without members keeps its centre.
func (p *partition) recentre() {
	longest := 0.0
	for j, n := range p.count {
		if n == 0 {
			continue
		}
		mean, way := p.mean(j), 0.0
		for t, s := range p.sum[j*p.dim:][:len(mean)] {
			m := s / p.weight[j]
			way += (m - mean[t]) * (m - mean[t])
			mean[t] = m
		}
		way = math.Sqrt(way)
		p.travel[j] += way
		longest = max(longest, way)
	}
	p.longest += longest
}

// reduction returns the groups with members as a [Reduction], sorted by
// probability from the largest, then by first member.
func (p *partition) reduction() *Reduction {
	first := make([]int, p.k)
	for i := p.n - 1; i >= 0; i-- {
		first[p.group[i]] = i
	}
	var order []int
	for j, n := range p.count {
		if n > 0 {
			order = append(order, j)
		}
	}
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(p.weight[b], p.weight[a]), cmp.Compare(first[a], first[b]))
	})
	r := &Reduction{
		Points: make([][]float64, len(order)), Probability: make([]float64, len(order)),
		Assignment: make([]int, p.n), Cost: p.cost, Converged: p.finished,
	}
	place := make([]int, p.k)
	for at, j := range order {
		place[j] = at
		r.Points[at] = slices.Clone(p.mean(j))
		r.Probability[at] = p.weight[j]
	}
	for i, g := range p.group {
		r.Assignment[i] = place[g]
	}
	return r
}
