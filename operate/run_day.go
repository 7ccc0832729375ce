package operate

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/ledger/contracts"
	"github.com/trigrid/trigrid/vpp"
	"github.com/trigrid/trigrid/weights"
)

// day operates and settles one day, 0 ≤ day < Days, in the order that the
// package comment states. VPPs do not act on each other within a day, so that
// several are operated at a time.
func (r *runner) day(ctx context.Context, day int) (*Day, error) {
	grid := r.season.Grid(day)
	out := &Day{Number: day + 1, Start: grid.Start, Steps: grid.Steps, Moves: []Move{}, Gains: map[string]float64{}}
	set, err := r.known(ctx, day, r.season.Gate(day), grid, r.o.Strategy.scenarios())
	if err != nil {
		return nil, err
	}
	region, err := r.region(set)
	if err != nil {
		return nil, err
	}
	// Data of the day, such as a capacity, are those of the template, and the
	// state is that of the DER. A DER outside every VPP keeps its state.
	for i, d := range region.DERs {
		if day > 0 {
			region.DERs[i] = renew(d, r.state[d.Name()], grid)
		} else {
			region.DERs[i] = r.state[d.Name()]
		}
		r.state[d.Name()] = region.DERs[i]
	}
	if r.o.Weights != nil {
		if r.weights, err = r.o.Weights(day, region); err != nil {
			return nil, fmt.Errorf("weights: %w", err)
		}
		region.Setting.Weights = r.weights
	}
	if r.o.Policy != nil {
		if out.Signals, err = r.weigh(ctx, day, &region); err != nil {
			return nil, err
		}
	}
	// Moves are those against the choices of yesterday; the choices of the
	// first day are none.
	before := maps.Clone(r.choices)
	var plans []*vpp.Plan // of the choice
	if out.Chosen = r.chooses(day); out.Chosen {
		if plans, err = r.choose(ctx, day, region); err != nil {
			return nil, err
		}
	} else if r.weights, err = r.book.publish(ctx, day+1, r.weights); err != nil {
		return nil, err
	}
	for _, name := range r.ders {
		if day > 0 && before[name] != r.choices[name] {
			out.Moves = append(out.Moves, Move{name, before[name], r.choices[name]})
		}
	}
	out.Weights, out.Choices, out.Forecasts = r.weights, maps.Clone(r.choices), forecasts(set)
	if set.Len() > 1 {
		out.Probabilities = set.Probabilities()
	}
	for _, name := range r.ders {
		if gain := r.gains[name]; gain != 0 {
			out.Gains[name] = gain
		}
	}
	// All VPPs close the gate before any of them operates.
	vpps := make([]*vppDay, len(r.vpps))
	for v := range vpps {
		vpps[v] = r.newDay(day, v, grid, region.DERs)
		if plans != nil {
			vpps[v].chosen = plans[v]
		}
	}
	if err := r.each(ctx, vpps, func(ctx context.Context, x *vppDay) error { return x.gate(ctx, set) }); err != nil {
		return nil, err
	}
	if !out.Chosen {
		if err := r.book.propose(ctx, day+1, vpps, r.choices, r.gains); err != nil {
			return nil, err
		}
	}
	steps := make([]int, len(vpps)) // operated
	err = r.each(ctx, vpps, func(ctx context.Context, x *vppDay) error {
		return x.operate(ctx, func(step int) {
			// The step that all VPPs have reached is the progress of the day.
			r.mu.Lock()
			steps[x.v] = step
			least := slices.Min(steps)
			r.mu.Unlock()
			if x.v == 0 || least == step {
				r.report(Progress{Day: day, Step: least, Steps: grid.Steps})
			}
		})
	})
	if err != nil {
		return nil, err
	}
	// From here on the day is over, and its values are known.
	actual, err := r.actual(ctx, day, grid)
	if err != nil {
		return nil, err
	}
	if err := r.each(ctx, vpps, func(ctx context.Context, x *vppDay) error { return x.meter(ctx, actual) }); err != nil {
		return nil, err
	}
	for _, x := range vpps {
		out.Plans = append(out.Plans, x.metered)
		out.Replans += x.replans
		out.Misses = append(out.Misses, x.misses...)
		out.add(totals(x.metered))
		for _, d := range x.state {
			r.state[d.Name()] = d
		}
	}
	for _, miss := range out.Misses {
		out.UnservedMWh += miss.MWh + miss.HeatMWh
		out.UnheldMWh += miss.ReserveMWh
	}
	// Demand that is not served costs nothing, so that such a day can be below
	// any bound.
	if r.o.Bounds && out.Misses == nil {
		if out.Bound, err = r.bound(ctx, vpps, actual); err != nil {
			return nil, err
		}
	}
	for _, d := range region.DERs {
		r.reach.after(d.Name(), d, actual)
	}
	// Money follows from the delivered energy, and not from the plan.
	if err := r.settle(out); err != nil {
		return nil, err
	}
	// A day that is over is settled as a whole, so that the ledger has the days
	// of the result.
	return out, r.book.settle(context.WithoutCancel(ctx), day+1, out.Payments)
}

