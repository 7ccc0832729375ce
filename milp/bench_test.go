package milp

import "testing"

// basicModel is linopy's benchmark "basic": x, y ≥ 0 free of one another on an N x N grid.
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

type bareArrays struct {
	cost, lower, upper, coef, rowLower, rowUpper []float64
	integer                                      []bool
	start, col                                   []int32
}

func basicArrays(n int) *bareArrays {
	c := 2 * n * n
	b := &bareArrays{
		make([]float64, c), make([]float64, c), make([]float64, c), make([]float64, 2*c),
		make([]float64, c), make([]float64, c), make([]bool, c), make([]int32, c+1), make([]int32, 2*c),
	}
	for j := range c {
		b.lower[j], b.upper[j] = -Inf, Inf
		b.cost[j] = 1
		if j < n*n {
			b.cost[j] = 2
		}
	}
	for i := range n {
		for j := range n {
			k := i*n + j
			b.col[2*k], b.col[2*k+1] = int32(k), int32(n*n+k)
			b.coef[2*k], b.coef[2*k+1] = 1, -1
			b.rowLower[k], b.rowUpper[k] = float64(i), Inf
			b.start[k+1] = int32(2*k + 2)
			k += n * n
			b.col[2*k], b.col[2*k+1] = int32(k-n*n), int32(k)
			b.coef[2*k], b.coef[2*k+1] = 1, 1
			b.rowLower[k], b.rowUpper[k] = 0, Inf
			b.start[k+1] = int32(2*k + 2)
		}
	}
	return b
}

func BenchmarkBasic(b *testing.B) {
	b.Run("model", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			basicModel(600, false)
		}
	})
	b.Run("reserved", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			basicModel(600, true)
		}
	})
	b.Run("arrays", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			basicArrays(600)
		}
	})
}
