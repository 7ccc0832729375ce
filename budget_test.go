package trigrid_test

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/milp/highs"
	"github.com/trigrid/trigrid/vpp"
)

// stub is a solver that passes programs on and can be made slow or blind. It
// has the limits of the solver behind it.
type stub struct {
	highs.Solver
	limits *milp.Limits // of the last Limit; nil: none
	on     func(ctx context.Context, m *milp.Model, l *milp.Limits) (*milp.Solution, error)
	solves *atomic.Int64
}

func newStub(t *testing.T, on func(context.Context, *milp.Model, *milp.Limits) (*milp.Solution, error)) stub {
	testsolver.New(t)
	return stub{Solver: trigrid.DefaultSolver(), on: on, solves: new(atomic.Int64)}
}

func (s stub) Limit(l milp.Limits) milp.Solver {
	s.Solver, s.limits = s.Solver.Limit(l).(highs.Solver), &l
	return s
}

func (s stub) Observe(f func(milp.Progress)) milp.Solver {
	s.Solver = s.Solver.Observe(f).(highs.Solver)
	return s
}

// Solve calls on first, which returns nothing to pass the program on.
func (s stub) Solve(ctx context.Context, m *milp.Model) (*milp.Solution, error) {
	s.solves.Add(1)
	if solution, err := s.on(ctx, m, s.limits); solution != nil || err != nil {
		return solution, err
	}
	return s.Solver.Solve(ctx, m)
}

// sleep waits, or until the context ends.
func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// checkCut checks a result that wall time ended: it says so, and claims nothing
// that is open.
func checkCut(t *testing.T, res *trigrid.Result) {
	t.Helper()
	assert.True(t, res.Cut)
	assert.NotEmpty(t, res.OpenPrograms)
	require.NotNil(t, res.Recommendation)
	assert.False(t, res.Recommendation.Proven)
	if len(res.Settlement) > 0 {
		checkSettled(t, res)
	}
	encode(t, res)
}

// A solver that needs 150 ms a program has no time for the 16 programs of the
// small region, with several solves each.
func TestABudgetEndsARun(t *testing.T) {
	solver := newStub(t, func(ctx context.Context, _ *milp.Model, _ *milp.Limits) (*milp.Solution, error) {
		return nil, sleep(ctx, 150*time.Millisecond)
	})
	for _, budget := range []time.Duration{300 * time.Millisecond, time.Second, 2 * time.Second} {
		began := time.Now()
		res, err := trigrid.Run(t.Context(), small(t), trigrid.Options{Solver: solver, Workers: 2, Budget: budget})
		took := time.Since(began)
		require.NoError(t, err)
		assert.Less(t, took, onTime(budget+500*time.Millisecond))
		checkCut(t, res)
		assert.Equal(t, trigrid.PlanningEnumerated, res.Planning)
		if budget == 2*time.Second {
			assert.NotEmpty(t, res.Coalitions)
			assert.Empty(t, res.Coalitions[0].Members, "the empty coalition comes first")
		}
	}
}

// The number of coalitions decides how a run plans, also if a busy machine
// leaves no time for the choice: an observer stops the run at its first program
// for longer than the budget lasts. All programs are then solved, excluded or
// open.
func TestABudgetThatEndsBeforeTheChoiceKeepsTheMethod(t *testing.T) {
	testsolver.New(t) // without a solver, the test is skipped
	const budget = 300 * time.Millisecond
	for _, search := range []bool{false, true} {
		began := time.Now()
		res := coordinate(t, small(t), trigrid.Options{Budget: budget, Search: search, Observe: func(p trigrid.Progress) {
			if p.Stage == trigrid.Coalitions {
				time.Sleep(max(0, budget+100*time.Millisecond-time.Since(began)))
			}
		}})
		checkCut(t, res)
		assert.False(t, res.Game.Exhaustive)
		if search {
			assert.Equal(t, trigrid.PlanningSearched, res.Planning)
			continue
		}
		assert.Equal(t, trigrid.PlanningEnumerated, res.Planning)
		unsolved := 0
		for _, o := range res.OpenPrograms {
			if o.NoPlan != "" {
				unsolved++
			}
		}
		assert.Equal(t, 16, len(res.Coalitions)+len(res.Infeasible)+unsolved, "2 VPPs with 8 coalitions each")
	}
}

