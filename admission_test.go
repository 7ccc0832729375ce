package trigrid_test

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/contracts"
	"github.com/trigrid/trigrid/ledger/engine"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/vpp"
)

// kiln returns a unit that always feeds in 1 MW.
func kiln(name string, cost float64) *der.Thermal {
	return &der.Thermal{ID: name, MinOutput: 1, MaxOutput: 1, MustRun: true, Linear: cost}
}

// scarceHill is hill with two units of 1 MW and a tariff of 120 per MWh, of
// whose gain members have half. Its demand of 2 MW takes both. Over four hours,
// by hand:
//
//	               {}     {Mill}  {Kiln}  both
//	objective    −720       −600    −760   −640      Mill costs 60 and Kiln 100, purchases 90
//	value V      −720       −840    −840   −960      each MWh at 120 instead of 90
//	revenue              240      80   240, 80
//
// Shares of the gain are −120 each, so that Mill has 240 − 60 = 180 and Kiln 80
// − 60 = 20.
func scarceHill(t *testing.T) trigrid.Region {
	r := hill(t, kiln("Kiln", 100), kiln("Mill", 60))
	r.VPPs[0].Tariff, r.VPPs[0].PassThrough = der.Tariff{Injection: market.Series{120, 120, 120, 120}}, 0.5
	return r
}

func TestAVPPRefusesADERThatLowersItsValue(t *testing.T) {
	payoff := func(v float64) *float64 { return &v }
	for _, c := range []struct {
		rule     vpp.Admission
		profile  trigrid.Profile
		welfare  float64
		refusals []vpp.Refusal
	}{
		{vpp.AdmitAll, trigrid.Profile{"Kiln": "Hill", "Mill": "Hill"}, -640, nil},
		{vpp.AdmitScheme, trigrid.Profile{"Kiln": "outside", "Mill": "Hill"}, -600, []vpp.Refusal{
			{VPP: "Hill", DER: "Kiln", Against: []string{"Mill"}, Loss: 40, Payoff: payoff(20), Wanted: true},
		}},
		{vpp.AdmitByObjective, trigrid.Profile{"Kiln": "outside", "Mill": "Hill"}, -600, []vpp.Refusal{
			{VPP: "Hill", DER: "Kiln", Against: []string{"Mill"}, Loss: 40, Payoff: payoff(20), Wanted: true},
		}},
		{vpp.AdmitByValue, trigrid.Profile{"Kiln": "outside", "Mill": "outside"}, -720, []vpp.Refusal{
			{VPP: "Hill", DER: "Kiln", Against: []string{}, Loss: 120, Payoff: payoff(20), Wanted: true},
			{VPP: "Hill", DER: "Mill", Against: []string{}, Loss: 120, Payoff: payoff(180), Wanted: true},
		}},
	} {
		for _, search := range []bool{false, true} {
			t.Run(fmt.Sprintf("%v, search %t", c.rule, search), func(t *testing.T) {
				r := scarceHill(t)
				r.Setting.Modelling.Admission = c.rule
				res := coordinate(t, r, trigrid.Options{Search: search})
				assert.Equal(t, c.profile, res.Recommendation.Profile)
				assert.InDelta(t, c.welfare, res.Recommendation.Welfare, 1e-6)
				assert.True(t, res.Game.Settled)
				assert.True(t, res.Game.Proven)
				require.Len(t, res.Game.Nash, 1)
				require.Len(t, res.Refusals, len(c.refusals))
				for k, want := range c.refusals {
					got := res.Refusals[k]
					assert.InDelta(t, want.Loss, got.Loss, 1e-6)
					require.NotNil(t, got.Payoff)
					assert.InDelta(t, *want.Payoff, *got.Payoff, 1e-6)
					got.Loss, got.Payoff, want.Loss, want.Payoff = 0, nil, 0, nil
					assert.Equal(t, want, got)
				}
				checkSettled(t, res)
			})
		}
	}
}

