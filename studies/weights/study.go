package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/internal/command"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/sweep"
	"github.com/trigrid/trigrid/weights"
)

// allocation is the equilibrium of the paper. It is held, so that a change of
// the weights is not mixed with a change of membership.
func allocation() trigrid.Profile {
	return trigrid.Profile{"W1": "VPP1", "T2": "VPP1", "ES": "VPP1", "W2": "VPP2", "T1": "VPP2"}
}

// vectors returns the weights of the sweep, the most economic first. The middle
// ones are those of the paper, base, which fixes the risk weight at 0.2.
func vectors() []weights.Vector {
	return weights.Segment(
		weights.Vector{Economic: 0.6, Risk: 0.2, Environment: 0.2},
		weights.Vector{Economic: 0.2, Risk: 0.2, Environment: 0.6}, 2)
}

const base = 1 // index in vectors

// numbers are those of one plan in expectation over the scenarios, or of the
// day that happened with the same day-ahead schedule. Money in CNY.
type numbers struct {
	Surplus     float64 // of the VPPs and their members
	CVaR        float64 // Σ β CVaR; of the day that happened, Σ β imbalance cost
	Environment float64
	Imbalance   float64
	Deviation   float64 // MWh
	Used        float64 // MWh of wind
	Available   float64 // MWh of wind
}

// total returns the sum of the three values without weights: with a surplus of
// 90, a CVaR of 8 and an environmental income of 5 it is 87.
func (n numbers) total() float64 { return n.Surplus - n.CVaR + n.Environment }

// values returns the three values as package weights compares them.
func (n numbers) values() weights.Values {
	return weights.Values{Economic: n.Surplus, Risk: -n.CVaR, Environment: n.Environment}
}

// outcome is one day under one weight vector, as planned and as happened.
type outcome struct {
	Planned, Happened numbers
	Payoff            map[string]float64 // planned, by DER; vectors up to base only
	Revenue           map[string]float64 // planned, by DER: payments less own costs
}

// day has the outcomes of one day.
type day struct {
	Date    string
	Signals weights.Signals
	Sweep   []outcome // per vector
	Corners []outcome // economy, risk, environment

	// Policy has the weights and the outcome of each policy of names. A policy
	// whose rule does not act has the outcome of the base.
	Policy []ruled
}

// ruled is a day under one policy. For example, "volatility" does not act on a
// calm day: Acts is false and the weights are those of the base.
type ruled struct {
	Weights weights.Vector
	Acts    bool
	outcome
}

// options are the inputs of a study.
type options struct {
	days    int
	solver  milp.Solver
	workers int
	log     io.Writer
}

// measure plans all days and returns them by date. If ctx ends after two days,
// it returns the days so far.
func measure(ctx context.Context, x *inputs, o options) ([]day, error) {
	var out []day
	began := time.Now()
	line := command.NewLine(o.log)
	for i, start := range days(o.days) {
		line.Draw(fmt.Sprintf("day %d of %d, %.0f s", i+1, o.days, time.Since(began).Seconds()))
		d, err := x.measure(ctx, start, o)
		// An interrupt shows the days so far; an interval needs two.
		if err != nil && ctx.Err() != nil && len(out) >= 2 {
			break
		}
		if err != nil {
			line.Clear()
			return nil, fmt.Errorf("%s: %w", start.Format("2006-01-02"), err)
		}
		out = append(out, *d)
	}
	line.Clear()
	// The order of measurement spreads the first days over the year.
	slices.SortFunc(out, func(a, b day) int { return strings.Compare(a.Date, b.Date) })
	return out, nil
}

