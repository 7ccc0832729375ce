package fleet

import (
	"context"
	"fmt"
	"math"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/vpp"
)

// Distinct is the choice of VPPs by thousands of DERs that differ in every
// parameter. Each joins one VPP, or none, and the welfare is the sum of the
// values of the VPPs:
//
//	max Σ_v J_v(S_v) + Σ_{i outside} u_i        S_v: the DERs of VPP v, none in two VPPs
//
// Any prices y_v inside the VPPs prove a bound, because a DER that trades at
// prices is worth at least as much as in any VPP (weak duality):
//
//	welfare ≤ Σ_v G_v(y_v) + Σ_i max(u_i, max_v π_i(y_v))
//
// G_v is the best value of VPP v that trades at y_v instead of having members,
// and π_i the best answer of DER i. DERs answer by [der.Responder], or by a
// program of their own, and must have convex schedules. The gap of indivisible
// DERs is at most that of as many DERs as there are rows with members, so that
// it vanishes relative to the gain as their number grows.
//
// [Distinct.Solve] takes prices from classes of similar DERs, and sorts the
// DERs by their preferences.
//
// For example, 10 000 batteries and roofs of different size, orientation,
// efficiency and wear are split over ten VPPs with a proven gap of about 0.1 %
// of the gain.
//
// Sources: Starr, "Quasi-equilibria in markets with non-convex preferences",
// Econometrica 37 (1969) 25, and Bertsekas, Constrained Optimization and
// Lagrange Multiplier Methods (1982), chapter 5, for the gap.
type Distinct struct {
	VPPs    []vpp.VPP // with different names
	DERs    []der.DER // with different names
	Setting vpp.Setting
	Outside []float64 // u_i, payoff of a DER outside of all VPPs, per DER. Nil: 0
}

// DistinctOptions are options of [Distinct.Solve]. The zero value is ready for
// use.
type DistinctOptions struct {
	Classes   int     // of similar DERs. Default 0: 40
	Types     int     // of DERs within a class. Default 0: 8
	Tolerance float64 // of the values of all VPPs together, relative to the gain. Default 0: 2e-4

	// Seed solves the programs of classes, which are large: by package
	// milp/ipm, for example. Nil: the solver of the VPPs.
	Seed milp.Solver
	// Masters solves the programs of the VPPs with columns of their members,
	// one on each core. A vertex is of no use there: each program has new
	// columns. Nil: the solver of the VPPs.
	Masters milp.Solver

	// Regret is the aimed error of [Assignment.Regret], relative to the mean
	// payoff of a DER. Default 0: 0.01. It needs programs with one DER more or
	// less, at most Programs of them. Default 0: 200; negative: none.
	Regret   float64
	Programs int

	// Progress, if not nil, is called before each stage with its name. It is
	// called by one goroutine.
	Progress func(stage string)
}

// withDefaults returns o with its defaults.
func (o DistinctOptions) withDefaults(solver milp.Solver) DistinctOptions {
	if o.Classes <= 0 {
		o.Classes = 40
	}
	if o.Types <= 0 {
		o.Types = 8
	}
	if o.Tolerance <= 0 {
		o.Tolerance = 2e-4
	}
	if o.Regret <= 0 {
		o.Regret = 0.01
	}
	if o.Programs == 0 {
		o.Programs = 200
	}
	if o.Seed == nil {
		o.Seed = solver
	}
	if o.Masters == nil {
		o.Masters = solver
	}
	if o.Progress == nil {
		o.Progress = func(string) {}
	}
	return o
}

// Nowhere is the place of a DER outside of all VPPs.
const Nowhere = nowhere

