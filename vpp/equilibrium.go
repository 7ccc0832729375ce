package vpp

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/milp"
)

// Trader is a plant with its members that trades beside others.
type Participant struct {
	VPP     VPP
	Members []der.DER
}

// Trading says which equilibrium is looked for and how. The zero value works.
type EquilibriumOptions struct {
	Conduct market.Conduct // whether traders see that they move prices; price-taking by default
	Method  Method         // joint program by default

	// Tolerance is the largest residual of a price that is accepted, currency per unit; 0: 0.01, a fen.
	// A solver that holds rows to 1e-7 cannot tell tangents apart that lie closer, so that residuals stay
	// at some √(2e-7 · slope), 6e-4 for a slope of 2.
	Tolerance float64
	Rounds    int     // most programs solved one after the other (per trader, under FixedPoint); 0: 40
	Damping   float64 // under FixedPoint, the share of the newest price in the next, (0, 1]; 0: 0.5
}

// Method is a way to an equilibrium.
type Method int

const (
	// JointProgram solves one program of all traders, whose optimum is the equilibrium. Its objective is
	// the sum of the traders' own less the potential of every price; see [market.Response].
	JointProgram Method = iota
	// FixedPoint lets every trader answer the prices that the others' answers made, and moves prices a
	// part of the way. It needs no potential, but may cycle: what a program with integers buys is a step
	// function of the price. Use it only where a joint program cannot be stated, and look at Converged.
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

// Equilibrium is what traders do when prices respond to all of them.
type Equilibrium struct {
	Conduct market.Conduct
	Method  Method
	Plans   []*Plan     // per trader, in the order given, at the prices found; Solution and Open are those of the joint program
	Markets []*Clearing // electricity, carbon, certificates, as far as they exist

	Residual  float64 // the largest of the markets', currency per unit
	Converged bool    // whether Residual is within the tolerance
	Rounds    int     // programs solved one after the other, the removal of broken rules included

	// Open is by how much the joint program's objective may lie below its optimum: the solver's gap plus
	// the error of the tangents. NaN under FixedPoint, which proves nothing.
	AbsoluteGap float64
}

// Market returns what was traded of a good, nil where it has no market.
func (x *Equilibrium) Market(good market.Good) *Clearing {
	for _, m := range x.Markets {
		if m.Market.Trades() == good {
			return m
		}
	}
	return nil
}

// ErrNoPotential is returned where traders' programs cannot be joined into one.
var ErrNoPotential = errors.New("the traders' programs have no common potential")

// FindEquilibrium returns the equilibrium of traders in the markets of a setting. Every market of it that
// is [market.Responsive] has prices that follow the net purchase of all traders, in each scenario and
// settlement period by itself; the others are as they are to a plant alone.
//
// Under [JointProgram] the equilibrium is the optimum of one program,
//
//	max  Σ_l objective_l − Σ_{markets,s,periods} w π_s Φ(q_1 … q_L)
//
// with the objective of each plant at the market's own prices and the potential Φ of the conduct
// ([market.Response]); w is the weight of the market's dimension. Φ is quadratic, so that it enters as
// tangents, which are added where the optimum lies until prices are within the tolerance. Without
// integers the optimum is an equilibrium, whole and unique in prices. With integers it is an equilibrium
// for the integers found, and among all integers the one of the highest potential; whether a trader
// could gain by changing integers at these prices is a question that no price system answers in general.
//
// Near a floor or cap only price-taking is convex. Under the other conducts an optimum outside
// [market.Response.Range] is refused with [market.ErrPriceLimit]; one inside it is an equilibrium as far
// as nobody gains by moving the price past a limit, which is not examined.
//
// An infeasible program is an error that errors.Is finds to be [milp.ErrInfeasible] and that says which
// balances miss by how much, with unit, scenario and step.
//
// Members of different traders must have different names.
func FindEquilibrium(ctx context.Context, solver milp.Solver, traders []Participant, c Setting, o EquilibriumOptions) (*Equilibrium, error) {
	if err := validateTraders(traders, c, o); err != nil {
		return nil, err
	}
	if o.Tolerance == 0 {
		o.Tolerance = 0.01
	}
	if o.Rounds == 0 {
		o.Rounds = 40
	}
	if o.Damping == 0 {
		o.Damping = 0.5
	}
	base := c
	base.Markets = c.Markets.unmoved()
	var (
		out *Equilibrium
		err error
	)
	if o.Method == FixedPoint {
		out, err = fixedPoint(ctx, solver, traders, base, o)
	} else {
		out, err = jointOptimum(ctx, solver, traders, base, o)
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

func validateTraders(traders []Participant, c Setting, o EquilibriumOptions) error {
	var bad []error
	complain := func(format string, args ...any) { bad = append(bad, fmt.Errorf("equilibrium: "+format, args...)) }
	if len(traders) == 0 {
		complain("no traders")
	}
	if err := c.Markets.validateLinear(); err != nil {
		return errors.Join(append(bad, err)...) // nothing can be asked of such a market
	}
	base := c
	base.Markets = c.Markets.unmoved()
	if err := base.Validate(); err != nil {
		bad = append(bad, err)
	}
	owner := map[string]string{}
	plants := map[string]bool{}
	for _, x := range traders {
		if plants[x.VPP.Name] {
			complain("two plants are named %q; names must differ", x.VPP.Name)
		}
		plants[x.VPP.Name] = true
		if c.Set != nil {
			bad = append(bad, x.VPP.Validate(c.Set), validateMembers(x.VPP, x.Members, c.Set))
		}
		for _, unit := range x.Members {
			if other, ok := owner[unit.Name()]; ok && other != x.VPP.Name {
				complain("member %q belongs to %q and to %q; names must differ", unit.Name(), other, x.VPP.Name)
			}
			owner[unit.Name()] = x.VPP.Name
		}
	}
	for _, m := range c.Markets.traded() {
		response := responseOf(m)
		for period := range m.Periods() {
			r := response(period)
			if err := r.Validate(); err != nil {
				complain("%s market, period %d: %w", m.Trades(), period, err)
				break
			}
			if c.Modelling.RiskOf == TotalLoss && r.Slope > 0 && o.Method == JointProgram && c.Weights.Risk > 0 {
				complain("%w: the risk of the total loss depends on the price times the own quantity; "+
					"measure the risk of imbalance (RiskOf), or use the method FixedPoint", ErrNoPotential)
				break
			}
		}
	}
	if o.Conduct < market.PriceTaking || o.Conduct > market.Social {
		complain("unknown conduct %d", int(o.Conduct))
	}
	if o.Method == FixedPoint && o.Conduct != market.PriceTaking {
		complain("the fixed point is one of price takers; %v conduct needs the joint program", o.Conduct)
	}
	if o.Method < JointProgram || o.Method > FixedPoint {
		complain("unknown method %d", int(o.Method))
	}
	if !(o.Tolerance >= 0) || math.IsInf(o.Tolerance, 1) {
		complain("tolerance %v; give a price difference of at least 0", o.Tolerance)
	}
	if o.Rounds < 0 {
		complain("%d rounds; give at least 0, which stands for the default", o.Rounds)
	}
	if !(o.Damping >= 0 && o.Damping <= 1) {
		complain("damping %v; give a share from 0 (the default) to 1", o.Damping)
	}
	return errors.Join(bad...)
}

// validateLinear reports what is wrong with linear prices, the limits of a single participant apart: an
// equilibrium finds those from the plants.
func (x Markets) validateLinear() error {
	var bad []error
	for _, m := range x.traded() {
		if linear, ok := m.(*market.Linear); ok {
			limited := *linear
			limited.MaxBuy, limited.MaxSell = market.Series{1}, market.Series{1}
			if err := limited.Validate(); err != nil {
				bad = append(bad, fmt.Errorf("equilibrium: %w", err))
			}
		}
	}
	return errors.Join(bad...)
}
