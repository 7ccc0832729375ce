package milp_test

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/milp"
)

// everything is a model with one of each thing that a file format can get
// wrong. Its optimum by hand: x is 7 (at most 7.5, integer), since each step of
// it gains 2 and costs 1 by y ≥ x − 5, so y = 2; z = −1.5 is fixed and inflow =
// 3·z = −4.5; n is −2, its largest value. The objective is 2·7 − 2 − (−4.5) − 2
// + 10 = 24.5.
func everything() *milp.Model {
	m := milp.New()
	x := m.Int(milp.At("T1", "x", 1, 2), -3, 7.5)
	y := m.Var(milp.At("T1", "y", 0), 0, 4)
	z := m.Var(milp.Named("z"), -1.5, -1.5)
	free := m.Var(milp.Named("inflow"), -milp.Inf, milp.Inf)
	n := m.Var(milp.Named("e1"), -milp.Inf, -2)
	m.Var(milp.Named("free"), 0, milp.Inf) // in no row and without cost
	m.Int(milp.Named("counted"), 0, milp.Inf)
	m.Between(milp.Named("window"), milp.Const(-5), x.Expr().Minus(y.Expr()), milp.Const(5))
	m.Equal(milp.At("T1", "link", 3), free.Expr(), z.Times(3))
	m.AtLeast(milp.Named("end"), n.Expr(), milp.Const(-3))
	m.AtMost(milp.Named("empty"), milp.Const(0), milp.Const(4))
	m.Between(milp.Named("open"), milp.Const(-milp.Inf), x.Expr().Plus(y.Expr()), milp.Const(milp.Inf))
	m.Maximize(milp.Sum(x.Times(2), y.Times(-1), free.Times(-1), n.Expr(), milp.Const(10)))
	return m
}

func TestWriteLP(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, milp.WriteLP(&out, everything()))
	assert.Equal(t, `Maximize
 obj: + 2 T1.x(1,2) - T1.y(0) - ~69nflow + ~651 + 0 ~66ree + 0 counted + 10 ~one
Subject To
 window~min: + T1.x(1,2) - T1.y(0) >= -5
 window~max: + T1.x(1,2) - T1.y(0) <= 5
 T1.link(3): + ~69nflow - 3 z = 0
 ~65nd: + ~651 >= -3
 empty: + 0 ~one <= 4
Bounds
 ~one = 1
 -3 <= T1.x(1,2) <= 7
 0 <= T1.y(0) <= 4
 z = -1.5
 ~69nflow free
 -inf <= ~651 <= -2
General
 T1.x(1,2) counted
End
`, out.String())
}

func TestWriteMPS(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, milp.WriteMPS(&out, everything()))
	assert.Equal(t, `* maximise: costs are negated, the optimum is minus that of this file
NAME trigrid FREE
ROWS
 N obj
 G window
 E T1.link(3)
 G ~65nd
 L empty
COLUMNS
 ~marker 'MARKER' 'INTORG'
 T1.x(1,2) obj -2
 T1.x(1,2) window 1
 ~marker 'MARKER' 'INTEND'
 T1.y(0) obj 1
 T1.y(0) window -1
 z T1.link(3) -3
 ~69nflow obj 1
 ~69nflow T1.link(3) 1
 ~651 obj -1
 ~651 ~65nd 1
 ~66ree obj 0
 ~marker 'MARKER' 'INTORG'
 counted obj 0
 ~marker 'MARKER' 'INTEND'
 ~one obj -10
RHS
 rhs window -5
 rhs ~65nd -3
 rhs empty 4
RANGES
 range window 10
BOUNDS
 FX bound ~one 1
 LO bound T1.x(1,2) -3
 UP bound T1.x(1,2) 7
 UP bound T1.y(0) 4
 FX bound z -1.5
 FR bound ~69nflow
 MI bound ~651
 UP bound ~651 -2
 PL bound counted
ENDATA
`, out.String())
}

func TestWritersRefuseABrokenModel(t *testing.T) {
	m := milp.New()
	m.Var(milp.Named("x"), 2, 1)
	assert.ErrorContains(t, milp.WriteLP(&bytes.Buffer{}, m), "variable x")
	assert.ErrorContains(t, milp.WriteMPS(&bytes.Buffer{}, m), "variable x")
}

// failing is a writer of a full disk.
type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, os.ErrClosed }

func TestWritersReportErrorsOfTheFile(t *testing.T) {
	assert.ErrorIs(t, milp.WriteLP(failing{}, everything()), os.ErrClosed)
	assert.ErrorIs(t, milp.WriteMPS(failing{}, everything()), os.ErrClosed)
}

