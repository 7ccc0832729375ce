package operate_test

import (
	"context"
	"fmt"
	"time"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/milp/highs"
	"github.com/trigrid/trigrid/operate"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/vpp"
	"github.com/trigrid/trigrid/weights"
)

// village is a region over one day of hours: a demand, a wind farm and a
// battery.
func village() trigrid.Region {
	calendar := market.Calendar{Steps: 24}
	return trigrid.Region{
		Name: "village",
		VPPs: []vpp.VPP{{Name: "village", Demand: "load"}},
		DERs: []der.DER{
			&der.Wind{ID: "wind", Available: "wind"},
			&der.Storage{ID: "battery", Charge: 1, Discharge: 1, Energy: 4, ChargeEfficiency: 0.95, DischargeEfficiency: 0.95},
		},
		Setting: vpp.Setting{
			Set:     scenario.Single(scenario.Grid{Step: time.Hour, Steps: 24}),
			Weights: weights.Vector{Economic: 1},
			Markets: vpp.Markets{
				Electricity: &market.Tariff{Calendar: calendar, Buy: market.Series{100}, Sell: market.Series{40}},
				Imbalance:   &market.Imbalance{Calendar: calendar, Price: market.Series{0}, Short: market.Series{30}, Long: market.Series{10}},
			},
		},
	}
}

// Three days with generated series. Foresight lowers the cost of a region that
// has to forecast.
func Example() {
	season := operate.Season{
		Name: "three days", Start: time.Date(2031, 3, 10, 0, 0, 0, 0, time.UTC), Days: 3, Step: time.Hour, Region: operate.Repeat(village()),
	}
	source, err := operate.Generated(1, season, 10,
		operate.GeneratedSeries{Name: "wind", Unit: "MW", Capacity: optional.Of(4.), Shape: []float64{2}, Weather: 0.3, Sigma: 0.4, Persistence: 0.9},
		operate.GeneratedSeries{Name: "load", Unit: "MW", Shape: []float64{1, 2, 3, 2}},
	)
	if err != nil {
		panic(err)
	}
	season.Source = source
	c, err := operate.Compare(context.Background(), season, operate.Options{
		Choices: trigrid.Profile{"wind": "village", "battery": "village"}, Solver: highs.Solver{}, NoLedger: true,
	}, operate.Foresight(), operate.Rolling(6))
	if err != nil {
		panic(err)
	}
	foresight, rolling := c.Strategies[0], c.Strategies[1]
	fmt.Println("foresight is cheaper:", foresight.Cost < rolling.Cost)
	fmt.Println("without imbalance:", foresight.ImbalanceMWh < 1e-6, rolling.ImbalanceMWh < 1e-6)
	// Output:
	// foresight is cheaper: true
	// without imbalance: true false
}
