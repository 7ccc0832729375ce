package casefile_test

import (
	"encoding/json"
	"os"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/casefile"
	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/vpp"
)

// An absent price of a good is absent, and a price of 0 is 0. The readings of
// shares are read.
func TestPricesOfGoodsAndReadings(t *testing.T) {
	data, err := os.ReadFile("../examples/threelevel/case.json")
	require.NoError(t, err)
	load := func(tariff, modelling map[string]any) (der.Tariff, vpp.Modelling, error) {
		var file map[string]any
		require.NoError(t, json.Unmarshal(data, &file))
		delete(file, "modelling")
		if modelling != nil {
			file["modelling"] = modelling
		}
		file["vpps"].([]any)[0].(map[string]any)["tariff"] = tariff
		text, err := json.Marshal(file)
		require.NoError(t, err)
		c, err := casefile.Load(fstest.MapFS{"case.json": {Data: text}}, "case.json")
		if err != nil {
			return der.Tariff{}, vpp.Modelling{}, err
		}
		r, err := c.Region(t.Context(), casefile.Options{})
		require.NoError(t, err)
		return r.VPPs[0].Tariff, r.Setting.Modelling, nil
	}
	tariff, modelling, err := load(map[string]any{}, nil)
	require.NoError(t, err)
	assert.Nil(t, tariff.Heat)
	assert.Nil(t, tariff.Gas)
	assert.Nil(t, tariff.CO2)
	assert.Equal(t, vpp.Modelling{}, modelling)

	tariff, modelling, err = load(map[string]any{"heat_per_mwh": 0, "gas_per_mwh": 40, "co2_per_t": -3},
		map[string]any{"shared_value": "weighted", "own_revenue": "tariff_only", "admission": "value"})
	require.NoError(t, err)
	for t0 := range 24 {
		assert.Equal(t, []float64{0, 40, -3}, []float64{tariff.Heat[t0], tariff.Gas[t0], tariff.CO2[t0]})
	}
	assert.Equal(t, vpp.Modelling{SharedValue: vpp.WeightedValue, OwnRevenue: vpp.TariffOnly, Admission: vpp.AdmitByValue}, modelling)

	_, _, err = load(map[string]any{"heat_per_mwh": []any{1, 2}}, map[string]any{"shared_value": "heavy"})
	require.ErrorContains(t, err, "$.vpps[0].tariff.heat_per_mwh")
	assert.ErrorContains(t, err, "$.modelling.shared_value")
}
