package der_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/milp/highs"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
)

// thermalMarket is what a unit faces in the tests: an energy price per scenario
// and step, a price for reserve, and weights.
type thermalMarket struct {
	price   [][]float64
	reserve float64
	weight  []float64
}

// bestSchedule is the dumb twin of the thermal unit's program. It tries every
// commitment, refuses those that break a rule, and dispatches each scenario by
// dynamic programming over whole megawatts. That is exact where all powers are
// whole numbers, because the dispatch of a fixed commitment is a program over
// differences of outputs, whose corners are then whole numbers.
func bestSchedule(u *der.Thermal, market thermalMarket) float64 {
	var (
		steps = len(market.price[0])
		best  = math.Inf(-1)
		on    = make([]bool, steps)
	)
	for code := range 1 << steps {
		for t := range on {
			on[t] = code>>t&1 == 1
		}
		cost, lawful := commitmentCost(u, on)
		if !lawful {
			continue
		}
		value := -cost
		for s, price := range market.price {
			value += market.weight[s] * bestDispatch(u, on, price, market.reserve)
		}
		best = max(best, value)
	}
	return best
}

// onBefore reports whether the unit is on in step t, which may lie before the
// horizon; known is false where nothing says so.
func onBefore(u *der.Thermal, on []bool, t int) (isOn, known bool) {
	if t >= 0 && t < len(on) {
		return on[t], true
	}
	switch u.Before.Boundary {
	case der.BeforeCyclic:
		return on[((t%len(on))+len(on))%len(on)], true
	case der.BeforeFree:
		return false, false
	}
	if t >= len(on) {
		return false, false
	}
	if !u.Before.Hours.Given() {
		return u.Before.On, true
	}
	if -t <= int(u.Before.Hours.Or(0)) {
		return u.Before.On, true
	}
	return !u.Before.On, true
}

// commitmentCost checks minimum times and must-run and adds up starts and
// stops.
func commitmentCost(u *der.Thermal, on []bool) (cost float64, lawful bool) {
	for t := range on {
		if u.MustRun && !on[t] {
			return 0, false
		}
		if u.Before.Boundary == der.BeforeKnown && float64(t) < u.Before.Hold.Or(0) && on[t] != u.Before.On {
			return 0, false
		}
		was, known := onBefore(u, on, t-1)
		if known && was != on[t] { // a change: the old state must have lasted long enough
			least := u.MinDown
			if was {
				least = u.MinUp
			}
			lasted := 0
			for ; lasted < len(on)+20; lasted++ {
				if state, known := onBefore(u, on, t-1-lasted); !known || state != was {
					if !known {
						lasted = 1000
					}
					break
				}
			}
			if u.Before.Boundary != der.BeforeCyclic && lasted > t && !u.Before.Hours.Given() {
				lasted = 1000 // long in that state before the horizon
			}
			fromBefore := u.Before.Boundary == der.BeforeKnown && lasted >= t
			if float64(lasted) < least && !(fromBefore && u.Before.Hold.Given()) {
				return 0, false
			}
			if was {
				cost += u.ShutDown
			} else {
				category := 0.0
				for _, c := range u.StartUp {
					if category == 0 || float64(lasted) >= c.After {
						category = c.Cost
					}
				}
				cost += category
			}
		}
	}
	return cost, true
}

// bestDispatch returns the best value of energy and reserve less fuel for one
// commitment, −Inf if none.
func bestDispatch(u *der.Thermal, on []bool, price []float64, reservePrice float64) float64 {
	var (
		most   = int(max(u.MaxOutput, u.Before.Output))
		starts = []float64{u.Before.Output}
		free   = u.Before.Boundary == der.BeforeFree
		cyclic = u.Before.Boundary == der.BeforeCyclic
	)
	if cyclic {
		starts = nil
		for p := range most + 1 {
			starts = append(starts, float64(p))
		}
	}
	best := math.Inf(-1)
	for _, first := range starts {
		value := make([]float64, most+1) // best value so far by output in the step before
		for p := range value {
			value[p] = math.Inf(-1)
			if float64(p) == first {
				value[p] = 0
			}
		}
		for t := range on {
			next := make([]float64, most+1)
			for p := range next {
				next[p] = math.Inf(-1)
				for q := range value {
					if v := value[q] + stepValue(u, on, t, float64(q), float64(p), price[t], reservePrice, free && t == 0); v > next[p] {
						next[p] = v
					}
				}
			}
			value = next
		}
		for p, v := range value {
			if !cyclic || float64(p) == first {
				best = max(best, v)
			}
		}
	}
	return best
}