// Assignment is a split of different DERs with its certificate. Payoffs are
// marginal values, in units of the objective of a VPP over the horizon.
type Assignment struct {
	Place []int // per DER: its VPP, or Nowhere

	Values  []float64 // per VPP: a value that it reaches with its DERs, at most J_v(S_v)
	Welfare float64   // Σ Values, and the payoffs of the DERs outside
	Bound   float64   // no split has a larger welfare, rounded up
	Gap     float64   // Bound − Welfare
	Empty   float64   // welfare if all DERs stay outside
	Gain    float64   // Welfare − Empty

	// Payoff is π_i(y), the value of the DER at the prices of its place, and
	// Regrets is its gain from a move to its best place at the prices. Both are
	// per DER. The regrets are a part of Gap.
	Payoff, Regrets []float64
	// Regret bounds the gain of any single DER that moves, in values of VPPs
	// with one DER more or less: no DER gains more. At least one DER gains
	// LeastRegret or more, so that the bound is tight if both are nearly equal.
	// Supports are the prices that prove Regret, per VPP, and of a VPP as
	// Duals.
	Regret, LeastRegret float64
	Supports            [][][]float64

	// Duals are the prices that prove Bound, per VPP and row of its program, as
	// [Distinct.Bound] takes them. Prices are those of electricity, per VPP,
	// scenario and step, currency per MWh; nil without weight on the economy.
	Duals  [][]float64
	Prices [][][]float64

	// Relaxed names the VPPs whose stores may inject and withdraw at once here,
	// because a negative marginal value of energy is not excluded. The bound
	// holds for them, too; the welfare may be too large.
	Relaxed []string
	Rounds  int // of columns, over all VPPs
}

// Validate returns an error that lists all violations of the data.
func (p *Distinct) Validate() error {
	bad := faults.List{Prefix: "fleet: "}
	bad.Require(len(p.VPPs) > 0, "VPPs is empty, want at least one")
	bad.Require(len(p.DERs) > 0, "DERs is empty, want at least one")
	if p.Outside != nil {
		bad.Require(len(p.Outside) == len(p.DERs), "Outside has %d payoffs, want one for each of %d DERs, or nil", len(p.Outside), len(p.DERs))
	}
	bad.Require(p.Setting.Markets.Reserve == nil,
		"Setting.Markets.Reserve is given, but DERs that differ have no price of reserve; leave the reserve market out, or use Problem")
	for i, u := range p.Outside {
		bad.Finite(fmt.Sprintf("Outside[%d]", i), u, "")
	}
	names := map[string]bool{}
	for v, x := range p.VPPs {
		bad.Require(!names[x.Name], "two VPPs are named %q; names must differ", x.Name)
		names[x.Name] = true
		one := vpp.Problem{VPP: x, Setting: p.Setting}
		if v == 0 {
			one.Members = p.DERs // checks each DER, and that their names differ
		}
		bad.Add(one.Validate())
	}
	return bad.Err()
}

// population is a problem that is being solved.
type population struct {
	problem *Distinct
	all     []answerer
	venues  []*venue
	names   map[string]bool
	solver  milp.Solver // of DERs without answers of their own
	linear  milp.Solver // of VPPs
	masters milp.Solver // of VPPs with columns
	relaxed []string
}

// outside returns u_i.
func (x *population) outside(i int) float64 {
	if x.problem.Outside == nil {
		return 0
	}
	return x.problem.Outside[i]
}

// prepare formulates the programs of the VPPs, and finds out how each DER
// answers.
func (p *Distinct) prepare(ctx context.Context, solver milp.Solver) (*population, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	x := &population{problem: p, names: map[string]bool{}, solver: solver, linear: solver, masters: solver}
	for _, d := range p.DERs {
		x.names[d.Name()] = true
	}
	// The context of members, such as the least marginal value of energy, is
	// known after their VPP is formulated once, without amounts.
	none := [2]*amounts{}
	for k := range none {
		none[k] = newAmounts(p.Setting.Set.Len(), p.Setting.Set.Steps())
	}
	contexts := make([]der.Context, len(p.VPPs))
	for v := range contexts {
		venue, err := p.newVenue(v, none)
		if err != nil {
			return nil, err
		}
		contexts[v] = venue.probes[0].context
	}
	var err error
	if x.all, x.relaxed, err = p.answerers(contexts); err != nil {
		return nil, err
	}
	limits, err := p.limits(ctx, solver, x.all)
	if err != nil {
		return nil, err
	}
	for v := range p.VPPs {
		venue, err := p.newVenue(v, limits)
		if err != nil {
			return nil, err
		}
		x.venues = append(x.venues, venue)
	}
	return x, nil
}

// tariffs returns the prices of all VPPs.
func (x *population) tariffs(duals [][]float64) []tariff {
	out := make([]tariff, len(x.venues))
	for v := range out {
		out[v] = x.venues[v].tariff(duals[v])
	}
	return out
}

