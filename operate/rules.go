package operate

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/vpp"
)

// single returns one of the equal DERs of a fleet and their number, or a DER
// and 1. The rules set all DERs of a fleet alike.
func single(d der.DER) (der.DER, float64) {
	if u, ok := d.(*der.Fleet); ok {
		return u.Unit, float64(u.Count)
	}
	return d, 1
}

// ofGoods reports whether the rules set a DER together with all others that
// exchange heat, gas or CO2.
func ofGoods(d der.DER) bool {
	switch u := d.(type) {
	case *der.CHP, *der.ExtractionCHP, *der.GasBoiler, *der.ElectricBoiler, *der.PowerToGas, *der.GasSupply, *der.HeatDump,
		*der.CarbonCapture, *der.Sequestration:
		return true
	case *der.Load:
		return u.Port != der.Electricity
	case *der.Storage:
		return u.Port != der.Electricity
	}
	return false
}

// times returns the ports of n DERs that do the same.
func times(n float64, y der.Ports) der.Ports {
	if n == 1 {
		return y
	}
	all := [][]float64{y.Injected, y.Withdrawn, y.Reduced, y.Renewable, y.Available, y.Conventional, y.Emission, y.Allowance}
	for _, trace := range y.Traces {
		all = append(all, trace.Values)
	}
	for _, path := range all {
		for t := range path {
			path[t] *= n
		}
	}
	return y
}

// rule sets the set points of step t by the rules, from the actual values of
// the step. The rules use no forecast after the gate.
func (x *vppDay) rule(ctx context.Context, t int) error {
	now, err := x.r.known(ctx, x.day, x.grid.Time(t), x.grid.Window(t, t+1), 1)
	if err != nil {
		return err
	}
	prices := x.inside
	err = x.ruleStep(now, t)
	if errors.Is(err, milp.ErrInfeasible) {
		x.inside = prices // without those of the step that failed
	}
	return err
}

// ruledPlan returns the outcome of the rules for a set of one scenario over the
// day, as a plan whose day-ahead schedule is its own delivery. The state of the
// members stays.
func (x *vppDay) ruledPlan(set *scenario.Set) (*vpp.Plan, error) {
	p, err := x.problem(set, 0, x.members)
	if err != nil {
		return nil, err
	}
	x.median = medianPrice(p.Setting.Markets.Electricity, set.Steps())
	try := x.r.newDay(x.day, x.v, x.grid, x.members)
	try.median = x.median
	for t := range x.grid.Steps {
		if err := try.ruleStep(set.Window(t, t+1), t); err != nil {
			return nil, fmt.Errorf("step %d: %w", t, err)
		}
	}
	// The schedule is the delivery that the forecast would lead to, members
	// less demand.
	schedules := make(map[string]der.Schedule, len(x.members))
	p.VPP.DayAhead = make([]float64, x.grid.Steps)
	for t := range p.VPP.DayAhead {
		if p.VPP.Demand != "" {
			p.VPP.DayAhead[t] = -set.At(p.VPP.Demand, 0, t)
		}
		for _, d := range x.members {
			p.VPP.DayAhead[t] += try.recorded[d.Name()].Net(t)
		}
	}
	p.VPP.DayAhead = within(p.VPP.DayAhead, p.VPP)
	if p.Setting.Markets.Reserve != nil {
		p.VPP.Offered = make([]float64, x.grid.Steps) // the rules sell none
	}
	for _, d := range x.members {
		schedules[d.Name()] = der.Schedule{Realised: []der.Ports{*try.recorded[d.Name()]}}
	}
	return p.Metered(schedules, try.insidePrices())
}

// ruleStep sets the set points of step t from a set that has only this step. In
// this order: all kinds but stores, stores, renewable curtailment.
//
// For example, 5 MW of wind and a demand of 3 MW leave 2 MW. A battery of 1 MW
// takes 1 MW of them, and a connection that exports 0.5 MW curtails the other
// 0.5 MW.
func (x *vppDay) ruleStep(now *scenario.Set, t int) error {
	p, err := x.problem(now, t, x.state)
	if err != nil {
		return err
	}
	var (
		dt    = now.HoursAt(0)
		net   = 0.0 // of the VPP without stores, MW
		ports = make([]der.Ports, len(x.state))
	)
	if p.VPP.Demand != "" {
		net = -now.At(p.VPP.Demand, 0, 0)
	}
	prices, err := x.goodsRule(now, t, ports, p.Setting.Markets)
	if err != nil {
		return err
	}
	// A VPP without members that exchange a good has no price of it.
	for k, port := range []func(der.Ports) []float64{
		func(y der.Ports) []float64 { return y.Heat },
		func(y der.Ports) []float64 { return y.Gas },
		func(y der.Ports) []float64 { return y.CO2 },
	} {
		if slices.ContainsFunc(ports, func(y der.Ports) bool { return port(y) != nil }) {
			x.inside[k] = append(x.inside[k], prices[k])
		}
	}
	for i, d := range x.state {
		unit, n := single(d)
		var y der.Ports
		switch u := unit.(type) {
		case *der.Site:
			first, _ := single(x.members[i])
			if y, err = x.siteRule(u, first.(*der.Site), now, t, p.Setting.Markets); err != nil {
				return err
			}
		case *der.Storage:
			continue // batteries follow
		default:
			if ofGoods(unit) {
				y = ports[i] // of heat, gas and CO2, with one DER each
			} else {
				y = x.unitRule(unit, now, t, p.Setting.Markets)
			}
		}
		ports[i] = times(n, y)
		net += ports[i].Net(0)
	}
	// Batteries follow the others, one after the other: each has the rest of
	// the surplus or deficit.
	for i, d := range x.state {
		unit, n := single(d)
		if u, ok := unit.(*der.Storage); ok {
			if u.Port == der.Electricity {
				ports[i] = times(n, x.storageRule(u, stated(x.members[i]), t, net/n))
			}
			net += ports[i].Net(0)
		}
	}
	// Renewable energy that the connection cannot take is curtailed.
	limit, limited := p.VPP.ExportLimit.Get()
	for i, d := range x.state {
		if limited && net > limit {
			cut, _ := curtailed(d, &ports[i], net-limit, dt)
			net -= cut
		}
	}
	// Demand that the connection cannot carry is not served.
	lost, reason := loss{}, ""
	if imported, ok := p.VPP.ImportLimit.Get(); ok && -net > imported*(1+1e-9) {
		lost.power = -net - imported
		reason = fmt.Sprintf("the rules import %.6g MW, above the limit of %.6g MW", -net, imported)
		if lost.power > slices.Max(x.newRelief(p).power) {
			return impossible(reason + ", and the excess is no demand")
		}
	}
	if limited && net > limit+1e-9*(1+limit) {
		return impossible(fmt.Sprintf("the rules export %.6g MW without any renewable power left to curtail, above the limit of %.6g MW", net, limit))
	}
	c := der.Context{Set: now, Tariff: p.VPP.Tariff}
	for i, d := range x.state {
		appendStep(x.recorded[d.Name()], &ports[i])
		if x.state[i], err = ruledForward(d, &ports[i], c); err != nil {
			return err
		}
	}
	return x.lose(now, t, lost, reason)
}

// renewed returns the ports of a renewable DER that feeds in all available
// power.
func renewed(mw, dt float64) der.Ports {
	return der.Ports{Injected: []float64{mw}, Renewable: []float64{mw * dt}, Available: []float64{mw * dt}}
}
