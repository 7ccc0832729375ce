package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/internal/testsolver"
)

func TestMain(m *testing.M) { testsolver.Main(m, "") }

// number returns the number that a pattern captures.
func number(t *testing.T, text, pattern string) float64 {
	t.Helper()
	found := regexp.MustCompile(pattern).FindStringSubmatch(text)
	require.NotNil(t, found, "%s", text)
	x, err := strconv.ParseFloat(found[1], 64)
	require.NoError(t, err)
	return x
}

// The certificate of a small region closes, every DER has a place, one of them
// proves its payment, and the rules pay a part and all of the gain.
func TestFleetsEndsWithACertificate(t *testing.T) {
	testsolver.New(t)
	folder := filepath.Join(t.TempDir(), "report")
	for flag, paid := range map[string][2]float64{"-report=" + folder: {20, 100}, "-shapley": {90, 110}} {
		var out strings.Builder
		require.NoError(t, run(t.Context(), []string{"-vpps", "2", "-scenarios", "2", flag}, &out, &out))
		text := out.String()
		assert.Contains(t, text, "1000000 DERs in 40 classes and 2 VPPs")
		share := number(t, text, `Paid: (\S+) %`)
		assert.True(t, share > paid[0] && share < paid[1], "%s: %v %%", flag, share)
		mean := number(t, text, `mean payoff is (\d+\.\d+)`)
		// The joint program of the Shapley value is solved to 1e-5 of its
		// potential.
		assert.Less(t, number(t, text, `DER gains more than (\S+) by`), map[bool]float64{true: 1e-2, false: 1e-4}[flag == "-shapley"]*mean)
		if flag != "-shapley" {
			assert.Less(t, number(t, text, `adds at most (\S+) %`), 1e-3)
		}
		assert.LessOrEqual(t, number(t, text, `with (\d+) hashes`), 20.0)
		for _, line := range strings.Split(text, "\n")[1:41] {
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
	page, err := os.ReadFile(filepath.Join(folder, "index.html"))
	require.NoError(t, err)
	assert.Contains(t, string(page), "1,000,000 DERs in 40 classes")
	var out strings.Builder
	assert.ErrorContains(t, run(t.Context(), []string{"-vpps", "0"}, &out, &out), "at least 1")
}

// Each of two days has its equilibrium, its proven payments and its moves.
func TestFleetsOverTwoDays(t *testing.T) {
	testsolver.New(t)
	var out strings.Builder
	require.NoError(t, run(t.Context(), []string{"-vpps", "2", "-scenarios", "2", "-days", "2"}, &out, &out))
	text := out.String()
	for _, want := range []string{"day 1: gain ", "day 2: gain ", "payments proven in 40 classes", "moved DERs"} {
		assert.Contains(t, text, want)
	}
	moved := number(t, text, `(?s)day 2: .*?moved (\S+) %`)
	assert.True(t, moved > 0 && moved < 100, "%v", moved)
	assert.Less(t, number(t, text, `(?s)day 2: gain \S+ gap (\S+) %`), 1e-3)
}
