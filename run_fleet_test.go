package trigrid_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/fleet"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/client"
	"github.com/trigrid/trigrid/ledger/contracts"
	"github.com/trigrid/trigrid/ledger/engine"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/vpp"
	"github.com/trigrid/trigrid/weights"
)

// villages is a region of two villages of 3 and 5 MW and roofs of 1 kW, in one
// hour. Energy costs 200 per MWh and sells at 80.
func villages(t *testing.T, ders ...der.DER) trigrid.Region {
	t.Helper()
	set := scenario.Single(scenario.Grid{Step: time.Hour, Steps: 1})
	for name, mw := range map[string]float64{"roof": 0.001, "upper": 3, "lower": 5} {
		require.NoError(t, set.AddForecast(name, "MW", []float64{mw}))
	}
	return trigrid.Region{
		Name: "villages", DERs: ders,
		VPPs: []vpp.VPP{{Name: "upper village", Demand: "upper", PassThrough: 1}, {Name: "lower village", Demand: "lower", PassThrough: 1}},
		Setting: vpp.Setting{Set: set, Weights: weights.Vector{Economic: 1}, Markets: vpp.Markets{Electricity: &market.Tariff{
			Calendar: market.Calendar{Steps: 1}, Buy: market.Series{200}, Sell: market.Series{80},
		}}},
	}
}

func roofs(count int) der.DER {
	return &der.Fleet{Unit: &der.PV{ID: "roofs", Available: "roof"}, Count: count}
}

// 10,000 roofs replace 8 MWh of purchases and sell 2 MWh: gain 8·200 + 2·80 =
// 1760. A further roof sells, so that each has 0.08. The villages pay 800 for
// the roofs and receive 160 from the market.
func TestFleetRunOfTwoVillages(t *testing.T) {
	solver := testsolver.New(t)
	r := villages(t, roofs(10_000))
	res, err := trigrid.Run(t.Context(), r, trigrid.Options{Solver: solver})
	require.NoError(t, err)
	require.Equal(t, trigrid.PlanningFleet, res.Planning)
	assert.False(t, res.Cut)
	f := res.Fleet
	require.NotNil(t, f)
	assert.Equal(t, "marginal", f.Rule)
	assert.Equal(t, 10_000, f.DERs)
	assert.True(t, f.Certified)
	assert.InDelta(t, 1760, f.Gain, 1e-6)
	assert.InDelta(t, 160, f.Welfare, 1e-6)
	assert.Less(t, f.Gap, 1e-6)
	assert.InDelta(t, 800.0/1760, f.PaidShare, 1e-6)
	require.Len(t, f.Classes, 1)
	roof := f.Classes[0]
	assert.InDelta(t, 0.08, roof.Payoff, 1e-9)
	assert.InDelta(t, 0, roof.Regret, 1e-9)
	assert.Equal(t, 10_000, roof.Members[0]+roof.Members[1])
	assert.GreaterOrEqual(t, roof.Members[0], 3000)
	assert.GreaterOrEqual(t, roof.Members[1], 5000)
	assert.InDeltaSlice(t, []float64{0.08, 0.08, 0.08}, []float64{f.Deciles[0], f.Deciles[5], f.Deciles[10]}, 1e-9)
	assert.InDelta(t, 80, f.Prices[0][0], 1e-6)

	require.Equal(t, []trigrid.Line{{Party: "roofs", Minor: 80_000}}, res.Settlement[:1])
	assert.Equal(t, int64(-16_000), res.Settlement[3].Minor, "the grid")
	sum := int64(0)
	for _, line := range res.Settlement {
		sum += line.Minor
	}
	assert.Zero(t, sum)
	require.NotNil(t, roof.Proven)
	assert.Equal(t, int64(8), roof.Proven.Minor)
	assert.LessOrEqual(t, roof.Proven.Hashes, 14)
	assert.Empty(t, res.DERs)
	assert.Len(t, res.VPPs, 2)

	again, err := trigrid.Run(t.Context(), r, trigrid.Options{Solver: solver, Workers: 1})
	require.NoError(t, err)
	one, err := json.Marshal(res)
	require.NoError(t, err)
	two, err := json.Marshal(again)
	require.NoError(t, err)
	assert.Equal(t, string(one), string(two))
}

