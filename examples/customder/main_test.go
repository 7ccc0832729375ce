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

// The buildings lose 0.08 MW per K above the −1.479 °C outside on average, and
// end as warm as they began: with a COP of 3 that is 0.08·24·21.479/3 = 13.75
// MWh at 20 °C all day and 0.08·24·23.479/3 = 15.03 MWh at 22 °C.
func TestCustomDER(t *testing.T) {
	testsolver.New(t)
	var out, problems strings.Builder
	dir := filepath.Join(t.TempDir(), "out")
	require.NoError(t, run(t.Context(), []string{"-report", dir}, &out, &problems))
	assert.Contains(t, out.String(), "converged to a strict Nash profile\n")
	for _, unit := range []string{"wind farm joins works", "battery   joins works", "district  joins works"} {
		assert.Contains(t, out.String(), unit)
	}
	said := regexp.MustCompile(`district keeps its buildings between ([\d.]+) and ([\d.]+) °C with ([\d.]+) MWh`).FindStringSubmatch(out.String())
	require.NotNil(t, said, out.String())
	mwh, err := strconv.ParseFloat(said[3], 64)
	require.NoError(t, err)
	assert.Equal(t, []string{"20.0", "22.0"}, said[1:3], "the whole band is used")
	assert.Greater(t, mwh, 13.7)
	assert.Less(t, mwh, 15.1)

	page, err := os.ReadFile(filepath.Join(dir, "index.html"))
	require.NoError(t, err)
	assert.Contains(t, string(page), "temperature of district, °C", "a report shows what it knows nothing about")
	figure, err := os.ReadFile(filepath.Join(dir, "figures", "state-2-2.svg"))
	require.NoError(t, err)
	assert.Contains(t, string(figure), "limits", "the comfort band of the kind's DescribeState")
	assert.Contains(t, strings.ToUpper(string(figure)), "#CC79A7", "the colour of the kind's Class, flexible load")
	assert.Error(t, run(t.Context(), []string{"-nonsense"}, &out, &problems))
}
