package sweep

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime"
	"slices"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/internal/parallel"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/vpp"
	"github.com/trigrid/trigrid/weights"
)

// WeightsAt is [Weights] at one choice of the DERs, the same for every vector:
// profile has a VPP or [trigrid.Outside] for each DER. It plans the coalitions
// of the profile, and for the payoffs of the grid's vectors those that the
// sharing rule compares. Of the options, Solver and Workers count.
func WeightsAt(ctx context.Context, r trigrid.Region, o trigrid.Options, profile trigrid.Profile, grid []weights.Vector) (*Result, error) {
	if err := r.Validate(); err != nil {
		return nil, err
	}
	coalitions, err := coalitionsOf(r, profile)
	if err != nil {
		return nil, err
	}
	o = withDefaults(o)
	return vary(r, o, grid, func(at trigrid.Region, row *Row) error {
		row.Profile = maps.Clone(profile)
		return row.measure(ctx, at, o, coalitions)
	})
}

// At returns the outcome of one choice of the DERs under the weights of a
// region, without payoffs. It plans one coalition per VPP. Of the options,
// Solver and Workers count.
func At(ctx context.Context, r trigrid.Region, o trigrid.Options, profile trigrid.Profile) (*Row, error) {
	if err := r.Validate(); err != nil {
		return nil, err
	}
	coalitions, err := coalitionsOf(r, profile)
	if err != nil {
		return nil, err
	}
	// r is a copy of the caller's region, so that the weights of the caller
	// stay.
	w := r.Setting.Weights
	row := &Row{Weights: w, Planned: planned(w), Profile: maps.Clone(profile)}
	r.Setting.Weights = row.Planned
	if err := row.measure(ctx, r, withDefaults(o), coalitions); err != nil {
		return nil, fmt.Errorf("sweep: weights %v: %w", w, err)
	}
	return row, nil
}

// withDefaults returns o with defaults of the options that count.
func withDefaults(o trigrid.Options) trigrid.Options {
	if o.Solver == nil {
		o.Solver = trigrid.DefaultSolver()
	}
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	return o
}

// coalitionsOf returns the coalition of each VPP in a profile.
func coalitionsOf(r trigrid.Region, profile trigrid.Profile) ([]vpp.Coalition, error) {
	// A DER outside of all VPPs is in no coalition. All violations are
	// collected.
	out := make([]vpp.Coalition, len(r.VPPs))
	bad := faults.List{Prefix: "sweep: profile: "}
	known := map[string]bool{}
	for i, d := range r.DERs {
		known[d.Name()] = true
		v := slices.IndexFunc(r.VPPs, func(p vpp.VPP) bool { return p.Name == profile[d.Name()] })
		if v >= 0 {
			out[v] = out[v].With(i)
			continue
		}
		bad.Require(profile[d.Name()] == trigrid.Outside, "DER %q chooses %q, want the name of a VPP, or %q", d.Name(), profile[d.Name()], trigrid.Outside)
	}
	for _, name := range slices.Sorted(maps.Keys(profile)) { // equal profiles have equal errors
		bad.Require(known[name], "%q is no DER of the region", name)
	}
	return out, bad.Err()
}

// measure plans the coalition of each VPP, and computes the payoffs if the row
// wants them.
func (row *Row) measure(ctx context.Context, r trigrid.Region, o trigrid.Options, coalitions []vpp.Coalition) error {
	rule := r.SharingRule()
	if row.Payoff != nil {
		for _, d := range r.DERs { // those in a VPP follow below
			outside := r.Outside[d.Name()]
			row.Payoff[d.Name()], row.Revenue[d.Name()] = outside, outside
		}
	}
	// The programs of all VPPs are one list, so that no worker waits for those
	// of one VPP.
	var (
		all  []*vpp.Coalitions
		jobs []func() error
	)
	for v, p := range r.VPPs {
		c, err := vpp.NewCoalitions(vpp.Problem{VPP: p, Members: r.DERs, Setting: r.Setting}, o.Solver)
		if err != nil {
			return err
		}
		needed := []vpp.Coalition{coalitions[v]}
		if row.Payoff != nil { // payoffs compare more coalitions, up to all subsets
			needed = append(needed, vpp.Required(rule, coalitions[v])...)
		}
		all, jobs = append(all, c), append(jobs, plan(ctx, c, needed)...)
	}
	if err := parallel.Run(o.Workers, jobs); err != nil {
		return err
	}
	for v, p := range r.VPPs {
		c, s := all[v], coalitions[v]
		own, err := c.Plan(ctx, s) // from the cache
		if err != nil {
			return err
		}
		row.add(own)
		if row.Payoff == nil {
			continue
		}
		var failed error
		// A run plans the members alone only if their costs are covered, and so
		// does Reservations.
		alone := func(i int) *vpp.Outcome {
			x, err := c.Outcome(ctx, vpp.Coalition(0).With(i))
			if err != nil && !errors.Is(err, milp.ErrInfeasible) {
				failed = err
			}
			return x
		}
		// Payments are those of a run: of outcomes whose costs can be shared,
		// by reservation payoffs.
		outside := func(i int) float64 { return r.Outside[r.DERs[i].Name()] }
		raw, err := c.OutcomesOf(append(vpp.Required(rule, s), s)...)
		if err != nil {
			return err
		}
		of := vpp.Shareable(raw, r.Setting, vpp.Reservations(s, r.Setting, raw(s), alone, outside))
		if failed != nil {
			return fmt.Errorf("%s: %w", p.Name, failed)
		}
		for i, payoff := range vpp.Payoffs(s, of, rule, p.PassThrough) {
			row.Payoff[r.DERs[i].Name()] = payoff
			row.Revenue[r.DERs[i].Name()] = raw(s).Revenue[i]
		}
	}
	return nil
}

// plan returns jobs that plan coalitions, each once.
func plan(ctx context.Context, c *vpp.Coalitions, needed []vpp.Coalition) []func() error {
	// The coalition of a profile is often one that the sharing rule compares,
	// too.
	slices.Sort(needed)
	var jobs []func() error
	for _, s := range slices.Compact(needed) {
		jobs = append(jobs, func() error {
			if _, err := c.Plan(ctx, s); err != nil {
				return fmt.Errorf("%s: a coalition of %d members has no plan: %w", c.VPP().Name, s.Size(), err)
			}
			return nil
		})
	}
	return jobs
}
