package store

import "github.com/trigrid/trigrid/milp"

// forwarding is a [Solver] whose inner solver can be limited and observed.
type forwarding struct{ *Solver }

var (
	_ milp.Limited  = forwarding{}
	_ milp.Observed = forwarding{}
)

// Forward returns x with the abilities of its inner solver: as a [milp.Limited]
// and [milp.Observed] if the inner solver is both, otherwise as it is. Solvers
// that follow from it store in the same folder. Limits of work are part of
// their identity, so that their solutions have keys of their own.
func (x *Solver) Forward() milp.Solver {
	_, limited := x.Solver.(milp.Limited)
	_, observed := x.Solver.(milp.Observed)
	if limited && observed {
		return forwarding{x}
	}
	return x
}

// Limit implements [milp.Limited].
func (f forwarding) Limit(l milp.Limits) milp.Solver {
	return f.around(f.Solver.Solver.(milp.Limited).Limit(l))
}

// AllowedGap implements [milp.Limited].
func (f forwarding) AllowedGap(objective float64) float64 {
	return f.Solver.Solver.(milp.Limited).AllowedGap(objective)
}

// Observe implements [milp.Observed].
func (f forwarding) Observe(report func(milp.Progress)) milp.Solver {
	return f.around(f.Solver.Solver.(milp.Observed).Observe(report))
}

// around returns a storing solver around inner, or inner if it cannot be
// identified.
func (f forwarding) around(inner milp.Solver) milp.Solver {
	x, err := f.With(inner)
	if err != nil {
		return inner
	}
	return x.Forward()
}
