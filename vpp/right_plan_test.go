package vpp_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/vpp"
)

// Instances that the differential fuzzer found, minimised, with values by hand.
// Each plan also withstands the check from data and schedules.
func TestRightPlansOfMinimisedInstances(t *testing.T) {
	const hours = 4
	loads := hourly(t, hours, []float64{1}, map[string][][]float64{"load": {{1, 1, 1, 1}}, "gas": {{10, 10, 10, 10}}})
	off := func(minDown, since float64) *der.Thermal {
		return &der.Thermal{ID: "u", MaxOutput: 1, MinDown: minDown, Before: der.ThermalState{Hours: optional.Of(since)}}
	}
	for name, c := range map[string]struct {
		member    der.DER
		others    []der.DER
		price     float64
		tariff    der.Tariff
		modelling vpp.Modelling
		want      float64
		source    string
	}{
		"a quadratic cost with one output": {
			member: &der.Thermal{ID: "u", MinOutput: 2, MaxOutput: 2, Quadratic: 3}, price: 100,
			want: 4 * (2*100 - 3*2*2), source: "4 h of 2 MW at 100, less 3 · 2²",
		},
		"a load without rebound before a banned end": {
			member: &der.DemandResponse{ID: "d", Load: "load", ReboundRatio: optional.Of(0), Close: der.CloseByBan}, price: 10,
			want: 0, source: "nothing comes back, so that no hour is too late for a reduction",
		},
		"a lossless store that is paid for withdrawal": {
			member: &der.Storage{ID: "s", Charge: 1, Discharge: 1, Energy: 1, ChargeEfficiency: 1, DischargeEfficiency: 1, Wear: 1}, price: 1,
			tariff:    der.Tariff{Injection: []float64{1, 1, 1, 1}, Withdrawal: []float64{1.5, 1.5, 1.5, 1.5}},
			modelling: vpp.Modelling{DispatchObjective: vpp.TariffPayments},
			want:      2 * 0.5, source: "two cycles of 1 MWh, which the member pays 1.5 for and receives 1 for",
		},
		"a CHP of one point": {
			member: &der.CHP{
				ID: "chp", ElectricEfficiency: 0.22, HeatEfficiency: 0.52, Power: der.Operation{Min: 1.65, Max: 3, Before: 1.65}, MaxHeat: optional.Of(3.9),
			},
			others: []der.DER{&der.HeatDump{ID: "h", Max: 9}, &der.GasSupply{ID: "g", Max: 9, Price: "gas"}}, price: 100,
			want: 4 * (1.65*100 - 7.5*10), source: "1.65 MW / 0.22 = 3.9 MW / 0.52 = 7.5 MW of gas",
		},
		"on for 1.2 h of at least 2.2 h": {
			member: &der.Thermal{ID: "u", MinOutput: 1, MaxOutput: 1, Linear: 10, MinUp: 2.2, Before: der.ThermalState{On: true, Hours: optional.Of(1.2), Output: 1}},
			want:   -10, source: "1 h is left, at 10",
		},
		"off for 4.4 h of at least 4.4 h": {member: off(4.4, 4.4), price: 10, want: 40, source: "nothing is left: 4 h at 10"},
		"off for 1.5 h of at least 2 h":   {member: off(2, 1.5), price: 10, want: 30, source: "half an hour is left, which takes the first step"},
		"a start after 2.5 h off": {
			member: &der.Thermal{
				ID: "u", MinOutput: 1, MaxOutput: 1, MustRun: true, StartUp: []der.StartCost{{Cost: 5}, {After: 2.4, Cost: 90}},
				Before: der.ThermalState{Hours: optional.Of(2.5)},
			},
			want: -90, source: "2.5 h are more than 2.4 h",
		},
		"a start after 2.3 h off": {
			member: &der.Thermal{
				ID: "u", MinOutput: 1, MaxOutput: 1, MustRun: true, StartUp: []der.StartCost{{Cost: 5}, {After: 2.4, Cost: 90}},
				Before: der.ThermalState{Hours: optional.Of(2.3)},
			},
			want: -5, source: "2.3 h are less than 2.4 h",
		},
	} {
		t.Run(name, func(t *testing.T) {
			setting := priced(loads, c.price, c.price)
			setting.Modelling = c.modelling
			plan := solve(t, vpp.VPP{Name: "v", Tariff: c.tariff}, append(c.others, c.member), setting)
			t.Logf("right %v (%s), found %v", c.want, c.source, plan.Value.Objective)
			assert.InDelta(t, c.want, plan.Value.Objective, 1e-6)
			require.NoError(t, plan.Verify(1e-6))
		})
	}
}
