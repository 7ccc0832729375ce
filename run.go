package trigrid

import (
	"context"
	"time"
)

// Run coordinates a region in five stages:
//
//  1. The grid publishes its weights.
//  2. Each VPP plans every coalition of DERs, and submits its preferred one as a sealed scheme.
//  3. The grid opens and verifies the schemes, and delivers to each DER its own part.
//  4. The DERs choose their VPP by an evolutionary dynamic until none gains by switching. From the
//     known equilibria follows one recommended allocation, see [Recommendation].
//  5. The payments of all parties under the recommended allocation are settled.
//
// Each message between the levels is a transaction on a ledger.
//
// A region of at most [MaxEnumerated] DERs is planned exhaustively: all coalitions of all VPPs, so
// that all equilibria and the profile of highest welfare are known. A larger one is searched, see
// [Options.Search].
//
// The result depends on the region and on Solver, Dynamic, Start, Starts, Search and Seed of the
// options, not on the number of workers, and not on [Options.Store]. A choice that does not converge, or whose margins are
// below the solver's gap, is an outcome that [Result.Game] reports. A coalition that cannot run is
// an outcome too: [Result.Infeasible] lists it with its diagnosis, and the game excludes it. If no
// feasible profile is known, the result has the reason instead of an allocation. Run returns an
// error for invalid regions and options, for a coalition whose value has no limit
// ([vpp.UnboundedError]), for a solver that fails, and for a cancelled context.
func Run(ctx context.Context, r Region, o Options) (*Result, error) {
	if err := r.Validate(); err != nil {
		return nil, err
	}
	o, err := o.withDefaults(r)
	if err != nil {
		return nil, err
	}
	solved, unstored, err := o.openStore()
	if err != nil {
		return nil, err
	}
	var (
		started = time.Now()
		present Stage
		stage   = func(s Stage, done int) { present = s; o.Observe(Progress{s, done, 1}) }
	)

	stage(Registration, 0)
	book, err := openLedger(ctx, r, o)
	if err != nil {
		return nil, err
	}
	defer book.net.Close()
	// All parties plan with the published weights, which the ledger rounds to millionths.
	if r, err = book.weights(ctx); err != nil {
		return nil, err
	}
	stage(Registration, 1)

	present = Coalitions
	total := 0
	if !o.Search {
		total = len(r.VPPs) << len(r.DERs)
	}
	// A search plans coalitions in later stages too; present is the stage that needs them.
	plans, err := newPlanner(r, o, func(done int) { o.Observe(Progress{present, done, total}) })
	if err != nil {
		return nil, err
	}
	proposed, err := propose(ctx, r, plans, o)
	if err != nil {
		return nil, err
	}
	game := newChoice(r, plans, proposed)
	res := &Result{
		Region:    r.Name,
		Notes:     r.Notes,
		Warnings:  r.Warnings(),
		Weights:   r.Setting.Weights,
		Scenarios: r.Setting.Set.Len(),
		Sharing:   r.sharing().String(),
	}
	if unstored != "" {
		res.Warnings = append(res.Warnings, unstored)
	}

	stage(Schemes, 0)
	if err := submitSchemes(ctx, book, game); err != nil {
		return nil, err
	}
	stage(Schemes, 1)

	stage(Choice, 0)
	play := game.enumerate
	if o.Search {
		play = game.search
	}
	outcome, err := play(ctx, o)
	if err != nil {
		return nil, err
	}
	known, err := game.known(ctx, outcome, o)
	if err != nil {
		return nil, err
	}
	chosen, err := game.recommend(ctx, known, o)
	if err != nil {
		return nil, err
	}
	if res.Recommendation, err = game.recommendation(ctx, chosen, known); err != nil {
		return nil, err
	}
	if err := res.addChoice(ctx, game, outcome, chosen.shown()); err != nil {
		return nil, err
	}
	if err := res.addVPPs(ctx, game, chosen.shown()); err != nil {
		return nil, err
	}
	if err := res.addCoalitions(ctx, game); err != nil {
		return nil, err
	}
	feasible := chosen.reason != NothingFeasible
	if feasible {
		if err := book.choices(ctx, res.DERs); err != nil {
			return nil, err
		}
	}
	stage(Choice, 1)
	choosing := time.Since(started) - plans.spent

	stage(Settling, 0)
	if feasible {
		if res.Settlement, err = game.settle(ctx, chosen); err != nil {
			return nil, err
		}
		if err := book.settle(ctx, res.Settlement); err != nil {
			return nil, err
		}
	}
	if res.Ledger, err = book.summary(ctx); err != nil {
		return nil, err
	}
	if o.Export != nil {
		if err := book.net.Export(ctx, o.Export); err != nil {
			return nil, err
		}
	}
	stage(Settling, 1)
	res.Timing = Timing{
		Coalitions: plans.spent, Choice: choosing, Total: time.Since(started),
		Workers: o.Workers, Programs: len(res.Coalitions),
	}
	res.Timing.addStore(solved)
	return res, nil
}
