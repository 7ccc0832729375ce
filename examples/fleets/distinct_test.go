package main

import (
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/internal/testsolver"
)

// Sixty distinct DERs end with a small proven gap, and all of them have a place.
func TestFleetsOfDistinctDERsEndWithACertificate(t *testing.T) {
	testsolver.New(t)
	var out, progress strings.Builder
	require.NoError(t, run(t.Context(), []string{"-distinct", "60", "-vpps", "2", "-scenarios", "2"}, &out, &progress))
	assert.Contains(t, out.String(), "60 distinct DERs and 2 VPPs")
	assert.Contains(t, progress.String(), "certificate")
	found := regexp.MustCompile(`worth more than (\S+) %`).FindStringSubmatch(out.String())
	require.NotNil(t, found, out.String())
	gap, err := strconv.ParseFloat(found[1], 64)
	require.NoError(t, err)
	assert.Less(t, gap, 2.0)
	total := 0
	for _, line := range strings.Split(out.String(), "\n")[1:5] {
		for _, cell := range strings.Fields(line)[5:] {
			n, err := strconv.Atoi(cell)
			require.NoError(t, err)
			total += n
		}
	}
	assert.Equal(t, 60, total)
	assert.ErrorContains(t, run(t.Context(), []string{"-distinct", "-1"}, &out, &out), "at least 1")
}
