package highs

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/milp"
)

func TestSmoke(t *testing.T) {
	m := milp.New()
	x := m.Var(milp.Named("x"), 0, milp.Inf)
	y := m.Int(milp.Named("y"), 0, 10)
	m.AtLeast(milp.Named("demand"), milp.Sum(x.Expr(), y.Times(2)), milp.Const(7))
	m.Minimize(milp.Sum(x.Times(3), y.Times(5)))
	for range 3 {
		b := time.Now()
		ctx, cancel := context.WithCancel(t.Context())
		sol, err := Solver{Log: t.Output(), Progress: func(p Progress) { t.Log(p) }}.Solve(ctx, m)
		cancel()
		require.NoError(t, err)
		t.Log(sol, time.Since(b))
		require.InDelta(t, 18, sol.Objective, 1e-6)
	}
}
