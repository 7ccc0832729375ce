package unitcommitment

import (
	"fmt"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/scenario"
)

// Band delivers any power between two series at no cost: a wind or PV farm that
// may be curtailed, or a run-of-river power plant with a minimum flow.
//
//	P_min,t ≤ P_t ≤ P_max,t                     MW
//	cost = 0
//
// For example, Band{ID: "river", Min: "flow", Max: "flow"} delivers exactly the
// series "flow". Band{ID: "farm", Max: "wind"} delivers at most the series
// "wind".
type Band struct {
	ID       string
	Min, Max string // names of series, MW, 0 ≤ Min ≤ Max in every scenario and step; empty Min: 0
}

var (
	_ der.DER       = (*Band)(nil)
	_ der.Validator = (*Band)(nil)
)

// Name implements [der.DER].
func (u *Band) Name() string { return u.ID }

// Model implements [der.DER]. Its columns are "power(s,t)". With a membership
// binary its limits are rows "band(s,t)", with a constant on they are bounds.
func (u *Band) Model(m *milp.Model, on milp.Expr, c der.Context) []der.Terms {
	out := c.NewTerms()
	for s := range out {
		name := c.Namer(u.ID, s)
		for t, upper := range c.Set.Path(u.Max, s) {
			lower := u.lower(c.Set, s, t)
			// Bounds are cheaper than rows for a solver, but cannot depend on a
			// binary.
			var power milp.Expr
			if on.IsConst() {
				power = m.Var(name("power", t), on.Constant()*lower, on.Constant()*upper).Expr()
			} else {
				power = m.Var(name("power", t), 0, upper*der.MaxCount(on)).Expr()
				m.Between(name("band", t), on.Times(lower), power, on.Times(upper))
			}
			out[s].Inject(t, power)
			out[s].Renew(t, power.Times(c.Hours()), on.Times(upper*c.Hours()))
		}
	}
	return out
}

// lower returns P_min of a step, MW.
func (u *Band) lower(set *scenario.Set, s, t int) float64 {
	if u.Min == "" {
		return 0
	}
	return set.At(u.Min, s, t)
}

// Benefit implements [der.DER]: the payment of the tariff. A band has no costs.
func (u *Band) Benefit(realised der.Schedule, c der.Context, scenario int) der.Benefit {
	return c.Payment(realised, scenario)
}

// BenefitByStep implements [der.Stepwise].
func (u *Band) BenefitByStep(realised der.Schedule, c der.Context, scenario int) []der.ItemPath {
	return c.PaymentByStep(realised, scenario)
}

// Validate implements [der.Validator]. It reports the first step with limits in
// the wrong order.
func (u *Band) Validate(set *scenario.Set) error {
	bad := faults.List{Prefix: fmt.Sprintf("unitcommitment: unit %q: ", u.ID)}
	bad.Require(u.ID != "", "ID is empty, want a name that no other unit has")
	const unknown = "%s names series %q, which the scenario set does not have; it has %q"
	bad.Require(set.Has(u.Max), unknown, "Max", u.Max, set.Names())
	bad.Require(u.Min == "" || set.Has(u.Min), unknown, "Min", u.Min, set.Names())
	if err := bad.Err(); err != nil {
		return err
	}
	for s := range set.Len() {
		for t, upper := range set.Path(u.Max, s) {
			if lower := u.lower(set, s, t); !(0 <= lower && lower <= upper) {
				bad.Addf("scenario %d, step %d: from %v to %v MW, want 0 ≤ Min ≤ Max", s, t, lower, upper)
				return bad.Err()
			}
		}
	}
	return nil
}

// RollForward implements [der.Stateful]. A band has no state.
func (u *Band) RollForward(*der.Ports, der.Context, int, int) (der.DER, error) { return u, nil }
