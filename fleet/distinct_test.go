package fleet_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/fleet"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/milp/ipm"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/vpp"
)

// contract is a kind of another module that decides one output for all
// scenarios, the day before: its answer joins the scenarios.
type contract struct {
	id          string
	most, price float64
}

func (u *contract) Name() string { return u.id }

func (u *contract) Model(m *milp.Model, on milp.Expr, c der.Context) []der.Terms {
	out := c.NewTerms()
	at := c.FirstStage(u.id)
	for t := range c.Steps() {
		mw := m.Var(at("output", t), 0, u.most*der.MaxCount(on)).Expr()
		m.AtMost(at("max", t), mw, on.Times(u.most))
		for s := range out {
			out[s].Inject(t, mw)
			out[s].Cost.Add(mw.Times(u.price * c.HoursAt(t)))
		}
	}
	return out
}

func (u *contract) Benefit(realised der.Schedule, c der.Context, s int) der.Benefit {
	return c.Payment(realised, s)
}

// village is a region of two VPPs and n DERs of which no two are equal, of six
// kinds in turn.
func village(t testing.TB, n int) *fleet.Distinct {
	t.Helper()
	var (
		random  = rand.New(rand.NewPCG(5, uint64(n)))
		between = func(low, high float64) float64 { return low + (high-low)*random.Float64() }
		p       = town(t, 1, fleet.Marginal{})
		set     = p.Setting.Set
		out     = &fleet.Distinct{VPPs: p.VPPs, Setting: p.Setting}
	)
	// own adds a series of a DER, which is a share of another one.
	own := func(name, from string, share float64) {
		paths := make([][]float64, set.Len())
		for s := range paths {
			for _, mw := range set.Path(from, s) {
				paths[s] = append(paths[s], mw*share*between(0.8, 1.2))
			}
		}
		require.NoError(t, set.Add(name, "MW", paths))
	}
	part := 6 / float64(n)
	for i := range n {
		name := fmt.Sprintf("d%d", i)
		var d der.DER
		switch i % 6 {
		case 0:
			own(name, "sun", part*between(0.5, 1.5))
			d = &der.PV{ID: name, Available: name, Maintenance: between(10, 20)}
		case 1:
			own(name, "breeze", part*between(0.5, 1.5))
			d = &der.Wind{ID: name, Available: name, Maintenance: between(10, 20), CurtailmentPenalty: between(0, 30)}
		case 2:
			power, efficiency := part*between(2, 4), between(0.85, 0.97)
			d = &der.Storage{
				ID: name, Charge: power, Discharge: power, Energy: 4 * power, Initial: optional.Of(2 * power * between(0.5, 1.5)),
				ChargeEfficiency: efficiency, DischargeEfficiency: efficiency, SelfDischarge: between(0, 0.002), Wear: between(10, 30),
			}
		case 3:
			own(name, "homes", part*between(0.5, 1.5))
			d = &der.DemandResponse{
				ID: name, Load: name, Served: i%4 == 3, MaxReductionShare: optional.Of(between(0.1, 0.4)), ReboundHours: optional.Of(4.0),
				ReductionCost: between(20, 200), ReboundCost: between(1, 9),
			}
		case 4:
			if i%12 == 4 {
				d = &engine{id: name, most: part * between(3, 8), price: between(450, 800), emission: between(0.3, 0.6)}
				break
			}
			d = &der.Thermal{
				ID: name, MinOutput: part, MaxOutput: part * between(3, 8), Linear: between(450, 800), EmissionFactor: between(0.3, 0.6), MustRun: true,
				RampUp: optional.Of(part * between(0.3, 1)), RampDown: optional.Of(part * between(0.3, 1)), Before: der.ThermalState{Boundary: der.BeforeFree},
			}
		default:
			d = &contract{id: name, most: part * between(1, 3), price: between(300, 900)}
		}
		out.DERs = append(out.DERs, d)
	}
	return out
}

