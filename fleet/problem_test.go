package fleet_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/fleet"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/vpp"
)

// switchable is an engine of another module with a binary, which holds for one
// DER only.
type switchable struct{ engine }

func (u *switchable) Model(m *milp.Model, on milp.Expr, c der.Context) []der.Terms {
	m.AtMost(milp.At(u.id, "never"), m.Bin(milp.At(u.id, "on")).Expr(), on)
	return u.engine.Model(m, on, c)
}

func TestFleetRefusesByName(t *testing.T) {
	p := town(t, 2, nil)
	p.Fleets[3].Unit = &switchable{engine{id: "custom", most: 2, price: 600}}
	_, err := p.Formulate()
	assert.ErrorContains(t, err, `class "custom": the program of a *fleet_test.switchable holds for one DER only`)

	p = town(t, 2, nil)
	p.Fleets[3].Unit = &der.Thermal{ID: "gt", MaxOutput: 4, Linear: 500, Quadratic: 2}
	_, err = p.Formulate()
	assert.ErrorContains(t, err, "a member or a market has a quadratic cost")

	p = town(t, 2, nil)
	p.Fleets[1].Unit, p.Fleets[2].Count, p.Outside = p.Fleets[0].Unit, 0, []float64{1}
	_, err = p.Formulate()
	assert.ErrorContains(t, err, `class "pv" has the name of a VPP or of another class`)
	assert.ErrorContains(t, err, "Count is 0, want at least 1")
	assert.ErrorContains(t, err, "Outside has 1 payoffs, want one for each of 4 classes")
}

func TestFleetVerifyRefusesOtherDimensions(t *testing.T) {
	p := town(t, 2, nil)
	e, _ := solve(t, p)
	solver := testsolver.New(t)
	for want, change := range map[string]func(*fleet.Equilibrium){
		"Members of 1":      func(e *fleet.Equilibrium) { e.Members = e.Members[:1] },
		"want at most 2":    func(e *fleet.Equilibrium) { e.Members = [][]float64{{2, 2, 2, 2}, {1, 0, 0, 0}} },
		"want at least 0":   func(e *fleet.Equilibrium) { e.Members = [][]float64{{-1, 2, 2, 2}, {1, 0, 0, 0}} },
		"want one for each": func(e *fleet.Equilibrium) { e.Duals = [][][]float64{{{1}}, e.Duals[1]} },
	} {
		other := *e
		change(&other)
		_, err := p.Verify(t.Context(), solver, &other)
		assert.ErrorContains(t, err, want)
	}
}

// A DER outside has its own payoff: with one above the marginal value of every
// class all stay out, and with one between them some do.
func TestFleetDERsMayStayOutside(t *testing.T) {
	p := town(t, 4, nil)
	_, all := solve(t, p)
	p.Outside = []float64{1e6, 1e6, 1e6, 1e6}
	e, c := solve(t, p)
	for v := range p.VPPs {
		assert.InDeltaSlice(t, []float64{0, 0, 0, 0}, e.Members[v], 1e-6)
	}
	assert.InDeltaSlice(t, p.Outside, e.Payoff, 1e-3)
	assert.InDelta(t, all.Empty+16e6, c.Welfare, 1e-3)
	assert.InDelta(t, 0, c.Gain, 1e-3)

	p.Outside = []float64{0, 1e6, 0, 0}
	e, c = solve(t, p)
	assert.InDelta(t, 0, e.Members[0][1]+e.Members[1][1], 1e-6)
	assert.InDelta(t, 4, e.Members[0][0]+e.Members[1][0], 1e-6)
	assert.LessOrEqual(t, c.Gap, 1e-6*c.Bound)
	x, err := p.Round(t.Context(), testsolver.New(t), e, fleet.RoundOptions{})
	require.NoError(t, err)
	assert.Zero(t, x.Members[0][1]+x.Members[1][1])
	assert.True(t, x.Settled)
}

// Kinds with integers: loads whose integers count are exact, and engines with a
// minimum output are relaxed. The bound holds for whole DERs with their
// integers: no state of the enumeration is worth more, and the value of the
// rounded state is that of schedules which the DERs can follow.
func TestFleetBoundsKindsWithIntegers(t *testing.T) {
	const r = 2
	solver := testsolver.New(t)
	p := town(t, r, nil)
	p.Fleets = p.Fleets[:2]
	p.Fleets = append(p.Fleets,
		der.Fleet{Unit: &der.ShiftableLoad{ID: "batch", Profile: []float64{3, 2}, ShiftCost: 4, Window: der.Window{To: optional.Of(24.0)}}, Count: r},
		der.Fleet{Unit: &der.Thermal{ID: "gt", MinOutput: 3, MaxOutput: 5, NoLoad: 900, Linear: 380, StartUp: []der.StartCost{{Cost: 500}}, EmissionFactor: 0.4}, Count: r},
	)
	// Loads bring nothing, so that they are paid to join.
	p.Outside = []float64{0, 0, -1e5, 0}
	e, c := solve(t, p)
	all := enumerate(t, solver, p, r)
	best := 0.0
	states(len(p.Fleets), r, func(first, second []int) {
		if w := all.at(0, first) + all.at(1, second); best == 0 || w > best {
			best = w
		}
	})
	assert.LessOrEqual(t, best, c.WelfareBound)
	assert.LessOrEqual(t, c.WelfareBound, c.Bound, "integers only lower the answers")
	x, err := p.Round(t.Context(), solver, e, fleet.RoundOptions{})
	require.NoError(t, err)
	assert.LessOrEqual(t, x.Welfare, c.WelfareBound)
	assert.InDelta(t, all.at(0, x.Members[0])+all.at(1, x.Members[1]), x.Welfare, 1e-6*c.Gain)
	t.Logf("bound %.2f, relaxed value %.2f, bound of whole DERs %.2f, best state %.2f, rounded %.2f; gain %.2f", c.Bound, c.Value, c.WelfareBound, best, x.Welfare, c.Gain)
	assert.Less(t, (c.Bound-x.Welfare)/(c.Bound-all.at(0, []int{0, 0, 2, 0})-all.at(1, []int{0, 0, 0, 0})), 0.1)
}

