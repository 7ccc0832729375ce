package microgrid

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// An hour with a load of 50, PV of 10 and a factor of 0.4 kg/kWh, calculated by
// hand.
//
//	charge 20, import 40, genset 25: used PV 5, CO2 = 50 + 16 = 66
//	cost = 40·0.2 + 0.02·20 + 0.5·25 + 0.1·66 = 8 + 0.4 + 12.5 + 6.6 = 27.5
//	energy 30 + 0.9·20 = 48
func TestAnHourIsAccountedByHand(t *testing.T) {
	g := small()
	a := g.Book(Hour{Load: 50, PV: 10, On: true}, Tariff{Import: 0.2, CO2: 0.4}, 30, Decision{Charge: 20, Import: 40, Genset: 25})
	assert.InDelta(t, 5, a.UsedPV, 1e-12)
	assert.InDelta(t, 66, a.CO2, 1e-12)
	assert.InDelta(t, 27.5, a.Cost, 1e-12)
	assert.InDelta(t, 48, a.Energy, 1e-12)
	assert.Zero(t, a.Lost+a.Overgeneration)
}

func TestLimitsCutDecisions(t *testing.T) {
	g := small()
	on, off := Hour{Load: 50, PV: 10, On: true}, Hour{Load: 50, PV: 10}
	for name, c := range map[string]struct {
		hour         Hour
		energy       float64
		d            Decision
		want         Decision
		lost, excess float64
		after        float64
	}{
		// 50 − 10 of PV − 9 from the battery: (30 − 20)·0.9 = 9 kWh leave it
		// empty.
		"an empty battery":           {on, 30, Decision{Discharge: 30}, Decision{Discharge: 9}, 31, 0, 20},
		"the discharge limit":        {on, 100, Decision{Discharge: 40}, Decision{Discharge: 30}, 10, 0, 100 - 30/0.9},
		"room for (100 − 91)/0.9":    {on, 91, Decision{Charge: 30, Import: 50}, Decision{Charge: 10, Import: 50}, 0, 0, 100},
		"an outage":                  {off, 20, Decision{Import: 40, Export: 5}, Decision{}, 40, 0, 20},
		"the connection":             {on, 20, Decision{Import: 90}, Decision{Import: 80}, 0, 30, 20},
		"a genset above its maximum": {off, 20, Decision{Genset: 70}, Decision{Genset: 60}, 0, 10, 20},
		"a genset below its minimum": {off, 20, Decision{Genset: 2}, Decision{Genset: 10}, 30, 0, 20},
		"a genset below 1 kW":        {off, 20, Decision{Genset: 0.9}, Decision{}, 40, 0, 20},
	} {
		t.Run(name, func(t *testing.T) {
			a := g.Book(c.hour, Tariff{}, c.energy, c.d)
			assert.InDelta(t, c.want.Charge, a.Charge, 1e-12)
			assert.InDelta(t, c.want.Discharge, a.Discharge, 1e-12)
			assert.InDelta(t, c.want.Import, a.Import, 1e-12)
			assert.InDelta(t, c.want.Export, a.Export, 1e-12)
			assert.InDelta(t, c.want.Genset, a.Genset, 1e-12)
			assert.InDelta(t, c.lost, a.Lost, 1e-12)
			assert.InDelta(t, c.excess, a.Overgeneration, 1e-12)
			assert.InDelta(t, c.after, a.Energy, 1e-12)
		})
	}
}

// Charging and discharging in turn loses 19 %: 10 kWh at the bus give 8.1 back.
func TestTheBatteryKeepsItsEnergy(t *testing.T) {
	g := small()
	energy := 20.0
	a := g.Book(Hour{PV: 10}, Tariff{}, energy, Decision{Charge: 10})
	assert.InDelta(t, 29, a.Energy, 1e-12)
	a = g.Book(Hour{Load: 10}, Tariff{}, a.Energy, Decision{Discharge: 10})
	assert.InDelta(t, 8.1, a.Discharge, 1e-12)
	assert.InDelta(t, 20, a.Energy, 1e-12)
	assert.InDelta(t, 1.9, a.Lost, 1e-12)
}

func TestRulesDecideByHand(t *testing.T) {
	g := small()
	for name, c := range map[string]struct {
		hour   Hour
		energy float64
		want   Decision
		lost   float64
	}{
		"a surplus charges and is exported": {Hour{Load: 20, PV: 70, On: true}, 20, Decision{Charge: 30, Export: 20}, 0},
		"a surplus without a grid":          {Hour{Load: 20, PV: 70}, 20, Decision{Charge: 30}, 0},
		"battery before grid":               {Hour{Load: 50, PV: 10, On: true}, 40, Decision{Discharge: 18, Import: 22}, 0},
		// 40 > 10 + 18 reserves 10; the battery serves 18 of the remaining 20,
		// the genset 2 + 10.
		"battery before genset": {Hour{Load: 40, PV: 10}, 40, Decision{Discharge: 18, Genset: 12}, 0},
		// 10 + 18 serve all, and nothing is reserved.
		"no reserve if it is not needed": {Hour{Load: 28, PV: 10}, 40, Decision{Discharge: 18}, 0},
		// 30 > 28 reserves 10. PV and battery serve the other 20, and the
		// reserve is lost.
		"a lost reserve": {Hour{Load: 30, PV: 10}, 40, Decision{Discharge: 10}, 10},
		// 8 < 10: the genset runs at 20 alone.
		"a load below the minimum": {Hour{Load: 8}, 20, Decision{Genset: 20}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			past := []Hour{c.hour}
			d, err := RuleBased{g}.Decide(View{Energy: c.energy, Past: past, Tariffs: []Tariff{{}}})
			require.NoError(t, err)
			assert.InDelta(t, c.want.Charge, d.Charge, 1e-12)
			assert.InDelta(t, c.want.Discharge, d.Discharge, 1e-12)
			assert.InDelta(t, c.want.Import, d.Import, 1e-12)
			assert.InDelta(t, c.want.Export, d.Export, 1e-12)
			assert.InDelta(t, c.want.Genset, d.Genset, 1e-12)
			assert.InDelta(t, c.lost, g.Book(c.hour, Tariff{}, c.energy, d).Lost, 1e-12)
		})
	}
}