// A solver that ignores its context is not waited for longer than HiGHS's
// binding does; this one obeys, but never ends by itself.
func TestARunWithoutAnyPlanSaysSo(t *testing.T) {
	solver := newStub(t, func(ctx context.Context, _ *milp.Model, _ *milp.Limits) (*milp.Solution, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	})
	for _, search := range []bool{false, true} {
		res, err := trigrid.Run(t.Context(), small(t), trigrid.Options{Solver: solver, Budget: 400 * time.Millisecond, Search: search})
		require.NoError(t, err)
		checkCut(t, res)
		assert.Equal(t, trigrid.NothingSolved, res.Recommendation.Reason)
		assert.Empty(t, res.Settlement)
		assert.Empty(t, res.Infeasible, "no program is proven to be infeasible")
		for _, o := range res.OpenPrograms {
			assert.NotEmpty(t, o.NoPlan)
		}
	}
}

// A run whose context ends returns the best result so far: before the first
// program, during the planning, and after it.
func TestACancelledRunStatesTheBestResultSoFar(t *testing.T) {
	testsolver.New(t) // without a solver, the test is skipped
	ended, stop := context.WithCancel(t.Context())
	stop()
	res, err := trigrid.Run(ended, small(t), trigrid.Options{})
	needSolver(t, err)
	require.NoError(t, err)
	checkCut(t, res)
	assert.Equal(t, trigrid.NothingSolved, res.Recommendation.Reason)

	for _, budget := range []time.Duration{0, -1} {
		ctx, stop := context.WithCancel(t.Context())
		res, err = trigrid.Run(ctx, small(t), trigrid.Options{Workers: 1, Budget: budget, Observe: func(p trigrid.Progress) {
			if p.Stage == trigrid.Coalitions && p.Done == 5 {
				stop()
			}
		}})
		require.NoError(t, err)
		checkCut(t, res)
		assert.GreaterOrEqual(t, len(res.Coalitions), 4)
		assert.Less(t, len(res.Coalitions), 16)
		assert.NotEqual(t, trigrid.NothingSolved, res.Recommendation.Reason)

		// After the last program nothing is missing.
		ctx, stop = context.WithCancel(t.Context())
		late, err := trigrid.Run(ctx, small(t), trigrid.Options{Budget: budget, Observe: func(p trigrid.Progress) {
			if p.Stage == trigrid.Settling {
				stop()
			}
		}})
		require.NoError(t, err)
		assert.False(t, late.Cut)
		assert.Equal(t, encode(t, coordinate(t, small(t), trigrid.Options{Budget: budget})), encode(t, late))
	}

	// A deadline of the context is a budget.
	slow := newStub(t, func(ctx context.Context, _ *milp.Model, _ *milp.Limits) (*milp.Solution, error) {
		return nil, sleep(ctx, 100*time.Millisecond)
	})
	ctx, stop := context.WithTimeout(t.Context(), time.Second)
	defer stop()
	began := time.Now()
	res, err = trigrid.Run(ctx, small(t), trigrid.Options{Solver: slow, Budget: -1})
	require.NoError(t, err)
	assert.Less(t, time.Since(began), onTime(1500*time.Millisecond))
	checkCut(t, res)
}

