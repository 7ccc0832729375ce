package vpp_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/vpp"
)

// Numbers out of scale with their surroundings are warnings of a problem in Go,
// with the field and the DER.
func TestImplausibleNumbersOfAProblemAreWarnings(t *testing.T) {
	problem := func(change func(p *vpp.Problem, u *der.Thermal, b *der.Storage)) []string {
		u := &der.Thermal{ID: "gt", MinOutput: 1, MaxOutput: 3, Linear: 70}
		b := &der.Storage{ID: "bat", Charge: 2, Discharge: 2, Energy: 4, ChargeEfficiency: 0.9, DischargeEfficiency: 0.9}
		p := vpp.Problem{
			VPP: vpp.VPP{Name: "v", Demand: "load"}, Members: []der.DER{u, b}, Setting: priced(morning(t, []float64{3, 5}, nil), 100, 40),
		}
		change(&p, u, b)
		out, err := p.Warnings()
		require.NoError(t, err)
		// The only scenario decides the risk measure in each of them.
		return slices.DeleteFunc(out, func(w string) bool { return w[:12] == "one scenario" })
	}
	for name, c := range map[string]struct {
		change func(p *vpp.Problem, u *der.Thermal, b *der.Storage)
		want   []string
	}{
		"plausible": {func(*vpp.Problem, *der.Thermal, *der.Storage) {}, nil},
		"kW as MW": {
			func(_ *vpp.Problem, _ *der.Thermal, b *der.Storage) { b.Charge, b.Discharge = 300, 250 },
			[]string{`Charge of storage "bat": 300 MW is 60 times the largest value of the series, 5 MW; check the unit: 300 kW are 0.3 MW`},
		},
		"kWh as MWh": { // 4800 of 24 · 5
			func(_ *vpp.Problem, _ *der.Thermal, b *der.Storage) { b.Energy = 4800 },
			[]string{`Energy of storage "bat": 4800 MWh is 40 times a day at the largest value of the series, 5 MW; check the unit: 4800 kWh are 4.8 MWh`},
		},
		"a tariff per kWh": {
			func(p *vpp.Problem, _ *der.Thermal, _ *der.Storage) { p.VPP.Tariff.Injection = []float64{0.1, 0.1} },
			[]string{`Tariff.Injection of VPP "v": 0.1 per MWh is 1000 times below the mean buying price, 100; check the unit: 0.1 per kWh are 100 per MWh`},
		},
		"a price per kWh": {
			func(p *vpp.Problem, _ *der.Thermal, _ *der.Storage) {
				p.Setting.Markets.Electricity = &market.Tariff{Calendar: market.Calendar{Steps: 2}, Buy: market.Series{0.1}, Sell: market.Series{0.04}}
			},
			[]string{`buying price of the day-ahead electricity market: the mean, 0.1 per MWh, is 700 times below Linear of thermal "gt", 70; ` +
				`check the unit: 0.1 per kWh are 100 per MWh`},
		},
		"a cost per kWh": {
			func(_ *vpp.Problem, u *der.Thermal, _ *der.Storage) { u.Linear = 0.07 },
			[]string{`Linear of thermal "gt": 0.07 per MWh is 1429 times below the mean buying price, 100; check the unit: 0.07 per kWh are 70 per MWh`},
		},
		"a series in kW": {
			func(p *vpp.Problem, _ *der.Thermal, _ *der.Storage) {
				p.Setting.Set = morning(t, []float64{3000, 5000}, nil)
			},
			[]string{`series of the scenarios: the largest value, 5000 MW, is 1667 times the largest DER, 3 MW; check the unit: 5000 kW are 5 MW`},
		},
		// A price of load shedding of twice the highest price is large on
		// purpose.
		"a large price on purpose": {
			func(p *vpp.Problem, _ *der.Thermal, _ *der.Storage) {
				p.Members = append(p.Members, &der.Load{ID: "homes", Demand: "load", Sheddable: 1, ShedCost: 20_000})
			},
			nil,
		},
		// A gas supply of 1000 MW is no limit. The gas may serve the series.
		"a large connection": {
			func(p *vpp.Problem, _ *der.Thermal, _ *der.Storage) {
				p.Members = append(p.Members, &der.GasSupply{ID: "net", Max: 1000, Price: "gas"})
			},
			nil,
		},
	} {
		assert.Equal(t, c.want, problem(c.change), name)
	}
	_, err := vpp.Problem{VPP: vpp.VPP{Name: "v", Demand: "lod"}, Setting: priced(morning(t, []float64{3, 5}, nil), 100, 40)}.Warnings()
	require.ErrorContains(t, err, "lod")
}