// Solve assigns the DERs to VPPs. The solver solves the programs of the VPPs,
// and those of DERs that do not answer prices; it must return duals. The stages
// are
//
//	prices of a few classes       alike: they prefer the VPPs alike, at prices without members
//	prices of many classes        alike at the prices before, sorted by type within a class
//	prices of classes and types   the same again, because types are right to the first order only
//	assignment                    each DER to a VPP, with the split of its class
//	values of the VPPs            with their own DERs, by columns
//	certificate                   for prices of the classes, of the VPPs and in between
//	moves of single DERs          by programs with one DER more or less, see [Assignment.Regret]
func (p *Distinct) Solve(ctx context.Context, solver milp.Solver, o DistinctOptions) (*Assignment, error) {
	o = o.withDefaults(solver)
	o.Progress("formulation")
	x, err := p.prepare(ctx, solver)
	if err != nil {
		return nil, err
	}
	x.masters = o.Masters
	empty := make([]float64, len(x.venues))
	duals := make([][]float64, len(x.venues))
	for v, venue := range x.venues {
		if empty[v], duals[v], err = venue.empty(ctx, solver); err != nil {
			return nil, err
		}
	}
	var (
		c      *classes
		g      *guess
		values [][]float64
	)
	for stage, n := range []int{max(1, o.Classes/3), o.Classes, o.Classes} {
		o.Progress([]string{"prices of a few classes", "prices of many classes", "prices of classes and types"}[stage])
		prices := x.tariffs(duals)
		if values, err = x.answers(ctx, prices); err != nil {
			return nil, err
		}
		if c, err = x.classify(values, n, o.Types); err != nil {
			return nil, err
		}
		var extra [][][]float64
		if stage > 0 {
			if extra, err = x.extra(ctx, c, values, prices); err != nil {
				return nil, err
			}
		}
		if g, err = x.classProgram(ctx, c, o.Seed, extra); err != nil {
			return nil, err
		}
		duals = g.duals
	}
	o.Progress("assignment")
	if values, err = x.answers(ctx, x.tariffs(duals)); err != nil {
		return nil, err
	}
	place, err := x.assign(ctx, solver, c, g, values)
	if err != nil {
		return nil, err
	}
	o.Progress("values of the VPPs")
	bound, err := x.bound(ctx, duals, values)
	if err != nil {
		return nil, err
	}
	// The gain is not known yet. Its bound is close enough for a tolerance.
	gain := bound.total
	for v := range empty {
		gain -= empty[v]
	}
	for i := range x.all {
		gain -= x.outside(i)
	}
	// The error of the value of a VPP is one of the gain of a DER that moves,
	// too.
	aim := x.aim(place, values, o)
	tolerance := max(o.Tolerance*gain, 1e-9*math.Abs(bound.total)) / float64(len(x.venues))
	starts := make([][][]float64, len(x.venues))
	for v := range starts {
		starts[v] = [][]float64{duals[v]}
	}
	reached, err := x.dispatchAll(ctx, place, c.class, starts, min(tolerance, aim/4))
	if err != nil {
		return nil, err
	}
	o.Progress("certificate")
	out, err := x.certify(ctx, place, duals, reached, empty)
	if err != nil {
		return nil, err
	}
	o.Progress("moves of single DERs")
	m := newMoves(place, reached)
	if err := x.tightenAll(ctx, m, supports(out.Duals, duals, reached)); err != nil {
		return nil, err
	}
	if err := x.proveMoves(ctx, m, reached, aim, o.Programs); err != nil {
		return nil, err
	}
	out.Regret, out.LeastRegret, out.Supports = x.regret(m), x.reached(m), m.supports
	return out, nil
}

// dispatchAll returns the values of all VPPs with their members.
func (x *population) dispatchAll(ctx context.Context, place, class []int, starts [][][]float64, tolerance float64) ([]dispatched, error) {
	members := make([][]int, len(x.venues))
	for i, v := range place {
		if v != Nowhere {
			members[v] = append(members[v], i)
		}
	}
	out := make([]dispatched, len(x.venues))
	err := inParallel(len(out), func(v int) (err error) {
		out[v], err = x.dispatch(ctx, v, members[v], class, starts[v], tolerance)
		return err
	})
	return out, err
}
