package trigrid

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/fleet"
	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/internal/store"
	"github.com/trigrid/trigrid/ledger/contracts"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/milp/highs"
	"github.com/trigrid/trigrid/milp/ipm"
	"github.com/trigrid/trigrid/vpp"
)

// Sizes of a region of fleets. All are assumed.
const (
	// interiorRows is the number of rows from which the joint program is solved
	// by package ipm: simplex methods need minutes for 100,000 rows, and 20 s
	// for 20,000.
	interiorRows = 10_000
	// interiorTolerance is that of its solution. The certificate measures the
	// error of the prices.
	interiorTolerance = 1e-5
	// replyPairs and replyDERs bound the regions in which single DERs move
	// after rounding. Each move needs two programs per class and VPP, and a DER
	// of a million is worth less than their error.
	replyPairs, replyDERs = 100, 100_000
	// moveCost is the cost of a move from [Options.Last], as a fraction of the
	// mean gain per DER.
	moveCost = 1e-5
)

// OfFleets reports whether the region is one of fleets, whose classes divide
// among the VPPs: a fleet has at least [MinFleet] DERs, or the region more than
// [vpp.MaxDERs].
func (r Region) OfFleets() bool {
	return len(r.DERs) > vpp.MaxDERs || slices.ContainsFunc(r.DERs, func(d der.DER) bool {
		u, ok := d.(*der.Fleet)
		return ok && u != nil && u.Count >= MinFleet
	})
}

// fleets returns the DERs as classes, in their order. A single DER is a class
// of one, whose share in a VPP is 0 or 1 after rounding.
func (r Region) fleets() []der.Fleet {
	out := make([]der.Fleet, len(r.DERs))
	for k, d := range r.DERs {
		if u, ok := d.(*der.Fleet); ok {
			out[k] = *u
		} else {
			out[k] = der.Fleet{Unit: d, Count: 1}
		}
	}
	return out
}

// like reports whether a summary has the VPPs and the classes of the region,
// with a split that the classes can have: numbers of at least 0, whose sum is
// at most that of the class.
func (r Region) like(s *fleet.Summary) bool {
	return slices.EqualFunc(r.VPPs, s.VPPs, func(v vpp.VPP, name string) bool { return v.Name == name }) &&
		slices.EqualFunc(r.fleets(), s.Classes, func(f der.Fleet, c fleet.ClassSummary) bool {
			left := f.Count
			for _, n := range c.Members {
				if n < 0 || n > left {
					return false
				}
				left -= n
			}
			return f.Name() == c.Name && f.Count == c.Count && len(c.Members) == len(s.VPPs)
		})
}

// fleetRule returns the sharing rule of a region of fleets, nil if its rule has
// no form for them.
//
// Rules by service or the nucleolus have no potential, so that no single
// program finds their equilibrium. The Shapley value of many small DERs tends
// to that of a continuum, with an error of one over their number.
func (r Region) fleetRule() fleet.Rule {
	switch r.Sharing.(type) {
	case nil, vpp.Marginal:
		return fleet.Marginal{}
	case vpp.Shapley, vpp.SampledShapley:
		return fleet.AumannShapley{}
	}
	return nil
}

// validateFleets returns the violations of a region whose fleets divide.
// Undivided fleets have none of these rules.
func (r Region) validateFleets() error {
	bad := faults.List{Prefix: "region: "}
	bad.Require(r.fleetRule() != nil, "the sharing rule %v has no form for fleets; leave it out, or share by vpp.Shapley or vpp.Marginal", r.Sharing)
	bad.Require(r.Setting.Weights.Economic > 0, "the weight of the economy is 0, so that shares of a fleet are no money; give it a weight")
	bad.Require(r.Setting.Modelling.Admission == vpp.AdmitAll, "VPPs of a region of fleets admit each DER; leave the admission out")
	for _, v := range r.VPPs {
		bad.Require(v.PassThrough == r.VPPs[0].PassThrough && v.PassThrough > 0,
			"VPP %q passes %v of the gain through, and VPP %q %v; in a region of fleets give all the same fraction above 0",
			v.Name, v.PassThrough, r.VPPs[0].Name, r.VPPs[0].PassThrough)
	}
	for _, d := range r.DERs {
		if u, ok := d.(*der.Fleet); ok && u.Unit != nil {
			bad.Require(u.Count <= contracts.MaxClass, "class %q has %d DERs, want at most %d; divide it into classes of other names", u.Name(), u.Count, contracts.MaxClass)
		}
	}
	return bad.Err()
}