// With the outside payoff of 0.2, roofs replace purchases up to 8 MW; a roof
// that would sell stays outside.
func TestFleetRunHasAnOutsideOption(t *testing.T) {
	r := villages(t, roofs(10_000))
	r.Outside = map[string]float64{"roofs": 0.1}
	res, err := trigrid.Run(t.Context(), r, trigrid.Options{Solver: testsolver.New(t)})
	require.NoError(t, err)
	roof := res.Fleet.Classes[0]
	assert.Equal(t, []int{3000, 5000}, roof.Members)
	assert.Equal(t, 2000, roof.Outside)
	assert.InDelta(t, 0.1, roof.Payoff, 1e-9)
	assert.Equal(t, []int64{30_000, 50_000}, roof.Paid)
}

// Under the Shapley value of the continuum the roofs share the gain of their
// village: (3·200 + a·80)/(3 + a) per MW with a MW that are sold, and the same
// in the other village. Both are equal at 3 : 5, so that each roof has
// 1760/10,000.
func TestFleetRunSharesByAumannAndShapley(t *testing.T) {
	r := villages(t, roofs(10_000))
	r.Sharing = vpp.Shapley{}
	res, err := trigrid.Run(t.Context(), r, trigrid.Options{Solver: testsolver.New(t)})
	require.NoError(t, err)
	assert.Equal(t, "Aumann-Shapley", res.Fleet.Rule)
	// The quadrature of four nodes has an error at the kink.
	assert.InDelta(t, 0.176, res.Fleet.Classes[0].Payoff, 0.02)
	assert.InDelta(t, 1, res.Fleet.PaidShare, 0.1)

	// The number of classes has no bound: the value of a continuum needs no
	// program per coalition.
	for i := range trigrid.MaxEnumerated {
		r.DERs = append(r.DERs, &der.PV{ID: fmt.Sprintf("roof%02d", i), Available: "roof"})
	}
	_, err = trigrid.Run(t.Context(), r, trigrid.Options{Solver: testsolver.New(t)})
	require.NoError(t, err)
}

// A pass-through of a half and a weight of 0.5 halve and double a payoff:
// currency per objective is θ / w_e.
func TestFleetRunPaysInCurrency(t *testing.T) {
	r := villages(t, roofs(10_000))
	r.Setting.Weights = weights.Vector{Economic: 0.5, Environment: 0.5}
	res, err := trigrid.Run(t.Context(), r, trigrid.Options{Solver: testsolver.New(t)})
	require.NoError(t, err)
	assert.InDelta(t, 0.08, res.Fleet.Classes[0].Payoff, 1e-9)
	for v := range r.VPPs {
		r.VPPs[v].PassThrough = 0.5
	}
	res, err = trigrid.Run(t.Context(), r, trigrid.Options{Solver: testsolver.New(t)})
	require.NoError(t, err)
	assert.InDelta(t, 0.04, res.Fleet.Classes[0].Payoff, 1e-9)
}

// 70 single DERs are above the 64 of a search. Roofs of 0.1 MW replace 7 MWh of
// the 8.
func TestFleetRunOfManySingleDERs(t *testing.T) {
	var ders []der.DER
	for i := range 70 {
		ders = append(ders, &der.Fleet{Unit: &der.PV{ID: fmt.Sprintf("roof%02d", i), Available: "roof"}, Count: 100})
	}
	res, err := trigrid.Run(t.Context(), villages(t, ders...), trigrid.Options{Solver: testsolver.New(t), Budget: -1})
	require.NoError(t, err)
	require.Equal(t, trigrid.PlanningFleet, res.Planning)
	assert.InDelta(t, 7*200, res.Fleet.Gain, 1e-6)
	assert.Len(t, res.Fleet.Classes, 70)
	for _, c := range res.Fleet.Classes {
		assert.InDelta(t, 0.2, c.Payoff, 1e-9)
		assert.Zero(t, c.Outside)
	}
}

// A small region moves single DERs until none gains, and a single DER proves
// its payment by the line of its party.
func TestFleetRunWithASingleDER(t *testing.T) {
	r := villages(t, roofs(2000), &der.PV{ID: "school", Available: "upper"})
	res, err := trigrid.Run(t.Context(), r, trigrid.Options{Solver: testsolver.New(t)})
	require.NoError(t, err)
	f := res.Fleet
	// The school of 3 MW and the roofs of 2 MW replace 5 of 8 MWh.
	assert.InDelta(t, 5*200, f.Gain, 1e-6)
	assert.True(t, f.Settled)
	assert.Equal(t, 1, f.Classes[1].Members[0]+f.Classes[1].Members[1])
	assert.Nil(t, f.Classes[1].Proven)
	assert.InDelta(t, 600, f.Classes[1].Payoff, 1e-6)
}

