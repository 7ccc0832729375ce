package report

import (
	"fmt"
	"strings"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/vpp"
)

// exchanged is the exchange of one carrier between the members of a VPP: heat,
// gas or captured CO2.
type exchanged struct {
	carrier, unit string // for example "heat" and "MW"
	flows         []flow
	prices        [][]float64 // per scenario and step, nil if the plan has no duals
}

// exchanges returns the carriers for which some member of a plan has a port.
func (x *run) exchanges(plan *vpp.Plan) []exchanged {
	var out []exchanged
	// Electricity is not in the list: it is the balance of the dispatch figure.
	for _, c := range []struct {
		carrier, unit string
		balance       vpp.Exchange
		port          func(*der.Ports) []float64
	}{
		{"heat", "MW", plan.Heat, func(p *der.Ports) []float64 { return p.Heat }},
		{"gas", "MW", plan.Gas, func(p *der.Ports) []float64 { return p.Gas }},
		{"CO₂", "t", plan.CO2, func(p *der.Ports) []float64 { return p.CO2 }},
	} {
		// No member has a port for this carrier.
		if c.balance.Supplied == nil {
			continue
		}
		e := exchanged{carrier: c.carrier, unit: c.unit, prices: c.balance.Prices}
		for _, m := range x.members(plan) {
			// A member has a port in all scenarios or in none.
			if c.port(&m.Schedule.Realised[0]) == nil {
				continue
			}
			e.flows = append(e.flows, x.flow(m.DER.Name(), "member", x.derInk[m.DER.Name()], func(s, t int) float64 { return c.port(&m.Schedule.Realised[s])[t] }))
		}
		out = append(out, e)
	}
	return out
}

// exchangeTable returns the carriers that the members of a VPP exchange:
//
//	vpp, carrier, unit_of_measure    heat and gas in MW, CO2 in t per step
//	step, time, item                 item is the name of a member
//	supply, use                      expectation, both ≥ 0
//	expected_price                   dual of the carrier's balance, currency per MWh or t
func (x *run) exchangeTable() *Table {
	t := &Table{Name: "exchange", Title: "Expected exchange of heat and gas (MW) and CO₂ (t) between the members of each VPP, " +
		"and the value of one more MWh or t"}
	t.Columns = []Column{
		{Name: "vpp"},
		{Name: "carrier"},
		{Name: "unit_of_measure"},
		{Name: "step"},
		{Name: "time"},
		{Name: "item"},
		{Name: "supply"},
		{Name: "use"},
		{Name: "expected_price_currency_per_mwh_or_t"},
	}
	for _, plan := range x.result.Plans {
		for _, e := range x.exchanges(plan) {
			var price []float64
			// Programs with an economic weight of zero have no prices.
			if e.prices != nil {
				price = x.expected(e.prices)
			}
			for _, f := range e.flows {
				for step := range f.supply {
					row := []any{plan.VPP.Name, e.carrier, e.unit, step, stamp(x.set.Grid(), step), f.item, f.supply[step], f.use[step], nil}
					// The last cell is the price, empty if the plan has none.
					if price != nil {
						row[len(row)-1] = price[step]
					}
					t.add(row...)
				}
			}
		}
	}
	return t
}

// exchangeStacks draws one figure per carrier that the members of the v-th VPP
// exchange.
func (x *run) exchangeStacks(v int) []*Figure {
	var out []*Figure
	plan := x.result.Plans[v]
	for _, e := range x.exchanges(plan) {
		p := newPanel("Expected, " + e.unit)
		e.flows = x.grouped(e.flows)
		// The script gets the same items with the members of each group as
		// parts.
		data := chartPanel{Title: p.title, Unit: e.unit, Height: 190}
		for _, f := range e.flows {
			data.Series = append(data.Series, stackOf(f))
		}
		perStep, measure := x.set.HoursAt, "MWh"
		if e.unit == "t" {
			// CO2 is in tonnes per step already.
			perStep, measure = func(int) float64 { return 1 }, "t"
		}
		legend, alt := x.addStack(p, e.flows, perStep, measure)
		x.timeAxis(p)
		p.scaleY(5)
		s := &sheet{legend: legend, panels: [][]*panel{{p}}}
		out = append(out, &Figure{
			Name: fmt.Sprintf("exchange-%d-%d", v+1, len(out)+1), Title: strings.ToUpper(e.carrier[:1]) + e.carrier[1:] + " between members", Table: "exchange",
			section: vpps, about: plan.VPP.Name,
			Caption: fmt.Sprintf("%s in expectation, %s. Bars above zero supply, bars below zero use; both are equal in every step.", e.carrier, e.unit),
			Alt:     fmt.Sprintf("Stacked bars of %s exchanged in %s, summed over the horizon:%s.", e.carrier, plan.VPP.Name, alt),
			width:   half, height: 260, draw: s.draw, chart: &chart{Panels: []chartPanel{data}},
		})
	}
	return out
}
