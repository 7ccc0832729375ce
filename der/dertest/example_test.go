package dertest_test

import (
	"fmt"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/der/dertest"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/milp/highs"
)

// lamp takes 1 MW all the time, also where it should have been left out.
type lamp struct{}

func (lamp) Name() string { return "lamp" }

func (lamp) Model(_ *milp.Model, _ milp.Expr, c der.Context) []der.Terms {
	out := c.NewTerms()
	for s := range out {
		for t := range c.Steps() {
			out[s].Withdraw(t, milp.Const(1)) // should be: on.Times(1)
		}
	}
	return out
}

func (lamp) Benefit(realised der.Schedule, c der.Context, s int) der.Benefit {
	return c.Payment(realised, s)
}

// printer stands for *testing.T.
type printer struct{}

func (printer) Helper()                           {}
func (printer) Errorf(format string, args ...any) { fmt.Printf(format+"\n", args...) }

func Example() {
	dertest.Run(printer{}, highs.Solver{}, lamp{}, dertest.Config{})
	// Output:
	// under ordinary prices: with the binary on left free the optimum is -442, want 0; multiply every limit and every constant by on
	// under ordinary prices: with on the number 0 Terms[0].Withdrawn[0] can be 1, want 0
	// under ordinary prices: with the binary on fixed to 0 Terms[0].Withdrawn[0] can be 1, want 0
	// under a price spike: with the binary on left free the optimum is -3228, want 0; multiply every limit and every constant by on
	// under charges for deviations: with the binary on left free the optimum is -342, want 0; multiply every limit and every constant by on
}
