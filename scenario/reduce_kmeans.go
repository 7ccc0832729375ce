package scenario

import (
	"context"
	"math/rand/v2"
)

// KMeans reduces to the means c_g of k groups with a small weighted sum of
// squares:
//
//	min over groups g(·) of  Σ_i w_i |x_i − c_g(i)|²,   c_g = Σ_{g(i)=g} w_i x_i / W_g
//	W_g = Σ_{g(i)=g} w_i
//
// Each start draws its first centres by k-means++ (Arthur and Vassilvitskii,
// SODA 2007), runs Lloyd's iteration while many points change group, and then
// moves single points (Hartigan and Wong, Applied Statistics 28, 1979). A point
// x of weight w leaves group a for group b if
//
//	W_b/(W_b+w) |x − c_b|² < W_a/(W_a−w) |x − c_a|²
//
// This test is stricter than "b is nearer", so the result is a fixed point of
// Lloyd's iteration too. The start with the lowest cost wins. Cost is the
// weighted mean squared distance; multiplied by the number of points it is the
// inertia of other programs.
//
// The weighted mean of the representatives is the mean of the sample. Their
// spread is below that of the sample, because means shorten tails; evaluate
// plans on the unreduced sample.
type KMeans struct {
	Starts     int // number of independent starts, default 10
	Iterations int // largest number of passes over the points per start, default 300
}

var _ Reducer = KMeans{}

// withDefaults returns r with defaults set, or an error that lists every
// invalid option.
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
		if err := p.plusplus(ctx, rand.New(src)); err != nil {
			return nil, err
		}
		return p, p.refine(ctx, r.Iterations)
	})
	if err != nil {
		return nil, err
	}
	return best.reduction(), nil
}

// plusplus draws the first centres among the points and assigns every point to
// the nearest centre. The probability of a point is proportional to its
// weighted squared distance from the centres before it.
func (p *partition) plusplus(ctx context.Context, rng *rand.Rand) error {
	nearest := make([]float64, p.n) // squared distance to the nearest centre so far
	mass := make([]float64, p.n)
	for j := range p.k {
		var at int
		if j == 0 {
			at = draw(p.w, rng.Float64())
		} else {
			for i, d := range nearest {
				// Distance 0 gives mass 0: a centre is not drawn twice.
				mass[i] = p.w[i] * d
			}
			at = draw(mass, rng.Float64())
		}
		copy(p.mean(j), p.row(at))
		for i := range p.n {
			if i%pointsPerCheck == 0 && ctx.Err() != nil {
				return ctx.Err()
			}
			d := squared(p.row(i), p.mean(j))
			p.measure(i, j, d)
			if j == 0 || d < nearest[i] {
				nearest[i] = d
				p.group[i] = int32(j)
			}
		}
	}
	p.begin()
	return nil
}

// pointsPerCheck is the number of points between two looks at the context. A
// point is compared with one centre by plusplus and with at most all of them by
// the passes.
const pointsPerCheck = 64

// draw returns the index at which the running sum of mass exceeds the fraction
// u of the total. It returns no index of mass 0 unless all masses are 0.
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

// settled defines the change from Lloyd's iteration to single moves: fewer than
// one point in settled changes its group. Lloyd's passes are cheaper while much
// changes; single moves need fewer passes later.
const settled = 50

// refine improves the partition to a local optimum, in at most the given number
// of passes.
func (p *partition) refine(ctx context.Context, passes int) error {
	lloyd := true
	for range passes {
		pass := p.transfer
		if lloyd {
			pass = p.reassign
		}
		moved, err := pass(ctx)
		if err != nil {
			return err
		}
		if !lloyd && moved == 0 {
			p.finished = true
			break
		}
		lloyd = lloyd && moved > p.n/settled
	}
	p.end()
	return nil
}
