package home

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/optional"
)

// dayRequest returns a request of ordinary size with losses, limits, demand
// charges and negative prices.
func dayRequest(rng *rand.Rand) Request {
	steps := 4 + rng.IntN(12)
	r := Request{ChargeEfficiency: 0.8 + 0.2*rng.Float64(), DischargeEfficiency: 0.8 + 0.2*rng.Float64()}
	often := func() bool { return rng.IntN(3) == 0 }
	if often() {
		r.MaxImport = optional.Of(6000 * rng.Float64())
		if often() {
			r.DemandRate = optional.Of(0.001 * rng.Float64())
		}
	}
	if often() {
		r.MaxExport = optional.Of(4000 * rng.Float64())
	}
	r.Preferences = Preferences{LateExport: often(), LateImport: often(), LowImportPeak: often(), LowExportPeak: often()}
	for t := range steps {
		r.Seconds = append(r.Seconds, []float64{900, 3600}[rng.IntN(2)])
		h := r.hours(t)
		r.Load = append(r.Load, math.Round(2000*h*rng.Float64()))
		r.Solar = append(r.Solar, math.Round(6000*h*max(0, rng.Float64()-0.4)))
		price := 0.0004*rng.Float64() - 0.0001
		r.ImportPrice = append(r.ImportPrice, price)
		r.ExportPrice = append(r.ExportPrice, price*rng.Float64())
	}
	for range 1 + rng.IntN(3) {
		b := Battery{
			Max: 20000 * rng.Float64(), MaxCharge: 6000 * rng.Float64(), MaxDischarge: 6000 * rng.Float64() * float64(rng.IntN(2)),
			Value: 0.0004 * rng.Float64(), ChargeFromGrid: rng.IntN(2) == 0, DischargeToGrid: often(), Priority: float64(rng.IntN(3)),
		}
		b.Capacity = optional.Of(b.Max * 1.1)
		b.Initial = b.Capacity.Or(0) * rng.Float64()
		if often() {
			b.Min = b.Max * rng.Float64()
		}
		if often() {
			b.MinCharge = 0.5 * b.MaxCharge
		}
		for range steps {
			if often() {
				b.Demands = append(b.Demands, 2000*rng.Float64())
			} else if b.Demands != nil {
				b.Demands = append(b.Demands, 0)
			}
			b.Goals = append(b.Goals, 0)
		}
		if len(b.Demands) < steps {
			b.Demands = nil
		}
		b.Goals[steps-1] = b.Max * rng.Float64() * float64(rng.IntN(2))
		r.Batteries = append(r.Batteries, b)
	}
	return r
}

// TestRelaxedModesLoseNothing compares plans with the program that has every
// binary, and with plans that no battery makes.
func TestRelaxedModesLoseNothing(t *testing.T) {
	solver := testsolver.New(t)
	requests := 40
	if testing.Short() {
		requests = 10
	}
	seeds := []int{122} // in which one row of money and penalties has too many digits
	for seed := range requests {
		seeds = append(seeds, seed)
	}
	for _, seed := range seeds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			r := dayRequest(rand.New(rand.NewPCG(3, uint64(seed))))
			a, err := Plan(t.Context(), r, Options{})
			require.NoError(t, err)
			assert.True(t, a.Proven && a.Preferred)

			m, unit, err := Program(r)
			require.NoError(t, err)
			whole, err := solver.Solve(t.Context(), m)
			require.NoError(t, err)
			// The solver is accurate to 1e-9 of the penalties, and to 1e-5 Wh
			// of a miss.
			tolerance := 1e-6 + 1e-9*math.Abs(whole.Objective*unit) + 1e-5*1000*r.base()
			assert.InDelta(t, whole.Objective*unit, a.Money-a.Penalty, tolerance)
			assert.InDelta(t, a.Bound, a.Money-a.Penalty, tolerance)

			idle, err := Audit(r, Idle(r), auditTolerance)
			require.NoError(t, err)
			assert.GreaterOrEqual(t, a.Money-a.Penalty, idle.Money-idle.Penalty-tolerance)
		})
	}
}
