package fleet

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/vpp"
)

// Ten VPPs have 2 000 000.9 DERs each, 20 000 009 in all. Each number is within the relative
// tolerance of 2 000 001, but ten times as many do not exist.
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