// A run that ends by itself does not depend on time, load or workers.
func TestABudgetedRunGivesTheSameBytes(t *testing.T) {
	r := large(t, 5)
	var first string
	for k, delay := range []time.Duration{0, 0, time.Millisecond, 3 * time.Millisecond} {
		solver := newStub(t, func(ctx context.Context, m *milp.Model, _ *milp.Limits) (*milp.Solution, error) {
			return nil, sleep(ctx, delay*time.Duration(1+m.Vars()%5))
		})
		before := runtime.GOMAXPROCS(1 + k%2)
		res := coordinate(t, r, trigrid.Options{Solver: solver, Workers: 1 + 2*(k%2), Budget: time.Hour})
		runtime.GOMAXPROCS(before)
		require.False(t, res.Cut)
		if k == 0 {
			first = encode(t, res)
		}
		require.Equal(t, first, encode(t, res), "run %d", k)
	}
}

// coarse returns a stub that spoils the plans of programs with integers at a
// gap of 1 %: it solves them with costs that are wrong by up to 30 %, and keeps
// such a plan if it is within 0.9 % of the optimum. The game is then undecided
// until they are solved again.
func coarse(t *testing.T) stub {
	exact := trigrid.DefaultSolver()
	return newStub(t, func(ctx context.Context, m *milp.Model, l *milp.Limits) (*milp.Solution, error) {
		if m.Integers() == 0 || l == nil || l.Gap < 0.01 && l.Nodes > 250 {
			return nil, nil
		}
		best, err := exact.Solve(ctx, m)
		if err != nil || best.Values == nil {
			return best, err
		}
		rough := func(solution *milp.Solution) *milp.Solution {
			out, data := *solution, m.Data()
			out.Status, out.Stopped = milp.Feasible, "node limit"
			out.Objective = data.Constant
			for j, c := range data.Cost {
				out.Objective += c * out.Values[j]
			}
			out.Bound = best.Objective + 0.001*math.Abs(best.Objective)
			out.Gap = math.Abs(out.Bound-out.Objective) / math.Abs(out.Objective)
			return &out
		}
		for _, wrong := range []float64{0.3, 0.1, 0.03, 0.01} {
			spoiled, random := m.Copy(), rand.New(rand.NewPCG(uint64(m.Vars()), 7))
			for j := range m.Vars() {
				v := spoiled.VarAt(j)
				spoiled.SetCost(v, spoiled.Cost(v)*(1+wrong*(2*random.Float64()-1)))
			}
			solution, err := exact.Solve(ctx, spoiled)
			if err != nil {
				return nil, err
			}
			if solution.Status != milp.Optimal {
				continue
			}
			if out := rough(solution); best.Objective-out.Objective <= 0.009*math.Abs(best.Objective) {
				return out, nil
			}
		}
		return rough(best), nil
	})
}

// Rough plans leave equilibria undetermined; the rounds prove them, and solve
// no more than they need.
func TestRoundsProveVerdicts(t *testing.T) {
	r := small(t)
	r.VPPs[0].PassThrough, r.VPPs[1].PassThrough = 1, 1
	res := coordinate(t, r, trigrid.Options{Solver: coarse(t)})
	exact := coordinate(t, r, trigrid.Options{Budget: -1})
	assert.False(t, res.Cut)
	assert.Empty(t, res.OpenPrograms)
	assert.True(t, res.Game.Proven)
	assert.True(t, res.Recommendation.Proven)
	assert.Equal(t, exact.Recommendation.Profile, res.Recommendation.Profile)
	require.Len(t, res.Game.Nash, 1)
	assert.True(t, res.Game.Nash[0].Proven)
	assert.Equal(t, "strict", res.Game.Nash[0].Kind)
	rough := 0
	for k, c := range res.Coalitions {
		assert.Equal(t, exact.Coalitions[k].Members, c.Members)
		assert.GreaterOrEqual(t, c.Value.Objective+c.AbsoluteGap, exact.Coalitions[k].Value.Objective-1e-6)
		if c.AbsoluteGap > 1 {
			rough++
		}
	}
	t.Logf("%d of %d programs stay rough", rough, len(res.Coalitions))

	// Without rounds the same plans prove nothing: the first solve only has the
	// gap of a budget.
	assert.Less(t, rough, len(res.Coalitions))
}

