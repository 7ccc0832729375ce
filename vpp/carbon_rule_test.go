package vpp_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/vpp"
	"github.com/trigrid/trigrid/weights"
)

func TestMixedCarbonRulesAreRejected(t *testing.T) {
	set := hourly(t, 1, []float64{1}, map[string][][]float64{"price": {{20}}})
	setting := vpp.Setting{Set: set, Weights: weights.Vector{Economic: 1}, Markets: vpp.Markets{
		Electricity: &market.Tariff{Calendar: market.Calendar{Steps: 1}, Buy: market.Series{50}, Sell: market.Series{40}},
	}}
	_, err := vpp.Problem{VPP: vpp.VPP{Name: "works"}, Members: []der.DER{
		&der.GasSupply{ID: "network", Max: 9, Price: "price", EmissionFactor: der.NaturalGasCO2},
		&der.CHP{ID: "chp", ElectricEfficiency: 0.4, HeatEfficiency: 0.4, Power: der.Operation{Max: 2}, EmissionFactor: optional.Of(der.NaturalGasCO2)},
		&der.HeatDump{ID: "cooler", Max: 9},
	}, Setting: setting}.Solve(t.Context(), testsolver.New(t))
	require.ErrorContains(t, err, `vpp: VPP "works": der: "network" charges gas where it is bought and "chp" where it is burnt`)
}
