package operate

import (
	"fmt"
	"math"
	"slices"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/vpp"
)

// unitRule returns the ports of a DER in step t. They depend on no other DER:
// batteries, sites, and kinds that exchange heat, gas or CO2 have rules
// elsewhere.
func (x *vppDay) unitRule(unit der.DER, now *scenario.Set, t int, m vpp.Markets) der.Ports {
	dt, one := now.HoursAt(0), func(v float64) []float64 { return []float64{v} }
	switch u := unit.(type) {
	case *der.Wind:
		return renewed(now.At(u.Available, 0, 0), dt)
	case *der.PV:
		return renewed(now.At(u.Available, 0, 0), dt)
	case *der.RunOfRiver:
		return renewed(u.Project(now, 0).Clean[0], dt)
	case *der.Reservoir:
		return reservoirRule(u, now.At(u.Inflow, 0, 0), dt, marginal(m.Electricity), x.median)
	case *der.Load:
		served := now.At(u.Demand, 0, 0)
		y := der.Ports{Withdrawn: one(served)}
		if factor := u.EmissionFactor.Or(0); factor > 0 {
			y.Emission = one(factor * served * dt)
		}
		return y
	case *der.DemandResponse:
		y := der.Ports{Reduced: one(0), Withdrawn: one(0), Traces: []der.Path{{Name: "rebound", Unit: "MW", Values: one(0)}}}
		if !u.Served {
			y.Withdrawn = one(now.At(u.Load, 0, 0))
		}
		return y
	case *der.TransferableLoad:
		return der.Ports{Withdrawn: one(now.At(u.Load, 0, 0))}
	case *der.ShiftableLoad:
		y := der.Ports{Withdrawn: one(0)}
		if k := t - int(math.Round(u.Usual/dt)); k >= 0 && k < len(u.Profile) {
			y.Withdrawn = one(u.Profile[k])
		}
		return y
	case *der.Thermal:
		return thermalRule(u, dt, m)
	case *der.EVFleet:
		return carsRule(u, now)
	case *der.HeatPump:
		return heatPumpRule(u, now)
	}
	panic(fmt.Sprintf("operate: rules: no rule for %T, which start accepts", unit))
}

// medianPrice returns the median over the steps of the price of the next MWh
// bought, of two middle ones the mean; 0 without a market.
func medianPrice(m market.Market, steps int) float64 {
	if m == nil {
		return 0
	}
	prices := make([]float64, steps)
	for p := range m.Periods() {
		_, price := m.Curve(p).Marginal(0)
		from, to := m.Span(p)
		for t := from; t < min(to, steps); t++ {
			prices[t] = price
		}
	}
	slices.Sort(prices)
	return (prices[(steps-1)/2] + prices[steps/2]) / 2
}

// reservoirRule returns the ports of a reservoir in its next step. With the
// price λ, the median of the day at its gate, the discharge Q of the last point
// of the turbine and V the volume before,
//
//	wanted = Q if λ ≥ median and λ > c_om, else 0;   at least R_min
//	R = wanted, within the ramp
//	R ≤ max(R_min, I + (V − V_end) / κ)          keeps the volume that the end of the day needs
//	I + (V − V_max)/κ ≤ R ≤ I + (V − V_min)/κ    the levels come last, because they are hard
//
// and P = f(R). V_min stands for an absent V_end.
func reservoirRule(u *der.Reservoir, inflow, dt, price, median float64) der.Ports {
	water := 0.0036 * dt // hm³ per m³/s
	wanted := 0.0
	if price >= median && price > u.Maintenance {
		wanted = u.Turbine[len(u.Turbine)-1].Discharge
	}
	release := max(wanted, u.MinRelease)
	if before, ok := u.Released.Get(); ok {
		ramp := u.ReleaseRamp.Or(math.Inf(1)) * dt
		release = min(max(release, before-ramp), before+ramp)
	}
	release = min(release, max(u.MinRelease, inflow+(u.Initial-u.EndVolume.Or(u.MinVolume))/water))
	release = min(release, inflow+(u.Initial-u.MinVolume)/water)
	release = max(release, inflow+(u.Initial-u.MaxVolume)/water, 0)
	volume := min(max(u.Initial+water*(inflow-release), u.MinVolume), u.MaxVolume)
	y := renewed(u.PowerOf(release), dt)
	y.Traces = []der.Path{{Name: "release", Unit: "m³/s", Values: []float64{release}}, {Name: "volume", Unit: "hm³", Values: []float64{volume}}}
	return y
}