// A program that ends at a work limit without a plan is open; the next round
// solves it.
func TestAProgramWithoutAPlanIsSolvedAgain(t *testing.T) {
	blind := newStub(t, func(_ context.Context, m *milp.Model, l *milp.Limits) (*milp.Solution, error) {
		if l != nil && l.Nodes <= 250 && !l.Cutoff.Given() && m.Integers() > 0 { // no search for a range
			return &milp.Solution{Status: milp.NoSolution, Stopped: "node limit", Objective: math.NaN(), Bound: math.Inf(1), Gap: math.Inf(1)}, nil
		}
		return nil, nil
	})
	res := coordinate(t, small(t), trigrid.Options{Solver: blind})
	exact := coordinate(t, small(t), trigrid.Options{Budget: -1})
	assert.False(t, res.Cut)
	assert.Empty(t, res.OpenPrograms)
	assert.Equal(t, exact.Coalitions, res.Coalitions)
	assert.Equal(t, exact.Recommendation.Profile, res.Recommendation.Profile)

	// A solver whose own limit leaves no plan: its moves are not available, and
	// nothing that rests on them is proven.
	never := newStub(t, func(_ context.Context, m *milp.Model, _ *milp.Limits) (*milp.Solution, error) {
		if m.Integers() > 0 {
			return &milp.Solution{Status: milp.NoSolution, Stopped: "node limit", Objective: math.NaN(), Bound: math.Inf(1), Gap: math.Inf(1)}, nil
		}
		return nil, nil
	})
	res = coordinate(t, small(t), trigrid.Options{Solver: never, Budget: -1})
	assert.False(t, res.Cut)
	require.NotEmpty(t, res.OpenPrograms)
	assert.Less(t, len(res.Coalitions), 16)
	assert.False(t, res.Game.Proven)
	assert.False(t, res.Recommendation.Proven)
	for _, o := range res.OpenPrograms {
		assert.Contains(t, o.NoPlan, "before it found a solution")
	}
	assert.Empty(t, res.Infeasible)
}

// More than 1,024 coalitions are searched first. The number decides, not the
// time.
func TestManyCoalitionsAreSearchedFirst(t *testing.T) {
	if testing.Short() {
		t.Skip("some hundred programs")
	}
	r := large(t, 10) // 2 VPPs: 2,048 coalitions
	r.Sharing = vpp.Marginal{}
	slow := newStub(t, func(ctx context.Context, _ *milp.Model, _ *milp.Limits) (*milp.Solution, error) {
		return nil, sleep(ctx, 20*time.Millisecond)
	})
	res := coordinate(t, r, trigrid.Options{Budget: 6 * time.Second, Solver: slow})
	assert.Equal(t, trigrid.PlanningSearchedFirst, res.Planning)
	assert.True(t, res.Cut)
	assert.False(t, res.Game.Exhaustive)
	assert.NotEqual(t, trigrid.NothingSolved, res.Recommendation.Reason)
	assert.Less(t, len(res.Coalitions), 2048)
	checkSettled(t, res)
}