// valueOf returns J_v of a set of DERs by the program of the VPP with its
// members.
func valueOf(t testing.TB, solver milp.Solver, p *fleet.Distinct, v int, members []der.DER) float64 {
	t.Helper()
	program, err := vpp.Problem{VPP: p.VPPs[v], Members: members, Setting: p.Setting}.Formulate()
	require.NoError(t, err)
	s, err := solver.Solve(t.Context(), program.Model)
	require.NoError(t, err)
	require.Equal(t, milp.Optimal, s.Status)
	return s.Objective
}

// subsets has J_v of all sets of DERs, by VPP and bits.
func subsets(t testing.TB, solver milp.Solver, p *fleet.Distinct) [][]float64 {
	t.Helper()
	out := make([][]float64, len(p.VPPs))
	for v := range out {
		for set := range 1 << len(p.DERs) {
			var members []der.DER
			for i, d := range p.DERs {
				if set>>i&1 == 1 {
					members = append(members, d)
				}
			}
			out[v] = append(out[v], valueOf(t, solver, p, v, members))
		}
	}
	return out
}

// welfareOf returns the welfare of a split.
func welfareOf(p *fleet.Distinct, values [][]float64, place []int) float64 {
	sets, welfare := make([]int, len(p.VPPs)), 0.0
	for i, v := range place {
		if v == fleet.Nowhere {
			welfare += p.Outside[i]
			continue
		}
		sets[v] |= 1 << i
	}
	for v, set := range sets {
		welfare += values[v][set]
	}
	return welfare
}

// bestOf returns the largest welfare of all splits.
func bestOf(p *fleet.Distinct, values [][]float64) float64 {
	best := math.Inf(-1)
	place := make([]int, len(p.DERs))
	var next func(i int)
	next = func(i int) {
		if i == len(place) {
			best = max(best, welfareOf(p, values, place))
			return
		}
		for v := fleet.Nowhere; v < len(p.VPPs); v++ {
			place[i] = v
			next(i + 1)
		}
	}
	next(0)
	return best
}

// hamlet is a village of six DERs, some of which have payoffs outside, with the
// values of all sets of DERs. The tests share the values, which cost 128
// programs.
func hamlet(t testing.TB, solver milp.Solver, first int) (*fleet.Distinct, [][]float64) {
	p := village(t, 12)
	p.DERs = p.DERs[first : first+6]
	p.Outside = []float64{0, 300, 0, 0, 40, 0}
	if hamlets[first] == nil {
		hamlets[first] = subsets(t, solver, p)
	}
	return p, hamlets[first]
}

var hamlets = map[int][][]float64{} // by the first DER

