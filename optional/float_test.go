package optional_test

import (
	"encoding/json"
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/optional"
)

func ExampleFloat() {
	var none optional.Float
	limit := optional.Of(0)
	fmt.Println(none.Or(math.Inf(1)), limit.Or(math.Inf(1)))
	fmt.Println(none, limit)
	// Output:
	// +Inf 0
	// absent 0
}

func TestZeroIsNotAbsent(t *testing.T) {
	var none optional.Float
	assert.NotEqual(t, none, optional.Of(0))
	assert.Equal(t, optional.Of(2), optional.Of(2))
	assert.False(t, none.Given())
	assert.True(t, optional.Of(0).Given())
	x, ok := optional.Of(-1.5).Get()
	assert.Equal(t, -1.5, x)
	assert.True(t, ok)
	_, ok = none.Get()
	assert.False(t, ok)
}

func TestJSONKeepsZeroAndAbsentApart(t *testing.T) {
	type limits struct {
		Import optional.Float `json:"import_mw,omitzero"`
		Export optional.Float `json:"export_mw,omitzero"`
		Ramp   optional.Float `json:"ramp_mw"`
	}
	text, err := json.Marshal(limits{Export: optional.Of(0)})
	require.NoError(t, err)
	require.JSONEq(t, `{"export_mw": 0, "ramp_mw": null}`, string(text))
	for _, text := range []string{`{"export_mw": 0, "ramp_mw": null}`, `{"export_mw": 0}`} {
		back := limits{Ramp: optional.Of(7)}
		require.NoError(t, json.Unmarshal([]byte(text), &back))
		assert.Equal(t, optional.Of(0), back.Export)
		assert.False(t, back.Import.Given())
	}
	var f optional.Float
	require.NoError(t, json.Unmarshal([]byte(`2.5`), &f))
	assert.Equal(t, optional.Of(2.5), f)
	require.NoError(t, json.Unmarshal([]byte(`null`), &f))
	assert.False(t, f.Given())
	require.Error(t, json.Unmarshal([]byte(`"2"`), &f))
	_, err = json.Marshal(optional.Of(math.NaN()))
	require.Error(t, err)
}
