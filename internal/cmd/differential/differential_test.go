package main

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/internal/testsolver"
)

func TestMain(m *testing.M) { testsolver.Main(m, "") }

// programs is the number of instances, unless TRIGRID_DIFFERENTIAL has another.
const programs = 200

// Random instances of case files and of both unit-commitment formats have the
// same optimum in a second statement, by another solver, and the plan of the
// library is feasible there.
func TestSecondStatementsAgree(t *testing.T) {
	testsolver.New(t)
	solvers := installed()
	if len(solvers) == 0 {
		t.Skip("needs cbc or glpsol; scripts/second-solvers.sh installs them")
	}
	n := programs
	if text := os.Getenv("TRIGRID_DIFFERENTIAL"); text != "" {
		var err error
		n, err = strconv.Atoi(text)
		require.NoError(t, err, "TRIGRID_DIFFERENTIAL is a number of instances")
	}
	c := campaign{seed: 1, n: n, workers: 2, solvers: solvers}
	c.failed = func(f format, seed uint64, text []byte, found comparison) {
		t.Errorf("%s, seed %d, %s: %s (library %v, second statement %v); go run ./internal/cmd/differential -n 1 -seed %d -format %s minimises it",
			f.name, seed, found.solver, found.reason, found.ours, found.twin, seed, f.name)
	}
	report := c.run(t.Context())
	var text strings.Builder
	report.write(&text, false)
	t.Log("\n" + text.String())
	assert.GreaterOrEqual(t, report.compared(), n*9/10, "most instances are accepted and decided")

	// The table of docs/case.md lists every key of every kind.
	page, err := os.ReadFile("../../../docs/case.md")
	require.NoError(t, err)
	_, table, _ := strings.Cut(string(page), "\n## DERs\n")
	rows := regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\| (.*) \\| (.*) \\|$").FindAllStringSubmatch(table, -1)
	kinds := 0
	for _, row := range rows {
		if report.options[row[1]+".name"] == 0 {
			continue // another table
		}
		kinds++
		for _, key := range regexp.MustCompile("`([a-z0-9_]+)`").FindAllStringSubmatch(row[2]+row[3], -1) {
			if n >= programs {
				assert.Positive(t, report.options[row[1]+"."+key[1]], "the key %s of %s occurs in no instance", key[1], row[1])
			}
		}
	}
	if n >= programs {
		assert.Equal(t, 22, kinds, "kinds of DER with an instance")
	}
}
