package results

import (
	"fmt"
	"math"
	"slices"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/vpp"
)

// field is a number of a plan with its name and unit in the table. Reading sets
// it.
type field struct {
	name, unit string
	value      *float64
}

// member returns the expected numbers of a member.
func member(m *vpp.Member) []field {
	return []field{
		{"payment", currency, &m.Payment}, // tariff and exchange inside
		{"cost", currency, &m.Cost},       // own cost
		{"revenue", currency, &m.Revenue}, // payment − cost
		{"service", "MWh", &m.Service},    // regulation service
	}
}

// exchanged is a good that members exchange, such as heat in MW at a price per
// MWh.
type exchanged struct {
	name, unit, price string
	exchange          *vpp.Exchange
}

// goodsOf returns the goods of a plan. Reading fills the same exchanges.
func goodsOf(plan *vpp.Plan) []exchanged {
	return []exchanged{{"heat", "MW", perMWh, &plan.Heat}, {"gas", "MW", perMWh, &plan.Gas}, {"co2", "t", perTonne, &plan.CO2}}
}

// port is a port of a DER, such as its injected power, with the place of its
// values by step.
type port struct {
	name, unit string
	path       *[]float64
}

// portsOf returns the ports of a DER with their names in the table. Powers are
// averages over the step; emission, allowance and energies are sums over it.
// The pointers let reading set what writing reads.
func portsOf(p *der.Ports) []port {
	return []port{
		{"injected", "MW", &p.Injected},
		{"withdrawn", "MW", &p.Withdrawn},
		{"reduced", "MW", &p.Reduced},
		{"heat", "MW", &p.Heat},
		{"gas", "MW", &p.Gas},
		{"reserve", "MW", &p.Reserve},
		{"emission", "t", &p.Emission},
		{"allowance", "t", &p.Allowance},
		{"co2", "t", &p.CO2},
		{"renewable", "MWh", &p.Renewable},
		{"available", "MWh", &p.Available},
		{"conventional", "MWh", &p.Conventional},
	}
}

// addMember adds a member: ports, states, money.
//
// For example, a battery has the ports injected and withdrawn, the states
// energy and charging, and money for energy sold, energy bought and wear.
func (t *Table) addMember(plan *vpp.Plan, m *vpp.Member) {
	v, d := plan.VPP.Name, m.DER.Name()
	t.path(v, d, kindPort, "day_ahead", "MW", null, m.Schedule.DayAhead)
	// One quantity after the other, with all its scenarios, compresses best.
	scenarios := m.Schedule.Realised
	if len(scenarios) > 0 {
		for k := range portsOf(&scenarios[0]) {
			for s := range scenarios {
				x := portsOf(&scenarios[s])[k]
				t.path(v, d, kindPort, x.name, x.unit, s, *x.path)
			}
		}
		states := 0
		for s := range scenarios {
			states = max(states, len(scenarios[s].Traces))
		}
		for k := range states {
			for s := range scenarios {
				if traces := scenarios[s].Traces; k < len(traces) {
					t.path(v, d, kindState, stateName(traces, k), traces[k].Unit, s, traces[k].Values)
				}
			}
		}
	}
	// Money by step follows from schedules and prices, as in the check of a
	// plan.
	context := der.Context{
		Set: plan.Setting.Set, Tariff: plan.VPP.Tariff,
		Inside: der.InsidePrices{Heat: plan.Heat.Prices, Gas: plan.Gas.Prices, CO2: plan.CO2.Prices},
	}
	for s, benefit := range m.Benefits {
		items := named(benefit.Items)
		t.addMoney(v, m, context, s, items)
		for _, item := range items {
			t.number(v, d, kindItem, item.What, currency, s, item.Amount)
		}
		t.number(v, d, kindTotal, "program_cost", currency, s, scenarios[s].Cost)
	}
	for _, x := range member(m) {
		t.number(v, d, kindExpected, x.name, x.unit, null, *x.value)
	}
	for _, item := range m.Items {
		t.number(v, d, kindExpectedItem, item.What, currency, null, item.Amount)
	}
}

// stateName returns the name of a state. A kind that gives several states one
// name has their number behind it, such as "on" and "on 2".
func stateName(traces []der.Path, k int) string {
	name, count := traces[k].Name, 1
	for _, x := range traces[:k] {
		if x.Name == name {
			count++
		}
	}
	if count == 1 {
		return name
	}
	return fmt.Sprint(name, " ", count)
}

// addMoney adds the money of a scenario by step. The own costs of a DER that is
// no [der.Stepwise] have no step.
//
// For example, a custom kind that earns 100 by the tariff and pays 30 for wear
// has one row of 100/n in each of n steps, if it injects evenly, and one row of
// −30 without a step.
func (t *Table) addMoney(v string, m *vpp.Member, c der.Context, s int, items []der.Item) {
	var paths []der.ItemPath
	if x, ok := der.As[der.Stepwise](m.DER); ok {
		paths = namedPaths(x.BenefitByStep(m.Schedule, c, s))
	} else {
		paths = c.PaymentByStep(m.Schedule, s)
	}
	byStep := map[string]float64{}
	for _, item := range paths {
		t.path(v, m.DER.Name(), kindMoney, item.What, currency, s, item.Amounts)
		for _, amount := range item.Amounts {
			byStep[item.What] += amount
		}
	}
	if _, ok := der.As[der.Stepwise](m.DER); ok {
		return
	}
	for _, item := range items {
		// A kind can use the name of a payment for a cost of its own as well.
		if rest := item.Amount - byStep[item.What]; math.Abs(rest) > 1e-9*max(1, math.Abs(item.Amount)) {
			t.number(v, m.DER.Name(), kindMoney, item.What, currency, s, rest)
		}
	}
}

// named returns the items with the amounts of equal names added, in the order
// of first use.
//
// Readers of the table find an item by its name, so that a name must not occur
// twice.
func named(items []der.Item) []der.Item {
	var (
		out   []der.Item
		index = map[string]int{}
	)
	for _, item := range items {
		k, ok := index[item.What]
		if !ok {
			k = len(out)
			index[item.What] = k
			out = append(out, der.Item{What: item.What})
		}
		out[k].Amount += item.Amount
	}
	return out
}

// namedPaths is [named] for money by step.
func namedPaths(items []der.ItemPath) []der.ItemPath {
	var (
		out   []der.ItemPath
		index = map[string]int{}
	)
	for _, item := range items {
		k, ok := index[item.What]
		if !ok {
			index[item.What] = len(out)
			out = append(out, der.ItemPath{What: item.What, Amounts: slices.Clone(item.Amounts)})
			continue
		}
		for step, amount := range item.Amounts {
			// Two starts of one unit are two items of one name.
			out[k].Amounts[step] += amount
		}
	}
	return out
}
