package highs

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/milp"
)

// onBackends runs a test on every backend that this machine has and skips the
// others.
func onBackends(t *testing.T, run func(t *testing.T, s Solver)) {
	for _, backend := range []Backend{Native, Wasm} {
		t.Run(backend.String(), func(t *testing.T) {
			s := Solver{Backend: backend}
			if _, err := s.Build(); errors.Is(err, ErrNotInstalled) {
				t.Skipf("no %v HiGHS on this machine", backend)
			}
			run(t, s)
		})
	}
}

// small is min 3x + 5y with x + 2y ≥ 7, y integer up to 10: y = 3 and x = 1
// cost 18; y = 4 costs 20.
func small() *milp.Model {
	m := milp.New()
	x := m.Var(milp.Named("x"), 0, milp.Inf)
	y := m.Int(milp.Named("y"), 0, 10)
	m.AtLeast(milp.Named("demand"), milp.Sum(x.Expr(), y.Times(2)), milp.Const(7))
	m.Minimize(milp.Sum(x.Times(3), y.Times(5)))
	return m
}

// split returns a market split program: min Σ (s_i + r_i), Σ_j a_ij x_j + s_i −
// r_i = b_i, with 50 binaries x and 6 rows. b comes from the planted x, whose
// objective of 0 no search finds in a lifetime.
func split() (m *milp.Model, planted []float64) {
	const rows, cols = 6, 50
	rng := rand.New(rand.NewPCG(2, 4))
	m = milp.New()
	for j := range cols {
		m.Bin(milp.At("", "x", j))
		planted = append(planted, float64(rng.IntN(2)))
	}
	var cost milp.Expr
	for i := range rows {
		var row milp.Expr
		rhs := 0.0
		for j := range cols {
			a := float64(rng.IntN(100))
			row.Add(m.VarAt(j).Times(a))
			rhs += a * planted[j]
		}
		s, r := m.Var(milp.At("", "short", i), 0, milp.Inf), m.Var(milp.At("", "over", i), 0, milp.Inf)
		m.Equal(milp.At("", "row", i), milp.Sum(row, s.Expr(), r.Times(-1)), milp.Const(rhs))
		cost.Add(s.Expr(), r.Expr())
	}
	m.Minimize(cost)
	return m, planted
}

func TestZeroSolverSolves(t *testing.T) {
	if _, err := (Solver{}).Build(); errors.Is(err, ErrNotInstalled) {
		t.Skip("no HiGHS on this machine")
	}
	s, err := Solver{}.Solve(t.Context(), small())
	require.NoError(t, err)
	assert.InDelta(t, 18, s.Objective, 1e-6)
}

func TestOptionsReportEveryMistakeAtOnce(t *testing.T) {
	_, err := Solver{
		Backend: 9, Presolve: 7, Threads: -1, Seed: -2, TimeLimit: -time.Second, Gap: math.NaN(), AbsoluteGap: -3,
	}.Solve(t.Context(), small())
	for _, field := range []string{"Backend", "Presolve", "Threads", "Seed", "TimeLimit", "Gap is NaN", "AbsoluteGap is -3"} {
		assert.ErrorContains(t, err, field)
	}
}

func TestOptionsReachHiGHS(t *testing.T) {
	onBackends(t, func(t *testing.T, s Solver) {
		s.Options = map[string]string{"mip_max_nodes": "0", "presolve": "off", "mip_max_improving_sols": "1"}
		m, _ := split()
		got, err := s.Solve(t.Context(), m)
		require.NoError(t, err)
		assert.Contains(t, []string{"solution limit", "iteration limit"}, got.Stopped, "stopped by one of the two limits, not by a proof")

		s.Options = map[string]string{"no_such_option": "1"}
		_, err = s.Solve(t.Context(), m)
		assert.ErrorContains(t, err, `"no_such_option"`)
		s.Options = map[string]string{"mip_rel_gap": "wide"}
		_, err = s.Solve(t.Context(), m)
		assert.ErrorContains(t, err, `"wide"`)
	})
}

