package main

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/casefile"
	"github.com/trigrid/trigrid/vpp"
)

// inRoot moves the test to the root of the module, where the program runs.
func inRoot(t *testing.T) { t.Chdir(filepath.Join("..", "..", "..")) }

func TestDriversAnswerEachLine(t *testing.T) {
	var out bytes.Buffer
	done := 0
	do := func() (float64, error) {
		done++
		if done == 4 {
			return 0, errors.New("no optimum")
		}
		return 10 * float64(done), nil
	}
	require.NoError(t, serve(strings.NewReader("1\n2\n1\n"), &out, "trigrid", do))
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	require.Len(t, lines, 4)
	assert.Equal(t, `{"version":"trigrid"}`, lines[0])
	assert.Contains(t, lines[1], `"value":10`)
	assert.Contains(t, lines[2], `"value":30`, "the last of two jobs")
	assert.Contains(t, lines[3], `"error":"no optimum"`)
	assert.ErrorContains(t, serve(strings.NewReader("many\n"), io.Discard, "", do), `"many" is not a number`)
}

// TestEveryRowHasAJob starts no job: it only looks for its name.
func TestEveryRowHasAJob(t *testing.T) {
	for _, r := range rows {
		assert.NotNil(t, jobs[r.name], r.name)
		assert.NotEmpty(t, r.peers, r.name)
	}
	for _, p := range []string{"relaxation", "commitment"} {
		assert.NotNil(t, jobs["native "+p])
	}
	for _, script := range []string{"driver.py", "kmeans.py", "lhs.py", "basic.py", "highs.mjs"} {
		_, err := scripts.ReadFile("peers/" + script)
		assert.NoError(t, err)
	}
}

// fake is a runner that notes its runs in a common order.
type fake struct {
	title   string
	seconds []float64
	order   *[]string
	fails   error
}

func (f *fake) name() string { return f.title }
func (f *fake) close()       {}

func (f *fake) run(context.Context) (sample, error) {
	*f.order = append(*f.order, f.title)
	if f.fails != nil {
		return sample{}, f.fails
	}
	s := f.seconds[0]
	f.seconds = f.seconds[1:]
	return sample{seconds: s, cpu: 2 * s, value: 7}, nil
}

func TestSidesRunInTurn(t *testing.T) {
	var order []string
	c := comparison{title: "job", value: "inertia", peer: "other 1.0"}
	mine := &fake{"mine", []float64{1, 2, 4}, &order, nil}
	other := &fake{"other", []float64{3, 4, 20}, &order, nil}
	require.NoError(t, c.measure(context.Background(), mine, other, 3))
	assert.Equal(t, []string{"mine", "other", "other", "mine", "mine", "other"}, order)
	// The ratios of the rounds are 3, 2 and 5, and the medians of the times 2
	// and 4.
	text := peersText([]comparison{c}, 3, "0.10", "0.20")
	assert.Contains(t, text, "| job | other 1.0 | 2 | 4 | 3 (2–5) | 3 (2–5) | inertia 7 | 7 | ? / ? |")
	assert.Equal(t, "130 (9.9–180)", ratio([]float64{9.9, 130, 180}))
	assert.Contains(t, text, "load 0.10 before and 0.20 after")
}

func TestAPeerThatFailsIsARowWithItsReason(t *testing.T) {
	var order []string
	c := comparison{title: "job", peer: "GLPK 5.0"}
	mine := &fake{"mine", []float64{1, 2, 3}, &order, nil}
	require.NoError(t, c.measure(context.Background(), mine, &fake{"other", nil, &order, overLimit{60e9}}, 3))
	assert.Equal(t, []string{"mine", "other", "mine", "mine"}, order, "it is not run again")
	assert.Contains(t, peersText([]comparison{c}, 3, "", ""), "| job | GLPK 5.0 | 2 | over 1m0s |")

	c = comparison{title: "job", peer: "scipy", reason: reasonOf(errors.New("no Python here has scipy"))}
	require.NoError(t, c.measure(context.Background(), &fake{"mine", []float64{1}, &order, nil}, absent{}, 1))
	assert.Contains(t, peersText([]comparison{c}, 1, "", ""), "| not measured: no Python here has scipy |")

	err := (&comparison{}).measure(context.Background(), &fake{"mine", nil, &order, errors.New("broken")}, absent{}, 1)
	assert.ErrorContains(t, err, "this side: broken")
}

func TestOnlyTheGeneratedPartIsReplaced(t *testing.T) {
	file := filepath.Join(t.TempDir(), "performance.md")
	require.NoError(t, os.WriteFile(file, []byte("before\n<!-- peers: generated -->\nold\n<!-- peers: end -->\nafter\n"), 0o666))
	require.NoError(t, replacePart(file, "peers", "a $1 b\n"))
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, "before\n<!-- peers: generated -->\n\na $1 b\n\n<!-- peers: end -->\nafter\n", string(text))
	assert.ErrorContains(t, replacePart(file, "growth", ""), "has no lines")
}

