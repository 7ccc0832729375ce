package fleet_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/fleet"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/vpp"
	"github.com/trigrid/trigrid/weights"
)

// day is the region on which a separate program, with its own interior-point
// method and its own certificate, was run before this package, with linear
// programs throughout: 35 PV arrays, 3 wind turbines, 20 batteries and 2
// engines over 24 hours and 3 scenarios, each class cut into r equal DERs. Its
// figures are the constants of the tests below. The data follow from the seed,
// in the order of the calls here.
func day(t testing.TB, vpps, r int, rule fleet.Rule) fleet.Problem {
	t.Helper()
	var (
		random = rand.New(rand.NewPCG(1, 7))
		errors = func(memory, deviation float64) (out [scenarios][24]float64) { // factors, one path per scenario
			for s := range out {
				z := random.NormFloat64()
				for h := range out[s] {
					z = memory*z + math.Sqrt(1-memory*memory)*random.NormFloat64()
					out[s][h] = max(0.05, 1+deviation*z)
				}
			}
			return out
		}
		set, err = scenario.New(scenario.Grid{Step: time.Hour, Steps: 24}, scenario.Equal(scenarios))
		add      = func(name string, number, limit, weight float64, common, own [scenarios][24]float64, base func(hour float64) float64) {
			paths := make([][]float64, scenarios)
			for s := range paths {
				for h := range 24 {
					factor := 1 + weight*(common[s][h]-1) + (1-weight)*(own[s][h]-1)
					paths[s] = append(paths[s], number*max(0, min(limit, base(float64(h)+0.5)*factor)))
				}
			}
			require.NoError(t, set.Add(name, "MW", paths))
		}
		daily = func(hour, peak float64) float64 { return math.Cos((hour - peak) * 2 * math.Pi / 24) }
		// size is the number of original DERs in one of r.
		size = func(total float64) float64 { return total / float64(r) }
	)
	require.NoError(t, err)
	sun, wind, demand := errors(0.9, 0.25), errors(0.9, 0.3), errors(0.8, 0.08)
	add("sun", size(35), 0.003, 0.7, sun, errors(0.7, 0.2), func(hour float64) float64 {
		if x := (hour - 10.5) / 6.5; math.Abs(x) < 1 {
			return 0.003 * 0.85 * math.Cos(x*math.Pi/2)
		}
		return 0
	})
	peak := random.Float64() * 24
	add("breeze", size(3), 0.02, 0.5, wind, errors(0.8, 0.35), func(hour float64) float64 {
		return 0.02 * (0.33 + 0.12*daily(hour, peak))
	})
	var (
		price    market.Series
		calendar = market.Calendar{Steps: 24}
		members  = []vpp.VPP{}
	)
	for _, x := range []struct {
		hours int
		price float64
	}{{6, 470}, {6, 1243}, {6, 893.4}, {4, 1243}, {2, 470}} {
		for range x.hours {
			price = append(price, x.price)
		}
	}
	for v := range vpps {
		var (
			name   = fmt.Sprintf("v%d", v)
			apart  = float64(max(1, vpps-1))
			middle = 7 + 14*float64(v)/apart
			mean   = 60 * 0.0018 / float64(vpps) * (0.6 + 0.8*random.Float64())
			swing  = 0.25 + 0.5*random.Float64()
			noise  = 0.03 + 0.1*random.Float64()
		)
		add(name, 1, math.Inf(1), 0.5, demand, errors(0.8, noise), func(hour float64) float64 {
			return mean * (1 - swing + swing*math.Pow(0.5+0.5*daily(hour, middle), 1.5)*2)
		})
		members = append(members, vpp.VPP{
			Name: name, Demand: name, PassThrough: 1, RiskAversion: 0.1 + 0.9*float64((v*7)%vpps)/apart,
		})
	}
	short, long := market.Spreads(price, 1.3, 0.5)
	one := func(u der.DER) der.Fleet { return der.Fleet{Unit: u, Count: r} }
	return fleet.Problem{
		Rule: rule, VPPs: members,
		Fleets: []der.Fleet{
			one(&der.PV{ID: "pv", Available: "sun", Maintenance: 16}),
			one(&der.Wind{ID: "wind", Available: "breeze", Maintenance: 18}),
			one(&der.Storage{
				ID: "battery", Charge: size(20) * 0.003, Discharge: size(20) * 0.003, Energy: size(20) * 0.003,
				Initial: optional.Of(size(20) * 0.0015), ChargeEfficiency: 0.93, DischargeEfficiency: 0.93, SelfDischarge: 0.001, Wear: 18,
			}),
			one(&ramped{engine{"engine", size(2) * 0.01, 480, 0.5}, size(2) * 0.004}),
		},
		Setting: vpp.Setting{
			Set: set, Weights: weights.Vector{Economic: 0.4, Risk: 0.2, Environment: 0.4}, Risk: vpp.CVaR{Confidence: 0.8},
			Markets: vpp.Markets{
				Electricity: &market.Tariff{Calendar: calendar, Buy: price, Sell: price.Times(0.35)},
				Imbalance:   &market.Imbalance{Calendar: calendar, Price: price, Short: short, Long: long},
				Carbon:      market.Flat(market.Carbon, calendar, 70),
				Certificate: market.Flat(market.Certificate, calendar, 50),
				Obligation:  market.Obligation{Quota: 0.2},
			},
		},
	}
}

// ramped is an engine whose output changes by at most ramp MW per step.
type ramped struct {
	engine
	ramp float64
}

