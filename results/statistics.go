package results

import (
	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/vpp"
)

// DERStatistics are the numbers of one DER over the horizon, expected over the
// scenarios.
type DERStatistics struct {
	VPP, DER string              // VPP is [trigrid.Outside] for a DER outside
	Carriers []CarrierStatistics // of the ports of the DER: electricity, heat, gas, CO2

	// Available is the renewable energy that the DER could have generated,
	// Curtailed the part of it that it did not, both MWh. Absent: the DER is
	// not renewable.
	Available, Curtailed optional.Float
	Reduced              float64 // load reduction, MWh

	// Starts is the number of steps in which the DER is on and was off in the
	// step before; the first step counts only if the DER records starts itself,
	// in a state "start". Running is the time on, hours. Absent: the DER has no
	// state "on".
	Starts, Running optional.Float

	Items                  []der.Item // payments and own costs by item, currency, received positive
	Payment, Cost, Revenue float64    // currency; Revenue = Payment − Cost is the sum of Items
	Emission, Allowance    float64    // t CO2
}

// CarrierStatistics are the numbers of one carrier of a DER. Supply and use are
// summed apart:
//
//	Supplied = E Σ_t max(p_t, 0) Δ,   Used = E Σ_t max(−p_t, 0) Δ
//	FullLoadHours = Supplied / Capacity,   CapacityFactor = FullLoadHours / hours of the horizon
//
// p is injection minus withdrawal of electricity, without load reduction, or
// the port of the carrier. For example, a wind farm of 8 MW that supplies 48
// MWh in a day has 6 full-load hours and a capacity factor of 0.25.
type CarrierStatistics struct {
	Carrier        string         // electricity, heat, gas or co2
	Unit           string         // MWh, or t for CO2
	Supplied, Used float64        // in Unit
	Capacity       optional.Float // MW. Absent: see [der.Rated]

	CapacityFactor, FullLoadHours optional.Float // absent without a capacity above 0
}

// Statistics returns the numbers of each DER of a run, in the order of the
// region. It returns the errors of [New].
//
// For example, a battery that charges 2 MWh and discharges 1.8 MWh has Supplied
// 1.8 and Used 2 for the carrier electricity.
func Statistics(r trigrid.Region, res *trigrid.Result) ([]DERStatistics, error) {
	if err := fits(r, res); err != nil {
		return nil, err
	}
	var out []DERStatistics
	for _, d := range r.DERs {
		x := DERStatistics{VPP: trigrid.Outside, DER: d.Name()}
		for _, plan := range res.Plans {
			if plan == nil {
				continue
			}
			for i := range plan.Members {
				if m := &plan.Members[i]; m.DER.Name() == d.Name() {
					x = MemberStatistics(plan, m)
				}
			}
		}
		out = append(out, x)
	}
	return out, nil
}

// MemberStatistics returns the numbers of a member of a plan. Package
// report/statistics shows them with the money of the recommendation.
func MemberStatistics(plan *vpp.Plan, m *vpp.Member) DERStatistics {
	var (
		set  = plan.Setting.Set
		x    = DERStatistics{VPP: plan.VPP.Name, DER: m.DER.Name(), Payment: m.Payment, Cost: m.Cost, Revenue: m.Revenue}
		mean = func(of func(p *der.Ports) float64) float64 {
			sum := 0.0
			for s := range m.Schedule.Realised {
				sum += set.Probability(s) * of(&m.Schedule.Realised[s])
			}
			return sum
		}
	)
	total := func(port func(p *der.Ports) []float64, per func(t int) float64) float64 {
		return mean(func(p *der.Ports) float64 { return weighted(port(p), per) })
	}
	x.Carriers = carriers(m.DER, m.Schedule.Realised, set, mean)
	if m.Schedule.Realised[0].Available != nil {
		available := total(func(p *der.Ports) []float64 { return p.Available }, once)
		used := total(func(p *der.Ports) []float64 { return p.Renewable }, once)
		// The solver can use a little more than is available, within its
		// tolerance.
		x.Available, x.Curtailed = optional.Of(available), optional.Of(max(available-used, 0))
	}
	x.Reduced = total(func(p *der.Ports) []float64 { return p.Reduced }, set.HoursAt)
	x.Emission = total(func(p *der.Ports) []float64 { return p.Emission }, once)
	x.Allowance = total(func(p *der.Ports) []float64 { return p.Allowance }, once)
	if m.Schedule.Realised[0].Trace("on") != nil {
		x.Starts = optional.Of(mean(starts))
		x.Running = optional.Of(mean(func(p *der.Ports) float64 { return weighted(p.Trace("on"), set.HoursAt) }))
	}
	var items []der.Item
	for s, benefit := range m.Benefits {
		for _, item := range benefit.Items {
			items = append(items, der.Item{What: item.What, Amount: set.Probability(s) * item.Amount})
		}
	}
	x.Items = named(items)
	return x
}

