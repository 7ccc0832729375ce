package fleet

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/vpp"
)

// Ten VPPs have 2 000 000.9 DERs each, 20 000 009 in all. Each number is within
// the relative tolerance of 2 000 001, but ten times as many do not exist.
func TestRoundPlacesNoMoreThanExist(t *testing.T) {
	p := Problem{VPPs: make([]vpp.VPP, 10), Fleets: []der.Fleet{{Count: 20_000_009}}}
	members := slices.Repeat([][]float64{{2_000_000.9}}, 10)
	sum := 0
	for _, n := range p.Whole(members) {
		sum += n[0]
	}
	assert.Equal(t, 20_000_009, sum)
	assert.Zero(t, p.left(p.Whole(members), 0))
}

// 0.7 and 0.2 DERs that lose 4 go to the best place; 50 of them, and those that
// lose nothing, stay.
func TestTidyMovesRemainsOnly(t *testing.T) {
	p := Problem{VPPs: make([]vpp.VPP, 3), Fleets: []der.Fleet{{Count: 1000}, {Count: 1000}, {Count: 1000}}}
	e := &Equilibrium{Members: [][]float64{{998.1, 950, 999.3}, {0.7, 50, 0.7}, {1, 0, 0}}}
	c := &Certificate{Payoff: [][]float64{{9, 9, 9}, {5, 5, 9 - 1e-7}, {9, 5, 5}}}
	got := p.Tidy(e, c)
	want := [][]float64{{999, 950, 999.3}, {0, 50, 0.7}, {1, 0, 0}}
	for v := range want {
		assert.InDeltaSlice(t, want[v], got[v], 1e-9)
	}
}
