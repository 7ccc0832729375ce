package scenario

import "context"

// storedPoints is the largest sample whose distances are kept, 8 bytes for each pair of points (128 MB
// at the limit). Beyond it they are computed whenever they are needed: slower, never more memory.
const storedPoints = 4096

// distances gives access to all pairwise distances of a cloud.
type distances struct {
	*cloud
	metric func(a, b []float64) float64
	stored []float64 // n x n, nil beyond storedPoints
}

// newDistances measures a cloud, on several cores where there are some.
func newDistances(ctx context.Context, c *cloud, m Metric) (*distances, error) {
	metric, err := m.distance()
	if err != nil {
		return nil, err
	}
	d := &distances{cloud: c, metric: metric}
	if c.n > storedPoints {
		return d, nil
	}
	d.stored = make([]float64, c.n*c.n)
	const tile = 64 // rows and columns that stay in the cache while a tile and its mirror are written
	tiles := (c.n + tile - 1) / tile
	return d, each(ctx, tiles, func(b int) error {
		rows := min((b+1)*tile, c.n)
		for from := b * tile; from < c.n; from += tile {
			for i := b * tile; i < rows; i++ {
				x := c.row(i)
				for j := max(from, i+1); j < min(from+tile, c.n); j++ {
					v := metric(x, c.row(j))
					d.stored[i*c.n+j] = v
					d.stored[j*c.n+i] = v
				}
			}
		}
		return nil
	})
}

// from returns the distances of all points from point i, in buffer where they are not stored.
func (d *distances) from(i int, buffer []float64) []float64 {
	if d.stored != nil {
		return d.stored[i*d.n : (i+1)*d.n]
	}
	x := d.row(i)
	for j := range buffer {
		buffer[j] = d.metric(x, d.row(j))
	}
	return buffer
}

// between returns the distance of two points.
func (d *distances) between(i, j int) float64 {
	if d.stored != nil {
		return d.stored[i*d.n+j]
	}
	return d.metric(d.row(i), d.row(j))
}

// buffer returns room for one row of distances, nil where rows are stored.
func (d *distances) buffer() []float64 {
	if d.stored != nil {
		return nil
	}
	return make([]float64, d.n)
}