// fleetRun is the state of a run on a region of fleets. Its methods fill it in
// this order:
//
//	solve      equilibrium and certificate, from the joint program and its prices
//	round      members, whole DERs
//	planVPPs   plans of the VPPs with these members
//	settle     payments, from payoffs and plans
type fleetRun struct {
	region  Region // with the weights as published
	o       Options
	clock   *clock
	tracker *tracker
	problem fleet.Problem
	solver  milp.Solver   // of the programs of single VPPs
	solved  *store.Solver // nil without a folder
	unit    float64       // currency per unit of a payoff in the objective, θ / w_e

	standard bool // the solver of the options is the default one

	equilibrium *fleet.Equilibrium
	backend     string
	rows        int                // of the joint program
	members     [][]int            // whole DERs per VPP and class
	certificate *fleet.Certificate // nil if the run ended before
	plans       []*vpp.Plan
	alone       []float64          // V of each VPP without members
	dynamics    *fleet.Dynamics    // nil: none
	own         *fleet.OwnRevenues // nil if own revenues are an advance on the share
	cut         bool
	moves       int
	settled     bool // no better reply is left
	programs    int
}

// runFleets is [Run] for a region of fleets, after the policy has set the
// weights. The stages on the ledger are those of other regions: weights,
// schemes, choice, settlement.
//
// Payoffs are shares of the value of a VPP in units of its objective. Divided
// by the economic weight they are currency. The tariff of a VPP is an advance
// on them and changes no payoff.
func (c *coordination) runFleets(ctx context.Context) (*Result, error) {
	// A large joint program has another solver than that of the options, unless
	// the caller has chosen one.
	_, standard := c.options.Solver.(highs.Solver)
	if err := c.open(ctx, c.region.fleets()...); err != nil {
		return nil, err
	}
	closing, tracker, book := c.clock.closing, c.tracker, c.book
	x := &fleetRun{
		region: c.region, o: c.options, clock: c.clock, tracker: tracker,
		solver: c.options.Solver, standard: standard, solved: c.solved,
	}
	res := c.result(c.region.fleetRule().Name(), PlanningFleet)
	// JSON has empty lists instead of null, as in results of other regions.
	res.DERs, res.Coalitions, res.OpenPrograms = []DERResult{}, []Achievement{}, []Open{}
	res.Infeasible, res.IdenticalDERs = []Infeasible{}, [][]string{}

	began := time.Now()
	reason, why, err := x.solve()
	if err != nil {
		return nil, err
	}
	planning := time.Since(began)
	res.Cut = x.cut
	if reason != "" {
		// Without an allocation there is nothing to choose and to pay. The
		// plans can end after the last grace of a caller, and the ledger has
		// the weights.
		res.unallocated(x, reason, why)
		return c.finish(context.WithoutCancel(closing), res, Timing{Coalitions: planning, Programs: x.programs})
	}
	if err := x.ownRevenues(res); err != nil {
		return nil, err
	}
	if err := x.compare(); err != nil {
		return nil, err
	}
	res.Cut = res.Cut || x.cut
	// Amounts come first, because schemes state the payments that the
	// settlement pays.
	paid, err := x.settle(res)
	if err != nil {
		return nil, err
	}
	x.addTo(res, paid)

	tracker.stage(Schemes, 0, 1)
	if err := x.submit(closing, book, paid); err != nil {
		return nil, err
	}
	tracker.stage(Schemes, 1, 1)
	tracker.stage(Choice, 0, 1)
	if err := book.split(closing, x); err != nil {
		return nil, err
	}
	tracker.stage(Choice, 1, 1)
	tracker.stage(Settling, 0, 1)
	if !x.o.Unsettled {
		if err := book.settle(closing, res.Settlement); err != nil {
			return nil, err
		}
		if err := book.settleClasses(closing, res.Fleet); err != nil {
			return nil, err
		}
	}
	return c.finish(closing, res, Timing{Coalitions: planning, Programs: x.programs})
}

