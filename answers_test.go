package trigrid_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/vpp"
	"github.com/trigrid/trigrid/weights"
)

// hill returns a region of one scenario and four hours: the VPP "Hill" has a
// demand of 2 MW, buys at 90 and sells at 30 per MWh, and only money counts.
func hill(t *testing.T, ders ...der.DER) trigrid.Region {
	t.Helper()
	set, err := scenario.New(scenario.Grid{Start: time.Date(2031, 3, 10, 0, 0, 0, 0, time.UTC), Step: time.Hour, Steps: 4}, []float64{1})
	require.NoError(t, err)
	for name, mw := range map[string]float64{"town": 2, "gust": 6, "calm": 0, "cold": 3, "large": 5} {
		require.NoError(t, set.AddForecast(name, "MW", []float64{mw, mw, mw, mw}))
	}
	calendar := market.Calendar{Steps: 4}
	buy := market.Series{90, 90, 90, 90}
	return trigrid.Region{
		Name: "hill",
		VPPs: []vpp.VPP{{Name: "Hill", Demand: "town", PassThrough: 1}},
		DERs: ders,
		Setting: vpp.Setting{
			Set: set, Weights: weights.Vector{Economic: 1}, Risk: vpp.CVaR{Confidence: 0.8},
			Markets: vpp.Markets{Electricity: &market.Tariff{Calendar: calendar, Good: market.Electricity, Buy: buy, Sell: buy.Times(1. / 3)}},
		},
	}
}

func ridge(maintenance float64, available string) *der.Wind {
	return &der.Wind{ID: "Ridge", Capacity: optional.Of(9), Available: available, Maintenance: maintenance}
}

// checkSettled checks that the settlement sums to zero and that no DER gains by
// leaving the recommended profile, with its transfers. A lottery and the best
// known profile promise no such thing.
func checkSettled(t *testing.T, res *trigrid.Result) {
	t.Helper()
	sum := int64(0)
	for _, line := range res.Settlement {
		sum += line.Minor
	}
	require.Zero(t, sum)
	require.NotEmpty(t, res.Settlement)
	_, err := json.Marshal(res)
	require.NoError(t, err)
	rec := res.Recommendation
	require.GreaterOrEqual(t, rec.Bound, rec.Welfare)
	if rec.Reason == trigrid.Lottery || rec.Reason == trigrid.BestKnown {
		return
	}
	assert.InDelta(t, 0, rec.Regret, 0)
	byVPP := map[string]float64{}
	for _, d := range res.DERs {
		require.Equal(t, rec.Profile[d.Name], d.Choice)
		require.InDelta(t, d.Payoff+rec.Transfers[d.Name], rec.Payoffs[d.Name], 1e-9)
		byVPP[d.Choice] += rec.Transfers[d.Name]
		if rec.Reason == trigrid.BestKnown {
			continue // DERs may leave it
		}
		for name, payoff := range d.Otherwise {
			// Both payoffs have a tolerance, and that of the other VPP is of
			// the same size.
			assert.LessOrEqual(t, payoff, d.Payoff+rec.Transfers[d.Name]+4*d.Tolerance+1e-4*(1+math.Abs(payoff)), "%s to %s", d.Name, name)
		}
	}
	for name, sum := range byVPP {
		assert.InDelta(t, 0, sum, 1e-9, "transfers in %s", name)
	}
}

