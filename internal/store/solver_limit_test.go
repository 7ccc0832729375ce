package store_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/milp"
)

// limitable is a scripted solver that can be limited and observed.
type limitable struct{ *scripted }

// Limit implements [milp.Limited].
func (l limitable) Limit(limits milp.Limits) milp.Solver {
	return limitable{&scripted{identity: fmt.Sprint(l.identity, "; nodes=", limits.Nodes), answers: l.answers}}
}

// AllowedGap implements [milp.Limited].
func (l limitable) AllowedGap(objective float64) float64 { return 0.25 * objective }

// Observe implements [milp.Observed].
func (l limitable) Observe(func(milp.Progress)) milp.Solver { return l }

func TestForwardKeepsTheAbilitiesOfTheSolver(t *testing.T) {
	f := open(t)
	inner := &scripted{identity: "script 1", answers: []any{optimum()}}
	_, ok := solver(t, f, inner).Forward().(milp.Limited)
	assert.False(t, ok)

	x := solver(t, f, limitable{inner})
	limited := x.Forward().(milp.Limited)
	assert.InDelta(t, 0.5, limited.AllowedGap(2), 0)
	type storing interface {
		milp.Limited
		Stored(*milp.Model, [32]byte, func(milp.Solver) (*milp.Solution, error)) (*milp.Solution, error)
	}
	for _, nodes := range []int64{1, 2, 2} {
		s := limited.Limit(milp.Limits{Nodes: nodes}).(storing)
		_, err := s.Stored(model(2), digest(2), once(model(2)))
		require.NoError(t, err)
	}
	assert.Equal(t, []int{1, 2}, []int{x.Read(), x.Solved()}, "limits are part of the key")
	_, ok = limited.(milp.Observed).Observe(nil).(storing)
	assert.True(t, ok)
}