// Leaving heuristics out changes the way to the optimum and not the optimum, on
// every version of HiGHS: options that it lacks are left out.
func TestSearchChangesTheWayOnly(t *testing.T) {
	onBackends(t, func(t *testing.T, s Solver) {
		s.Search = SearchProof
		solution, err := s.Solve(t.Context(), small())
		require.NoError(t, err)
		require.Equal(t, milp.Optimal, solution.Status)
		assert.InDelta(t, 18, solution.Objective, 1e-9)
	})
	_, err := Solver{Search: 9}.options()
	require.ErrorContains(t, err, "Search is 9")
}

func TestNothingInstalledSaysHowToGetIt(t *testing.T) {
	t.Setenv("HIGHS_LIBRARY", "/nonexistent/libhighs.so")
	t.Setenv("HIGHS_WASM", t.TempDir())
	for _, backend := range []Backend{Auto, Native, Wasm} {
		_, err := Solver{Backend: backend}.Solve(t.Context(), small())
		require.ErrorIs(t, err, ErrNotInstalled)
		for _, hint := range []string{"apt install libhighs1", "milp/highs/install", "HIGHS_LIBRARY", "HIGHS_WASM"} {
			assert.ErrorContains(t, err, hint)
		}
		_, err = Solver{Backend: backend}.Open(small())
		require.ErrorIs(t, err, ErrNotInstalled)
	}
}

func TestProgressApproachesTheAnswer(t *testing.T) {
	onBackends(t, func(t *testing.T, s Solver) {
		var seen []Progress
		s.Progress = func(p Progress) { seen = append(seen, p) }
		s.Options = map[string]string{"mip_max_nodes": "200"} // a busy machine reaches it too
		m, _ := split()
		got, err := s.Solve(t.Context(), m)
		require.NoError(t, err)
		require.NotEmpty(t, seen)
		incumbent := math.Inf(1)
		for _, p := range seen {
			if math.IsNaN(p.Incumbent) {
				continue
			}
			assert.LessOrEqual(t, p.Incumbent, incumbent, "the incumbent never gets worse")
			assert.LessOrEqual(t, p.Bound, p.Incumbent)
			assert.GreaterOrEqual(t, p.Gap, 0.0)
			incumbent = p.Incumbent
		}
		last := seen[len(seen)-1]
		assert.InDelta(t, got.Objective, last.Incumbent, 1e-6)
		assert.InDelta(t, got.Bound, last.Bound, 1e-6)
		assert.Positive(t, last.Nodes)
		assert.LessOrEqual(t, last.Nodes, got.Nodes)
		assert.Positive(t, last.Time)
	})
}

func TestLogIsHiGHSs(t *testing.T) {
	onBackends(t, func(t *testing.T, s Solver) {
		var log strings.Builder
		s.Log = &log
		_, err := s.Solve(t.Context(), small())
		require.NoError(t, err)
		assert.Contains(t, log.String(), "Solving report")
	})
}

func TestStartIsTaken(t *testing.T) {
	onBackends(t, func(t *testing.T, s Solver) {
		for name, partial := range map[string]bool{"complete": false, "integers only": true} {
			t.Run(name, func(t *testing.T) {
				m, planted := split()
				for j, x := range planted {
					m.Propose(m.VarAt(j), x)
				}
				for j := len(planted); j < m.Vars() && !partial; j++ {
					m.Propose(m.VarAt(j), 0)
				}
				got, err := s.Solve(t.Context(), m) // ends at once: 0 is also the relaxation's bound
				require.NoError(t, err)
				assert.Equal(t, milp.Optimal, got.Status)
				assert.InDelta(t, 0, got.Objective, 1e-6)
			})
		}
	})
}

