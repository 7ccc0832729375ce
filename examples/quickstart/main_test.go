package main

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/internal/testsolver"
)

func TestMain(m *testing.M) { testsolver.Main(m, "") }

const want = `hour   day-ahead   battery if windy   battery if calm   MW
   0       -0.85              -2.00             -1.32
   1        1.00              -2.00             -2.00
   2        0.00              -0.21              0.00
   3        0.00               1.80              0.00
   4       -1.00               2.00              2.00
   5        1.00               0.00              1.00
expected trade 186.17, CVaR of imbalance 104.35, value 128.06

converged to a strict Nash profile
wind farm joins the factory for  727.88
battery   joins the village for  138.53
`

// By hand, with the losses of the battery (4 MWh stored take 4.2105 MWh and
// give 3.8 MWh):
//
//	windy: delivered 0, 1, 2.7895, 3.8, 2, 1 MWh for 20·1 + 40·2.7895 + 50·3.8 + 70·2 + 35·1 = 496.58
//	calm:  delivered −1.3241, −1, 0, 0, −1, 0 MWh for −60·1.3241 − 50·1 − 150·1               = −279.45
//	trade  0.6·496.58 − 0.4·279.45 = 186.17;  value 0.8·186.17 − 0.2·104.35 = 128.06
func TestQuickstart(t *testing.T) {
	testsolver.New(t)
	var out strings.Builder
	require.NoError(t, run(t.Context(), &out))
	assert.Equal(t, want, out.String())
}

// Example prints the same. It has no output comment, so that it compiles but
// does not run on a machine without a solver.
func Example() {
	if err := run(context.Background(), os.Stdout); err != nil {
		panic(err)
	}
}
