package der

import "strconv"

// ItemPath is one item of a [Benefit], step by step.
type ItemPath struct {
	What    string
	Amounts []float64 // per step, currency, received positive
}

// Stepwise is a DER that states its money step by step. Results then have the
// money of each step. Of a kind without it they have the payment of each step,
// and the own costs of the horizon.
//
//	Σ_t BenefitByStep[k].Amounts[t] = Benefit.Item(BenefitByStep[k].What)
//
// For example, a unit of 3 MW that costs 40 per MWh and 100 per start has in
// its first hour "fuel" −120 and "start-up" −100. An amount of the horizon,
// such as energy left in a store, belongs to the last step.
type Stepwise interface {
	DER

	// BenefitByStep returns the items of [DER.Benefit] for scenario s, in the
	// same order, each with one amount per step. Each name occurs once.
	BenefitByStep(realised Schedule, c Context, scenario int) []ItemPath
}

// PaymentByStep returns the items of [Context.Payment] step by step.
func (c Context) PaymentByStep(realised Schedule, scenario int) []ItemPath {
	var (
		out []ItemPath
		p   = &realised.Realised[scenario]
		x   = c.Tariff
		dt  = c.HoursAt
	)
	add := func(present bool, what string, amount func(t int) float64) {
		if present {
			out = append(out, c.byStep(what, amount))
		}
	}
	add(p.Injected != nil, "energy sold", func(t int) float64 { return at(x.Injection, t) * p.Injected[t] * dt(t) })
	add(p.Withdrawn != nil, "energy bought", func(t int) float64 { return -at(x.Withdrawal, t) * p.Withdrawn[t] * dt(t) })
	add(p.Reduced != nil, "load reduction", func(t int) float64 { return at(x.LoadReduction, t) * p.Reduced[t] * dt(t) })
	add(x.Shortage != nil || x.Surplus != nil, "deviation", func(t int) float64 {
		missing := at(realised.DayAhead, t) - p.Net(t)
		return -(at(x.Shortage, t)*max(missing, 0) + at(x.Surplus, t)*max(-missing, 0)) * dt(t)
	})
	for _, g := range c.goods(p) {
		prices := g.prices(scenario)
		add(g.port != nil && prices != nil, g.item, func(t int) float64 {
			if !g.energy {
				return prices[t] * g.port[t]
			}
			return prices[t] * g.port[t] * dt(t)
		})
	}
	return out
}

// byStep returns an item with an amount for each step.
func (c Context) byStep(what string, amount func(t int) float64) ItemPath {
	out := ItemPath{what, make([]float64, c.Steps())}
	for t := range out.Amounts {
		out.Amounts[t] = amount(t)
	}
	return out
}

// overSteps returns the benefit with the sum over the steps of each item,
// currency.
func overSteps(items []ItemPath) Benefit {
	var b Benefit
	for _, item := range items {
		sum := 0.0
		for _, amount := range item.Amounts {
			sum += amount
		}
		b.Earn(item.What, sum)
	}
	return b
}

// BenefitByStep implements [Stepwise].
func (u *Wind) BenefitByStep(realised Schedule, c Context, scenario int) []ItemPath {
	return u.core().benefitByStep(realised, c, scenario)
}

// BenefitByStep implements [Stepwise].
func (u *PV) BenefitByStep(realised Schedule, c Context, scenario int) []ItemPath {
	return u.core().benefitByStep(realised, c, scenario)
}

func (u renewable) benefitByStep(realised Schedule, c Context, scenario int) []ItemPath {
	var (
		p   = &realised.Realised[scenario]
		out = c.PaymentByStep(realised, scenario)
		mwh = func(t int) float64 { return at(p.Injected, t) * c.HoursAt(t) }
	)
	if u.subsidy != 0 {
		out = append(out, c.byStep("subsidy", func(t int) float64 { return u.subsidy * mwh(t) }))
	}
	return append(out,
		c.byStep("maintenance", func(t int) float64 { return -u.maintenance * mwh(t) }),
		c.byStep("curtailment penalty", func(t int) float64 { return -u.penalty * (at(p.Available, t) - mwh(t)) }))
}

// BenefitByStep implements [Stepwise]. Energy that is left belongs to the last
// step.
func (u *Storage) BenefitByStep(realised Schedule, c Context, scenario int) []ItemPath {
	var (
		p      = &realised.Realised[scenario]
		energy = u.initial()
		bands  [][]float64 // discharging power by band of depth, MW
	)
	if len(u.Depths) > 0 {
		bands = u.discharged(p, c)
	}
	wear := c.byStep("wear", func(t int) float64 {
		dt := c.HoursAt(t)
		charge, discharge := u.flow(p, t)
		energy = u.kept(dt)*energy + u.ChargeEfficiency*charge*dt - discharge*dt/u.DischargeEfficiency
		cost := u.Wear * discharge * dt
		if u.WearRule == WearThroughput {
			cost += u.Wear * charge * dt
		}
		for j := range bands {
			cost += u.Depths[j].Wear * bands[j][t] * dt
		}
		return -cost
	})
	out := append(c.PaymentByStep(realised, scenario), wear)
	if u.End == EndFree {
		left := make([]float64, c.Steps())
		left[len(left)-1] = u.EndValue * (energy - u.initial())
		out = append(out, ItemPath{"energy left", left})
	}
	return out
}