// A VPP that wants no DER submits an empty scheme. Its value by hand: 2 MW × 4
// h × 90 = 720.
func TestAnswersToVPPsThatWantNoDER(t *testing.T) {
	for name, d := range map[string]der.DER{
		"wind costs more than purchases": ridge(500, "gust"),
		"calm day":                       ridge(0, "calm"),
		"battery at a flat price":        &der.Storage{ID: "Cell", Charge: 1, Discharge: 1, Energy: 2, ChargeEfficiency: 0.9, DischargeEfficiency: 0.9, Wear: 1},
	} {
		t.Run(name, func(t *testing.T) {
			res := coordinate(t, hill(t, d), trigrid.Options{})
			assert.Empty(t, res.VPPs[0].Scheme)
			assert.Empty(t, res.VPPs[0].Members)
			assert.InDelta(t, -720, objective(t, res, "Hill", []string{}), 1e-6)
			assert.InDelta(t, -720, res.Recommendation.Welfare, 1e-6)
			assert.Equal(t, trigrid.Profile{d.Name(): trigrid.Outside}, res.Recommendation.Profile)
			assert.Equal(t, []string{d.Name()}, res.Recommendation.Indifferent)
			assert.Len(t, res.Game.Basins, 1, "one continuum")
			checkSettled(t, res)
			searched := coordinate(t, hill(t, d), trigrid.Options{Search: true})
			assert.Empty(t, searched.VPPs[0].Scheme)
			checkSettled(t, searched)
		})
	}
	// Of two VPPs one wants none: wind at 45 replaces purchases at 90, and a
	// sale at 30 does not pay.
	r := hill(t, ridge(45, "gust"))
	r.VPPs = append(r.VPPs, vpp.VPP{Name: "Dale", PassThrough: 1})
	res := coordinate(t, r, trigrid.Options{})
	assert.Equal(t, []string{"Ridge"}, res.VPPs[0].Scheme)
	assert.Empty(t, res.VPPs[1].Scheme)
	assert.InDelta(t, -360, objective(t, res, "Hill", []string{"Ridge"}), 1e-6)
	assert.InDelta(t, 0, objective(t, res, "Dale", []string{"Ridge"}), 1e-6)
	assert.Equal(t, trigrid.Profile{"Ridge": "Hill"}, res.Recommendation.Profile)
	assert.Empty(t, res.VPPs[1].Members)
	assert.Equal(t, int64(0), res.Settlement[2].Minor, "a VPP without members and demand")
	checkSettled(t, res)
}

// turbine covers a demand alone at 50 per MWh.
func turbine(name string, mw float64) *der.Thermal {
	return &der.Thermal{ID: name, MaxOutput: mw, Linear: 50}
}

// A VPP with a demand of 5 MW and an import limit of 3 MW needs a turbine of 2
// MW to run.
func TestAnswersToVPPThatCannotRunAlone(t *testing.T) {
	r := hill(t, turbine("T", 4), ridge(0, "calm"))
	r.VPPs[0].Demand, r.VPPs[0].ImportLimit = "large", optional.Of(3)
	r.VPPs[0].Tariff = der.Tariff{Injection: market.Series{60, 60, 60, 60}}
	r.VPPs = append(r.VPPs, vpp.VPP{Name: "Dale", Demand: "town", PassThrough: 1, Tariff: der.Tariff{Injection: market.Series{55, 55, 55, 55}}})
	for _, o := range []trigrid.Options{{}, {Search: true}} {
		res := coordinate(t, r, o)
		var listed [][]string
		for _, x := range res.Infeasible {
			assert.Equal(t, "Hill", x.VPP)
			assert.Contains(t, x.Reason, "demand of 5 MW at step 0 of scenario 0")
			assert.Contains(t, x.Reason, "by 2 MW")
			listed = append(listed, x.Members)
		}
		if !o.Search {
			assert.Equal(t, [][]string{{}, {"Ridge"}}, listed)
		}
		assert.Equal(t, "Hill", res.Recommendation.Profile["T"])
		assert.True(t, res.VPPs[0].AloneInfeasible)
		assert.False(t, res.VPPs[1].AloneInfeasible)
		for _, e := range res.Game.Nash {
			assert.Equal(t, "Hill", e.Profile["T"], "no profile in which Hill cannot run is an equilibrium")
		}
		checkSettled(t, res)
	}
	// The turbine would earn more in Dale: no equilibrium is feasible, and
	// alone in Hill it has no other member that could pay it.
	r.VPPs[1].Tariff = der.Tariff{Injection: market.Series{120, 120, 120, 120}}
	res := coordinate(t, r, trigrid.Options{})
	assert.Equal(t, trigrid.Lottery, res.Recommendation.Reason)
	assert.Positive(t, res.Recommendation.Regret)
	assert.Equal(t, "Hill", res.Recommendation.Profile["T"])
	assert.True(t, res.Game.Infeasible)
	assert.False(t, res.Game.Settled)
	checkSettled(t, res)
	// A solver that gives up on the lottery leaves the best known profile.
	res = coordinate(t, r, trigrid.Options{Solver: newStub(t, func(_ context.Context, m *milp.Model, _ *milp.Limits) (*milp.Solution, error) {
		if m.Vars() > 0 && strings.HasPrefix(m.VarAt(m.Vars()-1).Name().String(), "profile.probability") {
			return &milp.Solution{Status: milp.NoSolution, Stopped: "unknown"}, nil
		}
		return nil, nil
	})})
	assert.Equal(t, trigrid.BestKnown, res.Recommendation.Reason)
	assert.Contains(t, res.Recommendation.Explanation, "the solver found no lottery")
	assert.Equal(t, "Hill", res.Recommendation.Profile["T"])
	assert.False(t, res.Recommendation.Proven)
	checkSettled(t, res)
}

