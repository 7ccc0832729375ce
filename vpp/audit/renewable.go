package audit

import "github.com/trigrid/trigrid/der"

// farm is the data that wind and PV have in common.
type farm struct {
	available, forecast           string
	maintenance, penalty, subsidy float64
}

// renewable inspects wind and PV: 0 ≤ P ≤ A, what is generated and what could have been, the forecast as
// announcement, and cost = Σ (c_om P + c_cut (A − P) − sub P) Δ.
func (a *account) renewable(u farm) {
	a.each(func(s, t int, p *der.Ports, at Spot) {
		power, available := value(p.Injected, t), a.c.Set.At(u.available, s, t)
		at.AtMost("available power", power, available)
		at.Equal("renewable energy", value(p.Renewable, t), power*a.dt)
		at.Equal("available energy", value(p.Available, t), available*a.dt)
	})
	a.absent("port that the kind does not have", func(p *der.Ports) [][]float64 {
		return [][]float64{p.Withdrawn, p.Reduced, p.Heat, p.Gas, p.Reserve, p.Emission, p.Allowance, p.CO2, p.Conventional}
	})
	if u.forecast != "" {
		for t := range a.c.Steps() {
			mean := 0.0
			for s := range a.c.Scenarios() {
				mean += a.c.Set.Probability(s) * a.c.Set.At(u.forecast, s, t)
			}
			a.at(All, t).Equal("day-ahead schedule from the forecast", value(a.realised.DayAhead, t), mean)
		}
	}
	for s := range a.realised.Realised {
		used, unused := 0.0, 0.0
		for t := range a.c.Steps() {
			used += value(a.ports(s).Injected, t) * a.dt
			unused += (a.c.Set.At(u.available, s, t) - value(a.ports(s).Injected, t)) * a.dt
		}
		a.cost(s, false, map[string]float64{
			"maintenance":         u.maintenance * used,
			"curtailment penalty": u.penalty * unused,
			"subsidy":             -u.subsidy * used,
		})
	}
}
