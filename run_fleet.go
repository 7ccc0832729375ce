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
	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/contracts"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/milp/highs"
	"github.com/trigrid/trigrid/milp/ipm"
	"github.com/trigrid/trigrid/vpp"
	"github.com/trigrid/trigrid/weights"
)

// Sizes of a region of fleets. All are assumed.
const (
	// interiorRows is the number of rows from which the joint program is solved by package ipm:
	// simplex methods need minutes for 100,000 rows.
	interiorRows = 30_000
	// interiorTolerance is that of its solution. The certificate measures the error of the prices.
	interiorTolerance = 1e-5
	// replyPairs and replyDERs bound the regions in which single DERs move after rounding. Each
	// move needs two programs per class and VPP, and a DER of a million is worth less than their
	// error.
	replyPairs, replyDERs = 100, 100_000
	// moveCost is the cost of a move from [Options.Last], as a fraction of the mean gain per DER.
	moveCost = 1e-5
)

// ofFleets reports whether the DERs of a region divide among VPPs.
func (r Region) ofFleets() bool {
	return len(r.DERs) > vpp.MaxDERs || slices.ContainsFunc(r.DERs, func(d der.DER) bool {
		u, ok := d.(*der.Fleet)
		return ok && u.Count >= MinFleet
	})
}

// fleets returns the DERs as classes. A single DER is a class of one.
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

// like reports whether a summary has the VPPs and the classes of the region.
func (r Region) like(s *fleet.Summary) bool {
	return slices.EqualFunc(r.VPPs, s.VPPs, func(v vpp.VPP, name string) bool { return v.Name == name }) &&
		slices.EqualFunc(r.fleets(), s.Classes, func(f der.Fleet, c fleet.ClassSummary) bool {
			return f.Name() == c.Name && f.Count == c.Count && len(c.Members) == len(s.VPPs)
		})
}

// fleetRule returns the sharing rule of a region of fleets, nil if its rule has no form for them.
func (r Region) fleetRule() fleet.Rule {
	switch r.Sharing.(type) {
	case nil, vpp.Marginal:
		return fleet.Marginal{}
	case vpp.Shapley, vpp.SampledShapley:
		return fleet.AumannShapley{}
	}
	return nil
}

// validateFleets adds the violations that only a region of fleets can have.
func (r Region) validateFleets(bad *faults.List) {
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
}

// fleetRun is the state of a run on a region of fleets.
type fleetRun struct {
	region  Region
	o       Options
	clock   *clock
	tracker *tracker
	problem fleet.Problem
	solver  milp.Solver // of the programs of single VPPs
	unit    float64     // currency per unit of a payoff in the objective, θ / w_e

	equilibrium *fleet.Equilibrium
	backend     string
	members     [][]int            // whole DERs per VPP and class
	certificate *fleet.Certificate // nil if the run ended before
	plans       []*vpp.Plan
	alone       []float64 // V of each VPP without members
	cut         bool
	moves       int
	settled     bool // no better reply is left
	programs    int
}

