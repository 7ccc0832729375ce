package vpp

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/trigrid/trigrid/milp"
)

// InfeasibleError is the error of a problem without a schedule, with the reason
// in words of the data. It wraps [milp.ErrInfeasible]. For example, Reason is
//
//	VPP "Hill" lacks 3 MW of power in scenario 0, step 2 (02:00), against the delivered power of
//	VPP "Hill" and the maximum output of thermal "T"
type InfeasibleError struct {
	Reason string
}

// Error implements error.
func (e *InfeasibleError) Error() string { return e.Reason + ": " + milp.ErrInfeasible.Error() }

// Unwrap returns [milp.ErrInfeasible].
func (e *InfeasibleError) Unwrap() error { return milp.ErrInfeasible }

// UnboundedError is the error of a problem whose objective grows without end,
// with the columns of a [milp.Ray] and the limits that end it, in words of the
// data. It wraps [milp.ErrUnbounded].
type UnboundedError struct {
	Reason string
	Ray    *milp.Ray
}

// Error implements error.
func (e *UnboundedError) Error() string { return e.Reason + ": " + milp.ErrUnbounded.Error() }

// Unwrap returns [milp.ErrUnbounded].
func (e *UnboundedError) Unwrap() error { return milp.ErrUnbounded }

// explained returns the error of a solve with its reason, if the program is
// infeasible or unbounded and the reason is found. program is the model that a
// diagnosis solves: that of x, or its relaxation if the integers would take too
// long.
func (x *Program) explained(ctx context.Context, solver milp.Solver, program *milp.Model, err error) error {
	infeasible, unbounded := errors.Is(err, milp.ErrInfeasible), errors.Is(err, milp.ErrUnbounded)
	if infeasible {
		found, failed := milp.Elastic(ctx, solver, program)
		switch {
		case failed == nil:
			return &InfeasibleError{x.reason(found)}
		case !unbounded || !errors.Is(failed, milp.ErrFeasible):
			return err
		}
	}
	if !unbounded {
		return err
	}
	ray, failed := milp.FindRay(ctx, solver, program)
	if failed != nil {
		return err
	}
	return &UnboundedError{x.endless(ray), ray}
}

// reason describes the largest misses of a diagnosis, and the limits that
// oppose them.
func (x *Program) reason(found *milp.Infeasibility) string {
	const shown = 3
	var parts []string
	for i, g := range found.Groups {
		if i == shown {
			parts = append(parts, fmt.Sprintf("and %d more limits", len(found.Groups)-shown))
			break
		}
		text := x.miss(g.List[0])
		if n := len(g.List) - 1; n > 0 {
			text += fmt.Sprintf(", and less at %d more", n)
		}
		parts = append(parts, text)
	}
	var against []string
	for _, n := range found.Against {
		text := "the " + x.quantity(n)
		if n.Owner == x.VPP.Name && (n.Quantity == "delivered" || n.Quantity == "position") {
			text = "the import and export limits of " + x.owner(n.Owner)
		}
		if !slices.Contains(against, text) {
			against = append(against, text)
		}
	}
	text := strings.Join(parts, "; ")
	if len(against) > shown {
		against = append(against[:shown], fmt.Sprintf("%d more", len(against)-shown))
	}
	if len(against) > 0 {
		text += ", against " + enumerate(against)
	}
	return text
}

// miss describes one limit that cannot be met, with the amount.
func (x *Program) miss(v milp.Violation) string {
	n := v.Name
	good := map[string]string{"balance": "MW of power", "heat": "MW of heat", "gas": "MW of gas", "co2": "t of CO2"}[n.Quantity]
	if n.Owner == x.VPP.Name && good != "" {
		// A balance is the export minus what members feed in, and equals minus
		// the demand.
		switch v.Fault {
		case milp.RowTooHigh:
			return fmt.Sprintf("%s lacks %.6g %s in %s", x.owner(n.Owner), v.Amount, good, x.place(n))
		case milp.RowTooLow:
			return fmt.Sprintf("%s has %.6g %s without an outlet in %s", x.owner(n.Owner), v.Amount, good, x.place(n))
		}
	}
	side := "exceeds its limit"
	switch v.Fault {
	case milp.RowTooLow, milp.TooLow:
		side = "stays below its limit"
	case milp.NotInteger:
		side = "misses a whole number"
	}
	return fmt.Sprintf("the %s %s by %.6g", x.describe(n), side, v.Amount)
}

// endless describes a ray: the columns that change together, the gain, and the
// limits to give.
func (x *Program) endless(ray *milp.Ray) string {
	const shown = 6
	var moves, limits []string
	places := map[string]bool{}
	for _, c := range ray.Changes {
		places[x.place(c.Name)] = true
	}
	for i, c := range ray.Changes {
		if limit := x.limitOf(c.Name); !slices.Contains(limits, limit) {
			limits = append(limits, limit)
		}
		if i == shown {
			moves = append(moves, fmt.Sprintf("%d more columns with them", len(ray.Changes)-shown))
		}
		if i >= shown {
			continue
		}
		what, verb := x.quantity(c.Name), "grows"
		if len(places) > 1 {
			what = x.describe(c.Name)
		}
		if c.Value < 0 {
			verb = "falls"
		}
		moves = append(moves, fmt.Sprintf("the %s %s by %.4g", what, verb, math.Abs(c.Value)))
	}
	where := ""
	if common := x.place(ray.Changes[0].Name); len(places) == 1 && common != "" {
		where = " in " + common
	}
	return fmt.Sprintf("the objective improves by %.4g without end each time %s%s; give %s",
		ray.Rate, enumerate(moves), where, strings.Join(limits, ", or "))
}

// limitOf names the limit that bounds a column.
func (x *Program) limitOf(n milp.Name) string {
	switch _, of := marketWords(n.Quantity); {
	case n.Owner == x.VPP.Name && of != "" && of != dayAheadMarket && of != balancingMarket:
		return "limits of the " + of
	case n.Owner == x.VPP.Name:
		return fmt.Sprintf("the import and export limits of %s", x.owner(n.Owner))
	case x.owner(n.Owner) != "":
		return fmt.Sprintf("a limit of the %s", x.quantity(n))
	}
	return fmt.Sprintf("bounds of the column %q", n.Family())
}

// enumerate joins texts as "a, b and c".
func enumerate(texts []string) string {
	if n := len(texts); n > 1 {
		return strings.Join(texts[:n-1], ", ") + " and " + texts[n-1]
	}
	return strings.Join(texts, "")
}
