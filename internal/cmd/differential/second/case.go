package second

import (
	"math"
	"slices"
	"time"
)

// NaturalGas is the carbon of natural gas, t CO2 per MWh: 1.964 kg per cubic
// metre over 35.8 MJ.
const NaturalGas = 0.1975

// Flow is a quantity of a DER per scenario and step.
type Flow [][]Expr

// Member is one DER of a statement: its flows by name, and its cost per
// scenario.
//
//	injected, withdrawn, reduced    MW of electricity, each at least 0
//	heat, gas                       MW, injection positive
//	reserve                         MW held ready upward
//	emission, allowance, co2        t CO2; co2 is what it hands to other members
//	renewable, available, conventional, load   MWh
type Member struct {
	Name   string
	Flows  map[string]Flow
	cost   []Expr
	stores bool // its withdrawals of electricity are no consumption
}

// Statement is a case file as a program, with the quantities that a plan has as
// well. The objective is Program.Minimise with the sign changed.
type Statement struct {
	*Program
	DayAhead []Expr // e_t, MW
	Offered  []Expr // R_t, MW; nil without a reserve market
	Net      Flow   // n_{t,s}, MW
	Members  []*Member
}

// statement is a case while it is stated.
type statement struct {
	*Program
	steps       int       // number of steps
	hours       []float64 // length of each step Δ_t, h
	start       float64   // beginning of the grid, minutes of the clock
	probability []float64
	series      map[string][][]float64 // by scenario and step
	buy, sell   []float64              // market prices, currency per MWh
	members     []*Member              // in the order of the file
}

// Case states the program of the first VPP of a case file with all DERs as
// members:
//
//	max  w_e E[E_s] − w_r β CVaR_α(L) + w_n E[N_s]
//
// The comment of package vpp has the equations. The scenarios must be stated
// path by path.
//
// An error states the part of the text that has another form than a case file.
func Case(text []byte) (out *Statement, err error) {
	defer caught(&err)
	root := parse(text)
	c := &statement{Program: &Program{}, series: map[string][][]float64{}}
	grid := root.object("grid")
	c.steps = int(grid.num("steps", 0))
	c.hours = numbers("step_hours", grid["step_hours"])
	// One number is the length of all steps.
	if list, ok := grid["step_hours"].([]any); !ok || list == nil {
		c.hours = slices.Repeat([]float64{grid.num("step_hours", 1)}, c.steps)
	}
	for t, h := range c.hours {
		c.hours[t] = math.Round(h*3600) / 3600 // whole seconds
	}
	if at, err := time.Parse("2006-01-02T15:04", grid.text("start", "")); err == nil {
		c.start = float64(60*at.Hour() + at.Minute())
	}
	c.readScenarios(root.object("scenarios"))
	c.readPrices(root.object("markets").object("electricity"))
	for _, d := range root.objects("ders") {
		c.members = append(c.members, c.member(d))
	}
	return c.join(root, root.objects("vpps")[0]), nil
}

// readScenarios reads the probabilities, and series with one path per scenario.
// A known series has one path for all scenarios.
func (c *statement) readScenarios(s object) {
	c.probability = s.list("probabilities")
	for _, x := range s.objects("series") {
		paths, _ := x["paths_mw"].([]any)
		for _, path := range paths {
			c.series[x.text("name", "")] = append(c.series[x.text("name", "")], numbers("paths_mw", path))
		}
	}
	for _, x := range s.objects("known") {
		for range c.probability {
			c.series[x.text("name", "")] = append(c.series[x.text("name", "")], x.path("values", c.steps))
		}
	}
}

// readPrices reads the prices of the market. A fraction of a negative buying
// price would pay for buying and selling at once; there the selling price is
// the buying price.
func (c *statement) readPrices(e object) {
	c.buy = e.path("buy_per_mwh", c.steps)
	if !e.has("sell_fraction") {
		c.sell = e.path("sell_per_mwh", c.steps)
		return
	}
	for _, price := range c.buy {
		c.sell = append(c.sell, min(price*e.num("sell_fraction", 0), price))
	}
}

// begin returns the hours from the start of the grid to step t; steps after the
// grid have the length of the last one.
func (c *statement) begin(t int) float64 {
	sum := 0.0
	for k := range t {
		sum += c.hours[min(k, c.steps-1)]
	}
	return sum
}

// minutes returns the minutes of step t, which are whole numbers in instances
// with steps of different lengths.
func (c *statement) minutes(t int) int { return int(math.Round(60 * c.hours[min(t, c.steps-1)])) }

// uneven reports whether steps differ in length.
func (c *statement) uneven() bool {
	return slices.ContainsFunc(c.hours, func(h float64) bool { return h != c.hours[0] })
}

// each calls a function for every scenario and step.
func (c *statement) each(do func(s, t int)) {
	for s := range c.probability {
		for t := range c.steps {
			do(s, t)
		}
	}
}

// flow returns a flow of zeros.
func (c *statement) flow() Flow {
	out := make(Flow, len(c.probability))
	for s := range out {
		out[s] = make([]Expr, c.steps)
		for t := range out[s] {
			out[s][t] = Expr{}
		}
	}
	return out
}

