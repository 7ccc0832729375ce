package report

import (
	"fmt"
	"strings"

	"github.com/trigrid/trigrid/vpp"
)

// flow is one item of a VPP's power balance, MW per step in expectation. In
// each step the sum of supplies over all items equals the sum of uses.
type flow struct {
	item, kind  string // member, market or demand
	ink         ink
	supply, use []float64
	net         [][]float64 // supply less use, MW per scenario and step; nil for a group

	group string // of parts
	parts []flow // the members of a group, see grouped
}

// flows returns the balance of a VPP: its members in the region's order, the
// market, and the demand that it serves.
func (x *run) flows(plan *vpp.Plan) []flow {
	var out []flow
	for _, m := range x.members(plan) {
		out = append(out, x.flow(m.DER.Name(), "member", x.derInk[m.DER.Name()], func(s, t int) float64 { return m.Schedule.Realised[s].Net(t) }))
	}
	// Delivery to the grid is a use of the VPP, so the sign of Net is reversed.
	out = append(out, x.flow("market", "market", trade, func(s, t int) float64 { return -plan.Net[s][t] }))
	if d := plan.VPP.Demand; d != "" {
		out = append(out, x.flow(d, "demand", text, func(s, t int) float64 { return -x.set.At(d, s, t) }))
	}
	return out
}

// members returns the members of a plan in the region's order.
func (x *run) members(plan *vpp.Plan) []*vpp.Member {
	var out []*vpp.Member
	for _, unit := range x.region.DERs {
		// Programs order members by name; tables and colours follow the region.
		for i := range plan.Members {
			if plan.Members[i].DER.Name() == unit.Name() {
				out = append(out, &plan.Members[i])
			}
		}
	}
	return out
}

// flow returns the expectation over scenarios of the positive and the negative
// part of net, MW. The parts are averaged separately: a battery that charges in
// one scenario and discharges in another has both.
func (x *run) flow(item, kind string, k ink, net func(s, t int) float64) flow {
	f := flow{item: item, kind: kind, ink: k, supply: make([]float64, x.set.Steps()), use: make([]float64, x.set.Steps())}
	for s := range x.set.Len() {
		path := make([]float64, x.set.Steps())
		for t := range path {
			path[t] = net(s, t)
			// A battery that charges in one scenario and discharges in another
			// has both a supply and a use.
			f.supply[t] += x.set.Probability(s) * max(path[t], 0)
			f.use[t] += x.set.Probability(s) * max(-path[t], 0)
		}
		f.net = append(f.net, path)
	}
	return f
}

// dispatchTable returns the power balances of all VPPs:
//
//	vpp, step, time      step t covers [t, t+1); time is its start
//	item, kind           a member, the market or the demand, by name
//	supply_mw, use_mw    expected power of the item into and out of the VPP, both ≥ 0
//
// In each step of a VPP the supplies add up to the uses.
func (x *run) dispatchTable() *Table {
	t := &Table{Name: "dispatch", Title: "Power balance of each VPP in expectation: supply and use of members and market, and demand"}
	t.Columns = []Column{{Name: "vpp"}, {Name: "step"}, {Name: "time"}, {Name: "item"}, {Name: "kind"}, {Name: "supply_mw"}, {Name: "use_mw"}}
	for _, plan := range x.result.Plans {
		for _, f := range x.flows(plan) {
			for step := range f.supply {
				t.add(plan.VPP.Name, step, stamp(x.set.Grid(), step), f.item, f.kind, f.supply[step], f.use[step])
			}
		}
	}
	return t
}

// deliveryTable returns the day-ahead schedule and the delivery of each VPP at
// its connection to the grid, MW, positive if injected:
//
//	vpp, step, time      step t covers [t, t+1); time is its start
//	day_ahead_mw         scheduled the day before
//	expected_mw          mean of the deliveries
//	scenario_0_mw, …     delivery in each scenario
//	reserve_offer_mw     upward reserve offered; with a reserve market
//
// The imbalance of a scenario is its delivery minus the day-ahead schedule.
func (x *run) deliveryTable() *Table {
	t := &Table{Name: "delivery", Title: "Day-ahead schedule of each VPP, and its delivery to the grid in each scenario"}
	t.Columns = append([]Column{
		{Name: "vpp"}, {Name: "step"}, {Name: "time"}, {Name: "day_ahead_mw"}, {Name: "expected_mw"},
	}, x.scenarioColumns("_mw")...)
	offers := x.region.Setting.Markets.Reserve != nil
	if offers {
		t.Columns = append(t.Columns, Column{Name: "reserve_offer_mw"})
	}
	for _, plan := range x.result.Plans {
		expected := x.expected(plan.Net)
		for step := range expected {
			row := []any{plan.VPP.Name, step, stamp(x.set.Grid(), step), plan.DayAhead[step], expected[step]}
			for s := range plan.Net {
				row = append(row, plan.Net[s][step])
			}
			if offers {
				offered := 0.0
				if plan.Offered != nil { // a VPP that never runs has none
					offered = plan.Offered[step]
				}
				row = append(row, offered)
			}
			t.add(row...)
		}
	}
	return t
}

