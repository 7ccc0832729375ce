package unitcommitment_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/der/unitcommitment"
	"github.com/trigrid/trigrid/milp"
)

// cbc, which shares nothing with HiGHS, finds one optimum for every formulation
// in both formats. It is also what glpsol found for the program of pglib-uc
// written down a second time, as a file and without this library.
func TestOutsideSolverFindsTheSameOptimum(t *testing.T) {
	if _, err := exec.LookPath("cbc"); err != nil {
		t.Skip("needs cbc, which is not installed on this machine")
	}
	objective := regexp.MustCompile(`^Optimal - objective value (\S+)`)
	for file, want := range map[string]float64{
		"pglib.json": 35382, "egret.json": 35382,
		"ucjl.json": 35126, "pypsa": 27259.933333, // as HiGHS finds
	} {
		for _, f := range []der.Formulation{der.Tight, der.Plain, der.PGLib, der.EgretTight} {
			s, err := unitcommitment.ReadPath(filepath.Join("testdata", file), unitcommitment.Options{Formulation: f})
			require.NoError(t, err)
			model, solution := filepath.Join(t.TempDir(), "model.lp"), filepath.Join(t.TempDir(), "solution")
			out, err := os.Create(model)
			require.NoError(t, err)
			require.NoError(t, milp.WriteLP(out, formulate(t, s).Model))
			require.NoError(t, out.Close())
			said, err := exec.Command("cbc", model, "ratio", "0", "solve", "solution", solution).CombinedOutput()
			require.NoError(t, err, "%s", said)
			text, err := os.ReadFile(solution)
			require.NoError(t, err, "%s", said)
			found := objective.FindSubmatch(text)
			require.NotNil(t, found, "%s", text)
			value, err := strconv.ParseFloat(string(found[1]), 64)
			require.NoError(t, err)
			assert.InDelta(t, want, value, 1e-4, "%s, %v", file, f)
		}
	}
}