// Fleets below the bound, and undivided ones, are one player as before.
func TestFleetOfOnePlayerStays(t *testing.T) {
	solver := testsolver.New(t)
	for _, c := range []struct {
		count int
		o     trigrid.Options
	}{{trigrid.MinFleet - 1, trigrid.Options{Solver: solver}}, {10_000, trigrid.Options{Solver: solver, Undivided: true}}} {
		res, err := trigrid.Run(t.Context(), villages(t, roofs(c.count)), c.o)
		require.NoError(t, err)
		assert.Equal(t, trigrid.PlanningEnumerated, res.Planning)
		assert.Nil(t, res.Fleet)
		assert.Len(t, res.DERs, 1)
		text, err := json.Marshal(res)
		require.NoError(t, err)
		assert.NotContains(t, string(text), `"fleet"`)
	}
}

// A budget or a caller that ends the run before the equilibrium is an outcome,
// as is a VPP that cannot run.
func TestFleetRunWithoutAllocation(t *testing.T) {
	solver := testsolver.New(t)
	r := villages(t, roofs(10_000))
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for name, run := range map[string]func() (*trigrid.Result, error){
		"caller": func() (*trigrid.Result, error) {
			return trigrid.Run(cancelled, r, trigrid.Options{Solver: solver})
		},
		"budget": func() (*trigrid.Result, error) {
			return trigrid.Run(t.Context(), r, trigrid.Options{Solver: solver, Budget: time.Nanosecond})
		},
	} {
		res, err := run()
		require.NoError(t, err, name)
		assert.True(t, res.Cut, name)
		assert.Equal(t, trigrid.NothingSolved, res.Recommendation.Reason, name)
		assert.Empty(t, res.Settlement, name)
		assert.NotNil(t, res.Ledger, name)
		_, err = json.Marshal(res)
		require.NoError(t, err)
	}
	// 8 MW of demand, and 1 MW of import for each village: 2000 roofs of 1 kW
	// are too few.
	r = villages(t, roofs(2000))
	for v := range r.VPPs {
		r.VPPs[v].ImportLimit = optional.Of(1)
	}
	var chain bytes.Buffer
	res, err := trigrid.Run(t.Context(), r, trigrid.Options{Solver: solver, Export: &chain})
	require.NoError(t, err)
	assert.Equal(t, trigrid.NothingFeasible, res.Recommendation.Reason)
	assert.Contains(t, res.Recommendation.Explanation, "village")
	assert.False(t, res.Cut)
	// Its ledger, which has the weights, is exported nevertheless.
	audit, err := engine.Replay(&chain, engine.ReplayOptions{Contracts: contracts.Coordination()})
	require.NoError(t, err)
	assert.Len(t, audit.Blocks, int(res.Ledger.Blocks))
}

