package jsontree_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/internal/jsontree"
)

func TestTheNearestWordIsSuggested(t *testing.T) {
	words := []string{"capacity_mw", "available", "energy_mwh", "max"}
	for text, want := range map[string]string{
		"capcity_mw": "capacity_mw", "capacity": "capacity_mw", "avialable": "available", "energy_mw": "energy_mwh", "mwx": "max",
		"colour": "", "a": "", "": "", "mw": "",
	} {
		word, ok := jsontree.Nearest(text, words)
		assert.Equal(t, want, word, text)
		assert.Equal(t, want != "", ok, text)
	}
}

// A value that is read twice, and a misspelt key, have one violation each.
func TestAFaultHasOneViolation(t *testing.T) {
	root, err := jsontree.Parse(strings.NewReader("\ufeff" + `{"capcity": 3, "price": -1, "colour": 1}`))
	require.NoError(t, err)
	root.At("capacity").Number(0, 1e15)
	root.At("capacity").At("unit").Text()
	root.At("price").Number(0, 1e15)
	assert.True(t, root.At("price").Rejected())
	root.At("price").Number(0, 1e15)
	root.At("size").NumberAs(0, 1, "a share")
	require.EqualError(t, root.Violations(), `$.price: is -1, want a number of at least 0
$.size: is missing, want a share
$.capcity: unknown key; did you mean "capacity"? known here: [capacity price size]
$.colour: unknown key; known here: [capacity price size]`)
}