// Heat that must be served: the district needs the boiler, and the boiler needs
// gas.
func TestAnswersToLoadThatMustBeServed(t *testing.T) {
	r := hill(t,
		&der.Load{ID: "district", Port: der.Heat, Demand: "cold", ShedCost: 500},
		&der.ElectricBoiler{ID: "boiler", Efficiency: 0.95, Power: der.Operation{Max: 6}},
		turbine("T", 4))
	for _, rule := range []vpp.Sharing{vpp.Shapley{}, vpp.Marginal{}, vpp.ByService{Contribution: vpp.Worth}} {
		r.Sharing = rule
		res := coordinate(t, r, trigrid.Options{})
		require.Len(t, res.Infeasible, 2)
		for _, x := range res.Infeasible {
			assert.Contains(t, x.Members, "district")
			assert.NotContains(t, x.Members, "boiler")
			assert.Contains(t, x.Reason, "3 MW of heat are missing at step 0 of scenario 0")
		}
		for _, d := range res.DERs {
			if d.Name == "district" && res.Recommendation.Profile["boiler"] == trigrid.Outside {
				assert.Equal(t, trigrid.Outside, d.Choice)
				assert.NotContains(t, d.Otherwise, "Hill", "the move is not available")
			}
		}
		checkSettled(t, res)
	}
}

// The members of coalitions with infeasible parts share the whole gain by the
// Shapley value.
func TestAnswersShareTheGainOverInfeasibleParts(t *testing.T) {
	r := hill(t, turbine("T", 3), turbine("U", 2), ridge(10, "gust"))
	r.VPPs[0].Demand, r.VPPs[0].ImportLimit = "large", optional.Of(1)
	r.VPPs[0].PassThrough = 0.5
	res := coordinate(t, r, trigrid.Options{})
	require.NotEmpty(t, res.Infeasible)
	p, shared := res.VPPs[0], 0.0
	require.NotEmpty(t, p.Members)
	// No tariff pays the members, so that their costs are covered: reservation
	// payoffs are 0, and the costs are part of the shared gain, over the worst
	// coalition of members that can run.
	for _, d := range res.DERs {
		shared += d.Payoff
	}
	here, worst := math.NaN(), math.Inf(1)
	for _, c := range res.Coalitions {
		value := c.Value.Integrated + c.Value.Payments - c.Value.Cost
		inside := !slices.ContainsFunc(c.Members, func(name string) bool { return !slices.Contains(p.Members, name) })
		if inside {
			worst = min(worst, value)
		}
		if slices.Equal(c.Members, p.Members) {
			here = value
		}
	}
	assert.InDelta(t, 0.5*(here-worst), shared, 1e-6*(1+math.Abs(here)))
	checkSettled(t, res)

	r.Setting.Modelling = literal
	res = coordinate(t, r, trigrid.Options{})
	p, shared = res.VPPs[0], 0
	require.NotEmpty(t, p.Members)
	for _, d := range res.DERs {
		shared += d.AllocatedGain
	}
	assert.InDelta(t, 0.5*(p.Integrated-p.Alone), shared, 1e-6*(1+math.Abs(p.Integrated)))
	checkSettled(t, res)
}

