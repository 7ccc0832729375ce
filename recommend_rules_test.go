package trigrid

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/milp"
)

// matrix is a game of two DERs that choose between one VPP per payoff and the
// outside option, which pays -10 and is the last strategy. Profiles of welfare
// -Inf are not feasible.
type matrix struct {
	payoffs   [2][][]float64 // [DER][own VPP of DER 0][VPP of DER 1]
	total     [][]float64    // welfare, nil: sum of payoffs
	tolerance float64
}

func (m matrix) Players() int       { return 2 }
func (m matrix) Strategies(int) int { return len(m.payoffs[0]) + 1 }

func (m matrix) move(_ context.Context, i int, a []int) (payoff, tolerance float64, available bool, err error) {
	n := len(m.payoffs[0])
	if a[i] == n {
		return -10, 0, true, nil
	}
	if a[1-i] == n {
		return -5, m.tolerance, true, nil // alone
	}
	payoff = m.payoffs[i][a[0]][a[1]]
	return payoff, m.tolerance, !math.IsInf(payoff, -1), nil
}

func (m matrix) welfare(ctx context.Context, a []int) (sum, gap float64, err error) {
	if m.total != nil && a[0] < len(m.total) && a[1] < len(m.total) {
		return m.total[a[0]][a[1]], 0, nil
	}
	for i := range 2 {
		payoff, _, available, _ := m.move(ctx, i, a)
		if !available {
			return math.Inf(-1), 0, nil
		}
		sum += payoff
	}
	return sum, 0, nil
}

// Matching pennies: one DER wants company, the other does not. The members of
// one VPP can pay each other, those of different VPPs cannot.
func pennies() matrix {
	return matrix{payoffs: [2][][]float64{{{1, -1}, {-1, 1}}, {{-1, 1}, {1, -1}}}}
}

func TestTransfersKeepTheBestProfileStable(t *testing.T) {
	g := pennies()
	g.total = [][]float64{{5, 0}, {0, 4}}
	a, err := compensate(t.Context(), g, slices.Values([][]int{{0, 0}}))
	require.NoError(t, err)
	require.NotNil(t, a)
	// DER 1 earns -1 with company and 1 without, so that it needs 2. DER 0
	// earns 1 with company and -1 without, so that it can pay 2.
	assert.InDeltaSlice(t, []float64{-2, 2}, a.transfers, 1e-12)
	assert.Equal(t, WithTransfers, a.reason)

	// In different VPPs no transfers are possible, and DER 0 wants to move.
	a, err = compensate(t.Context(), g, slices.Values([][]int{{0, 1}}))
	require.NoError(t, err)
	assert.Nil(t, a)

	// The next profile by welfare is taken.
	g.total = [][]float64{{3, 9}, {0, 4}}
	a, err = compensate(t.Context(), g, slices.Values([][]int{{0, 1}, {1, 1}, {0, 0}}))
	require.NoError(t, err)
	require.NotNil(t, a)
	assert.Equal(t, []int{1, 1}, a.draws[0].profile)
	assert.Contains(t, a.why, "the best one that is stable with transfers")

	// Within the tolerance of 2 payoffs, no transfers are needed.
	g.tolerance = 1
	a, err = compensate(t.Context(), g, slices.Values([][]int{{0, 1}}))
	require.NoError(t, err)
	require.NotNil(t, a)
	assert.Nil(t, a.transfers)
}

