package vpp_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/milp/highs"
	"github.com/trigrid/trigrid/vpp"
)

// timeless is a plan without what differs from run to run: how long it took and
// how it was counted.
func timeless(p *vpp.Plan) vpp.Plan {
	q := *p
	q.Solution.Time, q.Solution.Update = 0, ""
	return q
}

// DERs enter by name: a plan is the same to the last bit in whatever order they
// are given.
func TestOrderOfMembersChangesNothing(t *testing.T) {
	v, ders, setting := village(t)
	want := timeless(solve(t, v, ders, setting))
	random := rand.New(rand.NewPCG(9, 9))
	for range 3 {
		random.Shuffle(len(ders), func(i, j int) { ders[i], ders[j] = ders[j], ders[i] })
		require.Equal(t, want, timeless(solve(t, v, ders, setting)))
	}
}

// Payoffs of every coalition are the same, DER by DER, when the region lists
// its DERs in another order.
func TestPayoffsFollowDERsNotTheirNumbers(t *testing.T) {
	v, ders, setting := village(t)
	ders = ders[:4]
	payoffs := func(ders []der.DER) map[string]float64 {
		x, err := vpp.NewCoalitions(vpp.Problem{VPP: v, Members: ders, Setting: setting}, testsolver.New(t))
		require.NoError(t, err)
		for s := range vpp.Coalition(1 << len(ders)) {
			plan, err := x.Plan(t.Context(), s)
			require.NoError(t, err)
			checked(t, plan)
		}
		out := map[string]float64{}
		for _, rule := range []vpp.Sharing{vpp.Shapley{}, vpp.ByService{}, vpp.Marginal{}} {
			for i, payoff := range vpp.Payoffs(allMembers(len(ders)), outcomes(t, x), rule, v.PassThrough) {
				out[rule.String()+" "+ders[i].Name()] = payoff
			}
		}
		return out
	}
	want := payoffs(ders)
	found := payoffs([]der.DER{ders[2], ders[0], ders[3], ders[1]})
	for name, payoff := range want {
		assert.InDelta(t, payoff, found[name], 1e-9*max(1, math.Abs(payoff)), name)
	}
}

// A splitting of a scenario into equal parts is the same problem.
func TestSplittingAScenarioChangesNothing(t *testing.T) {
	v, ders, setting := village(t)
	for _, risk := range []vpp.Risk{vpp.CVaR{Confidence: 0.5}, vpp.CVaR{Confidence: 0.8}, vpp.CVaR{}} {
		setting.Risk = risk
		want := solve(t, v, ders, setting)
		split := setting
		split.Set = setting.Set.Split(0, 3)
		found := solve(t, v, ders, split)
		assert.InEpsilon(t, want.Value.Objective, found.Value.Objective, 1e-7)
		assert.InEpsilon(t, want.Value.Risk, found.Value.Risk, 1e-6)
	}
}