// A VPP that can run with no coalition takes no part; the others are
// coordinated.
func TestAnswersToVPPThatNeverRuns(t *testing.T) {
	r := hill(t, turbine("T", 1), ridge(10, "gust"))
	r.VPPs = append(r.VPPs, vpp.VPP{Name: "Peak", Demand: "large", PassThrough: 1, ImportLimit: optional.Of(0), ExportLimit: optional.Of(0)})
	require.NoError(t, r.Setting.Set.AddForecast("huge", "MW", []float64{50, 50, 50, 50}))
	r.VPPs[1].Demand = "huge"
	for _, o := range []trigrid.Options{{}, {Search: true}} {
		res := coordinate(t, r, o)
		assert.Contains(t, res.VPPs[1].NeverRuns, "demand of 50 MW at step 0 of scenario 0")
		assert.Empty(t, res.VPPs[0].NeverRuns)
		assert.Nil(t, res.Plans[1])
		for name, choice := range res.Recommendation.Profile {
			assert.NotEqual(t, "Peak", choice, name)
		}
		assert.Equal(t, "Hill", res.Recommendation.Profile["T"])
		checkSettled(t, res)
	}
	// Without another VPP no profile is feasible, which is a result with its
	// reason.
	r.VPPs = r.VPPs[1:]
	for _, o := range []trigrid.Options{{}, {Search: true}} {
		res := coordinate(t, r, o)
		assert.Equal(t, trigrid.NothingFeasible, res.Recommendation.Reason)
		assert.Contains(t, res.Recommendation.Explanation, "no VPP can run: Peak")
		assert.Contains(t, res.Recommendation.Explanation, "demand of 50 MW")
		assert.Empty(t, res.Recommendation.Profile)
		assert.Empty(t, res.Settlement)
		assert.NotEmpty(t, res.Infeasible)
		assert.Positive(t, res.Ledger.Blocks)
		_, err := json.Marshal(res)
		require.NoError(t, err)
	}
}

// A turbine that never runs earns nothing anywhere: it leaves the equilibria of
// the others strict.
func TestAnswersWithIdleDER(t *testing.T) {
	r := small(t)
	r.Sharing = vpp.Marginal{} // welfare is a potential, so that there are equilibria
	without := coordinate(t, r, trigrid.Options{})
	require.NotEmpty(t, without.Game.Nash)
	r.DERs = append(r.DERs, &der.Thermal{ID: "idle", MinOutput: 1, MaxOutput: 4, NoLoad: 1, Linear: 1e6, StartUp: []der.StartCost{{Cost: 50}}})
	with := coordinate(t, r, trigrid.Options{})
	require.Len(t, with.Game.Nash, len(without.Game.Nash))
	for k, e := range with.Game.Nash {
		assert.Equal(t, without.Game.Nash[k].Kind, e.Kind)
		assert.Equal(t, []string{"idle"}, e.Indifferent)
		assert.InDelta(t, without.Game.Nash[k].Margin, e.Margin, 1e-2)
		assert.Equal(t, trigrid.Outside, e.Profile["idle"])
		for name, choice := range without.Game.Nash[k].Profile {
			assert.Equal(t, choice, e.Profile[name])
		}
	}
	assert.Equal(t, without.Recommendation.Reason, with.Recommendation.Reason)
	assert.Contains(t, with.Recommendation.Indifferent, "idle")
	assert.LessOrEqual(t, len(with.Game.Basins), len(without.Game.Basins)+1)
	checkSettled(t, with)
	searched := coordinate(t, r, trigrid.Options{Search: true})
	for _, e := range searched.Game.Nash {
		assert.Equal(t, "strict", e.Kind)
		assert.Equal(t, []string{"idle"}, e.Indifferent)
	}
}

