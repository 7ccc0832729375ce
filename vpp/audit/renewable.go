package audit

import "github.com/trigrid/trigrid/der"

// farm is the data that wind and PV have in common.
type farm struct {
	available, forecast           string  // series, MW
	maintenance, penalty, subsidy float64 // currency per MWh
}

// renewable inspects wind and PV with the output P and the available power A,
//
//	0 ≤ P_t ≤ A_t,   renewable energy P_t Δ,   available energy A_t Δ
//	day-ahead schedule = Σ_s π_s forecast_{s,t}                     if there is a forecast
//	cost = Σ_t (c_om P_t + c_cut (A_t − P_t) − sub P_t) Δ
//
// c_cut is the penalty for renewable curtailment.
func (a *account) renewable(u farm) {
	a.each(func(s, t int, p *der.Ports, at Spot) {
		power, available := value(p.Injected, t), a.c.Set.At(u.available, s, t)
		at.AtMost("available power", power, available)
		at.Equal("renewable energy", value(p.Renewable, t), power*a.dt(t))
		at.Equal("available energy", value(p.Available, t), available*a.dt(t))
	})
	a.absent(func(p *der.Ports) [][]float64 {
		return [][]float64{
			p.Withdrawn, p.Reduced, p.Heat, p.Gas, p.Reserve, p.Emission, p.Allowance, p.CO2, p.Conventional,
		}
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
		used, unused := 0.0, 0.0 // MWh
		for t := range a.c.Steps() {
			used += value(a.ports(s).Injected, t) * a.dt(t)
			unused += (a.c.Set.At(u.available, s, t) - value(a.ports(s).Injected, t)) * a.dt(t)
		}
		a.cost(s, false, map[string]float64{
			"maintenance":         u.maintenance * used,
			"curtailment penalty": u.penalty * unused,
			"subsidy":             -u.subsidy * used,
		})
	}
}