// add adds an expression to a flow of a member.
//
// For example, add(m, "injected", 0, 3, p) adds p MW to the injection in
// scenario 0 and step 3.
func (c *statement) add(m *Member, flow string, s, t int, e Expr) {
	if m.Flows[flow] == nil {
		m.Flows[flow] = c.flow()
	}
	m.Flows[flow][s][t] = sum(m.Flows[flow][s][t], e)
}

// pay adds a cost of one scenario.
//
// A cost is in currency over the horizon, without its probability.
func (m *Member) pay(s int, e Expr) { m.cost[s] = sum(m.cost[s], e) }

// at returns a flow of a member in one step, 0 without it.
func (m *Member) at(flow string, s, t int) Expr {
	if m.Flows[flow] == nil {
		return Expr{}
	}
	return m.Flows[flow][s][t]
}

// total returns the sum of a flow over all members.
func (c *statement) total(flow string, s, t int) Expr {
	out := Expr{}
	for _, m := range c.members {
		out = sum(out, m.at(flow, s, t))
	}
	return out
}

// join adds balances, markets and risk, and the objective:
//
//	n_{t,s} = Σ_i (injected + reduced − withdrawn)_{i,t,s} − D_{t,s},   −import ≤ n ≤ export
//	Σ_i heat = Σ_i gas = Σ_i co2 = 0                                    if any member has the port
//	L_s = imbalance cost, or with risk_of total_loss: imbalance − E_s − N_s
func (c *statement) join(root, v object) *Statement {
	out := &Statement{Program: c.Program, Net: c.flow(), Members: c.members}
	lower, upper := -v.limit("import_limit_mw"), v.limit("export_limit_mw")
	// The day-ahead schedule is equal in all scenarios.
	for t := range c.steps {
		out.DayAhead = append(out.DayAhead, c.column(lower, upper, "dayahead", t))
	}
	demand := c.flow()
	if v.has("demand") {
		c.each(func(s, t int) { demand[s][t] = num(c.path(v.text("demand", ""))[s][t]) })
	}
	c.each(func(s, t int) {
		n := c.column(lower, upper, "net", s, t)
		c.equal(n, sum(c.total("injected", s, t), c.total("reduced", s, t), c.total("withdrawn", s, t).times(-1), demand[s][t].times(-1)))
		out.Net[s][t] = n
		// Heat, gas and CO2 do not leave the VPP: what members take in, others
		// supply.
		for _, carrier := range []string{"heat", "gas", "co2"} {
			if slices.ContainsFunc(c.members, func(m *Member) bool { return m.Flows[carrier] != nil }) {
				c.equal(c.total(carrier, s, t), Expr{})
			}
		}
	})

	markets, modelling := root.object("markets"), root.object("modelling")
	w := root.object("weights")
	economic, risk, environment := w.num("economic", 0), w.num("risk", 0)*v.num("risk_aversion", 0), w.num("environment", 0)
	var value, ready Expr
	var losses []Expr
	out.Offered, ready = c.reserve(markets.object("reserve"), v, out.Net)
	for s, probability := range c.probability {
		trade := c.trade(out.Net[s], s)
		costs := c.costs(v.object("tariff"), modelling.text("dispatch_objective", "own_costs"), s)
		imbalance := c.imbalance(markets, out.DayAhead, out.Net[s], s)
		certificates := c.certificates(markets.object("certificates"), demand[s], s)
		green := sum(c.carbon(markets, v, out.Net[s], s), certificates).times(-1) // N_s

		// The total loss has no imbalance twice: E_s is without it in both ways
		// of accounting.
		surplus := sum(trade, ready).minus(costs) // E_s
		loss := imbalance
		if modelling.text("risk_of", "imbalance_cost") == "total_loss" {
			loss = sum(imbalance, surplus.times(-1), green.times(-1))
		}
		if modelling.text("imbalance_accounting", "in_risk_only") == "in_economic_too" {
			surplus = surplus.minus(imbalance)
		}
		losses = append(losses, loss)
		value = sum(value, surplus.times(economic*probability), green.times(environment*probability))
	}
	c.Minimise = value.times(-1)
	if risk > 0 { // without it an unbounded risk would have no effect either
		c.Minimise = sum(c.Minimise, c.cvar(losses, root.object("risk").num("confidence", 0)).times(risk))
	}
	return out
}

// cvar returns min_z z + Σ_s π_s max(0, L_s − z) / (1 − α).
//
// The objective minimises the result, so that z is a free column and the
// maximum two rows.
//
// Source: Rockafellar, Uryasev, "Optimization of conditional value-at-risk", J.
// Risk 2 (2000) 21.
func (c *statement) cvar(losses []Expr, confidence float64) Expr {
	z := c.column(math.Inf(-1), math.Inf(1), "var")
	out := z
	for s, loss := range losses {
		excess := c.column(0, math.Inf(1), "excess", s)
		c.atLeast(excess, loss.minus(z))
		out = sum(out, excess.times(c.probability[s]/(1-confidence)))
	}
	return out
}

// path returns a series.
func (c *statement) path(name string) [][]float64 {
	if c.series[name] == nil {
		fail("series %q is missing", name)
	}
	return c.series[name]
}
