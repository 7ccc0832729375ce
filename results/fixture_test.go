package results_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/evogame"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/vpp"
	"github.com/trigrid/trigrid/weights"
)

// drawn returns a region of two VPPs with the given numbers of DERs, scenarios
// and quarter hours, and a result with schedules drawn at random. The money
// follows from the schedules by the methods of the DERs and of the markets.
func drawn(t testing.TB, ders, scenarios, steps int) (trigrid.Region, *trigrid.Result) {
	t.Helper()
	random := rand.New(rand.NewPCG(1, 2))
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	grid := scenario.Grid{Start: time.Date(2026, 6, 15, 0, 0, 0, 0, berlin), Step: 15 * time.Minute, Steps: steps}
	set, err := scenario.New(grid, scenario.Equal(scenarios))
	require.NoError(t, err)
	daily := func(t int, noise, level float64) float64 {
		return max(0, level*(1+0.5*math.Sin(2*math.Pi*float64(t)/96)+noise*random.NormFloat64()))
	}
	prices := make([]float64, steps)
	for t := range prices {
		prices[t] = daily(t, 0.1, 60)
	}
	calendar := market.Calendar{Steps: steps, StepHours: 0.25}
	r := trigrid.Region{Name: "drawn", Setting: vpp.Setting{
		Set: set, Weights: weights.Vector{Economic: 0.5, Risk: 0.2, Environment: 0.3},
		Markets: vpp.Markets{
			Electricity: &market.Tariff{Calendar: calendar, Buy: market.Series(prices).Times(1.2), Sell: market.Series(prices).Times(0.8)},
			Imbalance:   &market.Imbalance{Calendar: calendar, Price: market.Series{40}, Short: market.Series{30}, Long: market.Series{10}},
			Carbon:      market.Flat(market.Carbon, calendar, 60),
		},
	}}
	for v := range 2 {
		r.VPPs = append(r.VPPs, vpp.VPP{
			Name: fmt.Sprintf("VPP%d", v+1), RiskAversion: 1, PassThrough: 0.5,
			Tariff: der.Tariff{Injection: market.Series(prices).Times(0.9), Withdrawal: prices},
		})
	}
	ports := make([][]der.Ports, ders)
	for i := range ders {
		id, of := fmt.Sprintf("DER%02d", i), make([]der.Ports, scenarios)
		var paths [][]float64
		draw := func(noise, level float64) []float64 {
			out := make([]float64, steps)
			for t := range out {
				out[t] = daily(t, noise, level)
			}
			return out
		}
		for s := range of {
			p := &of[s]
			switch i % 5 {
			case 0: // a farm that uses all that it has
				p.Injected = draw(0.3, 8)
				paths = append(paths, p.Injected)
				p.Renewable = market.Series(p.Injected).Times(0.25)
				p.Available = p.Renewable
			case 1: // a battery that charges by night
				p.Injected, p.Withdrawn = make([]float64, steps), make([]float64, steps)
				energy, on := make([]float64, steps), make([]float64, steps)
				stored := 0.0
				for t := range steps {
					if stored < 7 && random.Float64() < 0.5 {
						p.Withdrawn[t], on[t] = random.Float64()*2, 1
					} else {
						p.Injected[t] = min(2, stored*2) * random.Float64()
					}
					stored += 0.95*p.Withdrawn[t]*0.25 - p.Injected[t]*0.25/0.95
					energy[t] = stored
				}
				p.Traces = []der.Path{{Name: "energy", Unit: "MWh", Values: energy}, {Name: "charging", Values: on}}
			case 2: // an engine that starts in the morning
				p.Injected, p.Emission, p.Conventional = make([]float64, steps), make([]float64, steps), make([]float64, steps)
				on, start := make([]float64, steps), make([]float64, steps)
				for t := steps / 4; t < steps*3/4; t++ {
					on[t] = 1
					p.Injected[t] = 2 + 3*random.Float64()
					p.Conventional[t] = p.Injected[t] * 0.25
					p.Emission[t] = 0.6 * p.Conventional[t]
				}
				start[steps/4] = 1
				p.Traces = []der.Path{{Name: "on", Values: on}, {Name: "start", Values: start}}
			case 3: // a load
				p.Withdrawn = draw(0.1, 4)
				paths = append(paths, p.Withdrawn)
			case 4: // a load of which a tenth is reduced
				p.Withdrawn = draw(0.1, 3)
				paths = append(paths, p.Withdrawn)
				p.Reduced = market.Series(p.Withdrawn).Times(0.1)
			}
			p.Cost = random.Float64()
		}
		var d der.DER
		switch i % 5 {
		case 0:
			d = &der.Wind{ID: id, Capacity: optional.Of(20), Available: id, Maintenance: 3, CurtailmentPenalty: 1}
		case 1:
			d = &der.Storage{ID: id, Charge: 2, Discharge: 2, Energy: 8, ChargeEfficiency: 0.95, DischargeEfficiency: 0.95, Wear: 4}
		case 2:
			d = &der.Thermal{ID: id, MinOutput: 1, MaxOutput: 5, Linear: 40, NoLoad: 20, StartUp: []der.StartCost{{Cost: 100}}, EmissionFactor: 0.6}
		case 3:
			d = &der.Load{ID: id, Demand: id, Sheddable: 0.1, ShedCost: 900}
		case 4:
			d = &der.DemandResponse{ID: id, Load: id, MaxReductionShare: optional.Of(0.2), ReductionCost: 30}
		}
		if paths != nil {
			require.NoError(t, set.Add(id, "MW", paths))
		}
		r.DERs, ports[i] = append(r.DERs, d), of
	}
	res := &trigrid.Result{
		Region: r.Name, Weights: r.Setting.Weights, Scenarios: scenarios, Sharing: "Shapley value", Solver: "drawn",
		Trajectory: &evogame.Result{
			Reason: "drawn", Times: []float64{0}, States: []evogame.State{{}}, Payoffs: evogame.State{{math.Inf(-1), math.NaN()}},
		},
	}
	for v := range r.VPPs {
		x := trigrid.VPPResult{Name: r.VPPs[v].Name}
		var of [][]der.Ports
		var members []der.DER
		for i := range ders {
			if i%2 == v {
				of, members, x.Members = append(of, ports[i]), append(members, r.DERs[i]), append(x.Members, r.DERs[i].Name())
			}
		}
		plan := planned(t, r, v, members, of)
		x.Economic, x.Environment, x.Imbalance = plan.Value.Economic, plan.Value.Environment, plan.Value.Imbalance
		res.VPPs, res.Plans = append(res.VPPs, x), append(res.Plans, plan)
	}
	for i, d := range r.DERs {
		for _, m := range res.Plans[i%2].Members {
			if m.DER.Name() != d.Name() {
				continue
			}
			x := trigrid.DERResult{Name: d.Name(), Choice: r.VPPs[i%2].Name, Payments: map[string]float64{}, OwnCost: m.Cost, Revenue: m.Revenue, Payoff: m.Revenue}
			for _, item := range m.Items {
				x.Payments[item.What] += item.Amount
			}
			res.DERs = append(res.DERs, x)
			res.Settlement = append(res.Settlement, trigrid.Line{Party: d.Name(), Minor: int64(math.Round(100 * m.Payment))})
		}
	}
	return r, res
}

