package scenario

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestEmptyGroupsAreFilled starts with a centre that no point is near to. The
// best grouping of 0, 0.1, 1 and 1.1 into three keeps one of the pairs, whose
// points lie 0.05 from their mean: 2 · 0.05² / 4.
func TestEmptyGroupsAreFilled(t *testing.T) {
	c, k, err := newCloud([][]float64{{0}, {0.1}, {1}, {1.1}}, nil, 3)
	require.NoError(t, err)
	p := newPartition(c, k)
	p.adopt([]float64{0, 1, 100})
	require.NoError(t, p.refine(context.Background(), 10))
	assert.InDelta(t, 0.00125, p.cost, 1e-15)
	assert.Len(t, p.reduction().Points, 3)
}

// TestGroupsCanLoseTheirLastMember moves the only point of a group away and
// back.
func TestGroupsCanLoseTheirLastMember(t *testing.T) {
	c, k, err := newCloud([][]float64{{0.1}, {0.7}, {1.3}}, nil, 2)
	require.NoError(t, err)
	p := newPartition(c, k)
	p.adopt([]float64{0, 1.3})
	require.Equal(t, []int{1, 2}, p.count)
	p.include(0, 0, -1)
	assert.Equal(t, []float64{0}, p.sum[:1], "no rounding may stay behind")
	assert.Zero(t, p.weight[0])
	p.include(0, 0, 1)
	p.recentre()
	assert.InDelta(t, 0.1, p.mean(0)[0], 1e-15)
}
