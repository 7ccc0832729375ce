package fleet

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/trigrid/trigrid/evogame"
	"github.com/trigrid/trigrid/milp"
)

// Game is the choice of VPPs by the classes as a population game in shares, on
// a smooth potential. Class k has the mass N_k, and its choices are the VPPs in
// order and, last, to stay outside.
//
// The potential P_v of a VPP (see the package comment) is concave and piecewise
// linear in its members n. Its kinks, at which marginal values jump, let the
// dynamics of package evogame chatter. A program at n gives P_v(n) and marginal
// values g, and with them a plane above P_v. The game has the soft minimum of
// the planes found so far, with the smoothing μ in units of the objective:
//
//	P_v(n) ≤ min_c [a_c + g_c·n]
//	P̃_v(n) = −μ log Σ_c e^{−(a_c + g_c·n)/μ} ≥ min_c [a_c + g_c·n] − μ log C_v
//
// P̃_v is smooth and concave, and its gradient is a mean of the g_c: the
// payoffs of all classes in a VPP come from one evaluation of its planes,
// without a program.
//
// Sources: Kelley, J. SIAM 8 (1960) 703, for the planes; Sandholm, J. Economic
// Theory 97 (2001) 81: the potential never falls along a dynamic that
// correlates with payoffs.
type Game struct {
	Smoothing float64 // μ > 0

	problem  Problem
	solver   milp.Solver
	parts    []*coalition
	planes   [][]plane // per VPP
	scale    float64   // of the potential: its change by the members of the first state
	programs int
	opened   []*opened // per VPP, in the course of an evolution, if the solver has sessions
}

// plane is the function a + g·n of the members n of a VPP: a in units of the
// objective, g per DER. It is nowhere below the potential.
type plane struct {
	a float64
	g []float64
}

// DynamicsOptions set the smooth game and its evolution.
type DynamicsOptions struct {
	// Smoothing is μ as a fraction of the gain of an equal split over all
	// choices. Default 0: 1e-3.
	Smoothing float64
	// Tolerance is the largest accepted distance between the planes and the
	// potential at the end, as a fraction of the same gain. Default 0: 1e-3.
	Tolerance float64
	// Rounds limits the runs of the dynamic, each with more planes. Default 0:
	// 100.
	Rounds int
	// Run are the options of each run. Defaults: MaxSteps 100,000, Rest 1e-4,
	// Tolerance 1e-8. The regret at rest is part of the gap.
	Run evogame.Options
}

// withDefaults returns o with defaults set.
func (o DynamicsOptions) withDefaults() DynamicsOptions {
	set := func(x *float64, value float64) {
		if *x == 0 {
			*x = value
		}
	}
	set(&o.Smoothing, 1e-3)
	set(&o.Tolerance, 1e-3)
	set(&o.Run.Rest, 1e-4)
	set(&o.Run.Tolerance, 1e-8)
	if o.Rounds == 0 {
		o.Rounds = 100
	}
	if o.Run.MaxSteps == 0 {
		o.Run.MaxSteps = 100_000
	}
	return o
}

// Game returns the smooth game with the planes of two states: all DERs outside,
// and an equal split. The solver must return reduced costs.
func (p Problem) Game(ctx context.Context, solver milp.Solver, o DynamicsOptions) (*Game, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	o = o.withDefaults()
	if !(o.Smoothing > 0 && o.Tolerance > 0 && o.Rounds > 0) {
		return nil, fmt.Errorf("fleet: dynamics: Smoothing %v, Tolerance %v, Rounds %d; want values above 0, or 0 for the defaults",
			o.Smoothing, o.Tolerance, o.Rounds)
	}
	parts, err := p.coalitions(p.room)
	if err != nil {
		return nil, err
	}
	g := &Game{problem: p, solver: solver, parts: parts, planes: make([][]plane, len(parts)), Smoothing: 1}
	outside := evogame.Uniform(g.Population())
	for k := range outside {
		clear(outside[k])
		outside[k][len(parts)] = 1
	}
	empty, _, err := g.Refine(ctx, outside)
	if err != nil {
		return nil, err
	}
	equal, _, err := g.Refine(ctx, evogame.Uniform(g.Population()))
	if err != nil {
		return nil, err
	}
	g.scale = math.Abs(equal - empty)
	if g.scale == 0 {
		g.scale = max(1, math.Abs(empty))
	}
	g.Smoothing = o.Smoothing * g.scale
	return g, nil
}

