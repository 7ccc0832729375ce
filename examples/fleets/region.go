package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/fleet"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/vpp"
	"github.com/trigrid/trigrid/weights"
)

const hours = 24

// size is the size of a region.
type size struct{ ders, classes, vpps, scenarios int }

// usual is the region of the command without flags.
var usual = size{1_000_000, 40, 10, 10}

// kinds are the classes of each kind in a region of 40, and the DERs of one of
// them if there are a million: roofs, small turbines, batteries, loads and
// engines.
var kinds = [5]struct{ classes, ders int }{{10, 45_000}, {8, 6_000}, {8, 25_000}, {8, 37_000}, {6, 1_000}}

// parts returns the classes of each kind. Their sum is z.classes, at least one
// per kind.
func (z size) parts() [5]int {
	var out [5]int
	before, given := 0, 0
	for k, kind := range kinds {
		before += kind.classes
		out[k] = max(1, before*z.classes/40-given)
		given += out[k]
	}
	return out
}

// region returns DERs in classes, and their VPPs. A class is one DER and its
// number, so that the region costs the memory of one DER per class and VPP.
// VPPs differ in their demand, in its peak and in their risk aversion. Days
// differ in their scenarios only. More classes cut the same ranges finer, and
// more DERs serve more demand. The data are invented.
func region(z size, day int) (fleet.Problem, error) {
	vpps, scenarios, parts := z.vpps, z.scenarios, z.parts()
	set, err := scenario.New(scenario.Grid{Step: time.Hour, Steps: hours}, scenario.Equal(scenarios))
	if err != nil {
		return fleet.Problem{}, err
	}
	// Equal flags give equal regions, so that figures of two machines can be
	// compared.
	random := rand.New(rand.NewPCG(1, uint64(day))) // the weather of the day
	sizes := rand.New(rand.NewPCG(3, 4))            // the same on each day
	// add adds paths of a daily course with an error that lasts for hours. Its
	// variance stays about 1, because 0.9² + 0.44² = 1.004.
	add := func(name string, spread float64, course func(t float64) float64) string {
		paths := make([][]float64, scenarios)
		for s := range paths {
			deviation := random.NormFloat64()
			for t := range hours {
				deviation = 0.9*deviation + 0.44*random.NormFloat64()
				paths[s] = append(paths[s], max(0, course(float64(t)+0.5)*(1+spread*deviation)))
			}
		}
		if err == nil {
			err = set.Add(name, "MW", paths)
		}
		return name
	}
	var p fleet.Problem
	// each adds the classes of a kind. Its range is that of 40 classes: at is
	// 0, 1, 2 … there.
	each := func(kind int, of func(i int, at float64) der.DER) {
		n, base := parts[kind], kinds[kind]
		for i := range n {
			u := of(i, float64(i*base.classes)/float64(n))
			p.Fleets = append(p.Fleets, der.Fleet{Unit: u, Count: max(1, base.ders*base.classes/n*z.ders/usual.ders)})
		}
	}
	each(0, func(i int, at float64) der.DER { // roofs from east to west, 4 to 6 kW
		noon := 10 + 0.5*at
		name := add(fmt.Sprintf("pv%02d", i), 0.25, func(t float64) float64 { return 0.004 * (1 + 0.05*at) * max(0, wave(t, noon)) })
		return &der.PV{ID: name, Available: name, Maintenance: 14 + at/2}
	})
	each(1, func(i int, at float64) der.DER { // turbines of 20 kW that peak at another hour each
		name := add(fmt.Sprintf("wind%02d", i), 0.35, func(t float64) float64 { return 0.02 * (0.33 + 0.12*wave(t, 3*at)) })
		return &der.Wind{ID: name, Available: name, Maintenance: 17 + at/2}
	})
	each(2, func(i int, at float64) der.DER { // batteries of 4 kW, half full in the morning
		kwh := 5 + at
		return &der.Storage{
			ID: fmt.Sprintf("battery%02d", i), Charge: 0.004, Discharge: 0.004, Energy: kwh / 1000, Initial: optional.Of(kwh / 2000),
			ChargeEfficiency: 0.93 + 0.005*at, DischargeEfficiency: 0.95, Wear: 16 + 2*at,
		}
	})
	each(3, func(i int, at float64) der.DER { // loads that leave out a fifth and take it later
		name := add(fmt.Sprintf("load%02d", i), 0.08, func(t float64) float64 { return 0.002 * (0.6 + 0.4*wave(t, 7+2*at)) })
		return &der.DemandResponse{
			ID: name, Load: name, Served: true, MaxReductionShare: optional.Of(0.2), ReductionCost: 90 + 10*at, ReboundCost: 5,
		}
	})
	each(4, func(i int, at float64) der.DER { // engines of 50 kW
		return &engine{ID: fmt.Sprintf("engine%02d", i), Output: 0.05, Price: 520 + 60*at, Emission: 0.5}
	})
	// VPPs peak at other hours and fear shortfalls differently, so that the
	// same battery is worth more in some of them.
	for v := range vpps {
		name := fmt.Sprintf("vpp%02d", v+1)
		peak := 7 + 14*float64(v)/float64(max(1, vpps-1))
		size := 1500 * float64(z.ders) / float64(usual.ders) / float64(vpps) * (0.7 + 0.6*sizes.Float64()) // MW
		p.VPPs = append(p.VPPs, vpp.VPP{
			Name: name, RiskAversion: 0.1 + 0.9*float64(v)/float64(vpps), PassThrough: 1,
			Demand: add(name+"_demand", 0.08, func(t float64) float64 { return size * (0.7 + 0.3*wave(t, peak)) }),
		})
	}
	p.Setting = setting(set)
	return p, err
}

