package trigrid_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid"

	"github.com/trigrid/trigrid/ledger/contracts"
	"github.com/trigrid/trigrid/ledger/engine"
	"github.com/trigrid/trigrid/milp/highs"
	"github.com/trigrid/trigrid/vpp"
)

func encode(t *testing.T, res *trigrid.Result) string {
	t.Helper()
	data, err := json.Marshal(res)
	require.NoError(t, err)
	return string(data)
}

func TestRunGivesTheSameBytesOnAnyNumberOfCores(t *testing.T) {
	first := encode(t, coordinate(t, small(t), trigrid.Options{Workers: 1}))
	assert.Equal(t, first, encode(t, coordinate(t, small(t), trigrid.Options{Workers: 1})))
	assert.Equal(t, first, encode(t, coordinate(t, small(t), trigrid.Options{Workers: 3})))
	assert.NotEqual(t, first, encode(t, coordinate(t, small(t), trigrid.Options{Seed: 2})), "the seed decides keys and random starts")
}

// Payoffs belong to DERs, not to places in a list.
func TestPermutingDERsChangesNoPayoff(t *testing.T) {
	r := small(t)
	straight := coordinate(t, r, trigrid.Options{})
	slices.Reverse(r.DERs)
	turned := coordinate(t, r, trigrid.Options{})
	require.Equal(t, straight.Game.Profile, turned.Game.Profile)
	for i, u := range straight.DERs {
		other := turned.DERs[len(turned.DERs)-1-i]
		require.Equal(t, u.Name, other.Name)
		assert.InDelta(t, u.Payoff, other.Payoff, u.Tolerance+other.Tolerance, u.Name)
		assert.InDelta(t, u.Revenue, other.Revenue, u.Tolerance+other.Tolerance, u.Name)
	}
	assert.Len(t, turned.Game.Nash, len(straight.Game.Nash))
}

func TestBothBackendsAgreeOnPayoffs(t *testing.T) {
	r := small(t)
	var results []*trigrid.Result
	for _, backend := range []highs.Backend{highs.Wasm, highs.Native} {
		solver := trigrid.DefaultSolver()
		solver.Backend = backend
		if _, err := solver.Build(); errors.Is(err, highs.ErrNotInstalled) {
			t.Skip("needs both builds of HiGHS: ", err)
		}
		res, err := trigrid.Run(t.Context(), r, trigrid.Options{Solver: solver})
		needSolver(t, err)
		require.NoError(t, err)
		results = append(results, res)
	}
	require.Equal(t, results[0].Game.Profile, results[1].Game.Profile)
	for i, u := range results[0].DERs {
		assert.InDelta(t, u.Payoff, results[1].DERs[i].Payoff, u.Tolerance+results[1].DERs[i].Tolerance, u.Name)
	}
}

func TestMoneyOfARunAddsUp(t *testing.T) {
	res := coordinate(t, small(t), trigrid.Options{})
	sum := int64(0)
	for _, line := range res.Settlement {
		sum += line.Minor
	}
	assert.Zero(t, sum, "lines of a settlement")

	// The members' payments and the VPP's own surplus add up to the payments of
	// its markets (MODEL: budget identity).
	for v, plan := range res.Plans {
		received := 0.0
		for _, m := range plan.Members {
			received += m.Payment
		}
		value := plan.Value
		assert.InDelta(t, value.Trade, value.Economic+received, 1e-6, res.VPPs[v].Name)
	}
	for _, u := range res.DERs {
		assert.InDelta(t, u.Payoff, u.Revenue+u.AllocatedGain, 1e-9, u.Name)
	}
}

