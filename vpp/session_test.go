package vpp_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/vpp"
	"github.com/trigrid/trigrid/weights"
)

// hamlet is the village with three DERs, for tests that solve often.
func hamlet(t testing.TB) (vpp.VPP, []der.DER, vpp.Setting) {
	v, ders, setting := village(t)
	return v, []der.DER{ders[0], ders[2], ders[3]}, setting
}

// members returns the DERs of a coalition.
func members(ders []der.DER, s vpp.Coalition) []der.DER {
	var out []der.DER
	for _, i := range s.Members() {
		out = append(out, ders[i])
	}
	return out
}

// After any sequence of changes, the plan of a session equals that of a cold
// solve.
func TestSessionEqualsColdSolves(t *testing.T) {
	v, ders, setting := hamlet(t)
	solver := testsolver.New(t)
	session := vpp.NewSession(solver)
	defer session.Close()
	var (
		random  = rand.New(rand.NewPCG(31, 32))
		all     = allMembers(len(ders))
		taking  = all
		tariff  = *setting.Markets.Electricity.(*market.Tariff)
		base    = setting.Set
		updated = 0
	)
	setting.Weights = weights.Vector{Economic: 0.4, Risk: 0.2, Environment: 0.4}
	for i := range 12 {
		what := "nothing"
		switch random.IntN(4) {
		case 0:
			what = "weights"
			a, b := 0.2+0.5*random.Float64(), 0.3*random.Float64()
			setting.Weights = weights.Vector{Economic: a, Risk: b, Environment: 1 - a - b}
		case 1:
			what = "prices"
			changed := tariff
			changed.Buy, changed.Sell = tariff.Buy.Times(0.5+random.Float64()), tariff.Sell.Times(0.5*random.Float64())
			setting.Markets.Electricity = &changed
		case 2:
			what = "members"
			taking = vpp.Coalition(random.IntN(int(all) + 1))
		case 3:
			what = "demand"
			loads := make([][]float64, base.Len())
			for s := range loads {
				for _, mw := range base.Path("load", s) {
					loads[s] = append(loads[s], mw+2*random.Float64())
				}
			}
			setting.Set = hourly(t, base.Steps(), base.Probabilities(), map[string][][]float64{
				"load": loads, "wind": {base.Path("wind", 0), base.Path("wind", 1)},
			})
		}
		t.Run(fmt.Sprint(i, " ", what), func(t *testing.T) {
			warm, err := session.Solve(t.Context(), vpp.Problem{VPP: v, Members: ders, Setting: setting}, taking)
			require.NoError(t, err)
			checked(t, warm)
			cold := solve(t, v, members(ders, taking), setting)
			assert.InDelta(t, cold.Value.Objective, warm.Value.Objective, 1e-6*max(1, math.Abs(cold.Value.Objective)))
			assert.InDelta(t, cold.Value.Integrated, warm.Value.Integrated, 1e-5*max(1, math.Abs(cold.Value.Integrated)))
			require.Len(t, warm.Members, len(cold.Members))
			for k := range cold.Members {
				assert.InDelta(t, cold.Members[k].Revenue, warm.Members[k].Revenue, 1e-4, cold.Members[k].DER.Name())
			}
			t.Log(warm.Solution.Update)
			if strings.HasPrefix(warm.Solution.Update, "updated") {
				updated++
			}
		})
	}
	assert.GreaterOrEqual(t, updated, 9, "weights, prices, demands and members are updated in place")
}

// A change that cannot be made in place rebuilds the program, and the reason
// names it.
func TestSessionReportsWhyItRebuilds(t *testing.T) {
	v, ders, setting := hamlet(t)
	session := vpp.NewSession(testsolver.New(t))
	defer session.Close()
	update := func() string {
		t.Helper()
		plan, err := session.Solve(t.Context(), vpp.Problem{VPP: v, Members: ders, Setting: setting}, allMembers(len(ders)))
		require.NoError(t, err)
		return plan.Solution.Update
	}
	assert.Contains(t, update(), "built: ")
	assert.Contains(t, update(), "updated: no changes")
	setting.Weights = weights.Vector{Economic: 0.5, Risk: 0.2, Environment: 0.3}
	assert.Contains(t, update(), "updated: ")
	assert.NotContains(t, update(), "rebuilt")
	imbalance := *setting.Markets.Imbalance.(*market.Imbalance)
	imbalance.Short = market.Series{31}
	setting.Markets.Imbalance = &imbalance
	assert.Equal(t, "rebuilt: row village.risk_tail(0) has other coefficients", update())
	setting.Risk = vpp.CVaR{}
	assert.Regexp(t, `^rebuilt: \d+ columns and \d+ rows instead of \d+ and \d+$`, update())

	_, err := session.Solve(t.Context(), vpp.Problem{VPP: v, Members: ders, Setting: setting}, 1<<5)
	assert.ErrorContains(t, err, "beyond the session's 3 DERs")
	require.NoError(t, session.Close())
	require.NoError(t, session.Close(), "closing twice is harmless")
}