// Population returns the game for package evogame. One evaluation per VPP gives
// the payoffs of all classes in it, from the planes that g has at that time.
func (g *Game) Population() evogame.Continuum {
	out := evogame.Continuum{Choices: len(g.parts) + 1}
	for k := range g.problem.Fleets {
		out.Mass = append(out.Mass, g.problem.count(k))
	}
	out.ChoicePayoffs = func(v int, members, payoffs []float64) {
		if v == len(g.parts) {
			for k := range payoffs {
				payoffs[k] = g.problem.outside(k)
			}
			return
		}
		g.soft(v, members, payoffs)
	}
	return out
}

// soft returns P̃_v and, if payoffs is not nil, its gradient in payoffs.
func (g *Game) soft(v int, members, payoffs []float64) float64 {
	least, sum := math.Inf(1), 0.0
	clear(payoffs)
	// One pass: the sums are in units of the least plane so far, so that no
	// exponent is above 0.
	for c := range g.planes[v] {
		value := g.planes[v][c].at(members)
		if value < least {
			shrink := math.Exp((value - least) / g.Smoothing)
			sum *= shrink
			for k := range payoffs {
				payoffs[k] *= shrink
			}
			least = value
		}
		far := (value - least) / g.Smoothing
		if far > 40 { // e⁻⁴⁰ is below the rounding of the sum
			continue
		}
		w := math.Exp(-far)
		sum += w
		for k := range payoffs {
			payoffs[k] += w * g.planes[v][c].g[k]
		}
	}
	for k := range payoffs {
		payoffs[k] /= sum
	}
	return least - g.Smoothing*math.Log(sum)
}

// at returns the value of the plane.
func (x *plane) at(members []float64) float64 {
	sum := x.a
	for k, n := range members {
		sum += x.g[k] * n
	}
	return sum
}

// Potential returns the smooth potential of a state: Σ_v P̃_v, and the payoffs
// of DERs outside.
func (g *Game) Potential(x evogame.State) float64 {
	sum := 0.0
	members := make([]float64, len(x))
	for v := range g.parts {
		for k := range x {
			members[k] = g.problem.count(k) * x[k][v]
		}
		sum += g.soft(v, members, nil)
	}
	return sum + g.outsiders(x)
}

// outsiders returns the sum of the payoffs of DERs outside.
func (g *Game) outsiders(x evogame.State) float64 {
	sum := 0.0
	for k := range x {
		sum += g.problem.outside(k) * g.problem.count(k) * x[k][len(g.parts)]
	}
	return sum
}

// Refine adds the planes of a state. It returns the exact potential of the
// state, and the largest distance of a VPP's planes above it before. It solves
// one program per VPP and node of the rule, with integers relaxed.
func (g *Game) Refine(ctx context.Context, x evogame.State) (potential, miss float64, err error) {
	var (
		next   = make([]plane, len(g.parts))
		values = make([]float64, len(g.parts))
		misses = make([]float64, len(g.parts))
	)
	err = inParallel(len(g.parts), func(v int) error {
		members := make([]float64, len(x))
		for k := range x {
			members[k] = g.problem.count(k) * x[k][v]
		}
		var err error
		if values[v], next[v], err = g.tangent(ctx, v, members); err != nil {
			return err
		}
		least := math.Inf(1)
		for c := range g.planes[v] {
			least = min(least, g.planes[v][c].at(members))
		}
		if len(g.planes[v]) > 0 {
			misses[v] = least - values[v]
		}
		return nil
	})
	if err != nil {
		return 0, 0, err
	}
	// Sums in the order of VPPs do not depend on the number of cores.
	potential = g.outsiders(x)
	at, _ := g.problem.rule().Nodes()
	for v := range g.parts {
		g.planes[v] = append(g.planes[v], next[v])
		g.programs += len(at)
		potential += values[v]
		miss = max(miss, misses[v])
	}
	return potential, miss, nil
}

