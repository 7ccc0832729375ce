package claim_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/examples/internal/claim"
)

func TestTrend(t *testing.T) {
	for _, x := range []struct {
		values []float64
		want   int
		word   string
	}{{[]float64{1, 2, 2, 3}, 1, "rises"}, {[]float64{3, 2, 1}, -1, "falls"}, {[]float64{1, 2, 1}, 2, "rises and falls"}, {[]float64{1, 1.005, 1}, 0, "stays"}} {
		assert.Equal(t, x.want, claim.Trend(x.values, 0.01), "%v", x.values)
		assert.Equal(t, x.word, claim.Word(x.want))
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
