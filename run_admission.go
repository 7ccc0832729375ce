package trigrid

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/contracts"
	"github.com/trigrid/trigrid/vpp"
)

// admission is the answer of a VPP to the DERs that choose it.
type admission struct {
	admitted vpp.Coalition
	refused  []refusal // in order
}

// refusal is a refused DER, with the members against which it was compared.
type refusal struct {
	der     int
	against vpp.Coalition
	loss    float64 // X(T∖i) − X(T)
}

// refuses reports whether VPPs can refuse DERs.
func (g *choice) refuses() bool { return g.region.Setting.Modelling.Admission != vpp.AdmitAll }

// admit returns the answer of VPP v to the DERs in s, as [vpp.Admission]
// states. It plans the coalitions that the VPP compares. Without a plan of a
// compared coalition the DER is admitted.
func (g *choice) admit(ctx context.Context, v int, s vpp.Coalition) (*admission, error) {
	rule := g.region.Setting.Modelling.Admission
	if rule == vpp.AdmitAll || g.proposed[v].never != "" {
		return &admission{admitted: s}, nil
	}
	j := job{v, s}
	g.mu.Lock()
	known := g.admissions[j]
	g.mu.Unlock()
	if known != nil {
		return known, nil
	}
	out := &admission{admitted: s}
	for {
		found, err := g.leastWanted(ctx, v, out.admitted, rule)
		if err != nil {
			return nil, err
		}
		if found == nil {
			break
		}
		out.refused = append(out.refused, *found)
		out.admitted = out.admitted.Without(found.der)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.admissions == nil {
		g.admissions = map[job]*admission{}
	}
	g.admissions[j] = out
	return out, nil
}

// leastWanted returns the DER that VPP v refuses next among t, nil if it admits
// all of them.
func (g *choice) leastWanted(ctx context.Context, v int, t vpp.Coalition, rule vpp.Admission) (*refusal, error) {
	if rule == vpp.AdmitScheme {
		outside := t &^ g.proposed[v].s
		if outside == 0 {
			return nil, nil
		}
		i := outside.Members()[0]
		loss, _, _, err := g.loss(ctx, v, t, i, rule)
		return &refusal{i, t.Without(i), loss}, err
	}
	type candidate struct {
		refusal
		tolerance float64
	}
	var list []candidate
	largest := 0.0
	for _, i := range t.Members() {
		loss, tolerance, comparable, err := g.loss(ctx, v, t, i, rule)
		if err != nil {
			return nil, err
		}
		if comparable && loss > tolerance {
			list = append(list, candidate{refusal{i, t.Without(i), loss}, tolerance})
			largest = max(largest, loss)
		}
	}
	// Equal losses differ by the error of the solver, so that the order of the
	// region decides.
	for _, c := range slices.Backward(list) {
		if c.loss >= largest-c.tolerance {
			return &c.refusal, nil
		}
	}
	return nil, nil
}

// loss returns X(t∖i) − X(t) with its tolerance. ok is false, and the loss 0,
// if one of the coalitions has no plan.
func (g *choice) loss(ctx context.Context, v int, t vpp.Coalition, i int, rule vpp.Admission) (loss, tolerance float64, ok bool, err error) {
	required := vpp.Required(vpp.Marginal{}, t)
	jobs := make([]job, 0, len(required))
	for _, s := range required {
		jobs = append(jobs, job{v, s})
	}
	if rule == vpp.AdmitByValue && g.region.Setting.CoversCosts() {
		for _, k := range t.Members() { // reservation payoffs rest on each member alone
			jobs = append(jobs, job{v, vpp.Coalition(0).With(k)})
		}
	}
	if err := g.planner.plan(ctx, jobs...); err != nil {
		return 0, 0, false, err
	}
	less := t.Without(i)
	if !g.planner.runs(v, t) || !g.planner.runs(v, less) {
		return 0, 0, false, nil
	}
	of, err := g.planner.outcomes(v, required)
	if err != nil {
		return 0, 0, false, err
	}
	value := func(s vpp.Coalition) float64 { return of(s).Value.Objective }
	if rule == vpp.AdmitByValue {
		if of, err = g.shareable(v, t, required); err != nil {
			return 0, 0, false, err
		}
		value = func(s vpp.Coalition) float64 { return of(s).Value.Integrated }
	}
	tolerance = of(t).AbsoluteGap + of(less).AbsoluteGap + 1e-6*(1+math.Abs(value(t)))
	return value(less) - value(t), tolerance, true, nil
}

// addRefusals adds the refusals at a profile, nil if no feasible one is known:
// of each DER by each VPP that it does not choose.
func (res *Result) addRefusals(ctx context.Context, g *choice, shown []int) error {
	if !g.refuses() || shown == nil {
		return nil
	}
	res.Admission, res.Refusals = g.region.Setting.Modelling.Admission.String(), []vpp.Refusal{}
	for v := range g.region.VPPs {
		for i, u := range shown {
			if u == v || g.proposed[v].never != "" {
				continue
			}
			with := coalition(shown, v).With(i)
			answer, err := g.admit(ctx, v, with)
			if err != nil {
				return err
			}
			k := slices.IndexFunc(answer.refused, func(r refusal) bool { return r.der == i })
			if k < 0 {
				continue
			}
			r := answer.refused[k]
			out := vpp.Refusal{VPP: g.region.VPPs[v].Name, DER: g.PlayerName(i), Against: g.region.names(r.against), Loss: r.loss}
			d, err := g.divide(ctx, v, with)
			if err != nil {
				return err
			}
			if d.payoffs != nil {
				here, tolerance, _, err := g.move(ctx, i, shown)
				if err != nil {
					return err
				}
				payoff := d.payoffs[i]
				out.Payoff, out.Wanted = &payoff, payoff > here+tolerance+d.tolerance
			}
			res.Refusals = append(res.Refusals, out)
		}
	}
	return nil
}

// refuse has each VPP state the DERs that it does not admit. On the ledger a
// choice of that VPP by these DERs then counts as none.
func (l *record) refuse(ctx context.Context, refusals []vpp.Refusal) error {
	for _, p := range l.region.VPPs {
		var list []contracts.Refused
		for _, r := range refusals {
			if r.VPP != p.Name {
				continue
			}
			minor := math.Round(100 * r.Loss)
			if math.Abs(minor) >= math.MaxInt64 {
				return fmt.Errorf("refusals of %s: a loss of %g is beyond the range of the ledger; use a larger unit of currency", r.VPP, r.Loss)
			}
			list = append(list, contracts.Refused{DER: r.DER, Loss: ledger.Money(minor)})
		}
		if len(list) == 0 {
			continue
		}
		if err := l.net.RefuseDERs(ctx, l.period, p.Name, list); err != nil {
			return fmt.Errorf("refusals of %s: %w", p.Name, err)
		}
	}
	return nil
}
