package vpp

import (
	"context"
	"errors"
	"fmt"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/milp"
)

// Participant is a market participant: a VPP with its members, beside other
// VPPs.
type Participant struct {
	VPP     VPP
	Members []der.DER
}

// problem returns the planning problem of the participant alone.
func (p Participant) problem(c Setting) Problem {
	return Problem{VPP: p.VPP, Members: p.Members, Setting: c}
}

// EquilibriumOptions select the kind of equilibrium and the method. The zero
// value works.
type EquilibriumOptions struct {
	Conduct market.Conduct // of the participants. Default: price-taking
	Method  Method         // default: joint program

	// Tolerance is the largest accepted residual of a price, currency per unit
	// of the good. Default 0: 0.01. A solver with a row tolerance of 1e-7
	// cannot separate tangents that are closer than that, so that residuals
	// stay near √(2e-7 · slope), for example 6e-4 for a slope of 2.
	Tolerance float64
	// Rounds is the largest number of programs in sequence, with FixedPoint per
	// participant. Default 0: 40.
	Rounds int
	// Damping is, with FixedPoint, the fraction of the newest price in the next
	// one, (0, 1]. Default 0: 0.5.
	Damping float64
}

// withDefaults returns o with its defaults set.
func (o EquilibriumOptions) withDefaults() EquilibriumOptions {
	if o.Tolerance == 0 {
		o.Tolerance = 0.01
	}
	if o.Rounds == 0 {
		o.Rounds = 40
	}
	if o.Damping == 0 {
		o.Damping = 0.5
	}
	return o
}

// Method is a method of [FindEquilibrium].
type Method int

const (
	// JointProgram solves one program of all participants whose optimum is the
	// equilibrium. Its objective is the sum of their objectives minus the
	// potential of each price: see [market.Response].
	JointProgram Method = iota
	// FixedPoint repeats: each participant responds to given prices, and the
	// prices move towards those of the responses. It needs no potential, but
	// can cycle, because the response of a program with integers is a step
	// function of the price. Use it only if there is no joint program, and
	// check Converged.
	FixedPoint
)

// String returns the name of the method.
func (m Method) String() string {
	switch m {
	case JointProgram:
		return "joint program"
	case FixedPoint:
		return "fixed point"
	}
	return fmt.Sprintf("Method(%d)", int(m))
}

// Equilibrium is the result of [FindEquilibrium].
type Equilibrium struct {
	Conduct market.Conduct
	Method  Method
	// Plans are the plans of the participants at the prices found. With
	// JointProgram, their Solution and AbsoluteGap are those of the joint
	// program.
	Plans   []*Plan
	Markets []*Clearing // electricity, carbon and certificates, as far as the setting has them

	Residual  float64 // largest residual of the markets, currency per unit
	Converged bool    // Residual is within the tolerance
	Rounds    int     // programs solved in sequence

	// AbsoluteGap is the proven distance of the objective of the joint program
	// to its optimum: the gap of the solver plus the error of the tangents. NaN
	// with FixedPoint, which proves nothing.
	AbsoluteGap float64
}

// Market returns the clearing of a good, nil if the setting has no market for
// it.
func (x *Equilibrium) Market(good market.Good) *Clearing {
	for _, m := range x.Markets {
		if m.Market.Trades() == good {
			return m
		}
	}
	return nil
}

// ErrNoPotential reports that the programs of the participants cannot be joined
// into one.
var ErrNoPotential = errors.New("vpp: the programs of the participants have no common potential")

// FindEquilibrium returns the equilibrium of several VPPs. The price of a
// [market.Responsive] market depends on the net purchase of all participants,
// in each scenario and settlement period. Other markets are as for a single
// VPP.
//
// With [JointProgram] the equilibrium is the optimum of
//
//	max  Σ_l objective_l − Σ_{markets,s,p} w π_s Φ(q_1, …, q_L)
//
// where objective_l uses the price at volume 0, q_l is the net purchase of
// participant l, w the weight of the dimension of the market and Φ the
// potential of the conduct ([market.Response]). Φ is quadratic. Tangents
// approximate it; they are added at the optimum until the residuals of all
// prices are within the tolerance.
//
// For example, two price takers that buy 1.5 and 6 MWh at the price 60 + 2Q pay
// 75 per MWh.
//
// Without integers the optimum is an equilibrium with unique prices. With
// integers it is an equilibrium for the integers found, which have the highest
// potential. It does not exclude that a participant gains by other integers at
// these prices: in general no prices do.
//
// Near a floor or cap of the price, only price-taking is convex. For other
// conducts an optimum outside [market.Response.Range] is an error that wraps
// [market.ErrPriceLimit], and an optimum inside is not tested against
// deviations beyond the limit.
//
// The names of VPPs and of members must differ between participants. An error
// wraps [milp.ErrInfeasible] if no schedule exists, with the violated balances,
// and [ErrNoPotential] if the method does not apply.
//
// Source: Monderer, Shapley, Potential games, Games Econ. Behav. 14 (1996).
func FindEquilibrium(ctx context.Context, solver milp.Solver, participants []Participant, c Setting, o EquilibriumOptions) (*Equilibrium, error) {
	if err := validateParticipants(participants, c, o); err != nil {
		return nil, err
	}
	o = o.withDefaults()
	base := c
	base.Markets = c.Markets.unmoved()
	var (
		out *Equilibrium
		err error
	)
	if o.Method == FixedPoint {
		out, err = fixedPoint(ctx, solver, participants, base, o)
	} else {
		out, err = jointOptimum(ctx, solver, participants, base, o)
	}
	if err != nil {
		return nil, err
	}
	for _, m := range out.Markets {
		out.Residual = max(out.Residual, m.Residual)
	}
	out.Conduct, out.Method = o.Conduct, o.Method
	out.Converged = out.Residual <= o.Tolerance
	return out, nil
}

