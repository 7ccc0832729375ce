package vpp

import (
	"cmp"
	"math"
	"slices"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/vpp/audit"
)

// Check recomputes a plan from the data of its setting, its plant and its members and from the schedules
// alone, and returns nil or an [*audit.Faults] that lists every rule which does not hold: balances and
// limits, what the markets charge, imbalance, value at risk and its conditional mean, payments, costs and
// sums, and for each member the rules of its kind ([audit.Unit]). It shares no code with the program nor
// with what filled in the plan. A tolerance of 0 stands for 1e-6, relative to the numbers compared and
// absolute below 1.
//
// What a member of an unknown kind does inside is not checked; [Plan.Unaudited] names such members. Nor
// is a risk measure other than [CVaR].
func (p *Plan) Check(tolerance float64) error {
	x := &check{Plan: p, inspection: audit.Inspection{Tolerance: tolerance}, dt: p.Setting.Set.Hours()}
	x.context = der.Context{Set: p.Setting.Set, Tariff: p.Plant.Tariff}
	if x.shape() {
		x.members()
		for s := range p.Results {
			x.balance(s)
			x.energies(s)
			x.money(s)
		}
		x.service()
		x.values()
	}
	return x.inspection.Err()
}

// Unaudited returns the names of the members whose rules [Plan.Check] does not know.
func (p *Plan) Unaudited() []string {
	var (
		out     []string
		context = der.Context{Set: p.Setting.Set, Tariff: p.Plant.Tariff}
	)
	for i := range p.Members {
		if m := &p.Members[i]; !audit.Unit(&audit.Inspection{}, m.Unit, m.Schedule, context) {
			out = append(out, m.Unit.Name())
		}
	}
	return out
}

// check is one run of [Plan.Check].
type check struct {
	*Plan
	inspection audit.Inspection
	context    der.Context
	dt         float64
}

func (x *check) at(s, t int) audit.Spot { return x.inspection.At(x.Plant.Name, s, t) }

// shape demands one number per scenario and step, without which nothing else can be read, and inspects
// the members' schedules.
func (x *check) shape() bool {
	var (
		set   = x.Setting.Set
		whole = x.at(audit.All, audit.All)
	)
	whole.Equal("position has one number per step", float64(len(x.Position)), float64(set.Steps()))
	whole.Equal("deliveries have one path per scenario", float64(len(x.Net)), float64(set.Len()))
	whole.Equal("results are one per scenario", float64(len(x.Results)), float64(set.Len()))
	for s := range x.Net {
		x.at(s, audit.All).Equal("delivery has one number per step", float64(len(x.Net[s])), float64(set.Steps()))
	}
	for i := range x.Members {
		m := &x.Members[i]
		spot := x.inspection.At(m.Unit.Name(), audit.All, audit.All)
		spot.Equal("schedule has one path per scenario", float64(len(m.Schedule.Realised)), float64(set.Len()))
		spot.Equal("announcement has one number per step", float64(len(m.Schedule.DayAhead)), float64(set.Steps()))
		spot.Equal("benefits are one per scenario", float64(len(m.Benefits)), float64(set.Len()))
		spot.Equal("member is named once", float64(x.named(m.Unit.Name())), 1)
	}
	if x.inspection.Err() != nil {
		return false
	}
	readable := true
	for i := range x.Members {
		m := &x.Members[i]
		audit.Unit(&x.inspection, m.Unit, m.Schedule, x.context)
		readable = readable && audit.Readable(m.Schedule, x.context)
	}
	return readable
}

func (x *check) named(name string) int {
	n := 0
	for i := range x.Members {
		if x.Members[i].Unit.Name() == name {
			n++
		}
	}
	return n
}

// members demands that payment, cost and revenue are what the members' schedules come to.
func (x *check) members() {
	for i := range x.Members {
		var (
			m                = &x.Members[i]
			payment, revenue float64
		)
		for s := range m.Benefits {
			paid, items := audit.Payment(m.Schedule, x.context, s), 0.0
			for _, item := range m.Benefits[s].Items {
				items += item.Amount
			}
			benefit := m.Unit.Benefit(m.Schedule, x.context, s).Total()
			x.inspection.At(m.Unit.Name(), s, audit.All).Equal("benefit reported", items, benefit)
			payment += x.Setting.Set.Probability(s) * paid
			revenue += x.Setting.Set.Probability(s) * benefit
		}
		spot := x.inspection.At(m.Unit.Name(), audit.All, audit.All)
		spot.Equal("expected payment", m.Payment, payment)
		spot.Equal("expected revenue", m.Revenue, revenue)
		spot.Equal("expected cost", m.Cost, payment-revenue)
	}
}

