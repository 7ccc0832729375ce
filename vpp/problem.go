package vpp

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/milp"
)

// Problem is the planning problem of one VPP: its data, its members and the
// setting of the region. All plans start from it. The order of Members does not
// affect a result.
//
// For example, the same members under two markets are two problems:
//
//	today := vpp.Problem{VPP: village, Members: ders, Setting: setting}
//	dear := today
//	dear.Setting.Markets.Carbon = market.Flat(market.Carbon, calendar, 120)
//
// The methods read the data and do not change them. They are safe for
// concurrent use if the DERs, the markets and the solver are.
type Problem struct {
	VPP     VPP
	Members []der.DER // with different names; none is allowed
	Setting Setting
}

// Validate returns an error that lists all violations of the VPP, the setting
// and the members. Every other method validates first.
func (p Problem) Validate() error {
	var bad faults.List
	bad.Add(p.VPP.Validate(p.Setting.Set))
	bad.Add(p.Setting.Validate())
	bad.Add(p.validateMembers())
	return bad.Err()
}

// validateMembers checks each member and the rules between members.
func (p Problem) validateMembers() error {
	bad := faults.List{Prefix: p.VPP.prefix()}
	seen := map[string]bool{}
	for _, d := range p.Members {
		bad.Require(!seen[d.Name()], "two members are named %q; names must differ", d.Name())
		seen[d.Name()] = true
		// The market is the only electricity connection of a VPP: there its
		// purchases are priced, limited and charged with emissions. A second
		// connection could buy in one place and sell in the other.
		if connection, ok := d.(der.GridTrader); ok && connection.TradesWithGrid() {
			bad.Addf("member %q is a grid connection, but the VPP trades electricity in its market; "+
				"remove the member and use VPP.ImportLimit, VPP.ExportLimit and Markets.GridEmission", d.Name())
		}
		if p.Setting.Set != nil {
			bad.Add(der.Validate(d, p.Setting.Set)) // names the DER itself
		}
	}
	p.checkReserve(&bad)
	p.checkOffered(&bad)
	if err := der.OneCarbonRule(p.Members...); err != nil {
		bad.Addf("%w", err)
	}
	return bad.Err()
}

// Formulate returns the program of the problem, or an error that lists all
// violations of the data. Members enter in the order of their names.
func (p Problem) Formulate() (*Program, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	values := p.minMarginalValues()
	return p.compose(certain, func(der.DER) []float64 { return values })
}

// Solve formulates and solves the problem. The plan equals that of
// [Problem.Formulate] and [Program.Solve], but is found faster: see
// [Problem.lazily].
//
// An error wraps [milp.ErrInfeasible] if [Problem.Diagnose] finds a violated
// limit, or if the solver proves that no schedule exists.
func (p Problem) Solve(ctx context.Context, solver milp.Solver) (*Plan, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	return p.lazily(ctx, solver, (*Program).diagnose)
}

// membership returns the expression that multiplies all columns of a DER: 1 or
// a binary.
type membership func(*milp.Model, der.DER) milp.Expr

// marginalValues returns the lower bounds of the marginal value of energy that
// a DER may use, per step, currency per MWh; nil if no bound is known. See
// [der.Context].
type marginalValues func(der.DER) []float64

// certain is the membership of a DER that belongs to the VPP.
func certain(*milp.Model, der.DER) milp.Expr { return milp.Const(1) }

// compose returns the program with its objective. The data must be valid.
func (p Problem) compose(member membership, values marginalValues) (*Program, error) {
	x := p.assemble(milp.New(), member, values)
	objective, err := x.join()
	if err != nil {
		return nil, err
	}
	x.objective = objective
	x.Model.Maximize(objective)
	x.preference = ties.Break(x.Model)
	return x, x.Model.Err()
}

// assemble adds the members to a model, which may contain other VPPs.
func (p Problem) assemble(m *milp.Model, member membership, values marginalValues) *Program {
	x := &Program{Model: m, VPP: p.VPP, Setting: p.Setting, Members: p.byName()}
	x.context = der.Context{Set: p.Setting.Set, Tariff: p.VPP.Tariff}
	for _, d := range x.Members {
		on := member(x.Model, d)
		own := x.context
		own.MinMarginalValues = values(d)
		x.on = append(x.on, on)
		x.terms = append(x.terms, d.Model(x.Model, on, own))
	}
	return x
}

// byName returns the members in the order of their names.
func (p Problem) byName() []der.DER {
	return slices.SortedFunc(slices.Values(p.Members), func(a, b der.DER) int { return cmp.Compare(a.Name(), b.Name()) })
}

// failed names the VPP and the number of its members in an error of a solver.
func failed(name string, members int, err error) error {
	return fmt.Errorf("vpp: VPP %q with %d members: %w", name, members, err)
}