// Two identical turbines are one class, and equilibria that swap them are one
// row.
func TestAnswersWithIdenticalDERs(t *testing.T) {
	r := hill(t, turbine("T1", 2), turbine("T2", 2), ridge(45, "gust"))
	r.VPPs = append(r.VPPs, vpp.VPP{Name: "Dale", Demand: "town", PassThrough: 1})
	res := coordinate(t, r, trigrid.Options{})
	assert.Equal(t, [][]string{{"T1", "T2"}}, res.IdenticalDERs)
	seen := map[string]bool{}
	for _, e := range res.Game.Nash {
		choices := []string{e.Profile["T1"], e.Profile["T2"]}
		slices.Sort(choices)
		key := fmt.Sprint(choices, e.Profile["Ridge"], e.Kind)
		assert.False(t, seen[key], "%s stands twice", key)
		seen[key] = true
	}
	checkSettled(t, res)
	r.Outside = map[string]float64{"T2": 1}
	assert.Empty(t, coordinate(t, r, trigrid.Options{}).IdenticalDERs)
}

// With two identical VPPs a DER is indifferent between them: one equilibrium
// and one basin.
func TestAnswersWithIdenticalVPPs(t *testing.T) {
	r := hill(t, ridge(10, "gust"))
	twin := r.VPPs[0]
	twin.Name = "Twin"
	r.VPPs = append(r.VPPs, twin)
	res := coordinate(t, r, trigrid.Options{})
	require.Len(t, res.Game.Nash, 1)
	assert.Equal(t, "strict", res.Game.Nash[0].Kind)
	assert.Equal(t, []string{"Ridge"}, res.Game.Nash[0].Indifferent)
	require.Len(t, res.Game.Basins, 1)
	assert.Equal(t, 1.0, res.Game.Basins[0].Share)
	assert.Equal(t, trigrid.DynamicEnd, res.Recommendation.Reason)
	assert.True(t, res.Recommendation.Highest)
	checkSettled(t, res)
}

// random returns a region with n DERs of several kinds, two VPPs, two hours and
// two scenarios.
func random(t *testing.T, n int, source *rand.Rand) trigrid.Region {
	t.Helper()
	set, err := scenario.New(scenario.Grid{Start: time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC), Step: time.Hour, Steps: 2}, []float64{0.5, 0.5})
	require.NoError(t, err)
	draw := func(low, high float64) float64 { return low + (high-low)*source.Float64() }
	paths := func(high float64) [][]float64 {
		return [][]float64{{draw(0, high), draw(0, high)}, {draw(0, high), draw(0, high)}}
	}
	calendar := market.Calendar{Steps: 2}
	buy := market.Series{draw(40, 150), draw(40, 150)}
	short, long := market.Spreads(buy, 1.4, 0.5)
	r := trigrid.Region{Name: "random", Setting: vpp.Setting{
		Set: set, Weights: weights.Vector{Economic: 0.6, Risk: 0.4}, Risk: vpp.CVaR{Confidence: 0.5},
		Markets: vpp.Markets{
			Electricity: &market.Tariff{Calendar: calendar, Good: market.Electricity, Buy: buy, Sell: buy.Times(0.4)},
			Imbalance:   &market.Imbalance{Calendar: calendar, Price: market.Series{0}, Short: short, Long: long},
		},
	}}
	for v, name := range []string{"A", "B"} {
		demand := "demand" + name
		require.NoError(t, set.Add(demand, "MW", paths(6)))
		p := vpp.VPP{
			Name: name, Demand: demand, RiskAversion: draw(0, 1), PassThrough: draw(0.2, 1),
			Tariff: der.Tariff{Injection: buy.Times(draw(0.4, 0.9)), Withdrawal: buy.Times(draw(0.6, 1))},
		}
		if v == 0 && source.IntN(3) == 0 {
			p.ImportLimit = optional.Of(draw(2, 6)) // some coalitions may lack power
		}
		r.VPPs = append(r.VPPs, p)
	}
	for i := range n {
		name := fmt.Sprintf("D%d", i)
		switch source.IntN(3) {
		case 0:
			require.NoError(t, set.Add(name, "MW", paths(5)))
			r.DERs = append(r.DERs, &der.Wind{ID: name, Capacity: optional.Of(6), Available: name, Maintenance: draw(0, 60)})
		case 1:
			r.DERs = append(r.DERs, turbine(name, draw(0.5, 3)))
		default:
			r.DERs = append(r.DERs, &der.Storage{ID: name, Charge: 1, Discharge: 1, Energy: 2, Initial: optional.Of(1), ChargeEfficiency: 0.9, DischargeEfficiency: 0.9, Wear: draw(0, 10)})
		}
	}
	r.Sharing = []vpp.Sharing{vpp.Shapley{}, vpp.ByService{}, vpp.Marginal{}, vpp.ByService{Contribution: vpp.Delivered}}[source.IntN(4)]
	return r
}

