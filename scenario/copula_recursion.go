package scenario

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// denseDimensions is the largest number of dimensions for which
// [AutoRegressive] multiplies by the root of the matrix over all series and
// steps. The root takes memory with the square and time with the cube of the
// dimensions: a year of hours of four series would take 10 GB and weeks. Beyond
// the limit the recursion gives the same distribution from other random
// numbers.
const denseDimensions = 1000

// recursion draws the scores of [AutoRegressive] step by step. A = diag(ρ_s^h)
// holds the decay over the h hours from one step to the next:
//
//	z(0)   = L_0 ε(0),            L_0 L_0ᵀ = C
//	z(t+1) = A z(t) + L ε(t+1),   L Lᵀ = C − A C A
//
// Then z(t) has the correlation C at every step, and corr(z_s(t), z_q(t+h)) =
// C_sq ρ_q^h. The work grows with steps · series² instead of (steps · series)³.
// Source: Lütkepohl, New Introduction to Multiple Time Series Analysis (2005),
// section 2.1.
type recursion struct {
	layout Layout
	rho    []float64
	cross  *mat.SymDense
	first  *mat.TriDense      // L_0
	known  map[float64]change // by h
}

// change is the transition over one time difference.
type change struct {
	decay []float64   // diagonal of A
	noise [][]float64 // L, lower triangular, one row per series
}

// newRecursion returns the recursion, or an error if C contradicts the
// persistences.
func (a AutoRegressive) newRecursion(layout Layout) (*recursion, error) {
	rho, err := a.persistence(layout)
	if err != nil {
		return nil, err
	}
	x := &recursion{layout: layout, rho: rho, cross: a.Cross, known: map[float64]change{}}
	if x.cross == nil {
		x.cross = mat.NewSymDense(layout.Series, nil)
		for s := range rho {
			x.cross.SetSym(s, s, 1)
		}
	}
	if x.first, err = rootOf(x.cross); err != nil {
		return nil, err
	}
	for t := 1; t < layout.Steps; t++ {
		hours := layout.between(t-1, t)
		if _, ok := x.known[hours]; ok {
			continue
		}
		if x.known[hours], err = x.over(hours); err != nil {
			return nil, err
		}
	}
	return x, nil
}

// over returns the transition over a time difference. The noise of series s has
// the standard deviation d_s = √(1 − ρ_s^2h). Its root is that of the
// correlations of the noises,
//
//	(C − A C A)_sq = d_s d_q N_sq,   N_sq = C_sq (1 − ρ_s^h ρ_q^h) / (d_s d_q)
func (x *recursion) over(hours float64) (change, error) {
	var (
		n     = len(x.rho)
		out   = change{decay: make([]float64, n), noise: make([][]float64, n)}
		size  = make([]float64, n)
		noise = mat.NewSymDense(n, nil)
	)
	for s, rho := range x.rho {
		out.decay[s] = math.Pow(rho, hours)
		size[s] = math.Sqrt(1 - out.decay[s]*out.decay[s])
	}
	for s := range n {
		noise.SetSym(s, s, 1)
		for q := range s {
			common := x.cross.At(s, q) * (1 - out.decay[s]*out.decay[q])
			limit := size[s] * size[q]
			if math.Abs(common) > limit+1e-9 {
				return out, fmt.Errorf("scenario: autoregressive copula: series %d and %d have the correlation %v and "+
					"persistences %v and %v, which contradict each other (indefinite); want at most %.3g, or equal persistences",
					q, s, x.cross.At(s, q), x.rho[q], x.rho[s], limit/(1-out.decay[s]*out.decay[q]))
			}
			if limit > 0 {
				noise.SetSym(s, q, max(-1, min(common/limit, 1)))
			}
		}
	}
	root, err := rootOf(noise)
	if err != nil {
		return out, fmt.Errorf("scenario: autoregressive copula: the persistences contradict the cross-correlation: %w", err)
	}
	for s := range n {
		out.noise[s] = make([]float64, s+1)
		for q := range s + 1 {
			out.noise[s][q] = size[s] * root.At(s, q)
		}
	}
	return out, nil
}