// balance demands that what is delivered is what the members feed in less what they take out and the
// demand, and that position and delivery stay within the connection.
func (x *check) balance(s int) {
	least, most := math.Inf(-1), math.Inf(1)
	if x.Plant.ImportLimit > 0 {
		least = -x.Plant.ImportLimit
	}
	if x.Plant.ExportLimit > 0 {
		most = x.Plant.ExportLimit
	}
	for t, delivered := range x.Net[s] {
		sum := 0.0
		if x.Plant.Demand != "" {
			sum = -x.Setting.Set.At(x.Plant.Demand, s, t)
		}
		for i := range x.Members {
			ports := &x.Members[i].Schedule.Realised[s]
			sum += number(ports.Injected, t) + number(ports.Curtailed, t) - number(ports.Withdrawn, t)
		}
		x.at(s, t).Equal("delivered power", delivered, sum)
		x.at(s, t).Within("connection limit of the delivery", least, delivered, most)
		if s == 0 {
			x.at(audit.All, t).Within("connection limit of the position", least, x.Position[t], most)
		}
	}
}

// energies demands that energies, carbon and deviation are the sums of the members' ports.
func (x *check) energies(s int) {
	r := &x.Results[s]
	for _, item := range []struct {
		rule  string
		found float64
		port  func(*der.Ports) []float64
	}{
		{"renewable energy", r.Renewable, func(p *der.Ports) []float64 { return p.Renewable }},
		{"available energy", r.Available, func(p *der.Ports) []float64 { return p.Available }},
		{"conventional energy", r.Conventional, func(p *der.Ports) []float64 { return p.Conventional }},
		{"emission", r.Emission, func(p *der.Ports) []float64 { return p.Emission }},
		{"allowance", r.Allowance, func(p *der.Ports) []float64 { return p.Allowance }},
	} {
		sum := 0.0
		for t := range x.Net[s] {
			sum += x.port(s, t, item.port)
			if item.rule == "emission" {
				sum += x.drawnCarbon(s, t)
			}
		}
		x.at(s, audit.All).Equal(item.rule, item.found, sum)
	}
	for t := range x.Net[s] {
		x.at(s, t).Equal("heat balance", x.port(s, t, func(p *der.Ports) []float64 { return p.Heat }), 0)
		x.at(s, t).Equal("gas balance", x.port(s, t, func(p *der.Ports) []float64 { return p.Gas }), 0)
		x.at(s, t).Equal("CO2 balance", x.port(s, t, func(p *der.Ports) []float64 { return p.CO2 }), 0)
	}
	deviation := 0.0
	for t, delivered := range x.Net[s] {
		deviation += math.Abs(delivered-x.Position[t]) * x.dt
	}
	x.at(s, audit.All).Equal("deviation", r.Deviation, deviation)
}

// drawnCarbon returns the carbon of what is bought from the grid in a step, t CO2.
func (x *check) drawnCarbon(s, t int) float64 {
	factors := x.Setting.Markets.GridEmission
	if factors == nil || x.Net[s][t] >= 0 {
		return 0
	}
	return -x.Net[s][t] * x.dt * factors.At(t)
}

// port adds up a port of all members, in the port's unit.
func (x *check) port(s, t int, of func(*der.Ports) []float64) float64 {
	sum := 0.0
	for i := range x.Members {
		sum += number(of(&x.Members[i].Schedule.Realised[s]), t)
	}
	return sum
}