func TestIntegerBoundsAreRounded(t *testing.T) {
	// Presolve of HiGHS 1.10 and 1.15 calls this program infeasible when it is
	// given the bound 0.7 as it stands. With the bound 0 it means the same.
	onBackends(t, func(t *testing.T, s Solver) {
		s.Presolve = PresolveOn
		objective := func(upper float64) float64 {
			m := dayAhead(10, 2, 1)
			for j := range m.Vars() {
				if v := m.VarAt(j); v.Name().String() == "unit.on(0,15)" {
					m.SetBounds(v, 0, upper)
				}
			}
			got, err := s.Solve(t.Context(), m)
			require.NoError(t, err)
			require.Equal(t, milp.Optimal, got.Status)
			return got.Objective
		}
		assert.InEpsilon(t, objective(0), objective(0.7), 1e-4)
	})
}

func TestFailureOfHiGHSIsRetriedWithoutPresolve(t *testing.T) {
	// HiGHS 1.10 fails on this program with presolve: four rows over five
	// integers in {0 … 3} that enumeration shows to be infeasible. The answer
	// must come all the same.
	rows := [][]float64{}
	m := milp.New()
	for j := range 5 {
		m.Int(milp.At("", "x", j), 0, 3)
	}
	rng := rand.New(rand.NewPCG(9, 2))
	var cost milp.Expr
	for j := range 5 {
		cost.Add(m.VarAt(j).Times(float64(rng.IntN(21) - 10)))
	}
	for i := range 4 {
		row := make([]float64, 5)
		var e milp.Expr
		for j := range row {
			row[j] = float64(rng.IntN(11) - 5)
			e.Add(m.VarAt(j).Times(row[j]))
		}
		if rng.IntN(4) == 0 {
			m.Equal(milp.At("", "row", i), e, milp.Const(float64(rng.IntN(6))))
		} else {
			m.AtMost(milp.At("", "row", i), e, milp.Const(float64(rng.IntN(8)-1)))
		}
		rows = append(rows, row)
	}
	m.Minimize(cost)
	for point := range 1024 {
		feasible := true
		for i, row := range rows {
			activity := 0.0
			for j, a := range row {
				activity += a * float64(point>>(2*j)&3)
			}
			lo, hi := m.Limits(m.RowAt(i))
			feasible = feasible && activity >= lo && activity <= hi
		}
		require.False(t, feasible, "the test's program has no solution")
	}
	onBackends(t, func(t *testing.T, s Solver) {
		s.Presolve = PresolveOn
		got, err := s.Solve(t.Context(), m)
		require.NoError(t, err)
		assert.Equal(t, milp.Infeasible, got.Status)
	})
}

// outOfReach is a commitment with the optimum x = 40 at on = 1, because on = 0
// gives stop = 1 and x ≤ 70 − 50 < 30. Presolve of HiGHS 1.15.1 reports that it
// is infeasible.
func outOfReach() *milp.Model {
	m := milp.New()
	x, on := m.Var(milp.Named("x"), 0, 40), m.Bin(milp.Named("on"))
	start, stop, warm := m.Var(milp.Named("start"), 0, milp.Inf), m.Var(milp.Named("stop"), 0, 1), m.Var(milp.Named("warm"), 0, milp.Inf)
	m.Equal(milp.Named("logic"), milp.Sum(on.Expr(), start.Times(-1), stop.Expr()), milp.Const(1))
	m.AtMost(milp.Named("up"), start.Expr(), on.Expr())
	m.AtMost(milp.Named("down"), milp.Sum(stop.Expr(), on.Expr()), milp.Const(1))
	m.AtMost(milp.Named("restart"), warm.Expr(), start.Expr())
	m.AtMost(milp.Named("stopping"), milp.Sum(x.Expr(), stop.Times(50)), milp.Const(70))
	m.AtLeast(milp.Named("least"), x.Expr(), milp.Const(30))
	m.Maximize(x.Expr())
	return m
}

