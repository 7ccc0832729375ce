package statistics_test

import (
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/casefile"
	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/report/statistics"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/vpp"
)

// hand returns two steps of two hours in two scenarios with probabilities 0.75
// and 0.25. In the first the farm feeds in 2 and 4 MW, in the second 1 and 0
// MW; the boiler takes 1 MW of power and feeds in 3 MW of heat, in the first
// scenario only.
func hand(t *testing.T) (trigrid.Region, *trigrid.Result) {
	t.Helper()
	set, err := scenario.New(scenario.Grid{Step: 2 * time.Hour, Steps: 2}, []float64{0.75, 0.25})
	require.NoError(t, err)
	farm := &der.Wind{ID: "farm", Capacity: optional.Of(8)}
	boiler := &der.ElectricBoiler{ID: "boiler", Efficiency: 0.75, Power: der.Operation{Max: 4}}
	away := &der.Storage{ID: "away"}
	member := func(unit der.DER, ports ...der.Ports) vpp.Member {
		return vpp.Member{DER: unit, Schedule: der.Schedule{Realised: ports}}
	}
	plan := &vpp.Plan{VPP: vpp.VPP{Name: "V"}, Setting: vpp.Setting{Set: set}}
	plan.Members = []vpp.Member{
		member(boiler,
			der.Ports{Withdrawn: []float64{1, 1}, Heat: []float64{3, 3}, Reduced: []float64{0.1, 0.3}, Traces: []der.Path{{Name: "on", Values: []float64{0, 1}}}},
			der.Ports{Withdrawn: []float64{0, 0}, Heat: []float64{0, 0}, Traces: []der.Path{{Name: "on", Values: []float64{1, 1}}}}),
		member(farm,
			der.Ports{Injected: []float64{2, 4}, Renewable: []float64{4, 8}, Available: []float64{6, 8}, Emission: []float64{1, 1}},
			der.Ports{Injected: []float64{1, 0}, Renewable: []float64{2, 0}, Available: []float64{2, 4}, Emission: []float64{0, 2}}),
	}
	sold := func(amount float64) der.Benefit {
		return der.Benefit{Items: []der.Item{{What: "energy sold", Amount: amount}, {What: "maintenance", Amount: -4}}}
	}
	plan.Members[1].Benefits = []der.Benefit{sold(100), sold(20)}
	plan.Members[1].Payment, plan.Members[1].Cost = 80, 4
	plan.Members[1].Items = []der.Item{{What: "energy sold", Amount: 80}}
	plan.Members[0].Payment = -30
	plan.Members[0].Items = []der.Item{{What: "energy bought", Amount: -30}, {What: "deviation", Amount: 0}}
	plan.Results = []vpp.Result{{Trade: 100, Imbalance: 8, Certificate: -40}, {Trade: -20, Imbalance: 0, Certificate: -40}}
	region := trigrid.Region{Setting: plan.Setting, VPPs: []vpp.VPP{plan.VPP}, DERs: []der.DER{farm, boiler, away}}
	return region, &trigrid.Result{
		Plans: []*vpp.Plan{plan},
		DERs: []trigrid.DERResult{
			{Name: "farm", Choice: "V", Payoff: 86, AllocatedGain: 10},
			{Name: "boiler", Choice: "V", Payoff: -35, AllocatedGain: -5},
			{Name: "away", Choice: trigrid.Outside, Payoff: 7},
		},
		Recommendation: &trigrid.Recommendation{Transfers: map[string]float64{"farm": -2, "boiler": 2}},
	}
}