// stepValue returns what output p in step t is worth after output q, −Inf if it
// is not allowed.
func stepValue(u *der.Thermal, on []bool, t int, q, p, price, reservePrice float64, free bool) float64 {
	var (
		no           = math.Inf(-1)
		was, known   = onBefore(u, on, t-1)
		next, follow = onBefore(u, on, t+1)
		up           = u.RampUp.Or(u.MaxOutput)
		down         = u.RampDown.Or(math.Inf(1))
		su           = min(u.StartOutput.Or(max(u.MinOutput, up)), u.MaxOutput)
		sd           = min(u.StopOutput.Or(max(u.MinOutput, min(down, u.MaxOutput))), u.MaxOutput)
	)
	if t == 0 && u.Before.Boundary == der.BeforeKnown && !on[0] {
		sd = u.Before.StopOutput.Or(sd)
	}
	if !on[t] {
		if p != 0 || (!free && known && was && q > sd) || (!free && !was && q != 0) {
			return no
		}
		return 0
	}
	if p < u.MinOutput {
		return no
	}
	ceiling := u.MaxOutput
	if !free {
		if was {
			if q-p > down {
				return no
			}
			ceiling = min(ceiling, q+up)
		} else {
			if q != 0 {
				return no
			}
			ceiling = min(ceiling, su)
		}
	}
	if follow && !next {
		ceiling = min(ceiling, sd)
	}
	if p > ceiling {
		return no
	}
	value := price*p - u.Maintenance*p + reservePrice*min(u.Reserve, ceiling-p)
	if len(u.Curve) == 0 { // whole-megawatt pieces: the chords touch the quadratic at every whole number
		return value - u.NoLoad - u.Linear*p - u.Quadratic*p*p
	}
	for i := 1; i < len(u.Curve); i++ {
		a, b := u.Curve[i-1], u.Curve[i]
		if p >= a.Output && p <= b.Output {
			return value - a.Cost - (b.Cost-a.Cost)*(p-a.Output)/(b.Output-a.Output)
		}
	}
	return value - u.Curve[0].Cost
}

// randomThermal draws a unit with whole-megawatt data.
func randomThermal(r *rand.Rand) *der.Thermal {
	lo := 1 + r.IntN(3)
	hi := lo + r.IntN(6)
	u := &der.Thermal{
		ID: "unit", MinOutput: float64(lo), MaxOutput: float64(hi),
		MinUp: float64(r.IntN(5)), MinDown: float64(r.IntN(4)), MustRun: r.IntN(12) == 0,
		ShutDown: float64(r.IntN(2) * 3), Maintenance: float64(r.IntN(3)),
		NoLoad: float64(r.IntN(10)), Linear: 5 + float64(r.IntN(10)),
	}
	if r.IntN(4) > 0 {
		u.RampUp = optional.Of(float64(1 + r.IntN(4)))
		u.RampDown = optional.Of(float64(1 + r.IntN(4)))
	}
	if r.IntN(2) == 0 {
		u.StartOutput = nonzero(float64(lo + r.IntN(hi-lo+1)))
		u.StopOutput = nonzero(float64(lo + r.IntN(hi-lo+1)))
	}
	if r.IntN(3) == 0 {
		u.Reserve = float64(1 + r.IntN(3))
	}
	switch {
	case r.IntN(2) == 0:
		u.Quadratic, u.Pieces = 0.5, hi-lo
	case hi > lo+2:
		u.Curve = der.CurveOf(u.MinOutput, u.NoLoad,
			der.Block{UpTo: float64(lo + 1), Price: 6}, der.Block{UpTo: float64(lo + 2), Price: 9}, der.Block{UpTo: float64(hi), Price: 14})
		u.NoLoad, u.Linear = 0, 0
	}
	for i := range r.IntN(4) {
		u.StartUp = append(u.StartUp, der.StartCost{After: float64(3 * i), Cost: float64(10 + 12*i)})
	}
	switch r.IntN(5) {
	case 0:
		u.Before = der.ThermalState{Hours: optional.Of(2), Boundary: der.BeforeFree} // of which the hours mean nothing
	case 1:
		u.Before.Boundary = der.BeforeCyclic
	case 2:
		u.Before = der.ThermalState{On: true, Hours: nonzero(float64(r.IntN(5))), Output: float64(lo + r.IntN(hi-lo+1))}
	case 3:
		u.Before = der.ThermalState{Hours: nonzero(float64(r.IntN(9)))}
		u.MustRun = u.MustRun && u.Before.Hours.Or(math.Inf(1)) >= u.MinDown
	}
	return u
}

// thermalProgram states what bestSchedule searches: the best expected value of
// a unit alone.
func thermalProgram(t *testing.T, u *der.Thermal, market thermalMarket) (*milp.Model, []der.Terms) {
	t.Helper()
	set, err := scenario.New(scenario.Grid{Step: time.Hour, Steps: len(market.price[0])}, market.weight)
	require.NoError(t, err)
	require.NoError(t, u.Validate(set))
	m := milp.New()
	terms := u.Model(m, milp.Const(1), der.Context{Set: set})
	var value milp.Expr
	for s := range terms {
		p := market.weight[s]
		for i := range market.price[s] {
			value.Add(terms[s].Injected[i].Times(p * market.price[s][i]))
			if terms[s].Reserve != nil {
				value.Add(terms[s].Reserve[i].Times(p * market.reserve))
			}
		}
		value.Add(terms[s].Cost.Times(-p))
	}
	m.Maximize(value)
	return m, terms
}