// Two VPPs with a demand of 1 MW each buy at 90 and sell at 30. Together the
// units have 2 MW, as the demand, but A alone takes only one of them.
// Objectives over four hours by hand:
//
//	          {}    {Mill}   {Kiln}   both
//	A, B    −360     −240     −280    −400       Mill costs 60, Kiln 70; 4 MWh of both are sold at 30
//
// A pays 80 and B 75 per MWh, and the pass-through is 0: revenues are 80 and 40
// in A, 60 and 20 in B. If both choose A, it loses 160 by Kiln and 120 by Mill.
// The scheme of either VPP is {Mill}.
func TestADERDisplacesALessUsefulOne(t *testing.T) {
	r := hill(t, kiln("Kiln", 70), kiln("Mill", 60))
	require.NoError(t, r.Setting.Set.AddForecast("half", "MW", []float64{1, 1, 1, 1}))
	tariff := func(price float64) der.Tariff {
		return der.Tariff{Injection: market.Series{price, price, price, price}}
	}
	r.VPPs = []vpp.VPP{{Name: "A", Demand: "half", Tariff: tariff(80)}, {Name: "B", Demand: "half", Tariff: tariff(75)}}
	r.Setting.Modelling.OwnRevenue = vpp.TariffOnly
	for _, c := range []struct {
		rule    vpp.Admission
		profile trigrid.Profile
		welfare float64
	}{
		{vpp.AdmitAll, trigrid.Profile{"Kiln": "A", "Mill": "A"}, -400 - 360},
		{vpp.AdmitScheme, trigrid.Profile{"Kiln": "outside", "Mill": "A"}, -240 - 360},
		{vpp.AdmitByObjective, trigrid.Profile{"Kiln": "B", "Mill": "A"}, -240 - 280},
	} {
		r.Setting.Modelling.Admission = c.rule
		res := coordinate(t, r, trigrid.Options{})
		assert.Equal(t, c.profile, res.Recommendation.Profile, c.rule.String())
		assert.InDelta(t, c.welfare, res.Recommendation.Welfare, 1e-6, c.rule.String())
		require.Len(t, res.Game.Nash, 1, c.rule.String())
		if c.rule == vpp.AdmitByObjective {
			require.Len(t, res.Refusals, 1)
			got := res.Refusals[0]
			assert.Equal(t, []any{"A", "Kiln", []string{"Mill"}, true}, []any{got.VPP, got.DER, got.Against, got.Wanted})
			assert.InDelta(t, 160, got.Loss, 1e-6)
			assert.InDelta(t, 40, *got.Payoff, 1e-6)
		}
	}
}

// Of equal units, the one that comes first in the region stays: a demand of 1
// MW takes one of them.
func TestOfEqualLossesTheLastDERIsRefused(t *testing.T) {
	for _, names := range [][]string{{"X", "Y"}, {"Y", "X"}} {
		r := hill(t, kiln(names[0], 60), kiln(names[1], 60))
		require.NoError(t, r.Setting.Set.AddForecast("half", "MW", []float64{1, 1, 1, 1}))
		r.VPPs[0].Demand = "half"
		r.VPPs[0].Tariff.Injection = market.Series{80, 80, 80, 80}
		r.VPPs[0].PassThrough = 0
		r.Setting.Modelling.Admission = vpp.AdmitByObjective
		res := coordinate(t, r, trigrid.Options{})
		assert.Equal(t, trigrid.Profile{names[0]: "Hill", names[1]: "outside"}, res.Recommendation.Profile)
	}
}

// The ledger of a run has the refusals.
func TestRefusalsStandOnTheLedger(t *testing.T) {
	r := scarceHill(t)
	r.Setting.Modelling.Admission = vpp.AdmitByObjective
	var chain bytes.Buffer
	coordinate(t, r, trigrid.Options{Export: &chain})
	audit, err := engine.Replay(&chain, engine.ReplayOptions{Contracts: contracts.Coordination()})
	require.NoError(t, err)
	found := 0
	for _, b := range audit.Blocks {
		for i := range b.Txs {
			_, m, err := ledger.DecodeMessage(&b.Txs[i], contracts.Coordination()...)
			require.NoError(t, err)
			if refuse, ok := m.(*contracts.RefuseDERs); ok {
				found++
				assert.Equal(t, []contracts.Refused{{DER: "Kiln", Loss: 4000}}, refuse.List)
			}
		}
	}
	assert.Equal(t, 1, found)
}

// twin is the game of a region by enumeration, from plans of its own, for
// regions with [vpp.TariffOnly] whose coalitions can all run.
type twin struct {
	region  trigrid.Region
	plans   [][]*vpp.Plan // by VPP and coalition
	payoffs [][][]float64 // by VPP, coalition and DER
}