func TestInfeasibleWithPresolveIsSolvedWithout(t *testing.T) {
	onBackends(t, func(t *testing.T, s Solver) {
		m := outOfReach()
		for _, presolve := range []Presolve{PresolveOn, PresolveChoose, PresolveOff} {
			s.Presolve = presolve
			session, err := s.Open(m)
			require.NoError(t, err)
			fresh := func(ctx context.Context) (*milp.Solution, error) { return s.Solve(ctx, m) }
			for _, solve := range []func(context.Context) (*milp.Solution, error){fresh, session.Solve} {
				got, err := solve(t.Context())
				require.NoError(t, err)
				require.Equal(t, milp.Optimal, got.Status)
				assert.InDelta(t, 40, got.Objective, 1e-6)
				if s.Backend == Wasm {
					assert.Equal(t, presolve == PresolveOn, strings.Contains(got.Stopped, "without presolve"),
						"presolve %d of %s: %s", presolve, got.Backend, got.Stopped)
				}
			}
			require.NoError(t, session.Close())
		}
	})
}

// One step of the program in which a parabola is replaced by nearly parallel
// tangents: HiGHS 1.15 gives up on it with scaling and without presolve. At the
// tangents' point q = a the optimum is −k a².
func TestFailureOfTheSimplexMethodIsRetriedWithoutScaling(t *testing.T) {
	const width = 1e-10
	onBackends(t, func(t *testing.T, s Solver) {
		retried := 0
		for seed := range uint64(400) {
			rng := rand.New(rand.NewPCG(seed, 3))
			m := milp.New()
			k, a := math.Pow(10, 4*rng.Float64()-1), 2+8*rng.Float64()
			cost := m.Var(milp.Named("cost"), -milp.Inf, milp.Inf)
			q := milp.Sum(m.Var(milp.Named("x"), 0, 10).Expr(), m.Var(milp.Named("y"), 0, 10).Expr())
			for i := range 2 + rng.IntN(5) {
				p := a + width*rng.NormFloat64()
				m.AtLeast(milp.At("", "tangent", i), cost.Expr(), q.Times(2*k*p).Minus(milp.Const(k*p*p)))
			}
			m.Minimize(cost.Expr().Minus(q.Times(2 * k * a)))

			session, err := s.Open(m)
			require.NoError(t, err)
			for range 2 { // the second time with the options of the first
				got, err := session.Solve(t.Context())
				require.NoError(t, err, "seed %d", seed)
				require.Equal(t, milp.Optimal, got.Status)
				require.InEpsilon(t, -k*a*a, got.Objective, 1e-6)
				if strings.Contains(got.Stopped, "scaling") {
					retried++
				}
			}
			require.NoError(t, session.Close())
		}
		if s.Backend == Wasm {
			assert.Positive(t, retried, "the test's programs are no longer hard")
		}
	})
}

// 1e-10 x ≥ 1 with x ≤ 1e12 is solved by x = 1e10. HiGHS by itself drops the
// coefficient and calls the program infeasible.
func TestSmallCoefficientsCount(t *testing.T) {
	onBackends(t, func(t *testing.T, s Solver) {
		m := milp.New()
		x := m.Var(milp.Named("x"), 0, 1e12)
		m.AtLeast(milp.Named("row"), x.Times(1e-10), milp.Const(1))
		m.Minimize(x.Expr())
		got, err := s.Solve(t.Context(), m)
		require.NoError(t, err)
		require.Equal(t, milp.Optimal, got.Status)
		assert.InEpsilon(t, 1e10, got.Objective, 1e-6)
	})
}