// solveThermal solves to the optimum itself, then again with the integers
// rounded, because a solver takes 0.9999995 for a 1. It skips the test where no
// solver is installed.
func solveThermal(t *testing.T, m *milp.Model) *milp.Solution {
	t.Helper()
	solution, err := highs.Solver{Gap: highs.Exact, AbsoluteGap: highs.Exact}.Solve(t.Context(), m)
	testsolver.Skip(t, err)
	require.NoError(t, err)
	if solution.Err() != nil {
		return solution
	}
	fixed := m.Copy()
	fixed.FixIntegers(solution.Values)
	solution, err = highs.Solver{}.Solve(t.Context(), fixed)
	require.NoError(t, err)
	return solution
}

// slowThermal draws a unit that needs most of its minimum time up to climb and
// to come down again, so that limits which look several steps back and ahead
// bind.
func slowThermal(r *rand.Rand) *der.Thermal {
	lo := 1 + r.IntN(2)
	u := &der.Thermal{
		ID: "unit", MinOutput: float64(lo), MaxOutput: float64(lo + 4 + r.IntN(3)), RampUp: optional.Of(float64(1 + r.IntN(2))), RampDown: optional.Of(float64(1 + r.IntN(2))),
		StartOutput: optional.Of(float64(lo + r.IntN(2))), StopOutput: optional.Of(float64(lo + r.IntN(2))), MinUp: float64(1 + r.IntN(5)), Linear: 2,
	}
	if r.IntN(3) == 0 {
		u.Reserve = 1
	}
	if r.IntN(4) == 0 {
		u.Before.Boundary = der.BeforeCyclic
	}
	return u
}

func TestThermalFormulationsAgreeWithEnumeration(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 1))
	agreeWithEnumeration(t, r, 120, func(i int) (u *der.Thermal, spikes bool) {
		if i%2 == 1 {
			return slowThermal(r), true
		}
		return randomThermal(r), false
	})
}

// The state before the horizon has outputs outside the limits from where one
// ramp leads into them, holds that are shorter or longer than the minimum
// times, and stop limits of its own.
func TestThermalStatesBeforeAgreeWithEnumeration(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 1))
	agreeWithEnumeration(t, r, 120, func(int) (*der.Thermal, bool) {
		u := randomThermal(r)
		u.MustRun = false
		u.Before = der.ThermalState{On: r.IntN(4) > 0, Hours: nonzero(float64(r.IntN(5)))}
		if r.IntN(2) == 0 {
			u.Before.Hold = optional.Of(float64(r.IntN(6)))
		}
		if u.Before.On {
			lower := max(0, u.MinOutput-u.RampUp.Or(u.MinOutput))
			upper := u.MaxOutput + u.RampDown.Or(3)
			u.Before.Output = lower + float64(r.IntN(int(upper-lower)+1))
			if r.IntN(3) == 0 {
				u.Before.StopOutput = optional.Of(float64(r.IntN(12)))
			}
		}
		return u, r.IntN(2) == 0
	})
}

// agreeWithEnumeration compares the program of n units in every formulation
// with bestSchedule.
func agreeWithEnumeration(t *testing.T, r *rand.Rand, n int, draw func(int) (u *der.Thermal, spikes bool)) {
	t.Helper()
	for i := range n {
		u, spikes := draw(i)
		market := thermalMarket{reserve: 1.5, weight: []float64{0.25, 0.75}}
		for range market.weight {
			price := make([]float64, 9)
			for i := range price {
				price[i] = float64(r.IntN(30))
				if spikes { // the unit runs as shortly as it may
					price[i] = []float64{-30, -30, -30, 60}[r.IntN(4)]
				}
			}
			market.price = append(market.price, price)
		}
		want := bestSchedule(u, market)
		for _, u.Formulation = range []der.Formulation{der.Tight, der.Plain, der.PGLib, der.EgretTight} {
			m, _ := thermalProgram(t, u, market)
			solution := solveThermal(t, m)
			if math.IsInf(want, -1) {
				require.Equal(t, milp.Infeasible, solution.Status, "%v %+v", u.Formulation, u)
				continue
			}
			require.NoError(t, solution.Err(), "%v %+v", u.Formulation, u)
			require.InDelta(t, want, solution.Objective, 1e-9*max(1, math.Abs(want)), "%v %+v %v", u.Formulation, u, market)
		}
	}
}
