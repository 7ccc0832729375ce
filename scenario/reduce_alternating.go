package scenario

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
)

// AlternatingMedoids reduces to k members of the sample by a rule that some
// papers call K-means (Park and Jun, Expert Systems with Applications 36,
// 2009). It repeats two steps until the members stay the same:
//
//  1. every point joins the group of the nearest member
//  2. every group takes the point with the smallest Σ_i w_i d(x_i, ·) as its
//     new member
//
// The objective is that of [KMedoids], and the optima are worse. It exists to
// reproduce such papers. The start with the lowest cost wins, and Cost is the
// weighted mean distance.
//
// From selects another start. AlternatingMedoids{From: SwarmMeans{}} is
// "K-means based on particle swarm" of papers whose update selects a member of
// the group: a particle swarm finds the centres, and the nearest member of each
// centre's group is the first member of the group.
type AlternatingMedoids struct {
	Metric     Metric  // default Euclidean
	Starts     int     // number of independent starts, default 10, or 1 with From
	Iterations int     // largest number of iterations per start, default 100
	From       Reducer // its representatives are the start; default nil: distinct members at random
}

var _ Reducer = AlternatingMedoids{}

// withDefaults returns r with defaults set, or an error that lists every
// invalid option.
func (r AlternatingMedoids) withDefaults() (AlternatingMedoids, error) {
	bad := violations("scenario: AlternatingMedoids: ")
	starts := 10
	if r.From != nil {
		starts = 1
	}
	r.Starts = countOr(&bad, "Starts", r.Starts, starts)
	r.Iterations = countOr(&bad, "Iterations", r.Iterations, 100)
	return r, bad.Err()
}

// Reduce implements [Reducer].
func (r AlternatingMedoids) Reduce(ctx context.Context, points [][]float64, weights []float64, k int, src rand.Source) (*Reduction, error) {
	r, err := r.withDefaults()
	if err != nil {
		return nil, err
	}
	d, k, err := newDistancesOf(ctx, points, weights, k, r.Metric)
	if err != nil {
		return nil, err
	}
	best, err := bestOf(ctx, r.Starts, src, func(ctx context.Context, src rand.Source) (*medoids, error) {
		rows, err := r.start(ctx, d.cloud, points, weights, k, src)
		if err != nil {
			return nil, err
		}
		m := newMedoids(d, rows)
		return m, m.alternate(ctx, r.Iterations)
	})
	if err != nil {
		return nil, err
	}
	return d.members(best.rows, d.metric, best.finished), nil
}

// start returns the rows of the first members.
func (r AlternatingMedoids) start(ctx context.Context, c *cloud, points [][]float64, weights []float64, k int, src rand.Source) ([]int, error) {
	if r.From == nil {
		return c.pick(rand.New(src), k), nil
	}
	found, err := NearestMember{Of: r.From, Metric: r.Metric}.Reduce(ctx, points, weights, k, src)
	if err != nil {
		return nil, err
	}
	return found.Members, nil
}

// alternate repeats the two steps until the members stay the same, at most
// rounds times.
func (m *medoids) alternate(ctx context.Context, rounds int) error {
	for range rounds {
		groups := make([][]int, len(m.rows))
		for i, j := range m.near {
			groups[j] = append(groups[j], i)
		}
		next := slices.Clone(m.rows)
		for j, group := range groups {
			best := math.Inf(1)
			for _, c := range group {
				if err := ctx.Err(); err != nil {
					return err
				}
				sum := 0.0
				for _, i := range group {
					sum += m.w[i] * m.between(c, i)
				}
				if sum < best {
					best, next[j] = sum, c
				}
			}
		}
		m.finished = slices.Equal(next, m.rows)
		m.rows = next
		for i := range m.n {
			m.search(i)
		}
		if m.finished {
			break
		}
	}
	m.losses()
	return nil
}