func TestFleetRegionsAreValidated(t *testing.T) {
	for want, change := range map[string]func(r *trigrid.Region, o *trigrid.Options){
		"no form for fleets":     func(r *trigrid.Region, _ *trigrid.Options) { r.Sharing = vpp.ByService{} },
		"the same fraction":      func(r *trigrid.Region, _ *trigrid.Options) { r.VPPs[1].PassThrough = 0.5 },
		"are no money":           func(r *trigrid.Region, _ *trigrid.Options) { r.Setting.Weights = weights.Vector{Environment: 1} },
		"admit each DER":         func(r *trigrid.Region, _ *trigrid.Options) { r.Setting.Modelling.Admission = vpp.AdmitByValue },
		"at most 1048576":        func(r *trigrid.Region, _ *trigrid.Options) { r.DERs[0] = roofs(2_000_000) },
		"leave Dynamic and Star": func(_ *trigrid.Region, o *trigrid.Options) { o.Start = [][]float64{{1, 0, 0}} },
	} {
		r, o := villages(t, roofs(10_000)), trigrid.Options{}
		change(&r, &o)
		_, err := trigrid.Run(t.Context(), r, o)
		require.ErrorContains(t, err, want)
	}
	// Undivided fleets have the rules of other regions.
	r := villages(t, roofs(10_000))
	r.VPPs[1].PassThrough = 0.5
	_, err := trigrid.Run(t.Context(), r, trigrid.Options{Solver: testsolver.New(t), Undivided: true})
	require.NoError(t, err)
	for range vpp.MaxDERs {
		r.DERs = append(r.DERs, &der.PV{ID: fmt.Sprintf("roof%d", len(r.DERs)), Available: "roof"})
	}
	_, err = trigrid.Run(t.Context(), r, trigrid.Options{Undivided: true})
	require.ErrorContains(t, err, "65 DERs are undivided; at most 64")
	r.DERs, r.Sharing = r.DERs[:13], vpp.Shapley{}
	_, err = trigrid.Run(t.Context(), r, trigrid.Options{Undivided: true})
	require.ErrorContains(t, err, "13 undivided DERs")
	_, err = trigrid.Run(t.Context(), villages(t, &der.Fleet{Unit: &der.ElectricBoiler{ID: "x"}, Count: 1000}), trigrid.Options{})
	require.Error(t, err)
}

// cutAfter is a solver whose caller ends the run at a solve.
type cutAfter struct {
	milp.Solver
	solves *atomic.Int64
	at     int64
	cancel context.CancelFunc
}

func (x cutAfter) Solve(ctx context.Context, m *milp.Model) (*milp.Solution, error) {
	if x.solves.Add(1) == x.at {
		x.cancel()
	}
	return x.Solver.Solve(ctx, m)
}

// A run that ends after the joint program has its equilibrium and its payments,
// without certificate.
func TestFleetRunWithoutCertificate(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	solver := cutAfter{testsolver.New(t), new(atomic.Int64), 2, cancel}
	res, err := trigrid.Run(ctx, villages(t, roofs(10_000)), trigrid.Options{Solver: solver})
	require.NoError(t, err)
	assert.True(t, res.Cut)
	assert.False(t, res.Fleet.Certified)
	assert.False(t, res.Game.Proven)
	assert.Contains(t, res.Game.Verdict, "without certificate")
	assert.InDelta(t, 0.08, res.Fleet.Classes[0].Payoff, 1e-9)
	assert.Equal(t, int64(80_000), res.Settlement[0].Minor)
	assert.NotNil(t, res.Fleet.Classes[0].Proven)
}

// Two days on one network: classes are registered once, DERs stay in their
// places if these are as good as others, and each day has its payments.
func TestFleetRunOfASecondDay(t *testing.T) {
	solver := testsolver.New(t)
	r := villages(t, roofs(10_000))
	members := []client.PartyConfig{
		{ID: trigrid.GridParty, Role: ledger.RoleGrid},
		{ID: "upper village", Role: ledger.RoleVPP},
		{ID: "lower village", Role: ledger.RoleVPP},
		{ID: "roofs", Role: ledger.RoleDER},
	}
	net, err := client.NewNetwork(t.Context(), client.NetworkConfig{Members: members, Random: rand.NewChaCha8([32]byte{7})})
	require.NoError(t, err)
	defer net.Close()
	first, err := trigrid.Run(t.Context(), r, trigrid.Options{Solver: solver, Network: net})
	require.NoError(t, err)
	// Any split with at least 3000 and 5000 roofs is as good.
	last := *first.Fleet
	last.Classes = slices.Clone(last.Classes)
	last.Classes[0].Members, last.Classes[0].Outside = []int{4321, 5679}, 0
	second, err := trigrid.Run(t.Context(), r, trigrid.Options{Solver: solver, Network: net, Period: 2, Last: &last})
	require.NoError(t, err)
	assert.Equal(t, []int{0}, second.Fleet.Moved(&last))
	assert.NotNil(t, second.Fleet.Classes[0].Proven)

	r.DERs[0] = roofs(9000)
	_, err = trigrid.Run(t.Context(), r, trigrid.Options{Solver: solver, Network: net, Period: 3})
	require.ErrorContains(t, err, "registered with 10000 DERs, the region has 9000")
	_, err = trigrid.Run(t.Context(), r, trigrid.Options{Solver: solver, Last: &last})
	require.ErrorContains(t, err, "Last has other VPPs or classes")
}

