package highs

import (
	"context"
	"fmt"
	"math"

	"github.com/trigrid/trigrid/milp"
)

// presolveTrap solves the program on which presolve of HiGHS 1.14.0 is wrong,
//
//	min 2x + 3z    subject to    x + z ≥ 4.5,  x, z ≥ 0,  z integer
//
// and says so if h is. Serving 4.5 with x alone costs 9; every z in its place costs more.
func presolveTrap(h object) error {
	const optimum = 9 // z = 0, x = 4.5
	m := milp.New()
	x := m.Var(milp.Named("x"), 0, milp.Inf)
	z := m.Int(milp.Named("z"), 0, milp.Inf)
	m.AtLeast(milp.Named("demand"), milp.Sum(x.Expr(), z.Expr()), milp.Const(4.5))
	m.Minimize(milp.Sum(x.Times(2), z.Times(3)))

	if err := h.set("output_flag", "false"); err != nil {
		return err
	}
	if err := h.pass(m.Data()); err != nil {
		return err
	}
	s, err := Solver{}.run(context.Background(), h, m.Data())
	if err != nil {
		return err
	}
	if math.Abs(s.Objective-optimum) > 1e-6 {
		return fmt.Errorf("%s is refused: its presolve is wrong, it finds %g instead of %d for min 2x+3z, x+z >= 4.5, z integer (HiGHS 1.14.0 is known for it)", h.name(), s.Objective, optimum)
	}
	return nil
}
