package vpp_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/vpp"
	"github.com/trigrid/trigrid/weights"
)

// A coal unit of 100 MW emits 80 t in an hour. A boiler burns 6 MWh of gas for 6 MWh of heat, made
// from CO2 that the unit captures: 6 · 0.1975 = 1.185 t leave the stack of the boiler instead of the
// unit's. The sum stays 80 t unless the boiler burns free of carbon.
func TestRightGasBurnersEmitByDefault(t *testing.T) {
	set := scenario.Single(scenario.Grid{Step: time.Hour, Steps: 1})
	require.NoError(t, set.AddForecast("heat", "MW", []float64{6}))
	calendar := market.Calendar{Steps: 1}
	for _, c := range []struct {
		factor optional.Float
		want   float64
		warns  bool
	}{
		{optional.Float{}, 80, false},
		{optional.Of(der.NaturalGasCO2), 80, false},
		{optional.Of(0), 80 - 6*der.NaturalGasCO2, true},
		{optional.Of(1e-9), 80 - 6*der.NaturalGasCO2, false},
	} {
		p := vpp.Problem{
			VPP: vpp.VPP{Name: "p"},
			Members: []der.DER{
				&der.CarbonCapture{
					Unit:       der.Thermal{ID: "coal", MinOutput: 100, MaxOutput: 100, Linear: 20, EmissionFactor: 0.8, MustRun: true, Before: der.ThermalState{Boundary: der.BeforeFree}},
					Efficiency: 0.9, FixedPower: 2, AbsorbEnergy: 0.25,
				},
				&der.PowerToGas{ID: "methanation", Efficiency: 0.6, Power: der.Operation{Max: 50}},
				&der.GasBoiler{ID: "boiler", Efficiency: 1, Heat: der.Operation{Max: 20}, EmissionFactor: c.factor},
				&der.Load{ID: "heat", Port: der.Heat, Demand: "heat"},
			},
			Setting: vpp.Setting{
				Set: set, Weights: weights.Vector{Economic: 0.5, Environment: 0.5},
				Markets: vpp.Markets{
					Electricity: &market.Tariff{Calendar: calendar, Buy: market.Series{50}},
					Carbon:      market.Flat(market.Carbon, calendar, 100),
				},
			},
		}
		plan, err := p.Solve(t.Context(), testsolver.New(t))
		testsolver.Skip(t, err)
		require.NoError(t, err)
		require.NoError(t, plan.Verify(0))
		warnings := p.Setting.DERWarnings(p.Members...)
		t.Logf("boiler with factor %v | %v t | by hand: 100 MWh x 0.8, less 6 MWh x 0.1975 if the boiler burns free | %v t, %v",
			c.factor, c.want, plan.Results[0].Emission, warnings)
		assert.InDelta(t, c.want, plan.Results[0].Emission, 1e-5)
		if c.warns {
			require.Len(t, warnings, 1)
			assert.Contains(t, warnings[0], `DER "boiler" burns gas without carbon beside a carbon market`)
		} else {
			assert.Empty(t, warnings)
		}
		p.Setting.Markets.Carbon = nil
		assert.Empty(t, p.Setting.DERWarnings(p.Members...))
	}
}

// Every kind that burns gas has the default and is named in the warning at 0, also a gas load and a
// CHP of either kind. Gas that is charged at its purchase is no reason for a warning.
func TestRightFreeBurnersOfEveryKind(t *testing.T) {
	zero := optional.Of(0)
	free := []der.DER{
		&der.CHP{ID: "chp", EmissionFactor: zero}, &der.ExtractionCHP{ID: "turbine", EmissionFactor: zero},
		&der.GasBoiler{ID: "boiler", EmissionFactor: zero}, &der.Load{ID: "kilns", Port: der.Gas, EmissionFactor: zero},
	}
	others := []der.DER{
		&der.CHP{ID: "a"}, &der.ExtractionCHP{ID: "b"}, &der.GasBoiler{ID: "c"}, &der.Load{ID: "d", Port: der.Gas},
		&der.Load{ID: "e"}, &der.Load{ID: "f", Port: der.Heat}, &der.Wind{ID: "g"},
	}
	t.Logf("four burners at 0 among %d DERs | the four | kinds with a gas port | %v", len(others)+4, der.FreeBurners(append(others, free...)...))
	assert.Equal(t, []string{"chp", "turbine", "boiler", "kilns"}, der.FreeBurners(append(others, free...)...))
	assert.Empty(t, der.FreeBurners(others...))
	assert.Empty(t, der.FreeBurners(append(free, &der.GasSupply{ID: "network", EmissionFactor: der.NaturalGasCO2})...))
}