// Engines of 6 kW cost 0.04 to start, 0.05 per hour and 10 per MWh. 1500 of
// them serve 8 MW and sell 1 MW at 80: each has 0.006·80 − 0.15 = 0.33, and the
// welfare is 80 − 1500·0.15 = −145. A cost of 1e-5 per start that breaks ties
// would be 0.0125 of the bound.
func TestFleetRunBoundsTheWelfareOfSmallEngines(t *testing.T) {
	engine := &der.Thermal{ID: "engines", MinOutput: 0.002, MaxOutput: 0.006, NoLoad: 0.05, Linear: 10, StartUp: []der.StartCost{{Cost: 0.04}}}
	res, err := trigrid.Run(t.Context(), villages(t, &der.Fleet{Unit: engine, Count: 1500}), trigrid.Options{Solver: testsolver.New(t)})
	require.NoError(t, err)
	f := res.Fleet
	assert.InDelta(t, 0.33, f.Classes[0].Payoff, 1e-9)
	assert.InDelta(t, -145, f.Welfare, 1e-6)
	assert.InDelta(t, -145, f.Bound, 1e-6)
	assert.GreaterOrEqual(t, f.Bound, f.Welfare-1e-9)
}

// The upper village of 3 MW imports at most 1 MW, so that it needs 2000 roofs.
// A roof replaces purchases of 200 in each village, and no plan exists without
// roofs.
func TestFleetRunOfAVillageThatNeedsRoofs(t *testing.T) {
	r := villages(t, roofs(2500))
	r.VPPs[0].ImportLimit = optional.Of(1.)
	res, err := trigrid.Run(t.Context(), r, trigrid.Options{Solver: testsolver.New(t)})
	require.NoError(t, err)
	f := res.Fleet
	assert.True(t, f.Certified)
	assert.InDelta(t, -200*(8-2.5), f.Welfare, 1e-6)
	assert.InDelta(t, f.Welfare, f.Bound, 1e-5)
	assert.GreaterOrEqual(t, f.Classes[0].Members[0], 2000)
	assert.True(t, res.VPPs[0].AloneInfeasible)
	assert.Zero(t, f.Gain)
	assert.Contains(t, res.Game.Reason, "another split of the DERs adds at most")
	_, err = json.Marshal(res)
	require.NoError(t, err)
}

// A split of more DERs than the class has, or of fewer than none, is no earlier
// result.
func TestFleetRunRejectsAnImpossibleLastSplit(t *testing.T) {
	r := villages(t, roofs(10_000))
	for _, members := range [][]int{{-5, 3}, {9000, 1001}, {math.MaxInt, math.MaxInt}, {1}} {
		_, err := trigrid.Run(t.Context(), r, trigrid.Options{Last: &fleet.Summary{
			VPPs: []string{"upper village", "lower village"}, Classes: []fleet.ClassSummary{{Name: "roofs", Count: 10_000, Members: members}},
		}})
		require.ErrorContains(t, err, "or more DERs than a class has", "%v", members)
	}
}

// A fleet without a DER is a violation with a name, also as a part of a site.
func TestFleetRunNamesAFleetWithoutUnit(t *testing.T) {
	for _, d := range []der.DER{&der.Fleet{Count: 5000}, &der.Site{ID: "home", Parts: []der.DER{&der.Fleet{Count: 5000}}}} {
		_, err := trigrid.Run(t.Context(), villages(t, d), trigrid.Options{})
		require.ErrorContains(t, err, "Unit is nil, want one of the equal DERs")
	}
}

