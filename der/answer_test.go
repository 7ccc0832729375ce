package der_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/der/dertest"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/optional"
)

// HiGHS finds the same values for random data, limits of zero included.
func TestFleetAnswersEqualThoseOfPrograms(t *testing.T) {
	solver := testsolver.New(t)
	random := rand.New(rand.NewPCG(3, 8))
	some := func(most float64) float64 { // sometimes 0
		return most * max(0, random.Float64()*1.25-0.25)
	}
	kinds := map[string]int{}
	for i := range 200 {
		set := day(t)
		if i%8 < 3 { // neither a series of sun nor wind of eight steps
			set = quarters(t)
		}
		c := der.Context{Set: set, MinMarginalValues: slices.Repeat([]float64{math.Inf(1)}, set.Steps())}
		var unit der.DER
		switch i % 5 {
		case 0:
			unit = &der.Wind{ID: "wind", Available: "wind", Maintenance: some(50), CurtailmentPenalty: some(40)}
		case 1:
			unit = &der.PV{ID: "pv", Available: "wind", Maintenance: some(50), CurtailmentPenalty: some(40), Subsidy: some(60)}
		case 2:
			u := &der.Storage{
				ID: "store", Port: der.Carrier(random.IntN(3)), Charge: some(5), Discharge: some(5), MinEnergy: some(1),
				ChargeEfficiency: 0.5 + 0.5*random.Float64(), DischargeEfficiency: 0.5 + 0.5*random.Float64(),
				Wear: some(20), WearRule: der.WearRule(random.IntN(2)), End: der.End(random.IntN(3)),
			}
			u.Energy = u.MinEnergy + some(6)
			u.Initial = optional.Of(u.MinEnergy + (u.Energy-u.MinEnergy)*some(1))
			if u.MinEnergy == 0 || u.Initial.Or(0) == u.Energy && u.Charge > 1 {
				u.SelfDischarge = some(0.02)
				u.Charge = max(u.Charge, 0.2) // a store that decays must be able to return
			}
			if u.End == der.EndFree {
				u.EndValue = some(90) - 20
			}
			unit = u
		case 3:
			u := &der.Thermal{
				ID: "engine", MinOutput: some(2), RampUp: optional.Of(some(3)), RampDown: optional.Of(some(3)), MustRun: true,
				NoLoad: some(20), Linear: some(60), Quadratic: some(4), Pieces: 1 + random.IntN(4), Maintenance: some(4),
				EmissionFactor: some(1), Quota: some(1), Before: der.ThermalState{Boundary: der.BeforeFree},
			}
			u.MaxOutput = u.MinOutput + some(6)
			if random.IntN(2) == 0 {
				u.Before = der.ThermalState{On: true, Output: u.MinOutput + (u.MaxOutput-u.MinOutput)*random.Float64()}
			}
			unit = u
		default:
			u := &der.DemandResponse{
				ID: "load", Load: "load", Served: random.IntN(2) == 0, MaxReductionShare: optional.Of(some(1)),
				Rebound: []der.Rebound{der.ReboundRecursive, der.ReboundDecaying, der.ReboundNone}[random.IntN(3)], Close: der.Close(random.IntN(2)),
				ReboundRatio: optional.Of(some(1.5)), ReductionCost: some(50), ReboundCost: some(9),
			}
			if random.IntN(2) == 0 {
				u.MaxReduction = optional.Of(some(3))
			}
			unit = u
		}
		if der.Validate(unit, set) != nil {
			continue
		}
		if x, ok := unit.(der.Responder); !ok || !x.Responds(c) {
			continue
		}
		kinds[fmt.Sprintf("%T", unit)]++
		if _, thermal := unit.(*der.Thermal); !thermal && i%3 == 0 {
			unit = &der.Fleet{Unit: unit, Count: 1 + random.IntN(4)}
		}
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			dertest.Answer(t, solver, unit, c)
			if t.Failed() {
				t.Logf("%+v", unit)
			}
		})
	}
	assert.Len(t, kinds, 5)
	for kind, n := range kinds {
		assert.Greater(t, n, 10, kind)
	}
}

// A battery of 1 MW and 1 MWh without losses buys at 10 and sells at 30. Its
// wear of 4 per MWh costs 8 of the margin of 20.
func TestFleetAnswerOfAStoreByHand(t *testing.T) {
	set := day(t)
	c := der.Context{Set: set, MinMarginalValues: make([]float64, set.Steps())}
	u := &der.Storage{ID: "store", Charge: 1, Discharge: 1, Energy: 1, ChargeEfficiency: 1, DischargeEfficiency: 1, Wear: 4}
	zero := make([]float64, 8)
	price := []float64{20, 10, 20, 20, 30, 20, 20, 20}
	buy := make([]float64, 8)
	for i, p := range price {
		buy[i] = -p
	}
	p := &der.Prices{Injected: price, Withdrawn: buy, Reduced: zero, Cost: -1}
	var got der.Ports
	assert.InDelta(t, 12, u.Answer(p, c, 0, &got), 1e-12)
	assert.Equal(t, []float64{0, 1, 0, 0, 0, 0, 0, 0}, got.Withdrawn)
	assert.Equal(t, []float64{0, 0, 0, 0, 1, 0, 0, 0}, got.Injected)
	assert.InDelta(t, 8, got.Cost, 1e-12)
}

// Integers, counted calls and limits of the rebound need a program.
func TestFleetAnswersRefuseIntegers(t *testing.T) {
	c := der.Context{Set: day(t)}
	assert.False(t, (&der.Storage{ID: "store", ChargeEfficiency: 0.9, DischargeEfficiency: 0.9}).Responds(c), "no bound of the marginal value")
	c.MinMarginalValues = make([]float64, c.Steps())
	store := der.Storage{ID: "store", ChargeEfficiency: 0.9, DischargeEfficiency: 0.9, Wear: 1}
	assert.True(t, store.Responds(c))
	held, capped := store, store
	held.Reserve, capped.StartsPerDay = 1, optional.Of(1.0)
	assert.False(t, held.Responds(c))
	assert.False(t, capped.Responds(c))
	for _, u := range []der.DemandResponse{
		{DayAheadCalls: true},
		{MaxHours: optional.Of(2.0)},
		{MaxRebound: optional.Of(1.0)},
		{Rebound: der.ReboundFree},
		{Calls: der.Calls{MinReduction: 0.1}},
	} {
		assert.False(t, u.Responds(c), "%+v", u)
	}
}
