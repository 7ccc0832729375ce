package scenario

import (
	"context"
	"math"
)

// storedPoints is the largest sample whose distances are stored, with 8 bytes
// per pair of points (128 MB at the limit). Distances of larger samples are
// computed on demand, which is slower and needs no memory.
const storedPoints = 4096

// distances gives access to all pairwise distances of a cloud.
type distances struct {
	*cloud
	metric Metric
	stored []float64 // n x n, nil beyond storedPoints
}

// newDistancesOf checks, copies and measures a sample, and returns the possible
// number of representatives as newCloud does.
func newDistancesOf(ctx context.Context, points [][]float64, weights []float64, k int, m Metric) (*distances, int, error) {
	c, k, err := newCloud(points, weights, k)
	if err != nil {
		return nil, 0, err
	}
	d, err := newDistances(ctx, c, m)
	return d, k, err
}

// newDistances measures a cloud on all cores. Distances are symmetric: each
// tile is computed once and written twice.
func newDistances(ctx context.Context, c *cloud, m Metric) (*distances, error) {
	if err := m.validate(); err != nil {
		return nil, err
	}
	d := &distances{cloud: c, metric: m}
	if c.n > storedPoints {
		return d, nil
	}
	d.stored = make([]float64, c.n*c.n)
	const tile = 64 // rows and columns; a tile and its mirror image fit into the cache
	tiles := (c.n + tile - 1) / tile
	return d, each(ctx, tiles, func(b int) error {
		rows := min((b+1)*tile, c.n)
		for from := b * tile; from < c.n; from += tile {
			for i := b * tile; i < rows; i++ {
				first, last := max(from, i+1), min(from+tile, c.n)
				if first >= last {
					continue
				}
				if err := ctx.Err(); err != nil {
					return err
				}
				row := d.stored[i*c.n+first : i*c.n+last]
				d.measure(c.row(i), first, row)
				for j, v := range row {
					d.stored[(first+j)*c.n+i] = v
				}
			}
		}
		return nil
	})
}

// measure sets out to the distances between x and the points that begin with
// index first.
func (d *distances) measure(x []float64, first int, out []float64) {
	if d.metric == Manhattan {
		for j := range out {
			out[j] = absolute(x, d.row(first+j))
		}
		return
	}
	for j := range out {
		out[j] = math.Sqrt(squared(x, d.row(first+j)))
	}
}

// from returns the distances of all points from point i. It uses buffer if
// distances are not stored.
func (d *distances) from(i int, buffer []float64) []float64 {
	if d.stored != nil {
		return d.stored[i*d.n : (i+1)*d.n]
	}
	d.measure(d.row(i), 0, buffer)
	return buffer
}

// between returns the distance of two points.
func (d *distances) between(i, j int) float64 {
	if d.stored != nil {
		return d.stored[i*d.n+j]
	}
	return d.metric.of(d.row(i), d.row(j))
}

// buffer returns memory for one row of distances, or nil if rows are stored.
func (d *distances) buffer() []float64 {
	if d.stored != nil {
		return nil
	}
	return make([]float64, d.n)
}
