package operate_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/operate"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
)

// byRules operates one day of four steps of six hours by the rules. A MWh costs
// 40, 100, 60 and 80 and sells at 30. The inflow is 5 m³/s, the sun 0, 3, 3 and
// 0 MW, and a home draws "home" MW. Cars that follow "plug" are connected in
// the second step and half of the third.
func byRules(t *testing.T, export optional.Float, home []float64, members ...der.DER) (*operate.Result, error) {
	t.Helper()
	series := map[string][]float64{
		"load": {0, 0, 0, 0}, "inflow": {5, 5, 5, 5}, "sun": {0, 3, 3, 0}, "plug": {0, 1, 0.5, 0}, "home": home, "buy": {40, 100, 60, 80}, "sell": {30, 30, 30, 30},
	}
	if home == nil {
		series["home"] = []float64{1, 1, 1, 1}
	}
	one, choices := priced(members...), trigrid.Profile{}
	for _, d := range members {
		choices[d.Name()] = "village"
	}
	season := operate.Season{Name: "rules", Start: monday, Days: 1, Step: 6 * time.Hour, Source: &stated{
		start: monday, step: 6 * time.Hour, names: []string{"load", "inflow", "sun", "plug", "home", "buy", "sell"},
		unit: map[string]string{
			"load": "MW", "inflow": "m³/s", "sun": "MW", "plug": "1", "home": "MW", "buy": "CNY/MWh", "sell": "CNY/MWh",
		},
		forecast: series, actual: series,
	}, Region: func(set *scenario.Set) (trigrid.Region, error) {
		r, err := one(set)
		r.VPPs[0].ExportLimit = export
		return r, err
	}}
	return operate.Run(t.Context(), season, operate.Options{Strategy: operate.Rules(), Choices: choices, Solver: testsolver.New(t), NoLedger: true})
}

// By hand. The median price is 70, so that steps 1 and 3 release 10 m³/s, the
// others the least release. One m³/s is 0.0216 hm³ in a step, and 0.8 MW up to
// 10 m³/s.
//
//	        V_0    limits             release             volume
//	large   0.4    V_end 0.3          1, 10, 1, 10        0.4864, 0.3784, 0.4648, 0.3568
//	tight   0.3    V_end 0.3          4,  6, 4, 6         0.3216, 0.3, 0.3216, 0.3
//	steep   0.3    6 m³/s per step    1,  7, 1, 7         0.3864, 0.3432, 0.4296, 0.3864
//	full    0.3    V_max 0.31         4.537, 10, 0, 10    0.31, 0.202, 0.31, 0.202
//
// The tight one may release its inflow and the 0.0216 hm³ above V_end in step
// 1; the full one spills 0.0098 hm³ to stay below V_max.
func TestRulesReleaseWaterAtPricesAboveTheMedian(t *testing.T) {
	turbine := []der.HydroPoint{{Discharge: 10, Power: 8}}
	dam := func(id string) *der.Reservoir {
		return &der.Reservoir{ID: id, Inflow: "inflow", Turbine: turbine, MinVolume: 0.1, MaxVolume: 1, Initial: 0.3, MinRelease: 1, UnmetCost: 100}
	}
	large, tight, steep, full := dam("large"), dam("tight"), dam("steep"), dam("full")
	large.Initial, large.EndVolume = 0.4, optional.Of(0.3)
	tight.MinRelease, tight.EndVolume = 4, optional.Of(0.3)
	steep.ReleaseRamp, steep.Released = optional.Of(1.), optional.Of(3.)
	full.MinVolume, full.MaxVolume, full.MinRelease = 0, 0.31, 0
	res, err := byRules(t, optional.Float{}, nil, large, tight, steep, full)
	require.NoError(t, err)
	plan := res.Days[0].Plans[0]
	require.NoError(t, plan.Verify(1e-9))
	over := 5 - 0.01/0.0216
	want := map[string][][]float64{
		"large": {{1, 10, 1, 10}, {0.4864, 0.3784, 0.4648, 0.3568}},
		"tight": {{4, 6, 4, 6}, {0.3216, 0.3, 0.3216, 0.3}},
		"steep": {{1, 7, 1, 7}, {0.3864, 0.3432, 0.4296, 0.3864}},
		"full":  {{over, 10, 0, 10}, {0.31, 0.202, 0.31, 0.202}},
	}
	sum := 0.0
	for _, m := range plan.Members {
		p, name := &m.Schedule.Realised[0], m.DER.Name()
		assert.InDeltaSlice(t, want[name][0], p.Trace("release"), 1e-9, name)
		assert.InDeltaSlice(t, want[name][1], p.Trace("volume"), 1e-9, name)
		for t := range p.Injected {
			sum += 0.8 * want[name][0][t]
		}
		assert.InDelta(t, 0.8*want[name][0][1], p.Injected[1], 1e-9, name)
	}
	assert.InDelta(t, 30*6*sum, res.Totals.Trade, 1e-6)
	assert.Zero(t, res.Totals.OwnCost, "no target is missed")

	// A connection of 10 MW takes 10 of 24 MW in step 1: turbines stop, and the
	// water is spilled.
	res, err = byRules(t, optional.Of(10.), nil, large, tight, steep, full)
	require.NoError(t, err)
	plan = res.Days[0].Plans[0]
	require.NoError(t, plan.Verify(1e-9))
	assert.InDelta(t, 10, plan.Net[0][1], 1e-9)
	assert.InDelta(t, 0, res.Totals.CurtailedMWh, 1e-9, "spilled water is not available energy")
}

