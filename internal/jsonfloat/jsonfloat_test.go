package jsonfloat_test

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/internal/jsonfloat"
)

// Each bit of a number survives, also those of numbers that JSON does not have.
func TestAllBitsSurvive(t *testing.T) {
	for _, x := range []float64{
		0, math.Copysign(0, -1), 0.1 + 0.2, -1e-300, math.SmallestNonzeroFloat64, math.MaxFloat64, math.Inf(1), math.Inf(-1), math.NaN(),
	} {
		text, err := json.Marshal(jsonfloat.Float(x))
		require.NoError(t, err)
		var back jsonfloat.Float
		require.NoError(t, json.Unmarshal(text, &back), "%s", text)
		if math.IsNaN(x) {
			assert.True(t, math.IsNaN(float64(back)))
			continue
		}
		assert.Equal(t, math.Float64bits(x), math.Float64bits(float64(back)), "%s", text)
	}
	for _, wrong := range []string{`"x"`, `{}`, `true`, `""`} {
		var back jsonfloat.Float
		assert.ErrorContains(t, json.Unmarshal([]byte(wrong), &back), "is no number", wrong)
	}
}