// At negative prices batteries that charge and discharge at once would burn
// energy for money. The shares leave the rule out, so that their value is a
// bound; whole DERs keep it, as a plan of their der.Fleet does.
func TestFleetKeepsRulesThatSharesLeaveOut(t *testing.T) {
	p := town(t, 3, nil)
	p.Fleets = p.Fleets[2:3]
	p.Fleets[0].Unit.(*der.Storage).Wear = 0
	negative := market.Series{-100, -120, -90, -80, -100, -110}
	p.Setting.Markets.Electricity.(*market.Tariff).Buy, p.Setting.Markets.Electricity.(*market.Tariff).Sell = negative, negative.Times(1.05)
	p.Setting.Markets.Imbalance = nil
	e, c := solve(t, p)
	solver := testsolver.New(t)
	x, err := p.Round(t.Context(), solver, e, fleet.RoundOptions{})
	require.NoError(t, err)
	right := 0.0
	for v := range p.VPPs {
		var members []der.DER
		if n := x.Members[v][0]; n > 0 {
			members = append(members, &der.Fleet{Unit: p.Fleets[0].Unit, Count: n})
		}
		plan, err := vpp.Problem{VPP: p.VPPs[v], Members: members, Setting: p.Setting}.Solve(t.Context(), solver)
		require.NoError(t, err)
		right += plan.Value.Objective
	}
	assert.InDelta(t, right, x.Welfare, 1e-6*c.Gain)
	assert.Less(t, x.Welfare, c.WelfareBound-0.01*c.Gain, "the rule costs much here, and the certificate shows it")
}

// fickle is a kind whose program has one row more for many DERs, before the
// balances of the VPP.
type fickle struct{ engine }

func (u *fickle) Model(m *milp.Model, on milp.Expr, c der.Context) []der.Terms {
	if der.MaxCount(on) > 1 {
		m.AtLeast(milp.At(u.id, "more"), on, milp.Const(0))
	}
	return u.engine.Model(m, on, c)
}

// Prices belong to rows by number, so that other rows would get wrong prices,
// and a wrong bound.
func TestFleetVerifyRefusesOtherRows(t *testing.T) {
	p := town(t, 2, nil)
	p.Fleets[3].Unit = &fickle{engine{id: "fickle", most: 2, price: 600}}
	e, err := p.Solve(t.Context(), testsolver.New(t))
	require.NoError(t, err)
	_, err = p.Verify(t.Context(), testsolver.New(t), e)
	assert.ErrorContains(t, err, "a kind must have the same rows for each number")
}

// Cars that only charge scale exactly: the program is tight, and no state of
// whole cars is worth more. They cost the VPP energy, so that they are paid to
// join.
func TestFleetOfCars(t *testing.T) {
	const r = 2
	solver := testsolver.New(t)
	p := town(t, r, nil)
	p.Fleets = append(p.Fleets[:1], der.Fleet{Count: r, Unit: &der.EVFleet{
		ID: "cars", Efficiency: 0.9, UnmetCost: 3000, Stays: []der.EVStay{{Arrive: 4, Depart: 20, Capacity: 6, Has: 1, Wants: 5, Charge: 1}},
	}})
	p.Outside = []float64{0, -1e5}
	e, c := solve(t, p)
	assert.LessOrEqual(t, c.Gap, 1e-6*c.Gain)
	assert.InDelta(t, 2, e.Members[0][1]+e.Members[1][1], 1e-6, "all cars join")
	all := enumerate(t, solver, p, r)
	states(len(p.Fleets), r, func(first, second []int) {
		assert.LessOrEqual(t, all.at(0, first)+all.at(1, second), c.Bound)
	})
	x, err := p.Round(t.Context(), solver, e, fleet.RoundOptions{})
	require.NoError(t, err)
	assert.True(t, x.Settled)
	assert.InDelta(t, all.at(0, x.Members[0])+all.at(1, x.Members[1]), x.Welfare, 1e-6*c.Gain)
}
