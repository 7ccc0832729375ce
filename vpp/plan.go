package vpp

import (
	"fmt"
	"math"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/milp"
)

// Plan is a solved program: what every member does, what the plant trades and what it is worth. All
// amounts are recomputed from the realised schedules and the data; none is read from the solver's
// objective.
type Plan struct {
	VPP      VPP
	Setting  Setting
	Members  []Member
	DayAhead []float64     // e_t, MW per step
	Net      [][]float64   // n_{t,s}, MW delivered per scenario and step
	Results  []Result      // per scenario
	Value    Value         // over all scenarios
	Solution milp.Solution // status, gap, time; Values included

	// Open is what the solver left open: no schedule has an objective above Value.Objective + Open.
	AbsoluteGap float64

	// Prices is what one more MWh inside the plant would be worth, per scenario and step, currency per
	// MWh of the economic dimension; with integers fixed at their values. Nil where the economic weight
	// is zero.
	Prices [][]float64

	Heat, Gas, CO2 Exchange // what members hand each other

	moved   movedPrices           // what other plants' volumes add to the markets' prices
	decided map[milp.Name]float64 // what was decided here and now, by column
}

// Member is one unit in a plan.
type Member struct {
	DER      der.DER
	Schedule der.Schedule
	Benefits []der.Benefit // per scenario
	Payment  float64       // expected payment under the tariff, currency
	Cost     float64       // expected own cost, currency
	Revenue  float64       // R_i, expected benefit: payment less cost, currency
	Service  float64       // expected energy delivered against the rest's deviation, MWh
}

// Result is one scenario of a plan, currency.
type Result struct {
	Trade       float64 // from selling and buying energy
	Cost        float64 // the members' own costs
	Payments    float64 // to members under the tariff, less penalties
	Penalties   float64 // charged to members for deviating from what they announced
	Imbalance   float64 // cost
	Carbon      float64 // cost
	Certificate float64 // cost, negative when certificates are sold
	Loss        float64 // of which the risk is measured

	Deviation    float64 // absolute imbalance, MWh
	Renewable    float64 // MWh generated
	Available    float64 // MWh that could have been generated
	Conventional float64 // MWh
	Emission     float64 // t CO2
	Allowance    float64 // t CO2
}

// Absorption returns the share of available renewable energy that was used, in expectation; 1 where
// there was none to use.
func (x *Plan) RenewableUtilisation() float64 {
	used, available := 0.0, 0.0
	for s, r := range x.Results {
		used += x.Setting.Set.Probability(s) * r.Renewable
		available += x.Setting.Set.Probability(s) * r.Available
	}
	if available == 0 {
		return 1
	}
	return used / available
}

// Deviation returns the expected absolute imbalance over the horizon, MWh.
func (x *Plan) Deviation() float64 {
	sum := 0.0
	for s, r := range x.Results {
		sum += x.Setting.Set.Probability(s) * r.Deviation
	}
	return sum
}

// plan reads a solved program and recomputes everything that follows from the schedules.
func (x *Program) plan(solution *milp.Solution) (*Plan, error) {
	p := &Plan{VPP: x.VPP, Setting: x.Setting, Solution: *solution, moved: x.moved, decided: map[milp.Name]float64{}}
	for _, v := range x.hereAndNow() {
		p.decided[v.Name()] = solution.Value(v)
	}
	for _, e := range x.position {
		p.DayAhead = append(p.DayAhead, e.Value(solution.Values))
	}
	for i, unit := range x.Members {
		if x.on[i].Value(solution.Values) < 0.5 {
			continue
		}
		realised := der.Realise(x.terms[i], solution.Values)
		schedule := der.Schedule{Realised: realised}
		if announced := x.terms[i][0].DayAhead; announced != nil {
			for _, e := range announced {
				schedule.DayAhead = append(schedule.DayAhead, e.Value(solution.Values))
			}
		} else {
			schedule.DayAhead = x.context.DayAheadSchedule(realised)
		}
		p.Members = append(p.Members, Member{DER: unit, Schedule: schedule})
	}
	if err := p.settle(x.context); err != nil {
		return nil, err
	}
	p.AbsoluteGap = max(0, solution.Bound-solution.Objective)
	if w := x.Setting.Weights.Economic; w > 0 {
		for s, rows := range x.balance {
			prices := make([]float64, len(rows))
			for t, row := range rows {
				prices[t] = solution.Dual(row) / (w * x.Setting.Set.Probability(s) * x.Setting.Set.Hours())
			}
			p.Prices = append(p.Prices, prices)
		}
		x.exchangePrices(p, solution)
	}
	return p, nil
}