// Every verdict that a budgeted run proves is that of the same region with all
// programs solved to a gap of 1e-9.
func TestProvenVerdictsAreThoseOfExactPrograms(t *testing.T) {
	testsolver.New(t)
	exact := highs.Solver{Gap: 1e-9, Search: highs.SearchProof}
	proven, rows, sharpened := 0, 0, 0
	for seed := uint64(1); seed <= uint64(count(t, 10)); seed++ {
		r := randomRegion(t, seed, false)
		if r.Validate() != nil {
			continue
		}
		twin := coordinate(t, r, trigrid.Options{Solver: exact, Budget: -1})
		for name, solver := range map[string]milp.Solver{"HiGHS": trigrid.DefaultSolver(), "coarse": coarse(t)} {
			res := coordinate(t, r, trigrid.Options{Solver: solver, Budget: time.Hour})
			require.False(t, res.Cut, "seed %d", seed)
			for _, e := range res.Game.Nash {
				if !e.Proven {
					continue
				}
				rows++
				assert.True(t, slices.ContainsFunc(twin.Game.Nash, func(x trigrid.Equilibrium) bool {
					return x.Kind == e.Kind && assert.ObjectsAreEqual(x.Profile, e.Profile)
				}), "seed %d, %s: %v", seed, name, e.Profile)
			}
			// An equilibrium of the exact programs is one of the run, if only
			// an undetermined one.
			for _, e := range twin.Game.Nash {
				if e.Kind == "strict" && len(e.Indifferent) == 0 && e.Swaps == 0 {
					assert.True(t, slices.ContainsFunc(res.Game.Nash, func(x trigrid.Equilibrium) bool {
						return assert.ObjectsAreEqual(x.Profile, e.Profile) || len(x.Indifferent) > 0
					}), "seed %d, %s: %v is missing", seed, name, e.Profile)
				}
			}
			if res.Game.Proven {
				assert.Equal(t, twin.Game.Settled, res.Game.Settled, "seed %d, %s", seed, name)
				if res.Game.Settled {
					assert.Equal(t, twin.Game.Profile, res.Game.Profile, "seed %d, %s", seed, name)
				}
			}
			if res.Recommendation.Proven {
				proven++
				assert.Equal(t, twin.Recommendation.Profile, res.Recommendation.Profile, "seed %d, %s", seed, name)
			}
			if name == "coarse" && res.LargestGap > 1 {
				sharpened++
			}
		}
	}
	t.Logf("%d recommendations and %d equilibria proven; %d runs keep rough programs", proven, rows, sharpened)
	assert.Positive(t, proven)
}

var errBroken = errors.New("broken solver")

func TestABudgetHidesNoFailure(t *testing.T) {
	broken := newStub(t, func(context.Context, *milp.Model, *milp.Limits) (*milp.Solution, error) { return nil, errBroken })
	_, err := trigrid.Run(t.Context(), small(t), trigrid.Options{Solver: broken})
	require.ErrorIs(t, err, errBroken)
}

// onTime returns a limit of wall time for a test. Only an idle machine keeps
// it: another process can take the cores for seconds. TRIGRID_IDLE=1 checks the
// limit itself, other runs one with 20 s more, which a run that ignores its
// budget exceeds.
func onTime(limit time.Duration) time.Duration {
	if os.Getenv("TRIGRID_IDLE") == "" {
		limit += 20 * time.Second
	}
	return limit
}

// A result that is not cut does not depend on the time. The last program ends
// at its wall time with a plan that no verdict needs, but the result shows the
// plan.
func TestAPlanOfWallTimeCutsTheRun(t *testing.T) {
	r := small(t)
	solver := newStub(t, func(ctx context.Context, m *milp.Model, l *milp.Limits) (*milp.Solution, error) {
		if l == nil || m.Integers() == 0 || programOf(r, m) != "VPP2 T S" {
			return nil, nil
		}
		best, err := trigrid.DefaultSolver().Solve(ctx, m)
		if err != nil || sleep(ctx, l.Time) != nil {
			return best, err
		}
		best.Status, best.Stopped = milp.Feasible, "time limit"
		best.Bound = best.Objective + 0.01
		return best, nil
	})
	res := coordinate(t, r, trigrid.Options{Solver: solver, Workers: 1, Budget: 4 * time.Second})
	assert.True(t, res.Cut)
}

// More work does not help a program whose rounds of tangents are used: it is
// not solved again and again until the budget ends.
func TestUsedRoundsOfTangentsEndTheEffort(t *testing.T) {
	r := small(t)
	r.DERs[1] = &der.Thermal{
		ID: "T", MinOutput: 1, MaxOutput: 3, NoLoad: 100, Linear: 300, Quadratic: 40,
		StartUp: []der.StartCost{{Cost: 150}}, EmissionFactor: 0.42, Quota: 0.3,
	}
	var solves []int64
	for _, rounds := range []int{0, 1} {
		r.Setting.Modelling.CostRounds, r.Setting.Modelling.CostTolerance = rounds, 1e-7
		solver := newStub(t, func(context.Context, *milp.Model, *milp.Limits) (*milp.Solution, error) { return nil, nil })
		res := coordinate(t, r, trigrid.Options{Solver: solver, Budget: time.Hour})
		assert.False(t, res.Cut)
		assert.Len(t, res.OpenPrograms, rounds)
		solves = append(solves, solver.solves.Load())
	}
	assert.Less(t, solves[1], solves[0]+20)
}

