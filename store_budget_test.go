package trigrid_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/milp/highs"
)

// limitable is a counting solver whose solves can be bounded and observed.
type limitable struct{ counting }

func (l limitable) with(inner milp.Solver) milp.Solver {
	l.inner = inner.(highs.Solver)
	return l
}

// Limit implements [milp.Limited].
func (l limitable) Limit(limits milp.Limits) milp.Solver { return l.with(l.inner.Limit(limits)) }

// AllowedGap implements [milp.Limited].
func (l limitable) AllowedGap(objective float64) float64 { return l.inner.AllowedGap(objective) }

// Observe implements [milp.Observed].
func (l limitable) Observe(f func(milp.Progress)) milp.Solver { return l.with(l.inner.Observe(f)) }

// A run with a budget solves programs to several gaps; a second one reads all
// of these solutions.
func TestASecondRunWithABudgetSolvesNothing(t *testing.T) {
	for _, search := range []bool{false, true} {
		o := trigrid.Options{Solver: limitable{counts(true)}, Search: search}
		want := encode(t, coordinate(t, small(t), o))
		o.Store = t.TempDir()
		first := coordinate(t, small(t), o)
		assert.Equal(t, want, encode(t, first))
		assert.Positive(t, first.Timing.Computed)
		o.Solver = limitable{counts(false)}
		second := coordinate(t, small(t), o)
		assert.Equal(t, want, encode(t, second))
		assert.Equal(t, first.Timing.Computed+first.Timing.Reused, second.Timing.Reused)
		assert.Zero(t, second.Timing.Computed)
	}
}