// discharged returns the discharging power by band and step, MW, as depthCost
// charges it.
func (u *Storage) discharged(p *Ports, c Context) [][]float64 {
	from, _ := u.replay(p, c, c.Steps())
	for j := range from {
		if trace := p.Trace("discharge_" + strconv.Itoa(j+1)); trace != nil {
			from[j] = trace
		}
	}
	return from
}

// BenefitByStep implements [Stepwise].
func (u *Thermal) BenefitByStep(realised Schedule, c Context, scenario int) []ItemPath {
	return append(c.PaymentByStep(realised, scenario), u.costByStep(realised, c, scenario)...)
}

// costByStep returns the own costs of the unit, as its benefit has them.
func (u *Thermal) costByStep(realised Schedule, c Context, scenario int) []ItemPath {
	var (
		x  = u.perStep(c)
		p  = &realised.Realised[scenario]
		on = running(p, c.Steps())
	)
	return []ItemPath{
		c.byStep("fuel", func(t int) float64 {
			if !on[t] {
				return 0
			}
			return -x.hourly(at(p.Injected, t)) * x.clock.hours(t)
		}),
		c.byStep("maintenance", func(t int) float64 { return -u.Maintenance * at(p.Injected, t) * x.clock.hours(t) }),
		c.byStep("start-up", func(t int) float64 {
			if !on[t] || u.wasOn(on, t) || len(x.categories) == 0 {
				return 0
			}
			return -x.startCost(on, t)
		}),
		c.byStep("shut-down", func(t int) float64 {
			if on[t] || !u.wasOn(on, t) {
				return 0
			}
			return -u.ShutDown
		}),
	}
}

// BenefitByStep implements [Stepwise].
func (u *CarbonCapture) BenefitByStep(realised Schedule, c Context, scenario int) []ItemPath {
	p := &realised.Realised[scenario]
	gross, absorbed := u.inner(p, c)
	inside := Schedule{Realised: make([]Ports, len(realised.Realised))}
	inside.Realised[scenario] = Ports{Injected: gross, Traces: p.Traces}
	out := append(c.PaymentByStep(realised, scenario), u.Unit.costByStep(inside, c, scenario)...)
	return append(out, c.byStep("solvent", func(t int) float64 { return -u.SolventCost * absorbed[t] }))
}

// byStep returns the items of benefit step by step.
func (o Operation) byStep(realised Schedule, c Context, scenario int, maintenance float64, port func(*Ports) []float64) []ItemPath {
	var (
		p         = &realised.Realised[scenario]
		converted = port(p)
		on        = p.Trace("on")
	)
	out := append(c.PaymentByStep(realised, scenario),
		c.byStep("maintenance", func(t int) float64 { return -maintenance * at(converted, t) * c.HoursAt(t) }))
	if !o.Switchable || o.StartCost <= 0 {
		return out
	}
	runs := func(t int) bool {
		if on != nil {
			return on[t] > 0.5 // a binary within the tolerance of the solver
		}
		return at(converted, t) > 0
	}
	before := o.ranBeforeHorizon(c, runs)
	return append(out, c.byStep("start-up", func(t int) float64 {
		started := runs(t) && !before
		before = runs(t)
		if !started {
			return 0
		}
		return -o.StartCost
	}))
}

func (k converter) byStep(realised Schedule, c Context, scenario int) []ItemPath {
	return k.run.byStep(realised, c, scenario, k.maintenance, k.wears())
}

// BenefitByStep implements [Stepwise].
func (u *CHP) BenefitByStep(realised Schedule, c Context, scenario int) []ItemPath {
	return u.converter().byStep(realised, c, scenario)
}

// BenefitByStep implements [Stepwise].
func (u *ExtractionCHP) BenefitByStep(realised Schedule, c Context, scenario int) []ItemPath {
	return u.operation().byStep(realised, c, scenario, u.Maintenance, injected)
}

// BenefitByStep implements [Stepwise].
func (u *GasBoiler) BenefitByStep(realised Schedule, c Context, scenario int) []ItemPath {
	return u.converter().byStep(realised, c, scenario)
}

// BenefitByStep implements [Stepwise].
func (u *ElectricBoiler) BenefitByStep(realised Schedule, c Context, scenario int) []ItemPath {
	return u.converter().byStep(realised, c, scenario)
}

