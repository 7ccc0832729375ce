package vpp_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/vpp"
)

// Ranges above 1e9 are warnings that name both ends in words of the data.
func TestWideRangesAreWarnings(t *testing.T) {
	v := vpp.VPP{Name: "v", Demand: "load", ImportLimit: optional.Of(9), ExportLimit: optional.Of(9)}
	warnings := func(v vpp.VPP, ders ...der.DER) []string {
		program, err := vpp.Problem{VPP: v, Members: ders, Setting: priced(morning(t, []float64{3, 5}, nil), 60, 40)}.Formulate()
		require.NoError(t, err)
		return program.Warnings()
	}
	engine := func(linear, noLoad float64) *der.Thermal {
		return &der.Thermal{ID: "gt", MinOutput: 1, MaxOutput: 4, Linear: linear, NoLoad: noLoad}
	}
	assert.Empty(t, warnings(v))
	assert.Empty(t, warnings(v, engine(70, 20)))
	assert.Empty(t, warnings(v, engine(1e8, 1)), "a ratio of 1e8")

	// 1e9 per MWh of output beside a wear of 0.001 per MWh.
	wide := warnings(v, engine(1e9, 0.001), &der.Storage{
		ID: "cell", Charge: 1, Discharge: 1, Energy: 2, ChargeEfficiency: 1, DischargeEfficiency: 1, Wear: 1e-3,
	})
	require.Len(t, wide, 1)
	assert.Contains(t, wide[0], "costs of the program differ by a factor of 1.0e+12: 1e+09 for the output of thermal \"gt\" in scenario 0, step 0 (06:00) and 0.001 for the ")
	assert.Contains(t, wide[0], `charge of storage "cell" in scenario 0, step 0 (06:00); a solver cannot tell the smaller one from rounding; check the units`)

	// With efficiencies of 1e-5, a MWh withdrawn stores 1e-5 MWh and a MWh fed
	// in takes 1e5 MWh.
	wide = warnings(v, &der.Storage{
		ID: "cell", Charge: 1, Discharge: 1, Energy: 2, ChargeEfficiency: 1e-5, DischargeEfficiency: 1e-5, End: der.EndFree,
	})
	require.Len(t, wide, 1)
	assert.Contains(t, wide[0], "coefficients of the program differ by a factor of 1.0e+10: 1e+05 for the discharge of storage \"cell\" "+
		"in the energy balance of storage \"cell\" in scenario 0, step 0 (06:00) and 1e-05 for the charge of storage \"cell\"")

	v.ImportLimit = optional.Of(1e12)
	wide = warnings(v)
	require.Len(t, wide, 1)
	assert.Contains(t, wide[0], `the limit 1e+12 for the day-ahead schedule of VPP "v" in step 0 (06:00) is too large`)
}
