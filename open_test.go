package trigrid_test

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/vpp"
)

// programOf returns the VPP and the DERs of r whose columns a program has, such
// as "VPP1 T S".
func programOf(r trigrid.Region, m *milp.Model) string {
	owners := map[string]bool{}
	for j := range m.Vars() {
		owners[m.VarAt(j).Name().Owner] = true
	}
	var out []string
	for _, p := range r.VPPs {
		if owners[p.Name] {
			out = append(out, p.Name)
		}
	}
	for _, d := range r.DERs {
		if owners[d.Name()] {
			out = append(out, d.Name())
		}
	}
	return strings.Join(out, " ")
}

// blindTo returns a solver that fails for one program, or for all that begin
// with text before a *.
func blindTo(t *testing.T, r trigrid.Region, program string) stub {
	begin, all := strings.CutSuffix(program, "*")
	return newStub(t, func(_ context.Context, m *milp.Model, _ *milp.Limits) (*milp.Solution, error) {
		if p := programOf(r, m); p == program || all && strings.HasPrefix(p, begin) {
			return nil, fmt.Errorf("%w: blind", milp.ErrFailed)
		}
		return nil, nil
	})
}

// The whole game is known to an exact run. A run without one of its programs
// calls no profile a strict equilibrium that is none, claims no proof about the
// rest, and recommends no profile as stable without the program.
func TestAnOpenProgramMakesNoFalseClaims(t *testing.T) {
	open := 0
	for _, rule := range []vpp.Sharing{nil, vpp.Marginal{}} {
		r := small(t)
		r.Sharing = rule
		exact := coordinate(t, r, trigrid.Options{Budget: -1})
		programs := []string{"VPP1*", "VPP2*"}
		for _, c := range exact.Coalitions {
			members := slices.Clone(c.Members)
			slices.SortFunc(members, func(a, b string) int { return strings.Index("W T S", a) - strings.Index("W T S", b) })
			programs = append(programs, strings.Join(append([]string{c.VPP}, members...), " "))
		}
		for _, program := range programs {
			for _, search := range []bool{false, true} {
				name := fmt.Sprintf("%s, %v, search %v", program, r.Sharing, search)
				res := coordinate(t, r, trigrid.Options{Search: search, Solver: blindTo(t, r, program)})
				if len(res.OpenPrograms) == 0 {
					require.True(t, search, name) // the search did not need it
					continue
				}
				open++
				for _, e := range res.Game.Nash {
					if e.Kind == "strict" {
						assert.Contains(t, exact.Game.Nash, e, name)
					}
				}
				rec := res.Recommendation
				assert.False(t, rec.Proven, name)
				if rec.Reason == trigrid.NothingFeasible {
					assert.Contains(t, rec.Explanation, "programs that may have one are not solved", name)
				}
				assert.NotEqual(t, trigrid.WithTransfers, rec.Reason, name)
				if res.Planning == trigrid.PlanningEnumerated {
					assert.False(t, res.Game.Proven, "%s: another end may exist", name)
				}
			}
		}
	}
	assert.Greater(t, open, 50)
}

// In this region no profile is an equilibrium. Without the program of V0 with
// D0 and D1 a search cannot state that transfers make a profile stable.
func TestASearchWithAnOpenProgramPromisesNoStability(t *testing.T) {
	r := randomRegion(t, 7, false)
	res := coordinate(t, r, trigrid.Options{Search: true, Solver: blindTo(t, r, "V0 D0 D1")})
	require.NotEmpty(t, res.OpenPrograms)
	require.False(t, res.Game.Exhaustive)
	assert.Equal(t, trigrid.BestKnown, res.Recommendation.Reason)
}

// A VPP without any plan can have any value, so that no bound of the welfare is
// known.
func TestAVPPWithoutAPlanHasNoBound(t *testing.T) {
	r := small(t)
	solver := newStub(t, func(ctx context.Context, m *milp.Model, _ *milp.Limits) (*milp.Solution, error) {
		if strings.HasPrefix(programOf(r, m), "VPP2") {
			<-ctx.Done()
			return nil, ctx.Err()
		}
		return nil, nil
	})
	for _, search := range []bool{false, true} {
		res := coordinate(t, r, trigrid.Options{Search: search, Solver: solver, Workers: 2, Budget: 1500 * time.Millisecond})
		require.True(t, res.Cut)
		if len(res.Recommendation.Profile) > 0 {
			assert.Equal(t, math.MaxFloat64, res.Recommendation.Bound)
		}
		assert.NotEqual(t, trigrid.DynamicEnd, res.Recommendation.Reason)
	}
}

// A solver that proves no better bound than 90 % leaves it open which profile
// has the highest welfare.
func TestAWideGapHidesTheHighestWelfare(t *testing.T) {
	exact := coordinate(t, small(t), trigrid.Options{Budget: -1})
	require.True(t, exact.Recommendation.Highest)
	loose := newStub(t, func(ctx context.Context, m *milp.Model, l *milp.Limits) (*milp.Solution, error) {
		if m.Integers() == 0 {
			return nil, nil
		}
		best, err := trigrid.DefaultSolver().Solve(ctx, m)
		if err == nil && best.Status == milp.Optimal {
			best.Status, best.Stopped = milp.Feasible, "node limit"
			best.Bound += 0.9 * math.Abs(best.Objective)
		}
		return best, err
	})
	for _, budget := range []time.Duration{time.Hour, -1} {
		res := coordinate(t, small(t), trigrid.Options{Solver: loose, Budget: budget})
		assert.Equal(t, exact.Recommendation.Profile, res.Recommendation.Profile)
		assert.Greater(t, res.Recommendation.Bound, res.Recommendation.Welfare+1)
		assert.False(t, res.Recommendation.Highest)
	}
}