// measure plans one day under the vectors of the sweep, the corners and the
// policies.
func (x *inputs) measure(ctx context.Context, start time.Time, o options) (*day, error) {
	r, happened, err := x.day(ctx, start)
	if err != nil {
		return nil, err
	}
	// Choices are held, so that a run is one plan per VPP and weight vector.
	run := trigrid.Options{Solver: o.solver, Workers: o.workers}
	d := &day{Date: r.Name}
	var missing []string
	if d.Signals, missing = r.Signals(); missing != nil {
		return nil, fmt.Errorf("the signals are not measured: %v", missing)
	}
	// The weights of the region are the reference of the sweep.
	r.Setting.Weights = vectors()[base]
	// Payoffs are judged at the base and at the most economic vector, so that
	// only these need the coalitions of the Shapley value.
	res, err := sweep.WeightsAt(ctx, r, run, allocation(), vectors()[:base+1])
	if err != nil {
		return nil, err
	}
	// The sweep adds the corners, so that only the last vector and the policies
	// are left.
	known := map[weights.Vector]outcome{}
	for i := range res.Rows {
		row := &res.Rows[i]
		if known[row.Weights], err = of(ctx, row, o.solver, happened); err != nil {
			return nil, err
		}
	}
	// under returns the outcome under one vector, each computed once.
	under := func(w weights.Vector) (outcome, error) {
		if out, ok := known[w]; ok {
			return out, nil
		}
		r.Setting.Weights = w
		row, err := sweep.At(ctx, r, run, allocation())
		if err != nil {
			return outcome{}, err
		}
		// Policies often return a vector of the sweep, which is planned once.
		known[w], err = of(ctx, row, o.solver, happened)
		return known[w], err
	}
	for _, w := range vectors() {
		out, err := under(w)
		if err != nil {
			return nil, err
		}
		d.Sweep = append(d.Sweep, out)
	}
	for _, w := range weights.Corners() {
		out, err := under(w)
		if err != nil {
			return nil, err
		}
		d.Corners = append(d.Corners, out)
	}
	for _, name := range weights.TableNames() {
		table, err := weights.TableByName(name)
		if err != nil {
			return nil, err
		}
		// Rules raise weights from the base of the sweep, against which they
		// are judged.
		table.Base = vectors()[base]
		w, err := table.Weights(d.Signals)
		if err != nil {
			return nil, err
		}
		// A rule that does not act has the weights of the base, up to rounding.
		one := ruled{Weights: w, Acts: !same(w, vectors()[base]), outcome: d.Sweep[base]}
		if one.Acts {
			if one.outcome, err = under(w); err != nil {
				return nil, err
			}
		}
		d.Policy = append(d.Policy, one)
	}
	return d, nil
}

// same reports whether two vectors differ by rounding only.
func same(a, b weights.Vector) bool {
	return math.Abs(a.Economic-b.Economic)+math.Abs(a.Risk-b.Risk)+math.Abs(a.Environment-b.Environment) < 1e-9
}

// of returns the outcome of a row. The day that happened keeps the day-ahead
// schedule and the commitment; storage and turbines are dispatched with the
// whole day known.
func of(ctx context.Context, row *sweep.Row, solver milp.Solver, happened *scenario.Set) (outcome, error) {
	out := outcome{Payoff: row.Payoff, Revenue: map[string]float64{}, Planned: numbers{
		Surplus: row.Value.Economic, CVaR: -row.Value.Risk, Environment: row.Value.Environment, Imbalance: row.Imbalance,
		Deviation: row.Deviation, Used: row.Used, Available: row.Available,
	}}
	var bad []error
	for _, plan := range row.Plans {
		for _, m := range plan.Members {
			out.Revenue[m.DER.Name()] = m.Revenue
		}
		// Schedule and commitments stay as planned, and the dispatch follows
		// the day.
		day, err := plan.Recourse(ctx, solver, happened)
		if err != nil {
			bad = append(bad, fmt.Errorf("%s: %w", plan.VPP.Name, err))
			continue
		}
		// The set has one scenario, so that expectations are the values of the
		// day.
		n := &out.Happened
		n.Surplus += day.Value.Economic + day.Value.Payments - day.Value.Cost
		n.CVaR += plan.VPP.RiskAversion * day.Value.Imbalance
		n.Environment += day.Value.Environment
		n.Imbalance += day.Value.Imbalance
		n.Deviation += day.Deviation()
		n.Used += day.Results[0].Renewable
		n.Available += day.Results[0].Available
	}
	return out, errors.Join(bad...)
}
