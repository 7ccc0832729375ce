package vpp_test

import (
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/vpp"
	"github.com/trigrid/trigrid/vpp/audit"
)

// TestMutation VPPs one error at a time into a plan that is right, in its
// numbers or in the data it is held against, and demands that the check names
// the rule that is broken.
func TestMutation(t *testing.T) {
	v, ders, setting := village(t)
	right := solve(t, v, ders, setting)

	caught := 0
	for _, c := range []struct {
		rule   string
		change func(p *planted)
	}{
		// The plan's own sums.
		{"delivered power", func(p *planted) { p.Net[0][3] += 0.1 }},
		{"benefit reported", func(p *planted) { p.thermal().Pieces = 4 }}, // chords instead of the quadratic
		{"connection limit of the delivery", func(p *planted) { p.VPP.ImportLimit = optional.Of(0.5) }},
		{"connection limit of the day-ahead schedule", func(p *planted) { p.DayAhead[2] = 13 }},
		{"renewable energy", func(p *planted) { p.Results[0].Renewable++ }},
		{"available energy", func(p *planted) { p.Results[1].Available-- }},
		{"conventional energy", func(p *planted) { p.Results[0].Conventional++ }},
		{"emission", func(p *planted) { p.Results[1].Emission += 0.1 }},
		{"allowance", func(p *planted) { p.Results[0].Allowance += 0.1 }},
		{"deviation", func(p *planted) { p.DayAhead[0] += 0.1 }},
		{"payments to members", func(p *planted) { p.Results[0].Payments++ }},
		{"penalties of members", func(p *planted) { p.Results[0].Penalties++ }},
		{"costs of members", func(p *planted) { p.Results[0].Cost-- }},
		{"trade", func(p *planted) { p.Results[1].Trade *= 1.01 }},
		{"imbalance cost", func(p *planted) { p.Results[1].Imbalance += 0.1 }},
		{"carbon cost", func(p *planted) { p.Results[0].Carbon += 0.1 }},
		{"certificate cost", func(p *planted) { p.Results[0].Certificate -= 0.1 }},
		{"loss at risk", func(p *planted) { p.Results[0].Loss += 0.1 }},
		{"limit of the electricity market", func(p *planted) {
			tariff := *p.Setting.Markets.Electricity.(*market.Tariff)
			tariff.MaxBuy = market.Series{0.5}
			p.Setting.Markets.Electricity = &tariff
		}},
		{"certificate cost", func(p *planted) { p.Setting.Markets.Obligation.Basis = market.OnLoad }},
		{"expected trade", func(p *planted) { p.Value.Trade++ }},
		{"expected costs", func(p *planted) { p.Value.Cost++ }},
		{"expected payments", func(p *planted) { p.Value.Payments++ }},
		{"expected imbalance cost", func(p *planted) { p.Value.Imbalance++ }},
		{"environment", func(p *planted) { p.Value.Environment++ }},
		{"worst loss", func(p *planted) { p.Value.Worst++ }},
		{"value at risk", func(p *planted) { p.Value.VaR++ }},
		{"conditional value at risk", func(p *planted) { p.Value.Risk++ }},
		{"economic value", func(p *planted) { p.Value.Economic++ }},
		{"objective", func(p *planted) { p.Value.Objective *= 1.001 }},
		{"integrated value", func(p *planted) { p.Value.Integrated *= 1.001 }},
		{"expected payment", func(p *planted) { p.member("wind").Payment++ }},
		{"expected revenue", func(p *planted) { p.member("wind").Revenue++ }},
		{"expected cost", func(p *planted) { p.member("wind").Cost++ }},
		{"regulation service", func(p *planted) { p.member("battery").Service += 0.1 }},
		{"benefit reported", func(p *planted) { p.member("sun").Benefits[1].Earn("forgotten", 1) }},
		{"budget: revenues of members and surplus of the VPP", func(p *planted) { p.member("sun").Benefits[1].Earn("forgotten", 1) }},

		// The shape of what is reported.
		{"day-ahead schedule has one number per step", func(p *planted) { p.DayAhead = p.DayAhead[1:] }},
		{"results are one per scenario", func(p *planted) { p.Results = p.Results[1:] }},
		{"member is named once", func(p *planted) { p.Members[0] = p.Members[1] }},
		{"injection is a number", func(p *planted) { p.ports("wind", 0).Injected[2] = math.NaN() }},
		{"injection has one number per step", func(p *planted) { p.ports("wind", 0).Injected = []float64{1} }},
		{"withdrawal is not negative", func(p *planted) { p.ports("battery", 0).Withdrawn[2] = -0.1 }},

		// Wind and sun.
		{"available power", func(p *planted) { p.ports("wind", 0).Injected[2] = 5.2 }},
		{"renewable energy", func(p *planted) { p.ports("wind", 1).Renewable[2]++ }},
		{"available energy", func(p *planted) { p.ports("sun", 1).Available[2]++ }},
		{"day-ahead schedule from the forecast", func(p *planted) { p.member("sun").Schedule.DayAhead[3] += 0.1 }},
		{"cost counted by the program", func(p *planted) { p.ports("sun", 0).Cost += 0.1 }},
		{"port that the kind does not have", func(p *planted) { p.ports("wind", 0).Emission = flat(8, 0.1) }},

		// The store.
		{"charging power", func(p *planted) { p.ports("battery", 0).Withdrawn[2] = 2.1 }},
		{"discharging power", func(p *planted) { p.ports("battery", 0).Injected[4] = 3.1 }},
		{"charging and discharging at once", func(p *planted) {
			p.ports("battery", 0).Withdrawn[6], p.ports("battery", 0).Injected[6] = 0.1, 0.1
		}},
		{"state of charge", func(p *planted) { p.storage().Energy = 3 }},
		{"reported state of charge", func(p *planted) { p.ports("battery", 1).Trace("energy")[4] += 0.1 }},
		{"state of charge at the end", func(p *planted) { p.storage().SelfDischarge = 0.02 }},
		{"starts of charging in day 0", func(p *planted) { p.storage().StartsPerDay = optional.Of(1); p.cycle() }},
		{"starts of discharging in day 0", func(p *planted) { p.storage().StartsPerDay = optional.Of(1); p.cycle() }},
		{"cost counted by the program", func(p *planted) { p.storage().Wear = 2.1 }},
		{"cost counted by the program", func(p *planted) { p.storage().WearRule = der.WearDischarge }},

		// The thermal~DER, which starts after the second hour.
		{"on or off", func(p *planted) { p.ports("engine", 0).Trace("on")[4] = 0.7 }},
		{"commitment decided before the scenario is known", func(p *planted) { p.ports("engine", 1).Trace("on")[7] = 1 - p.ports("engine", 1).Trace("on")[7] }},
		{"must run", func(p *planted) { p.thermal().MustRun = true }},
		{"start", func(p *planted) { p.ports("engine", 0).Trace("start")[1]++ }},
		{"stop", func(p *planted) { p.ports("engine", 0).Trace("stop")[5]++ }},
		{"minimum up time", func(p *planted) { p.run(3, 4) }},
		{"minimum down time", func(p *planted) { p.run(1, 3); p.runAlso(4, 8) }},
		{"minimum down time since before the horizon", func(p *planted) { p.run(0, 4) }},
		{"minimum output", func(p *planted) { p.thermal().MinOutput = 1.9 }},
		{"maximum output", func(p *planted) { p.thermal().MaxOutput = 2.5 }},
		{"ramp up", func(p *planted) { p.thermal().RampUp = optional.Of(0.5) }},
		{"ramp down", func(p *planted) { p.thermal().RampDown = optional.Of(0.3) }},
		{"output at a start", func(p *planted) { p.thermal().StartOutput = optional.Of(0.9) }},
		{"output before a stop", func(p *planted) { p.run(2, 6) }},
		{"reserve", func(p *planted) { p.ports("engine", 0).Reserve = flat(8, 0.1) }},
		{"emission", func(p *planted) { p.ports("engine", 0).Emission[4] += 0.1 }},
		{"allowance", func(p *planted) { p.ports("engine", 0).Allowance[4] += 0.1 }},
		{"conventional energy", func(p *planted) { p.ports("engine", 0).Conventional[4] += 0.1 }},
		{"cost counted by the program", func(p *planted) { p.thermal().NoLoad = 21 }},
		{"cost counted by the program", func(p *planted) { p.thermal().StartUp[0].Cost = 21 }},

		// Demand response.
		{"load reduction limit", func(p *planted) { p.response("cooling").MaxReduction = optional.Of(0.5) }},
		{"rebound limit", func(p *planted) { p.response("cooling").MaxRebound = optional.Of(0.5) }},
		{"load taken in full", func(p *planted) { p.ports("cooling", 0).Withdrawn[0] -= 0.1 }},
		{"hours called the day before", func(p *planted) { p.response("cooling").MaxHours = optional.Of(1) }},
		{"hours of load reduction", func(p *planted) { p.response("cooling").MaxHours = optional.Of(1) }},
		{"load reduction and rebound at once", func(p *planted) { p.ports("cooling", 0).Withdrawn[5] += 0.1 }},
		{"rebound in a step called the day before", func(p *planted) { p.ports("cooling", 1).Withdrawn[5] += 0.1 }},
		{"rebound in advance: energy owed", func(p *planted) { p.ports("cooling", 0).Withdrawn[0] += 0.1 }},
		{"energy owed at the end", func(p *planted) { p.ports("cooling", 0).Withdrawn[7] += 0.1 }},
		{"rebound", func(p *planted) { p.ports("freezer", 0).Withdrawn[7] += 0.1 }},
		{"load reduction too late for its rebound", func(p *planted) { p.response("freezer").Close = der.CloseByBan }},
		{"cost counted by the program", func(p *planted) { p.response("freezer").ReductionCost = 5 }},
	} {
		p := &planted{copyOf(right)}
		require.NoError(t, p.Verify(0), "the copy before anything is planted")
		c.change(p)
		err := p.Verify(0)
		var violations *audit.Violations
		if !assert.ErrorAs(t, err, &violations, "planted %q", c.rule) {
			continue
		}
		i := slices.IndexFunc(violations.List, func(f audit.Violation) bool { return f.Rule == c.rule })
		if assert.GreaterOrEqual(t, i, 0, "planted %q, found only %v", c.rule, err) {
			t.Logf("caught: %v", violations.List[i])
			caught++
		}
	}
	t.Logf("%d planted errors caught", caught)
}