// money demands that markets, members and the loss are charged what the schedules come to.
func (x *check) money(s int) {
	var (
		r      = &x.Results[s]
		m      = x.Setting.Markets
		at     = x.at(s, audit.All)
		energy = x.context // without penalties

		payments, penalties, cost float64
	)
	energy.Tariff.Shortage, energy.Tariff.Surplus = nil, nil
	for i := range x.Members {
		member := &x.Members[i]
		paid := audit.Payment(member.Schedule, x.context, s)
		payments += paid
		penalties += audit.Payment(member.Schedule, energy, s) - paid
		cost += paid - member.Unit.Benefit(member.Schedule, x.context, s).Total()
	}
	at.Equal("payments to members", r.Payments, payments)
	at.Equal("penalties of members", r.Penalties, penalties)
	at.Equal("costs of members", r.Cost, cost)

	at.Equal("trade", r.Trade, -x.charge("electricity", s, m.Electricity, func(t int) float64 { return -x.Net[s][t] * x.dt }))
	if m.Imbalance == nil {
		at.Equal("imbalance cost", r.Imbalance, 0)
	} else {
		at.Equal("imbalance cost", r.Imbalance, x.charge("imbalance", s, shortfalls{m.Imbalance}, func(t int) float64 {
			return (x.Position[t] - x.Net[s][t]) * x.dt
		}))
	}
	at.Equal("carbon cost", r.Carbon, x.charge("carbon", s, m.Carbon, func(t int) float64 {
		return x.drawnCarbon(s, t) + x.port(s, t, func(p *der.Ports) []float64 { return p.Emission }) -
			x.port(s, t, func(p *der.Ports) []float64 { return p.Allowance })
	}))
	at.Equal("certificate cost", r.Certificate, x.charge("certificate", s, m.Certificate, func(t int) float64 { return x.owed(s, t) }))

	loss := r.Imbalance
	if x.Setting.Readings.RiskOf == TotalLoss {
		loss = r.Imbalance + r.Carbon + r.Certificate - r.Trade + x.counted(r)
	}
	at.Equal("loss at risk", r.Loss, loss)
	revenues := 0.0
	for i := range x.Members {
		revenues += x.Members[i].Benefits[s].Total()
	}
	// What members receive and what the plant keeps is what the outside pays less what the members spend.
	at.Equal("budget: revenues of members and surplus of the plant", revenues+r.Trade-r.Payments, r.Trade-r.Cost)
}

// counted returns what scheduling counts as the members' cost.
func (x *check) counted(r *Result) float64 {
	if x.Setting.Readings.Scheduling == TariffPayments {
		return r.Payments + r.Penalties
	}
	return r.Cost
}

// shortfalls lets a settlement of imbalance be read as a market.
type shortfalls struct{ Settlement }

func (shortfalls) Trades() market.Good        { return market.Electricity }
func (x shortfalls) Curve(p int) market.Curve { return x.Penalty(p) }

// charge returns what a market charges for the net purchases of all periods, currency, and demands that
// each lies within the market's limits. The cost is the integral of the curve's slopes from zero.
func (x *check) charge(what string, s int, m market.Market, purchase func(t int) float64) float64 {
	if m == nil {
		return 0
	}
	total := 0.0
	for period := range m.Periods() {
		from, to := m.Span(period)
		q := 0.0
		for t := from; t < to; t++ {
			q += purchase(t)
		}
		curve := m.Curve(period)
		total += curve.Fixed
		if moved := x.moved[m.Trades()]; moved != nil && what != "imbalance" {
			total += moved[s][period] * q // what the volume of all traders has added to the price
		}
		if len(curve.Breaks) == 0 {
			x.at(s, from).Equal("limit of the "+what+" market", q, 0)
			continue
		}
		x.at(s, from).Within("limit of the "+what+" market", curve.Breaks[0], q, curve.Breaks[len(curve.Breaks)-1])
		for k, slope := range curve.Slopes {
			// The part of the way from zero to q that lies in this piece.
			part := min(max(q, curve.Breaks[k]), curve.Breaks[k+1]) - min(max(0, curve.Breaks[k]), curve.Breaks[k+1])
			total += slope * part
		}
	}
	return total
}

// owed returns the certificates that must be bought for a step, negative where they are earned.
func (x *check) owed(s, t int) float64 {
	var (
		o            = x.Setting.Markets.Obligation
		renewable    = x.port(s, t, func(p *der.Ports) []float64 { return p.Renewable })
		conventional = x.port(s, t, func(p *der.Ports) []float64 { return p.Conventional })
		available    = x.port(s, t, func(p *der.Ports) []float64 { return p.Available })
	)
	switch o.Reading {
	case market.OnLoad:
		if x.Plant.Demand == "" {
			return -renewable
		}
		return o.Quota*x.Setting.Set.At(x.Plant.Demand, s, t)*x.dt - renewable
	case market.OnForecast:
		return o.Quota*available - renewable
	}
	return o.Quota*conventional - (1-o.Quota)*renewable
}

