package trigrid_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/vpp"
	"github.com/trigrid/trigrid/weights"
)

// draws draws numbers for a region: ordinary ones and, if wild, now and then
// zero or an extreme.
type draws struct {
	*rand.Rand
	wild bool
}

// number returns a number in [low, high], in a wild region also 0, a millionth
// or a thousandfold.
func (d draws) number(low, high float64) float64 {
	v := low + (high-low)*d.Float64()
	if d.wild {
		switch d.IntN(12) {
		case 0:
			return 0
		case 1:
			return 1e-6 * v
		case 2:
			return 1e3 * v
		}
	}
	return v
}

// maybe returns an absent quantity half of the time.
func (d draws) maybe(low, high float64) optional.Float {
	if d.IntN(2) == 0 {
		return optional.Float{}
	}
	return optional.Of(d.number(low, high))
}

func (d draws) yes() bool { return d.IntN(2) == 0 }

// randomRegion returns a region of 2 to 5 DERs of all kinds and 1 to 3 VPPs. A
// wild one has extreme and zero values, and can be invalid.
func randomRegion(t *testing.T, seed uint64, wild bool) trigrid.Region {
	t.Helper()
	d := draws{rand.New(rand.NewPCG(seed, 2031)), wild}
	steps, scenarios := 3+d.IntN(4), 1+d.IntN(3)
	probabilities, left := make([]float64, scenarios), 1.0
	for s := range probabilities {
		probabilities[s] = left / float64(scenarios-s)
		if s < scenarios-1 {
			probabilities[s] *= 0.5 + d.Float64()
		}
		left -= probabilities[s]
	}
	set, err := scenario.New(scenario.Grid{Start: time.Date(2031, 3, 10, 0, 0, 0, 0, time.UTC), Step: time.Hour, Steps: steps}, probabilities)
	require.NoError(t, err)
	path := func(name string, low, high float64) {
		rows := make([][]float64, scenarios)
		for s := range rows {
			for range steps {
				rows[s] = append(rows[s], d.number(low, high))
			}
		}
		require.NoError(t, set.Add(name, "MW", rows))
	}
	path("load0", 2, 8)
	path("load1", 1, 5)
	path("load2", 0, 3)
	path("wind", 0, 6)
	path("heat", 1, 4)
	path("gas", 20, 60)
	path("cold", 1, 3)

	calendar := market.Calendar{Steps: steps}
	var buy, sell market.Series
	for range steps {
		price := d.number(40, 150)
		buy, sell = append(buy, price), append(sell, 0.4*price)
	}
	a, b := 0.3+0.5*d.Float64(), 0.2*d.Float64()
	r := trigrid.Region{
		Name: fmt.Sprintf("random-%d", seed),
		Setting: vpp.Setting{
			Set: set, Weights: weights.Vector{Economic: a, Risk: b, Environment: 1 - a - b}, Risk: vpp.CVaR{Confidence: 0.5 * d.Float64()},
			Modelling: vpp.Modelling{RiskOf: vpp.RiskOf(d.IntN(2)), ImbalanceAccounting: vpp.ImbalanceAccounting(d.IntN(2)), DispatchObjective: vpp.DispatchObjective(d.IntN(2))},
			Markets: vpp.Markets{
				Electricity: &market.Tariff{Calendar: calendar, Good: market.Electricity, Buy: buy, Sell: sell},
				Imbalance:   &market.Imbalance{Calendar: calendar, Price: market.Series{0}, Short: market.Series{d.number(10, 60)}, Long: market.Series{d.number(5, 30)}},
			},
		},
		Outside: map[string]float64{},
	}
	if d.yes() {
		r.Setting.Markets.Carbon = market.Flat(market.Carbon, calendar, d.number(20, 90))
		r.Setting.Markets.GridEmission = market.Series{0.4}
	}
	if d.yes() {
		r.Setting.Markets.Certificate = market.Flat(market.Certificate, calendar, d.number(5, 40))
		r.Setting.Markets.Obligation = market.Obligation{Quota: d.Float64()}
	}
	for v := range 1 + d.IntN(3) {
		p := vpp.VPP{
			Name: fmt.Sprintf("V%d", v), RiskAversion: d.number(0, 1), PassThrough: d.Float64(),
			Tariff: der.Tariff{Injection: buy.Times(0.5 + 0.1*float64(v)), Withdrawal: buy.Times(0.8)},
		}
		if d.IntN(4) > 0 {
			p.Demand = fmt.Sprintf("load%d", v)
		}
		if wild {
			p.ImportLimit, p.ExportLimit = d.maybe(1, 20), d.maybe(1, 20)
		}
		r.VPPs = append(r.VPPs, p)
	}
	for i := range 2 + d.IntN(4) {
		u := randomDER(d, fmt.Sprintf("D%d", i), steps)
		r.DERs = append(r.DERs, u)
		if d.IntN(4) == 0 {
			r.Outside[u.Name()] = d.number(-50, 200)
		}
	}
	if d.IntN(4) == 0 {
		r.Sharing = []vpp.Sharing{vpp.Marginal{}, vpp.ByService{}, vpp.SampledShapley{Orders: 3}}[d.IntN(3)]
	}
	return r
}