// solve finds the equilibrium, rounds it, certifies it and plans each VPP. A
// reason other than "" states that there is no allocation. A context that ends
// before the equilibrium is known gives [NothingSolved]; one that ends later
// leaves out the certificate.
func (x *fleetRun) solve() (Reason, string, error) {
	r := x.region
	x.problem = fleet.Problem{VPPs: r.VPPs, Fleets: r.fleets(), Setting: r.Setting, Rule: r.fleetRule()}
	x.unit = r.VPPs[0].PassThrough / r.Setting.Weights.Economic
	// Outside payoffs are currency, and those of the problem units of the
	// objective.
	for _, d := range r.DERs {
		x.problem.Outside = append(x.problem.Outside, r.Outside[d.Name()]/x.unit)
	}
	if last := x.o.Last; last != nil {
		x.problem.Last = make([][]float64, len(r.VPPs))
		for v := range r.VPPs {
			for _, c := range last.Classes {
				x.problem.Last[v] = append(x.problem.Last[v], float64(c.Members[v]))
			}
		}
		x.problem.Move = moveCost * max(0, last.Gain) / float64(max(1, last.DERs))
	}
	ctx := x.clock.planning
	x.tracker.stage(Joint, 0, 1)
	program, err := x.problem.Formulate()
	if err != nil {
		return "", "", err
	}
	x.programs++
	x.rows = program.Model.Rows()
	x.equilibrium, err = x.joint(ctx, program)
	switch {
	// A solver can report the end of its context as an error of its own.
	case ctx.Err() != nil:
		x.cut = true
		return NothingSolved, "the run ended before the joint program of the fleets was solved; give it a larger budget", nil
	case errors.Is(err, milp.ErrInfeasible):
		return NothingFeasible, x.infeasible(), nil
	case err != nil:
		return "", "", err
	}
	x.tracker.stage(Joint, 1, 1)
	x.tracker.stage(Certifying, 0, 2)
	// The certificate follows from the prices. The welfare of whole DERs is
	// that of their plans.
	if x.certificate, err = x.problem.Verify(ctx, x.solver, x.equilibrium); err != nil && ctx.Err() == nil {
		return "", "", err
	}
	x.cut = x.certificate == nil
	x.tracker.stage(Certifying, 1, 2)
	if err := x.round(ctx); err != nil {
		return "", "", err
	}
	return x.planVPPs()
}

// joint solves the joint program: a large one by the interior-point method and,
// if that does not reach its tolerance, by the solver of the options, which
// solves all others.
func (x *fleetRun) joint(ctx context.Context, program *fleet.Program) (*fleet.Equilibrium, error) {
	if x.standard && program.Model.Rows() > interiorRows {
		var interior milp.Solver = ipm.Solver{Tolerance: interiorTolerance, Threads: x.o.Workers}
		if x.solved != nil {
			storing, err := x.solved.With(interior)
			if err != nil {
				return nil, err
			}
			interior = storing
		}
		e, err := program.Solve(ctx, interior)
		// A program that stalls before its tolerance has another chance.
		if err == nil || ctx.Err() != nil {
			x.backend = "interior point, pure Go"
			return e, err
		}
		x.programs++
		if x.problem.Last != nil { // without the cost of moves, which is for ties only
			x.problem.Last = nil
			if program, err = x.problem.Formulate(); err != nil {
				return nil, err
			}
			return x.joint(ctx, program)
		}
	}
	x.backend = "HiGHS"
	return program.Solve(ctx, x.o.Solver)
}

// round moves to whole DERs. In a small region single DERs then move to a
// better place.
//
// For example, 28,143.7 and 2,369.9 DERs become 28,144 and 2,370.
func (x *fleetRun) round(ctx context.Context) error {
	e := *x.equilibrium
	if x.certificate != nil {
		e.Members = x.problem.Tidy(&e, x.certificate)
	}
	x.members = x.problem.Whole(e.Members)
	ders := 0
	for _, f := range x.problem.Fleets {
		ders += f.Count
	}
	if len(x.region.VPPs)*len(x.problem.Fleets) > replyPairs || ders > replyDERs {
		return nil
	}
	// Each move raises the potential, so that the moves end.
	rounded, err := x.problem.Round(ctx, x.solver, &e, fleet.RoundOptions{})
	switch {
	case err == nil:
		x.members, x.moves, x.settled = rounded.Members, rounded.Moves, rounded.Settled
	case ctx.Err() != nil:
		x.cut = true // the rounded split is one without better replies
	default:
		return err
	}
	return nil
}

