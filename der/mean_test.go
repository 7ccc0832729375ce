package der_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/optional"
)

// Batteries of 2 MW at 10 and 4 MW at 16 per MWh are two of 3 MW at 14, because
// 2·10 + 4·16 = 84 is 6·14. Their efficiency is (2·0.9 + 4·0.96)/6 = 0.94.
func TestMeanOfBatteries(t *testing.T) {
	set := day(t)
	a := &der.Storage{ID: "a", Charge: 2, Discharge: 2, Energy: 4, Initial: optional.Of(1.0), ChargeEfficiency: 0.9, DischargeEfficiency: 0.9, Wear: 10}
	b := &der.Storage{ID: "b", Charge: 4, Discharge: 4, Energy: 6, Initial: optional.Of(5.0), ChargeEfficiency: 0.96, DischargeEfficiency: 0.96, Wear: 16}
	require.True(t, a.Alike(b))
	mean, err := a.Mean("mean", []der.DER{a, b}, 2, set)
	require.NoError(t, err)
	x := mean.(*der.Storage)
	assert.InDelta(t, 3, x.Charge, 1e-12)
	assert.InDelta(t, 5, x.Energy, 1e-12)
	assert.InDelta(t, 3, x.Initial.Or(0), 1e-12)
	assert.InDelta(t, 3, x.EndEnergy.Or(0), 1e-12)
	assert.InDelta(t, 14, x.Wear, 1e-12)
	assert.InDelta(t, 0.94, x.ChargeEfficiency, 1e-12)
	require.NoError(t, x.Validate(set))

	heat, reserve, daily := *b, *b, *b
	heat.Port, reserve.Reserve, daily.End = der.Heat, 1, der.EndDaily
	for _, other := range []der.DER{&heat, &reserve, &daily, &der.PV{}} {
		assert.False(t, a.Alike(other))
	}
}

// The mean of two farms has half of the sum of their outputs, 1.5 A in each
// step, and a cost that is weighted by energy: (1·6 + 2·12)/3 = 10.
func TestMeanOfFarms(t *testing.T) {
	set := day(t)
	double := make([][]float64, set.Len())
	for s := range double {
		for _, mw := range set.Path("wind", s) {
			double[s] = append(double[s], 2*mw)
		}
	}
	require.NoError(t, set.Add("double", "MW", double))
	a, b := &der.Wind{ID: "a", Available: "wind", Maintenance: 6}, &der.Wind{ID: "b", Available: "double", Maintenance: 12}
	require.True(t, a.Alike(b))
	assert.False(t, a.Alike(&der.PV{}))
	mean, err := a.Mean("mean", []der.DER{a, b}, 2, set)
	require.NoError(t, err)
	x := mean.(*der.Wind)
	assert.InDelta(t, 10, x.Maintenance, 1e-12)
	for s := range set.Len() {
		for i, mw := range set.Path(x.Available, s) {
			assert.InDelta(t, 1.5*set.Path("wind", s)[i], mw, 1e-12)
		}
	}

	p := &der.PV{ID: "p", Available: "sun", Subsidy: 8}
	assert.True(t, p.Alike(p))
	mean, err = p.Mean("roofs", []der.DER{p}, 4, set)
	require.NoError(t, err)
	assert.InDelta(t, set.Path("sun", 0)[3]/4, set.Path(mean.(*der.PV).Available, 0)[3], 1e-12)
	assert.InDelta(t, 8, mean.(*der.PV).Subsidy, 1e-12)
}

// The mean of loads that the VPP serves has half of the sum of their limits,
// and one that brings its load half of the sum of the loads.
func TestMeanOfLoads(t *testing.T) {
	set := day(t)
	for _, served := range []bool{true, false} {
		a := &der.DemandResponse{ID: "a", Load: "load", Served: served, MaxReductionShare: optional.Of(0.2), ReductionCost: 40}
		b := &der.DemandResponse{ID: "b", Load: "load", Served: served, MaxReductionShare: optional.Of(0.4), ReductionCost: 70}
		require.True(t, a.Alike(b))
		name := map[bool]string{true: "served", false: "brought"}[served]
		mean, err := a.Mean(name, []der.DER{a, b}, 2, set)
		require.NoError(t, err)
		x := mean.(*der.DemandResponse)
		require.NoError(t, x.Validate(set))
		assert.InDelta(t, 60, x.ReductionCost, 1e-12, "(0.2·40 + 0.4·70) / 0.6")
		most := x.Limits(der.Context{Set: set}, 0).Reduced
		for i, mw := range set.Path("load", 0) {
			assert.InDelta(t, 0.3*mw, most[i], 1e-12)
			if !served {
				assert.InDelta(t, mw, set.Path(x.Load, 0)[i], 1e-12)
			}
		}
	}
	a := &der.DemandResponse{ID: "a", Load: "load"}
	for _, other := range []der.DER{
		&der.DemandResponse{Rebound: der.ReboundNone},
		&der.DemandResponse{MaxHours: optional.Of(1.0)},
		&der.DemandResponse{Served: true},
		&der.PV{},
	} {
		assert.False(t, a.Alike(other))
	}
}
