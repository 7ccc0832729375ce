package operate_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/operate"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/vpp"
)

// A season does not settle reserve, so that a region with a reserve market is refused by name.
func TestASeasonRefusesAReserveMarket(t *testing.T) {
	region := village()
	region.Setting.Markets.Reserve = &vpp.Reserve{Price: market.Series{5}}
	season := operate.Season{
		Name: "a day", Start: time.Date(2031, 3, 10, 0, 0, 0, 0, time.UTC), Days: 1, Step: time.Hour, Region: operate.Repeat(region),
	}
	source, err := operate.Generated(1, season, 10,
		operate.GeneratedSeries{Name: "wind", Unit: "MW", Capacity: optional.Of(4.), Shape: []float64{2}, Weather: 0.3, Sigma: 0.4, Persistence: 0.9},
		operate.GeneratedSeries{Name: "load", Unit: "MW", Shape: []float64{1, 2, 3, 2}},
	)
	require.NoError(t, err)
	season.Source = source
	_, err = operate.Run(t.Context(), season, operate.Options{
		Strategy: operate.Rolling(6), Choices: trigrid.Profile{"wind": "village", "battery": "village"}, NoLedger: true,
	})
	require.ErrorContains(t, err, "operate: Markets.Reserve: a season does not settle reserve")
}
