package trigrid

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/trigrid/trigrid/evogame"
	"github.com/trigrid/trigrid/fleet"
	"github.com/trigrid/trigrid/milp"
)

// Sizes of the dynamics that are compared with the joint program. All are
// assumed.
const (
	// comparedPairs bounds the pairs of a class and a VPP with dynamics by
	// default: the programs of a dynamic grow with them.
	comparedPairs = 16
	// comparedRows bounds the rows of the joint program in that case.
	comparedRows = 2500
	// comparedRounds limits the rounds of one dynamic, and comparedSteps the
	// steps of a round.
	comparedRounds, comparedSteps = 30, 20_000
	// logitNoise is the noise of the logit dynamic, as a fraction of the mean
	// gain per DER.
	logitNoise = 2e-3
	// sameEnd is the largest distance of equal ends, as a fraction of the gain.
	sameEnd = 0.01
	// largePrograms and largeStates bound the games of few large DERs.
	largePrograms, largeStates = 200, 10_000
)

// compare runs dynamics from several starts, and enumerates the games of one
// and of two large DERs per class. It changes no payoff. Time that ends in
// between cuts the comparison and the run.
func (x *fleetRun) compare() error {
	starts, c := x.o.Starts, x.certificate
	if starts == 0 {
		if x.rows > comparedRows || len(x.region.VPPs)*len(x.problem.Fleets) > comparedPairs {
			return nil
		}
		starts = 2
	}
	if c == nil { // the run has ended
		return nil
	}
	x.dynamics = &fleet.Dynamics{Runs: []fleet.DynamicRun{}, Large: []fleet.Large{}, Below: []float64{}}
	if math.IsInf(c.Gain, 0) || c.Gain <= 0 {
		x.dynamics.Reason = "the members bring no gain, or a VPP cannot run without members"
		return nil
	}
	ctx := x.clock.planning
	err := x.evolve(ctx, starts)
	if err == nil {
		err = x.enlarge(ctx)
	}
	switch {
	case ctx.Err() != nil:
		x.dynamics.Cut, x.cut = true, true
	case errors.Is(err, milp.ErrInfeasible):
		x.dynamics.Reason = "a VPP cannot run at a state of the dynamics"
	case err != nil:
		return err
	}
	x.dynamics.Same = len(x.dynamics.Runs) > 0 && !x.dynamics.Cut && x.dynamics.Reason == ""
	for _, run := range x.dynamics.Runs {
		x.dynamics.Same = x.dynamics.Same && run.Below <= sameEnd
	}
	return nil
}

// evolve runs each dynamic from each start. Each has a game of its own, so that
// no run has planes of another one.
func (x *fleetRun) evolve(ctx context.Context, starts int) error {
	var (
		p, c   = x.problem, x.certificate
		ders   = 0
		source = rand.NewPCG(x.o.Seed, 0x666c656574)
		o      = fleet.DynamicsOptions{Rounds: comparedRounds, Run: evogame.Options{MaxSteps: comparedSteps}}
	)
	p.Last = nil // the cost of moves is for ties only
	for _, f := range p.Fleets {
		ders += f.Count
	}
	dynamics := []struct {
		name string
		evogame.Dynamic
		rest float64 // largest velocity of a rest point; 0: the default
	}{
		{"replicator", evogame.Replicator{}, 0},
		{"logit", evogame.Logit{Noise: logitNoise * c.Gain / float64(ders)}, 0},
		{"Smith", evogame.Smith{}, 0},
		// Its velocity is the square of the payoffs that are missed.
		{"BNN", evogame.BrownVonNeumannNash{}, 1e-6},
	}
	for k := range starts {
		name, start := "equal split", evogame.State(nil)
		for _, d := range dynamics {
			game, err := p.Game(ctx, x.solver, o)
			if err != nil {
				return err
			}
			if k > 0 && start == nil { // the same for all dynamics
				name, start = fmt.Sprintf("random %d", k), evogame.RandomState(game.Population(), source)
			}
			options := o
			if d.rest > 0 {
				options.Run.Rest = d.rest
			}
			e, err := game.Evolve(ctx, d.Dynamic, start, options)
			if err != nil {
				return err
			}
			x.programs += e.Programs
			run := fleet.DynamicRun{
				Dynamic: d.name, Start: name, Verdict: e.Result.Verdict.String(), Below: (c.Value - e.Potential) / c.Gain, Gap: e.Gap / c.Gain,
				Elsewhere: x.elsewhere(e.Members) / float64(ders), Rounds: e.Rounds, Programs: e.Programs, Steps: e.Result.Steps,
			}
			if e.Cut {
				run.Verdict, x.dynamics.Cut = "cut", true
			}
			x.dynamics.Runs = append(x.dynamics.Runs, run)
		}
	}
	return nil
}

// elsewhere returns the number of DERs that a split has in other places than
// the joint program.
func (x *fleetRun) elsewhere(members [][]float64) float64 {
	differences := 0.0
	for k := range x.problem.Fleets {
		outside := 0.0
		for v := range members {
			d := members[v][k] - x.equilibrium.Members[v][k]
			differences, outside = differences+math.Abs(d), outside+d
		}
		differences += math.Abs(outside)
	}
	return differences / 2
}

// enlarge enumerates the games of one and of two large DERs per class, if they
// are small.
func (x *fleetRun) enlarge(ctx context.Context) error {
	for parts := 1; parts <= 2; parts++ {
		if programs, states := x.problem.LargeSize(parts); programs > largePrograms || states > largeStates {
			break
		}
		found, err := x.problem.Large(ctx, x.solver, parts, x.o.Workers)
		if err != nil {
			return err
		}
		programs, _ := x.problem.LargeSize(parts)
		x.programs += int(programs)
		below := 0.0
		if found.Nash > 0 {
			below = max(0, x.certificate.WelfareBound-found.WorstNash) / x.certificate.Gain
		}
		x.dynamics.Large, x.dynamics.Below = append(x.dynamics.Large, *found), append(x.dynamics.Below, below)
	}
	return nil
}
