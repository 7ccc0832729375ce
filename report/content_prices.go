package report

import (
	"fmt"
	"math"
	"slices"
)

// marginal returns the prices of a first MWh sold to and bought from the
// electricity market, per step, currency per MWh. They are NaN in steps without
// trade.
func (x *run) marginal() (sell, buy []float64) {
	m := x.region.Setting.Markets.Electricity
	sell, buy = make([]float64, x.set.Steps()), make([]float64, x.set.Steps())
	for period := range m.Periods() {
		// At zero volume the curve has two slopes: the selling and the buying
		// price.
		low, high := m.Curve(period).Marginal(0)
		// A market period can cover several steps.
		from, to := m.Span(period)
		for t := from; t < to; t++ {
			sell[t], buy[t] = finite(low), finite(high)
		}
	}
	return sell, buy
}

// finite returns NaN for an infinite value.
func finite(v float64) float64 {
	if math.IsInf(v, 0) {
		return math.NaN()
	}
	return v
}

// pricesTable returns the marginal value of energy inside each VPP, currency
// per MWh:
//
//	vpp, step, time                   step t covers [t, t+1); time is its start
//	market_pays, market_charges       market price of a first MWh sold and bought
//	expected, scenario_0, …           dual of the VPP's power balance
//
// VPPs without duals, for example with an economic weight of zero, have no
// rows.
func (x *run) pricesTable() *Table {
	t := &Table{Name: "prices", Title: "Value of one more MWh inside each VPP: duals of its power balance, with integers fixed"}
	t.Columns = append([]Column{
		{Name: "vpp"},
		{Name: "step"},
		{Name: "time"},
		{Name: "market_pays_currency_per_mwh"},
		{Name: "market_charges_currency_per_mwh"},
		{Name: "expected_currency_per_mwh"},
	}, x.scenarioColumns("_currency_per_mwh")...)
	sell, buy := x.marginal()
	for _, plan := range x.result.Plans {
		if plan.Prices == nil {
			continue
		}
		expected := x.expected(plan.Prices)
		for step := range expected {
			// For example, 41.2 in a step in which the market pays 40 and
			// charges 60: the VPP is limited by its connection, or by a member.
			row := []any{plan.VPP.Name, step, stamp(x.set.Grid(), step), known(sell[step]), known(buy[step]), expected[step]}
			for s := range plan.Prices {
				row = append(row, plan.Prices[s][step])
			}
			t.add(row...)
		}
	}
	return t
}

// known converts a value to a cell, NaN to an empty one.
func known(v float64) any {
	if math.IsNaN(v) {
		return nil
	}
	return v
}

// prices draws the marginal value of energy inside the v-th VPP between the two
// market prices. It returns nil if the plan has no prices, for example with an
// economic weight of zero.
func (x *run) prices(v int) *Figure {
	plan := x.result.Plans[v]
	if plan.Prices == nil {
		return nil
	}
	p := newPanel("Currency per MWh")
	legend := []key{keyLine("scenario", pen(fan, 1.2)), keyLine("expected", pen(text, 1.5, 5, 3))}
	x.addScenarios(p, fan, func(s int) xys { return stairs(plan.Prices[s], x.hours) })
	sell, buy := x.marginal()
	// A line with gaps cannot be drawn, so both market prices must exist in all
	// steps.
	if !math.IsNaN(sum(sell)) && !math.IsNaN(sum(buy)) {
		p.Add(lines(pen(vermilion, 1.25), stairs(buy, x.hours)), lines(pen(blue, 1.25), stairs(sell, x.hours)))
		legend = append(legend, keyLine("market charges", pen(vermilion, 1.25)), keyLine("market pays", pen(blue, 1.25)))
	}
	expected := x.expected(plan.Prices)
	p.Add(lines(pen(text, 1.5, 5, 3), stairs(expected, x.hours)))
	x.timeAxis(p)
	p.fromZero()
	p.scaleY(5)
	s := &sheet{legend: legend, panels: [][]*panel{{p}}}
	return &Figure{
		Name: fmt.Sprintf("prices-%d", v+1), Title: "Price inside the VPP", Table: "prices", section: vpps, about: plan.VPP.Name,
		Caption: "Value of one more MWh inside the VPP, in currency of the economic dimension: the dual of the power balance with integers fixed. " +
			"It can leave the range of the market prices if risk has a price too.",
		Alt: fmt.Sprintf("Prices inside %s over %d steps; the expected price runs from %s to %s currency per MWh.",
			plan.VPP.Name, x.set.Steps(), number(slices.Min(expected), 1), number(slices.Max(expected), 1)),
		width: half, height: 250, draw: s.draw, chart: &chart{Panels: []chartPanel{{Title: p.title, Unit: "currency per MWh", Height: 190, Series: []*series{
			x.lineOf("market charges", vermilion, drawSteps, buy, nil), x.lineOf("market pays", blue, drawSteps, sell, nil),
			x.fan("price inside the VPP", text, drawSteps, plan.Prices),
		}}}},
	}
}