// TestSolutionsAreRead has the first lines of solution files of glpsol 5.0 and
// CBC 2.10.
func TestSolutionsAreRead(t *testing.T) {
	for _, c := range []struct {
		of         textProgram
		text, want string
	}{
		{glpk, "Problem:    trigrid\nRows:       9\nStatus:     OPTIMAL\nObjective:  obj = -1234.5 (MINimum)\n", "-1234.5"},
		{glpk, "Columns:    7 (2 integer, 2 binary)\nStatus:     INTEGER OPTIMAL\nObjective:  obj = 12 (MINimum)\n", "12"},
		{glpk, "Status:     INTEGER NON-OPTIMAL\nObjective:  obj = 12 (MINimum)\n", ""},
		{cbc, "Optimal - objective value -77.25000000\n      0 x 1 0\n", "-77.25000000"},
		{cbc, "Optimal (within gap tolerance) - objective value 3.0\n", "3.0"},
		{cbc, "Stopped on time - objective value 3.0\n", ""},
	} {
		got := ""
		if found := c.of.optimum.FindStringSubmatch(c.text); found != nil {
			got = found[1]
		}
		assert.Equal(t, c.want, got, c.text)
	}
}

func TestGrownCasesHaveTheirSize(t *testing.T) {
	inRoot(t)
	for _, c := range []struct {
		size
		ders, vpps, scenarios, steps int
		hours                        float64
	}{
		{size{}, 5, 2, 10, 24, 1},
		{size{ders: 12, vpps: 3, scenarios: 4}, 12, 3, 4, 24, 1},
		{size{ders: 30, scenarios: 2}, 30, 2, 2, 24, 1},
		{size{ders: 2, days: 2, scenarios: 2}, 2, 2, 2, 48, 1},
		{size{linear: true, scenarios: 1}, 3, 2, 1, 24, 1},
		{size{ders: 1, quarters: true, scenarios: 2}, 1, 2, 2, 96, 0.25},
	} {
		made, err := grownCase(c.size)
		require.NoError(t, err)
		r, err := made.Region(context.Background(), casefile.Options{})
		require.NoError(t, err)
		require.NoError(t, r.Validate())
		assert.Len(t, r.DERs, c.ders)
		assert.Len(t, r.VPPs, c.vpps)
		assert.Equal(t, c.scenarios, r.Setting.Set.Len())
		assert.Equal(t, c.steps, r.Setting.Set.Steps())
		assert.Equal(t, c.hours, r.Setting.Set.HoursAt(0))
	}
}

// TestTheFigureHasEveryPoint counts circles, also of a curve with one size
// only.
func TestTheFigureHasEveryPoint(t *testing.T) {
	curves := []*curve{
		{title: "plan < run", axis: "steps", points: []point{{at: 24, wall: 0.5}, {at: 48, wall: 60, cause: "over 1m0s"}, {at: 96, label: "96 quarter-hours", wall: 2}}},
		{title: "one", axis: "VPPs", points: []point{{at: 1, wall: 0}}},
	}
	circles := 0
	d := xml.NewDecoder(bytes.NewReader(drawCurves(curves)))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		if e, ok := token.(xml.StartElement); ok && e.Name.Local == "circle" {
			circles++
			for _, a := range e.Attr {
				assert.NotContains(t, a.Value, "NaN")
			}
		}
	}
	assert.Equal(t, 4, circles)
	assert.Contains(t, growthText(curves, "0.1", "0.2"), "|  | 96 quarter-hours | 2 | 0 |")
	assert.Contains(t, growthText(curves, "0.1", "0.2"), "|  | 48 steps | over 1m0s | 0 |")
}

func TestLargerSizesThanOneOverTheLimitAreLeftOut(t *testing.T) {
	c := curve{points: []point{{at: 24}, {at: 48}, {at: 72}, {at: 96, label: "96 quarter-hours"}}}
	require.NoError(t, c.run(func(p *point) error {
		if p.at >= 48 {
			p.cause = "over 1m0s"
		}
		return nil
	}))
	require.Len(t, c.points, 3)
	assert.Equal(t, []int{24, 48, 96}, []int{c.points[0].at, c.points[1].at, c.points[2].at})
	assert.ErrorContains(t, c.run(func(*point) error { return errors.New("no scenarios") }), "no scenarios")
}

func TestUnknownPartsAreRefused(t *testing.T) {
	var out bytes.Buffer
	assert.ErrorContains(t, run(context.Background(), nil, &out, &out), "want one of peers")
	assert.ErrorContains(t, run(context.Background(), []string{"against"}, &out, &out), "-commit")
	assert.ErrorContains(t, run(context.Background(), []string{"drive", "nothing", "."}, &out, &out), "the name of a job")
	assert.ErrorContains(t, run(context.Background(), []string{"peers", "-only", "("}, &out, &out), "-only")
}

// BenchmarkFormulate states the program of one VPP with 30 DERs, 96
// quarter-hours and 20 scenarios, from data to a program that a solver takes.
func BenchmarkFormulate(b *testing.B) {
	b.Chdir(filepath.Join("..", "..", ".."))
	made, err := grownCase(size{ders: 30, quarters: true, scenarios: 20})
	require.NoError(b, err)
	r, err := made.Region(b.Context(), casefile.Options{})
	require.NoError(b, err)
	b.ReportAllocs()
	nonzeros := 0
	for b.Loop() {
		program, err := vpp.Problem{VPP: r.VPPs[0], Members: r.DERs, Setting: r.Setting}.Formulate()
		require.NoError(b, err)
		nonzeros = len(program.Model.Data().Column)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(nonzeros), "ns/nonzero")
	b.ReportMetric(float64(nonzeros), "nonzeros")
}
