package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/evogame"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/vpp"
)

// allocation returns the equilibrium of the paper.
//
// W1 and W2 are wind farms, T1 and T2 thermal units, and ES is a storage unit.
func allocation() trigrid.Profile {
	return trigrid.Profile{"W1": "VPP1", "T2": "VPP1", "ES": "VPP1", "W2": "VPP2", "T1": "VPP2"}
}

// study holds all results that the verdicts use. Every outcome is measured at
// the paper's allocation, so that a change of weights or prices is not mixed
// with a change of membership.
type study struct {
	Result  *trigrid.Result // run of the unchanged case
	Solar   int             // number of PV units in the case
	Weights []outcome       // per vector of sweep
	Gaps    []outcome       // per factor of gaps
	Starts  []bool          // per DER of a game of three: true if all its starts end at one profile
	Scarce  []float64       // objective of VPP1: with all DERs, then without each

	Admissions [][]admitted // per factor of balances and reading of admissions
}

// options are the inputs of a study.
type options struct {
	file    []byte // case file
	solver  milp.Solver
	workers int // at least 1
	log     io.Writer
}

// newStudy computes all results and writes one line of progress per stage to
// o.log.
func newStudy(ctx context.Context, o options) (*study, error) {
	x, began := &study{}, time.Now()
	// The stages are independent. The first takes longest: it solves all 64
	// coalitions.
	stages := []struct {
		name string
		run  func(context.Context, options) error
	}{
		{"the case as it is", x.unchanged},
		{"five weights", x.overWeights},
		{"four gaps between peak and valley", x.overGaps},
		{"a game of three DERs from many starts", x.fromStarts},
		{"a day of scarcity", x.underScarcity},
		{"three balances of supply and demand, four admissions", x.underAdmission},
	}
	for _, stage := range stages {
		if err := stage.run(ctx, o); err != nil {
			return nil, fmt.Errorf("%s: %w", stage.name, err)
		}
		fmt.Fprintf(o.log, "%6.1f s  %s\n", time.Since(began).Seconds(), stage.name)
	}
	return x, nil
}

// unchanged runs the case and counts its PV units.
//
// It runs without a budget, so that all coalitions are solved to the gap of the
// solver.
func (x *study) unchanged(ctx context.Context, o options) error {
	region, err := variant(ctx, o.file, unchanged)
	if err != nil {
		return err
	}
	for _, d := range region.DERs {
		if kind, ok := d.(der.Classified); ok && kind.Class() == der.ClassSolar {
			x.Solar++
		}
	}
	x.Result, err = trigrid.Run(ctx, region, trigrid.Options{Solver: o.solver, Workers: o.workers, Budget: -1})
	return err
}

// overWeights measures the allocation at each vector of sweep.
func (x *study) overWeights(ctx context.Context, o options) error {
	region, err := variant(ctx, o.file, unchanged)
	if err != nil {
		return err
	}
	for _, w := range sweep() {
		// Prices and scenarios stay, so that a difference is one of the
		// weights.
		region.Setting.Weights = w
		out, err := measure(ctx, o, region)
		if err != nil {
			return fmt.Errorf("weights %v: %w", w, err)
		}
		x.Weights = append(x.Weights, *out)
	}
	return nil
}

// overGaps measures the allocation at each factor of gaps.
//
// A factor of 1 leaves the prices of the case.
func (x *study) overGaps(ctx context.Context, o options) error {
	for _, factor := range gaps() {
		region, err := variant(ctx, o.file, widened(factor))
		if err != nil {
			return err
		}
		out, err := measure(ctx, o, region)
		if err != nil {
			return fmt.Errorf("price gap times %v: %w", factor, err)
		}
		x.Gaps = append(x.Gaps, *out)
	}
	return nil
}

// fromStarts plays the game of W1, T2 and ES alone. For each of the three it
// sweeps the initial probability of choosing VPP1 and stores whether all starts
// end at the same profile.
func (x *study) fromStarts(ctx context.Context, o options) error {
	region, err := variant(ctx, o.file, unchanged)
	if err != nil {
		return err
	}
	region.Setting.Weights = sweep()[base]
	region.DERs = slices.DeleteFunc(region.DERs, func(unit der.DER) bool {
		return !slices.Contains([]string{"W1", "T2", "ES"}, unit.Name())
	})
	vpps, err := coalitions(o, region)
	if err != nil {
		return err
	}
	// Three DERs have eight coalitions per VPP.
	var all []vpp.Coalition
	for s := range vpp.Coalition(1) << len(region.DERs) {
		all = append(all, s)
	}
	if err := plan(ctx, o, vpps, all); err != nil {
		return err
	}
	table, err := evogame.Tabulate(ctx, game{region, vpps}, evogame.FillOptions{Workers: o.workers})
	if err != nil {
		return err
	}
	for i := range region.DERs {
		// Each start is a probability of VPP1 from 0 to 1 for one DER, and the
		// uniform one for the others.
		s, err := evogame.SweepStart(ctx, table, nil, evogame.Sweep{Player: i}, evogame.Options{})
		if err != nil {
			return err
		}
		x.Starts = append(x.Starts, s.Agree)
	}
	return nil
}

// underScarcity plans VPP1 on a day of scarcity, with all DERs and without each
// of them in turn. The objective, not the payoff, is compared: the claim is
// about the gain of the VPP.
func (x *study) underScarcity(ctx context.Context, o options) error {
	region, err := variant(ctx, o.file, demanding(scarcity))
	if err != nil {
		return err
	}
	vpps, err := coalitions(o, region)
	if err != nil {
		return err
	}
	all := vpp.Coalition(1)<<len(region.DERs) - 1
	// Six programs are enough: all DERs, and each set without one.
	few := []vpp.Coalition{all}
	for i := range region.DERs {
		few = append(few, all&^(1<<i))
	}
	if err := plan(ctx, o, vpps[:1], few); err != nil {
		return err
	}
	for _, s := range few {
		known, err := vpps[0].Known(s)
		if err != nil {
			return err
		}
		x.Scarce = append(x.Scarce, known.Value.Objective)
	}
	return nil
}