// tangent returns the potential of a VPP at its members, and a plane above the
// potential that meets it there.
func (g *Game) tangent(ctx context.Context, v int, members []float64) (value float64, out plane, err error) {
	var (
		p, part    = g.problem, g.parts[v]
		at, weight = p.rule().Nodes()
	)
	out.g = make([]float64, len(members))
	for q, t := range at {
		s, err := g.solveAt(ctx, v, p.shares(members, t))
		if err != nil {
			return 0, plane{}, err
		}
		if len(s.ReducedCosts) != part.model.Vars() {
			return 0, plane{}, fmt.Errorf("fleet: the solver %s returns no reduced costs, which are the payoffs; use one that does", s.Backend)
		}
		value += weight[q] / t * s.Objective
		for k := range out.g {
			out.g[k] += weight[q] * s.ReducedCosts[part.share[k]] / p.room(k)
		}
	}
	out.a = value
	for k, n := range members {
		out.a -= out.g[k] * n
	}
	return value, out, nil
}

// opened is the program of a VPP in a session. States of a dynamic differ in
// the shares only, so that the basis of the last state is nearly optimal.
type opened struct {
	model   *milp.Model
	session milp.Session
}

// Solve implements [milp.Solver] for the model of the session.
func (x *opened) Solve(ctx context.Context, _ *milp.Model) (*milp.Solution, error) {
	return x.session.Solve(ctx)
}

// open opens a session per VPP, if the solver has sessions.
func (g *Game) open() error {
	opener, ok := g.solver.(milp.Opener)
	if !ok {
		return nil
	}
	for _, part := range g.parts {
		m := part.model.Relaxed()
		session, err := opener.Open(m)
		if err != nil {
			return errors.Join(err, g.close())
		}
		g.opened = append(g.opened, &opened{m, session})
	}
	return nil
}

// close closes the sessions.
func (g *Game) close() error {
	var err error
	for _, x := range g.opened {
		err = errors.Join(err, x.session.Close())
	}
	g.opened = nil
	return err
}

// solveAt solves the program of a VPP at fixed shares.
func (g *Game) solveAt(ctx context.Context, v int, shares []float64) (*milp.Solution, error) {
	const what = "a VPP at a state of the dynamic"
	if g.opened == nil {
		return solved(ctx, g.solver, g.parts[v].at(shares).Relaxed(), what)
	}
	x := g.opened[v]
	for k, z := range shares {
		x.model.Fix(x.model.VarAt(g.parts[v].share[k]), z)
	}
	return solved(ctx, x, x.model, what)
}

// shortRun is the number of steps of a run whose planes are not known to be
// exact at its end.
const shortRun = 500

// Evolution is the end of a dynamic of classes.
type Evolution struct {
	Members [][]float64 // per VPP and class
	// Result is the last run, on the smooth potential. A class that divides
	// among VPPs is at an interior rest point; DERs that are indifferent at it
	// make a continuum of them, which [evogame.BasinShares] counts as one
	// attractor.
	Result *evogame.Result
	Path   []float64 // smooth potential at each state of Result.States

	Potential float64 // exact, of Members
	// Bound is an upper bound of the potential of all splits, from the smooth
	// potential Φ̃, its regret and the planes: Φ̃ + Σ_k N_k max_v (f_kv − f̄_k)
	// + μ Σ_v log C_v.
	Bound    float64
	Gap      float64 // Bound − Potential, at least 0
	Settled  bool    // the planes are within the tolerance at the end of a complete run
	Cut      bool    // the context or the rounds ended before: Result is that of the last whole round
	Rounds   int     // runs of the dynamic
	Programs int     // solved for planes, by this and earlier evolutions of the game
}

