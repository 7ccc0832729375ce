package trigrid_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
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

// literal is the reading of the source for shares and revenues.
var literal = vpp.Modelling{SharedValue: vpp.WeightedValue, OwnRevenue: vpp.TariffOnly}

// small returns a region that is solved in a moment: two VPPs, a wind farm, a
// turbine and a battery, six steps, three scenarios.
func small(t *testing.T) trigrid.Region {
	t.Helper()
	grid := scenario.Grid{Start: time.Date(2020, 4, 15, 6, 0, 0, 0, time.UTC), Step: time.Hour, Steps: 6}
	set, err := scenario.New(grid, []float64{0.5, 0.25, 0.25})
	require.NoError(t, err)
	require.NoError(t, set.Add("wind", "MW", [][]float64{{4, 5, 6, 3, 2, 1}, {6, 7, 8, 6, 5, 4}, {1, 2, 2, 1, 0, 0}}))
	require.NoError(t, set.Add("demand1", "MW", [][]float64{{3, 4, 5, 6, 4, 3}, {4, 5, 6, 7, 5, 4}, {2, 3, 4, 5, 3, 2}}))
	require.NoError(t, set.Add("demand2", "MW", [][]float64{{2, 2, 3, 3, 2, 2}, {2, 2, 3, 3, 2, 2}, {2, 2, 3, 3, 2, 2}}))

	calendar := market.Calendar{Steps: 6}
	buy := market.Series{470, 470, 1243, 1243, 893.4, 893.4}
	short, long := market.Spreads(buy, 1.3, 0.5)
	tariff := der.Tariff{Injection: buy.Times(0.6), Withdrawal: buy.Times(0.6)}
	return trigrid.Region{
		Name: "small",
		VPPs: []vpp.VPP{
			{Name: "VPP1", Demand: "demand1", RiskAversion: 0.2, PassThrough: 0.5, Tariff: tariff},
			{Name: "VPP2", Demand: "demand2", RiskAversion: 0.8, PassThrough: 0.5, Tariff: tariff},
		},
		DERs: []der.DER{
			&der.Wind{ID: "W", Capacity: optional.Of(8), Available: "wind", Maintenance: 18, CurtailmentPenalty: 500},
			&der.Thermal{ID: "T", MinOutput: 1, MaxOutput: 3, NoLoad: 100, Linear: 300, StartUp: []der.StartCost{{Cost: 150}}, EmissionFactor: 0.42, Quota: 0.3},
			&der.Storage{ID: "S", Charge: 2, Discharge: 2, Energy: 4, Initial: optional.Of(2), ChargeEfficiency: 0.95, DischargeEfficiency: 0.95, Wear: 24},
		},
		Setting: vpp.Setting{
			Set: set, Weights: weights.Vector{Economic: 0.4, Risk: 0.2, Environment: 0.4}, Risk: vpp.CVaR{Confidence: 0.7},
			Markets: vpp.Markets{
				Electricity: &market.Tariff{Calendar: calendar, Good: market.Electricity, Buy: buy, Sell: buy.Times(0.35)},
				Imbalance:   &market.Imbalance{Calendar: calendar, Price: market.Series{0}, Short: short, Long: long},
				Carbon:      market.Flat(market.Carbon, calendar, 70),
				Certificate: market.Flat(market.Certificate, calendar, 50),
				Obligation:  market.Obligation{Quota: 0.2},
			},
		},
	}
}

// coordinate runs a region and skips the test where no solver is installed.
func coordinate(t *testing.T, r trigrid.Region, o trigrid.Options) *trigrid.Result {
	t.Helper()
	res, err := trigrid.Run(t.Context(), r, o)
	needSolver(t, err)
	require.NoError(t, err)
	return res
}

func needSolver(t *testing.T, err error) {
	t.Helper()
	testsolver.Skip(t, err)
}

func TestRegionRefusesEverythingWrongAtOnce(t *testing.T) {
	r := small(t)
	r.DERs = append(r.DERs, &der.Wind{ID: "W", Available: "gale"}, nil, (*der.PV)(nil), (*der.Fleet)(nil))
	r.VPPs = append(r.VPPs, vpp.VPP{Name: "VPP1", Demand: "nothing", RiskAversion: -1, PassThrough: 2}, vpp.VPP{Name: trigrid.Outside}, vpp.VPP{Name: trigrid.GridParty})
	r.Setting.Weights.Risk = 0.5
	r.Outside = map[string]float64{"X": 1}
	err := r.Validate()
	for _, want := range []string{
		`the name "W" of a DER is taken`, "is nil; leave it out", "is a nil *der.PV", "is a nil *der.Fleet", `"gale"`,
		`the name "VPP1" of a VPP is taken`, `the name "outside" of a VPP is taken`, `the name "grid" of a VPP is taken`, `Demand is "nothing"`, "RiskAversion is -1", "PassThrough is 2",
		"weights", `"X"`,
	} {
		require.ErrorContains(t, err, want)
	}
	_, err = trigrid.Run(t.Context(), r, trigrid.Options{})
	require.Error(t, err)
}

func TestRunNamesTheCoalitionThatHasNoSolution(t *testing.T) {
	r := small(t)
	r.VPPs[0].ImportLimit = optional.Of(1) // demand of up to 7 MW cannot be met without members
	res := coordinate(t, r, trigrid.Options{})
	require.NotEmpty(t, res.Infeasible)
	assert.Equal(t, "VPP1", res.Infeasible[0].VPP)
	assert.Empty(t, res.Infeasible[0].Members)
	// 6 MW at step 3 of the first scenario: the first one that exceeds the
	// limit is at step 0.
	assert.Contains(t, res.Infeasible[0].Reason, "demand of 3 MW at step 0 of scenario 0")
	assert.Contains(t, res.Infeasible[0].Reason, "by 2 MW")
}