// dispatch draws the balance of the v-th VPP as a stack, and delivery and
// day-ahead schedule below it.
func (x *run) dispatch(v int) *Figure {
	plan := x.result.Plans[v]
	balance, above, legend, alt := x.stack(plan)
	delivery := newPanel("Delivered to the grid, MW (negative: taken from it)")
	// The band is the range over scenarios, not a quantile.
	low, high := extremes(plan.Net)
	delivery.Add(
		band(fan, 0.25, stairs(low, x.hours), stairs(high, x.hours)),
		lines(pen(fan, 2), stairs(x.expected(plan.Net), x.hours)),
		lines(pen(text, 1.25, 4, 2.5), stairs(plan.DayAhead, x.hours)),
	)
	x.timeAxis(delivery)
	delivery.scaleY(4)
	legend = append(legend, keyBox("range of the scenarios", fan, 0.25), keyLine("expected", pen(fan, 2)),
		keyLine("day-ahead schedule", pen(text, 1.25, 4, 2.5)))
	// The balance has more items than the delivery and gets more height.
	s := &sheet{legend: legend, panels: [][]*panel{{balance}, {delivery}}, rows: []float64{1.7, 1}}
	return &Figure{
		Name: fmt.Sprintf("dispatch-%d", v+1), Title: "Dispatch", Table: "dispatch", section: vpps, about: plan.VPP.Name,
		Caption: "Above: expected power, MW. Bars above zero supply, bars below zero use; the difference serves the demand. " +
			"Below: delivery at the connection to the grid, with the range of all scenarios, and the day-ahead schedule. " +
			"The imbalance is the distance between the two (numbers in delivery.csv).",
		Alt: alt, width: full, height: 440, draw: s.draw, chart: &chart{Panels: []chartPanel{above, {Title: delivery.title, Unit: "MW", Height: 130, Series: []*series{
			x.fan("delivery", fan, drawSteps, plan.Net), dashed(x.lineOf("day-ahead schedule", text, drawSteps, plan.DayAhead, nil)),
		}}}},
	}
}

// stack draws the balance as bars on both sides of zero, and demand as a line.
// It returns the same as data of the script.
func (x *run) stack(plan *vpp.Plan) (p *panel, data chartPanel, legend []key, alt string) {
	p = newPanel("Expected power, MW")
	flows := x.grouped(x.flows(plan))
	legend, alt = x.addStack(p, flows, x.set.HoursAt, "MWh")
	for _, f := range flows {
		if f.kind == "demand" {
			demand := stairs(minus(f.use, f.supply), x.hours)
			// A pale line below separates the demand from bars of any colour.
			p.Add(lines(pen(paper, 4), demand), lines(pen(text, 2), demand))
			legend = append(legend, keyLine(f.item, pen(text, 2)))
			// In the chart the demand is a line of its own, with its scenarios.
			paths := x.paths(f.item)
			data.Series = append(data.Series, x.lineOf(f.item, text, drawSteps, x.expected(paths), paths))
		} else {
			data.Series = append(data.Series, stackOf(f))
		}
	}
	data.Title, data.Unit, data.Height = p.title, "MW", 230
	x.timeAxis(p)
	p.X.Label.Text = ""
	p.scaleY(5)
	return p, data, legend, fmt.Sprintf("Stacked bars of the power of %s over %d steps, summed over the horizon:%s.", plan.VPP.Name, x.set.Steps(), alt)
}

// total returns the sum of the values, each multiplied by the factor of its
// step.
func total(values []float64, perStep func(t int) float64) float64 {
	sum := 0.0
	for t, v := range values {
		sum += v * perStep(t)
	}
	return sum
}

// addStack adds supplies as bars above zero and uses as bars below it. It
// returns the legend and a text with the sums over the horizon, in the given
// measure; perStep converts a step's value to the measure, for example hours
// for MW to MWh.
func (x *run) addStack(p *panel, flows []flow, perStep func(t int) float64, measure string) (legend []key, words string) {
	var (
		steps = x.set.Steps()
		above = make([]float64, steps)
		below = make([]float64, steps)
		gaps  = 1.0
	)
	if steps > 48 {
		gaps = 0 // too narrow for gaps
	}
	for _, f := range flows {
		words += fmt.Sprintf(" %s supplies %s and uses %s %s;", f.item, number(total(f.supply, perStep), 1), number(total(f.use, perStep), 1), measure)
		if f.kind == "demand" {
			continue
		}
		var bars []box
		for t := range steps {
			left, right := x.hours.bar(t, gaps)
			// Each item starts at the end of the items below it, separately on
			// both sides of zero.
			bars = append(bars, box{left, right, above[t], above[t] + f.supply[t]}, box{left, right, below[t], below[t] - f.use[t]})
			above[t] += f.supply[t]
			below[t] -= f.use[t]
		}
		p.Add(filled(f.ink, 1, bars...))
		label := f.item
		if f.kind == "market" {
			// The legend explains the sign once, instead of each bar.
			label = "bought from (above) or sold to (below) the grid"
		}
		legend = append(legend, keyBox(label, f.ink, 1))
	}
	return legend, strings.TrimSuffix(words, ";")
}

// sum returns the sum of the values.
func sum(values []float64) float64 {
	total := 0.0
	for _, v := range values {
		total += v
	}
	return total
}

// minus returns a − b, element by element.
func minus(a, b []float64) []float64 {
	out := make([]float64, len(a))
	for i := range out {
		out[i] = a[i] - b[i]
	}
	return out
}
