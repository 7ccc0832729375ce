package fleet_test

import (
	"fmt"
	"math"
	"math/rand/v2"
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

// randomDistinct is a region of two VPPs and four DERs. Data are multiples of a
// few steps, so that ties, DERs without amounts, stores of size 0 and negative
// prices are frequent.
func randomDistinct(t *testing.T, seed uint64) fleet.Distinct {
	t.Helper()
	var (
		random   = rand.New(rand.NewPCG(seed, 99))
		few      = func(n int, step float64) float64 { return step * float64(random.IntN(n)) }
		set, err = scenario.New(scenario.Grid{Step: time.Hour, Steps: 3}, []float64{0.6, 0.4})
		calendar = market.Calendar{Steps: 3}
		p        fleet.Distinct
	)
	require.NoError(t, err)
	add := func(name string, size float64) {
		paths := make([][]float64, 2)
		for s := range paths {
			for range 3 {
				paths[s] = append(paths[s], math.Round(size*4*random.Float64())/4)
			}
		}
		require.NoError(t, set.Add(name, "MW", paths))
	}
	for v, name := range []string{"first", "second"} {
		add(name, 3)
		p.VPPs = append(p.VPPs, vpp.VPP{Name: fmt.Sprintf("v%d", v), Demand: name, RiskAversion: few(3, 0.5)})
	}
	for i := range 4 {
		name := fmt.Sprintf("d%d", i)
		switch random.IntN(4) {
		case 0, 1:
			add(name, 2)
			p.DERs = append(p.DERs, &der.PV{ID: name, Available: name, Maintenance: few(3, 10)})
		case 2:
			energy := few(4, 1)
			p.DERs = append(p.DERs, &der.Storage{
				ID: name, Charge: 1, Discharge: few(3, 1), Energy: energy, Initial: optional.Of(energy / 2),
				ChargeEfficiency: 0.9, DischargeEfficiency: 0.9 + few(2, 0.1), Wear: few(3, 1),
			})
		default:
			p.DERs = append(p.DERs, &engine{id: name, most: few(3, 1), price: few(4, 50), emission: 0.5})
		}
		p.Outside = append(p.Outside, few(3, 20)*few(2, 1))
	}
	var buy, sell market.Series
	below := few(2, 60) * few(2, 1)
	for range 3 {
		price := few(5, 40) - below
		buy, sell = append(buy, price), append(sell, price-few(3, 30))
	}
	flat := func(price float64) market.Series { return market.Series{price, price, price} }
	p.Setting = vpp.Setting{
		Set: set, Weights: weights.Vector{Economic: 0.5, Risk: 0.2, Environment: 0.3}, Risk: vpp.CVaR{Confidence: 0.5},
		Markets: vpp.Markets{
			Electricity: &market.Tariff{Calendar: calendar, Buy: buy, Sell: sell},
			Imbalance:   &market.Imbalance{Calendar: calendar, Price: flat(50), Short: flat(20), Long: flat(10)},
			Carbon:      market.Flat(market.Carbon, calendar, 70),
		},
	}
	return p
}

// Regions of ties, empty DERs and negative prices against plans of all 16
// coalitions of both VPPs and all 81 splits: the bound is above the best split,
// the welfare is reached, and no single DER gains more than the regret. A VPP
// that relaxes its stores can have a welfare above that of its plan.
func TestFleetDistinctHoldsOnRandomRegions(t *testing.T) {
	solver := testsolver.New(t)
	seeds := 10
	if slow() {
		seeds = 100
	}
	for seed := range seeds {
		p := randomDistinct(t, uint64(seed))
		a, err := p.Solve(t.Context(), solver, fleet.DistinctOptions{})
		require.NoError(t, err, "seed %d", seed)
		var (
			value   = planned(t, solver, p)
			best    = math.Inf(-1)
			welfare = func(place []int) float64 {
				sets, sum := [2]int{}, 0.0
				for i, v := range place {
					if v == fleet.Nowhere {
						sum += p.Outside[i]
					} else {
						sets[v] |= 1 << i
					}
				}
				return sum + value[0][sets[0]] + value[1][sets[1]]
			}
		)
		for split := range 81 {
			place := make([]int, 4)
			for i := range place {
				place[i] = split%3 - 1
				split /= 3
			}
			best = max(best, welfare(place))
		}
		tolerance := 1e-6 * max(1, math.Abs(best))
		assert.GreaterOrEqual(t, a.Bound, best-tolerance, "seed %d", seed)
		if len(a.Relaxed) > 0 {
			continue
		}
		reached := welfare(a.Place)
		assert.LessOrEqual(t, a.Welfare, reached+tolerance, "seed %d", seed)
		// Under marginal payoffs the gain of a DER that moves is that of the
		// welfare.
		largest, mean := 0.0, 0.0
		for i := range a.Place {
			for to := fleet.Nowhere; to < 2; to++ {
				moved := append([]int(nil), a.Place...)
				moved[i] = to
				assert.LessOrEqual(t, welfare(moved)-reached, a.Regret+10*tolerance, "seed %d: DER %d to %d", seed, i, to)
				largest = max(largest, welfare(moved)-reached)
			}
			mean += math.Abs(a.Payoff[i]) / float64(len(a.Place))
		}
		assert.GreaterOrEqual(t, largest, a.LeastRegret-10*tolerance, "seed %d", seed)
		assert.LessOrEqual(t, a.Regret, largest+0.02*mean+10*tolerance, "seed %d: programs of single DERs make the bound tight", seed)
	}
}

// planned returns the values of all coalitions of both VPPs.
func planned(t *testing.T, solver milp.Solver, p fleet.Distinct) (out [2][16]float64) {
	t.Helper()
	for v := range out {
		for s := range out[v] {
			var members []der.DER
			for i, d := range p.DERs {
				if s>>i&1 == 1 {
					members = append(members, d)
				}
			}
			plan, err := vpp.Problem{VPP: p.VPPs[v], Members: members, Setting: p.Setting}.Solve(t.Context(), solver)
			require.NoError(t, err)
			out[v][s] = plan.Value.Objective
		}
	}
	return out
}