// join replaces u, indexed [dimension][point], by dependent numbers. It holds
// the scores of a window of steps at a time, because those of all steps take as
// much memory as u. [Matched] needs them all.
func (x *recursion) join(ctx context.Context, ranking Ranking, u [][]float64) error {
	steps, series := x.layout.Steps, x.layout.Series
	if ranking == Matched {
		return ranking.join(ctx, u, func(ctx context.Context, z [][]float64) error { return x.apply(ctx, z, 0, steps) })
	}
	if err := ranking.validate(); err != nil {
		return err
	}
	z := make([][]float64, len(u)) // rows outside of the window are nil
	var free [][]float64           // rows to use again
	for from := 0; from < steps; from += window {
		to := min(from+window, steps)
		inWindow := func(job func(k int)) error {
			return each(ctx, series*(to-from), func(i int) error {
				job(i/(to-from)*steps + from + i%(to-from))
				return nil
			})
		}
		for s := range series {
			for t := from; t < to; t++ {
				if len(free) == 0 {
					free = append(free, make([]float64, len(u[0])))
				}
				z[s*steps+t], free = free[len(free)-1], free[:len(free)-1]
			}
		}
		if err := inWindow(func(k int) { scores(z[k], u[k]) }); err != nil {
			return err
		}
		if err := x.apply(ctx, z, from, to); err != nil {
			return err
		}
		if err := inWindow(func(k int) { ranking.place(u[k], z[k]) }); err != nil {
			return err
		}
		// The next window begins with the scores of the last step.
		for s := range series {
			for t := max(from-1, 0); t < to-1; t++ {
				free = append(free, z[s*steps+t])
				z[s*steps+t] = nil
			}
		}
	}
	return nil
}

// window is the number of steps of a window.
const window = 256

// apply replaces independent scores z, indexed [dimension][point], by
// correlated ones at the steps [begin, end). The scores of the step before
// begin are correlated already. Points do not depend on each other, so that the
// result is equal on any number of cores.
func (x *recursion) apply(ctx context.Context, z [][]float64, begin, end int) error {
	const block = 64 // points; their scores at one step of a few series stay in the cache
	n := len(z[begin])
	return each(ctx, (n+block-1)/block, func(b int) error {
		from, to := b*block, min((b+1)*block, n)
		for t := begin; t < end; t++ {
			if t%stepsPerCheck == 0 && ctx.Err() != nil {
				return ctx.Err()
			}
			x.step(z, t, from, to)
		}
		return nil
	})
}

// stepsPerCheck is the number of steps between two looks at the context, about
// a millisecond.
const stepsPerCheck = 256

// step correlates the scores of the points [from, to) at step t. Series are
// done from the last to the first, because a row of L uses the noise of the
// series before it.
func (x *recursion) step(z [][]float64, t, from, to int) {
	steps := x.layout.Steps
	var now change
	if t > 0 {
		now = x.known[x.layout.between(t-1, t)]
	}
	for s := x.layout.Series - 1; s >= 0; s-- {
		row := z[s*steps+t][from:to]
		factor := func(q int) float64 {
			if t == 0 {
				return x.first.At(s, q)
			}
			return now.noise[s][q]
		}
		own := factor(s)
		for i := range row {
			row[i] *= own
		}
		for q := range s {
			add(row, z[q*steps+t][from:to], factor(q))
		}
		if t > 0 {
			add(row, z[s*steps+t-1][from:to], now.decay[s])
		}
	}
}

// add adds factor · x to y.
func add(y, x []float64, factor float64) {
	if factor == 0 {
		return
	}
	for i, v := range x {
		y[i] += factor * v
	}
}