// service demands that each member's regulation service is the energy by which it offset the rest.
func (x *check) service() {
	for i := range x.Members {
		var (
			m      = &x.Members[i]
			energy float64
		)
		for s := range x.Net {
			p := &m.Schedule.Realised[s]
			for t, delivered := range x.Net[s] {
				own := number(p.Injected, t) + number(p.Curtailed, t) - number(p.Withdrawn, t) - m.Schedule.DayAhead[t]
				rest := delivered - x.Position[t] - own
				if own > 0 && rest < 0 || own < 0 && rest > 0 {
					energy += x.Setting.Set.Probability(s) * min(math.Abs(own), math.Abs(rest)) * x.dt
				}
			}
		}
		x.inspection.At(m.Unit.Name(), audit.All, audit.All).Equal("regulation service", m.Service, energy)
	}
}

// values demands that the dimensions are expectations over the scenarios, that the risk is the mean of
// the worst of them, and that objective and integrated value weigh these.
func (x *check) values() {
	var (
		v, c  = x.Value, x.Setting
		at    = x.at(audit.All, audit.All)
		worst = math.Inf(-1)
	)
	for s := range x.Results {
		worst = max(worst, x.Results[s].Loss)
	}
	at.Equal("expected trade", v.Trade, x.mean(func(r *Result) float64 { return r.Trade }))
	at.Equal("expected costs", v.Cost, x.mean(func(r *Result) float64 { return r.Cost }))
	at.Equal("expected payments", v.Payments, x.mean(func(r *Result) float64 { return r.Payments }))
	at.Equal("expected imbalance cost", v.Imbalance, x.mean(func(r *Result) float64 { return r.Imbalance }))
	at.Equal("environment", v.Environment, -x.mean(func(r *Result) float64 { return r.Carbon + r.Certificate }))
	at.Equal("worst loss", v.Worst, worst)
	if confidence, ok := x.confidence(); ok {
		atRisk, tail := x.tail(confidence)
		at.Equal("value at risk", v.VaR, atRisk)
		at.Equal("conditional value at risk", v.Risk, tail)
	}
	imbalance := 0.0
	if c.Readings.Charging == InEconomicToo {
		imbalance = v.Imbalance
	}
	economic := v.Trade - v.Payments - imbalance
	at.Equal("economic value", v.Economic, economic)

	counted := x.mean(func(r *Result) float64 { return x.counted(r) })
	weigh := func(economic float64) float64 {
		return c.Weights.Economic*economic - c.Weights.Risk*x.Plant.RiskAversion*v.Risk + c.Weights.Environment*v.Environment
	}
	at.Equal("objective", v.Objective, weigh(v.Trade-counted-imbalance))
	at.Equal("integrated value", v.Integrated, weigh(economic))
}

func (x *check) mean(of func(r *Result) float64) float64 {
	sum := 0.0
	for s := range x.Results {
		sum += x.Setting.Set.Probability(s) * of(&x.Results[s])
	}
	return sum
}

func (x *check) confidence() (float64, bool) {
	switch risk := x.Setting.Risk.(type) {
	case nil:
		return DefaultConfidence, true
	case CVaR:
		return risk.Confidence, true
	}
	return 0, false
}

// tail returns the smallest loss z with P(loss > z) ≤ 1 − confidence, and the mean of the losses in the
// worst 1 − confidence of probability, the scenario at its edge counted in part.
func (x *check) tail(confidence float64) (atRisk, mean float64) {
	var (
		order = make([]int, len(x.Results))
		tail  = 1 - confidence
		above float64 // probability of the losses passed
	)
	for s := range order {
		order[s] = s
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(x.Results[b].Loss, x.Results[a].Loss) })
	for _, s := range order {
		loss, probability := x.Results[s].Loss, x.Setting.Set.Probability(s)
		const rounding = 1e-12 // nineteen of twenty equal scenarios add up to less than 0.95
		if above <= tail+rounding {
			atRisk = loss
		}
		mean += min(max(0, tail-above), probability) * loss
		above += probability
	}
	if tail == 0 {
		return x.Results[order[0]].Loss, x.Results[order[0]].Loss
	}
	return atRisk, mean / tail
}

// number reads a path that may be absent.
func number(path []float64, t int) float64 {
	if path == nil {
		return 0
	}
	return path[t]
}