// runFleets is [Run] for a region of fleets, after the policy has set the weights.
//
// Payoffs are shares of the value of a VPP in units of its objective. Divided by the economic
// weight they are currency. The tariff of a VPP is an advance on them and changes no payoff.
func runFleets(ctx context.Context, r Region, o Options, signals *weights.Signals, stated weights.Vector) (*Result, error) {
	clock := newClock(ctx, o.Budget)
	defer clock.stop()
	closing := clock.closing
	tracker := newTracker(o.Observe, clock, r)
	defer tracker.stop()

	tracker.stage(Registration, 0, 1)
	book, err := openLedger(closing, r, o)
	if err != nil {
		return nil, err
	}
	defer book.close()
	if err := book.classes(closing, r.fleets()); err != nil {
		return nil, err
	}
	if signals != nil {
		if err := book.signals(closing, *signals); err != nil {
			return nil, err
		}
	}
	if r, err = book.weights(closing); err != nil {
		return nil, err
	}
	tracker.planning(r)
	tracker.stage(Registration, 1, 1)

	x := &fleetRun{region: r, o: o, clock: clock, tracker: tracker, solver: o.Solver}
	res := &Result{
		Region: r.Name, Notes: r.Notes, Warnings: r.Warnings(), Weights: r.Setting.Weights, Scenarios: r.Setting.Set.Len(),
		Sharing: r.fleetRule().Name(), Planning: PlanningFleet,
		DERs: []DERResult{}, Coalitions: []Achievement{}, OpenPrograms: []Open{}, Infeasible: []Infeasible{}, IdenticalDERs: [][]string{},
	}
	if signals != nil {
		res.Signals, res.RegionWeights = signals, &stated
	}
	if o.Store != "" {
		res.Warnings = append(res.Warnings, "a region of fleets stores no programs; Options.Store is not used")
	}
	began := time.Now()
	reason, why, err := x.solve()
	if err != nil {
		return nil, err
	}
	planning := time.Since(began)
	res.Cut = x.cut
	if reason != "" {
		res.unallocated(x, reason, why)
		if res.Ledger, err = book.summary(closing); err != nil {
			return nil, err
		}
		res.Timing = Timing{Coalitions: planning, Total: time.Since(clock.began), Workers: o.Workers, Programs: x.programs}
		return res, nil
	}
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
	if !o.Unsettled {
		if err := book.settle(closing, res.Settlement); err != nil {
			return nil, err
		}
		if err := book.settleClasses(closing, res.Fleet); err != nil {
			return nil, err
		}
	}
	if res.Ledger, err = book.summary(closing); err != nil {
		return nil, err
	}
	if o.Export != nil {
		if err := book.net.Export(closing, o.Export); err != nil {
			return nil, err
		}
	}
	tracker.stage(Settling, 1, 1)
	res.Timing = Timing{
		Coalitions: planning, Choice: 0, Total: time.Since(clock.began), Workers: o.Workers, Programs: x.programs,
	}
	return res, nil
}

