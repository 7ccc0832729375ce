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

func TestMain(m *testing.M) { testsolver.Main(m, "") }

// The certificate of a small region closes, every DER has a place, and the rules pay a part and all
// of the gain.
func TestFleetsEndsWithACertificate(t *testing.T) {
	testsolver.New(t)
	for flag, paid := range map[string][2]float64{"-moves=1": {20, 100}, "-shapley": {90, 110}} {
		var out strings.Builder
		require.NoError(t, run(t.Context(), []string{"-vpps", "2", "-scenarios", "2", flag}, &out, &out))
		assert.Contains(t, out.String(), "1000000 DERs in 10 classes and 2 VPPs")
		number := func(pattern string) float64 {
			found := regexp.MustCompile(pattern).FindStringSubmatch(out.String())
			require.NotNil(t, found, "%s", out.String())
			x, err := strconv.ParseFloat(found[1], 64)
			require.NoError(t, err)
			return x
		}
		assert.Less(t, number(`DER gains more than (\S+) by`), 1e-6)
		share := number(`Paid: (\S+) %`)
		assert.True(t, share > paid[0] && share < paid[1], "%s: %v %%", flag, share)
		if flag != "-shapley" {
			assert.Less(t, number(`worth more than (\S+) %`), 0.01)
		}
		for _, line := range strings.Split(out.String(), "\n")[1:11] {
			cells := strings.Fields(line)
			sum := 0
			for _, cell := range cells[3:] {
				n, err := strconv.Atoi(cell)
				require.NoError(t, err)
				sum += n
			}
			assert.Equal(t, cells[1], strconv.Itoa(sum), line)
		}
	}
	var out strings.Builder
	assert.ErrorContains(t, run(t.Context(), []string{"-vpps", "0"}, &out, &out), "at least 1")
}