// All 729 splits of six DERs: none is worth more than the bound, the values are
// those of the VPPs' own programs, and no move of one DER gains more than the
// certificate allows.
func TestFleetDistinctCertificateAgainstEnumeration(t *testing.T) {
	solver := testsolver.New(t)
	for _, first := range []int{0, 5} {
		p, values := hamlet(t, solver, first)
		best := bestOf(p, values)
		a, err := p.Solve(t.Context(), solver, fleet.DistinctOptions{Tolerance: 1e-7, Regret: 1e-4})
		require.NoError(t, err)
		require.Len(t, a.Place, 6)

		welfare := welfareOf(p, values, a.Place)
		assert.InDelta(t, welfare, a.Welfare, 1e-5*a.Gain, "columns find the values of the VPPs")
		assert.LessOrEqual(t, a.Welfare, welfare+1e-7*math.Abs(welfare))
		assert.GreaterOrEqual(t, a.Bound, best-1e-9*math.Abs(best))
		assert.InDelta(t, a.Bound-a.Welfare, a.Gap, 1e-9*math.Abs(a.Bound))
		empty := values[0][0] + values[1][0] + 340
		assert.InDelta(t, empty, a.Empty, 1e-6*math.Abs(empty))
		t.Logf("gap %.2f %% of the gain, best split %.2f %%", 100*a.Gap/a.Gain, 100*(best-a.Welfare)/a.Gain)

		// A DER compares what it brings where it is with what it would bring
		// elsewhere.
		sets := make([]int, 2)
		for i, v := range a.Place {
			if v != fleet.Nowhere {
				sets[v] |= 1 << i
			}
		}
		largest := 0.0
		for i, from := range a.Place {
			here := p.Outside[i]
			if from != fleet.Nowhere {
				here = values[from][sets[from]] - values[from][sets[from]&^(1<<i)]
			}
			largest = max(largest, p.Outside[i]-here)
			for v := range sets {
				if v != from {
					largest = max(largest, values[v][sets[v]|1<<i]-values[v][sets[v]]-here)
				}
			}
			assert.GreaterOrEqual(t, a.Regrets[i], -1e-9)
		}
		mean := a.Gain / float64(len(p.DERs))
		t.Logf("a DER gains %.4f by a move, proven %.4f to %.4f; mean gain %.2f", largest, a.LeastRegret, a.Regret, mean)
		assert.LessOrEqual(t, largest, a.Regret+1e-6)
		assert.GreaterOrEqual(t, largest, a.LeastRegret-1e-6)
		assert.LessOrEqual(t, a.Regret-largest, 2e-4*mean, "programs of their own make the bound tight")
		proof, err := p.Verify(t.Context(), solver, a, fleet.DistinctOptions{Regret: 1e-4})
		require.NoError(t, err)
		assert.GreaterOrEqual(t, proof.Regret, largest-1e-6)
		assert.LessOrEqual(t, proof.Regret, a.Regret+2e-4*mean)
		assert.InDelta(t, a.Bound, proof.Bound, 1e-9*math.Abs(a.Bound))
		assert.InDelta(t, welfare, proof.Welfare, 1e-5*a.Gain)
		total := 0.0
		for _, r := range a.Regrets {
			total += r
		}
		assert.LessOrEqual(t, total, a.Gap*(1+1e-6)+1e-6, "regrets are a part of the gap")

		again, err := p.Bound(t.Context(), solver, a.Duals)
		require.NoError(t, err)
		assert.InDelta(t, a.Bound, again, 1e-7*math.Abs(a.Bound))
	}
}

// Prices that have nothing to do with the region prove a bound as well, if a
// loose one.
func TestFleetDistinctBoundHoldsForAnyPrices(t *testing.T) {
	solver := testsolver.New(t)
	p, values := hamlet(t, solver, 0)
	best := bestOf(p, values)
	a, err := p.Solve(t.Context(), solver, fleet.DistinctOptions{})
	require.NoError(t, err)
	random := rand.New(rand.NewPCG(1, 2))
	tightest := math.Inf(1)
	for i := range 15 {
		duals := make([][]float64, len(a.Duals))
		for v := range duals {
			for _, y := range a.Duals[v] {
				switch i % 3 {
				case 0: // near the right ones
					y *= 1 + 0.2*random.NormFloat64()
				case 1: // of the right size
					y = 100 * random.NormFloat64()
				default: // none at all
					y = 0
				}
				duals[v] = append(duals[v], y)
			}
		}
		bound, err := p.Bound(t.Context(), solver, duals)
		require.NoError(t, err)
		assert.GreaterOrEqual(t, bound, best)
		tightest = min(tightest, bound)
	}
	assert.Greater(t, tightest, a.Bound, "the prices of the solution are the best ones")
}

