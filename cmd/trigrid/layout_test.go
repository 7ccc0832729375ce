package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const smard = "../../scenario/tables/testdata/smard_de.csv"

// The guess is printed with three readings and not used before it is accepted.
func TestLayoutAutoPrintsItsGuessAndRefuses(t *testing.T) {
	out, err := execute(t, "-series", smard, "-layout", "auto", "-case", "testdata/small.json")
	require.ErrorContains(t, err, "the layout of "+smard+" is guessed; if it is right, give -layout smard, or -accept")
	for _, want := range []string{
		"layout     smard", `separator  ';'`, "zone       Europe/Berlin",
		"2025-03-29T23:00:00Z  Netzlast = 6000 MW", "2025-03-29T23:15:00Z", "2025-03-29T23:30:00Z",
	} {
		assert.Contains(t, out, want)
	}
	assert.NotContains(t, out, "2025-03-29T23:45:00Z")
	assert.NotContains(t, out, "programs", "nothing has been run")

	file := filepath.Join(t.TempDir(), "table.csv")
	out, err = execute(t, "-series", smard, "-layout", "auto", "-accept", "-gaps", "hold:1", "-table", file)
	require.NoError(t, err)
	assert.Contains(t, out, "Guessed layout:")
	assert.Contains(t, out, "Deutschland/Luxemburg: 1 values filled by hold from 2025-03-30T00:15:00Z to 2025-03-30T00:30:00Z, line 7.")
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.True(t, strings.HasPrefix(string(text), "utc,Netzlast [MW],Deutschland/Luxemburg [EUR/MWh]\n2025-03-29T23:00:00Z,6000,80\n"), string(text))

	_, err = execute(t, "-series", "../../scenario/tables/testdata/epex.csv", "-layout", "auto")
	require.ErrorContains(t, err, "give -accept, otherwise describe it in a JSON file for -layout")
}

func TestLayoutFlagsAreChecked(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"-layout", "smart", "-series", smard}, "want one of smard, entsoe, opsd, rts_gmlc, pandas, aemo, auto, or a file such as layout.json"},
		{[]string{"-layout", "smard"}, "give their file with -series"},
		{[]string{"-zone", "UTC", "-series", smard}, "-accept, -zone, -gaps and -table need -layout"},
		{[]string{"-layout", "smard", "-series", smard, "-accept"}, "leave it out for -layout smard"},
		{[]string{"-layout", "smard", "-series", smard, "-gaps", "hold:0"}, "want refuse, hold, interpolate or leave, with a limit such as hold:4"},
		{[]string{"-layout", "smard", "-series", smard, "-zone", "Middle/Earth", "-table", "x"}, `zone "Middle/Earth" is unknown`},
		{[]string{"-layout", "smard", "-series", smard, "-table", "x"}, `line 7, column 4 "Deutschland/Luxemburg [€/MWh] Berechnete Auflösungen": "-"`},
		{[]string{"-layout", "testdata/none.json", "-series", smard, "-table", "x"}, "no such file"},
		{[]string{"-layout", "smard", "-series", "testdata/none.csv", "-table", "x"}, "no such file"},
	} {
		_, err := execute(t, append(c.args, "-case", "testdata/small.json")...)
		assert.ErrorContains(t, err, c.want, c.args)
	}
}

// A case of two hours with a file in the layout of SMARD, once from the flag
// and once described in a JSON file.
func TestLayoutSeriesFeedARun(t *testing.T) {
	folder := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(folder, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	series := "Datum von;Datum bis;A [MWh] Originalauflösungen;B [MWh] Originalauflösungen\n"
	for day := range 6 {
		for hour := range 24 {
			date, next := []string{"01", "02", "03", "04", "05", "06", "07"}[day], []string{"02", "03", "04", "05", "06", "07"}[day]
			h, end := twoDigits(hour), date+".01.2025 "+twoDigits(hour+1)+":00"
			if hour == 23 {
				end = next + ".01.2025 00:00"
			}
			series += date + ".01.2025 " + h + ":00;" + end + ";" + []string{"2,5", "3,0"}[hour%2] + ";" + []string{"2,0", "3,5", "2,5"}[day%3] + "\n"
		}
	}
	file := write("smard.csv", series)
	text, err := os.ReadFile("testdata/small.json")
	require.NoError(t, err)
	changed := strings.Replace(string(text), `"error_sigma": 0.2,`,
		`"error_sigma": 0.2, "measured": {"forecast_column": "A", "actual_column": "B"},`, 1)
	changed = strings.Replace(changed, `"2020-04-15T06:00"`, `"2025-01-03T06:00"`, 1)
	require.NotEqual(t, string(text), changed)
	casePath := write("case.json", changed)
	layout := write("layout.json", `{"layout": "smard"}`)
	first, err := execute(t, "-case", casePath, "-series", file, "-layout", "smard", "-day", "2025-01-04")
	require.NoError(t, err)
	second, err := execute(t, "-case", casePath, "-series", file, "-layout", layout, "-day", "2025-01-04")
	require.NoError(t, err)
	seconds := regexp.MustCompile(`programs in [0-9.]+ s`)
	assert.Equal(t, seconds.ReplaceAllString(first, ""), seconds.ReplaceAllString(second, ""))
	assert.Contains(t, first, "programs")

	// The day of the case itself changes nothing: the steps begin at its hour,
	// 06:00, not at midnight.
	plain := write("plain.csv", csvOf(6*24))
	for _, of := range [][]string{{file, "-layout", "smard"}, {plain}} {
		results := []string{}
		for _, day := range [][]string{nil, {"-day", "2025-01-03"}} {
			out := filepath.Join(folder, "result.json")
			_, err := execute(t, slices.Concat([]string{"-case", casePath, "-json", out, "-series"}, of, day)...)
			require.NoError(t, err)
			data, err := os.ReadFile(out)
			require.NoError(t, err)
			results = append(results, string(data))
		}
		assert.Equal(t, results[0], results[1])
	}
}

// csvOf returns hourly series A and B from the beginning of 2025.
func csvOf(hours int) string {
	text := "time,A,B\n"
	for h := range hours {
		at := time.Date(2025, 1, 1, h, 0, 0, 0, time.UTC).Format("2006-01-02T15:04")
		text += fmt.Sprintf("%s,%.1f,%.1f\n", at, 2.5+0.1*float64(h%24), 2+0.15*float64(h%23))
	}
	return text
}

func twoDigits(n int) string { return string([]byte{byte('0' + n/10), byte('0' + n%10)}) }
