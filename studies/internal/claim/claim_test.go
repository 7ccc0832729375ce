package claim_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/studies/internal/claim"
)

func TestTrend(t *testing.T) {
	for _, x := range []struct {
		values []float64
		want   claim.Direction
		word   string
	}{
		{[]float64{1, 2, 2, 3}, claim.Rises, "rises"},
		{[]float64{3, 2, 1}, claim.Falls, "falls"},
		{[]float64{1, 2, 1}, claim.Mixed, "rises and falls"},
		{[]float64{1, 1.005, 1}, claim.Stays, "stays"},
	} {
		assert.Equal(t, x.want, claim.Trend(x.values, 0.01), "%v", x.values)
		assert.Equal(t, x.word, x.want.String())
	}
}

func TestPrintedClaimsLineUp(t *testing.T) {
	var out strings.Builder
	require.NoError(t, claim.Print(&out, []claim.Claim{{ID: "A1", Claim: "more is more", Found: "it is", Verdict: claim.Holds(true)}}))
	assert.Equal(t, "A1   reproduced      more is more\n                     it is\n", out.String())
	assert.Equal(t, claim.Contradicted, claim.Holds(false))
	assert.Equal(t, claim.DirectionOnly, claim.Agrees(true))
	assert.Equal(t, claim.Contradicted, claim.Agrees(false))
}