// planned returns a plan with the given schedules, whose money follows from
// them.
func planned(t testing.TB, r trigrid.Region, v int, members []der.DER, ports [][]der.Ports) *vpp.Plan {
	t.Helper()
	set := r.Setting.Set
	plan := &vpp.Plan{VPP: r.VPPs[v], Setting: r.Setting, DayAhead: make([]float64, set.Steps()), Results: make([]vpp.Result, set.Len())}
	context := der.Context{Set: set, Tariff: plan.VPP.Tariff}
	for i, d := range members {
		m := vpp.Member{DER: d, Schedule: der.Schedule{DayAhead: context.DayAheadSchedule(ports[i]), Realised: ports[i]}}
		for s := range set.Len() {
			benefit, paid := d.Benefit(m.Schedule, context, s), context.Payment(m.Schedule, s)
			m.Benefits = append(m.Benefits, benefit)
			m.Revenue += set.Probability(s) * benefit.Total()
			for k, item := range paid.Items {
				if k == len(m.Items) {
					m.Items = append(m.Items, der.Item{What: item.What})
				}
				m.Items[k].Amount += set.Probability(s) * item.Amount
				m.Payment += set.Probability(s) * item.Amount
			}
			plan.Results[s].Payments += paid.Total()
		}
		m.Cost = m.Payment - m.Revenue
		plan.Members = append(plan.Members, m)
	}
	for s := range set.Len() {
		net := make([]float64, set.Steps())
		for step := range net {
			for i := range members {
				net[step] += ports[i][s].Net(step)
			}
			plan.DayAhead[step] += set.Probability(s) * net[step]
		}
		plan.Net = append(plan.Net, net)
	}
	for s := range set.Len() {
		sum := map[string]float64{}
		for _, item := range plan.MoneyByStep(s) {
			for _, amount := range item.Amounts {
				sum[item.What] += amount
			}
		}
		r := &plan.Results[s]
		r.Trade, r.Imbalance, r.Carbon = sum["energy trade"], -sum["imbalance"], -sum["carbon"]
		plan.Prices = append(plan.Prices, market.Series(net(plan, s)).Times(0.7))
		p := set.Probability(s)
		plan.Value.Trade += p * r.Trade
		plan.Value.Payments += p * r.Payments
		plan.Value.Imbalance += p * r.Imbalance
		plan.Value.Environment -= p * r.Carbon
	}
	plan.Value.Economic = plan.Value.Trade - plan.Value.Payments
	return plan
}

// net returns numbers that fill a price path.
func net(plan *vpp.Plan, s int) []float64 { return plan.Net[s] }