// The profile is an equilibrium by the payoffs that the result itself lists.
func TestNoDERGainsBySwitching(t *testing.T) {
	r := small(t)
	r.VPPs[0].PassThrough, r.VPPs[1].PassThrough = 1, 1
	res := coordinate(t, r, trigrid.Options{})
	require.True(t, res.Game.Settled, res.Game.Reason)
	require.Len(t, res.Game.Nash, 1)
	assert.Equal(t, "strict", res.Game.Nash[0].Kind)
	assert.Equal(t, res.Game.Profile, res.Game.Nash[0].Profile)
	for _, u := range res.DERs {
		for other, payoff := range u.Otherwise {
			assert.Less(t, payoff, u.Payoff, "%s joining %s", u.Name, other)
		}
	}
	assert.GreaterOrEqual(t, res.Game.WelfareGap, 0.0)
	total := 0.0
	for _, b := range res.Game.Basins {
		total += b.Share
	}
	assert.InDelta(t, 1, total, 1e-9)
}

// When members keep their own revenue, which depends on the coalition through
// its schedule, even Shapley shares guarantee no equilibrium (the rule's
// theorem wants own revenue inside the value that is shared): this region has
// none, and the run says so.
func TestARegionWithoutEquilibriumIsReportedAsSuch(t *testing.T) {
	r := small(t)
	r.Setting.Modelling = literal
	res := coordinate(t, r, trigrid.Options{})
	assert.Empty(t, res.Game.Nash)
	assert.False(t, res.Game.Settled)
	assert.Contains(t, res.Game.Verdict, "does not converge")
	gains := false
	for _, u := range res.DERs {
		for _, payoff := range u.Otherwise {
			gains = gains || payoff > u.Payoff
		}
	}
	assert.True(t, gains, "at the most probable profile some DER gains by switching")
}

func TestADERThatEarnsMoreOutsideStaysOutside(t *testing.T) {
	r := small(t)
	r.Outside = map[string]float64{"W": 1e6}
	res := coordinate(t, r, trigrid.Options{})
	assert.Equal(t, trigrid.Outside, res.Game.Profile["W"])
	assert.NotContains(t, res.VPPs[0].Members, "W")
}

func TestWhatARunRecordsCanBeReplayed(t *testing.T) {
	var chain bytes.Buffer
	res := coordinate(t, small(t), trigrid.Options{Export: &chain})
	audit, err := engine.Replay(bytes.NewReader(chain.Bytes()), engine.ReplayOptions{Contracts: contracts.Coordination()})
	require.NoError(t, err)
	assert.Len(t, audit.Blocks, int(res.Ledger.Blocks))
	assert.Equal(t, trigrid.Replicas, res.Ledger.Replicas)
	// Weights, two schemes, two verdicts, deliveries, a round, commitments and
	// reveals of three DERs, settlement.
	assert.GreaterOrEqual(t, res.Ledger.Transactions, 1+2+2+1+3+3+1)
}

func TestSharingRulesKeepTheirPromises(t *testing.T) {
	for _, rule := range []vpp.Sharing{vpp.Shapley{}, vpp.ByService{}, vpp.Marginal{}} {
		r := small(t)
		r.Sharing = rule
		res := coordinate(t, r, trigrid.Options{})
		assert.Equal(t, rule.String(), res.Sharing)
		if _, balanced := rule.(vpp.Marginal); balanced {
			continue // need not add up to the gain
		}
		for v, p := range res.VPPs {
			shared := 0.0
			for _, u := range res.DERs {
				if u.Choice == p.Name {
					shared += u.AllocatedGain
				}
			}
			if len(p.Members) > 0 {
				gain := (p.Integrated - p.Alone) / r.Setting.Weights.Economic // in money
				assert.InDelta(t, r.VPPs[v].PassThrough*gain, shared, 1e-6*(1+math.Abs(p.Integrated)), "%s by %s", p.Name, res.Sharing)
			}
		}
	}
}

func TestProgressReachesTheEndOfEveryStage(t *testing.T) {
	last := map[trigrid.Stage]trigrid.Progress{}
	coordinate(t, small(t), trigrid.Options{Observe: func(p trigrid.Progress) { last[p.Stage] = p }})
	for _, stage := range []trigrid.Stage{trigrid.Registration, trigrid.Coalitions, trigrid.Schemes, trigrid.Choice, trigrid.Settling} {
		assert.Equal(t, last[stage].Total, last[stage].Done, stage)
		assert.Positive(t, last[stage].Total, stage)
	}
}