// TestMutationOfExchanges VPPs errors into what members hand each other inside
// a VPP, and into the carbon of what is bought.
func TestMutationOfExchanges(t *testing.T) {
	var right *vpp.Plan
	for seed := uint64(0); right == nil; seed++ { // the first park that buys power
		v, ders, setting := randomPark(t, seed)
		if plan := solve(t, v, ders, setting); slices.Min(plan.Net[0]) < -1 {
			right = plan
		}
	}
	for rule, change := range map[string]func(p *planted){
		"heat balance": func(p *planted) { p.ports("homes", 0).Heat[2] += 0.1 },
		"gas balance":  func(p *planted) { p.ports("pipe", 1).Gas[0] += 0.1 },
		"CO2 balance":  func(p *planted) { p.ports("cavern", 0).CO2[4] -= 0.1 },
		"emission":     func(p *planted) { p.Setting.Markets.GridEmission = market.Series{0.6} },
		"load served":  func(p *planted) { p.ports("homes", 0).Heat[2] += 0.1 },
		"gas bought":   func(p *planted) { p.ports("pipe", 1).Gas[0] = 61 },
		"CO2 stored":   func(p *planted) { p.ports("cavern", 0).CO2[4] = -9.1 },
		"heat dumped":  func(p *planted) { p.ports("chimney", 0).Heat[1] = -21 },
		"heat output":  func(p *planted) { p.ports("boiler", 0).Heat[1] = 9.1 },

		// Payments for goods: a wrong price, item, member or unit.
		"payment for heat exchange":       func(p *planted) { p.Heat.Prices[1][2] += 5 },
		"payment for gas exchange":        func(p *planted) { p.VPP.Tariff.Gas = flat(5, 30) },
		"payment for CO2 exchange":        func(p *planted) { p.item("cavern", "CO2 exchange").Amount += 1 },
		"sum of the items of the payment": func(p *planted) { p.item("boiler", "heat exchange").Amount += 1 },
		"expected payment":                func(p *planted) { p.member("pipe").Payment++ },
		"benefit reported":                func(p *planted) { p.Gas.Prices[0][3] -= 2 },
		"benefit": func(p *planted) {
			p.Gas.Prices[0][3] -= 2
			p.member("pipe").DER = &unpaid{p.member("pipe").DER.(*der.GasSupply)}
		},
		"payments for heat exchange sum to zero: received and paid": func(p *planted) {
			p.VPP.Tariff.Heat = flat(5, 1000)
			p.ports("homes", 0).Heat[2] += 0.1
		},
		"prices of gas exchange are one number per step":    func(p *planted) { p.Gas.Prices[1] = p.Gas.Prices[1][1:] },
		"prices of heat exchange are one path per scenario": func(p *planted) { p.Heat.Prices = p.Heat.Prices[1:] },
	} {
		p := &planted{copyOf(right)}
		require.NoError(t, p.Verify(0))
		change(p)
		var violations *audit.Violations
		require.ErrorAs(t, p.Verify(0), &violations, rule)
		i := slices.IndexFunc(violations.List, func(f audit.Violation) bool { return f.Rule == rule })
		if assert.GreaterOrEqual(t, i, 0, "planted %q", rule) {
			t.Logf("caught: %v", violations.List[i])
		}
	}
}

