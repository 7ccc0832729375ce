package main

import (
	"context"

	"github.com/trigrid/trigrid/internal/parallel"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/milp"
)

// point is one quota of a sweep. Outcomes are sums over the three VPPs.
type point struct {
	Quota     float64 `json:"quota"`                 // t CO2 per MWh, or fraction of generation
	Moving    outcome `json:"moving"`                // prices respond to volume
	Fixed     outcome `json:"fixed"`                 // slopes are zero
	Residual  float64 `json:"residual_cny_per_unit"` // of the moving prices
	Converged bool    `json:"converged"`
}

// sweeps are the two sweeps of the paper (section 4.4.2): the carbon quota from
// 0.1 to 0.8 t/MWh and the certificate quota from 10 to 90 %, each with the
// other quota at its base value.
type sweeps struct {
	Carbon       []point `json:"carbon"`
	Certificates []point `json:"certificates"`
}

// sweep solves all points of both sweeps on a number of workers.
//
// There are 8 carbon quotas and 17 certificate quotas, each solved at moving
// and at fixed prices.
func sweep(ctx context.Context, solver milp.Solver, workers int) (*sweeps, error) {
	out := &sweeps{}
	var jobs []func() error
	add := func(to *[]point, quotas []float64, with func(rules, float64) rules) {
		*to = make([]point, len(quotas))
		// Each job writes an element of its own, so that workers need no lock.
		for i, quota := range quotas {
			jobs = append(jobs, func() (err error) {
				(*to)[i], err = measure(ctx, solver, quota, with(base(), quota))
				return err
			})
		}
	}
	add(&out.Carbon, steps(0.1, 0.8, 0.1),
		func(r rules, q float64) rules { r.carbonQuota = q; return r })
	add(&out.Certificates, steps(0.10, 0.90, 0.05),
		func(r rules, q float64) rules { r.certificateQuota = q; return r })
	return out, parallel.Run(workers, jobs)
}

// measure solves one point. The comparison with fixed prices separates two
// effects: a quota that pays for emissions acts at any price, but an obligation
// acts only through the price of certificates.
func measure(ctx context.Context, solver milp.Solver, quota float64, r rules) (point, error) {
	moving, err := play(ctx, solver, sites(), r, market.PriceTaking)
	if err != nil {
		return point{}, err
	}
	r.prices = r.prices.fixed()
	fixed, err := play(ctx, solver, sites(), r, market.PriceTaking)
	if err != nil {
		return point{}, err
	}
	return point{
		Quota: quota, Moving: moving.total(), Fixed: fixed.total(),
		Residual: moving.equilibrium.Residual, Converged: moving.Converged,
	}, nil
}

// steps returns from, from+by, … to. It multiplies instead of adding
// repeatedly, so that rounding errors do not grow: steps(0.1, 0.8, 0.1) has 8
// values.
func steps(from, to, by float64) []float64 {
	var out []float64
	for k := 0; from+float64(k)*by <= to+by/2; k++ {
		out = append(out, from+float64(k)*by)
	}
	return out
}
