package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid"
)

func TestTheCaseIsValid(t *testing.T) {
	region, err := load(t.Context())
	require.NoError(t, err)
	assert.Len(t, region.VPPs, 2)
	assert.Len(t, region.DERs, 5)
}

func TestTheSummaryNamesChoicesAndTheGap(t *testing.T) {
	var out strings.Builder
	require.NoError(t, summarise(&out, &trigrid.Result{
		DERs: []trigrid.DERResult{
			{Name: "W1", Choice: "VPP1", Payoff: 1234.4, Otherwise: map[string]float64{trigrid.Outside: 5}},
		},
		Game: trigrid.GameResult{
			Verdict: "converged to a strict Nash profile", Welfare: 30, WelfareGap: 4,
			Nash: make([]trigrid.Equilibrium, 3),
		},
	}))
	assert.Equal(t, "converged to a strict Nash profile\n"+
		"W1  joins VPP1  for      1234; outside option         5\n"+
		"strict or weak Nash profiles 3, welfare 30, gap to the best profile 4\n", out.String())
}

func TestWrongFlagsAreRejected(t *testing.T) {
	var out bytes.Buffer
	assert.ErrorContains(t, run(t.Context(), []string{"-workers", "-1"}, &out, &out), "-workers is -1")
	assert.ErrorContains(t, run(t.Context(), []string{"case.json"}, &out, &out), "unexpected arguments")
}
