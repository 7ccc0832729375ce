package milp

import (
	"io"
	"math"
	"math/rand/v2"
	"testing"
)

// The programs of this file have been used to compare modelling languages. Each
// is built by this package and by twins without names, checks or expressions:
// "arrays" writes into slices of the right size, the least that any way of
// building the program has to do; "appended" is the same by a program without
// the size in advance, as for a model. All end with flat arrays that a solver
// could take.

// basicModel is the benchmark "basic" of linopy: minimise Σ 2 x + y with x − y
// ≥ i and x + y ≥ 0 for every (i, j) of an n x n grid.
func basicModel(n int, reserve bool) *Model {
	m := New()
	if reserve {
		m.Reserve(2*n*n, 2*n*n, 4*n*n)
	}
	for i := range n {
		for j := range n {
			x := m.Var(At("", "x", i, j), -Inf, Inf)
			y := m.Var(At("", "y", i, j), -Inf, Inf)
			m.AtLeast(At("", "difference", i, j), x.Expr().Minus(y.Expr()), Const(float64(i)))
			m.AtLeast(At("", "total", i, j), Sum(x.Expr(), y.Expr()), Const(0))
			m.AddObjective(Sum(x.Times(2), y.Expr()))
		}
	}
	return m
}

// bare holds a program as a solver takes it.
type bare struct {
	cost, lower, upper, coef, rowLower, rowUpper []float64
	integer                                      []bool
	start, col                                   []int32
}

func newBare(cols, rows, nonzeros int) *bare {
	return &bare{
		make([]float64, cols), make([]float64, cols), make([]float64, cols), make([]float64, nonzeros),
		make([]float64, rows), make([]float64, rows), make([]bool, cols), make([]int32, rows+1), make([]int32, nonzeros),
	}
}

func basicArrays(n int) *bare {
	b := newBare(2*n*n, 2*n*n, 4*n*n)
	for i := range n {
		for j := range n {
			x := 2 * (i*n + j)
			y := x + 1
			b.cost[x], b.lower[x], b.upper[x] = 2, -Inf, Inf
			b.cost[y], b.lower[y], b.upper[y] = 1, -Inf, Inf
			k := 2 * x
			b.col[k], b.coef[k], b.col[k+1], b.coef[k+1] = int32(x), 1, int32(y), -1
			b.rowLower[x], b.rowUpper[x], b.start[x+1] = float64(i), Inf, int32(k+2)
			b.col[k+2], b.coef[k+2], b.col[k+3], b.coef[k+3] = int32(x), 1, int32(y), 1
			b.rowLower[y], b.rowUpper[y], b.start[y+1] = 0, Inf, int32(k+4)
		}
	}
	return b
}

func basicAppended(n int) *bare {
	b := &bare{start: []int32{0}}
	column := func(cost float64) int32 {
		b.cost, b.lower, b.upper = append(b.cost, cost), append(b.lower, -Inf), append(b.upper, Inf)
		b.integer = append(b.integer, false)
		return int32(len(b.cost) - 1)
	}
	row := func(x, y int32, a, c, lo float64) {
		b.col, b.coef = append(b.col, x, y), append(b.coef, a, c)
		b.rowLower, b.rowUpper = append(b.rowLower, lo), append(b.rowUpper, Inf)
		b.start = append(b.start, int32(len(b.col)))
	}
	for i := range n {
		for range n {
			x, y := column(2), column(1)
			row(x, y, 1, -1, float64(i))
			row(x, y, 1, 1, 0)
		}
	}
	return b
}

// facilityModel is the benchmark "fac" of the JuMP papers (Dunning, Huchette
// and Lubin, SIAM Review 59, 2017; Lubin et al., Mathematical Programming
// Computation 15, 2023): place F facilities such that the largest distance d
// from a point of a grid to its facility is least. The cones ‖r‖ ≤ s, which a
// linear program cannot hold, are replaced by one linear row over the same
// variables, r_1 + r_2 ≤ √2 s.
func facilityModel(grid, facilities int) *Model {
	m := New()
	y := make([][2]Var, facilities)
	for f := range facilities {
		y[f] = [2]Var{m.Var(At("", "y", f, 1), 0, 1), m.Var(At("", "y", f, 2), 0, 1)}
	}
	d := m.Var(Named("d"), -Inf, Inf)
	m.Minimize(d.Expr())
	bigM := 2 * math.Sqrt2
	for i := range grid + 1 {
		for j := range grid + 1 {
			point := i*(grid+1) + j
			var assigned Expr
			for f := range facilities {
				s := m.Var(At("", "s", point, f), 0, Inf)
				z := m.Bin(At("", "z", point, f))
				r1 := m.Var(At("", "r1", point, f), -Inf, Inf)
				r2 := m.Var(At("", "r2", point, f), -Inf, Inf)
				assigned.Add(z.Expr())
				m.Equal(At("", "reach", point, f), s.Expr(), Sum(d.Expr(), z.Times(-bigM), Const(bigM)))
				m.Equal(At("", "east", point, f), r1.Expr(), Const(float64(i)/float64(grid)).Minus(y[f][0].Expr()))
				m.Equal(At("", "north", point, f), r2.Expr(), Const(float64(j)/float64(grid)).Minus(y[f][1].Expr()))
				m.AtMost(At("", "cone", point, f), Sum(r1.Expr(), r2.Expr()), s.Times(math.Sqrt2))
			}
			m.Equal(At("", "assigned", point), assigned, Const(1))
		}
	}
	return m
}