// Money in another currency changes all amounts by the rate and no schedule.
func TestCurrencyIsAUnit(t *testing.T) {
	v, ders, setting := village(t)
	want := solve(t, v, ders, setting)
	const rate = 7.3
	v, ders, setting = village(t)
	for _, prices := range [][]float64{v.Tariff.Injection, v.Tariff.Withdrawal, v.Tariff.LoadReduction, v.Tariff.Shortage, v.Tariff.Surplus} {
		for i := range prices {
			prices[i] *= rate
		}
	}
	markets := &setting.Markets
	tariff, imbalance := markets.Electricity.(*market.Tariff), markets.Imbalance.(*market.Imbalance)
	// The buying price and the tariff's withdrawal price are one slice, scaled
	// above.
	tariff.Sell = tariff.Sell.Times(rate)
	imbalance.Short, imbalance.Long = imbalance.Short.Times(rate), imbalance.Long.Times(rate)
	markets.Carbon = market.Flat(market.Carbon, tariff.Calendar, 60*rate)
	markets.Certificate = market.Flat(market.Certificate, tariff.Calendar, 12*rate)
	for _, d := range ders {
		switch u := d.(type) {
		case *der.Wind:
			u.Maintenance, u.CurtailmentPenalty = u.Maintenance*rate, u.CurtailmentPenalty*rate
		case *der.PV:
			u.Maintenance, u.Subsidy = u.Maintenance*rate, u.Subsidy*rate
		case *der.Storage:
			u.Wear *= rate
		case *der.Thermal:
			u.NoLoad, u.Linear, u.Quadratic = u.NoLoad*rate, u.Linear*rate, u.Quadratic*rate
			u.ShutDown, u.Maintenance = u.ShutDown*rate, u.Maintenance*rate
			for i := range u.StartUp {
				u.StartUp[i].Cost *= rate
			}
		case *der.DemandResponse:
			u.ReductionCost, u.ReboundCost = u.ReductionCost*rate, u.ReboundCost*rate
		}
	}
	found := solve(t, v, ders, setting)
	for s := range want.Net {
		assert.InDeltaSlice(t, want.Net[s], found.Net[s], 1e-6)
	}
	assert.InEpsilon(t, rate*want.Value.Integrated, found.Value.Integrated, 1e-7)
	assert.InEpsilon(t, rate*want.Value.Risk, found.Value.Risk, 1e-6)
	for i := range want.Members {
		assert.InDelta(t, rate*want.Members[i].Revenue, found.Members[i].Revenue, 1e-5, want.Members[i].DER.Name())
	}
}

// With one price for buying and selling, λ, the money of each scenario closes:
// what members receive and what the VPP keeps is λ times what is delivered less
// what the members spend.
func TestMoneyClosesInEveryScenario(t *testing.T) {
	v, ders, setting := village(t)
	price := setting.Markets.Electricity.(*market.Tariff).Buy
	setting.Markets.Electricity = &market.Tariff{Calendar: market.Calendar{Steps: 8}, Buy: price}
	for _, scheduling := range []vpp.DispatchObjective{vpp.OwnCosts, vpp.TariffPayments} {
		setting.Modelling.DispatchObjective = scheduling
		plan := solve(t, v, ders, setting)
		for s, r := range plan.Results {
			revenues, sales := 0.0, 0.0
			for _, m := range plan.Members {
				revenues += m.Benefits[s].Total()
			}
			for step, mw := range plan.Net[s] {
				sales += price[step] * mw
			}
			assert.InDelta(t, sales-r.Cost, revenues+r.Trade-r.Payments, 1e-5)
		}
	}
}

// The same plan from both backends, where the machine has both.
func TestBackendsAgreeOnPlans(t *testing.T) {
	v, ders, setting := village(t)
	var plans []*vpp.Plan
	for _, backend := range []highs.Backend{highs.Native, highs.Wasm} {
		solver := testsolver.New(t)
		solver.Backend = backend
		if _, err := solver.Build(); err != nil {
			t.Skipf("needs both backends: %v", err)
		}
		plan, err := vpp.Problem{VPP: v, Members: ders, Setting: setting}.Solve(t.Context(), solver)
		require.NoError(t, err)
		plans = append(plans, plan)
	}
	for i, m := range plans[0].Members {
		assert.InDelta(t, m.Revenue, plans[1].Members[i].Revenue, 1e-6*max(1, math.Abs(m.Revenue)), m.DER.Name())
	}
	assert.InDelta(t, plans[0].Value.Integrated, plans[1].Value.Integrated, 1e-6)
}

// A cache that is asked by several goroutines at once solves each coalition
// once.
func TestCoalitionsAreSolvedOnceForAll(t *testing.T) {
	v, ders, setting := village(t)
	solver := testsolver.New(t)
	x, err := vpp.NewCoalitions(vpp.Problem{VPP: v, Members: ders[:3], Setting: setting}, solver)
	require.NoError(t, err)
	plans := make(chan *vpp.Plan, 8)
	for range cap(plans) {
		go func() {
			plan, err := x.Plan(t.Context(), 5)
			assert.NoError(t, err)
			plans <- plan
		}()
	}
	first := <-plans
	for range cap(plans) - 1 {
		select {
		case plan := <-plans:
			assert.Same(t, first, plan)
		case <-time.After(time.Minute):
			t.Fatal("a caller waits for a plan that exists")
		}
	}
}