// By hand: the farm supplies 0.75 (2+4) 2 + 0.25 (1+0) 2 = 9.5 MWh. That is
// 9.5/8 full-load hours and 9.5/(8·4) of its capacity over 4 hours. It could
// have generated 0.75·14 + 0.25·6 = 12 MWh.
func TestEnergiesOfAHandCalculation(t *testing.T) {
	r, res := hand(t)
	of := statistics.DERs(r, res)
	require.Len(t, of, 3)

	farm := of[0]
	assert.Equal(t, "wind", farm.Kind)
	require.Len(t, farm.Ports, 1)
	p := farm.Ports[0]
	assert.Equal(t, "electricity", p.Carrier)
	assert.InDelta(t, 9.5, p.Supplied, 1e-12)
	assert.Zero(t, p.Used)
	assert.InDelta(t, 9.5/8, p.FullLoadHours.Or(0), 1e-12)
	assert.InDelta(t, 9.5/32, p.CapacityFactor.Or(0), 1e-12)
	assert.InDelta(t, 12, p.Available.Or(0), 1e-12)
	assert.InDelta(t, 12-(0.75*12+0.25*2), p.Curtailed.Or(0), 1e-12)
	assert.InDelta(t, 2, farm.EmissionT, 1e-12)
	assert.False(t, farm.Starts.Given())

	// The boiler takes 0.75·4 = 3 MWh of power, and feeds in 9 MWh of heat at a
	// rating of 3 MW.
	boiler := of[1]
	require.Len(t, boiler.Ports, 2)
	assert.InDelta(t, 3, boiler.Ports[0].Used, 1e-12)
	assert.False(t, boiler.Ports[0].FullLoadHours.Given(), "it supplies no electricity")
	assert.Equal(t, "heat", boiler.Ports[1].Carrier)
	assert.InDelta(t, 9, boiler.Ports[1].Supplied, 1e-12)
	assert.InDelta(t, 3, boiler.Ports[1].Rating.Or(0), 1e-12)
	assert.InDelta(t, 3, boiler.Ports[1].FullLoadHours.Or(0), 1e-12)
	assert.InDelta(t, 0.6, boiler.ReducedMWh, 1e-12, "0.75 (0.1 + 0.3) 2")
	assert.False(t, boiler.Ports[1].Available.Given())
	// It starts in step 1 of the first scenario; before the second one it may
	// have run already.
	assert.InDelta(t, 0.75, boiler.Starts.Or(-1), 1e-12)
	assert.InDelta(t, 0.75*2+0.25*4, boiler.Running.Or(0), 1e-12)

	assert.Equal(t, statistics.DER{Name: "away", VPP: trigrid.Outside, Kind: "storage", Payoff: 7}, of[2])
}

// By hand: 0.75·100 + 0.25·20 = 80 for energy; the payoff is 80 − 4 + 10 − 2.
func TestMoneyOfAHandCalculation(t *testing.T) {
	r, res := hand(t)
	farm := statistics.DERs(r, res)[0]
	assert.Equal(t, []der.Item{{What: "energy sold", Amount: 80}, {What: "maintenance", Amount: -4}}, farm.Items)
	assert.InDelta(t, 84, farm.Payoff, 1e-12)

	payments := statistics.Payments(r, res)
	assert.Equal(t, []statistics.Payment{
		{statistics.ElectricityMarket, "V", "energy", 70},
		{"V", statistics.ImbalanceMarket, "imbalance", 6},
		{statistics.CertificateMarket, "V", "certificates", 40},
		{"V", "farm", "energy sold", 80},
		{"V", "farm", "allocated gain", 10},
		{"farm", "V", "transfer from other members", 2},
		{"boiler", "V", "energy bought", 30},
		{"boiler", "V", "allocated gain", 5},
		{"V", "boiler", "transfer from other members", 2},
	}, payments)
	res.Plans[0].Results[0].Reserve, res.Plans[0].Results[1].Reserve = 12, 12
	assert.Contains(t, statistics.Payments(r, res), statistics.Payment{From: statistics.ReserveMarket, To: "V", For: "reserve", Amount: 12})
	balance := statistics.Balance(payments)
	assert.InDelta(t, 88, balance["farm"], 1e-12)
	assert.InDelta(t, 70-6+40-80-10+2+30+5-2, balance["V"], 1e-12)
	sum := 0.0
	for _, amount := range balance {
		sum += amount
	}
	assert.InDelta(t, 0, sum, 1e-12)
}

// The settlement of a run is the balance of its payments, up to half a minor
// unit per party.
func TestPaymentsAddUpToTheSettlement(t *testing.T) {
	c, err := casefile.Load(os.DirFS("../../cmd/trigrid/testdata"), "small.json")
	require.NoError(t, err)
	r, err := c.Region(t.Context(), casefile.Options{})
	require.NoError(t, err)
	res, err := trigrid.Run(t.Context(), r, trigrid.Options{Solver: testsolver.New(t)})
	require.NoError(t, err)
	balance := statistics.Balance(statistics.Payments(r, res))
	for _, line := range res.Settlement {
		if line.Party != trigrid.GridParty {
			assert.InDelta(t, float64(line.Minor)/100, balance[line.Party], 0.0051, line.Party)
		}
	}
	// The items of a DER add up to its revenue.
	for i, d := range statistics.DERs(r, res) {
		sum := 0.0
		for _, item := range d.Items {
			sum += item.Amount
		}
		assert.InDelta(t, res.DERs[i].Revenue, sum, 1e-6, d.Name)
	}
}

type EVFleet[T any] struct{ der.DER }

func TestKindsAreNamedInWords(t *testing.T) {
	for want, unit := range map[string]der.DER{
		"wind": &der.Wind{}, "PV": &der.PV{}, "CHP": &der.CHP{}, "extraction CHP": &der.ExtractionCHP{},
		"gas boiler": &der.GasBoiler{}, "power to gas": &der.PowerToGas{}, "EV fleet": EVFleet[int]{},
	} {
		assert.Equal(t, want, statistics.Kind(unit))
	}
}