// solve finds the equilibrium, rounds it, certifies it and plans each VPP. A reason other than ""
// states that there is no allocation. A context that ends before the equilibrium is known gives
// [NothingSolved]; one that ends later leaves out the certificate.
func (x *fleetRun) solve() (Reason, string, error) {
	r := x.region
	x.problem = fleet.Problem{VPPs: r.VPPs, Fleets: r.fleets(), Setting: r.Setting, Rule: r.fleetRule()}
	x.unit = r.VPPs[0].PassThrough / r.Setting.Weights.Economic
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
	x.equilibrium, err = x.joint(ctx, program)
	switch {
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
	// The certificate follows from the prices. The welfare of whole DERs is that of their plans.
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

// joint solves the joint program: a large one by the interior-point method and, if that does not
// reach its tolerance, by the solver of the options, which solves all others.
func (x *fleetRun) joint(ctx context.Context, program *fleet.Program) (*fleet.Equilibrium, error) {
	if _, standard := x.o.Solver.(highs.Solver); standard && program.Model.Rows() > interiorRows {
		e, err := program.Solve(ctx, ipm.Solver{Tolerance: interiorTolerance, Threads: x.o.Workers})
		if err == nil || ctx.Err() != nil {
			x.backend = "interior point, pure Go"
			return e, err
		}
		x.programs++
	}
	x.backend = "HiGHS"
	return program.Solve(ctx, x.o.Solver)
}

// round moves to whole DERs. In a small region single DERs then move to a better place.
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

// planVPPs plans each VPP with its whole DERs, and without members, several at a time.
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
				x.alone[v] = math.NaN()
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
	x.programs += 2 * n
	for v, err := range errs {
		if errors.Is(err, milp.ErrInfeasible) {
			return NothingFeasible, fmt.Sprintf("VPP %q cannot run with the whole DERs of the equilibrium: %v", x.region.VPPs[v].Name, err), nil
		}
	}
	return "", "", errors.Join(errs...)
}

// infeasible names the VPPs that cannot run with all DERs, for a joint program without a solution.
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

// unallocated fills a result without an allocation.
func (res *Result) unallocated(x *fleetRun, reason Reason, why string) {
	res.Fleet = &fleet.Summary{Rule: res.Sharing, Classes: []fleet.ClassSummary{}}
	res.Game = GameResult{Verdict: "no allocation", Reason: why, Infeasible: reason == NothingFeasible}
	res.Recommendation = &Recommendation{Reason: reason, Explanation: why}
	for _, v := range x.region.VPPs {
		res.Fleet.VPPs = append(res.Fleet.VPPs, v.Name)
		res.VPPs = append(res.VPPs, VPPResult{Name: v.Name, Members: []string{}, Scheme: []string{}, RiskAversion: v.RiskAversion})
		res.Plans = append(res.Plans, nil)
	}
}

// settle returns the payments per VPP and class in minor units, and sets the settlement: lines of
// classes, of VPPs and of the grid that sum to zero. A class receives its payoff and its own costs.
func (x *fleetRun) settle(res *Result) ([][]int64, error) {
	var (
		n, m    = len(x.region.VPPs), len(x.problem.Fleets)
		amounts = make([]float64, n*m+n) // per VPP and class, then per VPP
	)
	for v, plan := range x.plans {
		for k, f := range x.problem.Fleets {
			count := x.members[v][k]
			if count == 0 {
				continue
			}
			amounts[v*m+k] = float64(count) * x.equilibrium.Payoff[k] * x.unit
			for i := range plan.Members {
				if plan.Members[i].DER.Name() == f.Name() {
					amounts[v*m+k] += plan.Members[i].Cost
				}
			}
			amounts[n*m+v] -= amounts[v*m+k]
		}
		amounts[n*m+v] += plan.Value.Trade - plan.Value.Imbalance + plan.Value.Environment
	}
	minor, grid, err := market.SettleWith(amounts, market.Fen)
	if err != nil {
		return nil, fmt.Errorf("settlement: %w", err)
	}
	paid := make([][]int64, n)
	for v := range paid {
		paid[v] = minor[v*m : (v+1)*m]
	}
	for k, f := range x.problem.Fleets {
		line := Line{Party: f.Name()}
		for v := range paid {
			line.Minor += paid[v][k]
		}
		res.Settlement = append(res.Settlement, line)
	}
	for v, p := range x.region.VPPs {
		res.Settlement = append(res.Settlement, Line{p.Name, minor[n*m+v]})
	}
	res.Settlement = append(res.Settlement, Line{GridParty, grid})
	return paid, nil
}

// addTo adds the classes and the VPPs to a result.
func (x *fleetRun) addTo(res *Result, paid [][]int64) {
	s := &fleet.Summary{Rule: res.Sharing, Solver: x.backend, Moves: x.moves, Settled: x.settled}
	res.Fleet, res.Solver = s, x.plans[0].Solution.Backend
	for v, plan := range x.plans {
		s.VPPs = append(s.VPPs, x.region.VPPs[v].Name)
		s.Welfare += plan.Value.Objective
		res.VPPs = append(res.VPPs, x.vppResult(v))
		res.Plans = append(res.Plans, plan)
		res.Warnings = append(res.Warnings, plan.Warnings()...)
		res.LargestGap = max(res.LargestGap, plan.AbsoluteGap)
		prices := make([]float64, x.region.Setting.Set.Steps())
		for k, path := range x.equilibrium.Prices[v] {
			for t, price := range path {
				prices[t] += x.region.Setting.Set.Probability(k) * price
			}
		}
		s.Prices = append(s.Prices, prices)
	}
	outside := make([]float64, len(x.problem.Fleets))
	payoffs, regrets := 0.0, 0.0
	for k, f := range x.problem.Fleets {
		c := fleet.ClassSummary{Name: f.Name(), Count: f.Count, Outside: f.Count, Payoff: x.equilibrium.Payoff[k] * x.unit}
		outside[k] = x.problem.Outside[k] * x.unit
		best := outside[k]
		for v := range x.plans {
			c.Members = append(c.Members, x.members[v][k])
			c.Outside -= x.members[v][k]
			c.Paid = append(c.Paid, paid[v][k])
			if x.certificate != nil {
				c.Reach = append(c.Reach, x.certificate.Payoff[v][k]*x.unit)
				best = max(best, c.Reach[v])
			}
		}
		place := func(n int, payoff float64) {
			if n > 0 && x.certificate != nil {
				c.Regret = max(c.Regret, best-payoff)
				regrets += float64(n) * (best - payoff)
			}
		}
		for v, reach := range c.Reach {
			place(c.Members[v], reach)
		}
		place(c.Outside, outside[k])
		s.Regret = max(s.Regret, c.Regret)
		s.Welfare += x.problem.Outside[k] * float64(c.Outside)
		payoffs += x.equilibrium.Payoff[k] * float64(c.Count-c.Outside)
		s.Classes = append(s.Classes, c)
	}
	s.Spread(outside)
	verdict := "equilibrium without certificate"
	reason := "the run ended before the certificate of the equilibrium was computed"
	if c := x.certificate; c != nil {
		empty := c.Empty / x.nodeFactors()
		s.Certified, s.Bound, s.Gain = true, c.WelfareBound, s.Welfare-empty
		s.MeanRegret = regrets / float64(s.DERs)
		if s.Gain > 0 { // DERs that bring nothing have no gap
			s.Gap, s.PaidShare = max(0, s.Bound-s.Welfare)/s.Gain, payoffs/s.Gain
		}
		verdict = "certified equilibrium of fleets"
		reason = fmt.Sprintf("no split of the DERs is worth more than %.2g %% of the gain more; at its prices no DER gains more than %.2g by moving",
			100*s.Gap, s.Regret)
	}
	res.Game = GameResult{
		Verdict: verdict, Reason: reason, Proven: x.certificate != nil, Welfare: s.Welfare, BestWelfare: max(s.Bound, s.Welfare),
		WelfareGap: max(0, s.Bound-s.Welfare),
	}
	if x.certificate == nil {
		res.Game.BestWelfare, res.Game.WelfareGap = s.Welfare, 0
	}
}

// nodeFactors returns Σ_q w_q / t_q, with which the potential of a rule counts the VPPs without
// members.
func (x *fleetRun) nodeFactors() float64 {
	sum := 0.0
	at, weight := x.problem.Rule.Nodes()
	for q := range at {
		sum += weight[q] / at[q]
	}
	return sum
}

// vppResult returns the numbers of one VPP. Members are the classes with DERs in it.
func (x *fleetRun) vppResult(v int) VPPResult {
	plan, set := x.plans[v], x.region.Setting.Set
	value := plan.Value
	out := VPPResult{
		Name: x.region.VPPs[v].Name, Members: []string{}, RiskAversion: x.region.VPPs[v].RiskAversion,
		Economic: value.Economic, VaR: value.VaR, CVaR: value.Risk, Environment: value.Environment, Integrated: value.Integrated,
		Alone: x.alone[v], Imbalance: value.Imbalance, RenewableUtilisation: plan.RenewableUtilisation(), DeviationMWh: plan.Deviation(),
	}
	if math.IsNaN(out.Alone) {
		out.Alone, out.AloneInfeasible = 0, true
	}
	for k, n := range x.members[v] {
		if n > 0 {
			out.Members = append(out.Members, x.problem.Fleets[k].Name())
		}
	}
	out.Scheme = slices.Clone(out.Members)
	for s, result := range plan.Results {
		out.EmissionT += set.Probability(s) * result.Emission
	}
	return out
}

// submit has each VPP submit its part of the equilibrium as a scheme with a row per class. A row of
// one or two DERs of a class would show the data of one of them, so that only a class that has no
// more DERs gets one.
func (x *fleetRun) submit(ctx context.Context, book *record, paid [][]int64) error {
	for v, plan := range x.plans {
		var rows []schemeRow
		for k, f := range x.problem.Fleets {
			n := x.members[v][k]
			if n == 0 || n < contracts.MinClass && f.Count >= contracts.MinClass {
				continue
			}
			for i := range plan.Members {
				if m := &plan.Members[i]; m.DER.Name() == f.Name() {
					rows = append(rows, schemeRow{f.Name(), expectedInjection(plan, m), float64(paid[v][k]) / 100, float64(n) * x.equilibrium.Payoff[k] * x.unit})
				}
			}
		}
		if err := book.scheme(ctx, x.region.VPPs[v].Name, rows); err != nil {
			return err
		}
	}
	return book.decide(ctx)
}

// classes registers the classes, unless an earlier run on the same network has.
func (l *record) classes(ctx context.Context, fleets []der.Fleet) error {
	for _, f := range fleets {
		class, has, err := l.net.Class(ctx, f.Name())
		switch {
		case err != nil:
			return err
		case has && class.Count != uint64(f.Count):
			return fmt.Errorf("ledger: class %q is registered with %d DERs, the region has %d; use a new network", f.Name(), class.Count, f.Count)
		case has:
			continue
		}
		if err := l.net.RegisterClass(ctx, f.Name(), uint64(f.Count)); err != nil {
			return err
		}
	}
	return nil
}

// split has each class commit to its numbers of DERs per VPP and reveal them.
func (l *record) split(ctx context.Context, x *fleetRun) error {
	splits := map[string]map[string]uint64{}
	for k, f := range x.problem.Fleets {
		parts := map[string]uint64{}
		for v, p := range x.region.VPPs {
			if n := x.members[v][k]; n > 0 {
				parts[p.Name] = uint64(n)
			}
		}
		splits[f.Name()] = parts
	}
	if _, err := l.net.Split(ctx, l.period, splits, nil); err != nil {
		return err
	}
	for _, f := range x.problem.Fleets {
		// The settlement pays by the splits, so that a part without effect must not pass.
		if _, recorded, err := l.net.Draw(ctx, l.period, f.Name()); err != nil {
			return err
		} else if len(recorded.Void) > 0 {
			return fmt.Errorf("the split of %s into %v has no effect on the ledger; these VPPs have no accepted scheme", f.Name(), recorded.Void)
		}
	}
	return nil
}

// settleClasses divides the lines of the classes among their DERs. One DER of each class then
// proves its payment against the genesis of the chain. Classes with fewer than
// [contracts.MinClass] DERs in VPPs keep one line under their pseudonym.
func (l *record) settleClasses(ctx context.Context, s *fleet.Summary) error {
	verifier, trust := l.net.Engine().Trust()
	for k := range s.Classes {
		c := &s.Classes[k]
		if c.Count-c.Outside < contracts.MinClass {
			continue
		}
		amounts := map[string]ledger.Money{}
		for v, name := range s.VPPs {
			if c.Members[v] > 0 {
				amounts[name] = ledger.Money(c.Paid[v])
			}
		}
		if err := l.net.SettleClass(ctx, l.period, c.Name, amounts); err != nil {
			return err
		}
		draw, split, err := l.net.Draw(ctx, l.period, c.Name)
		if err != nil {
			return err
		}
		number := uint64(0) // the first DER in a VPP
		for {
			if name, _ := contracts.VPPAt(split.Parts, draw.Place(number)); name != "" {
				break
			}
			number++
		}
		p, path, err := l.net.ProveMember(ctx, l.period, c.Name, number)
		if err != nil {
			return err
		}
		name, err := p.Verify(verifier, trust)
		if err == nil {
			err = p.VerifyMember(path)
		}
		if err != nil {
			return fmt.Errorf("the payment of %s does not prove: %w", p.Member, err)
		}
		c.Proven = &fleet.ProvenPayment{Member: p.Member, VPP: name, Minor: int64(p.Payment.Amount), Hashes: len(p.Path.Siblings)}
	}
	return nil
}
