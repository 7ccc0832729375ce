package operate_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/operate"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/vpp"
)

// day returns a region over a day of four steps of six hours. Its carbon is
// settled every twelve hours.
func day() trigrid.Region {
	grid := scenario.Grid{Start: monday, Step: 6 * time.Hour, Steps: 4}
	calendar := market.Calendar{Steps: 4, StepHours: 6}
	half := calendar
	half.Period = 12
	return trigrid.Region{
		VPPs: []vpp.VPP{{Name: "V", Tariff: der.Tariff{Injection: []float64{1, 2, 3, 4}}, FreeAllocation: market.Series{5}}},
		Setting: vpp.Setting{Set: scenario.Single(grid), Markets: vpp.Markets{
			Electricity:  &market.Tariff{Calendar: calendar, Buy: market.Series{10, 20, 30, 40}},
			Carbon:       &market.Tariff{Calendar: half, Good: market.Carbon, Buy: market.Series{7, 8}},
			Imbalance:    &market.Imbalance{Calendar: calendar, Price: market.Series{0}, Short: market.Series{1, 2, 3, 4}, Long: market.Series{1}},
			GridEmission: market.Series{0.1, 0.2, 0.3, 0.4},
		}},
	}
}

func TestARepeatedRegionHasThePricesOfTheClock(t *testing.T) {
	template := operate.Repeat(day())
	// From noon of a later day on.
	set := scenario.Single(scenario.Grid{Start: monday.AddDate(0, 0, 5).Add(12 * time.Hour), Step: 6 * time.Hour, Steps: 2})
	r, err := template(set)
	require.NoError(t, err)
	require.NoError(t, r.Setting.Markets.Obligation.Validate())
	m := r.Setting.Markets
	require.NoError(t, market.Validate(m.Electricity))
	require.NoError(t, market.Validate(m.Carbon))
	assert.Equal(t, 2, market.Steps(m.Electricity))
	assert.InDelta(t, 30, m.Electricity.Curve(0).Cost(1), 1e-12)
	assert.InDelta(t, 40, m.Electricity.Curve(1).Cost(1), 1e-12)
	assert.Equal(t, 1, m.Carbon.Periods()) // the second period of the day, as a whole
	assert.InDelta(t, 8, m.Carbon.Curve(0).Cost(1), 1e-12)
	assert.InDelta(t, 4, m.Imbalance.Penalty(1).Cost(1), 1e-12)
	assert.Equal(t, market.Series{0.3, 0.4}, m.GridEmission)
	assert.Equal(t, []float64{3, 4}, r.VPPs[0].Tariff.Injection)
	assert.Equal(t, market.Series{5}, r.VPPs[0].FreeAllocation)

	// A window that begins inside a settlement period has the rest of it.
	set = scenario.Single(scenario.Grid{Start: monday.Add(6 * time.Hour), Step: 6 * time.Hour, Steps: 3})
	r, err = template(set)
	require.NoError(t, err)
	from, to := r.Setting.Markets.Carbon.Span(1)
	assert.Equal(t, []int{2, 1, 3}, []int{r.Setting.Markets.Carbon.Periods(), from, to})

	_, err = operate.Repeat(trigrid.Region{})(set)
	require.ErrorContains(t, err, "no scenarios or no electricity market")
	short := scenario.Single(scenario.Grid{Start: monday, Step: time.Hour, Steps: 24})
	_, err = template(short)
	require.ErrorContains(t, err, "it has steps of 6 h, and step 0 at 00:00 has 1 h")

	// Longer steps would have the prices of the first hours, and a region from
	// noon those of the night.
	_, err = template(scenario.Single(scenario.Grid{Start: monday, Step: 12 * time.Hour, Steps: 2}))
	require.ErrorContains(t, err, "it has steps of 6 h, and step 0 at 00:00 has 12 h")
	for _, grid := range []scenario.Grid{
		{Start: monday.Add(12 * time.Hour), Step: 6 * time.Hour, Steps: 4},
		{Start: monday, Step: 6 * time.Hour, Steps: 8},
	} {
		other := day()
		other.Setting.Set = scenario.Single(grid)
		_, err = operate.Repeat(other)(set)
		require.ErrorContains(t, err, "want equal steps of one day from 00:00 on")
	}
}
