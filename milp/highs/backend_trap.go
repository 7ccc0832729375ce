package highs

import (
	"context"
	"fmt"
	"math"

	"github.com/trigrid/trigrid/milp"
)

// presolveTrap solves the program for which presolve of HiGHS 1.14.0 returns a
// wrong optimum,
//
//	min 2x + 3z    subject to    x + z ≥ 4.5,  x, z ≥ 0,  z integer
//
// and returns an error if h does so too. The optimum is x = 4.5, z = 0 with
// cost 9: each unit of z costs 3, the unit of x that it replaces costs 2. A
// test of the behaviour also covers builds whose version number is unknown.
func presolveTrap(h object) error {
	const optimum = 9 // z = 0, x = 4.5
	m := milp.New()
	x := m.Var(milp.Named("x"), 0, milp.Inf)
	z := m.Int(milp.Named("z"), 0, milp.Inf)
	m.AtLeast(milp.Named("demand"), milp.Sum(x.Expr(), z.Expr()), milp.Const(4.5))
	m.Minimize(milp.Sum(x.Times(2), z.Times(3)))

	if err := h.set("output_flag", "false"); err != nil { // otherwise HiGHS prints to the terminal
		return err
	}
	if err := h.pass(m.Data()); err != nil {
		return err
	}
	s, err := Solver{Presolve: PresolveOn}.run(context.Background(), h, m.Data())
	if err != nil {
		return err
	}
	if math.Abs(s.Objective-optimum) > 1e-6 {
		return fmt.Errorf("%s is rejected: its presolve is wrong (like that of HiGHS 1.14.0); "+
			"min 2x+3z, x+z >= 4.5, z integer gives %g instead of %d; install another version",
			h.name(), s.Objective, optimum)
	}
	return nil
}
