package docs_test

import (
	"flag"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/casefile"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/report"
)

var update = flag.Bool("update", false, "write the pictures of kinds")

// Each kind of docs/kinds.md has a case and a picture of it. The labels and the
// number of marks are those of the figure that the case gives now; coordinates
// may differ by the rounding of a solver.
func TestKindsHavePictures(t *testing.T) {
	text, err := os.ReadFile("kinds.md")
	require.NoError(t, err)
	for name, figure := range map[string]string{
		"ev_fleet": "state-1-1", "heat_pump": "state-1-1", "run_of_river": "dispatch-1", "reservoir": "state-1-2", "site": "dispatch-1", "reserve": "dispatch-1",
	} {
		t.Run(name, func(t *testing.T) {
			assert.Contains(t, string(text), "kinds/"+name+".svg")
			c, err := casefile.Load(os.DirFS("kinds"), name+".json")
			require.NoError(t, err)
			region, err := c.Region(t.Context(), casefile.Options{})
			require.NoError(t, err)
			result, err := trigrid.Run(t.Context(), region, trigrid.Options{Solver: testsolver.New(t)})
			require.NoError(t, err)
			for _, d := range result.DERs {
				assert.Equal(t, "valley", d.Choice, "the picture would not show %s", d.Name)
			}
			files, err := report.FilesWith(region, result, report.Options{Formats: []report.Format{report.SVG}})
			require.NoError(t, err)
			want := ""
			for _, f := range files {
				if f.Name == "figures/"+figure+".svg" {
					want = string(f.Data)
				}
			}
			require.NotEmpty(t, want)
			if *update {
				require.NoError(t, os.WriteFile("kinds/"+name+".svg", []byte(want), 0o644))
			}
			got, err := os.ReadFile("kinds/" + name + ".svg")
			require.NoError(t, err, "run: go test ./docs -run Kinds -update")
			label := regexp.MustCompile(`>([^<>]+)</text>`)
			assert.Equal(t, label.FindAllString(want, -1), label.FindAllString(string(got), -1))
			assert.Equal(t, strings.Count(want, "<path"), strings.Count(string(got), "<path"))
		})
	}
}