// siteRule returns the ports of one site in step t. Its parts follow the rules
// of their kinds, and its batteries follow the surplus or deficit of the site.
// Renewable power above the export limit is curtailed. first is the site at the
// beginning of the day.
//
// For example, 3 MW of sun, 1 MW of load and a battery of 1 MW leave 1 MW; an
// export limit of 0.4 MW curtails 0.6 MW of it.
func (x *vppDay) siteRule(u, first *der.Site, now *scenario.Set, t int, m vpp.Markets) (der.Ports, error) {
	parts, net := make([]der.Ports, len(u.Parts)), 0.0
	for k, part := range u.Parts {
		unit, n := single(part)
		if _, ok := unit.(*der.Storage); !ok {
			parts[k] = times(n, x.unitRule(unit, now, t, m))
			net += parts[k].Net(0)
		}
	}
	for k, part := range u.Parts {
		unit, n := single(part)
		if store, ok := unit.(*der.Storage); ok {
			parts[k] = times(n, x.storageRule(store, stated(first.Parts[k]), t, net/n))
			net += parts[k].Net(0)
		}
	}
	if limit, ok := u.MaxExport.Get(); ok {
		for k, part := range u.Parts {
			if net > limit {
				cut, _ := curtailed(part, &parts[k], net-limit, now.HoursAt(0))
				net -= cut
			}
		}
	}
	// Demand of a site has no relief: its owner is a member, and not the VPP.
	if !u.ExcessCost.Given() {
		for _, x := range []struct {
			what  string
			mw    float64
			limit float64
		}{{"exports", net, u.MaxExport.Or(math.Inf(1))}, {"imports", -net, u.MaxImport.Or(math.Inf(1))}} {
			if x.mw > x.limit+1e-9*(1+x.limit) {
				return der.Ports{}, impossible(fmt.Sprintf("site %q %s %.6g MW by the rules, above its limit of %.6g MW", u.ID, x.what, x.mw, x.limit))
			}
		}
	}
	return u.JoinParts(parts), nil
}

// curtailed lowers the renewable power of a DER by at most mw and returns by
// how much, MW, and the energy by which it lowers the available one, MWh: water
// that a reservoir spills is no longer available.
func curtailed(d der.DER, y *der.Ports, mw, dt float64) (cut, spilt float64) {
	if y.Renewable == nil {
		return 0, 0
	}
	unit, _ := single(d)
	switch u := unit.(type) {
	case *der.Site:
		// The paths of the parts are those of the site's traces.
		for k, part := range u.PartSchedules(der.Schedule{Realised: []der.Ports{*y}}) {
			less, water := curtailed(u.Parts[k], &part.Realised[0], mw-cut, dt)
			cut, spilt = cut+less, spilt+water
		}
	case *der.Reservoir:
		cut = min(mw, y.Injected[0])
		spilt = cut * dt
	default:
		cut = min(mw, y.Injected[0])
	}
	y.Injected[0] -= cut
	y.Renewable[0] -= cut * dt
	y.Available[0] -= spilt
	return cut, spilt
}

// ruledForward returns a DER after its step. Only kinds with a state that the
// rules read have a next one.
func ruledForward(d der.DER, y *der.Ports, c der.Context) (der.DER, error) {
	unit, n := single(d)
	if site, ok := unit.(*der.Site); ok {
		next := *site
		next.Parts = slices.Clone(site.Parts)
		all := der.Schedule{Realised: []der.Ports{*y}}
		for k, part := range site.PartSchedules(all) {
			own := part.Realised[0]
			if n != 1 { // the traces are those of all sites
				own = times(1/n, cloned(own))
			}
			rolled, err := ruledForward(site.Parts[k], &own, c)
			if err != nil {
				return nil, fmt.Errorf("site %s: %w", site.ID, err)
			}
			next.Parts[k] = rolled
		}
		if fleet, ok := d.(*der.Fleet); ok {
			return fleetOf(fleet, &next), nil
		}
		return &next, nil
	}
	switch u := unit.(type) {
	case *der.Thermal, *der.Storage, *der.Reservoir, *der.HeatPump, *der.CarbonCapture,
		*der.CHP, *der.ExtractionCHP, *der.GasBoiler, *der.ElectricBoiler, *der.PowerToGas:
		return d.(der.Stateful).RollForward(y, c, 0, 1)
	case *der.EVFleet:
		// A set of one step ends the horizon of a fleet, so that its own method
		// begins a new one.
		next := der.DER(carsAfter(u, c.Set))
		if fleet, ok := d.(*der.Fleet); ok {
			next = fleetOf(fleet, next)
		}
		return next, nil
	}
	return d, nil
}

// cloned returns ports with paths of their own.
func cloned(y der.Ports) der.Ports {
	for _, path := range pathsOf(&y) {
		*path = slices.Clone(*path)
	}
	y.Traces = slices.Clone(y.Traces)
	for k := range y.Traces {
		y.Traces[k].Values = slices.Clone(y.Traces[k].Values)
	}
	return y
}
