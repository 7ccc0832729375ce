package audit

import (
	"maps"
	"slices"

	"github.com/trigrid/trigrid/der"
)

// site inspects the parts of a site, each by the rules of its kind and without
// prices, and
//
//	ports of the site = Σ_i ports of part i
//	−I − x_t ≤ Σ_i n_it ≤ X + x_t,   x_t = 0 without ExcessCost
//	cost = Σ_i cost_i + Σ_t c_x x_t Δ
//
// known is false if a part is of a kind without rules.
func (a *account) site(u *der.Site) (known bool) {
	known = true
	parts := u.PartSchedules(a.realised)
	free := a.c
	free.Tariff, free.Inside = der.Tariff{}, der.InsidePrices{}
	costs := make([]map[string]float64, len(a.realised.Realised))
	for s := range costs {
		costs[s] = map[string]float64{}
	}
	for i, part := range u.Parts {
		for s := range parts[i].Realised {
			benefit := part.Benefit(parts[i], free, s)
			// The program counts the costs of all parts in one sum.
			parts[i].Realised[s].Cost = -benefit.Total()
			for _, item := range benefit.Items {
				costs[s][part.Name()+": "+item.What] -= item.Amount
			}
		}
		known = Inspect(a.Inspection, part, parts[i], free) && known
	}
	for s := range a.realised.Realised {
		p, excess := a.ports(s), 0.0
		for t := range a.c.Steps() {
			at := a.at(s, t)
			for _, port := range []struct {
				name string
				of   func(p *der.Ports) []float64
			}{
				{"injection", func(p *der.Ports) []float64 { return p.Injected }},
				{"withdrawal", func(p *der.Ports) []float64 { return p.Withdrawn }},
				{"load reduction", func(p *der.Ports) []float64 { return p.Reduced }},
				{"heat", func(p *der.Ports) []float64 { return p.Heat }},
				{"gas", func(p *der.Ports) []float64 { return p.Gas }},
				{"reserve", func(p *der.Ports) []float64 { return p.Reserve }},
				{"emission", func(p *der.Ports) []float64 { return p.Emission }},
				{"allowance", func(p *der.Ports) []float64 { return p.Allowance }},
				{"CO2", func(p *der.Ports) []float64 { return p.CO2 }},
				{"renewable energy", func(p *der.Ports) []float64 { return p.Renewable }},
				{"available energy", func(p *der.Ports) []float64 { return p.Available }},
				{"conventional energy", func(p *der.Ports) []float64 { return p.Conventional }},
			} {
				sum := 0.0
				for i := range parts {
					sum += value(port.of(&parts[i].Realised[s]), t)
				}
				at.Equal(port.name+" of the parts", value(port.of(p), t), sum)
			}
			net := value(p.Injected, t) + value(p.Reduced, t) - value(p.Withdrawn, t)
			over := 0.0
			if limit, ok := u.MaxExport.Get(); ok {
				over = max(over, net-limit)
			}
			if limit, ok := u.MaxImport.Get(); ok {
				over = max(over, -net-limit)
			}
			if !u.ExcessCost.Given() {
				at.AtMost("power beyond the connection", over, 0)
			}
			excess += u.ExcessCost.Or(0) * over * a.dt(t)
		}
		costs[s]["excess of the connection"] = excess
		// Items of payments of the parts are 0 without prices, and no items of
		// the site.
		maps.DeleteFunc(costs[s], func(what string, amount float64) bool {
			return amount == 0 && !slices.ContainsFunc(a.d.Benefit(a.realised, a.c, s).Items, func(x der.Item) bool { return x.What == what })
		})
		a.cost(s, true, costs[s])
	}
	return known
}