func facilityArrays(grid, facilities int) *bare {
	points := (grid + 1) * (grid + 1)
	n := points * facilities
	b := newBare(4*n+2*facilities+1, 4*n+points, 11*n)
	for f := range 2 * facilities {
		b.upper[f] = 1
	}
	d := 2 * facilities
	b.lower[d], b.upper[d], b.cost[d] = -Inf, Inf, 1
	bigM := 2 * math.Sqrt2
	row, k, col := 0, 0, d+1
	put := func(c int, x float64) { b.col[k], b.coef[k] = int32(c), x; k++ }
	done := func(lo, hi float64) { b.rowLower[row], b.rowUpper[row], b.start[row+1] = lo, hi, int32(k); row++ }
	for i := range grid + 1 {
		for j := range grid + 1 {
			first := col
			for f := range facilities {
				s, z, r1, r2 := col, col+1, col+2, col+3
				col += 4
				b.upper[s], b.upper[z], b.integer[z] = Inf, 1, true
				b.lower[r1], b.upper[r1], b.lower[r2], b.upper[r2] = -Inf, Inf, -Inf, Inf
				put(s, 1)
				put(d, -1)
				put(z, bigM)
				done(bigM, bigM)
				put(r1, 1)
				put(2*f, 1)
				done(float64(i)/float64(grid), float64(i)/float64(grid))
				put(r2, 1)
				put(2*f+1, 1)
				done(float64(j)/float64(grid), float64(j)/float64(grid))
				put(r1, 1)
				put(r2, 1)
				put(s, -math.Sqrt2)
				done(-Inf, 0)
			}
			for f := range facilities {
				put(first+4*f+1, 1)
			}
			done(1, 1)
		}
	}
	return b
}

// TestBenchmarksBuildTheSameProgram keeps the comparison honest.
func TestBenchmarksBuildTheSameProgram(t *testing.T) {
	for name, pair := range map[string]struct {
		m *Model
		b *bare
	}{
		"basic":    {basicModel(70, true), basicArrays(70)}, // more than two blocks of a list
		"appended": {basicModel(70, false), basicAppended(70)},
		"facility": {facilityModel(20, 7), facilityArrays(20, 7)},
	} {
		d := pair.m.Data()
		if pair.m.Err() != nil {
			t.Fatal(name, pair.m.Err())
		}
		same(t, name, d.Cost, pair.b.cost)
		same(t, name, d.Lower, pair.b.lower)
		same(t, name, d.Upper, pair.b.upper)
		same(t, name, d.Integer, pair.b.integer)
		same(t, name, d.RowStart, pair.b.start)
		same(t, name, d.Column, pair.b.col)
		same(t, name, d.Coefficient, pair.b.coef)
		same(t, name, d.RowLower, pair.b.rowLower)
		same(t, name, d.RowUpper, pair.b.rowUpper)
	}
	if n := facilityModel(50, 50).Vars(); n != 520301 {
		t.Fatal("fac-50 has", n, "variables, not the 520,301 of the paper")
	}
}

func same[T comparable](t *testing.T, name string, a, b []T) {
	t.Helper()
	if len(a) != len(b) {
		t.Fatalf("%s: %d and %d entries", name, len(a), len(b))
	}
	for i := range a {
		if a[i] != b[i] {
			t.Fatalf("%s: entry %d is %v and %v", name, i, a[i], b[i])
		}
	}
}

func measure(b *testing.B, nonzeros int, build func()) {
	b.ReportAllocs()
	for b.Loop() {
		build()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(nonzeros), "ns/nonzero")
}

func BenchmarkBasic(b *testing.B) {
	const n = 600 // 720,000 variables
	b.Run("model", func(b *testing.B) { measure(b, 4*n*n, func() { basicModel(n, false).Data() }) })
	b.Run("reserved", func(b *testing.B) { measure(b, 4*n*n, func() { basicModel(n, true).Data() }) })
	b.Run("arrays", func(b *testing.B) { measure(b, 4*n*n, func() { basicArrays(n) }) })
	b.Run("appended", func(b *testing.B) { measure(b, 4*n*n, func() { basicAppended(n) }) })
}

func BenchmarkFacility(b *testing.B) {
	const nonzeros = 51 * 51 * 50 * 11
	b.Run("model", func(b *testing.B) { measure(b, nonzeros, func() { facilityModel(50, 50).Data() }) })
	b.Run("arrays", func(b *testing.B) { measure(b, nonzeros, func() { facilityArrays(50, 50) }) })
}

// BenchmarkWrite writes a model of 180,000 variables.
func BenchmarkWrite(b *testing.B) {
	m := basicModel(300, true)
	for name, write := range map[string]func(io.Writer, *Model) error{"lp": WriteLP, "mps": WriteMPS} {
		b.Run(name, func(b *testing.B) {
			measure(b, m.Nonzeros(), func() {
				if err := write(io.Discard, m); err != nil {
					b.Fatal(err)
				}
			})
		})
	}
}

func BenchmarkCheck(b *testing.B) {
	m := basicModel(300, true)
	random := rand.New(rand.NewPCG(1, 1))
	values := make([]float64, m.Vars())
	for j := range values {
		values[j] = 1000 * float64(1-j%2) * (1 + random.Float64())
	}
	measure(b, m.Nonzeros(), func() {
		if v := Verify(m, values, 0); v != nil {
			b.Fatal(v)
		}
	})
}