func (u *ramped) Model(m *milp.Model, on milp.Expr, c der.Context) []der.Terms {
	out := u.engine.Model(m, on, c)
	for s := range out {
		at := c.Namer(u.id, s)
		for t := 1; t < c.Steps(); t++ {
			now, before := out[s].Injected[t], out[s].Injected[t-1]
			m.AtMost(at("up", t), now.Minus(before), on.Times(u.ramp))
			m.AtMost(at("down", t), before.Minus(now), on.Times(u.ramp))
		}
		for t := range c.Steps() { // generation that counts for the quota of certificates
			out[s].Burn(t, out[s].Injected[t].Times(c.HoursAt(t)))
		}
	}
	return out
}

// slow reports whether long tests run.
func slow() bool { return os.Getenv("TRIGRID_SLOW") == "1" }

// path returns the mean marginal values of one DER of each class in the first
// VPP along the nodes of a rule, with one program per node. In the joint
// program the nodes only share the numbers of DERs, which are all DERs in a
// region of one VPP.
func path(t *testing.T, solver milp.Opener, p fleet.Problem, rule fleet.Rule) []float64 {
	t.Helper()
	classes, m, session := counts(t, solver, p, 0, 1)
	out := make([]float64, len(classes))
	at, weight := rule.Nodes()
	for q, share := range at {
		for _, u := range classes {
			m.Fix(u.count, share)
		}
		s, err := session.Solve(t.Context())
		require.NoError(t, err)
		require.Equal(t, milp.Optimal, s.Status)
		for k, u := range classes {
			out[k] += weight[q] * s.ReducedCosts[u.count.Index()]
		}
	}
	require.NoError(t, session.Close())
	return out
}

// The separate program found a gain of 538.35 and the errors below, in % of the
// gain: the error of Aumann-Shapley payoffs against exact Shapley values falls
// as 1/r, and the product of both is between 2 and 3 currency. Marginal values
// jump along the path, so that two quadratures of the continuum differ by about
// one over their nodes: up to 0.003 % of the gain.
func TestFleetShapleyOfADay(t *testing.T) {
	if !slow() {
		t.Skip("8000 programs; set TRIGRID_SLOW=1")
	}
	var (
		solver    = testsolver.New(t)
		published = map[int]float64{1: 0.556, 2: 0.192, 4: 0.112, 6: 0.073, 8: 0.055}
		whole     = day(t, 1, 1, fleet.AumannShapley{Count: 12})
		_, c      = solve(t, whole)
		payoffs   = path(t, solver, whole, fleet.AumannShapley{Count: 200}) // of the classes, of DERs of any size
	)
	for k, payoff := range payoffs {
		assert.InDelta(t, payoff, c.Payoff[0][k], 0.003*538.35, "class %d: 12 nodes of the joint program", k)
	}
	for _, r := range []int{1, 2, 4, 6, 8} {
		t.Run(fmt.Sprint(r), func(t *testing.T) {
			p := day(t, 1, r, nil)
			all := enumerateRelaxed(t, solver, p, r)
			full, none := make([]int, len(p.Fleets)), make([]int, len(p.Fleets))
			for k := range full {
				full[k] = r
			}
			gain := all.at(0, full) - all.at(0, none)
			assert.InDelta(t, 538.35, gain, 0.005)
			worst := 0.0
			for k := range p.Fleets {
				worst = max(worst, math.Abs(float64(r)*all.shapley(0, k)-payoffs[k]))
			}
			t.Logf("worst class error %.4f %% of the gain, times r %.3f currency", 100*worst/gain, worst*float64(r))
			assert.InDelta(t, published[r], 100*worst/gain, 0.004)
			if r > 1 {
				assert.InDelta(t, 2.5, worst*float64(r), 0.5)
			}
		})
	}
}

// The separate program found an optimum of the continuum 541.06 above the VPPs
// without members, and these Nash states of marginal sharing, with the best and
// the worst one below the optimum in % of the gain.
func TestFleetNashStatesOfADay(t *testing.T) {
	solver := testsolver.New(t)
	counts := []int{1, 2}
	if slow() {
		counts = append(counts, 4, 8)
	}
	for _, r := range counts {
		t.Run(fmt.Sprint(r), func(t *testing.T) {
			var (
				p           = day(t, 2, r, nil)
				_, c        = solve(t, p)
				all         = enumerateRelaxed(t, solver, p, r)
				none        = make([]int, len(p.Fleets))
				gain        = c.Bound - all.at(0, none) - all.at(1, none)
				nash        = 0
				best, worst = math.Inf(-1), math.Inf(1)
				published   = map[int]struct {
					nash        int
					best, worst float64
				}{1: {2, 0.139, 21.24}, 2: {2, 0.139, 5.73}, 4: {3, 0.139, 1.77}, 8: {3, 0.139, 0.40}}[r]
			)
			assert.InDelta(t, 541.06, gain, 0.005)
			states(len(p.Fleets), r, func(first, second []int) {
				if all.regret(first, second) < 1e-6 {
					nash++
					welfare := all.at(0, first) + all.at(1, second)
					best, worst = max(best, welfare), min(worst, welfare)
				}
			})
			t.Logf("r = %d: %d Nash states, best %.4f, worst %.4f %% of the gain below the optimum", r, nash, 100*(c.Bound-best)/gain, 100*(c.Bound-worst)/gain)
			assert.Equal(t, published.nash, nash, "r = %d", r)
			assert.InDelta(t, published.best, 100*(c.Bound-best)/gain, 0.001, "r = %d", r)
			assert.InDelta(t, published.worst, 100*(c.Bound-worst)/gain, 0.006, "r = %d", r)
		})
	}
}
