package der_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/der/dertest"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
)

// Three DERs of every kind against a fleet of three, on steps of different
// lengths. Kinds without integers are exact, and so are loads whose integers
// count: cars that feed nothing back, for example.
func TestFleetOfThreeEqualsThree(t *testing.T) {
	var (
		set   = unequalDay(t)
		c     = der.Context{Set: set, Tariff: der.Tariff{Injection: []float64{40, 75, 110, 30, 60, 50}, Withdrawal: []float64{48, 90, 130, 36, 70, 60}}}
		outer = map[string]bool{
			"battery": true, "tank": true, "unit": true, "moved": true, "deferred": true, "pump": true, "chp": true, "boiler": true, "rod": true,
			"electrolyser": true, "captured": true, "cars": true,
		}
		loading = &der.EVFleet{ID: "loading", Efficiency: 0.9, UnmetCost: 95, Stays: []der.EVStay{
			{Depart: c.Set.Grid().HoursTo(4), Capacity: 3, Has: 0.5, Wants: 2.5, Charge: 1, TaperFrom: optional.Of(1.5), TaperPower: 0.1},
			{Arrive: c.Set.Grid().HoursTo(1), Depart: c.Set.Grid().HoursTo(6), Capacity: 2, Wants: 1.5, Charge: 0.7},
		}}
	)
	for _, u := range append(unequalKinds(), loading) {
		t.Run(u.Name(), func(t *testing.T) {
			want := der.ScaleExact
			if outer[u.Name()] {
				want = der.ScaleOuter
			}
			assert.Equal(t, want, dertest.Fleet(t, testsolver.New(t), u, c))
		})
	}
}

// A fleet has the amounts of its DERs, added up.
func TestFleetAddsUpItsDERs(t *testing.T) {
	set := day(t)
	battery := &der.Storage{
		ID: "b", Charge: 2, Discharge: 3, Energy: 4, Initial: optional.Of(1), ChargeEfficiency: 0.9, DischargeEfficiency: 0.9, Wear: 2,
	}
	fleet := &der.Fleet{Unit: battery, Count: 5}
	require.NoError(t, fleet.Validate(set))
	assert.Equal(t, "b", fleet.Name())
	assert.Equal(t, der.StateRange{Initial: optional.Of(5.0), Min: optional.Of(0.0), Max: optional.Of(20.0)}, fleet.DescribeState("energy"))
	assert.Equal(t, optional.Of(15.0), fleet.Rating(der.Electricity))
	assert.True(t, fleet.StoresElectricity())
	assert.Equal(t, der.ClassStorage, fleet.Class())
	next, err := fleet.RollForward(&der.Ports{
		Injected: make([]float64, 8), Withdrawn: []float64{5, 0, 0, 0, 0, 0, 0, 0},
		Traces: []der.Path{{Name: "energy", Values: []float64{9.5, 9.5, 9.5, 9.5, 9.5, 9.5, 9.5, 9.5}}},
	}, der.Context{Set: set}, 0, 1)
	require.NoError(t, err)
	assert.InDelta(t, 1.9, next.(*der.Fleet).Unit.(*der.Storage).Initial.Or(0), 1e-12, "1 MWh and 0.9 of 1 MWh each")

	pv := &der.Fleet{Unit: &der.PV{ID: "pv", Available: "sun", Maintenance: 2}, Count: 3}
	assert.Equal(t, []float64{0, 3, 9, 12, 12, 6, 3, 0}, pv.Project(set, 0).Clean)
	injected := []float64{0, 3, 9, 12, 12, 6, 3, 0} // 45 MWh
	b := pv.Benefit(der.Schedule{Realised: []der.Ports{{Injected: injected, Available: injected}}},
		der.Context{Set: set.Subset(0), Tariff: der.Tariff{Injection: []float64{10, 10, 10, 10, 10, 10, 10, 10}}}, 0)
	assert.InDelta(t, 45*(10-2), b.Total(), 1e-9)
}

// Three loads of 4 MW for an hour, usually in hour 0. Hour 0 has room for one
// of them, hours 1 and 2 for one each, so that two are shifted at 3 per MWh.
func TestFleetOfShiftableLoadsBeginsInDifferentSteps(t *testing.T) {
	var (
		set   = day(t)
		c     = der.Context{Set: set}
		fleet = &der.Fleet{Unit: &der.ShiftableLoad{ID: "batch", Profile: []float64{4}, ShiftCost: 3}, Count: 3}
		m     = milp.New()
		terms = fleet.Model(m, milp.Const(1), c)
		cost  = milp.Expr{}
	)
	for step, withdrawn := range terms[0].Withdrawn {
		room := 4.0
		if step > 2 {
			room = 0
		}
		m.AtMost(milp.At("room", "limit", step), withdrawn, milp.Const(room))
	}
	for s := range terms {
		cost.Add(terms[s].Cost.Times(set.Probability(s)))
	}
	m.Minimize(cost)
	solution, err := testsolver.New(t).Solve(t.Context(), m)
	require.NoError(t, err)
	assert.InDelta(t, 2*4*3, solution.Objective, 1e-6)
	realised := der.Realise(terms, solution.Values)
	assert.InDeltaSlice(t, []float64{4, 4, 4, 0, 0, 0, 0, 0}, realised[0].Withdrawn, 1e-6)
	assert.InDelta(t, -2*4*3, fleet.Benefit(der.Schedule{Realised: realised}, c, 0).Total(), 1e-6)
	_, err = fleet.RollForward(&realised[0], c, 0, 1)
	assert.ErrorContains(t, err, "can have different states")
}