func TestNumbersThatHiGHSMisunderstandsAreNamed(t *testing.T) {
	onBackends(t, func(t *testing.T, s Solver) {
		m := milp.New()
		x := m.Var(milp.At("unit", "power", 0, 3), 0, 1)
		m.AtMost(milp.Named("steep"), x.Times(1e16), milp.Const(1))
		m.AtLeast(milp.Named("much"), x.Expr(), milp.Const(2e20))
		m.AtMost(milp.Named("little"), x.Expr(), milp.Const(-1e20))
		m.Var(milp.Named("high"), 1e20, milp.Inf)
		m.Int(milp.Named("low"), -milp.Inf, -1e25)
		_, err := s.Solve(t.Context(), m)
		for _, part := range []string{
			"steep × unit.power(0,3) is 1e+16", "1e15", "much is 2e+20", "little is -1e+20", "high is 1e+20", "low is -1e+25", "1e20",
		} {
			require.ErrorContains(t, err, part)
		}
		session, err := s.Open(m)
		require.NoError(t, err)
		defer session.Close()
		_, err = session.Solve(t.Context())
		require.ErrorContains(t, err, "steep")

		ok := milp.New()
		y := ok.Var(milp.Named("y"), -1e25, 1e25) // no bounds, as far as HiGHS is concerned
		ok.Between(milp.Named("row"), milp.Const(-1e22), y.Times(9e14), milp.Const(9e14))
		ok.Maximize(y.Expr())
		got, err := s.Solve(t.Context(), ok)
		require.NoError(t, err)
		assert.InDelta(t, 1, got.Objective, 1e-6)
	})
}

func TestThreadCountsMayDiffer(t *testing.T) {
	onBackends(t, func(t *testing.T, s Solver) {
		var wait sync.WaitGroup
		for k := range 12 {
			wait.Go(func() {
				s := s
				s.Threads = 1 + k%3
				got, err := s.Solve(context.Background(), small())
				if assert.NoError(t, err) {
					assert.InDelta(t, 18, got.Objective, 1e-6)
				}
			})
		}
		wait.Wait()
	})
}

func TestCancellationWhereverHiGHSIs(t *testing.T) {
	onBackends(t, func(t *testing.T, s Solver) {
		s.Gap, s.AbsoluteGap = Exact, Exact
		m, _ := split()
		for k := range 8 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Duration(k*k)*time.Millisecond)
			got, err := s.Solve(ctx, m)
			cancel()
			require.ErrorIs(t, err, context.DeadlineExceeded)
			assert.Nil(t, got)
		}
	})
}

func TestBackendsAgree(t *testing.T) {
	for _, backend := range []Backend{Native, Wasm} {
		if _, err := (Solver{Backend: backend}).Build(); err != nil {
			t.Skipf("no %v HiGHS on this machine", backend)
		}
	}
	for seed := range uint64(6) {
		m := dayAhead(3, 1, seed)
		native, err := Solver{Backend: Native, Gap: Exact}.Solve(t.Context(), m)
		require.NoError(t, err)
		wasm, err := Solver{Backend: Wasm, Gap: Exact}.Solve(t.Context(), m)
		require.NoError(t, err)
		assert.InEpsilon(t, native.Objective, wasm.Objective, 1e-6, "seed %d", seed)
	}
}

func TestManySolvesAtOnce(t *testing.T) {
	onBackends(t, func(t *testing.T, s Solver) {
		s.Gap, s.Presolve = Exact, PresolveOff
		models := make([]*milp.Model, 4)
		want := make([]float64, len(models))
		for k := range models {
			models[k] = dayAhead(2, 1, uint64(k))
			got, err := s.Solve(t.Context(), models[k])
			require.NoError(t, err)
			want[k] = got.Objective
		}
		var wait sync.WaitGroup
		for worker := range 8 {
			wait.Go(func() {
				for round := range 4 {
					k := (worker + round) % len(models)
					got, err := s.Solve(context.Background(), models[k])
					if assert.NoError(t, err) {
						assert.Equal(t, want[k], got.Objective, "the same bits, whoever else is solving")
					}
				}
			})
		}
		wait.Wait()
	})
}