// each calls work for the VPPs of a day, several at a time, and returns the
// first error in their order.
func (r *runner) each(ctx context.Context, vpps []*vppDay, work func(context.Context, *vppDay) error) error {
	errs := make([]error, len(vpps))
	var group sync.WaitGroup
	for v, x := range vpps {
		group.Go(func() {
			r.o.shared.slots <- struct{}{}
			defer func() { <-r.o.shared.slots }()
			if errs[v] = work(ctx, x); errs[v] != nil {
				errs[v] = fmt.Errorf("VPP %q: %w", r.vpps[v], errs[v])
			}
		})
	}
	group.Wait()
	return errors.Join(errs...)
}

// choose lets the DERs choose for a day and returns the plans of the VPPs, nil
// if they cannot serve as plans of the strategy.
func (r *runner) choose(ctx context.Context, day int, region trigrid.Region) ([]*vpp.Plan, error) {
	began := time.Now()
	defer func() { r.choice += time.Since(began) }()
	r.o.shared.slots <- struct{}{}
	defer func() { <-r.o.shared.slots }()
	o := r.o.Choice
	workers := max(1, r.o.Workers/int(r.o.shared.seasons.Load())) // a result does not depend on it
	o.Solver, o.Workers, o.Store, o.Seed, o.Budget = r.common, workers, r.o.Store, r.o.Seed+uint64(day), -1
	o.Policy = nil // the weights of the region follow from signals that the ledger has already
	o.Unsettled, o.Period = true, uint64(day+1)
	o.Undivided = true // a season has one choice per member
	if r.book != nil {
		o.Network = r.book.net
	}
	// Without a budget, the choice does not depend on the speed of the machine.
	result, err := trigrid.Run(ctx, region, o)
	if err != nil {
		return nil, err
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx) // the result is cut
	}
	if result.Settlement == nil {
		return nil, fmt.Errorf("no choice of VPPs is feasible: %s", result.Recommendation.Explanation)
	}
	r.weights = result.Weights
	// Gains and transfers are agreed here and paid until the next choice.
	r.gains = map[string]float64{}
	for _, d := range result.DERs {
		r.choices[d.Name] = d.Choice
		if d.Choice != trigrid.Outside {
			r.gains[d.Name] = d.AllocatedGain + result.Recommendation.Transfers[d.Name]
		}
	}
	if m := r.o.Strategy.Method; m == WorstCase || m == RuleBased {
		return nil, nil // their plans follow from other scenarios, or from rules
	}
	return result.Plans, nil
}

// chooses reports whether the DERs choose on a day.
func (r *runner) chooses(day int) bool { return r.o.Choices == nil && day%r.o.ChooseEvery == 0 }

// weigh sets the weights of a day by the policy, from the signals of its region
// in millionths, as the ledger has them.
//
// The grid measures on its own scenarios of the gate. Each strategy thus has
// the same weights on the same day, and a strategy with a point forecast has a
// volatility, too.
func (r *runner) weigh(ctx context.Context, day int, region *trigrid.Region) (*weights.Signals, error) {
	set, err := r.season.Source.Known(ctx, r.season.Gate(day), r.season.Grid(day), signalScenarios)
	if err != nil {
		return nil, fmt.Errorf("signals: %w", err)
	}
	measured, err := r.region(set)
	if err != nil {
		return nil, fmt.Errorf("signals: %w", err)
	}
	measured.DERs = region.DERs // in their states
	w, signals, err := measured.Weigh(r.o.Policy)
	if err != nil {
		return nil, err
	}
	r.weights, region.Setting.Weights = w, w
	if r.book != nil {
		stated, err := contracts.NewSignals(uint64(day+1), signals.CleanShare, signals.Volatility, signals.SupplyMargin)
		if err != nil {
			return nil, err
		}
		if err := r.book.net.PublishSignals(ctx, stated); err != nil {
			return nil, err
		}
	}
	return &signals, nil
}
