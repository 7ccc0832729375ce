package highs

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/milp"
)

// backends runs a benchmark on every backend that the machine has.
func backends(b *testing.B, run func(b *testing.B, backend Backend)) {
	for _, backend := range []Backend{Native, Wasm} {
		b.Run(backend.String(), func(b *testing.B) {
			if _, err := (Solver{Backend: backend}).Build(); err != nil {
				b.Skip(err)
			}
			run(b, backend)
		})
	}
}

// BenchmarkSolve measures the day-ahead programs of dayAhead (scenarios x
// thermal units) at a gap of 1e-3 while their costs change: cold, in a session,
// and cold on two goroutines.
func BenchmarkSolve(b *testing.B) {
	for _, size := range []struct{ scenarios, units int }{{1, 0}, {5, 0}, {20, 0}, {5, 1}, {10, 2}} {
		b.Run(fmt.Sprintf("%dx%d", size.scenarios, size.units), func(b *testing.B) {
			backends(b, func(b *testing.B, backend Backend) {
				solver := Solver{Backend: backend, Presolve: PresolveOff, Gap: 1e-3}
				perSecond := func(b *testing.B, n int) {
					b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "solves/s")
				}
				b.Run("cold", func(b *testing.B) {
					m := dayAhead(size.scenarios, size.units, 1)
					n := 0
					for b.Loop() {
						changeCosts(m, n)
						_, err := solver.Solve(b.Context(), m)
						require.NoError(b, err)
						n++
					}
					perSecond(b, n)
				})
				b.Run("session", func(b *testing.B) {
					m := dayAhead(size.scenarios, size.units, 1)
					session, err := solver.Open(m)
					require.NoError(b, err)
					defer session.Close()
					n := 0
					for b.Loop() {
						changeCosts(m, n)
						_, err := session.Solve(b.Context())
						require.NoError(b, err)
						n++
					}
					perSecond(b, n)
				})
				b.Run("cold on 2 goroutines", func(b *testing.B) {
					models := [2]*milp.Model{dayAhead(size.scenarios, size.units, 1), dayAhead(size.scenarios, size.units, 1)}
					n := 0
					for b.Loop() {
						var wait sync.WaitGroup
						for _, m := range models {
							wait.Go(func() {
								changeCosts(m, n)
								_, err := solver.Solve(context.Background(), m)
								if err != nil {
									b.Error(err)
								}
							})
						}
						wait.Wait()
						n++
					}
					perSecond(b, 2*n)
				})
			})
		})
	}
}

// changeCosts changes the objective a little, differently in every round.
func changeCosts(m *milp.Model, round int) {
	cost := m.Data().Cost
	for j := range cost {
		if cost[j] != 0 {
			m.SetCost(m.VarAt(j), cost[j]*(1+1e-3*math.Sin(float64(j+round))))
		}
	}
}

// BenchmarkHandOver measures how long HiGHS takes to receive a large model,
// without solving it.
func BenchmarkHandOver(b *testing.B) {
	const cols, rows, perRow = 200_000, 200_000, 5
	m := milp.New()
	rng := rand.New(rand.NewPCG(1, 1))
	for j := range cols {
		m.Var(milp.At("", "x", j), 0, 1)
	}
	for i := range rows {
		var row milp.Expr
		for range perRow {
			row.Add(m.VarAt(rng.IntN(cols)).Times(rng.Float64()))
		}
		m.AtMost(milp.At("", "row", i), row, milp.Const(1))
	}
	backends(b, func(b *testing.B, backend Backend) {
		h, err := Solver{Backend: backend}.object(context.Background())
		require.NoError(b, err)
		defer h.close()
		for b.Loop() {
			require.NoError(b, h.pass(m.Data()))
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(m.Nonzeros()), "ns/nonzero")
	})
}

// BenchmarkObject measures the creation of a HiGHS object with its options and,
// for the WebAssembly build, of a whole new instance.
func BenchmarkObject(b *testing.B) {
	backends(b, func(b *testing.B, backend Backend) {
		for b.Loop() {
			h, err := Solver{Backend: backend}.object(context.Background())
			require.NoError(b, err)
			h.close()
		}
	})
	b.Run("wasm instance", func(b *testing.B) {
		folder, err := wasmFolder()
		require.NoError(b, err)
		build, err := openWasm(folder)
		if err != nil {
			b.Skip(err)
		}
		for b.Loop() {
			w, err := build.start()
			require.NoError(b, err)
			w.dead = true
			w.close()
		}
	})
}