// settle computes nets, results and values from the members' schedules and the position.
func (p *Plan) settle(context der.Context) error {
	var (
		c     = p.Setting
		set   = c.Set
		dt    = set.Hours()
		steps = set.Steps()
	)
	for i := range p.Members {
		m := &p.Members[i]
		for s := range set.Len() {
			payment := context.Payment(m.Schedule, s)
			benefit := m.DER.Benefit(m.Schedule, context, s)
			m.Benefits = append(m.Benefits, benefit)
			m.Payment += set.Probability(s) * payment.Total()
			m.Revenue += set.Probability(s) * benefit.Total()
		}
		m.Cost = m.Payment - m.Revenue
	}
	p.Net = make([][]float64, set.Len())
	p.Results = make([]Result, set.Len())
	for s := range p.Results {
		r := &p.Results[s]
		net := make([]float64, steps)
		carbon := make([]float64, steps)
		for t := range net {
			if p.VPP.Demand != "" {
				net[t] -= set.At(p.VPP.Demand, s, t)
			}
			for i := range p.Members {
				ports := &p.Members[i].Schedule.Realised[s]
				net[t] += ports.Net(t)
				carbon[t] += at(ports.Emission, t) - at(ports.Allowance, t)
				r.Emission += at(ports.Emission, t)
				r.Allowance += at(ports.Allowance, t)
				r.Renewable += at(ports.Renewable, t)
				r.Available += at(ports.Available, t)
				r.Conventional += at(ports.Conventional, t)
			}
			drawn := c.Markets.gridEmission(t) * max(0, -net[t]) * dt
			carbon[t] += drawn - p.VPP.allowance(t)
			r.Emission += drawn
			r.Allowance += p.VPP.allowance(t)
			r.Deviation += math.Abs(net[t]-p.DayAhead[t]) * dt
		}
		for i := range p.Members {
			m := &p.Members[i]
			payment := context.Payment(m.Schedule, s)
			r.Payments += payment.Total()
			r.Penalties -= payment.Item("deviation")
			r.Cost += payment.Total() - m.Benefits[s].Total()
		}
		r.Trade = -pay(c.Markets.Electricity, func(t int) float64 { return -net[t] * dt })
		r.Imbalance = pay(c.Markets.imbalance(), func(t int) float64 { return (p.DayAhead[t] - net[t]) * dt })
		r.Carbon = pay(c.Markets.Carbon, func(t int) float64 { return carbon[t] })
		r.Certificate = pay(c.Markets.Certificate, func(t int) float64 { return p.certificates(s, t) })
		p.Net[s] = net
		p.moved.charge(p, s)
		r.Loss = p.loss(r)
		p.exchange(s)
	}
	p.service()
	return p.value()
}

// loss returns the loss of one scenario of which the risk is measured.
func (p *Plan) loss(r *Result) float64 {
	if p.Setting.Modelling.RiskOf == ImbalanceCost {
		return r.Imbalance
	}
	return r.Imbalance + r.Carbon + r.Certificate - (r.Trade - p.charged(r))
}

// charged returns what the scheduling reading counts as the members' cost to the coalition.
func (p *Plan) charged(r *Result) float64 {
	if p.Setting.Modelling.DispatchObjective == TariffPayments {
		return r.Payments + r.Penalties
	}
	return r.Cost
}

func (p *Plan) value() error {
	var (
		c           = p.Setting
		v           = &p.Value
		probability = c.Set.Probabilities()
		loss        = make([]float64, len(p.Results))
		charged     float64
	)
	v.Worst = math.Inf(-1)
	for s := range p.Results {
		r := &p.Results[s]
		v.Trade += probability[s] * r.Trade
		v.Cost += probability[s] * r.Cost
		v.Payments += probability[s] * r.Payments
		v.Imbalance += probability[s] * r.Imbalance
		v.Environment -= probability[s] * (r.Carbon + r.Certificate)
		v.Worst = max(v.Worst, r.Loss)
		charged += probability[s] * p.charged(r)
		loss[s] = r.Loss
	}
	v.Economic = v.Trade - v.Payments
	var err error
	if v.Risk, err = c.risk().Of(loss, probability); err != nil {
		return fmt.Errorf("plant %q: %w", p.VPP.Name, err)
	}
	if q, ok := c.risk().(Quantile); ok {
		if v.VaR, err = q.VaR(loss, probability); err != nil {
			return fmt.Errorf("plant %q: %w", p.VPP.Name, err)
		}
	}
	scheduled := v.Trade - charged
	if c.Modelling.ImbalanceAccounting == InEconomicToo {
		v.Economic -= v.Imbalance
		scheduled -= v.Imbalance
	}
	rest := -c.Weights.Risk*p.VPP.RiskAversion*v.Risk + c.Weights.Environment*v.Environment
	v.Objective = c.Weights.Economic*scheduled + rest
	v.Integrated = c.Weights.Economic*v.Economic + rest
	return nil
}

// service measures, per member, the energy it delivers against the deviation of all others,
//
//	g_i = E Σ_t Δ min(|d_i|, |d − d_i|) where d_i and d − d_i differ in sign,
//
// with d the plant's deviation from its position and d_i the member's from its announcement.
func (p *Plan) service() {
	set := p.Setting.Set
	for i := range p.Members {
		m := &p.Members[i]
		for s := range p.Net {
			for t := range p.Net[s] {
				own := m.Schedule.Realised[s].Net(t) - m.Schedule.DayAhead[t]
				others := p.Net[s][t] - p.DayAhead[t] - own
				if own*others < 0 {
					m.Service += set.Probability(s) * min(math.Abs(own), math.Abs(others)) * set.Hours()
				}
			}
		}
	}
}

// at reads a port that may be absent.
func at(path []float64, t int) float64 {
	if path == nil {
		return 0
	}
	return path[t]
}
