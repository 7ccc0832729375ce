package fleet_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/fleet"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/vpp"
	"github.com/trigrid/trigrid/weights"
)

// By hand. 1000 batteries of 1 MW and 2 MWh, half full, hold 0.5 MW each for
// two hours: 500 MW at a price of 8 in one VPP, or 2 · 200 MW in two VPPs whose
// products end at 200 MW. They trade nothing, because their wear exceeds every
// price.
func TestFleetOffersReserve(t *testing.T) {
	set := scenario.Single(scenario.Grid{Step: time.Hour, Steps: 2})
	battery := &der.Storage{
		ID: "battery", Charge: 1, Discharge: 1, Energy: 2, Initial: optional.Of(1), ChargeEfficiency: 1, DischargeEfficiency: 1,
		Wear: 500, Reserve: 1, ReserveHours: optional.Of(2),
	}
	p := fleet.Problem{
		VPPs:   []vpp.VPP{{Name: "north"}, {Name: "south"}},
		Fleets: []der.Fleet{{Unit: battery, Count: 1000}},
		Setting: vpp.Setting{
			Set: set, Weights: weights.Vector{Economic: 1},
			Markets: vpp.Markets{
				Electricity: &market.Tariff{Calendar: market.Calendar{Steps: 2, StepHours: 1}, Buy: market.Series{60}, Sell: market.Series{40}},
				Reserve:     &vpp.Reserve{Price: market.Series{8}},
			},
		},
	}
	for _, c := range []struct {
		most    optional.Float
		welfare float64
	}{{optional.Float{}, 500 * 8 * 2}, {optional.Of(200), 2 * 200 * 8 * 2}} {
		p.Setting.Markets.Reserve.MaxOffer = c.most
		found, err := p.Solve(t.Context(), testsolver.New(t))
		require.NoError(t, err)
		assert.InDelta(t, c.welfare, found.Potential, 1e-3)
	}
}