// planVPPs plans each VPP with its whole DERs, and without members, several at
// a time. The plans have the integers of all DERs; those of kinds that do not
// scale exactly follow one schedule per VPP.
//
// Rounding can make a VPP infeasible that needs each of its DERs, which is an
// outcome.
func (x *fleetRun) planVPPs() (Reason, string, error) {
	var (
		n     = len(x.region.VPPs)
		errs  = make([]error, n)
		group sync.WaitGroup
		slots = make(chan struct{}, max(1, x.o.Workers))
	)
	x.plans, x.alone = make([]*vpp.Plan, n), make([]float64, n)
	for v := range n {
		group.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			p := vpp.Problem{VPP: x.region.VPPs[v], Setting: x.region.Setting}
			empty, err := p.Solve(x.clock.closing, x.solver)
			switch {
			case err == nil:
				x.alone[v] = empty.Value.Integrated
			case errors.Is(err, milp.ErrInfeasible):
				x.alone[v] = math.NaN() // such as demand that the connection cannot import
			default:
				errs[v] = err
				return
			}
			for k, f := range x.problem.Fleets {
				if count := x.members[v][k]; count > 0 {
					p.Members = append(p.Members, &der.Fleet{Unit: f.Unit, Count: count})
				}
			}
			x.plans[v], errs[v] = p.Solve(x.clock.closing, x.solver)
		})
	}
	group.Wait()
	// The first VPP in the order of the region gives the reason, on any number
	// of cores.
	x.programs += 2 * n
	for v, err := range errs {
		if err != nil && x.clock.closing.Err() != nil {
			x.cut = true
			return NothingSolved, "the run ended before the VPPs were planned with whole DERs; give it a larger budget, or a store from which another run continues", nil
		}
		if errors.Is(err, milp.ErrInfeasible) {
			return NothingFeasible, fmt.Sprintf("VPP %q cannot run with the whole DERs of the equilibrium: %v", x.region.VPPs[v].Name, err), nil
		}
	}
	return "", "", errors.Join(errs...)
}

// ownRevenues computes the payoffs with own revenues on top of shares, if the
// region has them. A run that ends before pays by the default form, and its
// result has a warning.
func (x *fleetRun) ownRevenues(res *Result) error {
	if x.region.Setting.Modelling.OwnRevenue != vpp.TariffOnly {
		return nil
	}
	var outside []float64
	for k := range x.problem.Fleets {
		outside = append(outside, x.problem.Outside[k]*x.unit)
	}
	own, err := x.problem.OwnRevenues(x.clock.planning, x.solver, x.members, fleet.OwnOptions{Outside: outside, Workers: x.o.Workers})
	switch {
	case err == nil:
		x.own, x.programs = own, x.programs+own.Programs
	case x.clock.planning.Err() != nil:
		x.cut, res.Cut = true, true
		res.Warnings = append(res.Warnings, "the run ended before the payoffs with own revenues on top of shares were known; "+
			"payoffs and payments have own revenues as an advance on the share")
	default:
		return err
	}
	return nil
}

// payoff returns the payoff of one DER of class k in VPP v, currency.
func (x *fleetRun) payoff(v, k int) float64 {
	if x.own != nil {
		return x.own.Payoff[v][k]
	}
	return x.equilibrium.Payoff[k] * x.unit
}

// infeasible names the VPPs that cannot run with all DERs, for a joint program
// without a solution.
func (x *fleetRun) infeasible() string {
	var reasons []string
	for _, v := range x.region.VPPs {
		if err := (vpp.Problem{VPP: v, Members: x.region.DERs, Setting: x.region.Setting}).Diagnose(); err != nil {
			reasons = append(reasons, err.Error())
		}
	}
	if reasons == nil {
		return "no split of the fleets lets all VPPs run"
	}
	return "no split of the fleets lets all VPPs run: " + strings.Join(reasons, "; ")
}