// Sixty DERs are as good as HiGHS finds the values of their VPPs, and the
// proven gap is small. The relaxed program, in which DERs can be split, is the
// best bound that prices can prove.
func TestFleetDistinctEqualsPrograms(t *testing.T) {
	solver := testsolver.New(t)
	p := village(t, 60)
	a, err := p.Solve(t.Context(), solver, fleet.DistinctOptions{
		Classes: 12, Types: 4, Tolerance: 1e-6, Masters: ipm.Solver{Tolerance: 1e-7}, // another solver than that of the values below
	})
	require.NoError(t, err)
	for v := range p.VPPs {
		var members []der.DER
		for i, place := range a.Place {
			if place == v {
				members = append(members, p.DERs[i])
			}
		}
		assert.InDelta(t, valueOf(t, solver, p, v, members), a.Values[v], 2e-6*a.Gain)
	}
	// Classes of one DER each, whose counts may be fractions, are the relaxed
	// program.
	relaxed := fleet.Problem{VPPs: p.VPPs, Setting: p.Setting}
	for _, d := range p.DERs {
		relaxed.Fleets = append(relaxed.Fleets, der.Fleet{Unit: d, Count: 1})
	}
	e, err := relaxed.Solve(t.Context(), solver)
	require.NoError(t, err)
	assert.GreaterOrEqual(t, a.Bound, e.Potential-1e-7*math.Abs(e.Potential))
	assert.LessOrEqual(t, a.Welfare, e.Potential+1e-7*math.Abs(e.Potential))
	t.Logf("gap %.3f %% of the gain; the bound is %.3f %% above the relaxed program, the welfare %.3f %% below",
		100*a.Gap/a.Gain, 100*(a.Bound-e.Potential)/a.Gain, 100*(e.Potential-a.Welfare)/a.Gain)
	assert.Less(t, a.Gap, 0.02*a.Gain)
}

// With one class per DER the bound is the optimum of the relaxed program, in
// which DERs can be split. What remains is the gap of indivisible DERs. It
// falls relative to the gain as they become more and smaller, at least like
// 1/√n here.
func TestFleetDistinctGapVanishes(t *testing.T) {
	solver := testsolver.New(t)
	sizes := []int{12, 48, 192}
	if os.Getenv("TRIGRID_SLOW") != "" {
		sizes = append(sizes, 768)
	}
	last := math.Inf(1)
	for _, n := range sizes {
		p := village(t, n)
		var fast []der.DER // that answer without a program
		for i, d := range p.DERs {
			if i%6 < 4 {
				fast = append(fast, d)
			}
		}
		p.DERs = fast
		a, err := p.Solve(t.Context(), solver, fleet.DistinctOptions{Classes: len(fast), Tolerance: 1e-6})
		require.NoError(t, err)
		gap := a.Gap / a.Gain
		t.Logf("%d DERs: %.4f %% of the gain", len(fast), 100*gap)
		assert.Less(t, gap, last/2)
		last = gap
	}
}

// DERs with integers are refused by name, and so are incomplete data.
func TestFleetDistinctRefusesByName(t *testing.T) {
	solver := testsolver.New(t)
	p := village(t, 6)
	p.DERs = append(p.DERs, &der.Thermal{ID: "gas turbine", MinOutput: 2, MaxOutput: 6, Linear: 300})
	_, err := p.Solve(t.Context(), solver, fleet.DistinctOptions{})
	assert.ErrorContains(t, err, `DER "gas turbine" of type *der.Thermal has`)

	p = village(t, 6)
	p.DERs = append(p.DERs, &der.Storage{
		ID: "old battery", Charge: 1, Discharge: 1, Energy: 2, ChargeEfficiency: 0.9, DischargeEfficiency: 0.9, StartsPerDay: optional.Of(1.0),
	})
	_, err = p.Solve(t.Context(), solver, fleet.DistinctOptions{})
	assert.ErrorContains(t, err, `DER "old battery" of type *der.Storage has`)

	p = village(t, 6)
	p.DERs = append(p.DERs, p.DERs[0])
	p.Outside = []float64{1}
	p.VPPs[1].Name = p.VPPs[0].Name
	_, err = p.Solve(t.Context(), solver, fleet.DistinctOptions{})
	assert.ErrorContains(t, err, "two members are named")
	assert.ErrorContains(t, err, "Outside has 1 payoffs")
	assert.ErrorContains(t, err, "two VPPs are named")

	p = village(t, 6)
	p.Setting.Markets.Reserve = &vpp.Reserve{Price: market.Series{5}}
	_, err = p.Solve(t.Context(), solver, fleet.DistinctOptions{})
	assert.ErrorContains(t, err, "Setting.Markets.Reserve is given")

	_, err = (&fleet.Distinct{}).Solve(t.Context(), solver, fleet.DistinctOptions{})
	assert.ErrorContains(t, err, "DERs is empty")

	p = village(t, 6)
	_, err = p.Bound(t.Context(), solver, [][]float64{{1}})
	assert.ErrorContains(t, err, "want 2")
}

