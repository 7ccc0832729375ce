package main

import (
	"context"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/internal/testsolver"
)

// A row has the sizes of its program and a gap that closes. A program above the
// limit has no row.
func TestGrowthMeasuresOneProgram(t *testing.T) {
	testsolver.New(t)
	var out strings.Builder
	z := size{ders: 1000, classes: 10, vpps: 2, scenarios: 1}
	require.NoError(t, grown(t.Context(), z, 10_000, &out))
	cells := strings.Fields(out.String())
	require.Len(t, cells, 12)
	assert.Equal(t, []string{"1000", "10", "2", "1"}, cells[:4])
	p, err := region(z, 0)
	require.NoError(t, err)
	x, err := p.Formulate()
	require.NoError(t, err)
	assert.Equal(t, strconv.Itoa(x.Model.Vars()), cells[4])
	gap, err := strconv.ParseFloat(cells[11], 64)
	require.NoError(t, err)
	assert.Less(t, gap, 1e-2)

	out.Reset()
	require.NoError(t, grown(t.Context(), z, 10, &out))
	assert.Empty(t, out.String())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	assert.ErrorIs(t, grown(ctx, z, 10_000, &out), context.Canceled)
}

// Other numbers of classes have all kinds, in the proportions of 40 classes,
// and about as many DERs.
func TestRegionsHaveTheirSize(t *testing.T) {
	for _, n := range []int{10, 20, 40, 80} {
		z := size{ders: 1_000_000, classes: n, vpps: 1, scenarios: 1}
		p, err := region(z, 0)
		require.NoError(t, err)
		assert.Len(t, p.Fleets, n)
		total := 0
		for _, f := range p.Fleets {
			total += f.Count
		}
		assert.InDelta(t, 1_000_000, total, 50)
	}
	assert.Equal(t, [5]int{10, 8, 8, 8, 6}, usual.parts())
	assert.Equal(t, [5]int{5, 4, 4, 4, 3}, size{classes: 20}.parts())
}