// BenefitByStep implements [Stepwise].
func (u *PowerToGas) BenefitByStep(realised Schedule, c Context, scenario int) []ItemPath {
	return u.converter().byStep(realised, c, scenario)
}

// BenefitByStep implements [Stepwise].
func (u *DemandResponse) BenefitByStep(realised Schedule, c Context, scenario int) []ItemPath {
	p, load := &realised.Realised[scenario], u.load(c, scenario)
	return append(c.PaymentByStep(realised, scenario), c.byStep("discomfort", func(t int) float64 {
		back := at(p.Withdrawn, t)
		if !u.Served {
			back -= load[t]
		}
		return -(u.ReductionCost*at(p.Reduced, t) + u.ReboundCost*back) * c.HoursAt(t)
	}))
}

// BenefitByStep implements [Stepwise].
func (u *GasSupply) BenefitByStep(realised Schedule, c Context, scenario int) []ItemPath {
	prices, gas := c.Set.Path(u.Price, scenario), realised.Realised[scenario].Gas
	return append(c.PaymentByStep(realised, scenario),
		c.byStep("gas", func(t int) float64 { return -prices[t] * at(gas, t) * c.HoursAt(t) }))
}

// BenefitByStep implements [Stepwise].
func (u *GridConnection) BenefitByStep(realised Schedule, c Context, scenario int) []ItemPath {
	var (
		p     = &realised.Realised[scenario]
		price = func(t int) (buy, sell float64) { return u.prices(c, scenario, t) }
	)
	return append(c.PaymentByStep(realised, scenario),
		c.byStep("bought from the grid", func(t int) float64 {
			buy, _ := price(t)
			return -buy * at(p.Injected, t) * c.HoursAt(t)
		}),
		c.byStep("sold to the grid", func(t int) float64 {
			_, sell := price(t)
			return sell * at(p.Withdrawn, t) * c.HoursAt(t)
		}),
		c.byStep("grid fee", func(t int) float64 { return -u.Fee * (at(p.Injected, t) + at(p.Withdrawn, t)) * c.HoursAt(t) }))
}

// BenefitByStep implements [Stepwise].
func (u *HeatDump) BenefitByStep(realised Schedule, c Context, scenario int) []ItemPath {
	heat := realised.Realised[scenario].Heat
	return append(c.PaymentByStep(realised, scenario),
		c.byStep("cooling", func(t int) float64 { return u.Cost * at(heat, t) * c.HoursAt(t) }))
}

// BenefitByStep implements [Stepwise].
func (u *Load) BenefitByStep(realised Schedule, c Context, scenario int) []ItemPath {
	p, demand := &realised.Realised[scenario], c.Set.Path(u.Demand, scenario)
	return append(c.PaymentByStep(realised, scenario), c.byStep("load not served", func(t int) float64 {
		return -u.ShedCost * (demand[t] - u.served(p, t)) * c.HoursAt(t)
	}))
}

// BenefitByStep implements [Stepwise].
func (u *Sequestration) BenefitByStep(realised Schedule, c Context, scenario int) []ItemPath {
	co2 := realised.Realised[scenario].CO2
	return append(c.PaymentByStep(realised, scenario),
		c.byStep("sequestration", func(t int) float64 { return u.Cost * at(co2, t) }))
}

// BenefitByStep implements [Stepwise]. The cost belongs to the step in which
// the cycle begins.
func (u *ShiftableLoad) BenefitByStep(realised Schedule, c Context, scenario int) []ItemPath {
	began := false
	return append(c.PaymentByStep(realised, scenario), c.byStep("shifting", func(t int) float64 {
		if began || u.Began.Given() || !u.begins(&realised.Realised[scenario], c, t) {
			return 0
		}
		began = true
		if t == u.usual(c) {
			return 0
		}
		return -u.ShiftCost * u.energy(c.Set.Grid())
	}))
}

// BenefitByStep implements [Stepwise].
func (u *TransferableLoad) BenefitByStep(realised Schedule, c Context, scenario int) []ItemPath {
	usual := c.Set.Path(u.Load, scenario)
	return append(c.PaymentByStep(realised, scenario), c.byStep("transfer", func(t int) float64 {
		return -u.TransferCost * max(0, at(realised.Realised[scenario].Withdrawn, t)-usual[t]) * c.HoursAt(t)
	}))
}

var _ = []Stepwise{
	(*Wind)(nil), (*PV)(nil), (*Storage)(nil), (*Thermal)(nil),
	(*Load)(nil), (*DemandResponse)(nil), (*ShiftableLoad)(nil), (*TransferableLoad)(nil),
	(*CHP)(nil), (*ExtractionCHP)(nil), (*GasBoiler)(nil), (*ElectricBoiler)(nil), (*PowerToGas)(nil),
	(*CarbonCapture)(nil), (*Sequestration)(nil), (*GasSupply)(nil), (*GridConnection)(nil), (*HeatDump)(nil),
}