// randomDER returns a DER of a random kind.
func randomDER(d draws, name string, steps int) der.DER {
	operation := func() der.Operation {
		least := d.number(0, 1)
		o := der.Operation{Min: least, Max: least + d.number(0, 4), RampUp: d.maybe(1, 4)}
		if o.Switchable = d.yes(); o.Switchable {
			o.StartCost = d.number(0, 50)
		}
		return o
	}
	carrier := der.Electricity
	if d.IntN(3) == 0 {
		carrier = der.Heat
	}
	switch d.IntN(17) {
	case 0, 1:
		return &der.Wind{ID: name, Available: "wind", Maintenance: d.number(0, 60), CurtailmentPenalty: d.number(0, 60)}
	case 2:
		return &der.PV{ID: name, Available: "cold", Subsidy: d.number(0, 30), Forecast: "cold"}
	case 3, 4, 5:
		least := d.number(0, 2)
		return &der.Thermal{
			ID: name, MinOutput: least, MaxOutput: least + d.number(0, 4), RampUp: d.maybe(1, 4), RampDown: d.maybe(1, 4), MinUp: float64(d.IntN(3)), MinDown: float64(d.IntN(3)),
			NoLoad: d.number(0, 60), Linear: d.number(20, 120), Quadratic: max(0, d.number(-2, 2)), StartUp: []der.StartCost{{Cost: d.number(0, 150)}}, EmissionFactor: d.number(0, 0.8), Quota: 0.3,
		}
	case 6, 7, 8:
		size, starts := d.number(1, 6), optional.Float{}
		if d.yes() {
			starts = optional.Of(float64(d.IntN(4)))
		}
		return &der.Storage{
			ID: name, Port: carrier, Charge: d.number(0.5, 3), Discharge: d.number(0.5, 3), Energy: size, Initial: optional.Of(size * d.Float64()),
			ChargeEfficiency: 0.8 + 0.2*d.Float64(), DischargeEfficiency: 0.8 + 0.2*d.Float64(), Wear: d.number(0, 20), StartsPerDay: starts,
		}
	case 9:
		return &der.Load{ID: name, Port: carrier, Demand: "heat", Sheddable: d.Float64(), ShedCost: d.number(50, 300)}
	case 10:
		return &der.DemandResponse{ID: name, Load: "cold", MaxReductionShare: d.maybe(0.1, 0.5), Rebound: der.Rebound(d.IntN(5)), ReductionCost: d.number(0, 20), MaxHours: d.maybe(1, 3)}
	case 11:
		return &der.ElectricBoiler{ID: name, Efficiency: 0.95, Power: operation(), Maintenance: d.number(0, 3)}
	case 12:
		return &der.GasBoiler{ID: name, Efficiency: 0.9, Heat: operation(), EmissionFactor: optional.Of(der.NaturalGasCO2)}
	case 13:
		return &der.GasSupply{ID: name, Max: d.number(1, 60), Price: "gas"}
	case 14:
		return &der.HeatDump{ID: name, Max: d.number(0, 9), Cost: d.Float64()}
	case 15:
		return &der.CHP{ID: name, ElectricEfficiency: 0.35, HeatEfficiency: 0.45, Power: operation(), EmissionFactor: optional.Of(der.NaturalGasCO2), Maintenance: d.number(0, 6)}
	}
	return &der.ShiftableLoad{ID: name, Profile: []float64{0.1 + d.number(0.5, 2), d.number(0, 2)}, Window: der.Window{To: optional.Of(float64(steps))}, ShiftCost: d.number(0, 9)}
}

// count returns the number of random regions: of the environment, or few.
func count(t *testing.T, few int) int {
	t.Helper()
	text := os.Getenv("TRIGRID_REGIONS")
	if text == "" {
		return few
	}
	n, err := strconv.Atoi(text)
	require.NoError(t, err, "TRIGRID_REGIONS")
	return n
}

// Every valid region has an answer in time: 2 to 5 DERs of all kinds, 1 to 3
// VPPs, with extreme and zero values. TRIGRID_REGIONS sets the number of
// regions, TRIGRID_BUDGET the budget of each, such as 2s, and TRIGRID_SEED the
// first seed.
func TestEveryRandomRegionHasAnAnswerInTime(t *testing.T) {
	testsolver.New(t)
	budget, first := time.Second, 1
	if text := os.Getenv("TRIGRID_BUDGET"); text != "" {
		var err error
		budget, err = time.ParseDuration(text)
		require.NoError(t, err, "TRIGRID_BUDGET")
	}
	if text := os.Getenv("TRIGRID_SEED"); text != "" {
		var err error
		first, err = strconv.Atoi(text)
		require.NoError(t, err, "TRIGRID_SEED")
	}
	refused, cut, latest := 0, 0, time.Duration(0)
	reasons := map[trigrid.Reason]int{}
	for seed := first; seed < first+count(t, 10); seed++ {
		r := randomRegion(t, uint64(seed), true)
		if r.Validate() != nil {
			refused++
			continue
		}
		began := time.Now()
		res, err := trigrid.Run(t.Context(), r, trigrid.Options{Budget: budget})
		took := time.Since(began)
		if err != nil {
			t.Errorf("seed %d: %v", seed, err)
			continue
		}
		latest = max(latest, took)
		if took > onTime(budget+500*time.Millisecond) {
			t.Errorf("seed %d: %v with a budget of %v", seed, took, budget)
		}
		require.NotNil(t, res.Recommendation, "seed %d", seed)
		reasons[res.Recommendation.Reason]++
		if res.Cut {
			cut++
		}
		sum := int64(0)
		for _, line := range res.Settlement {
			sum += line.Minor
		}
		require.Zero(t, sum, "seed %d", seed)
		if res.Recommendation.Reason == trigrid.BestKnown {
			t.Logf("seed %d: %s", seed, res.Recommendation.Explanation)
		}
		_, err = json.Marshal(res)
		require.NoError(t, err, "seed %d", seed)
	}
	t.Logf("latest after %v; %d cut, %d refused; %v", latest, cut, refused, reasons)
}