// The closed form is compared with the linear program that it solves.
func TestTransfersAreTheLeastOnes(t *testing.T) {
	solver := testsolver.New(t)
	random := rand.New(rand.NewPCG(3, 4))
	feasible := 0
	for range 60 {
		const vpps = 2
		profile, d := make([]int, 6), make([]float64, 6)
		for i := range profile {
			profile[i] = random.IntN(vpps + 1)
			d[i] = 10*random.Float64() - 7
		}
		transfers, moved, ok := transfersFor(profile, d, vpps)

		m := milp.New()
		var total milp.Expr
		sums := make([]milp.Expr, vpps+1)
		for i, v := range profile {
			up := m.Var(milp.At("up", "t", i), 0, milp.Inf)
			down := m.Var(milp.At("down", "t", i), 0, milp.Inf)
			total.Add(up.Expr(), down.Expr())
			m.AtLeast(milp.At("stay", "row", i), up.Expr().Minus(down.Expr()), milp.Const(d[i]))
			sums[v].Add(up.Expr().Minus(down.Expr()))
			if v == vpps {
				m.SetBounds(up, 0, 0)
				m.SetBounds(down, 0, 0)
			}
		}
		for v := range vpps {
			m.Equal(milp.At("zero", "row", v), sums[v], milp.Const(0))
		}
		m.Minimize(total)
		solution, err := solver.Solve(t.Context(), m)
		require.NoError(t, err)
		require.Equal(t, solution.Status == milp.Optimal, ok, "%v %v", profile, d)
		if !ok {
			continue
		}
		feasible++
		assert.InDelta(t, solution.Objective, moved, 1e-6)
		sum, size := make([]float64, vpps+1), 0.0
		for i, v := range profile {
			if transfers != nil {
				sum[v] += transfers[i]
				size += math.Abs(transfers[i])
				assert.GreaterOrEqual(t, transfers[i], d[i]-1e-9)
			}
		}
		assert.InDelta(t, moved, size, 1e-9)
		assert.InDeltaSlice(t, make([]float64, vpps+1), sum, 1e-9)
	}
	assert.Greater(t, feasible, 10)
}

// allOf returns an outcome that knows all feasible profiles of a game.
func allOf(g coalitionGame) *played {
	return &played{known: func(yield func([]int) bool) {
		profile := make([]int, g.Players())
		for {
			welfare, _, _ := g.welfare(context.Background(), profile)
			if !math.IsInf(welfare, -1) && !yield(slices.Clone(profile)) {
				return
			}
			i := len(profile) - 1
			for ; i >= 0; i-- {
				if profile[i]++; profile[i] < g.Strategies(i) {
					break
				}
				profile[i] = 0
			}
			if i < 0 {
				return
			}
		}
	}}
}

// verify checks a lottery from the payoffs: probabilities, and the expected
// gain of every DER by every constant choice. It returns the expected welfare.
func verify(t *testing.T, g coalitionGame, a *allocation) float64 {
	t.Helper()
	sum, welfare := 0.0, 0.0
	gains := make([][]float64, g.Players())
	for i := range gains {
		gains[i] = make([]float64, g.Strategies(i))
	}
	for _, d := range a.draws {
		sum += d.probability
		w, _, err := g.welfare(t.Context(), d.profile)
		require.NoError(t, err)
		welfare += d.probability * w
		for i := range gains {
			here, tolerance, _, err := g.move(t.Context(), i, d.profile)
			require.NoError(t, err)
			for v := range gains[i] {
				other := append([]int(nil), d.profile...)
				other[i] = v
				there, loose, available, err := g.move(t.Context(), i, other)
				require.NoError(t, err)
				if !available {
					other[i] = g.Strategies(i) - 1
					there, loose, _, err = g.move(t.Context(), i, other)
					require.NoError(t, err)
				}
				if v != d.profile[i] {
					gains[i][v] += d.probability * (there - here - tolerance - loose)
				}
			}
		}
	}
	assert.InDelta(t, 1, sum, 1e-9)
	for i := range gains {
		for v := range gains[i] {
			assert.LessOrEqual(t, gains[i][v], a.regret+1e-6, "DER %d by choice %d", i, v)
		}
	}
	return welfare
}

func TestLotteryIsACoarseCorrelatedEquilibrium(t *testing.T) {
	solver := testsolver.New(t)
	everything := allOf(pennies())
	// Pennies have one: each VPP with probability one half for both,
	// independently.
	a, err := lottery(t.Context(), pennies(), everything, solver)
	require.NoError(t, err)
	assert.Equal(t, Lottery, a.reason)
	assert.Zero(t, a.regret)
	assert.InDelta(t, 0, verify(t, pennies(), a), 1e-6)
	// Chicken: the best correlated equilibrium (Aumann 1974) plays (0, 0) with
	// probability 1/2 and (0, 1) and (1, 0) with 1/4 each, welfare 12/2 + 9/2 =
	// 10.5. A coarse one is at least as good.
	chicken := matrix{payoffs: [2][][]float64{{{6, 2}, {7, 0}}, {{6, 7}, {2, 0}}}}
	a, err = lottery(t.Context(), chicken, allOf(chicken), solver)
	require.NoError(t, err)
	assert.GreaterOrEqual(t, verify(t, chicken, a), 10.5-1e-6)
}

