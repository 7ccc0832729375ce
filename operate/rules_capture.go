package operate

import (
	"fmt"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/vpp"
)

// captured is a unit with carbon capture in one step of the rules.
type captured struct {
	index       int       // of the member
	host        der.Ports // of the thermal unit, at its gross output
	least, most float64   // CO2 that it can absorb, t
	value       float64   // of a t absorbed, without its storage, currency
	absorbed    float64   // t
}

// capture sets the ports of units with carbon capture and of the stores of CO2,
// and returns the price of CO2 inside the VPP, currency per t: minus the
// highest cost of the stores in use, 0 without one.
//
// The host of a unit follows the rule of thermal units. With the carbon price
// p, the price λ of a purchase of electricity and the symbols of
// [der.CarbonCapture], a tonne is absorbed above the least split if
//
//	p > (λ_a + λ_d) (λ + q p) + c + the cost of its store
//
// The stores take CO2 in their order, from the units in theirs. A tank releases
// the CO2 in the step of its absorption, so that its content stays.
//
// For example, at p = 80 and λ = 60 a unit with λ_a + λ_d = 0.25, q = 0.3 and c
// = 5 gains 80 − 0.25 (60 + 24) − 5 = 54 per t, and absorbs CO2 for a store
// that costs 20 per t.
func (g *goodsStep) capture(m vpp.Markets) (price float64, err error) {
	var units []captured
	due := 0.0 // t that the units must absorb
	for i, d := range g.state {
		if u, ok := d.(*der.CarbonCapture); ok {
			x, err := g.capturedBy(u, i, m)
			if err != nil {
				return 0, err
			}
			units, due = append(units, x), due+x.least
		}
	}
	stored := make([]float64, len(g.state)) // t, by store
	for i, d := range g.state {
		u, ok := d.(*der.Sequestration)
		if !ok {
			continue
		}
		room := u.Max * g.dt
		stored[i] = min(due, room)
		due -= stored[i]
		for k := range units {
			if x := &units[k]; x.value > u.Cost {
				more := max(0, min(x.most-x.absorbed, room-stored[i]))
				x.absorbed += more
				stored[i] += more
			}
		}
		g.ports[i] = der.Ports{CO2: []float64{-stored[i]}}
		if u.Carbon == der.CountAtPurchase {
			g.ports[i].Emission = []float64{-stored[i]}
		}
		if stored[i] > 0 {
			price = min(price, -u.Cost)
		}
	}
	if due > dust {
		return 0, impossible(fmt.Sprintf("the rules have %.6g t of captured CO2 left that no store takes", due))
	}
	for _, x := range units {
		g.ports[x.index] = g.withCapture(g.state[x.index].(*der.CarbonCapture), x)
	}
	return price, nil
}

// capturedBy returns the host of a unit in the step and the CO2 that it can
// absorb.
func (g *goodsStep) capturedBy(u *der.CarbonCapture, index int, m vpp.Markets) (captured, error) {
	x := captured{index: index, host: thermalRule(&u.Unit, g.dt, m)}
	energy := u.AbsorbEnergy + u.ReleaseEnergy // MWh per t
	carbon := marginal(m.Carbon)
	x.value = carbon - energy*(marginal(m.Electricity)+u.Unit.Quota*carbon) - u.SolventCost
	if x.host.Trace("on")[0] == 0 {
		return x, nil
	}
	gross := x.host.Injected[0]
	flue := u.Unit.EmissionFactor * gross * g.dt
	x.least, x.most = u.Efficiency*u.MinSplit*flue, u.Efficiency*u.MaxSplit.Or(1)*flue
	if energy > 0 { // the net power stays at 0 or above
		x.most = min(x.most, (gross-u.FixedPower)*g.dt/energy)
	}
	if u.Tank > 0 && u.MaxRelease.Given() {
		x.most = min(x.most, u.MaxRelease.Or(0)*g.dt)
	}
	x.absorbed = x.least
	if x.most < x.least-dust || u.FixedPower > gross+dust {
		return x, impossible(fmt.Sprintf("carbon capture %q must absorb %.6g t, and its output of %.6g MW or its release allows %.6g t",
			u.Unit.ID, x.least, gross, max(0, x.most)))
	}
	return x, nil
}

// withCapture returns the ports of a unit whose host has the given ports, with
// the power and the CO2 of its capture.
func (g *goodsStep) withCapture(u *der.CarbonCapture, x captured) der.Ports {
	one := func(v float64) []float64 { return []float64{v} }
	gross, used := x.host.Injected[0], x.absorbed*(u.AbsorbEnergy+u.ReleaseEnergy)/g.dt
	if x.host.Trace("on")[0] > 0 {
		used += u.FixedPower
	}
	y, net := x.host, max(0, gross-used)
	y.Injected, y.Conventional, y.CO2 = one(net), one(net*g.dt), one(x.absorbed)
	y.Emission = one(u.Unit.EmissionFactor * gross * g.dt)
	if u.Carbon == der.CountAtStack {
		y.Emission[0] -= x.absorbed
	}
	if u.Unit.Quota != 0 {
		y.Allowance = one(u.Unit.Quota * net * g.dt)
	}
	y.Traces = append(y.Traces, der.Path{Name: "gross", Unit: "MW", Values: one(gross)}, der.Path{Name: "absorbed", Unit: "t", Values: one(x.absorbed)})
	if u.Tank > 0 {
		y.Traces = append(y.Traces, der.Path{Name: "in tank", Unit: "t", Values: one(u.InTank)})
	}
	return y
}