// Engines of 2 to 6 MW that cost 50 per hour and 10 per MWh: three of them that
// must deliver 7 MW run two, at 2·50 + 70. With ramps they follow one schedule,
// and all three run: 150 + 70.
func TestFleetOfEnginesFollowsOneSchedule(t *testing.T) {
	var (
		set, err = scenario.New(scenario.Grid{Step: day(t).Grid().Step, Steps: 1}, []float64{1})
		engine   = &der.Thermal{ID: "gt", MinOutput: 2, MaxOutput: 6, NoLoad: 50, Linear: 10}
		least    = func(on float64, u der.DER) float64 {
			m := milp.New()
			terms := u.Model(m, milp.Const(on), der.Context{Set: set})
			m.Equal(milp.Named("load"), terms[0].Injected[0], milp.Const(7))
			m.Minimize(terms[0].Cost)
			s, err := testsolver.New(t).Solve(t.Context(), m)
			require.NoError(t, err)
			require.NoError(t, s.Err())
			return s.Objective
		}
	)
	require.NoError(t, err)
	fleet := &der.Fleet{Unit: engine, Count: 3}
	assert.False(t, fleet.Together(der.Context{Set: set}))
	assert.InDelta(t, 170, least(1, fleet), 1e-6)
	ramped := *engine
	ramped.RampUp = optional.Of(5.)
	ramps := &der.Fleet{Unit: &ramped, Count: 3}
	assert.True(t, ramps.Together(der.Context{Set: set}))
	assert.InDelta(t, 220, least(1, ramps), 1e-6)
	assert.InDelta(t, 170, least(3, &ramped), 1e-6, "the outer program counts running engines")
}

func TestFleetValidateNamesEveryViolation(t *testing.T) {
	err := (&der.Fleet{Unit: &der.PV{ID: "pv", Available: "moon"}, Count: 0}).Validate(day(t))
	assert.ErrorContains(t, err, "der: fleet pv: Count is 0, want at least 1")
	assert.ErrorContains(t, err, `Available names series "moon"`)
	assert.ErrorContains(t, (&der.Fleet{Count: 2}).Validate(day(t)), "Unit is nil")
	assert.ErrorContains(t, (&der.Fleet{Unit: &der.Fleet{Unit: &der.PV{ID: "pv", Available: "sun"}, Count: 2}, Count: 2}).Validate(day(t)), "Unit is a fleet")
}

// Five loads of 2 MW for two hours, usually in hour 1, of which two begin in
// hour 0: 10 MWh of shift at 3 per MWh. The items of the fleet belong to the
// step in which the two begin.
func TestFleetStatesItsMoneyByStep(t *testing.T) {
	c := der.Context{Set: steps(4, time.Hour), Tariff: onePrice(10, 20, 30, 40)}
	fleet := &der.Fleet{Unit: &der.ShiftableLoad{ID: "batch", Profile: []float64{2, 2}, Usual: 1, ShiftCost: 3}, Count: 5}
	realised := der.Schedule{Realised: []der.Ports{{Withdrawn: []float64{4, 10, 6, 0}}}}
	items := fleet.BenefitByStep(realised, c, 0)
	assert.Equal(t, []der.ItemPath{
		{What: "energy bought", Amounts: []float64{-40, -200, -180, 0}}, {What: "shifting", Amounts: []float64{-2 * 4 * 3, 0, 0, 0}},
	}, items)
	assert.InDelta(t, -420-24, fleet.Benefit(realised, c, 0).Total(), 1e-9)

	// Four stores of 1 MWh each that wear 2 per MWh.
	store := &der.Fleet{Unit: &der.Storage{
		ID: "b", Charge: 1, Discharge: 1, Energy: 1, ChargeEfficiency: 1, DischargeEfficiency: 1, Wear: 2,
	}, Count: 4}
	realised = der.Schedule{Realised: []der.Ports{{Injected: []float64{0, 0, 4, 0}, Withdrawn: []float64{4, 0, 0, 0}}}}
	for _, item := range store.BenefitByStep(realised, c, 0) {
		if item.What == "wear" {
			assert.Equal(t, []float64{-8, 0, -8, 0}, item.Amounts)
		}
	}
	_, stepwise := der.As[der.Stepwise](&der.Fleet{Unit: &der.HeatDump{ID: "dump"}, Count: 2})
	assert.True(t, stepwise)
}

// A store that loses more than it can charge has no schedule, and many of them
// have none.
func TestFleetDiagnosesItsDER(t *testing.T) {
	c := der.Context{Set: steps(4, time.Hour)}
	store := &der.Storage{
		ID: "leaky", Charge: 0.1, Discharge: 1, MinEnergy: 1, Energy: 2, Initial: optional.Of(1), ChargeEfficiency: 1, DischargeEfficiency: 1, SelfDischarge: 0.5,
	}
	want := store.Diagnose(c)
	require.Error(t, want)
	assert.Equal(t, want, (&der.Fleet{Unit: store, Count: 3}).Diagnose(c))
	require.NoError(t, (&der.Fleet{Unit: &der.PV{ID: "pv"}, Count: 3}).Diagnose(c))
}

// An optional interface of a fleet is that of its DER.
func TestFleetIsNoMoreThanItsDER(t *testing.T) {
	_, rated := der.As[der.Rated](&der.Fleet{Unit: &der.HeatDump{ID: "dump"}, Count: 2})
	assert.False(t, rated)
	_, rated = der.As[der.Rated](&der.Fleet{Unit: &der.PV{ID: "pv"}, Count: 2})
	assert.True(t, rated)
}