// newTwin returns nil if some coalition cannot run.
func newTwin(t *testing.T, r trigrid.Region, solver milp.Solver) *twin {
	x := &twin{region: r}
	n := len(r.DERs)
	for _, p := range r.VPPs {
		plans := make([]*vpp.Plan, 1<<n)
		for s := range plans {
			problem := vpp.Problem{VPP: p, Setting: r.Setting}
			for i := range n {
				if s>>i&1 == 1 {
					problem.Members = append(problem.Members, r.DERs[i])
				}
			}
			plan, err := problem.Solve(t.Context(), solver)
			if err != nil {
				return nil
			}
			plans[s] = plan
		}
		x.plans = append(x.plans, plans)
		payoffs := make([][]float64, 1<<n)
		for s := range payoffs {
			payoffs[s] = make([]float64, n)
			var members []int
			for i := range n {
				if s>>i&1 == 1 {
					members = append(members, i)
				}
			}
			// The Shapley value as the mean over all orders of arrival.
			orders := permutations(members)
			for _, order := range orders {
				before := 0
				for _, i := range order {
					gain := plans[before|1<<i].Value.Integrated - plans[before].Value.Integrated
					payoffs[s][i] += p.PassThrough * gain / r.Setting.Weights.Economic / float64(len(orders))
					before |= 1 << i
				}
			}
			for k := range plans[s].Members {
				m := &plans[s].Members[k]
				i := slices.IndexFunc(r.DERs, func(d der.DER) bool { return d.Name() == m.DER.Name() })
				payoffs[s][i] += m.Revenue
			}
		}
		x.payoffs = append(x.payoffs, payoffs)
	}
	return x
}

func permutations(list []int) [][]int {
	if len(list) == 0 {
		return [][]int{nil}
	}
	var out [][]int
	for k := range list {
		rest := append(slices.Clone(list[:k]), list[k+1:]...)
		for _, tail := range permutations(rest) {
			out = append(out, append([]int{list[k]}, tail...))
		}
	}
	return out
}

// value returns X of the rule.
func (x *twin) value(v, s int) float64 {
	if x.region.Setting.Modelling.Admission == vpp.AdmitByValue {
		return x.plans[v][s].Value.Integrated / x.region.Setting.Weights.Economic
	}
	return x.plans[v][s].Value.Objective
}

// admits returns the admitted ones of the DERs in s. near is true if a
// comparison is within small.
func (x *twin) admits(v, s int, small float64) (admitted int, near bool) {
	n := len(x.region.DERs)
	switch x.region.Setting.Modelling.Admission {
	case vpp.AdmitAll:
		return s, false
	case vpp.AdmitScheme:
		best, second := 0, math.Inf(-1)
		for c := 1; c < 1<<n; c++ {
			if x.plans[v][c].Value.Objective > x.plans[v][best].Value.Objective {
				best = c
			}
		}
		for c := range 1 << n {
			if c != best {
				second = max(second, x.plans[v][c].Value.Objective)
			}
		}
		return s & best, x.plans[v][best].Value.Objective-second < small
	}
	worst, loss, runner := -1, 0.0, math.Inf(-1)
	for i := range n {
		if s>>i&1 == 0 {
			continue
		}
		l := x.value(v, s&^(1<<i)) - x.value(v, s)
		near = near || l > small/1000 && l < small // a DER without any effect is admitted for sure
		switch {
		case l > loss:
			worst, loss, runner = i, l, loss
		case l > runner:
			runner = l
		}
	}
	if worst < 0 {
		return s, near
	}
	rest, also := x.admits(v, s&^(1<<worst), small)
	return rest, near || also || loss-runner < small
}

