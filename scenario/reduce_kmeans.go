package scenario

import (
	"context"
	"math/rand/v2"
)

// KMeans reduces to the means of k groups, chosen so that the weighted squared distance of the points
// to the mean of their group is small:
//
//	min over groups of  Σ_i w_i |x_i − c_{g(i)}|²,   c_g = Σ_{g(i)=g} w_i x_i / Σ_{g(i)=g} w_i
//
// Each start draws its first centres by k-means++ (Arthur, Vassilvitskii 2007), runs Lloyd's iteration
// while many points change group, and then moves single points while that still pays (Hartigan, Wong
// 1979): a point of weight w leaves group a for group b when
//
//	W_b/(W_b+w) |x − c_b|² < W_a/(W_a−w) |x − c_a|²
//
// which is stricter than "b is nearer", so that the result is a fixed point of Lloyd's iteration too.
// The best start wins. Cost is the weighted mean squared distance; times the number of points it is
// what other programs call inertia.
//
// Means trim tails: the weighted mean of the representatives is exactly the sample mean, and their
// spread is below the sample's. Evaluate plans on the unreduced sample.
type KMeans struct {
	Starts     int // independent starts, default 10
	Iterations int // limit on the passes over the points of one start, default 300
}

var _ Reducer = KMeans{}

// withDefaults returns r with defaults set, or an error that lists every invalid option.
func (r KMeans) withDefaults() (KMeans, error) {
	bad := violations("scenario: KMeans: ")
	r.Starts = countOr(&bad, "Starts", r.Starts, 10)
	r.Iterations = countOr(&bad, "Iterations", r.Iterations, 300)
	return r, bad.Err()
}

// Reduce implements [Reducer].
func (r KMeans) Reduce(ctx context.Context, points [][]float64, weights []float64, k int, src rand.Source) (*Reduction, error) {
	r, err := r.withDefaults()
	if err != nil {
		return nil, err
	}
	c, k, err := newCloud(points, weights, k)
	if err != nil {
		return nil, err
	}
	best, err := bestOf(ctx, r.Starts, src, func(ctx context.Context, src rand.Source) (*partition, error) {
		p := newPartition(c, k)
		p.plusplus(rand.New(src))
		return p, p.refine(ctx, r.Iterations)
	})
	if err != nil {
		return nil, err
	}
	return best.reduction(), nil
}

// plusplus draws the first centres among the points, each with probability proportional to its weighted
// squared distance from the centres before it, and assigns every point to the nearest.
func (p *partition) plusplus(rng *rand.Rand) {
	nearest := make([]float64, p.n) // squared distance to the nearest centre so far
	mass := make([]float64, p.n)
	for j := range p.k {
		var at int
		if j == 0 {
			at = draw(p.w, rng.Float64())
		} else {
			for i, d := range nearest {
				mass[i] = p.w[i] * d
			}
			at = draw(mass, rng.Float64())
		}
		copy(p.mean(j), p.row(at))
		for i := range p.n {
			d := squared(p.row(i), p.mean(j))
			p.measure(i, j, d)
			if j == 0 || d < nearest[i] {
				nearest[i] = d
				p.group[i] = int32(j)
			}
		}
	}
	p.begin()
}

// draw returns the index at which the running sum of mass exceeds the share u of the whole; never one
// of mass zero, unless all are.
func draw(mass []float64, u float64) int {
	total := 0.0
	for _, m := range mass {
		total += m
	}
	at, run := 0, 0.0
	for i, m := range mass {
		if m > 0 {
			at = i
			if run += m; run > u*total {
				break
			}
		}
	}
	return at
}

// settled is the number of points per point that changes group at which Lloyd's iteration hands over to
// single moves. Lloyd's passes are cheaper while much changes, single moves need fewer of them later.
const settled = 50

// refine improves the partition to a local optimum, in at most the given number of passes.
func (p *partition) refine(ctx context.Context, passes int) error {
	lloyd := true
	for range passes {
		if err := ctx.Err(); err != nil {
			return err
		}
		if lloyd {
			lloyd = p.reassign() > p.n/settled
		} else if p.transfer() == 0 {
			p.finished = true
			break
		}
	}
	p.end()
	return nil
}