// A limit can end the solve that tells an infeasible program from an unbounded
// one. Such a program is open, and more work decides.
func TestAnUndecidedProgramIsSolvedAgain(t *testing.T) {
	undecided := newStub(t, func(_ context.Context, m *milp.Model, l *milp.Limits) (*milp.Solution, error) {
		if l != nil && l.Nodes <= 1000 && m.Integers() > 0 {
			return &milp.Solution{Status: milp.Undecided}, nil
		}
		return nil, nil
	})
	for _, search := range []bool{false, true} {
		res := coordinate(t, small(t), trigrid.Options{Solver: undecided, Search: search})
		exact := coordinate(t, small(t), trigrid.Options{Budget: -1, Search: search})
		assert.False(t, res.Cut)
		require.Empty(t, res.OpenPrograms)
		assert.Equal(t, exact.Recommendation.Profile, res.Recommendation.Profile)
	}
}

// A search that planned all coalitions examines the whole game. If the time
// ends before, the result states that it is cut.
func TestASearchWithoutTimeForTheWholeGameIsCut(t *testing.T) {
	o := trigrid.Options{Search: true, Budget: -1}
	whole := coordinate(t, small(t), o)
	require.True(t, whole.Game.Exhaustive)
	ctx, stop := context.WithCancel(t.Context())
	o.Observe = func(p trigrid.Progress) {
		if p.Stage == trigrid.Choice && p.Done == 0 {
			stop()
			time.Sleep(1500 * time.Millisecond) // the choice has a second
		}
	}
	res, err := trigrid.Run(ctx, small(t), o)
	require.NoError(t, err)
	assert.False(t, res.Game.Exhaustive)
	assert.True(t, res.Cut)
}

// skipIfBusy skips a test of wall time that has failed, if the machine has no
// time for it: all programs of the region take more than a second, and 0.2 s on
// an idle machine (measured, 2 cores).
func skipIfBusy(t *testing.T, r trigrid.Region) {
	t.Helper()
	began := time.Now()
	coordinate(t, r, trigrid.Options{Budget: -1})
	if took := time.Since(began); took > time.Second {
		t.Skipf("other processes use the machine: all programs of the region take %.1f s", took.Seconds())
	}
}

// Two programs in work end at their wall times, one after the other. The end of
// the first does not take the plan of the second.
func TestProgramsInWorkKeepTheirWallTime(t *testing.T) {
	r := small(t)
	solver := newStub(t, func(ctx context.Context, m *milp.Model, l *milp.Limits) (*milp.Solution, error) {
		switch program := programOf(r, m); {
		case program == "VPP2 W S":
			return nil, sleep(ctx, time.Second) // the next program begins a second later
		case l == nil || m.Integers() == 0 || program != "VPP2 W T" && program != "VPP2 T S":
			return nil, nil
		}
		if err := sleep(ctx, l.Time); err != nil {
			return nil, err
		}
		best, err := trigrid.DefaultSolver().Solve(context.WithoutCancel(ctx), m)
		if err == nil {
			best.Status, best.Stopped, best.Bound = milp.Feasible, "time limit", best.Objective+0.01
		}
		return best, err
	})
	res := coordinate(t, r, trigrid.Options{Solver: solver, Workers: 2, Budget: 6 * time.Second})
	assert.True(t, res.Cut)
	if len(res.Coalitions) < 16 {
		skipIfBusy(t, r)
	}
	assert.Len(t, res.Coalitions, 16)
}