// By hand. The battery of 1 MW and 12 MWh, half full, covers the 1 MW of the
// home in steps 0 and 3 and takes 1 MW of the surplus of 2 MW in steps 1 and 2.
// The connection takes 0.4 MW of the rest, and 0.6 MW of sun are curtailed.
func TestRulesKeepASiteWithinItsConnection(t *testing.T) {
	site := func() *der.Site {
		return &der.Site{ID: "H", MaxExport: optional.Of(0.4), MaxImport: optional.Of(0.5), Parts: []der.DER{
			&der.Storage{ID: "battery", Charge: 1, Discharge: 1, Energy: 12, Initial: optional.Of(6.), ChargeEfficiency: 1, DischargeEfficiency: 1},
			&der.PV{ID: "roof", Available: "sun"}, &der.Load{ID: "home", Demand: "home"},
		}}
	}
	for count, member := range map[int]der.DER{1: site(), 3: &der.Fleet{Unit: site(), Count: 3}} {
		for _, x := range []struct {
			export    optional.Float
			delivered float64 // of one site
		}{{optional.Float{}, 0.4}, {optional.Of(0.3 * float64(count)), 0.3}} {
			n := float64(count)
			res, err := byRules(t, x.export, nil, member)
			require.NoError(t, err)
			plan := res.Days[0].Plans[0]
			require.NoError(t, plan.Verify(1e-9))
			assert.InDeltaSlice(t, []float64{0, x.delivered * n, x.delivered * n, 0}, plan.Net[0], 1e-9)
			assert.InDelta(t, n*2*6*(1-x.delivered), res.Totals.CurtailedMWh, 1e-9)
			assert.InDelta(t, n*30*2*6*x.delivered, res.Totals.Trade, 1e-9)
			assert.InDeltaSlice(t, []float64{0, 6 * n, 12 * n, 6 * n}, plan.Members[0].Schedule.Realised[0].Trace("battery/energy"), 1e-9)
		}
	}
	// 2 MW of the home less 1 MW of the battery are 0.5 MW above the import
	// limit: with a price of 100 the excess is paid, and without one the rules
	// have no set points.
	soft := site()
	soft.ExcessCost = optional.Of(100.)
	res, err := byRules(t, optional.Float{}, []float64{2, 1, 1, 1}, soft)
	require.NoError(t, err)
	require.NoError(t, res.Days[0].Plans[0].Verify(1e-9))
	assert.InDelta(t, 0.5*6*100, res.Totals.OwnCost, 1e-9)
	_, err = byRules(t, optional.Float{}, []float64{2, 1, 1, 1}, site())
	require.ErrorContains(t, err, `site "H" imports 1 MW by the rules, above its limit of 0.5 MW`)
}

// Parts without a rule are named with their site.
func TestRulesNamePartsWithoutARule(t *testing.T) {
	site := &der.Site{ID: "H", Parts: []der.DER{
		&der.ShiftableLoad{ID: "wash", Profile: []float64{1}, ProfileHours: optional.Of(6.), Window: der.Window{To: optional.Of(24.)}},
		&der.ElectricBoiler{ID: "water", Efficiency: 1, Power: der.Operation{Max: 1}},
		&der.Load{ID: "home", Demand: "home"},
	}}
	_, err := byRules(t, optional.Float{}, nil, site)
	for _, want := range []string{`shiftable load "wash" has ProfileHours`, `no rule for part "water" of site "H" of type *der.ElectricBoiler`} {
		require.ErrorContains(t, err, want)
	}
	assert.NotContains(t, err.Error(), "home")
}