// strict returns the strict equilibria and the highest welfare over all
// profiles. near is true if a comparison is within small.
func (x *twin) strict(small float64) (found []trigrid.Profile, best float64, near bool) {
	n, vpps := len(x.region.DERs), len(x.region.VPPs)
	payoff := func(i int, profile []int) (float64, bool) {
		v := profile[i]
		if v == vpps {
			return x.region.Outside[x.region.DERs[i].Name()], true
		}
		s := 0
		for k, u := range profile {
			if u == v {
				s |= 1 << k
			}
		}
		admitted, close := x.admits(v, s, small)
		near = near || close
		return x.payoffs[v][admitted][i], admitted>>i&1 == 1
	}
	best = math.Inf(-1)
	for code := range int(math.Pow(float64(vpps+1), float64(n))) {
		profile := make([]int, n)
		for i, rest := 0, code; i < n; i, rest = i+1, rest/(vpps+1) {
			profile[i] = rest % (vpps + 1)
		}
		feasible, stable, welfare := true, true, 0.0
		for v := range vpps {
			s := 0
			for k, u := range profile {
				if u == v {
					s |= 1 << k
				}
			}
			admitted, _ := x.admits(v, s, small)
			feasible = feasible && admitted == s
			welfare += x.plans[v][s].Value.Objective
		}
		for i, v := range profile {
			here, _ := payoff(i, profile)
			if v == vpps {
				welfare += x.region.Setting.Weights.Economic * here
			}
			for u := range vpps + 1 {
				if u == v {
					continue
				}
				profile[i] = u
				there, open := payoff(i, profile)
				stable = stable && (!open || there < here)
				near = near || open && math.Abs(there-here) < small
			}
			profile[i] = v
		}
		if !feasible {
			continue
		}
		best = max(best, welfare)
		if stable {
			p := trigrid.Profile{}
			for i, v := range profile {
				p[x.region.DERs[i].Name()] = trigrid.Outside
				if v < vpps {
					p[x.region.DERs[i].Name()] = x.region.VPPs[v].Name
				}
			}
			found = append(found, p)
		}
	}
	return found, best, near
}

// Equilibria and the highest welfare of random regions of up to 4 DERs are
// those of a game by enumeration under each rule. Without negative outside
// payoffs, AdmitByObjective excludes no profile of the highest welfare.
// TRIGRID_REGIONS sets the number of regions.
func TestAdmissionAgreesWithEnumeration(t *testing.T) {
	solver := testsolver.New(t)
	checked, refused := map[vpp.Admission]int{}, 0
	for seed := uint64(1); checked[vpp.AdmitByValue] < count(t, 3) && seed < 400; seed++ {
		r := randomRegion(t, seed, false)
		d := rand.New(rand.NewPCG(seed, 13))
		r.DERs, r.Sharing = r.DERs[:min(len(r.DERs), 4)], nil
		if len(r.VPPs) > 2 {
			r.VPPs = r.VPPs[:2]
		}
		// Units that must run and a dear tariff let unwanted DERs join. Payoffs
		// outside exclude ties.
		for i := range r.DERs {
			r.Outside[r.DERs[i].Name()] = 0.1 + 5*d.Float64()
			if d.IntN(2) == 0 {
				r.DERs[i] = &der.Thermal{ID: r.DERs[i].Name(), MinOutput: 0.5, MaxOutput: 0.5 + 2*d.Float64(), MustRun: true, Linear: 20 + 100*d.Float64()}
			}
		}
		for v := range r.VPPs {
			r.VPPs[v].Tariff.Injection = market.Series(r.VPPs[v].Tariff.Injection).Times(2 + d.Float64())
			r.VPPs[v].PassThrough *= 0.5
		}
		r.Setting.Modelling.OwnRevenue = vpp.TariffOnly
		if r.Validate() != nil {
			continue
		}
		x := newTwin(t, r, solver)
		if x == nil {
			continue
		}
		const small = 1e-3
		free := math.NaN()
		for _, rule := range []vpp.Admission{vpp.AdmitAll, vpp.AdmitScheme, vpp.AdmitByObjective, vpp.AdmitByValue} {
			r.Setting.Modelling.Admission, x.region.Setting.Modelling.Admission = rule, rule
			want, best, near := x.strict(small)
			if rule == vpp.AdmitAll {
				free = best
			}
			if near {
				continue // within the tolerances
			}
			checked[rule]++
			res, err := trigrid.Run(t.Context(), r, trigrid.Options{Solver: solver, Budget: -1})
			require.NoError(t, err, "seed %d", seed)
			var got []trigrid.Profile
			for _, e := range res.Game.Nash {
				require.Equal(t, "strict", e.Kind, "seed %d", seed)
				got = append(got, e.Profile)
			}
			assert.ElementsMatch(t, want, got, "seed %d, %v", seed, rule)
			assert.InDelta(t, best, res.Game.BestWelfare, 1e-4*(1+math.Abs(best)), "seed %d, %v", seed, rule)
			if rule == vpp.AdmitByObjective {
				assert.InDelta(t, free, res.Game.BestWelfare, 1e-4*(1+math.Abs(free)), "seed %d", seed)
			}
			for _, f := range res.Refusals {
				if f.Wanted {
					refused++
				}
			}
		}
	}
	t.Logf("%v games, %d refusals against the wish of the DER", checked, refused)
	assert.Greater(t, refused, 2)
}