// A VPP whose sales are limited may have a negative marginal value, so that its
// name is reported.
func TestFleetDistinctReportsRelaxedStores(t *testing.T) {
	solver := testsolver.New(t)
	p := village(t, 6)
	p.VPPs[0].RiskAversion, p.VPPs[1].RiskAversion = 0.1, 0.1
	a, err := p.Solve(t.Context(), solver, fleet.DistinctOptions{})
	require.NoError(t, err)
	assert.Empty(t, a.Relaxed)
	p.VPPs[1].ExportLimit = optional.Of(40.0)
	a, err = p.Solve(t.Context(), solver, fleet.DistinctOptions{})
	require.NoError(t, err)
	assert.Equal(t, []string{p.VPPs[1].Name}, a.Relaxed)
}

// The answers to most prices feed in more than a narrow connection takes.
// Columns find the value of the VPP even so.
func TestFleetDistinctKeepsLimitsOfConnections(t *testing.T) {
	solver := testsolver.New(t)
	p := village(t, 12)
	var members []der.DER // without a thermal unit that must run
	for i, d := range p.DERs {
		if i%6 < 4 {
			members = append(members, d)
		}
	}
	p.DERs = members
	p.VPPs[0].ExportLimit, p.VPPs[1].ExportLimit = optional.Of(0.0), optional.Of(0.0)
	a, err := p.Solve(t.Context(), solver, fleet.DistinctOptions{Tolerance: 1e-6})
	require.NoError(t, err)
	for v := range p.VPPs {
		var there []der.DER
		for i, place := range a.Place {
			if place == v {
				there = append(there, p.DERs[i])
			}
		}
		// Binaries of stores exclude no schedule of worth here.
		assert.InDelta(t, valueOf(t, solver, p, v, there), a.Values[v], 1e-5*a.Gain)
	}
}

// Fleets of three equal stores and of two equal farms are DERs as well, which
// join a VPP as a whole.
func TestFleetDistinctTakesFleets(t *testing.T) {
	solver := testsolver.New(t)
	p := village(t, 12)
	p.DERs = p.DERs[:6]
	p.DERs[1] = &der.Fleet{Unit: p.DERs[1], Count: 2}
	p.DERs[2] = &der.Fleet{Unit: p.DERs[2], Count: 3}
	p.Outside = make([]float64, 6)
	values := subsets(t, solver, p)
	a, err := p.Solve(t.Context(), solver, fleet.DistinctOptions{Tolerance: 1e-6})
	require.NoError(t, err)
	assert.InDelta(t, welfareOf(p, values, a.Place), a.Welfare, 1e-5*a.Gain)
	best := bestOf(p, values)
	assert.GreaterOrEqual(t, a.Bound, best)
	assert.Less(t, best-a.Welfare, 0.05*a.Gain, "six DERs are few")
}

func TestFleetDistinctStopsWithTheContext(t *testing.T) {
	solver := testsolver.New(t)
	ctx, cancel := context.WithCancel(t.Context())
	_, err := village(t, 12).Solve(ctx, solver, fleet.DistinctOptions{Progress: func(stage string) {
		if stage == "prices of many classes" {
			cancel()
		}
	}})
	assert.ErrorIs(t, err, context.Canceled)
}
