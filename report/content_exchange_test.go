package report_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/report"
	"github.com/trigrid/trigrid/vpp"
)

// One member hands another 1, 0 and 2 MW of heat in the first scenario
// (probability 0.75) and 2, 4 and 0 MW in the second; the store hands 3 t of
// CO2 back.
func TestExchangeBetweenMembers(t *testing.T) {
	r, res := fixture(t)
	plan := res.Plans[0]
	heat := [][]float64{{1, 0, 2}, {2, 4, 0}}
	plan.Heat = vpp.Exchange{Supplied: heat, Prices: [][]float64{{10, 20, 30}, {30, 20, 10}}}
	plan.CO2 = vpp.Exchange{Supplied: [][]float64{{3, 0, 0}, {3, 0, 0}}}
	for s := range heat {
		store, wind := &plan.Members[0].Schedule.Realised[s], &plan.Members[1].Schedule.Realised[s]
		wind.Heat, store.Heat = heat[s], []float64{-heat[s][0], -heat[s][1], -heat[s][2]}
		wind.CO2, store.CO2 = []float64{-3, 0, 0}, []float64{3, 0, 0}
	}
	exchange := read(t, files(t, r, res), "exchange")
	require.Len(t, exchange, 2*2*3)
	first := exchange.where(t, "carrier", "heat", "item", windName, "step", "0")
	assert.Equal(t, "MW", first["unit_of_measure"])
	assert.InDelta(t, 0.75*1+0.25*2, value(t, first["supply"]), 1e-12)
	assert.InDelta(t, 0.75*10+0.25*30, value(t, first["expected_price_currency_per_mwh_or_t"]), 1e-12)
	assert.InDelta(t, 0.25*4, value(t, exchange.where(t, "carrier", "heat", "item", storeName, "step", "1")["use"]), 1e-12)
	co2 := exchange.where(t, "carrier", "CO₂", "item", storeName, "step", "0")
	assert.InDelta(t, 3, value(t, co2["supply"]), 1e-12)
	assert.Empty(t, co2["expected_price_currency_per_mwh_or_t"], "the plan has none")

	figures, err := report.Figures(r, res)
	require.NoError(t, err)
	var alts []string
	for _, f := range figures {
		if f.Table == "exchange" {
			alts = append(alts, f.Title+": "+f.Alt)
		}
	}
	require.Len(t, alts, 2)
	// Steps of two hours: 2·(1.25 + 1 + 1.5) MWh of heat; tonnes are per step
	// already.
	assert.Contains(t, alts[0], "Heat between members: ")
	assert.Contains(t, alts[0], windName+" supplies 7.5 and uses 0.0 MWh")
	assert.Contains(t, alts[1], storeName+" supplies 3.0 and uses 0.0 t")
}