func TestLongLinesAreBroken(t *testing.T) {
	m := milp.New()
	var sum milp.Expr
	for j := range 500 {
		sum.Add(m.Int(milp.At("some unit", "with a rather long name", j), 0, 1).Times(1.0 / float64(j+3)))
	}
	m.AtMost(milp.Named("row"), sum, milp.Const(1))
	m.Minimize(sum)
	var out bytes.Buffer
	require.NoError(t, milp.WriteLP(&out, m))
	for line := range strings.Lines(out.String()) {
		require.LessOrEqual(t, len(line), 120, line)
	}
}

// program is an outside solver that reads both formats.
type program struct {
	name string
	args func(format, file, solution string) []string
	// objective finds the optimum in the solution file.
	objective *regexp.Regexp
}

var programs = []program{
	{
		"glpsol",
		func(format, file, solution string) []string {
			return []string{map[string]string{"lp": "--lp", "mps": "--freemps"}[format], file, "-w", solution}
		},
		regexp.MustCompile(`(?m)^s (?:bas \d+ \d+ f f|mip \d+ \d+ o) (\S+)`),
	},
	{
		"cbc",
		func(_, file, solution string) []string { return []string{file, "solve", "solution", solution} },
		regexp.MustCompile(`^Optimal - objective value (\S+)`),
	},
}

// optimum returns the optimum that an outside program finds for the exported
// model.
func (p program) optimum(t *testing.T, format string, m *milp.Model) float64 {
	t.Helper()
	write := milp.WriteLP
	if format == "mps" {
		write = milp.WriteMPS
	}
	dir := t.TempDir()
	file, solution := filepath.Join(dir, "model."+format), filepath.Join(dir, "solution")
	out, err := os.Create(file)
	require.NoError(t, err)
	require.NoError(t, write(out, m))
	require.NoError(t, out.Close())
	said, err := exec.Command(p.name, p.args(format, file, solution)...).CombinedOutput()
	require.NoError(t, err, "%s", said)
	text, err := os.ReadFile(solution)
	require.NoError(t, err, "%s", said)
	found := p.objective.FindSubmatch(text)
	require.NotNil(t, found, "%s\n%s", said, text)
	value, err := strconv.ParseFloat(string(found[1]), 64)
	require.NoError(t, err)
	if format == "mps" && m.Data().Maximize {
		value = -value
	}
	return value
}

// onEach runs a test for every program that is installed and both formats.
func onEach(t *testing.T, run func(t *testing.T, p program, format string)) {
	for _, p := range programs {
		for _, format := range []string{"lp", "mps"} {
			t.Run(p.name+"/"+format, func(t *testing.T) {
				if _, err := exec.LookPath(p.name); err != nil {
					t.Skipf("%s is not installed", p.name)
				}
				run(t, p, format)
			})
		}
	}
}

func TestFilesHoldTheWholeModel(t *testing.T) {
	onEach(t, func(t *testing.T, p program, format string) {
		assert.InDelta(t, 24.5, p.optimum(t, format, everything()), 1e-6)
	})
}

func TestFilesOfSmallModels(t *testing.T) {
	cases := map[string]struct {
		want  float64
		build func(m *milp.Model)
	}{
		"no rows": {6, func(m *milp.Model) {
			m.Minimize(m.Var(milp.Named("x"), 2, 9).Times(3))
		}},
		"no objective": {0, func(m *milp.Model) {
			m.AtLeast(milp.Named("r"), m.Var(milp.Named("x"), 2, 9).Expr(), milp.Const(4))
		}},
		"only a constant": {-7.25, func(m *milp.Model) {
			m.AtLeast(milp.Named("r"), m.Var(milp.Named("x"), 2, 9).Expr(), milp.Const(4))
			m.Minimize(milp.Const(-7.25))
		}},
		"negative upper bound only": {-4, func(m *milp.Model) {
			x := m.Var(milp.Named("x"), -milp.Inf, -4)
			m.Maximize(x.Expr())
			m.AtLeast(milp.Named("r"), x.Expr(), milp.Const(-9))
		}},
		"integer without upper bound": {17, func(m *milp.Model) {
			x := m.Int(milp.Named("x"), 0, milp.Inf)
			m.AtLeast(milp.Named("r"), x.Expr(), milp.Const(16.5))
			m.Minimize(x.Expr())
		}},
		"only rows without limits": {-3, func(m *milp.Model) {
			x := m.Var(milp.Named("x"), -3, 4)
			m.Between(milp.Named("r"), milp.Const(-milp.Inf), x.Expr(), milp.Const(milp.Inf))
			m.Minimize(x.Expr())
		}},
		"tiny and huge numbers": {2.5e7, func(m *milp.Model) {
			x := m.Var(milp.Named("x"), 0, 1e12)
			m.Between(milp.Named("r"), milp.Const(1.25), x.Times(1e-7), milp.Const(1e3))
			m.Minimize(x.Times(2))
		}},
	}
	onEach(t, func(t *testing.T, p program, format string) {
		for name, c := range cases {
			m := milp.New()
			c.build(m)
			assert.InEpsilon(t, c.want+1000, p.optimum(t, format, m)+1000, 1e-9, name)
		}
	})
}