// Roofs with a tariff of 60 for 1 kW. At a split of at least 3000 and 5000
// roofs the last ones sell at 80, so that each has its tariff of 0.06 and the
// share 0.02 of what it brings, as with the tariff as an advance. Nine tenths
// of the gain pass through in the second run: each roof has 0.06 + 0.9·0.02 on
// top of its revenue, but 0.9·0.08 with the advance.
func TestFleetRunHasOwnRevenuesOnTop(t *testing.T) {
	solver := testsolver.New(t)
	r := villages(t, roofs(10_000))
	for v := range r.VPPs {
		r.VPPs[v].Tariff = der.Tariff{Injection: market.Series{60}}
	}
	r.Setting.Modelling.OwnRevenue = vpp.TariffOnly
	// More roofs than each village uses; at 3000 roofs, one less would cost a
	// purchase.
	last := &fleet.Summary{
		VPPs: []string{"upper village", "lower village"}, DERs: 10_000, Gain: 1760,
		Classes: []fleet.ClassSummary{{Name: "roofs", Count: 10_000, Members: []int{4321, 5679}}},
	}
	for _, c := range []struct{ through, top, advance float64 }{{1, 0.08, 0.08}, {0.9, 0.078, 0.072}} {
		for v := range r.VPPs {
			r.VPPs[v].PassThrough = c.through
		}
		res, err := trigrid.Run(t.Context(), r, trigrid.Options{Solver: solver, Last: last})
		require.NoError(t, err)
		f := res.Fleet
		assert.Equal(t, "on top of the share", f.OwnRevenue)
		assert.InDelta(t, c.top, f.Classes[0].Payoff, 1e-5)
		assert.InDelta(t, c.top, f.MeanPayoff, 1e-5)
		assert.InDeltaSlice(t, []float64{0.06, 0.06}, f.Classes[0].Revenue, 1e-9)
		assert.InDelta(t, 10_000*100*c.top, float64(res.Settlement[0].Minor), 1.5)
		assert.Contains(t, res.Game.Reason, "own revenues on top of shares have no potential")
		assert.InDelta(t, 0, f.Regret, 1e-9)
		assert.True(t, res.Game.Proven)
		sum := int64(0)
		for _, line := range res.Settlement {
			sum += line.Minor
		}
		assert.Zero(t, sum)

		advance := r
		advance.Setting.Modelling.OwnRevenue = vpp.CoverCosts
		res, err = trigrid.Run(t.Context(), advance, trigrid.Options{Solver: solver, Last: last})
		require.NoError(t, err)
		assert.Empty(t, res.Fleet.OwnRevenue)
		assert.InDelta(t, c.advance, res.Fleet.Classes[0].Payoff, 1e-5)
	}
	// A run that ends before these payoffs are known pays by the default form,
	// and has a warning.
	warned := 0
	for at := int64(2); at < 14; at++ {
		ctx, cancel := context.WithCancel(t.Context())
		res, err := trigrid.Run(ctx, r, trigrid.Options{Solver: cutAfter{solver, new(atomic.Int64), at, cancel}, Workers: 1})
		cancel()
		require.NoError(t, err)
		if !res.Cut || len(res.Settlement) == 0 {
			continue
		}
		assert.Empty(t, res.Fleet.OwnRevenue)
		assert.InDelta(t, 0.072, res.Fleet.Classes[0].Payoff, 1e-9)
		require.Contains(t, fmt.Sprint(res.Warnings), "before the payoffs with own revenues")
		warned++
	}
	assert.Positive(t, warned)
}

// Four dynamics from two starts end at the potential of the joint program, from
// every start. One large roof of 10 MW has one equilibrium, in the lower
// village, 360 of 1760 below.
func TestFleetRunComparesDynamics(t *testing.T) {
	solver := testsolver.New(t)
	r := villages(t, roofs(10_000))
	res, err := trigrid.Run(t.Context(), r, trigrid.Options{Solver: solver})
	require.NoError(t, err)
	d := res.Fleet.Dynamics
	require.NotNil(t, d)
	t.Logf("%+v", d)
	assert.True(t, d.Same)
	require.Len(t, d.Runs, 8)
	for _, run := range d.Runs {
		assert.InDelta(t, 0, run.Below, 0.01, "%s from %s", run.Dynamic, run.Start)
		assert.GreaterOrEqual(t, run.Below, -1e-6)
		assert.GreaterOrEqual(t, run.Gap, run.Below-1e-6)
	}
	require.Len(t, d.Large, 2)
	assert.Equal(t, 1, d.Large[0].Nash)
	assert.InDelta(t, 360.0/1760, d.Below[0], 1e-6)
	assert.InDelta(t, 0, d.Below[1], 1e-6)

	res, err = trigrid.Run(t.Context(), r, trigrid.Options{Solver: solver, Starts: 1})
	require.NoError(t, err)
	require.Len(t, res.Fleet.Dynamics.Runs, 4)
	_, err = trigrid.Run(t.Context(), r, trigrid.Options{Solver: solver, Starts: -1})
	require.ErrorContains(t, err, "-1 starts")
}