const equilibriumPrefix = "vpp: equilibrium: "

// Validate returns an error that lists all invalid options.
func (o EquilibriumOptions) Validate() error {
	bad := faults.List{Prefix: equilibriumPrefix}
	bad.Require(o.Conduct >= market.PriceTaking && o.Conduct <= market.Social, "unknown conduct %d", int(o.Conduct))
	bad.Require(o.Method != FixedPoint || o.Conduct == market.PriceTaking,
		"the fixed point is one of price takers; use the joint program for %v conduct", o.Conduct)
	bad.Require(o.Method >= JointProgram && o.Method <= FixedPoint, "unknown method %d", int(o.Method))
	bad.AtLeast("Tolerance", o.Tolerance, 0, "")
	bad.Require(o.Rounds >= 0, "Rounds is %d, want at least 0; 0 is the default", o.Rounds)
	bad.Between("Damping", o.Damping, 0, 1, "")
	return bad.Err()
}

// validateParticipants checks participants, setting and options.
func validateParticipants(participants []Participant, c Setting, o EquilibriumOptions) error {
	bad := faults.List{Prefix: equilibriumPrefix}
	bad.Require(len(participants) > 0, "no participants; give at least one")
	if err := c.Markets.validateLinear(); err != nil {
		bad.Add(err)
		return bad.Err() // the prices of such a market cannot be computed
	}
	base := c
	base.Markets = c.Markets.unmoved()
	bad.Add(base.Validate())
	owner := map[string]string{}
	names := map[string]bool{}
	for _, x := range participants {
		bad.Require(!names[x.VPP.Name], "two VPPs are named %q; names must differ", x.VPP.Name)
		names[x.VPP.Name] = true
		if c.Set != nil {
			bad.Add(x.VPP.Validate(c.Set))
			bad.Add(x.problem(c).validateMembers())
		}
		for _, d := range x.Members {
			if other, ok := owner[d.Name()]; ok && other != x.VPP.Name {
				bad.Addf("member %q belongs to %q and to %q; names must differ", d.Name(), other, x.VPP.Name)
			}
			owner[d.Name()] = x.VPP.Name
		}
	}
	for _, m := range c.Markets.traded() {
		bad.Add(validateResponse(m, c, o))
	}
	bad.Add(o.Validate())
	return bad.Err()
}

// validateResponse checks the response of each period of a market. It returns
// the first violation, because periods often fail for the same reason.
func validateResponse(m market.Market, c Setting, o EquilibriumOptions) error {
	response := responseOf(m)
	for period := range m.Periods() {
		r := response(period)
		if err := r.Validate(); err != nil {
			return fmt.Errorf("%s%s market, period %d: %w", equilibriumPrefix, m.Trades(), period, err)
		}
		if c.Modelling.RiskOf == TotalLoss && r.Slope > 0 && o.Method == JointProgram && c.Weights.Risk > 0 {
			return fmt.Errorf("%s%w: the risk of the total loss contains the product of price and quantity; "+
				"use the risk of imbalance (RiskOf) or the method FixedPoint", equilibriumPrefix, ErrNoPotential)
		}
	}
	return nil
}

// validateLinear checks linear prices without the limits of a single
// participant: in an equilibrium these follow from the VPPs.
func (x Markets) validateLinear() error {
	bad := faults.List{Prefix: equilibriumPrefix}
	for _, m := range x.traded() {
		if linear, ok := m.(*market.Linear); ok {
			limited := *linear
			limited.MaxBuy, limited.MaxSell = market.Series{1}, market.Series{1}
			if err := limited.Validate(); err != nil {
				bad.Addf("%w", err)
			}
		}
	}
	return bad.Err()
}
