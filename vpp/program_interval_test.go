package vpp_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/milp/highs"
	"github.com/trigrid/trigrid/vpp"
)

// variants are solvers with one gap and different seeds and settings of presolve.
func variants(t *testing.T, gap float64) []highs.Solver {
	solver := testsolver.New(t)
	solver.Gap, solver.AbsoluteGap = gap, 0
	out := []highs.Solver{solver, solver, solver}
	out[1].Seed, out[1].Presolve = 7, highs.PresolveOff
	out[2].Seed, out[2].Search = 42, highs.SearchProof
	return out
}

// agree solves a problem with each solver and requires that each plan is in the ranges of each other.
func agree(t *testing.T, p vpp.Problem, solvers []highs.Solver) (widest float64) {
	var (
		plans  []*vpp.Plan
		ranges []*vpp.Ranges
	)
	for _, solver := range solvers {
		plan, err := p.Solve(t.Context(), solver)
		require.NoError(t, err)
		plans = append(plans, plan)
	}
	for k, solver := range solvers {
		r, err := p.Ranges(t.Context(), solver, plans[k])
		require.NoError(t, err)
		ranges = append(ranges, r)
	}
	for k, r := range ranges {
		widest = max(widest, r.Integrated.Half())
		for l, plan := range plans {
			assert.True(t, r.Integrated.Contains(plan.Value.Integrated), "integrated value %v of solver %d is outside %v of solver %d",
				plan.Value.Integrated, l, r.Integrated, k)
			for i := range plan.Members {
				m := &plan.Members[i]
				for no, d := range p.Members {
					if d.Name() == m.DER.Name() {
						assert.True(t, r.Revenue[no].Contains(m.Revenue), "revenue %v of %s of solver %d is outside %v of solver %d, %d schedules",
							m.Revenue, d.Name(), l, r.Revenue[no], k, r.Schedules)
					}
				}
			}
		}
	}
	fmt.Printf("schedules %d %d %d, widest %g; objectives %v %v %v\n", ranges[0].Schedules, ranges[1].Schedules, ranges[2].Schedules, widest, plans[0].Value.Objective, plans[1].Value.Objective-plans[0].Value.Objective, plans[2].Value.Objective-plans[0].Value.Objective)
	return widest
}

// Random VPPs of all kinds of DER have the stated values whatever the seed of the solver.
func TestRangesContainThePlansOfOtherSeeds(t *testing.T) {
	for seed := range uint64(50) {
		v, ders, setting := randomPark(t, seed)
		for _, gap := range []float64{1e-3, 1e-6} {
			t.Run(fmt.Sprintf("%d, gap %g", seed, gap), func(t *testing.T) {
				widest := agree(t, vpp.Problem{VPP: v, Members: ders, Setting: setting}, variants(t, gap))
				assert.False(t, math.IsNaN(widest))
			})
		}
	}
}