// If a search knows all coalitions, it recommends the same as an enumeration.
// Otherwise its bound holds for the profiles that it has not seen.
func TestAnswersOfSearchAndEnumerationAgree(t *testing.T) {
	source := rand.New(rand.NewPCG(20, 26))
	reasons := map[trigrid.Reason]int{}
	regions := 8
	if os.Getenv("TRIGRID_SLOW") == "1" {
		regions = 20
	}
	for k := range regions {
		r := random(t, 3+k%4, source)
		full := coordinate(t, r, trigrid.Options{Starts: 5})
		known := coordinate(t, r, trigrid.Options{Search: true}.PlanAll())
		require.Equal(t, full.Recommendation, known.Recommendation, "region %d", k)
		require.Equal(t, full.Settlement, known.Settlement)
		checkSettled(t, full)
		reasons[full.Recommendation.Reason]++
		assert.GreaterOrEqual(t, full.Recommendation.Bound, full.Game.BestWelfare)

		found := coordinate(t, r, trigrid.Options{Search: true})
		checkSettled(t, found)
		rec := found.Recommendation
		assert.GreaterOrEqual(t, rec.Bound, full.Game.BestWelfare-1e-6*(1+math.Abs(rec.Bound)), "region %d", k)
		if len(found.Coalitions)+len(found.Infeasible) < 2<<len(r.DERs) {
			assert.False(t, rec.Highest, "not all profiles are known")
		} else {
			assert.Equal(t, full.Recommendation.Profile, rec.Profile)
		}
	}
	t.Log(reasons)
}

// A case in a currency in which a MWh costs 9e13, or with 1e13 MW, has a
// recommendation and a settlement, although the ledger has numbers up to 9.2e12
// in its smallest unit.
func TestRunsOfHugeAmountsAreSettled(t *testing.T) {
	for name, change := range map[string]func(*trigrid.Region){
		"prices": func(r *trigrid.Region) {
			buy := market.Series{9e13, 9e13, 9e13, 9e13}
			r.Setting.Markets.Electricity = &market.Tariff{Calendar: market.Calendar{Steps: 4}, Good: market.Electricity, Buy: buy, Sell: buy.Times(1. / 3)}
		},
		"tariff": func(r *trigrid.Region) { r.VPPs[0].Tariff.Injection = market.Series{1e13, 1e13, 1e13, 1e13} },
	} {
		r := hill(t, ridge(0, "gust"))
		change(&r)
		res := coordinate(t, r, trigrid.Options{})
		require.NotEmpty(t, res.Settlement, name)
		sum := int64(0)
		for _, line := range res.Settlement {
			sum += line.Minor
		}
		assert.Zero(t, sum, name)
		if name == "prices" { // 6 MW for 4 h at a third of 9e13, less the demand of 2 MW
			assert.InEpsilon(t, 4*4*3e13, res.VPPs[0].Economic+res.DERs[0].Revenue, 1e-9)
		}
	}
}
