package main

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/internal/testsolver"
)

func TestMain(m *testing.M) { testsolver.Main(m, "") }

// The quarter answers within a budget, although some of its programs are not
// solved to a gap of 1e-7 in minutes. The cars are worth more in the quarter,
// which charges them, than their outside payoff of −100.
func TestFleetAnswersWithinItsBudget(t *testing.T) {
	testsolver.New(t)
	var out, problems strings.Builder
	began := time.Now()
	require.NoError(t, run(t.Context(), []string{"-budget", "40s"}, &out, &problems))
	assert.Less(t, time.Since(began), 41*time.Second)
	assert.Contains(t, out.String(), "cars     joins quartier")
	assert.Contains(t, out.String(), "lacks 0.000 MWh at departure")
	assert.Error(t, run(t.Context(), []string{"-case", "none.json"}, &out, &problems))
}