// unpaid is a gas supply whose benefit lacks the payment for gas.
type unpaid struct{ *der.GasSupply }

func (u *unpaid) Benefit(realised der.Schedule, c der.Context, s int) der.Benefit {
	c.Tariff.Gas, c.Inside.Gas = nil, nil
	return u.GasSupply.Benefit(realised, c, s)
}

// planted is a plan with an error in it.
type planted struct{ *vpp.Plan }

func (p planted) member(name string) *vpp.Member {
	return &p.Members[slices.IndexFunc(p.Members, func(m vpp.Member) bool { return m.DER.Name() == name })]
}

func (p planted) item(name, what string) *der.Item {
	items := p.member(name).Items
	return &items[slices.IndexFunc(items, func(x der.Item) bool { return x.What == what })]
}

func (p planted) ports(name string, s int) *der.Ports { return &p.member(name).Schedule.Realised[s] }

func (p planted) storage() *der.Storage { return p.member("battery").DER.(*der.Storage) }

func (p planted) thermal() *der.Thermal { return p.member("engine").DER.(*der.Thermal) }

func (p planted) response(name string) *der.DemandResponse {
	return p.member(name).DER.(*der.DemandResponse)
}

// cycle lets the battery charge and discharge in turn.
func (p planted) cycle() {
	x := p.ports("battery", 0)
	for t := range x.Injected {
		x.Injected[t], x.Withdrawn[t] = float64(t%2), float64(1-t%2)
	}
}

