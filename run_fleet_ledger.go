package trigrid

import (
	"context"
	"fmt"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/fleet"
	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/contracts"
)

// submit has each VPP submit its part of the equilibrium as a scheme with a row
// per class. A row of one or two DERs of a class would show the data of one of
// them, so that only a class that has no more DERs gets one.
func (x *fleetRun) submit(ctx context.Context, book *record, paid [][]int64) error {
	for v, plan := range x.plans {
		var rows []schemeRow
		for k, f := range x.problem.Fleets {
			n := x.members[v][k]
			// The class then has a row in another VPP.
			if n == 0 || n < contracts.MinClass && f.Count >= contracts.MinClass {
				continue
			}
			for i := range plan.Members {
				if m := &plan.Members[i]; m.DER.Name() == f.Name() {
					rows = append(rows, schemeRow{f.Name(), expectedInjection(plan, m), float64(paid[v][k]) / 100, float64(n) * x.payoff(v, k)})
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
// A registration holds for all periods, so that a class cannot change its DERs.
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
// The salts of all reveals give the seed that places the DERs.
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
		// The settlement pays by the splits, so that a part without effect must
		// not pass.
		if _, recorded, err := l.net.Draw(ctx, l.period, f.Name()); err != nil {
			return err
		} else if len(recorded.Void) > 0 {
			return fmt.Errorf("the split of %s into %v has no effect on the ledger; these VPPs have no accepted scheme", f.Name(), recorded.Void)
		}
	}
	return nil
}

// settleClasses divides the lines of the classes among their DERs, after the
// period is settled. One DER of each class then proves its payment against the
// genesis of the chain, and that the class had it before the draw. Classes with
// fewer than [contracts.MinClass] DERs in VPPs keep one line under their
// pseudonym.
func (l *record) settleClasses(ctx context.Context, s *fleet.Summary) error {
	verifier, trust := l.net.Engine().Trust()
	for k := range s.Classes {
		c := &s.Classes[k]
		if c.Count-c.Outside < contracts.MinClass {
			continue
		}
		// The contract refuses amounts that do not add up to the line of the
		// class.
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