// Evolve runs a dynamic from a start, adds planes along its path, and repeats
// this until the planes are exact at the end, up to the tolerance. A nil
// dynamic is the replicator, a nil start the equal split. Later evolutions of
// the same game begin with all planes. If ctx or the rounds end before, the
// evolution is cut: it has the end of the last whole round, and its bound
// holds. Without a whole round Evolve returns the error of ctx.
//
// Most of the time is that of programs, one per plane. Measured once: the
// replicator in 40 classes and 10 VPPs of 6 steps and 3 scenarios settles after
// 12 rounds and 580 programs, 49 s of one core; 24 steps and 10 scenarios have
// programs of 13 times the size.
//
// All maximisers of a concave potential have the same potential: in this limit
// of many small DERs, the dynamics lead to the same equilibrium from every
// start in the interior, up to ties. With few large DERs that is wrong, see
// [evogame].
func (g *Game) Evolve(ctx context.Context, d evogame.Dynamic, start evogame.State, o DynamicsOptions) (out *Evolution, err error) {
	o = o.withDefaults()
	if err := g.open(); err != nil {
		return nil, err
	}
	defer func() {
		if failed := g.close(); err == nil && failed != nil {
			out, err = nil, failed
		}
	}()
	out = &Evolution{}
	// A long run on planes that miss the potential would be wasted: short ones
	// come first.
	run := o.Run
	run.MaxSteps = min(run.MaxSteps, shortRun)
	for out.Rounds < o.Rounds && !out.Settled {
		result, err := evogame.Run(ctx, g.Population(), d, start, run)
		if ctx.Err() != nil && out.Result != nil {
			break // a run that ctx ended has no end
		}
		if err != nil {
			return nil, err
		}
		before := *out
		out.Rounds++
		out.Result, out.Path = result, nil
		for _, x := range result.States {
			out.Path = append(out.Path, g.Potential(x))
		}
		// By concavity no state has a larger smooth potential than this one
		// plus its regret.
		smooth, regret, noise := g.Potential(result.Final), 0.0, 0.0
		for k, f := range result.Payoffs {
			mean, best := 0.0, math.Inf(-1)
			for v := range f {
				mean, best = mean+result.Final[k][v]*f[v], max(best, f[v])
			}
			regret += g.problem.count(k) * (best - mean)
		}
		for v := range g.planes {
			noise += g.Smoothing * math.Log(float64(len(g.planes[v])))
		}
		var miss float64
		if out.Potential, miss, err = g.Refine(ctx, result.Final); err != nil {
			if ctx.Err() != nil && before.Result != nil {
				*out = before
				break
			}
			return nil, err
		}
		exact, complete := miss <= o.Tolerance*g.scale, run.MaxSteps == o.Run.MaxSteps || result.Verdict != evogame.NotConverged
		out.Settled = exact && complete
		if run.MaxSteps = o.Run.MaxSteps; !exact {
			run.MaxSteps = min(run.MaxSteps, shortRun)
		}
		out.Bound = smooth + regret + noise
		// Planes along the path keep the next run on the true potential, too.
		for k := 1; k <= 4 && !out.Settled; k++ {
			if _, _, err := g.Refine(ctx, result.States[k*(len(result.States)-1)/5]); err != nil {
				if ctx.Err() != nil {
					break
				}
				return nil, err
			}
		}
	}
	out.Cut = !out.Settled
	out.Gap = max(0, out.Bound-out.Potential)
	out.Programs = g.programs
	for v := range g.parts {
		members := make([]float64, len(out.Result.Final))
		for k := range members {
			members[k] = g.problem.count(k) * out.Result.Final[k][v]
		}
		out.Members = append(out.Members, members)
	}
	return out, nil
}
