package trigrid

import (
	"context"

	"github.com/trigrid/trigrid/vpp"
)

// submitSchemes has each VPP submit its proposed coalition as a sealed scheme, and the grid verify
// and deliver them. A scheme has one row per member: expected energy, tariff payment and payoff. A
// VPP that wants no DER, or that cannot run, submits a scheme without rows.
func submitSchemes(ctx context.Context, book *record, g *choice) error {
	for v, proposal := range g.proposed {
		s := proposal.s
		if s == 0 || proposal.never != "" {
			if err := book.scheme(ctx, g.region.VPPs[v].Name, nil); err != nil {
				return err
			}
			continue
		}
		divided, err := g.divide(ctx, v, s)
		if err != nil {
			return err
		}
		plan, err := g.planner.vpps[v].Plan(ctx, s)
		if err != nil {
			return err
		}
		var rows []schemeRow
		for _, i := range s.Members() {
			for j := range plan.Members {
				if m := &plan.Members[j]; m.DER.Name() == g.PlayerName(i) {
					rows = append(rows, schemeRow{g.PlayerName(i), expectedInjection(plan, m), m.Payment, divided.payoffs[i]})
				}
			}
		}
		if err := book.scheme(ctx, g.region.VPPs[v].Name, rows); err != nil {
			return err
		}
	}
	return book.decide(ctx)
}

// expectedInjection returns the energy that a member feeds in, Σ_s π_s Σ_t P_st Δ, MWh.
func expectedInjection(p *vpp.Plan, m *vpp.Member) float64 {
	sum := 0.0
	for s := range m.Schedule.Realised {
		for t, mw := range m.Schedule.Realised[s].Injected {
			sum += p.Setting.Set.Probability(s) * mw * p.Setting.Set.HoursAt(t)
		}
	}
	return sum
}