// crowd is a random game of several DERs.
type crowd struct{ players, vpps int }

func (c crowd) Players() int       { return c.players }
func (c crowd) Strategies(int) int { return c.vpps + 1 }
func (c crowd) move(_ context.Context, i int, a []int) (payoff, tolerance float64, available bool, err error) {
	if a[i] == c.vpps {
		return 0, 0, true, nil
	}
	key := uint64(i)
	for _, v := range a {
		key = key*7 + uint64(v) + 1
	}
	return 20*rand.New(rand.NewPCG(key, 5)).Float64() - 8, 1e-6, key%11 != 0, nil
}

func (c crowd) welfare(_ context.Context, a []int) (sum, gap float64, err error) {
	key := uint64(99)
	for i, v := range a {
		if _, _, available, _ := c.move(context.Background(), i, a); !available {
			return math.Inf(-1), 0, nil
		}
		key = key*7 + uint64(v)
	}
	return 1000 * rand.New(rand.NewPCG(key, 6)).Float64(), 0, nil
}

func TestLotteryByColumnsAgreesWithTheWholeProgram(t *testing.T) {
	solver := testsolver.New(t)
	for players := 2; players <= 5; players++ {
		t.Run(fmt.Sprint(players), func(t *testing.T) {
			g := crowd{players, 2}
			everything := allOf(g)
			whole, err := lottery(t.Context(), g, everything, solver)
			require.NoError(t, err)
			byColumns, err := (&lotteryProgram{game: g, solver: solver, first: 1}).run(t.Context(), everything)
			require.NoError(t, err)
			assert.InDelta(t, whole.regret, byColumns.regret, 1e-5)
			assert.InDelta(t, verify(t, g, whole), verify(t, g, byColumns), 1e-3)
		})
	}
}

// scaled is a game whose DER i counts payoffs in another currency.
type scaled struct {
	crowd
	factor [3]float64
}

func (g scaled) move(ctx context.Context, i int, a []int) (payoff, tolerance float64, available bool, err error) {
	payoff, tolerance, available, err = g.crowd.move(ctx, i, a)
	return payoff * g.factor[i], tolerance * g.factor[i], available, err
}

// A gain of 1e-6 beside one of 1e5 counts: HiGHS's tolerances are absolute.
func TestALotteryDoesNotDependOnTheUnitOfMoney(t *testing.T) {
	solver := testsolver.New(t)
	g := crowd{3, 2}
	plain, err := lottery(t.Context(), g, allOf(g), solver)
	require.NoError(t, err)
	for _, f := range []float64{1e-3, 1e5, 1e8} {
		s := scaled{g, [3]float64{f, f, f}}
		other, err := lottery(t.Context(), s, allOf(s), solver)
		require.NoError(t, err)
		assert.InDelta(t, plain.regret, other.regret/f, 1e-4, "factor %g", f)
		assert.Len(t, other.draws, len(plain.draws), "factor %g", f)
	}
	// One DER in a small unit: its rows hold up to the tolerance, which follows
	// the largest gain.
	s := scaled{g, [3]float64{1e5, 1e-1, 1e5}}
	_, err = lottery(t.Context(), s, allOf(s), solver)
	require.NoError(t, err)
}

// Profiles that a search knows can have no lottery without regret; the smallest
// one is stated.
func TestLotteryOverKnownProfilesStatesItsRegret(t *testing.T) {
	a, err := lottery(t.Context(), pennies(), &played{known: slices.Values([][]int{{0, 0}})}, testsolver.New(t))
	require.NoError(t, err)
	assert.InDelta(t, 2, a.regret, 1e-6, "DER 1 gains 2 by leaving")
	require.Len(t, a.draws, 1)
}