// once is the factor of an amount per step.
func once(int) float64 { return 1 }

// weighted returns the sum of the values, each multiplied by the factor of its
// step.
func weighted(values []float64, per func(t int) float64) float64 {
	sum := 0.0
	for t, v := range values {
		sum += v * per(t)
	}
	return sum
}

// carriers returns the numbers of the ports that a DER has.
func carriers(d der.DER, realised []der.Ports, set *scenario.Set, mean func(func(*der.Ports) float64) float64) []CarrierStatistics {
	first := &realised[0] // a DER has a port in all scenarios or in none
	horizon := set.Grid().HoursTo(set.Steps())
	var out []CarrierStatistics
	for _, c := range []struct {
		name, unit string
		carrier    der.Carrier
		present    bool
		port       func(p *der.Ports) []float64
		per        func(t int) float64
	}{
		{"electricity", "MWh", der.Electricity, first.Injected != nil || first.Withdrawn != nil || first.Reduced != nil, exchange, set.HoursAt},
		{"heat", "MWh", der.Heat, first.Heat != nil, func(p *der.Ports) []float64 { return p.Heat }, set.HoursAt},
		{"gas", "MWh", der.Gas, first.Gas != nil, func(p *der.Ports) []float64 { return p.Gas }, set.HoursAt},
		{"co2", "t", -1, first.CO2 != nil, func(p *der.Ports) []float64 { return p.CO2 }, once},
	} {
		if !c.present {
			continue
		}
		part := func(sign float64) float64 {
			return mean(func(p *der.Ports) float64 {
				sum := 0.0
				for t, v := range c.port(p) {
					sum += max(sign*v, 0) * c.per(t)
				}
				return sum
			})
		}
		x := CarrierStatistics{Carrier: c.name, Unit: c.unit, Supplied: part(1), Used: part(-1)}
		if rated, ok := der.As[der.Rated](d); ok && c.carrier >= 0 {
			x.Capacity = rated.Rating(c.carrier)
		}
		if mw, ok := x.Capacity.Get(); ok && mw > 0 {
			x.FullLoadHours = optional.Of(x.Supplied / mw)
			x.CapacityFactor = optional.Of(x.Supplied / (mw * horizon))
		}
		out = append(out, x)
	}
	return out
}

// exchange returns injection minus withdrawal per step, MW.
//
// Load reduction is not part of it, because no power flows.
func exchange(p *der.Ports) []float64 {
	out := make([]float64, max(len(p.Injected), len(p.Withdrawn)))
	for t := range out {
		if p.Injected != nil {
			out[t] += p.Injected[t]
		}
		if p.Withdrawn != nil {
			out[t] -= p.Withdrawn[t]
		}
	}
	return out
}

// starts returns the number of starts in one scenario.
//
// For example, on = 0, 1, 1, 0, 1 has two starts.
func starts(p *der.Ports) float64 {
	if recorded := p.Trace("start"); recorded != nil {
		return sum(recorded)
	}
	n := 0.0
	for t, on := range p.Trace("on") {
		if t > 0 && on > 0.5 && p.Trace("on")[t-1] <= 0.5 {
			n++
		}
	}
	return n
}

// sum returns the sum of a series; 0 for a port that the DER lacks.
func sum(values []float64) float64 {
	total := 0.0
	for _, v := range values {
		total += v
	}
	return total
}
