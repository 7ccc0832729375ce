package vpp_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/vpp"
)

func TestVPPRejectsATariffOfAnotherLength(t *testing.T) {
	set := scenario.Single(scenario.Grid{Step: time.Hour, Steps: 2})
	p := vpp.VPP{Name: "harbour", Tariff: der.Tariff{Injection: []float64{40}, Shortage: []float64{5, -1}}}
	err := p.Validate(set)
	require.ErrorContains(t, err, `vpp: VPP "harbour": der: tariff: Injection has 1 prices, want one for each of 2 steps`)
	require.ErrorContains(t, err, "Shortage[1] is -1")
	p.Tariff = der.Tariff{Injection: []float64{40, -5}}
	require.NoError(t, p.Validate(set))
}