// run has the engine on in the steps from..to only.
func (p planted) run(from, to int) {
	for s := range p.Results {
		clear(p.ports("engine", s).Trace("on"))
	}
	p.runAlso(from, to)
}

func (p planted) runAlso(from, to int) {
	for s := range p.Results {
		for t := from; t < to; t++ {
			p.ports("engine", s).Trace("on")[t] = 1
		}
	}
}

// copyOf returns a plan that shares nothing which the mutations change.
func copyOf(p *vpp.Plan) *vpp.Plan {
	q := *p
	q.DayAhead, q.Results = slices.Clone(p.DayAhead), slices.Clone(p.Results)
	q.Net, q.Members = slices.Clone(p.Net), slices.Clone(p.Members)
	for s := range q.Net {
		q.Net[s] = slices.Clone(p.Net[s])
	}
	for _, x := range []*vpp.Exchange{&q.Heat, &q.Gas, &q.CO2} {
		x.Prices = slices.Clone(x.Prices)
		for s := range x.Prices {
			x.Prices[s] = slices.Clone(x.Prices[s])
		}
	}
	for i := range q.Members {
		m := &q.Members[i]
		m.DER = copyOfDER(m.DER)
		m.Items = slices.Clone(m.Items)
		m.Benefits = slices.Clone(m.Benefits)
		for s := range m.Benefits {
			m.Benefits[s].Items = slices.Clone(m.Benefits[s].Items)
		}
		m.Schedule.DayAhead = slices.Clone(m.Schedule.DayAhead)
		m.Schedule.Realised = slices.Clone(m.Schedule.Realised)
		for s := range m.Schedule.Realised {
			x := &m.Schedule.Realised[s]
			for _, port := range []*[]float64{
				&x.Injected, &x.Withdrawn, &x.Reduced, &x.Heat, &x.Gas, &x.Reserve, &x.Emission, &x.Allowance,
				&x.CO2, &x.Renewable, &x.Available, &x.Conventional,
			} {
				*port = slices.Clone(*port)
			}
			x.Traces = slices.Clone(x.Traces)
			for k := range x.Traces {
				x.Traces[k].Values = slices.Clone(x.Traces[k].Values)
			}
		}
	}
	return &q
}

func copyOfDER(d der.DER) der.DER {
	switch u := d.(type) {
	case *der.Storage:
		x := *u
		return &x
	case *der.Thermal:
		x := *u
		x.StartUp = slices.Clone(u.StartUp)
		return &x
	case *der.DemandResponse:
		x := *u
		return &x
	}
	return d
}