// awkward names that some reader would misread, merge or refuse.
var awkward = []string{
	"inflow", "Infinity", "nano", "free", "END", "st", "obj", "e", "e1", "E5x", "1st", ".5", "-3 x", "a b", "a  b",
	"x[1]", "x(1)", "Wärme", "日本", "a:b", "a+b", "a<=b", "a~b", "a~7eb", "\\note", "* star", "$dollar", "'quote'",
	"binary", "General", "~one", "~any", "~marker", "x", "x", "x", "a.b", "tab\tnew\nline", strings.Repeat("long", 60),
	strings.Repeat("long", 60) + "er", "", "semi-continuous", "rhs", "S1", "r~min", "r",
}

// Every awkward name on a column and on a row: the optimum comes out only if
// all are kept apart, for x_j ≥ j+1 in row j and the sum is minimised.
func TestAwkwardNamesAreKeptApart(t *testing.T) {
	m := milp.New()
	var sum milp.Expr
	want := 0.0
	for j, name := range awkward {
		x := m.Var(milp.Named(name), 0, 1000)
		sum.Add(x.Expr())
		m.Between(milp.Named(name), milp.Const(float64(j+1)), x.Expr(), milp.Const(500))
		want += float64(j + 1)
	}
	m.Minimize(sum)
	onEach(t, func(t *testing.T, p program, format string) {
		assert.InDelta(t, want, p.optimum(t, format, m), 1e-6)
	})
}

// anyModel returns a random program that has a solution and is bounded. Its
// coefficients are multiples of 1/8, so that no rounding stands between the
// programs.
func anyModel(seed uint64) *milp.Model {
	random := rand.New(rand.NewPCG(seed, 7))
	number := func() float64 { return float64(random.IntN(81)-40) / 8 }
	m := milp.New()
	var vars []milp.Var
	var point []float64
	var cost milp.Expr
	for j := range 9 {
		at := float64(random.IntN(9) - 4)
		name := milp.At([]string{"", "T1", "PV süd"}[j%3], "inf", j)
		var x milp.Var
		switch j % 5 {
		case 0:
			x = m.Int(name, at-2.5, at+3)
		case 1:
			x = m.Var(name, -milp.Inf, milp.Inf)
		case 2:
			x = m.Var(name, at-float64(random.IntN(4)), at+2)
		case 3:
			x = m.Var(name, at, at)
		case 4:
			at = math.Abs(at)
			x = m.Var(name, 0, at+4)
		}
		vars, point = append(vars, x), append(point, at)
		if j%5 != 1 { // a free variable must not drive the objective to infinity
			cost.Add(x.Times(number()))
		}
	}
	for i := range 7 {
		var sum milp.Expr
		for _, x := range vars {
			if random.IntN(3) > 0 {
				sum.Add(x.Times(number()))
			}
		}
		activity, slack := sum.Value(point), float64(random.IntN(20))/4
		name := milp.At("", "row", i)
		switch i % 4 {
		case 0:
			m.AtMost(name, sum, milp.Const(activity+slack))
		case 1:
			m.AtLeast(name, sum, milp.Const(activity-slack))
		case 2:
			m.Between(name, milp.Const(activity-slack-0.125), sum, milp.Const(activity+2))
		case 3:
			m.Equal(name, sum.Plus(milp.Const(3)), milp.Const(activity+3))
		}
	}
	cost.Add(milp.Const(number()))
	if seed%2 == 0 {
		m.Minimize(cost)
	} else {
		m.Maximize(cost)
	}
	return m
}

// The outside programs, on either format, find the optimum that the model's own
// solver finds.
func TestOutsideProgramsAgree(t *testing.T) {
	s := exact(t)
	onEach(t, func(t *testing.T, p program, format string) {
		for seed := range uint64(12) {
			m := anyModel(seed)
			require.NoError(t, m.Err())
			want := solve(t, s, m).Objective
			got := p.optimum(t, format, m)
			assert.InDelta(t, want, got, 1e-6*(1+math.Abs(want)), fmt.Sprintf("seed %d", seed))
		}
	})
}
