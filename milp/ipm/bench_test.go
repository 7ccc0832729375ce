package ipm_test

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/milp/highs"
	"github.com/trigrid/trigrid/milp/ipm"
)

// BenchmarkFleet solves joint programs of fleets of six sizes to a tolerance of
// 1e-5, on one and on two threads, and by HiGHS's simplex and interior-point
// methods for up to two minutes each.
func BenchmarkFleet(b *testing.B) {
	for _, z := range []fleetSize{{5, 2, 24, 1}, {10, 2, 24, 3}, {20, 4, 24, 3}, {20, 5, 24, 10}, {40, 10, 24, 5}, {40, 10, 24, 10}} {
		m := fleetProgram(z)
		name := fmt.Sprintf("%dx%dx%dx%d", z.classes, z.vpps, z.steps, z.scenarios)
		for _, solver := range []struct {
			name string
			milp.Solver
		}{
			{"ipm", ipm.Solver{Tolerance: 1e-5}},
			{"ipm two threads", ipm.Solver{Tolerance: 1e-5, Threads: 2}},
			{"HiGHS simplex", highs.Solver{TimeLimit: 2 * time.Minute, MemoryLimit: -1, Options: map[string]string{"solver": "simplex"}}},
			{"HiGHS ipm", highs.Solver{TimeLimit: 2 * time.Minute, MemoryLimit: -1, Options: map[string]string{"solver": "ipm", "run_crossover": "off"}}},
		} {
			b.Run(name+"/"+solver.name, func(b *testing.B) {
				begin, solves := processTime(), 0.0
				for b.Loop() {
					solves++
					got, err := solver.Solve(b.Context(), m)
					require.NoError(b, err)
					b.ReportMetric(float64(got.Iterations), "steps")
					b.ReportMetric(got.Objective, "objective")
					if got.Status != milp.Optimal {
						b.Logf("%v: %s", got.Status, got.Stopped)
					}
				}
				b.ReportMetric((processTime()-begin).Seconds()/solves, "CPU-s")
				var memory runtime.MemStats
				runtime.ReadMemStats(&memory)
				b.ReportMetric(float64(memory.Sys)/(1<<20), "MiB")
			})
		}
		b.Logf("%s: %d columns, %d rows, %d nonzeros", name, m.Vars(), m.Rows(), m.Nonzeros())
	}
}