// setting returns the markets, weights and risk measure of both examples.
// Prices are in currency per MWh, and the worst fifth of the scenarios counts
// as risk.
func setting(set *scenario.Set) vpp.Setting {
	// Buying is dear around 9 and 19 o'clock; feeding in earns 35 % of it.
	buy := make(market.Series, hours)
	for t := range buy {
		buy[t] = 470 + 770*max(0, wave(float64(t), 9), wave(float64(t), 19))
	}
	// Missing energy costs 30 % of the tariff beyond the purchase, and surplus
	// loses half of it. Carbon costs 70 per t.
	calendar := market.Calendar{Steps: hours}
	return vpp.Setting{
		Set: set, Weights: weights.Vector{Economic: 0.4, Risk: 0.2, Environment: 0.4}, Risk: vpp.CVaR{Confidence: 0.8},
		Markets: vpp.Markets{
			Electricity: &market.Tariff{Calendar: calendar, Buy: buy, Sell: buy.Times(0.35)},
			Imbalance:   &market.Imbalance{Calendar: calendar, Price: buy, Short: buy.Times(0.3), Long: buy.Times(0.5)},
			Carbon:      market.Flat(market.Carbon, calendar, 70),
		},
	}
}

// wave is a daily course from −1 to 1 with its peak at an hour.
func wave(t, peak float64) float64 { return math.Cos((t - peak) * math.Pi / 12) }

// engine is a kind of its own: output up to a limit, at one price and one
// emission factor. Its program has no integers, so that n engines are the
// program with n times the limits.
type engine struct {
	ID       string
	Output   float64 // largest output, MW
	Price    float64 // of fuel, currency per MWh
	Emission float64 // t CO2 per MWh
}

// Name implements [der.DER].
func (u *engine) Name() string { return u.ID }

// Model implements [der.DER].
func (u *engine) Model(m *milp.Model, on milp.Expr, c der.Context) []der.Terms {
	terms := c.NewTerms()
	for s := range terms {
		at := c.Namer(u.ID, s)
		for t := range c.Steps() {
			// The limit is a row: a bound of the column would hold for one
			// engine only.
			output := m.Var(at("output", t), 0, milp.Inf).Expr()
			m.AtMost(at("max", t), output, on.Times(u.Output))
			terms[s].Inject(t, output)
			terms[s].Cost.Add(output.Times(u.Price * c.HoursAt(t)))
			terms[s].Emit(t, output.Times(u.Emission*c.HoursAt(t)))
		}
	}
	return terms
}

// Benefit implements [der.DER]: the payment of the VPP minus fuel, from the
// schedule alone, so that a mistake in Model shows.
func (u *engine) Benefit(realised der.Schedule, c der.Context, s int) der.Benefit {
	b := c.Payment(realised, s)
	energy := 0.0
	for t, mw := range realised.Realised[s].Injected {
		energy += mw * c.HoursAt(t)
	}
	b.Pay("fuel", u.Price*energy)
	return b
}
